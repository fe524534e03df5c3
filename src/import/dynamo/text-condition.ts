/** Comparisons of texts: names, releases, owners. */
import { compareBytes } from '../../order.js';
import { all, any, atom, type Cel, list, no, not, quoted, rawString, yes } from './cel.js';
import type { Test } from './condition.js';
import type { NameLists } from './name-lists.js';
import { matchesPattern, type Pattern } from './pattern.js';
import type { Place } from './place.js';
import type { Variable } from './vocabulary.js';

export interface TextOptions {
  readonly asObserved: boolean;
  readonly names: NameLists;
}

/** `cel` is the text that is compared: a variable, or an element of a list of owners. */
export function textCondition(
  variable: Variable,
  test: Test & { kind: 'text' | 'text-list' },
  cel: string,
  place: Place,
  options: TextOptions,
): Cel {
  if (test.kind === 'text-list') {
    const found = anyPattern(variable, test.patterns, cel, place, options);
    return test.negated ? not(found) : found;
  }
  const { operator, pattern } = test;
  if (operator === '<' || operator === '>') return textOrder(variable, operator, pattern, cel, place, options);
  const found = anyPattern(variable, [pattern], cel, place, options);
  return operator === '==' ? found : not(found);
}

function textOrder(
  variable: Variable,
  operator: '<' | '>',
  pattern: Pattern,
  cel: string,
  { remarks }: Place,
  { asObserved }: TextOptions,
): Cel {
  if (pattern.kind !== 'exact') {
    if (asObserved) return operator === '<' ? no : yes;
    remarks.add(
      `a pattern has no order: this never holds here, and ${operator === '<' ? 'never' : 'always'} in the program`,
    );
    return no;
  }
  if (operator === '<') {
    if (asObserved) return no;
    remarks.add('the program never takes one text to be less than another');
  }
  const compared = atom(`${cel} ${operator} ${quoted(pattern.text)}`);
  if (variable.name !== 'blockreplica.owner') return compared;
  const order = compareBytes('None', pattern.text);
  const nobody = (operator === '<' ? order < 0 : order > 0) ? atom(`${cel} == ""`) : no;
  return any([nobody, all([atom(`${cel} != ""`), compared])]);
}

function anyPattern(
  variable: Variable,
  patterns: readonly Pattern[],
  cel: string,
  place: Place,
  { names }: TextOptions,
): Cel {
  if (variable.name === 'blockreplica.owner') return ownedBy(patterns, cel);
  const plain = patterns.filter(({ kind }) => kind !== 'regex').map(({ text }) => text);
  const parts: Cel[] = [];
  if (plain.length > 0) {
    const named = variable.name === 'dataset.name' || variable.name === 'site.name';
    if (named) {
      const scope = variable.name === 'site.name' ? 'site' : 'dataset';
      const thing = { scope, cel: cel.slice(0, cel.lastIndexOf('.')) } as const;
      const description = `${plain.length} names of ${place.listName}`;
      parts.push(atom(names.matches(thing, plain, place.listName, description)));
    } else parts.push(oneOf(cel, plain));
  }
  for (const { kind, text } of patterns) if (kind === 'regex') parts.push(atom(`${cel}.matches(${rawString(text)})`));
  return any(parts);
}

/** Nobody is called `None` there and has no name here. */
export function ownerName(text: string): string {
  return text === 'None' ? '' : text;
}

function oneOf(cel: string, texts: readonly string[]): Cel {
  const unique = [...new Set(texts)];
  const [only = ''] = unique;
  if (unique.some((text) => /[*?]/.test(text))) {
    return atom(`${cel}.glob(${unique.length === 1 ? quoted(only) : list(unique)})`);
  }
  return atom(unique.length === 1 ? `${cel} == ${quoted(only)}` : `${cel} in ${list(unique)}`);
}

/** Patterns that match the text `None` mean blocks without an owner too. */
function ownedBy(patterns: readonly Pattern[], cel: string): Cel {
  const plain = patterns.filter(({ kind }) => kind !== 'regex').map(({ text }) => ownerName(text));
  const globs = plain.some((text) => /[*?]/.test(text));
  const names = globs ? plain.filter((text) => text !== '') : plain;
  const nobody = patterns.some((pattern) => matchesPattern(pattern, 'None'));
  const parts: Cel[] = names.length > 0 ? [oneOf(cel, names)] : [];
  for (const pattern of patterns) {
    if (pattern.kind !== 'regex') continue;
    const found = atom(`${cel}.matches(${rawString(pattern.text)})`);
    // A regular expression may find nothing in nothing.
    parts.push(matchesPattern(pattern, '') && !nobody ? all([atom(`${cel} != ""`), found]) : found);
  }
  const said = names.includes('') || (globs && names.some((name) => /^\*+$/.test(name)));
  if (nobody && !said) parts.unshift(atom(`${cel} == ""`));
  return any(parts);
}
