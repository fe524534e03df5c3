/** The lease: which process plans and executes against this database. */
import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.js';

export const name = '0003-lease';

export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const { word, text, int, bigint, double } = types;
  await types
    .end()(
      db.schema
        .createTable('leases')
        .ifNotExists()
        .addColumn('name', word, (c) => c.primaryKey())
        .addColumn('token', bigint, (c) => c.notNull())
        .addColumn('holder', word, (c) => c.notNull())
        .addColumn('host', text, (c) => c.notNull())
        .addColumn('pid', int, (c) => c.notNull())
        .addColumn('process', text)
        .addColumn('taken', double, (c) => c.notNull())
        .addColumn('expires', double, (c) => c.notNull())
        .addColumn('uses', bigint, (c) => c.notNull()),
    )
    .execute();
  await sql`insert into leases (name, token, holder, host, pid, process, taken, expires, uses)
    select 'reconcile', 0, '', '', 0, null, 0, 0, 0
    from (select 1 as one) as one_row where not exists (select 1 from leases)`.execute(db);
}
