/** Site names that expressions write out: a name that does not exist is a slip, not a condition. */
import { globMatcher } from '../../policy/index.js';
import { type Token, tokensOf } from './tokens.js';

export interface SiteName {
  readonly name: string;
  readonly offset: number;
  /** `equal`: the expression asks for that site; `different`: it leaves it out; `glob`: a pattern. */
  readonly use: 'equal' | 'different' | 'glob';
}

/** Finds `site.name == "X"`, `"X" != site.name`, `site.name in ["X", "Y"]` and `site.name.glob("X*")`. */
export function siteNamesIn(text: string): readonly SiteName[] {
  if (!text.includes('site')) return [];
  const tokens = tokensOf(text);
  const found: SiteName[] = [];
  const add = (token: Token | undefined, use: SiteName['use']): void => {
    if (token !== undefined && token.string !== null) found.push({ name: token.string, offset: token.offset, use });
  };
  tokens.forEach((token, i) => {
    const next = tokens[i + 1]?.text;
    if (token.text === 'site.name') {
      const before = tokens[i - 1]?.text;
      if (next === '==' || next === '!=') add(tokens[i + 2], next === '==' ? 'equal' : 'different');
      if (before === '==' || before === '!=') add(tokens[i - 2], before === '==' ? 'equal' : 'different');
      if (next === 'in' && tokens[i + 2]?.text === '[')
        for (const item of stringsFrom(tokens, i + 3)) add(item, 'equal');
    } else if (token.text === 'site.name.glob' && next === '(') {
      const list = tokens[i + 2]?.text === '[';
      for (const item of list ? stringsFrom(tokens, i + 3) : tokens.slice(i + 2, i + 3)) add(item, 'glob');
    }
  });
  return found;
}

/** The elements of a list of strings whose first stands at `from`. */
function stringsFrom(tokens: readonly Token[], from: number): readonly Token[] {
  const strings: Token[] = [];
  for (let i = from; i < tokens.length && tokens[i]?.text !== ']'; i++) {
    const token = tokens[i];
    if (token !== undefined && token.string !== null) strings.push(token);
  }
  return strings;
}

export function matchesAny(glob: string, names: readonly string[]): boolean {
  return names.some(globMatcher(glob));
}
