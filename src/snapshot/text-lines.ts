/** Bytes of whole lines as texts. */
import { type Buffer, isAscii, isUtf8 } from 'node:buffer';

export const newline = 0x0a;
export const carriageReturn = 0x0d;

/** A line that is not valid UTF-8. */
export interface BrokenLine {
  /** With replacement characters. */
  readonly text: string;
}

export function toLines(bytes: Buffer): readonly (string | BrokenLine)[] {
  if (isAscii(bytes)) return bytes.toString('latin1').split('\n');
  if (isUtf8(bytes)) return bytes.toString('utf8').split('\n');
  // Some line is not UTF-8: find out which. UTF-8 never has a line end inside a character.
  const lines: (string | BrokenLine)[] = [];
  let from = 0;
  for (;;) {
    const to = bytes.indexOf(newline, from);
    const line = bytes.subarray(from, to < 0 ? bytes.length : to);
    lines.push(isUtf8(line) ? line.toString('utf8') : { text: line.toString('utf8') });
    if (to < 0) return lines;
    from = to + 1;
  }
}

/**
 * Without a byte order mark and a carriage return, which other systems leave.
 *
 * @param first whether it is the first line of its file
 */
export function plainLine(text: string, first: boolean): string {
  const end = text.endsWith('\r') ? text.length - 1 : text.length;
  const start = first && text.charCodeAt(0) === 0xfeff ? 1 : 0;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/**
 * The first line that is not empty, and where the next begins.
 *
 * @param bytes the beginning of a file
 * @returns null where the line does not end in it, or is no text
 */
export function headerIn(bytes: Buffer): { readonly header: string; readonly start: number } | null {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(newline, start);
    if (end < 0) return null;
    const line = bytes.subarray(start, end);
    if (!isUtf8(line)) return null;
    const header = plainLine(line.toString('utf8'), start === 0);
    start = end + 1;
    if (header !== '') return { header, start };
  }
}
