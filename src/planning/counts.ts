/**
 * What is where before anything is planned: copies of each block, bytes in each partition. It takes a look at every block
 * replica; of datasets that are as they were in the plan before, what was counted then is taken over.
 */
import { intAt } from '../snapshot/column.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ByteSums } from './byte-sums.js';
import type { Unchanged } from './unchanged.js';

/** As {@link World} has them before it plans; never changed once they are kept. */
export interface Counts {
  /** Per replica. */
  readonly present: Int32Array;
  readonly complete: Int32Array;
  readonly bytesOf: Float64Array;
  readonly classOfReplica: Int32Array;
  /** Per block. */
  readonly copies: Uint16Array;
  readonly diskCopies: Uint16Array;
  readonly anyCopies: Uint16Array;
  readonly tapeCopies: Uint16Array;
  /** Per block replica. */
  readonly classOf: Uint16Array;
  readonly gone: Uint8Array;
  /** Partitions of each class. */
  readonly classPartitions: readonly (readonly number[])[];
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

/** Datasets next to each other that are as they were, next to each other too. */
export interface Run {
  readonly from: number;
  readonly to: number;
  /** Which dataset the first was. */
  readonly before: number;
}

/** Datasets from the first up to, and without, the other. */
export interface Range {
  readonly from: number;
  readonly to: number;
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

/** Rows that are copied: from a first one up to, and without, another, and where to. */
export interface Rows extends Range {
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
