/** What threads read of a bundle, put together in the order of the file. */
import type { BlockRange } from './block-range.js';
import { fillTable, hashBytes, type NameTable, slotsFor } from './byte-names.js';
import { intAt, shortAt } from './column.js';
import { mostNameBytes } from './name-column.js';
import type { KnownBlocks, ReplicaRange } from './replica-range.js';

/** All blocks. What replicas refer to lies in shared memory. */
export interface MergedBlocks extends Omit<KnownBlocks, 'datasets'> {
  readonly dataset: Int32Array;
  readonly files: Int32Array;
  readonly open: Int32Array;
}

/**
 * @param findDataset the position of a dataset
 * @param lastUpdated when the dataset at a position was last updated
 * @returns null where a dataset is unknown, a block stands twice, or their names are too many bytes for one table
 */
export function mergeBlocks(
  ranges: readonly BlockRange[],
  findDataset: (name: string) => number | undefined,
  lastUpdated: (dataset: number) => number,
): MergedBlocks | null {
  const count = total(ranges, (range) => range.size.length);
  const byteCount = total(ranges, (range) => range.names.bytes.length);
  if (byteCount > mostNameBytes) return null;
  const dataset = sharedInts(count);
  const bytes = new Uint8Array(new SharedArrayBuffer(byteCount));
  const ends = sharedInts(count);
  const hashes = sharedInts(count);
  const size = sharedFloats(count);
  const lastUpdate = sharedFloats(count);
  const files = new Int32Array(count);
  const open = new Int32Array(count);
  let place = 0;
  let firstByte = 0;
  for (const range of ranges) {
    const known = Int32Array.from(range.datasets, (name) => findDataset(name) ?? -1);
    if (known.includes(-1)) return null;
    const { length } = range.size;
    for (let i = 0; i < length; i++) {
      const d = intAt(known, intAt(range.dataset, i));
      dataset[place + i] = d;
      ends[place + i] = firstByte + intAt(range.names.ends, i);
      const updated = range.lastUpdate[i] as number;
      lastUpdate[place + i] = Number.isNaN(updated) ? lastUpdated(d) : updated;
    }
    hashes.set(range.names.hashes, place);
    size.set(range.size, place);
    files.set(range.files, place);
    open.set(range.open, place);
    bytes.set(range.names.bytes, firstByte);
    place += length;
    firstByte += range.names.bytes.length;
  }
  const blocks: NameTable = { bytes, ends, hashes, groups: dataset, slots: sharedInts(slotsFor(count)) };
  return fillTable(blocks) ? { dataset, blocks, size, files, open, lastUpdate } : null;
}

/** A table of names that no one group has twice, in shared memory. */
export function sharedNames(names: readonly string[]): NameTable {
  const encoded = names.map((name) => new TextEncoder().encode(name));
  const bytes = new Uint8Array(new SharedArrayBuffer(total(encoded, (name) => name.length)));
  const ends = sharedInts(names.length);
  const hashes = sharedInts(names.length);
  let place = 0;
  for (const [position, name] of encoded.entries()) {
    bytes.set(name, place);
    hashes[position] = hashBytes(name, 0, name.length);
    place += name.length;
    ends[position] = place;
  }
  const table = { bytes, ends, hashes, groups: sharedInts(names.length), slots: sharedInts(slotsFor(names.length)) };
  if (!fillTable(table)) throw new Error('a name stands twice');
  return table;
}

export interface MergedReplicas {
  readonly block: Int32Array;
  readonly site: Int32Array;
  readonly owner: Int32Array;
  readonly size: Float64Array;
  readonly flags: Int32Array;
  readonly lastUpdate: Float64Array;
}

/**
 * @param ranges are taken away one by one: they are no longer there when the rest needs the memory
 * @param sites numbers a site by its name, as `owners` does for owners
 * @param moreFlags bits that all of them have beside their own
 */
export function mergeReplicas(
  ranges: ReplicaRange[],
  sites: (name: string) => number,
  owners: (name: string) => number,
  moreFlags: number,
): MergedReplicas {
  const count = total(ranges, (range) => range.size.length);
  const merged = {
    block: new Int32Array(count),
    site: new Int32Array(count),
    owner: new Int32Array(count),
    size: new Float64Array(count),
    flags: new Int32Array(count),
    lastUpdate: new Float64Array(count),
  };
  let place = 0;
  for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
    const siteOf = Int32Array.from(range.sites, sites);
    const ownerOf = Int32Array.from(['', ...range.owners], owners);
    const { length } = range.size;
    for (let i = 0; i < length; i++) {
      merged.site[place + i] = intAt(siteOf, shortAt(range.site, i));
      merged.owner[place + i] = intAt(ownerOf, shortAt(range.owner, i));
      merged.flags[place + i] = (range.flags[i] as number) | moreFlags;
    }
    merged.block.set(range.block, place);
    merged.size.set(range.size, place);
    merged.lastUpdate.set(range.lastUpdate, place);
    place += length;
  }
  return merged;
}

function total<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}

function sharedInts(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

function sharedFloats(count: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * count));
}
