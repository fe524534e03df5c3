/** The change log: which datasets each generation of the inventory changed, and a random token that tells it from others. */
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.js';

export const name = '0004-inventory-changes';

export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await types
    .end({ clustered: true })(
      db.schema
        .createTable('inventory_changes')
        .ifNotExists()
        .addColumn('generation', types.bigint, (c) => c.notNull())
        .addColumn('dataset', types.int, (c) => c.notNull())
        .addColumn('token', types.word, (c) => c.notNull())
        .addPrimaryKeyConstraint('inventory_changes_pk', ['generation', 'dataset']),
    )
    .execute();
  // From here on everything is recorded.
  await sql`insert into inventory_changes (generation, dataset, token)
    select generation, 0, ${randomBytes(16).toString('hex')} from inventory_state
    where id = 1 and not exists (select 1 from inventory_changes)`.execute(db);
}
