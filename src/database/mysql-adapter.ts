import { type Kysely, type MigrationLockOptions, MysqlAdapter, sql } from 'kysely';
import { StatorError } from '../error.js';

/** How long a migration may take before another process believes it dead, minutes. */
const leaseMinutes = 10;

/**
 * The MySQL adapter with a migration lock that also holds on Galera, where GET_LOCK is per node: a row that is taken by
 * compare-and-set, in minutes since the epoch until which the taker may hold it. The statement commits by itself, so
 * certification lets only one of two nodes win.
 */
export class LeasedMysqlAdapter extends MysqlAdapter {
  #holds = false;

  // biome-ignore lint/suspicious/noExplicitAny: Kysely's own signature
  override async acquireMigrationLock(db: Kysely<any>, options: MigrationLockOptions): Promise<void> {
    const taken = await sql`update ${sql.table(options.lockTable)}
      set is_locked = floor(unix_timestamp() / 60) + ${leaseMinutes}
      where id = ${options.lockRowId} and is_locked < floor(unix_timestamp() / 60)`.execute(db);
    if (taken.numAffectedRows !== 1n) {
      throw new StatorError({
        code: 'migration-running',
        what: 'another process is migrating this database',
        todo: `wait for it; if it died, its lock ends after ${leaseMinutes} minutes`,
        actBy: 'admin',
      });
    }
    this.#holds = true;
  }

  // biome-ignore lint/suspicious/noExplicitAny: Kysely's own signature
  override async releaseMigrationLock(db: Kysely<any>, options: MigrationLockOptions): Promise<void> {
    // Called also when the lock was not taken: somebody else's must stay.
    if (!this.#holds) return;
    this.#holds = false;
    await sql`update ${sql.table(options.lockTable)} set is_locked = 0 where id = ${options.lockRowId}`.execute(db);
  }
}
