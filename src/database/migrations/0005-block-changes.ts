/**
 * The change log also says of which blocks alone the replicas changed. It begins anew: whoever has seen an earlier
 * generation reads everything once.
 */
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.js';

export const name = '0005-block-changes';

export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema.dropTable('inventory_changes').ifExists().execute();
  await types
    .end({ clustered: true })(
      db.schema
        .createTable('inventory_changes')
        .addColumn('generation', types.bigint, (c) => c.notNull())
        .addColumn('dataset', types.int, (c) => c.notNull())
        .addColumn('block', types.int, (c) => c.notNull().defaultTo(0))
        .addColumn('token', types.word, (c) => c.notNull())
        .addPrimaryKeyConstraint('inventory_changes_pk', ['generation', 'dataset', 'block']),
    )
    .execute();
  await sql`insert into inventory_changes (generation, dataset, token)
    select generation, 0, ${randomBytes(16).toString('hex')} from inventory_state where id = 1`.execute(db);
}
