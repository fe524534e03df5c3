/**
 * What a bundle reader must remember to check references: compact, because it grows with the inventory (five million
 * blocks are about 400 MB, nearly all of it their names).
 */
import { hash } from 'node:crypto';
import { FloatColumn, IntColumn } from './growing-column.js';

/** Blocks by (dataset, name): an open-addressing table of positions. */
export class BlockTable {
  readonly names: string[] = [];
  readonly datasets = new IntColumn();
  readonly sizes = new FloatColumn();
  /** -1: not said. */
  readonly files = new IntColumn();
  readonly open = new IntColumn();
  readonly lastUpdates = new FloatColumn();
  readonly #hashes = new IntColumn();
  /** Position + 1; 0 is empty. */
  #slots = new Int32Array(1 << 12);
  #lastFound = -1;

  get count(): number {
    return this.names.length;
  }

  /** Position of a block, -1 where there is none. */
  find(dataset: number, name: string): number {
    // Copies mostly stand in the order of the blocks.
    const next = this.#lastFound + 1;
    if (next < this.names.length && this.datasets.get(next) === dataset && this.names[next] === name) {
      this.#lastFound = next;
      return next;
    }
    const wanted = hashName(dataset, name);
    const mask = this.#slots.length - 1;
    for (let slot = wanted & mask; ; slot = (slot + 1) & mask) {
      const position = (this.#slots[slot] as number) - 1;
      if (position < 0) return -1;
      if (
        this.#hashes.get(position) === wanted &&
        this.datasets.get(position) === dataset &&
        this.names[position] === name
      ) {
        this.#lastFound = position;
        return position;
      }
    }
  }

  /** Adds a block that is not there yet; its position. */
  add(dataset: number, name: string, size: number, files: number, open: boolean, lastUpdate: number): number {
    if (this.count * 2 >= this.#slots.length) this.#grow();
    const position = this.names.push(name) - 1;
    this.datasets.push(dataset);
    this.sizes.push(size);
    this.files.push(files);
    this.open.push(open ? 1 : 0);
    this.lastUpdates.push(lastUpdate);
    const hashed = hashName(dataset, name);
    this.#hashes.push(hashed);
    this.#place(position, hashed);
    return position;
  }

  /** Changes what is known of a block. */
  set(position: number, size: number, files: number, open: boolean, lastUpdate: number): void {
    this.sizes.set(position, size);
    this.files.set(position, files);
    this.open.set(position, open ? 1 : 0);
    this.lastUpdates.set(position, lastUpdate);
  }

  #place(position: number, hashed: number): void {
    const mask = this.#slots.length - 1;
    let slot = hashed & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = position + 1;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const hashes = this.#hashes.view();
    for (let position = 0; position < hashes.length; position++) this.#place(position, hashes[position] as number);
  }
}

/** FNV-1a over the dataset's number and the name, with the finalizer of MurmurHash3. */
function hashName(dataset: number, name: string): number {
  let h = Math.imul(dataset + 1, 0x9e3779b1);
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Which sites a block was seen at: a chain of sites per block, six bytes per copy; chains are as long as copies are. */
export class CopyChains {
  readonly #heads: Int32Array;
  readonly #next = new IntColumn();
  readonly #site = new IntColumn();

  constructor(blocks: number) {
    this.#heads = new Int32Array(blocks).fill(-1);
  }

  /** False where that copy was added before. */
  add(block: number, site: number): boolean {
    const head = this.#heads[block] as number;
    for (let link = head; link >= 0; link = this.#next.get(link)) if (this.#site.get(link) === site) return false;
    this.#site.push(site);
    this.#heads[block] = this.#next.push(head);
    return true;
  }
}

/**
 * File names and the block each belongs to. A file name stands for one file, wherever it is: the same name twice would
 * be one path at a site, so that deleting one would delete the other. Names are kept as 64 bits of their SHA-256; with
 * 1e8 files the chance of a false alarm is 3 in 10,000.
 */
export class FileNames {
  #count = 0;
  #low = new Int32Array(1 << 12);
  #high = new Int32Array(1 << 12);
  /** Block + 1; 0 is empty. */
  #block = new Int32Array(1 << 12);

  /** Adds a name, or returns the block it already belongs to. */
  add(name: string, block: number): number | null {
    if (this.#count * 2 >= this.#block.length) this.#grow();
    const digest = hash('sha256', name, 'binary');
    const low = bits(digest, 0);
    const high = bits(digest, 4);
    const slot = this.#find(low, high);
    const found = this.#block[slot] as number;
    if (found !== 0) return found - 1;
    this.#put(slot, low, high, block + 1);
    this.#count++;
    return null;
  }

  /** The block a name belongs to, or null. */
  blockOf(name: string): number | null {
    const digest = hash('sha256', name, 'binary');
    const found = this.#block[this.#find(bits(digest, 0), bits(digest, 4))] as number;
    return found === 0 ? null : found - 1;
  }

  #find(low: number, high: number): number {
    const mask = this.#block.length - 1;
    let slot = low & mask;
    while (this.#block[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  }

  #put(slot: number, low: number, high: number, block: number): void {
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#block[slot] = block;
  }

  #grow(): void {
    const [low, high, block] = [this.#low, this.#high, this.#block];
    const size = block.length * 2;
    this.#low = new Int32Array(size);
    this.#high = new Int32Array(size);
    this.#block = new Int32Array(size);
    for (let i = 0; i < block.length; i++) {
      if (block[i] === 0) continue;
      const l = low[i] as number;
      const h = high[i] as number;
      this.#put(this.#find(l, h), l, h, block[i] as number);
    }
  }
}

/** Four bytes of a latin1 string as a number. */
function bits(text: string, from: number): number {
  return (
    text.charCodeAt(from) |
    (text.charCodeAt(from + 1) << 8) |
    (text.charCodeAt(from + 2) << 16) |
    (text.charCodeAt(from + 3) << 24)
  );
}
