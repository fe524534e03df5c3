/** What every change of the inventory has in common: versions, the generation, the totals, interned names. */
import { type Kysely, MysqlAdapter, sql, type Transaction } from 'kysely';
import { cutChangeLog, generationsBetweenCuts, type InventoryMark, newToken } from './change-log.js';
import type { Schema } from './schema.js';

/** Increments the version of a dataset. @returns its id; undefined where it is not in the inventory */
export async function touchDataset(trx: Kysely<Schema>, name: string): Promise<number | undefined> {
  // The change comes first: it waits for whoever else changes the dataset, and what is read after it is current.
  await trx
    .updateTable('datasets')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('name', '=', name)
    .execute();
  const row = await trx.selectFrom('datasets').select('id').where('name', '=', name).executeTakeFirst();
  return row?.id;
}

/** What transactions have recorded in the change log. A transaction that is run again is a new object. */
const touched = new WeakMap<Kysely<Schema>, { readonly mark: InventoryMark; readonly datasets: Set<number> }>();

/**
 * Counts a change of the inventory: its generation once per transaction, its totals every time; and says in the change log
 * which dataset it is of.
 */
export async function touchInventory(
  trx: Transaction<Schema>,
  change: { readonly dataset: number; readonly at: number; readonly replicas: number; readonly bytes: number },
): Promise<void> {
  const recorded = touched.get(trx);
  // Literals, because SQLite would add a bound number as a floating-point one.
  await sql`update inventory_state set
    generation = generation + ${literal(recorded === undefined ? 1 : 0)},
    block_replicas = block_replicas + ${literal(change.replicas)},
    bytes = bytes + ${literal(change.bytes)},
    updated_at = ${change.at}
    where id = 1`.execute(trx);
  const { mark, datasets } = recorded ?? { mark: await newGeneration(trx), datasets: new Set<number>() };
  if (recorded === undefined) touched.set(trx, { mark, datasets });
  if (datasets.has(change.dataset)) return;
  datasets.add(change.dataset);
  await trx
    .insertInto('inventory_changes')
    .values({ ...mark, dataset: change.dataset })
    .execute();
}

/** The generation that this transaction has just begun. From time to time, what the log need not hold any more goes. */
async function newGeneration(trx: Transaction<Schema>): Promise<InventoryMark> {
  const state = await trx
    .selectFrom('inventory_state')
    .select('generation')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  const generation = Number(state.generation);
  if (generation % generationsBetweenCuts === 0) {
    for (const statement of cutChangeLog(generation)) await sql.raw(statement).execute(trx);
  }
  return { generation, token: newToken() };
}

function literal(integer: number) {
  return sql.raw(`(${BigInt(integer)})`);
}

/** Id of an owner, made where it is new; 0 is nobody. */
export async function internOwner(trx: Kysely<Schema>, name: string): Promise<number> {
  return name === '' ? 0 : intern(trx, 'owners', name);
}

/** Id of a site or an owner, made where it is new. */
export async function intern(trx: Kysely<Schema>, table: 'sites' | 'owners', name: string): Promise<number> {
  const find = () => trx.selectFrom(table).select('id').where('name', '=', name).executeTakeFirst();
  const known = await find();
  if (known !== undefined) return known.id;
  // Another transaction may add the same name at the same moment.
  const insert = trx.insertInto(table).values({ name });
  await (trx.getExecutor().adapter instanceof MysqlAdapter ? insert.ignore() : insert.orIgnore()).execute();
  const made = await find();
  if (made === undefined) throw new Error(`${name} could not be added to ${table}`);
  return made.id;
}
