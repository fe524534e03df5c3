/** Actions, tasks, cycles, and what the loop remembers from one cycle to the next. */
import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.js';

export const name = '0002-execution';

export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const heap = types.end();
  const clustered = types.end({ clustered: true });
  const { word, text, int, bigint, double, flag } = types;

  await heap(
    db.schema
      .createTable('actions')
      .ifNotExists()
      .addColumn('id', word, (c) => c.primaryKey())
      .addColumn('action_key', word, (c) => c.notNull())
      .addColumn('epoch', int, (c) => c.notNull())
      .addColumn('type', word, (c) => c.notNull())
      .addColumn('dataset', types.name, (c) => c.notNull())
      .addColumn('blocks', text)
      .addColumn('site', types.name, (c) => c.notNull())
      .addColumn('sources', text, (c) => c.notNull())
      .addColumn('owner', text, (c) => c.notNull())
      .addColumn('bytes', bigint, (c) => c.notNull())
      .addColumn('files', bigint, (c) => c.notNull())
      .addColumn('cause', word, (c) => c.notNull())
      .addColumn('rule_kind', word, (c) => c.notNull())
      .addColumn('rule_name', types.name, (c) => c.notNull())
      .addColumn('rule_id', types.name)
      .addColumn('rule_file', text, (c) => c.notNull())
      .addColumn('rule_line', int, (c) => c.notNull())
      .addColumn('rule_hash', word, (c) => c.notNull())
      .addColumn('reason', text, (c) => c.notNull())
      .addColumn('commit_id', word)
      .addColumn('commit_author', text)
      .addColumn('cycle', int, (c) => c.notNull())
      .addColumn('plan_digest', word, (c) => c.notNull())
      .addColumn('state', word, (c) => c.notNull())
      .addColumn('held_code', word)
      .addColumn('held_message', text)
      .addColumn('cancel_reason', text)
      .addColumn('error', text)
      .addColumn('priority', int, (c) => c.notNull())
      .addColumn('activity', types.name)
      .addColumn('not_before', double, (c) => c.notNull())
      .addColumn('created', double, (c) => c.notNull())
      .addColumn('started', double)
      .addColumn('finished', double)
      .addColumn('expanded', flag, (c) => c.notNull())
      .addColumn('removed', text)
      .addUniqueConstraint('actions_identity', ['action_key', 'epoch']),
  ).execute();
  await index(db, types, 'actions_by_state', 'actions', ['state', 'type']);
  await index(db, types, 'actions_by_dataset', 'actions', ['dataset']);
  await index(db, types, 'actions_by_cycle', 'actions', ['cycle']);

  await clustered(
    db.schema
      .createTable('tasks')
      .ifNotExists()
      .addColumn('id', word, (c) => c.notNull())
      .addColumn('action', word, (c) => c.notNull())
      .addColumn('seq', int, (c) => c.notNull())
      .addColumn('type', word, (c) => c.notNull())
      .addColumn('dataset', types.name, (c) => c.notNull())
      .addColumn('block', types.name, (c) => c.notNull())
      .addColumn('file', types.name, (c) => c.notNull())
      .addColumn('size', bigint, (c) => c.notNull())
      .addColumn('adler32', word)
      .addColumn('md5', word)
      .addColumn('sha256', word)
      .addColumn('site', types.name, (c) => c.notNull())
      .addColumn('url', text, (c) => c.notNull())
      .addColumn('root', text)
      .addColumn('source_site', types.name)
      .addColumn('source_url', text)
      .addColumn('source_root', text)
      .addColumn('state', word, (c) => c.notNull())
      .addColumn('priority', int, (c) => c.notNull())
      .addColumn('attempts', int, (c) => c.notNull())
      .addColumn('not_before', double, (c) => c.notNull())
      .addColumn('idempotency_key', word)
      .addColumn('batch', word)
      .addColumn('plugin', word)
      .addColumn('external_id', types.name)
      .addColumn('submitted_at', double)
      .addColumn('finished', double)
      .addColumn('errors', text, (c) => c.notNull())
      .addColumn('failed_sources', text, (c) => c.notNull())
      .addPrimaryKeyConstraint('tasks_pk', ['id']),
  ).execute();
  await index(db, types, 'tasks_by_action', 'tasks', ['action', 'state']);
  await index(db, types, 'tasks_by_state', 'tasks', ['state', 'site', 'priority']);

  await heap(
    db.schema
      .createTable('cycles')
      .ifNotExists()
      .addColumn('id', types.dialect === 'sqlite' ? sql`integer` : sql`int`, (c) =>
        types.dialect === 'mysql' ? c.primaryKey().autoIncrement() : c.primaryKey(),
      )
      .addColumn('started', double, (c) => c.notNull())
      .addColumn('finished', double)
      .addColumn('outcome', word, (c) => c.notNull())
      .addColumn('clock', double, (c) => c.notNull())
      .addColumn('commit_id', word)
      .addColumn('tree', word)
      .addColumn('ref', text)
      .addColumn('author', text)
      .addColumn('committed_at', word)
      .addColumn('digest', word)
      .addColumn('generation', bigint)
      .addColumn('summary', text)
      .addColumn('error', text),
  ).execute();

  await heap(
    db.schema
      .createTable('deletions')
      .ifNotExists()
      .addColumn('action', word, (c) => c.primaryKey())
      .addColumn('dataset', types.name, (c) => c.notNull())
      .addColumn('site', types.name, (c) => c.notNull())
      .addColumn('at', double, (c) => c.notNull())
      .addColumn('finished', double)
      .addColumn('block_replicas', bigint, (c) => c.notNull())
      .addColumn('bytes', bigint, (c) => c.notNull()),
  ).execute();
  await index(db, types, 'deletions_by_time', 'deletions', ['at']);

  await heap(
    db.schema
      .createTable('required_marks')
      .ifNotExists()
      .addColumn('id', word, (c) => c.primaryKey())
      .addColumn('placement', types.name, (c) => c.notNull())
      .addColumn('dataset', types.name, (c) => c.notNull())
      .addColumn('site', types.name, (c) => c.notNull()),
  ).execute();

  await heap(
    db.schema
      .createTable('deferred_needs')
      .ifNotExists()
      .addColumn('id', word, (c) => c.primaryKey())
      .addColumn('placement', types.name, (c) => c.notNull())
      .addColumn('dataset', types.name, (c) => c.notNull()),
  ).execute();

  await heap(
    db.schema
      .createTable('site_states')
      .ifNotExists()
      .addColumn('site', types.name, (c) => c.primaryKey())
      .addColumn('state', word, (c) => c.notNull())
      .addColumn('since', double, (c) => c.notNull()),
  ).execute();

  await heap(
    db.schema
      .createTable('approvals')
      .ifNotExists()
      .addColumn('hash', word, (c) => c.primaryKey())
      .addColumn('who', text, (c) => c.notNull())
      .addColumn('why', text, (c) => c.notNull())
      .addColumn('created', double, (c) => c.notNull())
      .addColumn('expires', double, (c) => c.notNull()),
  ).execute();

  await heap(
    db.schema
      .createTable('loop_state')
      .ifNotExists()
      .addColumn('name', word, (c) => c.primaryKey())
      .addColumn('value', text, (c) => c.notNull()),
  ).execute();
}

async function index(
  db: Kysely<unknown>,
  types: ColumnTypes,
  name: string,
  table: string,
  columns: readonly string[],
): Promise<void> {
  if (types.dialect === 'mysql') {
    // `create index if not exists` is MariaDB's alone.
    const found = await sql<{ n: number }>`select count(*) as n from information_schema.statistics
      where table_schema = database() and table_name = ${table} and index_name = ${name}`.execute(db);
    if (Number(found.rows[0]?.n ?? 0) > 0) return;
    await db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute();
    return;
  }
  await db.schema
    .createIndex(name)
    .ifNotExists()
    .on(table)
    .columns([...columns])
    .execute();
}
