/** Columns put together from runs of rows of other snapshots: copied whole, with the positions in them shifted. */
import { compareBytes } from '../order.js';
import { intAt, nameAt, shortAt } from './column.js';
import { ColumnMemory, columnBytes } from './column-memory.js';
import { byteCountOf, joinNames, type NameRange } from './name-column.js';
import type { BlockColumns, BlockReplicaColumns, DatasetColumns, ReplicaColumns, Snapshot } from './snapshot.js';

/** A snapshot to copy from, and where its sites and owners are in the result; null: where they were. */
export interface Source {
  readonly snapshot: Snapshot;
  readonly sites: Int32Array | null;
  readonly owners: Int32Array | null;
}

/** Rows `from .. to - 1` of a table, which begin at `place` in the result. */
export interface Rows {
  readonly from: number;
  readonly to: number;
  readonly place: number;
}

/** Successive datasets of one source, with everything that is theirs. */
export interface Run {
  readonly source: Source;
  readonly datasets: Rows;
  readonly blocks: Rows;
  /** Datasets at sites. */
  readonly replicas: Rows;
  /** Blocks at sites. */
  readonly copies: Rows;
}

export function copyDatasets(runs: readonly Run[], memory: ColumnMemory): DatasetColumns {
  const count = total(runs, 'datasets');
  const take = of(runs, 'datasets', memory);
  const labels = new Map<string, string[]>();
  for (const key of new Set(runs.flatMap(({ source }) => [...source.snapshot.datasets.labels.keys()]))) {
    const column = new Array<string>(count).fill('');
    take.names(column, (s) => s.datasets.labels.get(key));
    // A label that no dataset has any more is no label.
    if (column.some((value) => value !== '')) labels.set(key, column);
  }
  return {
    count,
    name: take.names(new Array<string>(count), (s) => s.datasets.name),
    status: take.names(new Array<string>(count), (s) => s.datasets.status),
    type: take.names(new Array<string>(count), (s) => s.datasets.type),
    open: take.values(memory.flags(count), (s) => s.datasets.open),
    created: take.values(memory.floats(count), (s) => s.datasets.created),
    lastUpdate: take.values(memory.floats(count), (s) => s.datasets.lastUpdate),
    tapeRequested: take.values(memory.flags(count), (s) => s.datasets.tapeRequested),
    copyRequested: take.values(memory.flags(count), (s) => s.datasets.copyRequested),
    lastAccess: take.values(memory.floats(count), (s) => s.datasets.lastAccess),
    accesses: take.values(memory.floats(count), (s) => s.datasets.accesses),
    usageRank: take.values(memory.floats(count), (s) => s.datasets.usageRank),
    demand: take.values(memory.floats(count), (s) => s.datasets.demand),
    labels: new Map([...labels].sort(([a], [b]) => compareBytes(a, b))),
    blockStart: take.starts((s) => s.datasets.blockStart, 'blocks'),
    replicaStart: take.starts((s) => s.datasets.replicaStart, 'replicas'),
    size: take.values(memory.floats(count), (s) => s.datasets.size),
    files: take.values(memory.floats(count), (s) => s.datasets.files),
  };
}

export function copyBlocks(runs: readonly Run[], memory: ColumnMemory): BlockColumns {
  const count = total(runs, 'blocks');
  const take = of(runs, 'blocks', memory);
  return {
    count,
    dataset: take.positions((s) => s.blocks.dataset, 'datasets'),
    name: joinNames(blockNamesOf(runs), memory),
    size: take.values(memory.floats(count), (s) => s.blocks.size),
    files: take.values(memory.ints(count), (s) => s.blocks.files),
    open: take.values(memory.flags(count), (s) => s.blocks.open),
    lastUpdate: take.values(memory.floats(count), (s) => s.blocks.lastUpdate),
    copyStart: take.starts((s) => s.blocks.copyStart, 'copies'),
    copyIndex: of(runs, 'copies', memory).positions((s) => s.blocks.copyIndex, 'copies'),
  };
}

export function copyReplicas(runs: readonly Run[], memory: ColumnMemory): ReplicaColumns {
  const count = total(runs, 'replicas');
  const take = of(runs, 'replicas', memory);
  return {
    count,
    dataset: take.positions((s) => s.replicas.dataset, 'datasets'),
    site: take.renamed((s) => s.replicas.site, 'sites'),
    start: take.starts((s) => s.replicas.start, 'copies'),
    growing: take.values(memory.flags(count), (s) => s.replicas.growing),
    growingOwner: take.renamed((s) => s.replicas.growingOwner, 'owners'),
  };
}

export function copyBlockReplicas(runs: readonly Run[], memory: ColumnMemory): BlockReplicaColumns {
  const count = total(runs, 'copies');
  const take = of(runs, 'copies', memory);
  return {
    count,
    block: take.positions((s) => s.blockReplicas.block, 'blocks'),
    replica: take.positions((s) => s.blockReplicas.replica, 'replicas'),
    site: take.renamed((s) => s.blockReplicas.site, 'sites'),
    owner: take.renamed((s) => s.blockReplicas.owner, 'owners'),
    size: take.values(memory.floats(count), (s) => s.blockReplicas.size),
    complete: take.values(memory.flags(count), (s) => s.blockReplicas.complete),
    custodial: take.values(memory.flags(count), (s) => s.blockReplicas.custodial),
    managed: take.values(memory.flags(count), (s) => s.blockReplicas.managed),
    lastUpdate: take.values(memory.floats(count), (s) => s.blockReplicas.lastUpdate),
  };
}

export type Table = 'datasets' | 'blocks' | 'replicas' | 'copies';

export function endOf(rows: Rows): number {
  return rows.place + rows.to - rows.from;
}

/** Memory for all columns that the runs make. */
export function memoryOf(runs: readonly Run[]): ColumnMemory {
  const [datasets, blocks] = [total(runs, 'datasets'), total(runs, 'blocks')];
  const [replicas, blockReplicas] = [total(runs, 'replicas'), total(runs, 'copies')];
  const blockNameBytes = blockNamesOf(runs).reduce((sum, range) => sum + byteCountOf(range), 0);
  return new ColumnMemory(columnBytes({ datasets, blocks, blockNameBytes, replicas, blockReplicas }));
}

function blockNamesOf(runs: readonly Run[]): NameRange[] {
  return runs.map(({ source, blocks: { from, to } }) => ({ names: source.snapshot.blocks.name, from, to }));
}

function total(runs: readonly Run[], table: Table): number {
  const last = runs.at(-1);
  return last === undefined ? 0 : endOf(last[table]);
}

/** Copies columns of one table, run by run. */
function of(runs: readonly Run[], table: Table, memory: ColumnMemory) {
  const count = total(runs, table);
  return {
    values<T extends Uint8Array | Int32Array | Float64Array>(target: T, column: (snapshot: Snapshot) => T): T {
      for (const run of runs) {
        const { from, to, place } = run[table];
        target.set(column(run.source.snapshot).subarray(from, to), place);
      }
      return target;
    },

    /** A column that a snapshot does not have leaves the target as it is. */
    names(target: string[], column: (snapshot: Snapshot) => readonly string[] | undefined): string[] {
      for (const run of runs) {
        const { from, to, place } = run[table];
        const source = column(run.source.snapshot);
        if (source !== undefined) for (let i = from; i < to; i++) target[place + i - from] = nameAt(source, i);
      }
      return target;
    },

    /** Positions in another table, which have moved with that table's rows. */
    positions(column: (snapshot: Snapshot) => Int32Array, into: Table): Int32Array {
      const target = memory.ints(count);
      for (const run of runs) shift(target, run[table], column(run.source.snapshot), run[into].place - run[into].from);
      return target;
    },

    /** The same, with one more at the end, where the last row's would end. */
    starts(column: (snapshot: Snapshot) => Int32Array, into: Table): Int32Array {
      const target = memory.ints(count + 1);
      for (const run of runs) shift(target, run[table], column(run.source.snapshot), run[into].place - run[into].from);
      target[count] = total(runs, into);
      return target;
    },

    /** Sites or owners. */
    renamed(column: (snapshot: Snapshot) => Uint16Array, kind: 'sites' | 'owners'): Uint16Array {
      const target = memory.shorts(count);
      for (const run of runs) {
        const { from, to, place } = run[table];
        const source = column(run.source.snapshot);
        const moved = run.source[kind];
        if (moved === null) target.set(source.subarray(from, to), place);
        else for (let i = from; i < to; i++) target[place + i - from] = intAt(moved, shortAt(source, i));
      }
      return target;
    },
  };
}

function shift(target: Int32Array, { from, to, place }: Rows, source: Int32Array, by: number): void {
  if (by === 0) target.set(source.subarray(from, to), place);
  else for (let i = from; i < to; i++) target[place + i - from] = intAt(source, i) + by;
}
