/** Input files as lines of words that know where they stand. Lines and columns count from 1. */
import { forbiddenCharacter, readText } from '../../desired/text.js';
import type { Position } from '../../error.js';
import type { Findings } from './findings.js';

export interface InputFile {
  /** As the user named it; what reports and errors say. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Word {
  readonly text: string;
  readonly at: Position;
}

export interface SourceLine {
  readonly at: Position;
  /** Without white space at its ends. */
  readonly text: string;
  readonly words: readonly Word[];
}

/** The lines of a file that are not blank; null after an error about its text. */
export function linesOf(file: InputFile, findings: Findings): readonly SourceLine[] | null {
  const text = textOf(file, findings);
  return text === null ? null : text.split('\n').flatMap((line, index) => sourceLine(file.path, index + 1, line) ?? []);
}

/**
 * The text of a file, or null after an error. What is not UTF-8 or hides characters is refused: a name with an invisible
 * character would match nothing, and nobody would see why.
 */
export function textOf(file: InputFile, findings: Findings): string | null {
  const read = readText(file.path, file.bytes);
  if ('text' in read) return read.text.replaceAll('\r\n', '\n');
  if (read.code !== 'forbidden-character') findings.error(read.code, read.place, read.message);
  else {
    const lines = new TextDecoder().decode(file.bytes).replaceAll('\r\n', '\n').split('\n');
    for (const [index, line] of lines.entries()) {
      const found = forbiddenCharacter(line);
      if (found === null) continue;
      const at = { file: file.path, line: index + 1, column: found.offset + 1 };
      findings.error(read.code, at, `the character ${found.name} is not allowed: remove it`);
    }
  }
  return null;
}

function sourceLine(file: string, line: number, raw: string): SourceLine | null {
  const words = wordsOf(raw, { file, line, column: 1 });
  const [first] = words;
  return first === undefined ? null : { at: first.at, text: raw.trim(), words };
}

/** The words of a text that stands at `at`, on one line. */
export function wordsOf(text: string, at: Position): Word[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({
    text: match[0],
    at: { ...at, column: at.column + match.index },
  }));
}

export function joined(words: readonly Word[]): string {
  return words.map(({ text }) => text).join(' ');
}
