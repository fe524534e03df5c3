/**
 * Names as bytes and back. Names are kept in chunks, each of which becomes one string that its names are slices of: far
 * cheaper than making every name by itself.
 */
import { Buffer } from 'node:buffer';
import { flagAt, intAt, nameAt } from './column.js';

/** Names per chunk. A chunk of the longest names (512 characters) is a fraction of the longest string there can be. */
const chunkNames = 16_384;

export interface NameBytes {
  /** UTF-16 units of each name. */
  readonly lengths: Int32Array;
  /** Per chunk: 1 where its bytes are Latin-1, 2 where they are UTF-16LE, which keeps every string as it is. */
  readonly widths: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

export function encodeNames(names: readonly string[]): NameBytes {
  const chunks: Uint8Array[] = [];
  const widths: number[] = [];
  for (let from = 0; from < names.length; from += chunkNames) {
    const text = names.slice(from, from + chunkNames).join('');
    const width = fitsLatin1(text) ? 1 : 2;
    widths.push(width);
    chunks.push(Buffer.from(text, width === 1 ? 'latin1' : 'utf16le'));
  }
  return { lengths: Int32Array.from(names, (name) => name.length), widths: Uint8Array.from(widths), chunks };
}

function fitsLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

/** `bytes` may go on behind the names. */
export function decodeNames(
  bytes: Uint8Array,
  { lengths, widths }: Pick<NameBytes, 'lengths' | 'widths'>,
): { readonly names: string[]; readonly byteLength: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new Array<string>(lengths.length);
  let offset = 0;
  for (let chunk = 0; chunk * chunkNames < lengths.length; chunk++) {
    const from = chunk * chunkNames;
    const to = Math.min(from + chunkNames, lengths.length);
    let units = 0;
    for (let i = from; i < to; i++) units += intAt(lengths, i);
    const width = flagAt(widths, chunk);
    const end = offset + units * width;
    if (end > buffer.length) throw new RangeError('names do not fit their bytes');
    const text = buffer.toString(width === 1 ? 'latin1' : 'utf16le', offset, end);
    let place = 0;
    for (let i = from; i < to; i++) {
      const next = place + intAt(lengths, i);
      names[i] = text.substring(place, next);
      place = next;
    }
    offset = end;
  }
  return { names, byteLength: offset };
}

/** Few distinct values in many rows: each once, and per row which one. */
export interface Dictionary {
  readonly values: readonly string[];
  readonly index: Int32Array;
}

export function toDictionary(column: readonly string[]): Dictionary {
  const places = new Map<string, number>();
  const index = new Int32Array(column.length);
  for (let i = 0; i < column.length; i++) {
    const value = nameAt(column, i);
    let place = places.get(value);
    if (place === undefined) {
      place = places.size;
      places.set(value, place);
    }
    index[i] = place;
  }
  return { values: [...places.keys()], index };
}

export function fromDictionary({ values, index }: Dictionary): string[] {
  const column = new Array<string>(index.length);
  for (let i = 0; i < index.length; i++) {
    column[i] = nameAt(values, intAt(index, i));
  }
  return column;
}
