/**
 * The change log of the inventory (table `inventory_changes`), by which somebody who has seen one generation can read
 * what changed since and nothing else.
 *
 * Whatever changes the inventory writes the datasets it changed in the same transaction, under the number of the
 * generation that it begins and a random token; of a dataset of which a few block replicas alone were merged, those
 * blocks (docs/adr/0026-merged-replicas-are-read-by-block.md). Numbers alone do not identify a generation: a database
 * that was restored from a backup counts on from an older one. A number with its token does, and because the log only
 * grows at its end, a log that holds both knows of everything since, as long as no number is missing.
 *
 * What is not worth recording (an import that replaces the inventory) empties the log. It is cut at its old end, too;
 * who has fallen behind that reads everything.
 */
import { randomBytes } from 'node:crypto';
import type { ImportTableName } from './import-tables.js';
import { type RawReader, wholeNumber } from './raw-reader.js';

/** Identifies the content of the inventory. */
export interface InventoryMark {
  readonly generation: number;
  readonly token: string;
}

/** How far back the log reaches at most, in generations and in rows. */
const keptGenerations = 10_000;
const keptRows = 100_000;

/** A transaction of execution cuts the log once in so many. */
export const generationsBetweenCuts = 500;

/** A merge of more datasets and blocks is not recorded one by one. */
const mostMerged = 50_000;

/** More block replicas of one dataset are recorded as a change of the dataset; so are those of larger merges. */
const mostReplicas = { ofDataset: 32, ofMerge: 20_000 };

export function newToken(): string {
  return randomBytes(16).toString('hex');
}

/** Statements that remove what the log need not hold any more when `generation` is the present one. */
export function cutChangeLog(generation: number): readonly string[] {
  return [
    `delete from inventory_changes where generation <= ${generation - keptGenerations}`,
    // A table in between, because MySQL does not read the one it deletes from.
    `delete from inventory_changes where generation <= (select generation from
       (select generation from inventory_changes order by generation desc, dataset desc limit 1 offset ${keptRows}) too_many)`,
  ];
}

/** Makes the log say nothing but that there is this generation: nobody knows what came before. */
export function restartChangeLog({ generation, token }: InventoryMark): readonly string[] {
  return ['delete from inventory_changes', insertMark('inventory_changes', { generation, token })];
}

/** The row that says that a generation was there. */
export function insertMark(table: string, { generation, token }: InventoryMark): string {
  return `insert into ${table} (generation, dataset, token) values (${generation}, 0, '${token}')`;
}

/**
 * Records a merge in its own transaction: every dataset that its rows are about, changed or not; or of a dataset of which
 * it has nothing but a few block replicas, those blocks.
 *
 * @param run runs a statement, and says how many rows it affected
 */
export async function recordMerge(
  mark: InventoryMark,
  staging: (table: ImportTableName) => string,
  reader: RawReader,
  run: (statement: string) => number | Promise<number>,
): Promise<void> {
  const { generation, token } = mark;
  const replicated = `${staging('block_replicas')} r join blocks b on b.id = r.block`;
  let byBlock = true;
  await reader.each(`select 1 from ${staging('block_replicas')} limit 1 offset ${mostReplicas.ofMerge}`, [], () => {
    byBlock = false;
  });
  const many = byBlock ? `group by b.dataset having count(*) > ${mostReplicas.ofDataset}` : '';
  await run(insertMark('inventory_changes', mark));
  let recorded = await run(`insert into inventory_changes (generation, dataset, token)
    select ${generation}, changed.dataset, '${token}' from (
      select id as dataset from ${staging('datasets')}
      union select dataset from ${staging('dataset_usage')}
      union select dataset from ${staging('blocks')}
      union select dataset from ${staging('subscriptions')}
      union select b.dataset from ${replicated} ${many}
    ) changed`);
  if (byBlock) {
    recorded += await run(`insert into inventory_changes (generation, dataset, block, token)
      select distinct ${generation}, b.dataset, b.id, '${token}' from ${replicated}
      left join inventory_changes known on known.generation = ${generation} and known.dataset = b.dataset
      where known.dataset is null`);
  }
  if (recorded > mostMerged) for (const statement of restartChangeLog(mark)) await run(statement);
  else for (const statement of cutChangeLog(mark.generation)) await run(statement);
}

/** The inventory as its one row of state describes it. */
export interface InventoryHead {
  readonly generation: number;
  readonly completeness: unknown;
  readonly reason: unknown;
  readonly blockReplicas: number;
  /** Present bytes; rounded beyond 2^53. */
  readonly bytes: number;
  /** null where somebody began this generation who does not keep the log. */
  readonly token: string | null;
}

export async function readInventoryHead(reader: RawReader): Promise<InventoryHead> {
  let head: InventoryHead | undefined;
  await reader.each(
    `select generation, completeness, reason, block_replicas, bytes,
       (select min(token) from inventory_changes where inventory_changes.generation = inventory_state.generation)
     from inventory_state where id = 1`,
    [],
    ([generation, completeness, reason, blockReplicas, bytes, token]) => {
      head = {
        generation: wholeNumber(generation),
        completeness,
        reason,
        blockReplicas: wholeNumber(blockReplicas),
        bytes: wholeNumber(bytes),
        token: typeof token === 'string' ? token : null,
      };
    },
  );
  if (head === undefined) throw new Error('inventory_state has lost its row');
  return head;
}

/** What changed, by ids of the database. Whatever else a snapshot holds is as it was. */
export interface InventoryChanges {
  /** Datasets of which anything may have changed. */
  readonly datasets: readonly number[];
  /** Of other datasets, the blocks of which replicas alone may have changed. */
  readonly blocks: readonly number[];
  /** How many datasets that are, these and those. */
  readonly count: number;
}

const nothing: InventoryChanges = { datasets: [], blocks: [], count: 0 };

/**
 * What changed after `seen`, up to and with `present`.
 *
 * @returns null where the log cannot tell: `seen` is no past of this database, is too long ago, or somebody in between
 *   did not keep the log
 */
export async function changesSince(
  reader: RawReader,
  seen: InventoryMark,
  present: InventoryMark,
): Promise<InventoryChanges | null> {
  if (seen.generation === present.generation) return seen.token === present.token ? nothing : null;
  if (seen.generation > present.generation) return null;
  const datasets = new Set<number>();
  const datasetOf = new Map<number, number>();
  let last: InventoryMark | undefined;
  let unbroken = true;
  await reader.each(
    'select generation, dataset, token, block from inventory_changes where generation >= ? order by generation, dataset',
    [seen.generation],
    (row) => {
      const mark = { generation: wholeNumber(row[0]), token: String(row[2]) };
      if (last === undefined) unbroken &&= mark.generation === seen.generation && mark.token === seen.token;
      else if (mark.generation === last.generation) unbroken &&= mark.token === last.token;
      else unbroken &&= mark.generation === last.generation + 1;
      last = mark;
      const dataset = wholeNumber(row[1]);
      const block = wholeNumber(row[3]);
      if (mark.generation <= seen.generation || dataset === 0) return;
      if (block === 0) datasets.add(dataset);
      else datasetOf.set(block, dataset);
    },
  );
  const reached = last !== undefined && last.generation === present.generation && last.token === present.token;
  if (!unbroken || !reached) return null;
  const ascending = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);
  const alone = [...datasetOf].filter(([, dataset]) => !datasets.has(dataset));
  return {
    datasets: ascending(datasets),
    blocks: ascending(alone.map(([block]) => block)),
    count: datasets.size + new Set(alone.map(([, dataset]) => dataset)).size,
  };
}
