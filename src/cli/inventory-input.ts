/** The inventory as a command's options and the configuration name it: a bundle, or a database. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import {
  type Database,
  loadMemory,
  migrate,
  migrationStatus,
  openDatabase,
  readBundleSnapshot,
  readBundleWithThreads,
  requireMigrated,
} from '../database/index.js';
import type { DesiredState } from '../desired/state.js';
import { StatorError } from '../error.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { CommandContext } from './command-context.js';
import { databaseUrl, readingUrl, sqliteFile } from './database-url.js';
import type { DatabaseOptions, InventoryOptions } from './options.js';
import { snapshotStore } from './snapshot-cache.js';
import type { Timings } from './timings.js';

/**
 * What a command may do to a database that is not ready for it:
 *
 * - `read`: nothing. It says what to run.
 * - `prepare`: create an embedded file that does not exist, and bring a database that was never migrated to the current
 *   schema. Somebody who starts on a laptop with `inventory import` and `reconcile` should not have to meet migrations;
 *   an *older* schema is another matter: it holds somebody's history, so `db migrate` is asked for, after a backup.
 */
export type DatabasePolicy = 'read' | 'prepare';

/** Opens the database for the length of `work`. */
export async function withInventoryDatabase<T>(
  context: CommandContext,
  options: DatabaseOptions,
  policy: DatabasePolicy,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  return await withDatabaseAt(databaseUrl(context, options), policy, work);
}

async function withDatabaseAt<T>(
  url: string,
  policy: DatabasePolicy,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const file = sqliteFile(url);
  if (policy === 'read' && file !== null && !existsSync(file)) {
    throw new StatorError({
      code: 'no-database',
      what: 'there is no inventory yet',
      where: url,
      todo: 'run `stator inventory import DIR`, or name another database with --database',
      actBy: 'admin',
    });
  }
  const database = await openDatabase(url);
  try {
    if (policy === 'prepare' && (await isUntouched(database))) await migrate(database);
    await requireMigrated(database);
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Whether no migration has ever run there. */
async function isUntouched(database: Database): Promise<boolean> {
  const status = await migrationStatus(database);
  return status.applied.length === 0;
}

function threadsOf({ threads = availableParallelism() }: InventoryOptions): number {
  return threads;
}

/** A snapshot a plan is made from, and the past that is known with it. */
export interface Observed {
  readonly snapshot: Snapshot;
  /** The open database, for what else there is to ask; null for a bundle. */
  readonly database: Database | null;
}

/** A bundle that threads may be reading already; null where they do not. */
export interface ReadAhead {
  readonly snapshot: Promise<Snapshot | null> | null;
}

/**
 * Lets threads read a bundle while `work` does what can be done without it, such as compiling the rules. When `work` fails, they
 * end.
 */
export async function whileReading<T>(
  context: CommandContext,
  options: InventoryOptions,
  clock: number,
  work: (ahead: ReadAhead) => Promise<T>,
): Promise<T> {
  const { inventory } = options;
  const threads = threadsOf(options);
  if (inventory === undefined || threads === 1) return work({ snapshot: null });
  const ended = new AbortController();
  const snapshot = readBundleWithThreads(resolve(context.host.directory, inventory), {
    clock,
    threads,
    signal: ended.signal,
  });
  try {
    // What is wrong with the bundle is told when it is asked for: the rules come first.
    snapshot.catch(() => undefined);
    return await work({ snapshot });
  } finally {
    ended.abort();
    await snapshot.catch(() => undefined);
  }
}

/**
 * Reads the inventory and hands it to `work`; a database stays open until `work` is done. The guards of `desired` say how
 * far back deletions have to be remembered; `ahead` may have the bundle, by now or soon.
 */
export async function withObserved<T>(
  context: CommandContext,
  options: InventoryOptions,
  clock: number,
  desired: DesiredState | null,
  timings: Timings,
  ahead: ReadAhead,
  work: (observed: Observed) => Promise<T>,
): Promise<T> {
  const { inventory } = options;
  if (inventory !== undefined) {
    const directory = resolve(context.host.directory, inventory);
    const allowEmpty = options.allowEmpty === true;
    const snapshot = await timings.measure(
      'load',
      async () => (await ahead.snapshot) ?? (await readBundleSnapshot(directory, { clock, allowEmpty })),
    );
    return work({ snapshot, database: null });
  }
  const url = readingUrl(context, options);
  return withDatabaseAt(url, 'read', async (database) => {
    const store = snapshotStore(context, url, options);
    const snapshot = await timings.measure('load', async () => {
      const deletionWindow = Math.max(0, ...(desired?.guards ?? []).map((guard) => guard.deletions?.per ?? 0));
      const memory = await loadMemory(database, { clock, sourceDoubt: null, deletionWindow });
      return store.load(database, { clock, memory, scan: { threads: threadsOf(options) } });
    });
    if (snapshot.datasets.count === 0) {
      context.terminal.note('note: the inventory is empty; run `stator inventory import DIR` to fill it');
    }
    const result = await work({ snapshot, database });
    // Not before: whoever waits for the result need not wait for the file.
    await timings.measure('cache', () => store.save());
    return result;
  });
}
