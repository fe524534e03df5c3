/** What every change of the inventory has in common: versions, the generation, the totals, interned names. */
import { type Kysely, MysqlAdapter, sql, type Transaction } from 'kysely';
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

/** Transactions whose change of the inventory was already counted. A transaction that is run again is a new object. */
const touched = new WeakSet<Kysely<Schema>>();

/** Counts a change of the inventory: its generation once per transaction, its totals every time. */
export async function touchInventory(
  trx: Transaction<Schema>,
  change: { readonly at: number; readonly replicas: number; readonly bytes: number },
): Promise<void> {
  const steps = touched.has(trx) ? 0 : 1;
  touched.add(trx);
  // Literals, because SQLite would add a bound number as a floating-point one.
  await sql`update inventory_state set
    generation = generation + ${literal(steps)},
    block_replicas = block_replicas + ${literal(change.replicas)},
    bytes = bytes + ${literal(change.bytes)},
    updated_at = ${change.at}
    where id = 1`.execute(trx);
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
