/** Bringing the schema up to date, and refusing to work with one that is not. */
import { type Migration, Migrator, sql } from 'kysely';
import { messageOf, StatorError } from '../error.js';
import type { Database } from './connection.js';
import { columnTypes } from './migrations/column-types.js';
import { migrations } from './migrations/index.js';
import { isRetryable, withRetries } from './retry.js';

const migrationTableName = 'schema_migrations';
const migrationLockTableName = 'schema_migration_lock';

export interface MigrationStatus {
  /** Names of the migrations that this database has had, in order. */
  readonly applied: readonly string[];
  /** Those of this program that it has not had. */
  readonly pending: readonly string[];
  /** Those that it has had and this program does not know: the database is newer. */
  readonly unknown: readonly string[];
}

/**
 * Runs the migrations that are missing and returns their names. Can be run again after it was cut short, and by several
 * processes (all but one are refused while one is at it).
 *
 * @throws StatorError `database-newer`, `migration-running`, `migration-failed`
 */
export async function migrate(db: Database): Promise<readonly string[]> {
  refuseNewer(db, await migrationStatus(db));
  const types = await columnTypes(db.kysely, db.dialect);
  const migrator = new Migrator({
    db: db.kysely,
    migrationTableName,
    migrationLockTableName,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          migrations.map((step): [string, Migration] => [step.name, { up: (kysely) => step.up(kysely, types) }]),
        ),
    },
  });
  const { error, results } = await withRetries(async () => {
    const outcome = await migrator.migrateToLatest();
    if (isRetryable(outcome.error)) throw outcome.error;
    return outcome;
  });
  if (error instanceof StatorError) throw error;
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new StatorError({
      code: 'migration-failed',
      what: `migrating the database failed: ${messageOf(error)}`,
      where: failed === undefined ? db.url : `${failed} on ${db.url}`,
      todo: 'mend the cause and run `stator db migrate` again; it goes on where it stopped',
      actBy: 'admin',
      cause: error,
    });
  }
  return (results ?? []).map((result) => result.migrationName);
}

/** What was and what is to be done. Changes nothing. */
export async function migrationStatus(db: Database): Promise<MigrationStatus> {
  const known = migrations.map((step) => step.name);
  const tables = await db.kysely.introspection.getTables({ withInternalKyselyTables: true });
  let applied: string[] = [];
  if (tables.some((table) => table.name === migrationTableName)) {
    const { rows } = await sql<{
      name: string;
    }>`select name from ${sql.table(migrationTableName)} order by name`.execute(db.kysely);
    applied = rows.map((row) => row.name);
  }
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/**
 * Every command that uses the database calls this first.
 *
 * @throws StatorError `database-not-migrated`, `database-newer`
 */
export async function requireMigrated(db: Database): Promise<void> {
  const status = await migrationStatus(db);
  refuseNewer(db, status);
  if (status.pending.length > 0) {
    throw new StatorError({
      code: 'database-not-migrated',
      what:
        status.applied.length === 0
          ? 'the database has no Stator tables yet'
          : `the database lacks the migration${status.pending.length === 1 ? '' : 's'} ${status.pending.join(', ')}`,
      where: db.url,
      todo: 'run `stator db migrate`',
      actBy: 'admin',
    });
  }
}

function refuseNewer(db: Database, status: MigrationStatus): void {
  if (status.unknown.length === 0) return;
  throw new StatorError({
    code: 'database-newer',
    what: `the database was migrated by a newer Stator (${status.unknown.join(', ')})`,
    where: db.url,
    todo: 'use that version or a later one',
    actBy: 'admin',
  });
}
