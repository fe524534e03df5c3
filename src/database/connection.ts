/**
 * Opening a database: SQLite on a laptop, MySQL or MariaDB (also Galera) in production, one schema on both.
 */
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, MysqlDialect, sql, type Transaction } from 'kysely';
import { createPool, type Pool, type PoolOptions } from 'mysql2';
import { messageOf, StatorError } from '../error.js';
import { LeasedMysqlAdapter } from './mysql-adapter.js';
import { sessionsOf } from './mysql-sessions.js';
import { defaultPatience, isAbsence, isPassing, unknownOutcome, withRetries } from './retry.js';
import type { Schema } from './schema.js';
import { ImmediateSqliteDialect } from './sqlite-dialect.js';

export type Dialect = 'sqlite' | 'mysql';

const strictMode =
  'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

export interface DatabaseOptions {
  /** Default {@link defaultPatience}. */
  readonly patience?: number;
}

const unknownVariable = 1193;

/** How long a transaction that has written may do nothing, seconds. */
const idleTransaction = 60;

/**
 * After how long without a word the system asks whether the server's machine is still there, milliseconds. It gives up ten
 * seconds later; by default it would ask after two hours.
 */
const silence = 15_000;

interface DatabaseBase {
  readonly kysely: Kysely<Schema>;
  /** The address without the password. */
  readonly url: string;
  /** How long work is tried again while the database is busy or away, seconds. */
  readonly patience: number;
  /**
   * Runs `work` in a transaction; the whole of it again, for as long as the patience lasts and with growing pauses, when
   * the database reports a deadlock, a lost certification (also at the commit) or a lock timeout, or is not there before
   * the commit was asked for. `work` must have no effect but on `trx`.
   *
   * @throws StatorError `database-busy`, `database-lost`
   */
  transaction<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The driver's own handle is there for the bulk paths of this folder only. */
export type Database = DatabaseBase &
  (
    | { readonly dialect: 'sqlite'; readonly handle: BetterSqlite3.Database }
    | { readonly dialect: 'mysql'; readonly bulkPool: Pool }
  );

export type SqliteDatabase = Extract<Database, { dialect: 'sqlite' }>;
export type MysqlDatabase = Extract<Database, { dialect: 'mysql' }>;

/**
 * Opens `sqlite:PATH` (made with its directory if it is not there; `sqlite::memory:` for one that lives as long as the
 * process) or `mysql://user:password@host:port/name`, and checks that it answers. Does not look at the schema: see
 * `requireMigrated`.
 *
 * @throws StatorError `database-url`, `database-unreachable`
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const patience = options.patience ?? defaultPatience;
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length), patience);
  if (url.startsWith('mysql:')) return openMysql(url, patience);
  throw new StatorError({
    code: 'database-url',
    what: `a database address starts with sqlite: or mysql://, not with ${JSON.stringify(url.split(':')[0])}`,
    where: 'database.url',
    todo: 'write sqlite:PATH or mysql://user:password@host:port/name',
    actBy: 'admin',
  });
}

function openSqlite(path: string, patience: number): SqliteDatabase {
  const file = path === ':memory:' ? path : resolve(path);
  const where = `sqlite:${path}`;
  if (path === '') {
    throw new StatorError({
      code: 'database-url',
      what: 'the database address names no file',
      where,
      todo: 'write sqlite:PATH',
      actBy: 'admin',
    });
  }
  let handle: BetterSqlite3.Database;
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    // The driver waits for a lock inside the call, while the event loop (and with it a holder of the lock in this
    // process) stands still: short here, run again by `transaction`.
    handle = new BetterSqlite3(file, { timeout: 200 });
    // The first statement that reads the file: a file that is no database fails here.
    handle.pragma('journal_mode = WAL');
    // An intent must be on the disk before its effect, so every commit is synced.
    handle.pragma('synchronous = FULL');
    handle.pragma('foreign_keys = ON');
    handle.pragma('temp_store = MEMORY');
    handle.pragma('cache_size = -65536');
    // A large import leaves a large log behind: it is cut back to this at the next checkpoint.
    handle.pragma('journal_size_limit = 67108864');
  } catch (error) {
    throw unreachable(where, error, 'check database.url and the permissions of the file and its directory');
  }
  const kysely = new Kysely<Schema>({ dialect: new ImmediateSqliteDialect({ database: handle }) });
  const close = async () => {
    await kysely.destroy();
    // Kysely closes only what it has used.
    handle.close();
  };
  return { ...common(kysely, patience), dialect: 'sqlite', handle, url: where, close };
}

async function openMysql(text: string, patience: number): Promise<MysqlDatabase> {
  const address = parseMysqlUrl(text);
  const where = `mysql://${encodeURIComponent(address.user)}@${address.host}:${address.port}/${address.database}`;
  const pool = createSessionPool(address, {
    connectionLimit: 10,
    // The driver's own parser of floating-point text is off by a bit for one number in sixty.
    typeCast: (field, next) => {
      if (field.type !== 'DOUBLE') return next();
      const text = field.string();
      return text === null ? null : Number(text);
    },
  });
  // Statements of the bulk paths are prepared, so that values come in binary, where nothing must be cast.
  const bulkPool = createSessionPool(address, { connectionLimit: 6 });
  const adapter = new LeasedMysqlAdapter();
  const kysely = new Kysely<Schema>({
    dialect: Object.assign(new MysqlDialect({ pool: sessionsOf(pool) }), { createAdapter: () => adapter }),
  });
  const close = async () => {
    await kysely.destroy();
    await new Promise<void>((done, fail) => bulkPool.end((error) => (error ? fail(error) : done())));
  };
  try {
    // Through Kysely, which closes only what it has used.
    await sql`select 1`.execute(kysely);
  } catch (error) {
    await close();
    throw unreachable(where, error, todoFor(error, address.database));
  }
  return { ...common(kysely, patience), dialect: 'mysql', bulkPool, url: where, close };
}

function createSessionPool(address: MysqlAddress, options: PoolOptions): Pool {
  const pool = createPool({
    host: address.host.replace(/^\[|\]$/g, ''),
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    charset: 'utf8mb4',
    timezone: 'Z',
    // A BIGINT beyond 2^53 arrives as a string instead of a rounded number.
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: 10_000,
    keepAliveInitialDelay: silence,
    ...options,
  });
  pool.on('connection', (connection) => {
    // A process that is paused or cut off in the middle of a transaction must not hold its locks, that of the lease among
    // them, until the server finds the connection dead, which can take hours. Only MariaDB can be asked to end it.
    const patience = `/*M!100300 , idle_write_transaction_timeout = ${idleTransaction} */`;
    connection.query(
      `set session sql_mode = '${strictMode}', time_zone = '+00:00', lock_wait_timeout = 120 ${patience}`,
    );
    // Every statement sees what was committed before it began. A transaction that waits for the lock of a dataset reads
    // the dataset's copies only then, and must not see them as they were before it waited.
    connection.query('set session transaction isolation level read committed');
    // On Galera a node may not yet have applied what was committed on another. Every reading statement and every
    // transaction waits for it, so that it does not matter which node a connection leads to. Other servers do not know
    // the variable, or do nothing with it.
    connection.query('set session wsrep_sync_wait = 1', (error) => {
      if (error !== null && error.errno !== unknownVariable) connection.destroy();
    });
  });
  return pool;
}

function common(kysely: Kysely<Schema>, patience: number): Pick<DatabaseBase, 'kysely' | 'transaction' | 'patience'> {
  const once = async <T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> => {
    let committing = false;
    try {
      return await kysely.transaction().execute(async (trx) => {
        const result = await work(trx);
        committing = true;
        return result;
      });
    } catch (error) {
      // A conflict is undone for certain; anything else may have reached the others.
      if (committing && isAbsence(error)) throw unknownOutcome(error);
      throw error;
    }
  };
  return { kysely, patience, transaction: (work) => withRetries(() => once(work), { when: isPassing, patience }) };
}

interface MysqlAddress {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

function parseMysqlUrl(text: string): MysqlAddress {
  // The address itself is never shown: it may hold a password.
  const wrong = (what: string) =>
    new StatorError({
      code: 'database-url',
      what,
      where: 'database.url',
      todo: 'write mysql://user:password@host:port/name, with special characters of user and password percent-encoded',
      actBy: 'admin',
    });
  if (!URL.canParse(text)) throw wrong('the database address is not a URL');
  const url = new URL(text);
  if (url.hostname === '') throw wrong('the database address names no host');
  if (url.username === '') throw wrong('the database address names no user');
  if (url.search !== '' || url.hash !== '')
    throw wrong('the database address has parameters, which are not known here');
  const database = decode(url.pathname.slice(1));
  if (database === null || database === '' || database.includes('/')) {
    throw wrong('the database address names no database');
  }
  const user = decode(url.username);
  const password = decode(url.password);
  if (user === null || password === null) throw wrong('the user or password of the database address is badly encoded');
  return { user, password, host: url.hostname, port: url.port === '' ? 3306 : Number(url.port), database };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function unreachable(where: string, error: unknown, todo: string): StatorError {
  return new StatorError({
    code: 'database-unreachable',
    what: `the database cannot be opened: ${describe(error)}`,
    where,
    todo,
    actBy: 'admin',
    cause: error,
  });
}

/** A refused connection to a name with several addresses is an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return messageOf(error);
}

function todoFor(error: unknown, database: string): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ER_BAD_DB_ERROR') {
    return `create it: CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4, and run \`stator db migrate\``;
  }
  if (code === 'ER_ACCESS_DENIED_ERROR' || code === 'ER_DBACCESS_DENIED_ERROR') {
    return 'check the user and password of database.url and what they are granted';
  }
  return 'check database.url and whether the server runs and can be reached from here';
}
