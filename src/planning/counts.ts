/**
 * What is where before anything is planned: copies of each block, bytes in each partition. It takes a look at every block
 * replica; of datasets that are as they were in the plan before, what was counted then is taken over.
 */
import { flagAt, floatAt, intAt, nameAt, shortAt } from '../snapshot/column.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { ByteSums } from './byte-sums.js';
import type { Classes } from './membership.js';
import type { Unchanged } from './unchanged.js';

/** As {@link World} has them before it plans; never changed once they are kept. */
export interface Counts {
  /** Per replica. */
  readonly present: Int32Array;
  readonly complete: Int32Array;
  readonly bytesOf: Float64Array;
  /** Per block. */
  readonly copies: Uint16Array;
  readonly diskCopies: Uint16Array;
  readonly anyCopies: Uint16Array;
  readonly tapeCopies: Uint16Array;
  /** Per block replica. */
  readonly gone: Uint8Array;
  readonly classes: Classes;
  /** Of each class. */
  readonly partitions: readonly (readonly number[])[];
  readonly sums: CountedBytes;
}

/** Bytes, without what open copies add. */
export interface CountedBytes {
  /** Per partition and site. */
  readonly used: ByteSums;
  readonly projected: ByteSums;
  /** Per site. */
  readonly atSite: ByteSums;
  /** Projected, per group that has a limit, in the order of the groups. */
  readonly ofOwner: ByteSums;
}

/** Rows, or datasets, from the first up to, and without, the other. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Datasets next to each other that are as they were, next to each other too. */
export interface Run extends Range {
  /** Which dataset the first was. */
  readonly before: number;
}

/** What was counted in the plan before, as far as it holds. */
export interface CountsBefore {
  readonly counts: Counts;
  readonly snapshot: Snapshot;
  readonly runs: readonly Run[];
  /** Datasets that are not as they were; and those, before, that are so no more. */
  readonly changed: readonly Range[];
  readonly changedBefore: readonly Range[];
}

/** What one plan leaves to the next, and what the plan before left. */
export class KeptCounts {
  #before: Counts | null;
  #now: Counts | null = null;

  constructor(before: KeptCounts | null) {
    this.#before = before === null ? null : before.#now;
  }

  /** Only once, and null where nothing is known. */
  takeBefore({ datasets, snapshotBefore: snapshot }: Unchanged): CountsBefore | null {
    const counts = this.#before;
    this.#before = null;
    if (counts === null || datasets === null || snapshot === null) return null;
    const runs = runsOf(datasets);
    if (runs.length === 0) return null;
    const before = runs.map(({ from, to, before: first }) => ({ from: first, to: first + to - from }));
    return {
      counts,
      snapshot,
      runs,
      changed: between(runs, datasets.length),
      changedBefore: between(before, snapshot.datasets.count),
    };
  }

  keep(counts: Counts): void {
    this.#now = counts;
  }
}

/** @param datasets which dataset each was, or -1 */
function runsOf(datasets: Int32Array): Run[] {
  const runs: Run[] = [];
  for (let d = 0; d < datasets.length; ) {
    const from = d;
    const before = intAt(datasets, d++);
    if (before < 0) continue;
    while (d < datasets.length && intAt(datasets, d) === before + d - from) d++;
    runs.push({ from, to: d, before });
  }
  return runs;
}

/** What is between ranges, before the first and behind the last. */
function between(ranges: readonly Range[], count: number): Range[] {
  const result: Range[] = [];
  let next = 0;
  for (const { from, to } of [...ranges, { from: count, to: count }]) {
    if (from > next) result.push({ from: next, to: from });
    next = to;
  }
  return result;
}

/** Rows that are copied. */
interface Rows extends Range {
  /** Where to. */
  readonly place: number;
}

/**
 * The rows of a run of datasets.
 *
 * @param start where the rows of each dataset begin, now
 * @param startBefore and in the inventory before
 */
export function rowsOf({ from, to, before }: Run, start: Int32Array, startBefore: Int32Array): Rows {
  return {
    place: intAt(start, from),
    from: intAt(startBefore, before),
    to: intAt(startBefore, before + to - from),
  };
}

type Column = Int32Array | Uint16Array | Float64Array;

export function copyRows<C extends Column>(into: C, column: C, { from, to, place }: Rows): void {
  into.set(column.subarray(from, to), place);
}

/** Copies of blocks, per block and per replica, of the datasets that are as they were. */
export function takeOverCopies(
  into: Pick<Counts, 'present' | 'complete' | 'copies' | 'diskCopies' | 'anyCopies' | 'tapeCopies'> & InSnapshot,
  { counts, runs, snapshot }: CountsBefore,
): void {
  const { datasets } = into.snapshot;
  for (const run of runs) {
    const replicas = rowsOf(run, datasets.replicaStart, snapshot.datasets.replicaStart);
    copyRows(into.present, counts.present, replicas);
    copyRows(into.complete, counts.complete, replicas);
    const blocks = rowsOf(run, datasets.blockStart, snapshot.datasets.blockStart);
    copyRows(into.copies, counts.copies, blocks);
    copyRows(into.diskCopies, counts.diskCopies, blocks);
    copyRows(into.anyCopies, counts.anyCopies, blocks);
    copyRows(into.tapeCopies, counts.tapeCopies, blocks);
  }
}

interface InSnapshot {
  readonly snapshot: Snapshot;
}

/** Sums as they were before, and bytes of the replicas of datasets that are as they were. */
export function takeOverBytes(
  into: Pick<Counts, 'bytesOf'> & InSnapshot,
  { counts, runs, snapshot }: CountsBefore,
  sums: CountedBytes,
): void {
  for (const run of runs) {
    const replicas = rowsOf(run, into.snapshot.datasets.replicaStart, snapshot.datasets.replicaStart);
    copyRows(into.bytesOf, counts.bytesOf, replicas);
  }
  sums.used.set(counts.sums.used);
  sums.projected.set(counts.sums.projected);
  sums.atSite.set(counts.sums.atSite);
  sums.ofOwner.set(counts.sums.ofOwner);
}

export function noBytes(cells: number, sites: number, owners: number): CountedBytes {
  return {
    used: new ByteSums(cells),
    projected: new ByteSums(cells),
    atSite: new ByteSums(sites),
    ofOwner: new ByteSums(owners),
  };
}

/** Block replicas with what the sums need to know of them. */
interface CountedRows extends InSnapshot {
  readonly replicaSite: Uint16Array;
  readonly gone: Uint8Array;
  readonly classes: Classes;
}

/** What the sums are of. */
interface Counting {
  /** Of each class. */
  readonly partitions: readonly (readonly number[])[];
  readonly siteCount: number;
  /** Owners that have a limit, numbered. */
  readonly limited: ReadonlyMap<string, number>;
}

/**
 * Adds the bytes of datasets to the sums, or takes them away.
 *
 * @param bytesOf where those of each replica are noted; null: nowhere
 */
export function addBytesOf(
  rows: CountedRows,
  { from, to }: Range,
  sign: 1 | -1,
  { partitions, siteCount, limited }: Counting,
  sums: CountedBytes,
  bytesOf: Float64Array | null,
): void {
  const { replicaSite, gone, classes } = rows;
  const { datasets, blockReplicas, replicas, blocks, owners } = rows.snapshot;
  const { size, block, owner } = blockReplicas;
  const add = (ofClass: number, site: number, present: number, full: number): void => {
    for (const partition of partitions[ofClass] ?? []) {
      sums.used.add(partition * siteCount + site, sign * present);
      sums.projected.add(partition * siteCount + site, sign * full);
    }
  };
  for (let r = intAt(datasets.replicaStart, from), last = intAt(datasets.replicaStart, to); r < last; r++) {
    const site = shortAt(replicaSite, r);
    const ofAll = intAt(classes.ofReplica, r);
    let bytes = 0;
    let projectedBytes = 0;
    for (let br = intAt(replicas.start, r), end = intAt(replicas.start, r + 1); br < end; br++) {
      if (flagAt(gone, br) === 1) continue;
      const present = floatAt(size, br);
      const full = floatAt(blocks.size, intAt(block, br));
      bytes += present;
      projectedBytes += full;
      if (ofAll < 0) add(shortAt(classes.of, br), site, present, full);
      if (limited.size === 0) continue;
      const index = limited.get(nameAt(owners, shortAt(owner, br)));
      if (index !== undefined) sums.ofOwner.add(index, sign * full);
    }
    // Blocks of a replica are nearly always in the same partitions.
    if (ofAll >= 0) add(ofAll, site, bytes, projectedBytes);
    sums.atSite.add(site, sign * bytes);
    if (bytesOf !== null) bytesOf[r] = bytes;
  }
}
