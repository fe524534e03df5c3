/**
 * What a condition says, as far as that can be told from its text: alternatives of atoms, of which each asks one thing,
 * mostly of one operand. Lint is built on it: conditions that contradict themselves, and rules that others make
 * superfluous.
 */
import { type ASTNode, serialize } from '@marcbachmann/cel-js';
import { compareBytes } from '../order.js';
import { environmentOf } from './environment.js';
import type { Condition } from './expression.js';
import { anyGlobMatcher, regexMatcher } from './text-match.js';
import { parseBytes, parseDuration, parseTime } from './units.js';
import { variableByPath } from './variables.js';

/** Times, durations and sizes are numbers, as everywhere. */
export type Literal = boolean | number | string;

export interface Range {
  readonly from: number;
  readonly to: number;
  /** Whether the ends are left out. */
  readonly open: { readonly from: boolean; readonly to: boolean };
}

export interface Atom {
  /** The same for atoms that say the same. */
  readonly text: string;
  /** As it is written, and where (offset in the expression's text). */
  readonly source: string;
  readonly offset: number;
  /** What it asks about: a variable such as `dataset.status`, `age of dataset.lastUpdate`, or another operand's text. */
  readonly of: string;
  /** Whether a value of that operand passes. */
  readonly allows: (value: Literal) => boolean;
  /** The only values that pass, where they can be listed. */
  readonly values: readonly Literal[] | null;
  /** The only numbers that pass, where they are a range. */
  readonly range: Range | null;
  /** The globs of which the operand has to match one, where that is what it asks. */
  readonly globs: readonly string[] | null;
  /** Variables in it, sorted. */
  readonly reads: readonly string[];
}

/** Atoms that hold together; none: always. */
export type Alternative = readonly Atom[];

/** Beyond so many alternatives nothing is told apart any more: the condition is one opaque atom. */
const mostAlternatives = 64;

/** The alternatives of a condition, of which one has to hold; none: it never holds. */
export function outlineOf(condition: Condition): readonly Alternative[] {
  return alternativesOf(condition.text, environmentOf(condition.scope).parse(condition.text).ast);
}

/** The same of a condition whose tree is at hand. */
export function alternativesOf(text: string, ast: ASTNode): readonly Alternative[] {
  return new Outliner(text).alternatives(ast, false);
}

class Outliner {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  alternatives(node: ASTNode, negated: boolean): readonly Alternative[] {
    if (node.op === '!_') return this.alternatives(node.args, !negated);
    if (node.op === 'value' && typeof node.args === 'boolean') return node.args === negated ? [] : [[]];
    if (node.op === '&&' || node.op === '||') {
      const [left, right] = node.args.map((part) => this.alternatives(part, negated)) as [
        readonly Alternative[],
        readonly Alternative[],
      ];
      const together = (node.op === '&&') !== negated;
      if (!together) {
        return left.length + right.length > mostAlternatives ? [[this.#opaque(node, negated)]] : [...left, ...right];
      }
      if (left.length * right.length > mostAlternatives) return [[this.#opaque(node, negated)]];
      return left.flatMap((first) => right.map((second) => [...first, ...second]));
    }
    return [[this.#atom(node, negated)]];
  }

  #atom(node: ASTNode, negated: boolean): Atom {
    const atom = this.#read(node, negated);
    if (!negated) return atom;
    const plain = /^[\w.]+(?:\([^()]*\))?$/.test(atom.source);
    return { ...atom, source: plain ? `!${atom.source}` : `!(${atom.source})` };
  }

  #read(node: ASTNode, negated: boolean): Atom {
    switch (node.op) {
      case '==':
      case '!=':
        return this.#equality(node, node.args[0], node.args[1], (node.op === '!=') !== negated);
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#comparison(node, node.op, node.args[0], node.args[1], negated);
      case 'in':
        return this.#membership(node, node.args[0], node.args[1], negated);
      case 'call': {
        const [name, [argument]] = node.args;
        if (name === 'has' && argument !== undefined) {
          return this.#make(node, pathOf(argument), 'has', negated, { allows: (value) => (value !== '') !== negated });
        }
        return this.#opaque(node, negated);
      }
      case 'rcall':
        return this.#method(node, node.args[0], node.args[1], node.args[2], negated);
      default:
        return this.#opaque(node, negated);
    }
  }

  #equality(node: ASTNode, left: ASTNode, right: ASTNode, different: boolean): Atom {
    const a = literalOf(left);
    const b = literalOf(right);
    const value = b ?? a;
    if (value === null || (a !== null && b !== null)) {
      const sides = [pathOf(left), pathOf(right)].sort(compareBytes).join(' == ');
      return this.#make(node, sides, 'holds', different, boolTest(!different));
    }
    const operand = b === null ? right : left;
    // A condition compared with a truth value is that condition, or its opposite.
    if (typeof value === 'boolean') {
      return this.#make(node, pathOf(operand), 'is', value === different, boolTest(value !== different));
    }
    return this.#make(node, pathOf(operand), `is ${JSON.stringify(value)}`, different, {
      allows: (found) => (found === value) !== different,
      values: different ? null : [value],
    });
  }

  #comparison(node: ASTNode, op: '<' | '<=' | '>' | '>=', left: ASTNode, right: ASTNode, negated: boolean): Atom {
    const b = literalOf(right);
    const a = literalOf(left);
    const effective = negated ? opposite[op] : op;
    const age = ageComparison(effective, left, right);
    if (age !== null) return this.#ranged(node, `age of ${age.of}`, age.op, age.seconds);
    if (b !== null && a === null) return this.#ordered(node, pathOf(left), effective, b);
    if (a !== null && b === null) return this.#ordered(node, pathOf(right), mirrored[effective], a);
    return this.#opaque(node, negated);
  }

  #ordered(node: ASTNode, of: string, op: '<' | '<=' | '>' | '>=', bound: Literal): Atom {
    if (typeof bound === 'number') return this.#ranged(node, of, op, bound);
    const order = (value: Literal): number => compareBytes(String(value), String(bound));
    const tests = {
      '<': (value: Literal) => order(value) < 0,
      '<=': (value: Literal) => order(value) <= 0,
      '>': (value: Literal) => order(value) > 0,
      '>=': (value: Literal) => order(value) >= 0,
    };
    return this.#make(node, of, `${op} ${JSON.stringify(bound)}`, false, { allows: tests[op] });
  }

  #ranged(node: ASTNode, of: string, op: '<' | '<=' | '>' | '>=', bound: number): Atom {
    const open = op === '<' || op === '>';
    const below = op === '<' || op === '<=';
    const range: Range = below
      ? { from: Number.NEGATIVE_INFINITY, to: bound, open: { from: false, to: open } }
      : { from: bound, to: Number.POSITIVE_INFINITY, open: { from: open, to: false } };
    const allows = (value: Literal): boolean => typeof value === 'number' && inRange(value, range);
    return this.#make(node, of, `${op} ${bound}`, false, { allows, range });
  }

  #membership(node: ASTNode, element: ASTNode, list: ASTNode, negated: boolean): Atom {
    const part = literalOf(element);
    if (list.op === 'list') {
      const values = list.args.map(literalOf);
      if (part === null && values.every((value) => value !== null)) {
        const known = new Set<Literal>(values);
        const listed = [...known].map((value) => JSON.stringify(value)).sort(compareBytes);
        return this.#make(node, pathOf(element), `in ${listed.join()}`, negated, {
          allows: (value) => known.has(value) !== negated,
          values: negated ? null : [...known],
        });
      }
    } else if (typeof part === 'string') {
      const path = pathOf(list);
      const label = /^(?:dataset|site)\.labels$/.test(path);
      if (label) {
        return this.#make(node, `${path}.${part}`, 'has', negated, { allows: (value) => (value !== '') !== negated });
      }
      if (variableByPath.get(path)?.type === 'string' || /^(?:dataset|site)\.labels\./.test(path)) {
        const allows = (value: Literal): boolean => String(value).includes(part) !== negated;
        return this.#make(node, path, `contains ${JSON.stringify(part)}`, negated, { allows });
      }
    }
    return this.#opaque(node, negated);
  }

  #method(node: ASTNode, name: string, target: ASTNode, args: readonly ASTNode[], negated: boolean): Atom {
    const [argument] = args;
    if (argument === undefined) return this.#opaque(node, negated);
    if (name === 'olderThan' || name === 'newerThan') {
      const age = argument.op === 'value' ? parseDuration(String(argument.args)) : null;
      if (age === null) return this.#opaque(node, negated);
      const op = name === 'olderThan' ? '>' : '<';
      return this.#ranged(node, `age of ${pathOf(target)}`, negated ? opposite[op] : op, age);
    }
    const texts = argument.op === 'list' ? argument.args.map(literalOf) : [literalOf(argument)];
    if (!texts.every((text) => typeof text === 'string')) return this.#opaque(node, negated);
    const test = textTest(name, texts);
    if (test === null) return this.#opaque(node, negated);
    const sorted = [...texts].sort(compareBytes);
    return this.#make(node, pathOf(target), `${name} ${JSON.stringify(sorted)}`, negated, {
      allows: (value) => test(String(value)) !== negated,
      globs: name === 'glob' && !negated ? texts : null,
    });
  }

  /** Anything else is true or not; only the same text again can be told to agree or to contradict. */
  #opaque(node: ASTNode, negated: boolean): Atom {
    return this.#make(node, pathOf(node), 'is', negated, boolTest(!negated));
  }

  #make(
    node: ASTNode,
    of: string,
    asks: string,
    negated: boolean,
    test: Pick<Atom, 'allows'> & Partial<Pick<Atom, 'values' | 'range' | 'globs'>>,
  ): Atom {
    const source = this.#text.slice(node.start, node.end);
    return {
      text: `${of} ${negated ? 'not ' : ''}${asks}`,
      source,
      offset: node.start,
      of,
      allows: test.allows,
      values: test.values ?? null,
      range: test.range ?? null,
      globs: test.globs ?? null,
      reads: [...pathsIn(node)].sort(compareBytes),
    };
  }
}

const opposite = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;
const mirrored = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

function boolTest(wanted: boolean): Pick<Atom, 'allows' | 'values'> {
  return { allows: (value) => value === wanted, values: [wanted] };
}

function inRange(value: number, { from, to, open }: Range): boolean {
  return (open.from ? value > from : value >= from) && (open.to ? value < to : value <= to);
}

function textTest(name: string, texts: readonly string[]): ((text: string) => boolean) | null {
  const [part = ''] = texts;
  switch (name) {
    case 'glob':
      return anyGlobMatcher(texts);
    case 'matches':
      return regexMatcher(part);
    case 'startsWith':
      return (text) => text.startsWith(part);
    case 'endsWith':
      return (text) => text.endsWith(part);
    case 'contains':
      return (text) => text.includes(part);
    default:
      return null;
  }
}

/** `now - x > duration("90d")` and `x < now - duration("90d")` ask for an age like `x.olderThan("90d")`. */
function ageComparison(
  op: '<' | '<=' | '>' | '>=',
  left: ASTNode,
  right: ASTNode,
): { readonly of: string; readonly op: '<' | '<=' | '>' | '>='; readonly seconds: number } | null {
  const l = literalOf(left);
  const r = literalOf(right);
  if (isSinceNow(left) && typeof r === 'number') return { of: pathOf(left.args[1]), op, seconds: r };
  if (isSinceNow(right) && typeof l === 'number') return { of: pathOf(right.args[1]), op: mirrored[op], seconds: l };
  // x < now - d: the age is more than d.
  const before = isSinceNow(right) ? literalOf(right.args[1]) : null;
  if (typeof before === 'number' && l === null) return { of: pathOf(left), op: mirrored[op], seconds: before };
  const after = isSinceNow(left) ? literalOf(left.args[1]) : null;
  if (typeof after === 'number' && r === null) return { of: pathOf(right), op, seconds: after };
  return null;
}

/** `now - something`. */
function isSinceNow(node: ASTNode): node is Extract<ASTNode, { op: '-' }> {
  if (node.op !== '-') return false;
  const [from] = node.args;
  return from.op === 'id' && from.args === 'now';
}

/** A value that is written out. */
function literalOf(node: ASTNode): Literal | null {
  if (node.op === 'value') {
    const value: unknown = node.args;
    if (typeof value === 'bigint') return Number(value);
    return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null;
  }
  if (node.op === '-_') {
    const value = literalOf(node.args);
    return typeof value === 'number' ? -value : null;
  }
  if (node.op !== 'call') return null;
  const [name, [argument]] = node.args;
  const text = argument?.op === 'value' ? String(argument.args) : null;
  const parse = { byteSize: parseBytes, duration: parseDuration, timestamp: parseTime }[name];
  return text === null || parse === undefined ? null : parse(text);
}

/** The path of a variable or label; of anything else its canonical text. */
function pathOf(node: ASTNode): string {
  return variablePath(node) ?? serialize(node);
}

function variablePath(node: ASTNode): string | null {
  if (node.op === 'id') return node.args;
  if (node.op === '.') {
    const target = variablePath(node.args[0]);
    return target === null ? null : `${target}.${node.args[1]}`;
  }
  if (node.op === '[]') {
    const target = variablePath(node.args[0]);
    const key = literalOf(node.args[1]);
    return target?.endsWith('.labels') === true && typeof key === 'string' ? `${target}.${key}` : null;
  }
  return null;
}

function pathsIn(node: ASTNode, found: Set<string> = new Set()): Set<string> {
  const path = node.op === '.' || node.op === '[]' ? variablePath(node) : null;
  if (path !== null) found.add(path);
  else visit(node.args, found);
  return found;
}

function visit(part: unknown, found: Set<string>): void {
  if (Array.isArray(part)) for (const item of part) visit(item, found);
  else if (isNode(part)) pathsIn(part, found);
}

function isNode(part: unknown): part is ASTNode {
  return part !== null && typeof part === 'object' && 'op' in part && 'args' in part;
}
