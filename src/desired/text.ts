/** Bytes to text: UTF-8 only, and no character that is invisible or changes the direction of writing. */
import type { Position } from '../error.js';
import { LineIndex } from './line-index.js';

export type TextResult =
  | { readonly text: string }
  | { readonly code: string; readonly place: Position; readonly message: string };

/**
 * Everything below the space but tab and line breaks, DEL and C1, line and paragraph separators, the byte order mark,
 * and what reorders or hides text on a reviewer's screen.
 */
const forbidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]|\r(?!\n)|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The first character of `text` that must not be there, with its offset. */
export function forbiddenCharacter(text: string): { readonly offset: number; readonly name: string } | null {
  const offset = text.search(forbidden);
  if (offset < 0) return null;
  const code = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0');
  return { offset, name: `U+${code}` };
}

/** Decodes a file; a byte order mark at its beginning is dropped. */
export function readText(file: string, bytes: Uint8Array): TextResult {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const place = firstBadByte(file, bytes);
    return { code: 'bad-encoding', place, message: 'the file is not UTF-8 text: save it as UTF-8' };
  }
  const found = forbiddenCharacter(text);
  if (found === null) return { text };
  const place = new LineIndex(file, text.slice(0, found.offset)).position(found.offset);
  return {
    code: 'forbidden-character',
    place,
    message: `the character ${found.name} is not allowed: remove it (control, invisible and direction-changing characters are refused)`,
  };
}

function firstBadByte(file: string, bytes: Uint8Array): Position {
  let line = 1;
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    let column = 1;
    try {
      for (let i = start; i < end; i++) column += decoder.decode(bytes.subarray(i, i + 1), { stream: true }).length;
      decoder.decode();
    } catch {
      return { file, line, column };
    }
    if (newline < 0) return { file, line, column };
    line++;
    start = newline + 1;
  }
}
