/** The inventory: what exists and where it is, as the catalogs say and our own execution changes. */
import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.js';

export const name = '0001-inventory';

export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const heap = types.end();
  const clustered = types.end({ clustered: true });
  const generatedId = types.dialect === 'sqlite' ? sql`integer` : sql`int`;

  for (const table of ['sites', 'owners']) {
    await heap(
      db.schema
        .createTable(table)
        .ifNotExists()
        .addColumn('id', generatedId, (c) =>
          types.dialect === 'mysql' ? c.primaryKey().autoIncrement() : c.primaryKey(),
        )
        .addColumn('name', types.name, (c) => c.notNull().unique()),
    ).execute();
  }

  await heap(
    db.schema
      .createTable('datasets')
      .ifNotExists()
      .addColumn('id', types.int, (c) => c.primaryKey())
      .addColumn('name', types.name, (c) => c.notNull().unique())
      .addColumn('status', types.word, (c) => c.notNull())
      .addColumn('type', types.name, (c) => c.notNull())
      .addColumn('open', types.flag, (c) => c.notNull())
      .addColumn('created', types.double, (c) => c.notNull())
      .addColumn('last_update', types.double, (c) => c.notNull())
      .addColumn('tape_requested', types.flag, (c) => c.notNull())
      .addColumn('copy_requested', types.flag, (c) => c.notNull())
      .addColumn('labels', types.text, (c) => c.notNull())
      .addColumn('version', types.bigint, (c) => c.notNull().defaultTo(0)),
  ).execute();

  await heap(
    db.schema
      .createTable('dataset_usage')
      .ifNotExists()
      .addColumn('dataset', types.int, (c) => c.primaryKey())
      .addColumn('last_access', types.double, (c) => c.notNull())
      .addColumn('accesses', types.double, (c) => c.notNull())
      .addColumn('usage_rank', types.double, (c) => c.notNull())
      .addColumn('demand', types.double, (c) => c.notNull()),
  ).execute();

  await heap(
    db.schema
      .createTable('blocks')
      .ifNotExists()
      .addColumn('id', types.int, (c) => c.primaryKey())
      .addColumn('dataset', types.int, (c) => c.notNull())
      .addColumn('name', types.name, (c) => c.notNull())
      .addColumn('size', types.bigint, (c) => c.notNull())
      .addColumn('files', types.int, (c) => c.notNull())
      .addColumn('open', types.flag, (c) => c.notNull())
      .addColumn('last_update', types.double, (c) => c.notNull())
      .addUniqueConstraint('blocks_of_dataset', ['dataset', 'name']),
  ).execute();

  await clustered(
    db.schema
      .createTable('files')
      .ifNotExists()
      .addColumn('block', types.int, (c) => c.notNull())
      .addColumn('name', types.name, (c) => c.notNull())
      .addColumn('size', types.bigint, (c) => c.notNull())
      .addColumn('adler32', types.word)
      .addColumn('md5', types.word)
      .addColumn('sha256', types.word)
      .addPrimaryKeyConstraint('files_pk', ['block', 'name']),
  ).execute();

  await clustered(
    db.schema
      .createTable('block_replicas')
      .ifNotExists()
      .addColumn('block', types.int, (c) => c.notNull())
      .addColumn('site', types.int, (c) => c.notNull())
      .addColumn('owner', types.int, (c) => c.notNull())
      .addColumn('size', types.bigint, (c) => c.notNull())
      .addColumn('complete', types.flag, (c) => c.notNull())
      .addColumn('custodial', types.flag, (c) => c.notNull())
      .addColumn('managed', types.flag, (c) => c.notNull())
      .addColumn('last_update', types.double, (c) => c.notNull())
      .addPrimaryKeyConstraint('block_replicas_pk', ['block', 'site']),
  ).execute();

  await clustered(
    db.schema
      .createTable('block_replica_files')
      .ifNotExists()
      .addColumn('block', types.int, (c) => c.notNull())
      .addColumn('site', types.int, (c) => c.notNull())
      .addColumn('name', types.name, (c) => c.notNull())
      .addPrimaryKeyConstraint('block_replica_files_pk', ['block', 'site', 'name']),
  ).execute();

  await clustered(
    db.schema
      .createTable('subscriptions')
      .ifNotExists()
      .addColumn('dataset', types.int, (c) => c.notNull())
      .addColumn('site', types.int, (c) => c.notNull())
      .addColumn('owner', types.int, (c) => c.notNull())
      .addColumn('growing', types.flag, (c) => c.notNull())
      .addPrimaryKeyConstraint('subscriptions_pk', ['dataset', 'site']),
  ).execute();

  await heap(
    db.schema
      .createTable('inventory_state')
      .ifNotExists()
      .addColumn('id', types.int, (c) => c.primaryKey())
      .addColumn('generation', types.bigint, (c) => c.notNull())
      .addColumn('completeness', types.word, (c) => c.notNull())
      .addColumn('reason', types.text)
      .addColumn('digest', types.word)
      .addColumn('digest_generation', types.bigint)
      .addColumn('block_replicas', types.bigint, (c) => c.notNull())
      .addColumn('bytes', types.bigint, (c) => c.notNull())
      .addColumn('shrink_accepted', types.bigint)
      .addColumn('updated_at', types.double, (c) => c.notNull()),
  ).execute();
  // Before anything was imported, nothing is known: that is not the same as an empty inventory.
  await sql`insert into inventory_state
    (id, generation, completeness, reason, digest, digest_generation, block_replicas, bytes, shrink_accepted, updated_at)
    select 1, 0, 'partial', 'no inventory was imported yet', null, null, 0, 0, null, 0
    from (select 1 as one) as one_row where not exists (select 1 from inventory_state)`.execute(db);

  await heap(
    db.schema
      .createTable('inventory_lock')
      .ifNotExists()
      .addColumn('id', types.int, (c) => c.primaryKey()),
  ).execute();
  await sql`insert into inventory_lock (id)
    select 1 from (select 1 as one) as one_row where not exists (select 1 from inventory_lock)`.execute(db);
}
