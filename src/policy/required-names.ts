/**
 * Which names a condition asks for: campaigns are thousands of rules about a name each, and a plan need not try them all
 * on every replica.
 */
import type { ASTNode } from '@marcbachmann/cel-js';

/**
 * Names and globs (as of `glob`) of which the dataset's has to match one for the condition to hold; null where it may hold
 * for any name. Only a help to look where it can hold: it says nothing about where it does.
 */
export function requiredDatasetNames(node: ASTNode): readonly string[] | null {
  switch (node.op) {
    case '==':
      return ofEquality(node.args[0], node.args[1]) ?? ofEquality(node.args[1], node.args[0]);
    case 'in':
      return isDatasetName(node.args[0]) ? literals(node.args[1], true) : null;
    case 'rcall': {
      const [name, target, args] = node.args;
      const [pattern] = args;
      return name === 'glob' && isDatasetName(target) && pattern !== undefined ? literals(pattern, false) : null;
    }
    case '&&': {
      const left = requiredDatasetNames(node.args[0]);
      const right = requiredDatasetNames(node.args[1]);
      if (left === null || right === null) return left ?? right;
      return left.length <= right.length ? left : right;
    }
    case '||': {
      const left = requiredDatasetNames(node.args[0]);
      const right = requiredDatasetNames(node.args[1]);
      return left === null || right === null ? null : [...left, ...right];
    }
    default:
      return null;
  }
}

function ofEquality(variable: ASTNode, value: ASTNode): readonly string[] | null {
  return isDatasetName(variable) ? literals(value, true) : null;
}

function isDatasetName(node: ASTNode): boolean {
  if (node.op !== '.') return false;
  const [target, field] = node.args;
  return field === 'name' && target.op === 'id' && target.args === 'dataset';
}

/** A text, or a list of texts. In an exact text `*` and `?` stand for themselves, so that it cannot be told as a glob. */
function literals(node: ASTNode, exact: boolean): readonly string[] | null {
  const nodes = node.op === 'list' ? node.args : [node];
  const texts: string[] = [];
  for (const element of nodes) {
    if (element.op !== 'value' || typeof element.args !== 'string') return null;
    if (exact && /[*?]/.test(element.args)) return null;
    texts.push(element.args);
  }
  return texts;
}
