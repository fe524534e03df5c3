/** Tasks: the files of an action, with every attempt's error. */
import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { ExecutionTables, TaskState } from './execution-tables.js';
import { completeSites } from './replica-facts.js';
import type { Schema } from './schema.js';

export type TaskRow = Selectable<ExecutionTables['tasks']>;
export type NewTask = Insertable<ExecutionTables['tasks']>;
export type TaskChange = Updateable<ExecutionTables['tasks']>;

/** One failed attempt, in `tasks.errors`. */
export interface TaskError {
  /** Seconds since the epoch. */
  readonly at: number;
  /** Source site; null for a deletion, or where the attempt was not about a source. */
  readonly source: string | null;
  readonly class: string;
  readonly code: string;
  readonly message: string;
}

/** In `tasks.failed_sources`, per source site. */
export interface SourceFailures {
  readonly failures: number;
  /** Not used again for this action. */
  readonly out: boolean;
}

export const unfinishedTaskStates: readonly TaskState[] = ['ready', 'running', 'retrying'];

export async function insertTasks(db: Kysely<Schema>, rows: readonly NewTask[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 100) {
    await db
      .insertInto('tasks')
      .values(rows.slice(i, i + 100))
      .execute();
  }
}

export async function listTasks(
  db: Kysely<Schema>,
  filter: { readonly action?: string; readonly states?: readonly TaskState[]; readonly limit?: number },
): Promise<TaskRow[]> {
  let query = db.selectFrom('tasks').selectAll();
  if (filter.action !== undefined) query = query.where('action', '=', filter.action);
  if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
  query = query.orderBy('action').orderBy('seq');
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  return (await query.execute()).map(exact);
}

export async function findTask(db: Kysely<Schema>, id: string): Promise<TaskRow | undefined> {
  const row = await db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : exact(row);
}

export async function changeTask(db: Kysely<Schema>, id: string, change: TaskChange): Promise<void> {
  await db.updateTable('tasks').set(change).where('id', '=', id).execute();
}

export async function findTasks(db: Kysely<Schema>, ids: readonly string[]): Promise<TaskRow[]> {
  const rows: TaskRow[] = [];
  for (let i = 0; i < ids.length; i += 500) {
    const found = await db
      .selectFrom('tasks')
      .selectAll()
      .where('id', 'in', ids.slice(i, i + 500))
      .execute();
    rows.push(...found.map(exact));
  }
  return rows;
}

export async function changeTasks(db: Kysely<Schema>, ids: readonly string[], change: TaskChange): Promise<void> {
  for (let i = 0; i < ids.length; i += 500) {
    await db
      .updateTable('tasks')
      .set(change)
      .where('id', 'in', ids.slice(i, i + 500))
      .execute();
  }
}

/** Sites that have tasks which can be started now. */
export async function sitesWithReadyTasks(db: Kysely<Schema>, now: number): Promise<string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('site')
    .distinct()
    .where('state', 'in', ['ready', 'retrying'])
    .where('not_before', '<=', now)
    .orderBy('site')
    .execute();
  return rows.map((row) => row.site);
}

/** Tasks of a site that can be started now, first those of high priority; only of actions that are under way. */
export async function readyTasks(
  db: Kysely<Schema>,
  site: string,
  now: number,
  limit: number,
  type: TaskRow['type'],
): Promise<TaskRow[]> {
  const rows = await db
    .selectFrom('tasks')
    .innerJoin('actions', 'actions.id', 'tasks.action')
    .selectAll('tasks')
    .where('tasks.state', 'in', ['ready', 'retrying'])
    .where('tasks.site', '=', site)
    .where('tasks.type', '=', type)
    .where('tasks.not_before', '<=', now)
    .where('actions.state', 'in', ['ready', 'running', 'retrying'])
    .where('actions.cancel_reason', 'is', null)
    .orderBy('tasks.priority', 'desc')
    .orderBy('actions.created')
    .orderBy('tasks.action')
    .orderBy('tasks.seq')
    .limit(limit)
    .execute();
  return rows.map(exact);
}

export async function countUnfinishedTasks(db: Kysely<Schema>): Promise<number> {
  const row = await db
    .selectFrom('tasks')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('state', 'in', ['ready', 'retrying'])
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** Bytes of the transfers that one mover began on one link at one time. */
export interface BegunTransfers {
  readonly mover: string;
  readonly source: string;
  readonly destination: string;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly bytes: number;
}

/** What began at or after a time, in the order of time; of what is under way and not confirmed yet, as if it began now. */
export async function bytesBegunSince(db: Kysely<Schema>, since: number, now: number): Promise<BegunTransfers[]> {
  const rows = await db
    .selectFrom('tasks')
    .select((eb) => [
      'plugin',
      'source_site',
      'site',
      'submitted_at',
      eb.fn.sum<number | string | null>('size').as('bytes'),
    ])
    .where('type', '=', 'copy')
    .where((eb) =>
      eb.or([eb('submitted_at', '>=', since), eb.and([eb('state', '=', 'running'), eb('submitted_at', 'is', null)])]),
    )
    .groupBy(['plugin', 'source_site', 'site', 'submitted_at'])
    .execute();
  return rows
    .map(({ plugin, source_site, site, submitted_at, bytes }) => ({
      mover: plugin ?? '',
      source: source_site ?? '',
      destination: site,
      at: submitted_at ?? now,
      bytes: Number(bytes ?? 0),
    }))
    .sort((a, b) => a.at - b.at);
}

export interface TaskTally {
  readonly count: number;
  readonly bytes: number;
}

/** Tasks of an action by state. */
export async function tallyTasks(db: Kysely<Schema>, action: string): Promise<ReadonlyMap<TaskState, TaskTally>> {
  const rows = await db
    .selectFrom('tasks')
    .select((eb) => [
      'state',
      eb.fn.countAll<number | string>().as('count'),
      eb.fn.sum<number | string | null>('size').as('bytes'),
    ])
    .where('action', '=', action)
    .groupBy('state')
    .execute();
  return new Map(rows.map((row) => [row.state, { count: Number(row.count), bytes: Number(row.bytes ?? 0) }]));
}

/** Per block of an action: how many tasks it has, how many are done, and the bytes of these. */
export async function tallyBlocks(
  db: Kysely<Schema>,
  action: string,
): Promise<
  readonly { readonly block: string; readonly tasks: number; readonly done: number; readonly bytes: number }[]
> {
  const rows = await db
    .selectFrom('tasks')
    .select((eb) => [
      'block',
      'state',
      eb.fn.countAll<number | string>().as('count'),
      eb.fn.sum<number | string | null>('size').as('bytes'),
    ])
    .where('action', '=', action)
    .groupBy(['block', 'state'])
    .orderBy('block')
    .execute();
  const blocks = new Map<string, { block: string; tasks: number; done: number; bytes: number }>();
  for (const row of rows) {
    const entry = blocks.get(row.block) ?? { block: row.block, tasks: 0, done: 0, bytes: 0 };
    entry.tasks += Number(row.count);
    if (row.state === 'done') {
      entry.done += Number(row.count);
      entry.bytes += Number(row.bytes ?? 0);
    }
    blocks.set(row.block, entry);
  }
  return [...blocks.values()];
}

/** Blocks of a copy whose tasks are all done and which the inventory does not know to be complete at its site. */
export async function blocksToComplete(
  db: Kysely<Schema>,
  action: string,
  dataset: string,
  site: string,
): Promise<string[]> {
  const done = (await tallyBlocks(db, action)).filter((tally) => tally.done === tally.tasks).map(({ block }) => block);
  if (done.length === 0) return [];
  const complete = await completeSites(db, dataset, done);
  return done.filter((block) => complete.get(block)?.includes(site) !== true);
}

/** When the next task that waits for its time may be tried again (seconds); null where none does. */
export async function nextRetry(db: Kysely<Schema>): Promise<number | null> {
  const row = await db
    .selectFrom('tasks')
    .select((eb) => eb.fn.min('not_before').as('next'))
    .where('state', '=', 'retrying')
    .executeTakeFirst();
  return row?.next ?? null;
}

export function errorsOf(task: Pick<TaskRow, 'errors'>): readonly TaskError[] {
  // Written by this program only.
  return JSON.parse(task.errors) as TaskError[];
}

export function failedSourcesOf(task: Pick<TaskRow, 'failed_sources'>): Readonly<Record<string, SourceFailures>> {
  return JSON.parse(task.failed_sources) as Record<string, SourceFailures>;
}

/** MySQL hands out BIGINT columns as strings where they are large. */
function exact(row: TaskRow): TaskRow {
  return { ...row, size: Number(row.size) };
}
