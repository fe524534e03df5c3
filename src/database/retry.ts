/**
 * Which database errors mean "the same transaction may succeed if it is run again from its start".
 *
 * On Galera, row locks are per node: two transactions that conflict meet only when the second commits, which then fails
 * as a deadlock. So every transaction must be ready to be run again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, StatorError } from '../error.js';

const retryableMysql = new Set([
  1213, // ER_LOCK_DEADLOCK, also a lost certification on Galera
  1205, // ER_LOCK_WAIT_TIMEOUT
  1020, // ER_CHECKREAD: the record changed since the snapshot was taken
  1412, // ER_TABLE_DEF_CHANGED: an import swapped the tables after the snapshot was taken
  1047, // the Galera node is not ready
]);

export function isRetryable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('errno' in error && typeof error.errno === 'number' && retryableMysql.has(error.errno)) return true;
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_BUSY');
}

const attempts = 30;
const firstPause = 10;
const longestPause = 2000;

/**
 * Runs `work` until it succeeds, fails for another reason, or was tried thirty times (about 40 seconds).
 *
 * @throws StatorError `database-busy` after the last attempt; other errors as they are
 */
export async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (attempt === attempts) {
        throw new StatorError({
          code: 'database-busy',
          what: `a database transaction was given up after ${attempts} attempts: ${messageOf(error)}`,
          todo: 'see what else holds locks in this database, and run the command again',
          actBy: 'admin',
          cause: error,
        });
      }
      const ceiling = Math.min(longestPause, firstPause * 2 ** attempt);
      await delay(ceiling / 2 + (Math.random() * ceiling) / 2);
    }
  }
}
