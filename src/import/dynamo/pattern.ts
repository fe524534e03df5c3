/**
 * What texts are compared with. A pattern is a glob only where it has `*` or `?`; then `[...]` is a class as well, and the
 * whole text has to match. A regular expression is anchored at the start only, as Python's `re.match` is.
 */
import { regexMatcher } from '../../policy/index.js';

export type Pattern =
  | { readonly kind: 'exact'; readonly text: string }
  /** `*` and `?` only, as our own globs. */
  | { readonly kind: 'glob'; readonly text: string }
  /** Source for `matches`, with its anchors. */
  | { readonly kind: 'regex'; readonly text: string };

/** A text on the right of `==`, or an element of a list. */
export function textPattern(text: string): Pattern {
  if (!/[*?]/.test(text)) return { kind: 'exact', text };
  if (!text.includes('[')) return { kind: 'glob', text };
  const regex = classGlob(text);
  // A bracket that is never closed stands for itself, as in our globs.
  return regex === null ? { kind: 'glob', text } : { kind: 'regex', text: regex };
}

/** A text on the right of `=~`. @throws Error where RE2 cannot express it */
export function regexPattern(text: string): Pattern {
  // Python's names for what RE2 writes differently.
  const translated = text.replace(/\\Z/g, '\\z').replace(/\{,(\d+)\}/g, '{0,$1}');
  const anchored = anchor(translated);
  regexMatcher(anchored);
  return { kind: 'regex', text: anchored };
}

/** Whether the pattern matches a text. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  if (pattern.kind === 'exact') return pattern.text === text;
  return regexMatcher(pattern.kind === 'regex' ? pattern.text : globRegex(pattern.text))(text);
}

function anchor(regex: string): string {
  if (hasAlternatives(regex)) return `^(?:${regex})`;
  return regex.startsWith('^') ? regex : `^${regex}`;
}

/** Whether a `|` stands outside of groups and classes. */
function hasAlternatives(regex: string): boolean {
  // What is escaped, then classes, then groups from the inside out.
  let rest = regex.replace(/\\./g, '').replace(/\[\^?\]?[^\]]*\]/g, '');
  for (let before = ''; before !== rest; ) {
    before = rest;
    rest = rest.replace(/\([^()]*\)/g, '');
  }
  return rest.includes('|');
}

function globRegex(glob: string): string {
  return `^${[...glob].map(globCharacter).join('')}$`;
}

function globCharacter(character: string): string {
  if (character === '*') return '.*';
  return character === '?' ? '.' : escaped(character);
}

/** A glob with classes as a regular expression; null where no class is closed. */
function classGlob(glob: string): string | null {
  let regex = '';
  let classes = 0;
  for (let i = 0; i < glob.length; i++) {
    const character = glob[i] ?? '';
    const end = character === '[' ? classEnd(glob, i) : -1;
    if (end < 0) {
      regex += globCharacter(character);
      continue;
    }
    classes++;
    const body = glob.slice(i + 1, end);
    const negated = body.startsWith('!');
    const members = (negated ? body.slice(1) : body).replace(/[\\[\]^]/g, '\\$&');
    regex += `[${negated ? '^' : ''}${members}]`;
    i = end;
  }
  return classes === 0 ? null : `^${regex}$`;
}

/** Where the class that begins at `start` is closed; a bracket right at its beginning is a member. */
function classEnd(glob: string, start: number): number {
  let i = start + 1;
  if (glob[i] === '!') i++;
  if (glob[i] === ']') i++;
  return glob.indexOf(']', i);
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|]/.test(character) ? `\\${character}` : character;
}
