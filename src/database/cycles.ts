/** Cycles: each look at git and the inventory, the plan that came of it, and how it ended. */
import type { Kysely, Selectable, Updateable } from 'kysely';
import type { ExecutionTables } from './execution-tables.js';
import type { Schema } from './schema.js';

export type CycleRow = Selectable<ExecutionTables['cycles']>;

/** Records that a cycle has begun. @returns its number */
export async function beginCycle(db: Kysely<Schema>, started: number, clock: number): Promise<number> {
  const result = await db
    .insertInto('cycles')
    .values({
      started,
      finished: null,
      outcome: 'running',
      clock,
      commit_id: null,
      tree: null,
      ref: null,
      author: null,
      committed_at: null,
      digest: null,
      generation: null,
      summary: null,
      error: null,
    })
    .executeTakeFirstOrThrow();
  return Number(result.insertId);
}

export async function changeCycle(
  db: Kysely<Schema>,
  id: number,
  change: Updateable<ExecutionTables['cycles']>,
): Promise<void> {
  await db.updateTable('cycles').set(change).where('id', '=', id).execute();
}

/** Cycles that were running when their process died. */
export async function closeDeadCycles(db: Kysely<Schema>, before: number, at: number): Promise<void> {
  await db
    .updateTable('cycles')
    .set({ outcome: 'stopped', finished: at, error: 'the process ended before the cycle did' })
    .where('outcome', '=', 'running')
    .where('id', '<', before)
    .execute();
}

/** The latest cycles, newest first. */
export async function listCycles(db: Kysely<Schema>, limit: number): Promise<CycleRow[]> {
  const rows = await db.selectFrom('cycles').selectAll().orderBy('id', 'desc').limit(limit).execute();
  return rows.map((row) => ({ ...row, generation: row.generation === null ? null : Number(row.generation) }));
}

export async function findCycle(db: Kysely<Schema>, id: number): Promise<CycleRow | undefined> {
  return await db.selectFrom('cycles').selectAll().where('id', '=', id).executeTakeFirst();
}
