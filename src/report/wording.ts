/** How figures, places and names from outside read in text for people. */
import type { DesiredSource, RuleRef } from '../desired/state.js';

/** `1 copy`, `12 copies`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${thousands(number)} ${number === 1 ? one : many}`;
}

/** `40,102`. */
export function thousands(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `84.2%`; one digit, because a watermark is a matter of per mille at a petabyte. */
export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)}%`;
}

/** `Retention physics-disk/cold`. */
export function ruleName(rule: RuleRef): string {
  return printable(`${rule.kind} ${rule.name}${rule.id === null ? '' : `/${rule.id}`}`);
}

/** `rules/physics.yaml:14`; empty for what is built in and stands in no file. */
export function rulePlace(rule: RuleRef): string {
  return rule.file === '' ? '' : printable(`${rule.file}:${rule.line}`);
}

/** `Retention physics-disk/cold at rules/physics.yaml:14`. */
export function ruleAtPlace(rule: RuleRef): string {
  const place = rulePlace(rule);
  return place === '' ? ruleName(rule) : `${ruleName(rule)} at ${place}`;
}

/** `1a2b3c4d5e6f`: enough of a commit to be unique in any repository of rules. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 12);
}

/** `1a2b3c4d5e6f (main, Jane Doe, 2026-11-21T10:00:00Z)`, or that it is a directory without history. */
export function sourceLine(source: DesiredSource): string {
  if (source.commit === null) return 'the given directory';
  const parts = [source.ref, source.author, source.committedAt].filter((part) => part !== null);
  if (source.signature !== 'unchecked') parts.push(`signature ${source.signature}`);
  return printable(`${shortCommit(source.commit)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`);
}

/**
 * Text from outside (names, error messages) as it may go to a terminal: control characters become `\x1b`, so that
 * nothing in an inventory can move a cursor, rewrite a line, or reverse the direction of writing.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
