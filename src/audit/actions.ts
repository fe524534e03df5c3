/** Past and open actions, with what became of their tasks. */
import type { Kysely } from 'kysely';
import { type ActionRow, blocksOf, listActions, sourcesOf } from '../database/actions.js';
import type { ActionState } from '../database/execution-tables.js';
import type { Schema } from '../database/index.js';
import { errorsOf, listTasks, type TaskRow } from '../database/tasks.js';
import type { ActionRecord, TaskCounts, TaskRecord } from './records.js';

export interface ActionQuery {
  readonly states?: readonly ActionState[];
  readonly dataset?: string;
  readonly site?: string;
  readonly cycle?: number;
  /** Hexadecimal: a commit, or the beginning of its id. */
  readonly commit?: string;
  /** At most so many, the newest. */
  readonly limit?: number;
}

/** Actions with the counts of their tasks, the newest first. */
export async function readActions(db: Kysely<Schema>, query: ActionQuery): Promise<ActionRecord[]> {
  const rows = await listActions(db, { ...query, order: 'latest' });
  const counts = await countTasks(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => actionRecord(row, counts.get(row.id) ?? {}));
}

/** How many actions match. */
export async function countMatching(db: Kysely<Schema>, filter: ActionQuery): Promise<number> {
  let query = db.selectFrom('actions').select((eb) => eb.fn.countAll<number | string>().as('count'));
  if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
  if (filter.dataset !== undefined) query = query.where('dataset', '=', filter.dataset);
  if (filter.site !== undefined) query = query.where('site', '=', filter.site);
  if (filter.cycle !== undefined) query = query.where('cycle', '=', filter.cycle);
  if (filter.commit !== undefined) query = query.where('commit_id', 'like', `${filter.commit}%`);
  return Number((await query.executeTakeFirst())?.count ?? 0);
}

/** The tasks of one action, in the order of its files. */
export async function readTasks(db: Kysely<Schema>, action: string): Promise<TaskRecord[]> {
  return (await listTasks(db, { action })).map(taskRecord);
}

async function countTasks(db: Kysely<Schema>, actions: readonly string[]): Promise<ReadonlyMap<string, TaskCounts>> {
  const counts = new Map<string, Record<string, number>>();
  for (let i = 0; i < actions.length; i += 500) {
    const rows = await db
      .selectFrom('tasks')
      .select((eb) => ['action', 'state', eb.fn.countAll<number | string>().as('count')])
      .where('action', 'in', actions.slice(i, i + 500))
      .groupBy(['action', 'state'])
      .execute();
    for (const row of rows) counts.set(row.action, { ...counts.get(row.action), [row.state]: Number(row.count) });
  }
  return counts;
}

function actionRecord(row: ActionRow, tasks: TaskCounts): ActionRecord {
  return {
    id: row.id,
    type: row.type,
    dataset: row.dataset,
    blocks: blocksOf(row),
    site: row.site,
    sources: sourcesOf(row),
    owner: row.owner,
    bytes: row.bytes,
    files: row.files,
    cause: row.cause,
    rule: { kind: row.rule_kind, name: row.rule_name, id: row.rule_id, file: row.rule_file, line: row.rule_line },
    reason: row.reason,
    commit: row.commit_id,
    author: row.commit_author,
    cycle: row.cycle,
    planDigest: row.plan_digest,
    state: row.state,
    held: row.held_code === null ? null : { code: row.held_code, message: row.held_message ?? '' },
    cancelReason: row.cancel_reason,
    error: row.error,
    notBefore: row.not_before,
    created: row.created,
    started: row.started,
    finished: row.finished,
    tasks,
  };
}

function taskRecord(row: TaskRow): TaskRecord {
  return {
    id: row.id,
    action: row.action,
    block: row.block,
    file: row.file,
    size: row.size,
    site: row.site,
    sourceSite: row.source_site,
    state: row.state,
    attempts: row.attempts,
    notBefore: row.not_before,
    finished: row.finished,
    errors: errorsOf(row),
  };
}
