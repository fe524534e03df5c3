/**
 * Globs and regular expressions over names, in linear time. Globs match the whole string; `*` crosses `/`, `?` is one
 * character, everything else is literal.
 */
import { RE2JS } from 're2js';
import { onePassMatcher } from './one-pass-pattern.js';
import { requiredLiterals } from './required-literals.js';

/** A predicate for one glob. Exact names, prefixes and suffixes do without a regular expression. */
export function globMatcher(glob: string): (text: string) => boolean {
  if (!/[*?]/.test(glob)) return (text) => text === glob;
  if (glob === '*') return () => true;
  const star = glob.indexOf('*');
  if (!glob.includes('?') && glob.indexOf('*', star + 1) < 0) {
    const head = glob.slice(0, star);
    const tail = glob.slice(star + 1);
    const least = head.length + tail.length;
    return (text) => text.length >= least && text.startsWith(head) && text.endsWith(tail);
  }
  return segmentMatcher(glob);
}

/**
 * The classical greedy wildcard match over the parts between stars: each part is looked for leftmost after the one
 * before, which is enough because a star takes anything. O(text x longest part), no backtracking.
 */
function segmentMatcher(glob: string): (text: string) => boolean {
  const parts = glob.split(/\*+/);
  const first = parts[0] ?? '';
  const last = parts[parts.length - 1] ?? '';
  const middle = parts.slice(1, -1);
  const anchored = parts.length === 1;
  return (text) => {
    if (anchored) return text.length === first.length && sameAt(text, first, 0);
    if (text.length < first.length + last.length) return false;
    if (!sameAt(text, first, 0) || !sameAt(text, last, text.length - last.length)) return false;
    const end = text.length - last.length;
    let from = first.length;
    for (const part of middle) {
      const found = findPart(text, part, from, end);
      if (found < 0) return false;
      from = found + part.length;
    }
    return true;
  };
}

function sameAt(text: string, part: string, offset: number): boolean {
  for (let i = 0; i < part.length; i++) {
    const expected = part.charCodeAt(i);
    if (expected !== 63 && expected !== text.charCodeAt(offset + i)) return false;
  }
  return true;
}

function findPart(text: string, part: string, from: number, end: number): number {
  if (!part.includes('?')) {
    const found = text.indexOf(part, from);
    return found >= 0 && found + part.length <= end ? found : -1;
  }
  for (let offset = from; offset + part.length <= end; offset++) if (sameAt(text, part, offset)) return offset;
  return -1;
}

/** A predicate for any of many globs; exact names are looked up at once. */
export function anyGlobMatcher(globs: readonly string[]): (text: string) => boolean {
  const exact = new Set(globs.filter((glob) => !/[*?]/.test(glob)));
  const patterns = globs.filter((glob) => /[*?]/.test(glob)).map(globMatcher);
  if (patterns.length === 0) return (text) => exact.has(text);
  return (text) => exact.has(text) || patterns.some((matches) => matches(text));
}

/**
 * A predicate that finds `pattern` anywhere in a text, as CEL's `matches` does.
 *
 * @throws Error when the pattern is not a regular expression of RE2's syntax
 */
export function regexMatcher(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(pattern);
  const quickly = onePassMatcher(pattern);
  if (quickly !== null) return (text) => quickly(text) ?? compiled.test(text);
  // Most texts do not match, and most of those lack something that the pattern spells out.
  const literals = requiredLiterals(pattern);
  return (text) => literals.every((literal) => text.includes(literal)) && compiled.test(text);
}

/**
 * How many groups `$1`... of `pattern` there are.
 *
 * @throws Error when the pattern is not a regular expression of RE2's syntax
 */
export function regexGroupCount(pattern: string): number {
  return RE2JS.compile(pattern).groupCount();
}
