/** The inventory of the database as the immutable columns that planning reads. */
import type { Database as SqliteHandle } from 'better-sqlite3';
import {
  type DatasetRow,
  flagAt,
  floatAt,
  intAt,
  type LoopMemory,
  type Snapshot,
  SnapshotBuilder,
  type SnapshotColumns,
} from '../snapshot/index.js';
import { type InventoryChanges, type InventoryHead, readInventoryHead } from './change-log.js';
import { findChangedBlocks, RowsBefore } from './changed-blocks.js';
import type { Database } from './connection.js';
import { type RawReader, type RawRow, withConsistentRead } from './raw-reader.js';
import { ReplicaScan, replicaColumns, type ScanOptions } from './replica-scan.js';

export interface LoadOptions {
  /** Seconds since the epoch: when the snapshot counts as taken. */
  readonly clock: number;
  readonly memory: LoopMemory;
  /** Threads that may read the block replicas of an embedded database; default: this one alone. The snapshot is the same. */
  readonly scan?: ScanOptions;
}

/**
 * Reads the whole inventory from one consistent state: an import or an execution that commits meanwhile is seen as a
 * whole or not at all.
 */
export async function loadSnapshot(db: Database, options: LoadOptions): Promise<Snapshot> {
  return withConsistentRead(db, (reader) => readSnapshot(db, reader, options));
}

/** The same within a read of that database that is already consistent. */
export async function readSnapshot(db: Database, reader: RawReader, options: LoadOptions): Promise<Snapshot> {
  const head = await readInventoryHead(reader);
  const byThreads = db.dialect === 'sqlite' ? await readWithThreads(db.handle, reader, head, options) : null;
  return byThreads ?? (await readRows(reader, head, options, null, null));
}

/** null where one thread has to read it, because another state than this one's was seen, or something is not as it is said. */
async function readWithThreads(
  handle: SqliteHandle,
  reader: RawReader,
  head: InventoryHead,
  options: LoadOptions,
): Promise<Snapshot | null> {
  const scan = options.scan === undefined ? null : ReplicaScan.begin(handle, head, options.scan);
  if (scan === null) return null;
  try {
    const snapshot = await readRows(reader, head, options, null, scan);
    return hasTotals(snapshot, head) ? snapshot : null;
  } catch (error) {
    if (error instanceof OtherState) return null;
    throw error;
  } finally {
    await scan.close();
  }
}

/** What has changed of an inventory that was read before. */
export interface Since {
  readonly changes: InventoryChanges;
  readonly before: SnapshotColumns;
}

/**
 * The snapshot of the datasets alone that have changed: what is there of them. The head is that of the whole inventory.
 *
 * @param head of the same consistent read
 */
export async function readChanged(
  reader: RawReader,
  head: InventoryHead,
  options: LoadOptions,
  since: Since,
): Promise<Snapshot> {
  return readRows(reader, head, options, since, null);
}

/** Threads have seen another state of the inventory, or none. */
class OtherState extends Error {}

/** Ids per statement. All statements take as many, so that each is prepared once. */
const idsPerStatement = 500;

async function readRows(
  reader: RawReader,
  head: InventoryHead,
  options: LoadOptions,
  since: Since | null,
  scan: ReplicaScan | null,
): Promise<Snapshot> {
  const builder = new SnapshotBuilder();
  /** `condition` says for `(?)` which rows belong to the ids; null: all rows. */
  const each = async (
    sql: string,
    condition: string,
    ids: readonly number[] | null,
    take: (row: RawRow) => void,
  ): Promise<void> => {
    if (ids === null) return reader.each(sql, [], take);
    const places = new Array<string>(idsPerStatement).fill('?').join(', ');
    for (let from = 0; from < ids.length; from += idsPerStatement) {
      const some = ids.slice(from, from + idsPerStatement);
      const last = some.at(-1) ?? 0;
      while (some.length < idsPerStatement) some.push(last);
      await reader.each(`${sql} where ${condition.replace('(?)', `(${places})`)}`, some, take);
    }
  };
  const sites = await readNames(reader, 'sites', (name) => builder.site(name));
  const owners = await readNames(reader, 'owners', (name) => builder.owner(name));
  const changed = since === null ? null : await findChangedBlocks(since.changes, since.before, each);
  const whole = changed === null ? null : changed.whole;
  const all = changed === null ? null : [...changed.whole, ...changed.partly.keys()];
  const datasets = new IdMap();
  await each(
    `select id, name, status, type, open, created, last_update, tape_requested, copy_requested, labels from datasets`,
    'id in (?)',
    all,
    (row) => datasets.set(row[0] as number, builder.addDataset(datasetRow(row))),
  );
  await each(
    'select dataset, last_access, accesses, usage_rank, demand from dataset_usage',
    'dataset in (?)',
    all,
    ([dataset, lastAccess, accesses, usageRank, demand]) =>
      builder.setUsage(datasets.get(dataset as number), {
        lastAccess: lastAccess as number,
        accesses: accesses as number,
        usageRank: usageRank as number,
        demand: demand as number,
      }),
  );
  const blocks = new IdMap();
  await each('select id, dataset, name, size, files, open, last_update from blocks', 'dataset in (?)', whole, (row) => {
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
  if (since !== null && changed !== null) {
    const rows = new RowsBefore(builder, since.before);
    for (const [id, partly] of changed.partly) {
      rows.add(partly, datasets.get(id), (block, position) => blocks.set(block, position));
    }
  }
  const addReplica = (
    block: number,
    site: number,
    owner: number,
    size: number,
    flags: number,
    lastUpdate: number,
  ): void => {
    builder.addBlockReplica(
      blocks.get(block),
      sites(site),
      owners(owner),
      size,
      flagsOf[flags] ?? flagsOf[0],
      lastUpdate,
    );
  };
  if (scan === null) {
    const statement = `select ${replicaColumns} from block_replicas`;
    const take = (row: RawRow): void =>
      addReplica(
        row[0] as number,
        row[1] as number,
        row[2] as number,
        row[3] as number,
        row[4] as number,
        row[5] as number,
      );
    await each(statement, 'block in (select id from blocks where dataset in (?))', whole, take);
    const some = changed === null ? [] : [...changed.partly.values()].flatMap(({ ids }) => [...ids.values()]);
    await each(statement, 'block in (?)', some, take);
  } else {
    const scanned = await scan.finish();
    if (scanned === null) throw new OtherState();
    await scan.close();
    builder.reserveBlockReplicas(scanned.reduce((count, range) => count + range.block.length, 0));
    // Taken away one by one: they are no longer there when the rest needs the memory.
    for (let range = scanned.shift(); range !== undefined; range = scanned.shift()) {
      const { block, site, owner, size, flags, lastUpdate } = range;
      for (let i = 0; i < block.length; i++) {
        addReplica(
          intAt(block, i),
          intAt(site, i),
          intAt(owner, i),
          floatAt(size, i),
          flagAt(flags, i),
          floatAt(lastUpdate, i),
        );
      }
    }
  }
  await each('select dataset, site, owner, growing from subscriptions', 'dataset in (?)', all, (row) =>
    builder.addSubscription(
      datasets.get(row[0] as number),
      sites(row[1] as number),
      owners(row[2] as number),
      row[3] === 1,
    ),
  );
  return builder.build(snapshotHead(head, options));
}

/** Whether columns add up to the totals that the database keeps. */
export function hasTotals({ blockReplicas }: SnapshotColumns, head: InventoryHead): boolean {
  if (blockReplicas.count !== head.blockReplicas) return false;
  let bytes = 0;
  for (const size of blockReplicas.size) bytes += size;
  // Beyond 2^53 neither sum is exact.
  return bytes === head.bytes || !Number.isSafeInteger(bytes) || !Number.isSafeInteger(head.bytes);
}

/** What a snapshot says of itself. */
export function snapshotHead(
  { generation, completeness, reason }: InventoryHead,
  { clock, memory }: LoadOptions,
): Pick<Snapshot, 'generation' | 'takenAt' | 'completeness' | 'memory'> {
  return { generation, takenAt: clock, completeness: completenessOf(completeness, reason), memory };
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
