/**
 * Many names as UTF-8 bytes, one behind the other, which take up no place among the engine's objects: it walks every string
 * there is whenever it collects garbage, and of an inventory of fifteen million block replicas that were seven million.
 */
import { Buffer } from 'node:buffer';
import { StatorError } from '../error.js';
import { flagAt, intAt } from './column.js';
import type { ColumnMemory } from './column-memory.js';
import { IntColumn } from './growing-column.js';

/** Names one behind the other. */
export interface PackedNames {
  readonly bytes: Uint8Array;
  /** Where each name ends; it begins where the one before ends. */
  readonly ends: Int32Array;
}

/** A column of names of a snapshot. */
export class NameColumn implements PackedNames {
  readonly bytes: Uint8Array;
  readonly ends: Int32Array;

  constructor({ bytes, ends }: PackedNames) {
    this.bytes = bytes;
    this.ends = ends;
  }

  static of(names: Iterable<string>): NameColumn {
    const packer = new NamePacker();
    for (const name of names) packer.add(name);
    return new NameColumn(packer.view());
  }

  get length(): number {
    return this.ends.length;
  }

  at(index: number): string {
    return stringAt(this, index);
  }

  /** Where a name is among those from `from` up to `to`, which are in their order, or -1. */
  find(from: number, to: number, name: string): number {
    const wanted = Buffer.from(name, 'utf8');
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareSlices(this.bytes, startOf(this, middle), endOf(this, middle), wanted, 0, wanted.length);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  /** Whether a name is the same as one of another column. */
  isSame(index: number, other: NameColumn, place: number): boolean {
    const [start, from] = [startOf(this, index), startOf(other, place)];
    const length = endOf(this, index) - start;
    if (endOf(other, place) - from !== length) return false;
    for (let i = 0; i < length; i++) if (flagAt(this.bytes, start + i) !== flagAt(other.bytes, from + i)) return false;
    return true;
  }
}

/** Names `from .. to - 1` of others. */
export interface NameRange {
  readonly names: PackedNames;
  readonly from: number;
  readonly to: number;
}

/** The names of ranges, one range behind the other. */
export function joinNames(ranges: readonly NameRange[], memory: ColumnMemory): NameColumn {
  let count = 0;
  let byteCount = 0;
  for (const range of ranges) {
    count += range.to - range.from;
    byteCount += byteCountOf(range);
  }
  const bytes = memory.flags(inBounds(byteCount));
  const ends = memory.ints(count);
  let place = 0;
  let used = 0;
  for (const { names, from, to } of ranges) {
    const start = startOf(names, from);
    bytes.set(names.bytes.subarray(start, startOf(names, to)), used);
    const shift = used - start;
    for (let i = from; i < to; i++) ends[place++] = endOf(names, i) + shift;
    used += startOf(names, to) - start;
  }
  return new NameColumn({ bytes, ends });
}

/** How many bytes the names of a range have. */
export function byteCountOf({ names, from, to }: NameRange): number {
  return startOf(names, to) - startOf(names, from);
}

/** The same names in another order. */
export function reorderNames(names: PackedNames, order: Int32Array, memory: ColumnMemory): NameColumn {
  const bytes = memory.flags(startOf(names, names.ends.length));
  const ends = memory.ints(order.length);
  let used = 0;
  for (let i = 0; i < order.length; i++) {
    const position = intAt(order, i);
    const end = endOf(names, position);
    // Names are short: a call that copies them takes longer.
    for (let from = startOf(names, position); from < end; from++) bytes[used++] = flagAt(names.bytes, from);
    ends[i] = used;
  }
  return new NameColumn({ bytes, ends });
}

/** Names that are collected. */
export class NamePacker {
  #bytes = new Uint8Array(1 << 14);
  #used = 0;
  readonly #ends = new IntColumn();

  get count(): number {
    return this.#ends.length;
  }

  /** @returns its position */
  add(name: string): number {
    // No unit of a string takes more than three bytes.
    this.#reserve(3 * name.length);
    const bytes = this.#bytes;
    let used = this.#used;
    for (let i = 0; i < name.length; i++) {
      const unit = name.charCodeAt(i);
      if (unit > 0x7f) {
        this.#used += Buffer.from(bytes.buffer).write(name, this.#used, 'utf8');
        return this.#ends.push(this.#used);
      }
      bytes[used++] = unit;
    }
    this.#used = used;
    return this.#ends.push(used);
  }

  /** Part of some bytes. @returns its position */
  addBytes(bytes: Uint8Array, start: number, end: number): number {
    this.#reserve(end - start);
    const own = this.#bytes;
    let used = this.#used;
    for (let from = start; from < end; from++) own[used++] = flagAt(bytes, from);
    this.#used = used;
    return this.#ends.push(used);
  }

  /** Valid until the next is added. */
  view(): PackedNames {
    return { bytes: this.#bytes.subarray(0, this.#used), ends: this.#ends.view() };
  }

  #reserve(count: number): void {
    const until = this.#used + count;
    if (until <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(inBounds(until), Math.min(2 * this.#bytes.length, mostNameBytes)));
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = grown;
  }
}

/** Names end within what an Int32Array can say. */
export const mostNameBytes = 2 ** 31 - 1;

function inBounds(byteCount: number): number {
  if (byteCount <= mostNameBytes) return byteCount;
  throw new StatorError({
    code: 'too-many-blocks',
    what: 'the names of all blocks have more than 2 GiB together',
    todo: 'make blocks of more files, or inventories of fewer datasets',
  });
}

/** The order of two names. */
export function compareNames(names: PackedNames, a: number, b: number): number {
  const { bytes } = names;
  return compareSlices(bytes, startOf(names, a), endOf(names, a), bytes, startOf(names, b), endOf(names, b));
}

function compareSlices(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  let i = aStart;
  let j = bStart;
  for (; i < aEnd && j < bEnd; i++, j++) {
    const difference = flagAt(a, i) - flagAt(b, j);
    if (difference !== 0) return difference;
  }
  return aEnd - i - (bEnd - j);
}

/**
 * The first four bytes of a name as a number, zeros behind the end. What is smaller comes first; what is equal says
 * nothing.
 */
export function beginningOf(names: PackedNames, position: number): number {
  const { bytes } = names;
  const end = endOf(names, position);
  let beginning = 0;
  let i = startOf(names, position);
  for (let place = 0; place < 4; place++, i++) beginning = beginning * 256 + (i < end ? flagAt(bytes, i) : 0);
  return beginning;
}

export function stringAt(names: PackedNames, position: number): string {
  const { buffer, byteOffset } = names.bytes;
  const start = startOf(names, position);
  return Buffer.from(buffer, byteOffset + start, endOf(names, position) - start).toString('utf8');
}

/** Where a name begins; of the position behind the last, where that ends. */
export function startOf(names: PackedNames, position: number): number {
  return position === 0 ? 0 : intAt(names.ends, position - 1);
}

function endOf(names: PackedNames, position: number): number {
  return intAt(names.ends, position);
}
