/** The inventory of the database as the immutable columns that planning reads. */
import { type DatasetRow, type LoopMemory, type Snapshot, SnapshotBuilder } from '../snapshot/index.js';
import type { Database } from './connection.js';
import { type RawReader, type RawRow, withConsistentRead } from './raw-reader.js';

export interface LoadOptions {
  /** Seconds since the epoch: when the snapshot counts as taken. */
  readonly clock: number;
  readonly memory: LoopMemory;
}

/**
 * Reads the whole inventory from one consistent state: an import or an execution that commits meanwhile is seen as a
 * whole or not at all.
 */
export async function loadSnapshot(db: Database, options: LoadOptions): Promise<Snapshot> {
  return withConsistentRead(db, (reader) => readSnapshot(reader, options));
}

/** The same within a read that is already consistent. */
export async function readSnapshot(reader: RawReader, options: LoadOptions): Promise<Snapshot> {
  const builder = new SnapshotBuilder();
  let head: { generation: number; completeness: Snapshot['completeness'] } | undefined;
  await reader.each('select generation, completeness, reason from inventory_state where id = 1', [], (row) => {
    head = { generation: row[0] as number, completeness: completenessOf(row[1], row[2]) };
  });
  if (head === undefined) throw new Error('inventory_state has lost its row');

  const sites = await readNames(reader, 'sites', (name) => builder.site(name));
  const owners = await readNames(reader, 'owners', (name) => builder.owner(name));
  const datasets = new IdMap();
  await reader.each(
    `select id, name, status, type, open, created, last_update, tape_requested, copy_requested, labels from datasets`,
    [],
    (row) => datasets.set(row[0] as number, builder.addDataset(datasetRow(row))),
  );
  await reader.each(
    'select dataset, last_access, accesses, usage_rank, demand from dataset_usage',
    [],
    ([dataset, lastAccess, accesses, usageRank, demand]) =>
      builder.setUsage(datasets.get(dataset as number), {
        lastAccess: lastAccess as number,
        accesses: accesses as number,
        usageRank: usageRank as number,
        demand: demand as number,
      }),
  );
  const blocks = new IdMap();
  await reader.each('select id, dataset, name, size, files, open, last_update from blocks', [], (row) => {
    const block = builder.addBlock(
      datasets.get(row[1] as number),
      row[2] as string,
      row[3] as number,
      row[4] as number,
      row[5] === 1,
      row[6] as number,
    );
    blocks.set(row[0] as number, block);
  });
  // The three flags in one column: a third less to decode.
  await reader.each(
    'select block, site, owner, size, complete + 2 * custodial + 4 * managed, last_update from block_replicas',
    [],
    (row) => {
      builder.addBlockReplica(
        blocks.get(row[0] as number),
        sites(row[1] as number),
        owners(row[2] as number),
        row[3] as number,
        flagsOf[row[4] as number] ?? flagsOf[0],
        row[5] as number,
      );
    },
  );
  await reader.each('select dataset, site, owner, growing from subscriptions', [], (row) =>
    builder.addSubscription(
      datasets.get(row[0] as number),
      sites(row[1] as number),
      owners(row[2] as number),
      row[3] === 1,
    ),
  );
  return builder.build({ ...head, takenAt: options.clock, memory: options.memory });
}

/** Columns id, name, status, type, open, created, last_update, tape_requested, copy_requested, labels. */
export function datasetRow(row: RawRow): DatasetRow {
  return {
    name: row[1] as string,
    status: row[2] as string,
    type: row[3] as string,
    open: row[4] === 1,
    created: row[5] as number,
    lastUpdate: row[6] as number,
    tapeRequested: row[7] === 1,
    copyRequested: row[8] === 1,
    labels: row[9] === '{}' ? noLabels : JSON.parse(row[9] as string),
  };
}

const noLabels = {};

const flags = (bits: number) => ({
  complete: (bits & 1) !== 0,
  custodial: (bits & 2) !== 0,
  managed: (bits & 4) !== 0,
});
const flagsOf = [flags(0), flags(1), flags(2), flags(3), flags(4), flags(5), flags(6), flags(7)] as const;

function completenessOf(state: unknown, reason: unknown): Snapshot['completeness'] {
  return state === 'complete' ? { state } : { state: 'partial', reason: String(reason ?? 'unknown') };
}

/**
 * Interns a name when it is first used: names that no replica and no subscription uses any more are no part of the
 * inventory. Id 0 is the empty name.
 */
async function readNames(
  reader: RawReader,
  table: 'sites' | 'owners',
  intern: (name: string) => number,
): Promise<(id: number) => number> {
  const names: string[] = [''];
  await reader.each(`select id, name from ${table}`, [], (row) => {
    names[row[0] as number] = row[1] as string;
  });
  const interned: (number | undefined)[] = [];
  return (id) => {
    let index = interned[id];
    if (index === undefined) {
      const name = names[id];
      if (name === undefined) throw new Error(`no row ${id} in ${table}`);
      index = intern(name);
      interned[id] = index;
    }
    return index;
  };
}

/** From ids of the database, which are mostly dense, to positions. */
class IdMap {
  #positions = new Int32Array(1024).fill(-1);

  set(id: number, position: number): void {
    if (id >= this.#positions.length) {
      const grown = new Int32Array(Math.max(id + 1, this.#positions.length * 2)).fill(-1);
      grown.set(this.#positions);
      this.#positions = grown;
    }
    this.#positions[id] = position;
  }

  get(id: number): number {
    const position = this.#positions[id];
    if (position === undefined || position < 0) throw new Error(`a row refers to ${id}, which is not there`);
    return position;
  }
}
