/**
 * What execution changes in the inventory, inside of its own transactions.
 *
 * Every function keeps the totals of the inventory, increments its generation (once per transaction, and only where
 * something changed), and increments the version of the dataset: two transactions that change copies of one dataset
 * always meet in that row, also on Galera, where they would not see each other's row locks.
 *
 * Names that the inventory does not know are left out of the result: an import may have taken them away meanwhile.
 */
import type { Kysely, Transaction } from 'kysely';
import { intern, internOwner, touchDataset, touchInventory } from './inventory-touch.js';
import type { Schema } from './schema.js';

/** SQLite takes a bounded number of parameters. */
const chunkSize = 500;

export interface ReplicaChange {
  readonly blocks: number;
  /** Present bytes of these blocks, before they were removed or after they were completed or re-owned. */
  readonly bytes: number;
}

interface Target {
  readonly dataset: string;
  readonly site: string;
  /** Seconds since the epoch. */
  readonly at: number;
}

interface BlockReplica {
  readonly block: number;
  readonly name: string;
  readonly blockSize: number;
  /** Present bytes; null where there is no replica. */
  readonly size: number | null;
}

/**
 * Records verified copies: the blocks are complete at the site, under `owner`. Where there was a replica it is
 * completed and keeps its `custodial` and `managed` flags; where there was none, one is made that the loop manages.
 */
export async function completeBlockReplicas(
  trx: Transaction<Schema>,
  change: Target & { readonly owner: string; readonly blocks: readonly string[] },
): Promise<ReplicaChange> {
  const dataset = await touchDataset(trx, change.dataset);
  if (dataset === undefined) return nothing;
  const site = await intern(trx, 'sites', change.site);
  const owner = await internOwner(trx, change.owner);
  let blocks = 0;
  let bytes = 0;
  let added = 0;
  let addedBytes = 0;
  for (const rows of await chunksOf(trx, dataset, site, change.blocks)) {
    const present = rows.filter((row) => row.size !== null).map((row) => row.block);
    if (present.length > 0) {
      await trx
        .updateTable('block_replicas')
        .set((eb) => ({
          complete: 1,
          owner,
          last_update: change.at,
          size: eb.selectFrom('blocks').select('size').whereRef('blocks.id', '=', 'block_replicas.block').$asScalar(),
        }))
        .where('site', '=', site)
        .where('block', 'in', present)
        .execute();
      await trx.deleteFrom('block_replica_files').where('site', '=', site).where('block', 'in', present).execute();
    }
    const absent = rows.filter((row) => row.size === null);
    if (absent.length > 0) {
      await trx
        .insertInto('block_replicas')
        .values(
          absent.map((row) => ({
            block: row.block,
            site,
            owner,
            size: row.blockSize,
            complete: 1,
            custodial: 0,
            managed: 1,
            last_update: change.at,
          })),
        )
        .execute();
    }
    for (const row of rows) {
      blocks++;
      bytes += row.blockSize;
      addedBytes += row.blockSize - (row.size ?? 0);
    }
    added += absent.length;
  }
  if (blocks > 0) await touchInventory(trx, { dataset, at: change.at, replicas: added, bytes: addedBytes });
  return { blocks, bytes };
}

/** Takes copies out of the inventory. @param change.blocks null: all that are there */
export async function removeBlockReplicas(
  trx: Transaction<Schema>,
  change: Target & { readonly blocks: readonly string[] | null },
): Promise<ReplicaChange> {
  return changePresent(trx, change, async (site, blocks) => {
    await trx.deleteFrom('block_replicas').where('site', '=', site).where('block', 'in', blocks).execute();
    await trx.deleteFrom('block_replica_files').where('site', '=', site).where('block', 'in', blocks).execute();
    return -1;
  });
}

/** Changes who owns copies; no bytes move. The empty owner is nobody. @param change.blocks null: all that are there */
export async function reassignBlockReplicas(
  trx: Transaction<Schema>,
  change: Target & { readonly blocks: readonly string[] | null; readonly owner: string },
): Promise<ReplicaChange> {
  const owner = await internOwner(trx, change.owner);
  return changePresent(trx, change, async (site, blocks) => {
    await trx
      .updateTable('block_replicas')
      .set({ owner })
      .where('site', '=', site)
      .where('block', 'in', blocks)
      .execute();
    return 0;
  });
}

/** A block at a site as execution left it. */
export interface BlockReplicaState {
  readonly block: string;
  /** The empty string: nobody. */
  readonly owner: string;
  /** Present bytes. */
  readonly size: number;
  readonly complete: boolean;
  readonly custodial: boolean;
  readonly managed: boolean;
  /** Names of the files that are there, where that is known of an incomplete one; null otherwise. */
  readonly files: readonly string[] | null;
}

/** Says what is there of some blocks at a site, whatever was known before: for work that ended half-way. */
export async function setBlockReplicas(
  trx: Transaction<Schema>,
  datasetName: string,
  siteName: string,
  states: readonly BlockReplicaState[],
  at: number,
): Promise<ReplicaChange> {
  if (states.length === 0) return nothing;
  const dataset = await touchDataset(trx, datasetName);
  if (dataset === undefined) return nothing;
  const site = await intern(trx, 'sites', siteName);
  const byName = new Map(states.map((state) => [state.block, state]));
  let blocks = 0;
  let bytes = 0;
  let added = 0;
  let addedBytes = 0;
  for (const rows of await chunksOf(trx, dataset, site, [...byName.keys()])) {
    for (const row of rows) {
      const state = byName.get(row.name);
      if (state === undefined) continue;
      await trx.deleteFrom('block_replicas').where('site', '=', site).where('block', '=', row.block).execute();
      await trx.deleteFrom('block_replica_files').where('site', '=', site).where('block', '=', row.block).execute();
      await trx
        .insertInto('block_replicas')
        .values({
          block: row.block,
          site,
          owner: await internOwner(trx, state.owner),
          size: state.size,
          complete: state.complete ? 1 : 0,
          custodial: state.custodial ? 1 : 0,
          managed: state.managed ? 1 : 0,
          last_update: at,
        })
        .execute();
      for (const names of pieces(state.complete ? [] : (state.files ?? []), chunkSize)) {
        await trx
          .insertInto('block_replica_files')
          .values(names.map((name) => ({ block: row.block, site, name })))
          .execute();
      }
      blocks++;
      bytes += state.size;
      added += row.size === null ? 1 : 0;
      addedBytes += state.size - (row.size ?? 0);
    }
  }
  if (blocks > 0) await touchInventory(trx, { dataset, at, replicas: added, bytes: addedBytes });
  return { blocks, bytes };
}

const nothing: ReplicaChange = { blocks: 0, bytes: 0 };

/** Applies `apply` to the copies that are there. It says by what factor the present bytes count in the totals. */
async function changePresent(
  trx: Transaction<Schema>,
  change: Target & { readonly blocks: readonly string[] | null },
  apply: (site: number, blocks: readonly number[]) => Promise<-1 | 0>,
): Promise<ReplicaChange> {
  const dataset = await touchDataset(trx, change.dataset);
  if (dataset === undefined) return nothing;
  const site = await trx.selectFrom('sites').select('id').where('name', '=', change.site).executeTakeFirst();
  if (site === undefined) return nothing;
  let blocks = 0;
  let bytes = 0;
  let factor: -1 | 0 = 0;
  for (const rows of await chunksOf(trx, dataset, site.id, change.blocks)) {
    const present = rows.filter((row) => row.size !== null);
    if (present.length === 0) continue;
    factor = await apply(
      site.id,
      present.map((row) => row.block),
    );
    for (const row of present) {
      blocks++;
      bytes += row.size ?? 0;
    }
  }
  if (blocks > 0) {
    await touchInventory(trx, {
      dataset,
      at: change.at,
      replicas: factor === 0 ? 0 : -blocks,
      bytes: factor === 0 ? 0 : -bytes,
    });
  }
  return { blocks, bytes };
}

/** Blocks of a dataset with their replica at a site, in pieces of at most {@link chunkSize}. */
async function chunksOf(
  trx: Kysely<Schema>,
  dataset: number,
  site: number,
  names: readonly string[] | null,
): Promise<BlockReplica[][]> {
  const query = trx
    .selectFrom('blocks')
    .leftJoin('block_replicas', (join) =>
      join.onRef('block_replicas.block', '=', 'blocks.id').on('block_replicas.site', '=', site),
    )
    .select(['blocks.id as block', 'blocks.name', 'blocks.size as blockSize', 'block_replicas.size as size'])
    .where('blocks.dataset', '=', dataset);
  if (names === null) {
    const all = await query.execute();
    return pieces(all, chunkSize);
  }
  const chunks: BlockReplica[][] = [];
  for (const piece of pieces([...new Set(names)], chunkSize)) {
    chunks.push(await query.where('blocks.name', 'in', piece).execute());
  }
  return chunks;
}

function pieces<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < items.length; i += size) result.push(items.slice(i, i + size));
  return result;
}
