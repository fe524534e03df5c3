/**
 * The cells of a line of TSV, read from its bytes.
 *
 * To make a string of every cell costs more than all else that is done with it. Numbers are read from their digits here, and
 * a cell that says the same as the one above it, as most names do, is the same string.
 */
import { Buffer } from 'node:buffer';
import type { ByteSlice } from './byte-names.js';

const tab = 0x09;
const newline = 0x0a;
const backslash = 0x5c;
const capitalN = 0x4e;
const zero = 0x30;

/** As many digits as always make an exact number. */
const exactDigits = 15;

export class TsvCells {
  readonly #count: number;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** The text of each cell that was asked for last. */
  readonly #texts: string[];
  #bytes: Buffer = Buffer.alloc(0);

  /** @param count of cells in every line */
  constructor(count: number) {
    this.#count = count;
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    this.#texts = new Array<string>(count).fill('');
  }

  /** Sets the lines to read: ASCII. */
  set bytes(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Takes the line that begins at `from`.
   *
   * @returns where it ends; -1 where it has not as many cells as it should, or a control character below the space
   */
  take(from: number): number {
    const bytes = this.#bytes;
    const starts = this.#starts;
    const ends = this.#ends;
    const last = this.#count - 1;
    const length = bytes.length;
    let cell = 0;
    starts[0] = from;
    let i = from;
    for (; i < length; i++) {
      const byte = bytes[i] as number;
      if (byte >= 0x20) continue;
      if (byte === newline) break;
      if (byte !== tab || cell === last) return -1;
      ends[cell++] = i;
      starts[cell] = i + 1;
    }
    if (cell !== last) return -1;
    ends[cell] = i;
    return i;
  }

  isNull(cell: number): boolean {
    const start = this.#starts[cell] as number;
    if ((this.#ends[cell] as number) - start !== 2) return false;
    return this.#bytes[start] === backslash && this.#bytes[start + 1] === capitalN;
  }

  /** Sets a slice to a cell. */
  slice(cell: number, slice: ByteSlice): void {
    slice.bytes = this.#bytes;
    slice.start = this.#starts[cell] as number;
    slice.end = this.#ends[cell] as number;
  }

  /** Whether a cell says that. */
  is(cell: number, text: string): boolean {
    return this.#says(this.#starts[cell] as number, this.#ends[cell] as number, text);
  }

  text(cell: number): string {
    const start = this.#starts[cell] as number;
    const end = this.#ends[cell] as number;
    const known = this.#texts[cell] as string;
    if (this.#says(start, end, known)) return known;
    const text = this.#bytes.toString('latin1', start, end);
    this.#texts[cell] = text;
    return text;
  }

  /** The number that the digits of a cell say; -1 where there are other characters, none, or too many to be exact. */
  digits(cell: number): number {
    const bytes = this.#bytes;
    const start = this.#starts[cell] as number;
    const end = this.#ends[cell] as number;
    if (end === start || end - start > exactDigits) return -1;
    let number = 0;
    for (let i = start; i < end; i++) {
      const digit = (bytes[i] as number) - zero;
      if (digit < 0 || digit > 9) return -1;
      number = number * 10 + digit;
    }
    return number;
  }

  #says(start: number, end: number, text: string): boolean {
    if (text.length !== end - start) return false;
    const bytes = this.#bytes;
    // From the end: names of one kind begin alike.
    for (let i = text.length - 1; i >= 0; i--) if (text.charCodeAt(i) !== bytes[start + i]) return false;
    return true;
  }
}
