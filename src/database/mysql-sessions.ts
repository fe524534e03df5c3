/** The pool as Kysely uses it, which never hands out a connection again that may not be in order. */
import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult, MysqlStream, MysqlStreamOptions } from 'kysely';
import type { Pool, PoolConnection } from 'mysql2';
import { isAbsence } from './retry.js';

export function sessionsOf(pool: Pool): MysqlPool {
  return {
    getConnection: (callback) =>
      pool.getConnection((error, connection) =>
        // Kysely looks at the connection only where there is no error.
        callback(error, error === null ? new Session(connection) : (undefined as unknown as MysqlPoolConnection)),
      ),
    end: (callback) => pool.end(callback),
  };
}

interface Streamable {
  stream: <T>(options: MysqlStreamOptions) => MysqlStream<T>;
}

class Session implements MysqlPoolConnection {
  readonly #connection: PoolConnection;
  #broken = false;

  constructor(connection: PoolConnection) {
    this.#connection = connection;
  }

  query(sql: string, parameters: unknown[]): Streamable;
  query(sql: string, parameters: unknown[], callback: (error: unknown, result: MysqlQueryResult) => void): void;
  query(
    sql: string,
    parameters: unknown[],
    callback?: (error: unknown, result: MysqlQueryResult) => void,
  ): Streamable | undefined {
    // The driver's own types know nothing of the type of rows that Kysely gives the stream.
    if (callback === undefined) return this.#connection.query(sql, parameters) as unknown as Streamable;
    this.#connection.query(sql, parameters, (error, result) => {
      // The driver hands out rows or a summary, and so Kysely expects it.
      if (error === null) return callback(null, result as unknown as MysqlQueryResult);
      if (isAbsence(error)) this.#broken = true;
      if (sql !== 'rollback') return callback(error, []);
      // What it did is undone by closing it. The error of the transaction is the one to tell.
      this.#broken = true;
      callback(null, []);
    });
    return undefined;
  }

  release(): void {
    // A transaction that a node without quorum did not let us undo would be committed by the next `begin`.
    if (this.#broken) this.#connection.destroy();
    else this.#connection.release();
  }
}
