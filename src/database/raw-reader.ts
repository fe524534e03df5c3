/**
 * Reading many rows: straight from the driver, as arrays, one at a time. Kysely's own streams cost about four times the
 * processor time of the driver's.
 */
import type { Database as SqliteHandle } from 'better-sqlite3';
import type { Pool, PoolConnection } from 'mysql2';
import type { Database } from './connection.js';
import { isPassing, withRetries } from './retry.js';

class OvertakenRead extends Error {
  constructor() {
    super('the inventory was replaced while it was being read');
  }
}

/** A value as both drivers hand it out. A BIGINT beyond 2^53 is a string on MySQL: see {@link wholeNumber}. */
export type RawValue = string | number | null;
export type RawRow = readonly RawValue[];

export interface RawReader {
  /** Calls `take` for every row. `?` in the statement stands for the values. */
  each(sql: string, values: readonly RawValue[], take: (row: RawRow) => void): Promise<void>;
}

/**
 * Lets `work` read from one consistent state of the database, however long it takes and whatever others write. It may
 * be run again from its start (see `transaction`). Not inside of a transaction: on SQLite it would wait for itself.
 */
export async function withConsistentRead<T>(db: Database, work: (reader: RawReader) => Promise<T>): Promise<T> {
  if (db.dialect === 'sqlite') {
    return db.kysely.connection().execute(async () => {
      db.handle.exec('begin');
      try {
        return await work(sqliteReader(db.handle));
      } finally {
        db.handle.exec('rollback');
      }
    });
  }
  const again = { when: (error: unknown) => isPassing(error) || error instanceof OvertakenRead, patience: db.patience };
  const read = () =>
    withConnection(db.bulkPool, async (connection) => {
      const reader = mysqlReader(connection);
      await mysqlRun(connection, 'set transaction isolation level repeatable read');
      await mysqlRun(connection, 'start transaction with consistent snapshot');
      // An import swaps all tables at once. Reading from one of them keeps it from doing so until we are done; had it
      // done so since the line above, this fails, and all is run again.
      let seen = false;
      await reader.each('select generation from inventory_state', [], () => {
        seen = true;
      });
      // The table came in between, with rows that are younger than what we see.
      if (!seen) throw new OvertakenRead();
      try {
        return await work(reader);
      } finally {
        await mysqlRun(connection, 'rollback');
      }
    });
  return withRetries(read, again);
}

export function sqliteReader(handle: SqliteHandle): RawReader {
  return {
    each: async (sql, values, take) => {
      for (const row of handle
        .prepare(sql)
        .raw()
        .iterate(...values)) {
        // `raw` rows are arrays.
        take(row as RawRow);
      }
    },
  };
}

export function mysqlReader(connection: PoolConnection): RawReader {
  return {
    each: (sql, values, take) =>
      new Promise<void>((done, fail) => {
        let failure: unknown;
        // Of a connection that is lost between two rows the driver tells the connection, and not what reads from it.
        connection.once('error', fail);
        connection
          // Prepared, so that values come in binary: exact, and half the work of text.
          .execute({ sql, rowsAsArray: true, values: [...values] })
          .on('result', (row) => {
            if (failure !== undefined) return;
            try {
              take(row as unknown as RawRow);
            } catch (error) {
              failure = error;
            }
          })
          .on('error', fail)
          .on('end', () => {
            connection.off('error', fail);
            if (failure === undefined) done();
            else fail(failure);
          });
      }),
  };
}

/** Runs one statement; the number of rows it affected. */
export function mysqlRun(connection: PoolConnection, sql: string, values: readonly RawValue[] = []): Promise<number> {
  return new Promise((done, fail) => {
    connection.query(sql, [...values], (error, result) => {
      if (error !== null) fail(error);
      else done('affectedRows' in result ? result.affectedRows : 0);
    });
  });
}

/** A connection that nobody else uses meanwhile. It goes back to the pool, or is closed when `work` failed. */
export async function withConnection<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  const connection = await takeConnection(pool);
  try {
    const result = await work(connection);
    connection.release();
    return result;
  } catch (error) {
    // Whatever state it is in (an open transaction, changed session variables) ends with it.
    connection.destroy();
    throw error;
  }
}

export function takeConnection(pool: Pool): Promise<PoolConnection> {
  return new Promise((done, fail) => {
    pool.getConnection((error, connection) => (error === null ? done(connection) : fail(error)));
  });
}

/** A count or a size. Sums beyond 2^53 are rounded to what a number holds. */
export function wholeNumber(value: RawValue | undefined): number {
  return value === null || value === undefined ? 0 : Number(value);
}
