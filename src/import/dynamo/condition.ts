/** Conditions of Dynamo's policies: predicates joined by `and`, each a variable, an operator and a value. */

import { didYouMean } from '../../desired/suggest.js';
import type { Position } from '../../error.js';
import { BrokenInput } from './findings.js';
import { type Moment, parseDate } from './gnu-date.js';
import { type Pattern, regexPattern, textPattern } from './pattern.js';
import { joined, type Word } from './source-text.js';
import type { Variable } from './vocabulary.js';

export type Comparison = '==' | '!=' | '<' | '>';

export type Test =
  | { readonly kind: 'bool'; readonly holds: boolean }
  /** A bool that is compared: `word` is what with; for lists, the first element. */
  | { readonly kind: 'bool-compared'; readonly operator: Comparison; readonly word: string }
  | { readonly kind: 'number'; readonly operator: Comparison; readonly value: number }
  | { readonly kind: 'number-list'; readonly negated: boolean; readonly values: readonly number[] }
  | { readonly kind: 'enum'; readonly operator: Comparison; readonly names: readonly string[]; readonly list: boolean }
  | { readonly kind: 'text'; readonly operator: Comparison; readonly pattern: Pattern }
  | { readonly kind: 'text-list'; readonly negated: boolean; readonly patterns: readonly Pattern[] }
  | { readonly kind: 'time'; readonly operator: Comparison; readonly moment: Moment; readonly text: string }
  | { readonly kind: 'time-list'; readonly negated: boolean; readonly moments: readonly Moment[] };

export interface Predicate {
  readonly at: Position;
  readonly text: string;
  readonly variable: Variable;
  /** As written. */
  readonly operator: string;
  readonly test: Test;
  /** What the value was before a trailing `# comment` was taken off, if one was. */
  readonly comment: string | null;
}

/** `until DATE` or `from DATE` at the end of a condition. */
export interface TimeLimit {
  readonly kind: 'until' | 'from';
  readonly moment: Moment;
  readonly text: string;
}

export interface Condition {
  readonly at: Position;
  readonly text: string;
  readonly predicates: readonly Predicate[];
  readonly limit: TimeLimit | null;
}

export interface ConditionScope {
  readonly variables: ReadonlyMap<string, Variable>;
  /** Seconds since the epoch: what dates are relative to. */
  readonly now: number;
  /** Whether `# ...` after a text is a comment, as whoever wrote it meant, or part of the text, as the program takes it. */
  readonly trailingComments: boolean;
}

/** @throws BrokenInput with the place of what is wrong */
export function parseCondition(words: readonly Word[], end: Position, scope: ConditionScope): Condition {
  const first = words[0]?.at ?? end;
  const pieces = split(words, 'and');
  const last = pieces.pop() ?? [];
  const { predicate, limit } = takeLimit(last, scope);
  const predicates = [...pieces, predicate].map((piece) => parsePredicate(piece, first, scope));
  return { at: first, text: joined(words), predicates, limit };
}

/** Parts between separators; one at the very beginning or end is no separator. */
function split(words: readonly Word[], separator: string): Word[][] {
  const parts: Word[][] = [[]];
  words.forEach((word, index) => {
    if (word.text === separator && index > 0 && index < words.length - 1) parts.push([]);
    else parts[parts.length - 1]?.push(word);
  });
  return parts;
}

function takeLimit(
  words: readonly Word[],
  { now }: ConditionScope,
): { readonly predicate: readonly Word[]; readonly limit: TimeLimit | null } {
  for (const kind of ['until', 'from'] as const) {
    const parts = split(words, kind);
    if (parts.length === 1) continue;
    const date = parts[1] ?? [];
    const at = date[0]?.at ?? (words[0] as Word).at;
    if (parts.length > 2) throw new BrokenInput('two-dates', at, `\`${kind}\` stands twice: one date can be given`);
    return { predicate: parts[0] ?? [], limit: { kind, moment: moment(date, now), text: joined(date) } };
  }
  return { predicate: words, limit: null };
}

function parsePredicate(words: readonly Word[], near: Position, scope: ConditionScope): Predicate {
  const negation = words[0]?.text === 'not';
  const name = words[negation ? 1 : 0];
  if (name === undefined) {
    const message = negation ? '`not` wants a variable' : 'a condition is missing: expected VARIABLE OPERATOR VALUE';
    throw new BrokenInput('missing-condition', words[0]?.at ?? near, message);
  }
  const variable = scope.variables.get(name.text);
  if (variable === undefined) {
    const near = didYouMean(name.text, scope.variables.keys());
    throw new BrokenInput('unknown-variable', name.at, `unknown variable \`${name.text}\` here${near}`);
  }
  const rest = words.slice(negation ? 2 : 1);
  const base = { at: (words[0] as Word).at, text: joined(words), variable };
  const [operator] = rest;
  if (negation || operator === undefined || (operator.text === 'not' && rest.length === 1)) {
    if (negation && operator !== undefined) {
      throw new BrokenInput(
        'bad-operator',
        operator.at,
        `\`not\` stands before a variable alone, found \`${operator.text}\``,
      );
    }
    if (variable.type !== 'bool') {
      const message = `\`${variable.name}\` is a ${typeName(variable)}: expected an operator and a value after it`;
      throw new BrokenInput('missing-operator', name.at, message);
    }
    const holds = !negation && operator === undefined;
    return { ...base, operator: holds ? '' : 'not', test: { kind: 'bool', holds }, comment: null };
  }
  requireOperator(operator);
  const given = rest.slice(1);
  const value = withoutComment(given, variable, scope);
  if (value.length === 0) {
    throw new BrokenInput('missing-value', operator.at, `\`${operator.text}\` wants a value after it`);
  }
  const test = parseTest(variable, operator, value, scope);
  return { ...base, operator: operator.text, test, comment: value === given ? null : joined(given) };
}

function withoutComment(words: readonly Word[], { type }: Variable, scope: ConditionScope): readonly Word[] {
  const start = words.findIndex(({ text }) => text.startsWith('#'));
  return type === 'text' && scope.trailingComments && start > 0 ? words.slice(0, start) : words;
}

const comparisons: Readonly<Record<string, { readonly operator: Comparison; readonly regex: boolean }>> = {
  '==': { operator: '==', regex: false },
  '!=': { operator: '!=', regex: false },
  '=~': { operator: '==', regex: true },
  '!=~': { operator: '!=', regex: true },
  '<': { operator: '<', regex: false },
  '>': { operator: '>', regex: false },
  older_than: { operator: '<', regex: false },
  newer_than: { operator: '>', regex: false },
};

function parseTest(variable: Variable, word: Word, value: readonly Word[], scope: ConditionScope): Test {
  const comparison = comparisons[word.text];
  if (comparison !== undefined) return compared(variable, comparison, value, scope);
  return listed(variable, word.text === 'notin', value, scope);
}

function requireOperator(word: Word): void {
  const known = [...Object.keys(comparisons), 'in', 'notin'];
  if (known.includes(word.text)) return;
  const near = didYouMean(word.text, known);
  throw new BrokenInput('bad-operator', word.at, `\`${word.text}\` is no operator${near}`);
}

function compared(
  variable: Variable,
  { operator, regex }: { readonly operator: Comparison; readonly regex: boolean },
  words: readonly Word[],
  { now }: ConditionScope,
): Test {
  const text = joined(words);
  const at = (words[0] as Word).at;
  switch (variable.type) {
    case 'bool':
      return { kind: 'bool-compared', operator, word: text };
    case 'number':
      return { kind: 'number', operator, value: number(text, at) };
    case 'enum':
      return { kind: 'enum', operator, names: [enumName(variable, text, at)], list: false };
    case 'time':
      return { kind: 'time', operator, moment: moment(words, now), text };
    case 'text':
      return { kind: 'text', operator, pattern: regex ? checkedRegex(text, at) : checkedGlob(text, at) };
  }
}

function listed(variable: Variable, negated: boolean, words: readonly Word[], { now }: ConditionScope): Test {
  const elements = listElements(words);
  switch (variable.type) {
    case 'bool':
      return { kind: 'bool-compared', operator: negated ? '!=' : '==', word: elements[0]?.text ?? '' };
    case 'number':
      return { kind: 'number-list', negated, values: elements.map(({ text, at }) => number(text, at)) };
    case 'enum': {
      const names = elements.map(({ text, at }) => enumName(variable, text, at));
      return { kind: 'enum', operator: negated ? '!=' : '==', names, list: true };
    }
    case 'time':
      return { kind: 'time-list', negated, moments: elements.map((word) => moment([word], now)) };
    case 'text':
      return { kind: 'text-list', negated, patterns: elements.map(({ text, at }) => checkedGlob(text, at)) };
  }
}

/** What stands between the first `[` and the last `]`, split at white space; what follows the bracket is of no account. */
function listElements(words: readonly Word[]): Word[] {
  const first = words[0] as Word;
  if (!first.text.startsWith('[')) {
    throw new BrokenInput('bad-list', first.at, `expected a list such as [a b c], found \`${first.text}\``);
  }
  const close = words.findLastIndex(({ text }) => text.includes(']'));
  if (close < 0) throw new BrokenInput('bad-list', first.at, 'the list is not closed: `]` is missing');
  const inside = words.slice(0, close + 1).map((word, index) => {
    const start = index === 0 ? 1 : 0;
    const end = index === close ? word.text.lastIndexOf(']') : word.text.length;
    return { text: word.text.slice(start, end), at: { ...word.at, column: word.at.column + start } };
  });
  return inside.filter(({ text }) => text !== '');
}

/** As Python reads a float; no units. */
function number(text: string, at: Position): number {
  const word = text.toLowerCase();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(word)) return Number(word);
  const infinite = /^([+-]?)inf(inity)?$/.exec(word);
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  throw new BrokenInput('bad-number', at, `expected a number without a unit, found \`${text}\``);
}

function enumName(variable: Variable, text: string, at: Position): string {
  if (variable.values?.has(text)) return text;
  // The original takes every other word for FULL.
  if (variable.name === 'dataset.on_tape') return text;
  const known = [...(variable.values?.keys() ?? [])];
  const near = didYouMean(text, known);
  const message = `\`${variable.name}\` is never \`${text}\`${near}; it is one of ${known.join(', ')}`;
  throw new BrokenInput('unknown-value', at, message);
}

function moment(words: readonly Word[], now: number): Moment {
  const text = joined(words);
  const parsed = parseDate(text, now);
  if (parsed !== null) return parsed;
  const at = (words[0] as Word).at;
  throw new BrokenInput('bad-date', at, `expected a date such as 90 days ago or 2023-09-15, found \`${text}\``);
}

function checkedRegex(text: string, at: Position): Pattern {
  try {
    return regexPattern(text);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const message = `\`${text}\` cannot be carried: ${what}; write it without what RE2 lacks (look-around, back-references)`;
    throw new BrokenInput('bad-regex', at, message);
  }
}

function checkedGlob(text: string, at: Position): Pattern {
  const pattern = textPattern(text);
  if (pattern.kind !== 'regex') return pattern;
  try {
    regexPattern(pattern.text);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new BrokenInput('bad-glob', at, `\`${text}\` is not a pattern: ${what}`);
  }
  return pattern;
}

function typeName({ type }: Variable): string {
  return type === 'enum' ? 'value of a list' : type;
}
