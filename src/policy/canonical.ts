/**
 * The one text of an expression: no comments, no superfluous white space or parentheses. Two expressions have the same
 * text only if they are the same; content hashes, and with them approvals, rely on that.
 */
import type { ASTNode } from '@marcbachmann/cel-js';

/** How tightly operators bind; larger is tighter. */
const binding: Readonly<Record<string, number>> = {
  '?:': 0,
  '||': 1,
  '&&': 2,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '==': 3,
  '!=': 3,
  in: 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '!_': 6,
  '-_': 6,
};
const primary = 7;

export function canonicalText(node: ASTNode): string {
  const own = binding[node.op] ?? primary;
  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id':
      return node.args;
    case '.':
      return `${inside(node.args[0], primary)}.${node.args[1]}`;
    case '[]':
      return `${inside(node.args[0], primary)}[${canonicalText(node.args[1])}]`;
    case 'list':
      return `[${node.args.map(canonicalText).join(', ')}]`;
    case 'call':
      return `${node.args[0]}(${node.args[1].map(canonicalText).join(', ')})`;
    case 'rcall':
      return `${inside(node.args[1], primary)}.${node.args[0]}(${node.args[2].map(canonicalText).join(', ')})`;
    case '?:': {
      const [test, yes, no] = node.args;
      return `${inside(test, own + 1)} ? ${inside(yes, own + 1)} : ${inside(no, own + 1)}`;
    }
    case '&&':
    case '||': {
      // It does not matter how a chain of one of these is grouped.
      const [left, right] = node.args;
      return `${inside(left, own)} ${node.op} ${inside(right, own)}`;
    }
    case '!_':
    case '-_':
      return `${node.op.slice(0, 1)}${inside(node.args, primary)}`;
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return `${inside(node.args[0], own)} ${node.op} ${inside(node.args[1], own + 1)}`;
    default:
      throw new Error(`an expression with ${node.op} is refused before it gets here`);
  }
}

/** In parentheses where it binds less tightly than its place asks for. */
function inside(node: ASTNode, least: number): string {
  const text = canonicalText(node);
  return (binding[node.op] ?? primary) < least ? `(${text})` : text;
}

function literal(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'number') return String(value);
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
