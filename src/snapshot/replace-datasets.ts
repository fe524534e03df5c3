/**
 * A snapshot with some datasets as another snapshot has them, in time linear in its columns and without sorting them again.
 *
 * Everything in a snapshot is in the order of the datasets, so what did not change consists of runs of rows that are
 * copied whole, with the positions in them shifted.
 */
import { compareBytes } from '../order.js';
import { intAt, nameAt, shortAt } from './column.js';
import {
  copyBlockReplicas,
  copyBlocks,
  copyDatasets,
  copyReplicas,
  endOf,
  memoryOf,
  type Rows,
  type Run,
  type Source,
  type Table,
} from './copy-runs.js';
import { firstNotBefore } from './find-name.js';
import type { Snapshot } from './snapshot.js';

/**
 * The datasets of `changed` replace those of the same name in `base`, or are added; the rest is that of `base`. The head
 * (generation, time, completeness, memory) is that of `changed`. The result is column by column what
 * {@link SnapshotBuilder} would make of the same rows.
 */
export function replaceDatasets(base: Snapshot, changed: Snapshot): Snapshot {
  const ranges = unchangedRanges(base, changed);
  const names = mergeNames(base, changed, ranges);
  const runs = layOut(base, changed, ranges, names);
  const memory = memoryOf(runs);
  const { generation, takenAt, completeness } = changed;
  const tables = {
    datasets: copyDatasets(runs, memory),
    blocks: copyBlocks(runs, memory),
    replicas: copyReplicas(runs, memory),
    blockReplicas: copyBlockReplicas(runs, memory),
  };
  const from = tablesOf(base).map((table) => new WeakRef(table));
  // Field by field: an object that is spread into another gets a new shape in a loop now and then, and with it all
  // that was compiled for snapshots is compiled once more, in the middle of a plan.
  return {
    generation,
    takenAt,
    completeness,
    sites: names.sites,
    owners: names.owners,
    datasets: tables.datasets,
    blocks: tables.blocks,
    replicas: tables.replicas,
    blockReplicas: tables.blockReplicas,
    memory: changed.memory,
    copied: { from, into: tablesOf(tables), datasets: rowsCopied(base, runs) },
  };
}

type Tables = Pick<Snapshot, 'datasets' | 'blocks' | 'replicas' | 'blockReplicas'>;

function tablesOf({ datasets, blocks, replicas, blockReplicas }: Tables): readonly object[] {
  return [datasets, blocks, replicas, blockReplicas];
}

/**
 * Which dataset of another snapshot each dataset was copied from as it was, with all that is its own; -1 where it was
 * not. Null where that is not known of these two.
 */
export function datasetsCopied(now: Snapshot, from: Snapshot): Int32Array | null {
  const { copied } = now;
  if (copied === undefined) return null;
  const [tables, others] = [tablesOf(now), tablesOf(from)];
  const isKnown = tables.every((table, i) => copied.into[i] === table && copied.from[i]?.deref() === others[i]);
  return isKnown ? copied.datasets : null;
}

function rowsCopied(base: Snapshot, runs: readonly Run[]): Int32Array {
  const last = runs.at(-1);
  const result = new Int32Array(last === undefined ? 0 : endOf(last.datasets)).fill(-1);
  for (const { source, datasets } of runs) {
    if (source.snapshot !== base) continue;
    for (let d = datasets.from; d < datasets.to; d++) result[datasets.place + d - datasets.from] = d;
  }
  return result;
}

interface Range {
  readonly from: number;
  readonly to: number;
  /** How many datasets of the other snapshot come before it. */
  readonly after: number;
}

/** Datasets of `base` that `changed` does not have, as ranges between those of `changed`. */
function unchangedRanges(base: Snapshot, changed: Snapshot): Range[] {
  const old = base.datasets.name;
  const ranges: Range[] = [];
  let from = 0;
  for (let c = 0; c < changed.datasets.count; c++) {
    const name = nameAt(changed.datasets.name, c);
    const place = firstNotBefore(old, from, old.length, name);
    if (place > from) ranges.push({ from, to: place, after: c });
    from = place < old.length && nameAt(old, place) === name ? place + 1 : place;
  }
  if (from < old.length) ranges.push({ from, to: old.length, after: changed.datasets.count });
  return ranges;
}

interface MergedNames {
  readonly sites: readonly string[];
  readonly owners: readonly string[];
  readonly base: Pick<Source, 'sites' | 'owners'>;
  readonly changed: Pick<Source, 'sites' | 'owners'>;
}

/** Names that nothing uses any more are no part of the result. */
function mergeNames(base: Snapshot, changed: Snapshot, ranges: readonly Range[]): MergedNames {
  const site = new Uint8Array(base.sites.length);
  const owner = new Uint8Array(base.owners.length);
  owner[0] = 1;
  for (const { from, to } of ranges) {
    const firstReplica = intAt(base.datasets.replicaStart, from);
    const endReplica = intAt(base.datasets.replicaStart, to);
    for (let r = firstReplica; r < endReplica; r++) {
      site[shortAt(base.replicas.site, r)] = 1;
      owner[shortAt(base.replicas.growingOwner, r)] = 1;
    }
    const end = intAt(base.replicas.start, endReplica);
    for (let i = intAt(base.replicas.start, firstReplica); i < end; i++)
      owner[shortAt(base.blockReplicas.owner, i)] = 1;
  }
  const sites = union(
    base.sites.filter((_, i) => site[i] === 1),
    changed.sites,
  );
  const owners = union(
    base.owners.filter((_, i) => owner[i] === 1),
    changed.owners,
  );
  return {
    sites,
    owners,
    base: { sites: positions(base.sites, sites), owners: positions(base.owners, owners) },
    changed: { sites: positions(changed.sites, sites), owners: positions(changed.owners, owners) },
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort(compareBytes);
}

/** Where each name is among the merged ones; null where all are where they were. A name that is gone is nowhere used. */
function positions(names: readonly string[], merged: readonly string[]): Int32Array | null {
  const place = new Map(merged.map((name, i) => [name, i]));
  const result = Int32Array.from(names, (name) => place.get(name) ?? -1);
  return result.every((position, i) => position === i || position === -1) ? null : result;
}

/** The runs in their order, each behind the one before. */
function layOut(base: Snapshot, changed: Snapshot, ranges: readonly Range[], names: MergedNames): Run[] {
  const old: Source = { snapshot: base, ...names.base };
  const fresh: Source = { snapshot: changed, ...names.changed };
  const runs: Run[] = [];
  const add = (source: Source, from: number, to: number): void => {
    if (to === from) return;
    const { datasets, replicas } = source.snapshot;
    const last = runs.at(-1);
    const rows = (table: Table, first: number, end: number): Rows => ({
      from: first,
      to: end,
      place: last === undefined ? 0 : endOf(last[table]),
    });
    const firstReplica = intAt(datasets.replicaStart, from);
    const endReplica = intAt(datasets.replicaStart, to);
    runs.push({
      source,
      datasets: rows('datasets', from, to),
      blocks: rows('blocks', intAt(datasets.blockStart, from), intAt(datasets.blockStart, to)),
      replicas: rows('replicas', firstReplica, endReplica),
      copies: rows('copies', intAt(replicas.start, firstReplica), intAt(replicas.start, endReplica)),
    });
  };
  let next = 0;
  for (const { from, to, after } of ranges) {
    add(fresh, next, after);
    next = after;
    add(old, from, to);
  }
  add(fresh, next, changed.datasets.count);
  return runs;
}
