/** Actions: what was decided, with its reason, and what became of it. Rows are never removed. */
import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { ActionState, ExecutionTables } from './execution-tables.js';
import type { Schema } from './schema.js';

export type ActionRow = Selectable<ExecutionTables['actions']>;
export type NewAction = Insertable<ExecutionTables['actions']>;
export type ActionChange = Updateable<ExecutionTables['actions']>;

/** States of an action that is not finished. */
export const openStates: readonly ActionState[] = ['planned', 'ready', 'running', 'retrying', 'held'];

export interface ActionFilter {
  readonly states?: readonly ActionState[] | undefined;
  readonly types?: readonly ActionRow['type'][] | undefined;
  readonly dataset?: string | undefined;
  readonly site?: string | undefined;
  readonly cycle?: number | undefined;
  /** Of the rules that decided it, or the beginning of its id. */
  readonly commit?: string | undefined;
  readonly heldCodes?: readonly string[] | undefined;
  /** Only those that are to be called off. */
  readonly calledOff?: boolean | undefined;
  /** Only those without tasks that may be started now (seconds). */
  readonly startableAt?: number | undefined;
  readonly limit?: number | undefined;
  /** `priority`: as they are to be started; `latest`: the newest first. Default `priority`. */
  readonly order?: 'priority' | 'latest' | undefined;
}

export async function listActions(db: Kysely<Schema>, filter: ActionFilter = {}): Promise<ActionRow[]> {
  let query = db.selectFrom('actions').selectAll();
  if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
  if (filter.types !== undefined) query = query.where('type', 'in', [...filter.types]);
  if (filter.dataset !== undefined) query = query.where('dataset', '=', filter.dataset);
  if (filter.site !== undefined) query = query.where('site', '=', filter.site);
  if (filter.cycle !== undefined) query = query.where('cycle', '=', filter.cycle);
  if (filter.commit !== undefined) query = query.where('commit_id', 'like', `${filter.commit}%`);
  if (filter.heldCodes !== undefined) query = query.where('held_code', 'in', [...filter.heldCodes]);
  if (filter.calledOff === true) query = query.where('cancel_reason', 'is not', null);
  if (filter.startableAt !== undefined) {
    query = query
      .where('expanded', '=', 0)
      .where('cancel_reason', 'is', null)
      .where('not_before', '<=', filter.startableAt);
  }
  query =
    filter.order === 'latest'
      ? query.orderBy('created', 'desc').orderBy('id')
      : query.orderBy('priority', 'desc').orderBy('created').orderBy('dataset').orderBy('site').orderBy('id');
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  return (await query.execute()).map(exact);
}

export async function findAction(db: Kysely<Schema>, id: string): Promise<ActionRow | undefined> {
  const row = await db.selectFrom('actions').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : exact(row);
}

export async function insertActions(db: Kysely<Schema>, rows: readonly NewAction[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 100) {
    await db
      .insertInto('actions')
      .values(rows.slice(i, i + 100))
      .execute();
  }
}

export async function changeAction(db: Kysely<Schema>, id: string, change: ActionChange): Promise<void> {
  await db.updateTable('actions').set(change).where('id', '=', id).execute();
}

/** How many actions of each of these keys have finished, and how many of the latest failed one after the other. */
export async function finishedOfKeys(
  db: Kysely<Schema>,
  keys: readonly string[],
): Promise<
  ReadonlyMap<string, { readonly finished: number; readonly failures: number; readonly lastFinished: number }>
> {
  const result = new Map<string, { finished: number; failures: number; lastFinished: number }>();
  for (let i = 0; i < keys.length; i += 500) {
    const rows = await db
      .selectFrom('actions')
      .select(['action_key', 'state', 'finished'])
      .where('action_key', 'in', keys.slice(i, i + 500))
      .where('state', 'in', ['done', 'failed', 'cancelled'])
      .orderBy('epoch')
      .execute();
    for (const row of rows) {
      const entry = result.get(row.action_key) ?? { finished: 0, failures: 0, lastFinished: 0 };
      entry.finished++;
      entry.failures = row.state === 'failed' ? entry.failures + 1 : 0;
      entry.lastFinished = Math.max(entry.lastFinished, row.finished ?? 0);
      result.set(row.action_key, entry);
    }
  }
  return result;
}

/** How many actions are held, by code. */
export async function countHeld(db: Kysely<Schema>): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('actions')
    .select(['held_code', (eb) => eb.fn.countAll<number | string>().as('count')])
    .where('state', '=', 'held')
    .groupBy('held_code')
    .execute();
  return new Map(rows.map((row) => [row.held_code ?? '', Number(row.count)]));
}

/** Open actions that have tasks of which some are done, or none is left to do: their blocks and they may be finished. */
export async function actionsToSettle(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db
    .selectFrom('actions')
    .leftJoin('tasks', 'tasks.action', 'actions.id')
    .select('actions.id')
    .where('actions.state', 'in', [...openStates])
    .where('actions.expanded', '=', 1)
    .where((eb) => eb.or([eb('tasks.id', 'is', null), eb('tasks.state', 'in', ['done', 'failed', 'cancelled'])]))
    .groupBy('actions.id')
    .orderBy('actions.id')
    .execute();
  return rows.map((row) => row.id);
}

/** How many actions there are in each state. */
export async function countActions(db: Kysely<Schema>): Promise<ReadonlyMap<ActionState, number>> {
  const rows = await db
    .selectFrom('actions')
    .select(['state', (eb) => eb.fn.countAll<number | string>().as('count')])
    .groupBy('state')
    .execute();
  return new Map(rows.map((row) => [row.state, Number(row.count)]));
}

export function blocksOf(action: Pick<ActionRow, 'blocks'>): readonly string[] | null {
  return action.blocks === null ? null : stringList(action.blocks);
}

export function sourcesOf(action: Pick<ActionRow, 'sources'>): readonly string[] {
  return stringList(action.sources);
}

export function stringList(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** MySQL hands out BIGINT columns as strings where they are large. */
function exact(row: ActionRow): ActionRow {
  return { ...row, bytes: Number(row.bytes), files: Number(row.files) };
}
