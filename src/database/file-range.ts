/** Parts of a file that somebody else may be replacing, cut where lines end. */
import { Buffer } from 'node:buffer';
import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A file as it was when it was divided. */
export interface FileIdentity {
  readonly path: string;
  readonly device: bigint;
  readonly inode: bigint;
  /** Bytes. */
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly modified: bigint;
}

/** Bytes `from .. to - 1` of a file. Whose a line is that begins in one range and ends in another, {@link readRange} says. */
export interface FileRange {
  readonly from: number;
  readonly to: number;
}

/** The file is not what it was when it was divided, or has a line that is too long: it cannot be read in parts. */
export class IndivisibleFile extends Error {}

const longestLine = 16 * 1024 * 1024;
const defaultChunk = 1024 * 1024;
const newline = 0x0a;

export function identityOf(path: string, stats: BigIntStats): FileIdentity {
  return { path, device: stats.dev, inode: stats.ino, size: Number(stats.size), modified: stats.mtimeNs };
}

/**
 * Divides the lines of a file that begin at `start` or after it into so many ranges of about the same size.
 *
 * @param start the beginning of a line
 */
export function divide(start: number, size: number, count: number): FileRange[] {
  const cut = (i: number) => start + Math.floor(((size - start) * i) / count);
  return Array.from({ length: count }, (_, i) => ({ from: cut(i), to: cut(i + 1) }));
}

/**
 * Reads the lines that begin in a range; the last may end beyond it.
 *
 * @param start the beginning of the first range
 * @param take whole lines, without the end of the last; the bytes are others after it
 * @param chunk bytes that are read at once
 * @throws IndivisibleFile, and what the system throws
 */
export function readRange(
  file: FileIdentity,
  start: number,
  range: FileRange,
  take: (lines: Buffer) => void,
  chunk = defaultChunk,
): void {
  const handle = openSync(file.path, 'r');
  try {
    requireSame(file, fstatSync(handle, { bigint: true }));
    readLines(handle, file.size, start, range, take, chunk);
    requireSame(file, fstatSync(handle, { bigint: true }));
  } finally {
    closeSync(handle);
  }
}

function readLines(
  handle: number,
  size: number,
  start: number,
  { from, to }: FileRange,
  take: (lines: Buffer) => void,
  chunk: number,
): void {
  if (from === to) return;
  let buffer = Buffer.allocUnsafeSlow(chunk);
  // The line that the byte before the range ends, or is in, is the range's before.
  let skipping = from > start;
  let position = skipping ? from - 1 : from;
  /** Bytes at the beginning of the buffer that are no whole line yet. */
  let pending = 0;
  while (position < size) {
    if (pending === buffer.length) {
      if (buffer.length >= longestLine) throw new IndivisibleFile(`a line is longer than ${longestLine} bytes`);
      buffer = Buffer.concat([buffer], 2 * buffer.length);
    }
    const read = readSync(handle, buffer, pending, Math.min(buffer.length - pending, size - position), position);
    if (read === 0) throw new IndivisibleFile('it has become shorter');
    const filled = pending + read;
    let begin = 0;
    if (skipping) {
      const end = buffer.subarray(0, filled).indexOf(newline);
      if (end < 0 && position + read < to) {
        position += read;
        continue;
      }
      // The line that reaches beyond this range is all there is: it belongs to one before.
      if (end < 0 || position + end >= to - 1) return;
      skipping = false;
      begin = end + 1;
    }
    // Where the last line of the range ends: the first line end at its last byte or behind it.
    const last = to - 1 - (position - pending);
    const stop = last < filled ? buffer.subarray(0, filled).indexOf(newline, Math.max(last, 0)) : -1;
    if (stop >= 0) {
      take(buffer.subarray(begin, stop));
      return;
    }
    const end = buffer.subarray(0, filled).lastIndexOf(newline);
    if (end >= begin) {
      take(buffer.subarray(begin, end));
      begin = end + 1;
    }
    buffer.copyWithin(0, begin, filled);
    pending = filled - begin;
    position += read;
  }
  if (pending > 0) take(buffer.subarray(0, pending));
}

function requireSame(file: FileIdentity, stats: BigIntStats): void {
  const { device, inode, size, modified } = identityOf(file.path, stats);
  if (device !== file.device || inode !== file.inode || size !== file.size || modified !== file.modified) {
    throw new IndivisibleFile('it has changed meanwhile');
  }
}
