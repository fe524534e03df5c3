/** What execution asks the inventory about one dataset. */
import type { Kysely } from 'kysely';
import { SnapshotBuilder } from '../snapshot/builder.js';
import type { LoopMemory, Snapshot } from '../snapshot/snapshot.js';
import type { Schema } from './schema.js';

/** Statements take a bounded number of parameters. */
const chunk = 500;

export interface BlockFacts {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  /** How many files it has, and how many of them the inventory knows. */
  readonly files: number;
  readonly knownFiles: number;
  /** What is there of it at the site asked for; null: nothing. */
  readonly replica: {
    readonly owner: string;
    readonly size: number;
    readonly complete: boolean;
    readonly custodial: boolean;
    readonly managed: boolean;
  } | null;
}

export interface FileFacts {
  readonly block: string;
  readonly name: string;
  readonly size: number;
  readonly adler32: string | null;
  readonly md5: string | null;
  readonly sha256: string | null;
}

export async function findDataset(db: Kysely<Schema>, name: string): Promise<{ readonly id: number } | undefined> {
  return await db.selectFrom('datasets').select('id').where('name', '=', name).executeTakeFirst();
}

/**
 * Makes this transaction the one that changes the dataset: others that do the same wait, or are run again. On Galera,
 * where row locks are per node, the changed version makes one of them fail to commit. It must be the first statement of
 * the transaction, so that what is read afterwards is what the transaction before left.
 *
 * @returns false where the dataset is not in the inventory
 */
export async function lockDataset(trx: Kysely<Schema>, name: string): Promise<boolean> {
  const result = await trx
    .updateTable('datasets')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('name', '=', name)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Blocks of a dataset, by name, with what is there of them at a site. @param names null: all */
export async function blockFacts(
  db: Kysely<Schema>,
  dataset: number,
  site: string,
  names: readonly string[] | null,
): Promise<BlockFacts[]> {
  const siteRow = await db.selectFrom('sites').select('id').where('name', '=', site).executeTakeFirst();
  const base = db.selectFrom('blocks').where('blocks.dataset', '=', dataset);
  const wanted = names === null ? null : new Set(names);
  const blocks = await base
    .select((eb) => [
      'blocks.id',
      'blocks.name',
      'blocks.size',
      'blocks.files',
      eb
        .selectFrom('files')
        .select((inner) => inner.fn.countAll<number | string>().as('n'))
        .whereRef('files.block', '=', 'blocks.id')
        .as('known'),
    ])
    .orderBy('blocks.name')
    .execute();
  const replicas = await db
    .selectFrom('block_replicas')
    .innerJoin('blocks', 'blocks.id', 'block_replicas.block')
    .leftJoin('owners', 'owners.id', 'block_replicas.owner')
    .select([
      'block_replicas.block',
      'owners.name as owner',
      'block_replicas.size',
      'block_replicas.complete',
      'block_replicas.custodial',
      'block_replicas.managed',
    ])
    .where('blocks.dataset', '=', dataset)
    .where('block_replicas.site', '=', siteRow?.id ?? -1)
    .execute();
  const byBlock = new Map(replicas.map((row) => [row.block, row]));
  return blocks
    .filter((row) => wanted === null || wanted.has(row.name))
    .map((row) => {
      const replica = byBlock.get(row.id);
      return {
        id: row.id,
        name: row.name,
        size: Number(row.size),
        files: row.files,
        knownFiles: Number(row.known ?? 0),
        replica:
          replica === undefined
            ? null
            : {
                owner: replica.owner ?? '',
                size: Number(replica.size),
                complete: replica.complete === 1,
                custodial: replica.custodial === 1,
                managed: replica.managed === 1,
              },
      };
    });
}

/** Files of a block, by name. */
export async function filesOfBlock(db: Kysely<Schema>, block: number, name: string): Promise<FileFacts[]> {
  const rows = await db
    .selectFrom('files')
    .select(['name', 'size', 'adler32', 'md5', 'sha256'])
    .where('block', '=', block)
    .orderBy('name')
    .execute();
  return rows.map((row) => ({ ...row, size: Number(row.size), block: name }));
}

/** Per block of a dataset, the sites with a complete copy, by name. */
export async function completeSites(
  db: Kysely<Schema>,
  dataset: string,
  blocks: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const result = new Map<string, string[]>();
  for (let i = 0; i < blocks.length; i += chunk) {
    const rows = await db
      .selectFrom('block_replicas')
      .innerJoin('blocks', 'blocks.id', 'block_replicas.block')
      .innerJoin('datasets', 'datasets.id', 'blocks.dataset')
      .innerJoin('sites', 'sites.id', 'block_replicas.site')
      .select(['blocks.name as block', 'sites.name as site'])
      .where('datasets.name', '=', dataset)
      .where('blocks.name', 'in', blocks.slice(i, i + chunk))
      .where('block_replicas.complete', '=', 1)
      .orderBy('sites.name')
      .execute();
    for (const row of rows) {
      const sites = result.get(row.block);
      if (sites === undefined) result.set(row.block, [row.site]);
      else sites.push(row.site);
    }
  }
  return result;
}

/** The generation of the inventory. */
export async function inventoryGeneration(db: Kysely<Schema>): Promise<number> {
  const row = await db.selectFrom('inventory_state').select('generation').where('id', '=', 1).executeTakeFirstOrThrow();
  return Number(row.generation);
}

/**
 * The snapshot of one dataset as it is now, for checks inside the transaction that starts a deletion. The generation is
 * not filled in.
 *
 * @returns null where the dataset is not in the inventory
 */
export async function loadDatasetSnapshot(
  db: Kysely<Schema>,
  name: string,
  head: { readonly clock: number; readonly memory: LoopMemory },
): Promise<Snapshot | null> {
  const dataset = await db.selectFrom('datasets').selectAll().where('name', '=', name).executeTakeFirst();
  if (dataset === undefined) return null;
  const usage = await db.selectFrom('dataset_usage').selectAll().where('dataset', '=', dataset.id).executeTakeFirst();
  const blocks = await db.selectFrom('blocks').selectAll().where('dataset', '=', dataset.id).execute();
  const replicas = await db
    .selectFrom('block_replicas')
    .innerJoin('blocks', 'blocks.id', 'block_replicas.block')
    .innerJoin('sites', 'sites.id', 'block_replicas.site')
    .leftJoin('owners', 'owners.id', 'block_replicas.owner')
    .selectAll('block_replicas')
    .select(['sites.name as siteName', 'owners.name as ownerName'])
    .where('blocks.dataset', '=', dataset.id)
    .execute();
  const subscriptions = await db
    .selectFrom('subscriptions')
    .innerJoin('sites', 'sites.id', 'subscriptions.site')
    .leftJoin('owners', 'owners.id', 'subscriptions.owner')
    .select(['sites.name as site', 'owners.name as owner', 'subscriptions.growing'])
    .where('subscriptions.dataset', '=', dataset.id)
    .execute();

  const builder = new SnapshotBuilder();
  const d = builder.addDataset({
    name: dataset.name,
    status: dataset.status,
    type: dataset.type,
    open: dataset.open === 1,
    created: dataset.created,
    lastUpdate: dataset.last_update,
    tapeRequested: dataset.tape_requested === 1,
    copyRequested: dataset.copy_requested === 1,
    // Written by the import only.
    labels: JSON.parse(dataset.labels) as Record<string, string>,
  });
  if (usage !== undefined) {
    builder.setUsage(d, {
      lastAccess: usage.last_access,
      accesses: usage.accesses,
      usageRank: usage.usage_rank,
      demand: usage.demand,
    });
  }
  const indexOf = new Map<number, number>();
  for (const row of blocks) {
    const b = builder.addBlock(d, row.name, Number(row.size), row.files, row.open === 1, row.last_update);
    indexOf.set(row.id, b);
  }
  for (const row of replicas) {
    const block = indexOf.get(row.block);
    if (block === undefined) continue;
    builder.addBlockReplica(
      block,
      builder.site(row.siteName),
      builder.owner(row.ownerName ?? ''),
      Number(row.size),
      { complete: row.complete === 1, custodial: row.custodial === 1, managed: row.managed === 1 },
      row.last_update,
    );
  }
  for (const row of subscriptions) {
    builder.addSubscription(d, builder.site(row.site), builder.owner(row.owner ?? ''), row.growing === 1);
  }
  return builder.build({
    generation: 0,
    takenAt: head.clock,
    completeness: { state: 'complete' },
    memory: head.memory,
  });
}
