/**
 * Names as UTF-8 bytes, which threads can share and find without making strings of them.
 *
 * A name is found with a number beside it, its group: that of the dataset for a block, 0 where there is one group only.
 */
import { Buffer } from 'node:buffer';
import { intAt } from './column.js';
import { IntColumn } from './growing-column.js';
import { NamePacker, type PackedNames, startOf, stringAt } from './name-column.js';

/** Part of some bytes. The same object is used again and again: it is what is looked at now. */
export class ByteSlice {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;

  toString(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.start, this.end - this.start).toString('utf8');
  }
}

export interface HashedNames extends PackedNames {
  /** {@link hashBytes} of each. */
  readonly hashes: Int32Array;
}

/** FNV-1a. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  return h;
}

/** The place in a table for a name of a group: the finalizer of MurmurHash3. */
function placeOf(group: number, hashed: number): number {
  let h = hashed ^ Math.imul(group + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Names that are collected. */
export class NameCollector {
  readonly #names = new NamePacker();
  readonly #hashes = new IntColumn();

  get count(): number {
    return this.#names.count;
  }

  /** @returns its position */
  add({ bytes, start, end }: ByteSlice, hashed: number): number {
    this.#hashes.push(hashed);
    return this.#names.addBytes(bytes, start, end);
  }

  /** Valid until the next is added. */
  view(): HashedNames {
    return { ...this.#names.view(), hashes: this.#hashes.view() };
  }
}

/** Few names that are met again and again, numbered in the order in which they come. */
export class MetNames {
  readonly #names = new NameCollector();
  #view = this.#names.view();
  #slots = new Int32Array(1 << 8);
  #last = -1;

  /** The number of a name; -1 where it was not met. */
  find(name: ByteSlice): number {
    // Neighbouring rows mostly say the same.
    if (this.#last >= 0 && sameBytes(this.#view, this.#last, name)) return this.#last;
    const hashed = hashBytes(name.bytes, name.start, name.end);
    const names = this.#view;
    const mask = this.#slots.length - 1;
    for (let slot = placeOf(0, hashed) & mask; ; slot = (slot + 1) & mask) {
      const position = intAt(this.#slots, slot) - 1;
      if (position < 0) return -1;
      if (intAt(names.hashes, position) === hashed && sameBytes(names, position, name)) {
        this.#last = position;
        return position;
      }
    }
  }

  /** Adds a name that was not met. */
  add(name: ByteSlice): number {
    if (2 * this.#names.count >= this.#slots.length) this.#grow();
    const hashed = hashBytes(name.bytes, name.start, name.end);
    const position = this.#names.add(name, hashed);
    this.#view = this.#names.view();
    place(this.#slots, 0, hashed, position);
    this.#last = position;
    return position;
  }

  toStrings(): string[] {
    const names = this.#view;
    return Array.from({ length: this.#names.count }, (_, position) => stringAt(names, position));
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const { hashes } = this.#view;
    for (let position = 0; position < hashes.length; position++) {
      place(this.#slots, 0, intAt(hashes, position), position);
    }
  }
}

/** Names that are found by many threads: all of it may lie in shared memory. */
export interface NameTable extends HashedNames {
  readonly groups: Int32Array;
  /** Position + 1; 0 is empty. As many as a power of two. */
  readonly slots: Int32Array;
}

/**
 * Fills a table whose slots are empty.
 *
 * @returns false where a name stands twice in a group
 */
export function fillTable(table: NameTable): boolean {
  const { slots, groups, hashes, bytes } = table;
  const mask = slots.length - 1;
  const name = new ByteSlice();
  name.bytes = bytes;
  for (let position = 0; position < hashes.length; position++) {
    const group = intAt(groups, position);
    const hashed = intAt(hashes, position);
    let slot = placeOf(group, hashed) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const other = intAt(slots, slot) - 1;
      if (intAt(hashes, other) !== hashed || intAt(groups, other) !== group) continue;
      name.start = startOf(table, position);
      name.end = intAt(table.ends, position);
      if (sameBytes(table, other, name)) return false;
    }
    slots[slot] = position + 1;
  }
  return true;
}

/** Slots for so many names: at least twice as many, a power of two. */
export function slotsFor(count: number): number {
  let slots = 16;
  while (slots < 2 * count) slots *= 2;
  return slots;
}

/** Finds names in a table, of which it changes nothing. */
export class NameFinder {
  readonly #table: NameTable;
  #last = -1;

  constructor(table: NameTable) {
    this.#table = table;
  }

  /** The position of a name, -1 where there is none. */
  find(group: number, name: ByteSlice): number {
    const table = this.#table;
    // Rows mostly are of the same as the row before, or of the next.
    const last = this.#last;
    if (last >= 0 && this.#is(last, group, name)) return last;
    if (last + 1 < table.ends.length && this.#is(last + 1, group, name)) {
      this.#last = last + 1;
      return last + 1;
    }
    const hashed = hashBytes(name.bytes, name.start, name.end);
    const mask = table.slots.length - 1;
    for (let slot = placeOf(group, hashed) & mask; ; slot = (slot + 1) & mask) {
      const position = intAt(table.slots, slot) - 1;
      if (position < 0) return -1;
      if (intAt(table.hashes, position) === hashed && this.#is(position, group, name)) {
        this.#last = position;
        return position;
      }
    }
  }

  #is(position: number, group: number, name: ByteSlice): boolean {
    return intAt(this.#table.groups, position) === group && sameBytes(this.#table, position, name);
  }
}

function sameBytes(names: HashedNames, position: number, name: ByteSlice): boolean {
  const from = startOf(names, position);
  const to = intAt(names.ends, position);
  const { bytes, start, end } = name;
  if (to - from !== end - start) return false;
  const own = names.bytes;
  // From the end: names of one kind begin alike.
  for (let i = to - 1, k = end - 1; i >= from; i--, k--) if (own[i] !== bytes[k]) return false;
  return true;
}

function place(slots: Int32Array, group: number, hashed: number, position: number): void {
  const mask = slots.length - 1;
  let slot = placeOf(group, hashed) & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = position + 1;
}
