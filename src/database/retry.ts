/**
 * Which database errors mean "the same transaction may succeed if it is run again from its start".
 *
 * On Galera, row locks are per node: two transactions that conflict meet only when the second commits, which then fails
 * as a deadlock. So every transaction must be ready to be run again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, StatorError } from '../error.js';

/** The transaction was undone, and nothing is wrong with the connection. */
const conflicts = new Set([
  1213, // ER_LOCK_DEADLOCK, also a lost certification on Galera
  1205, // ER_LOCK_WAIT_TIMEOUT
  1020, // ER_CHECKREAD: the record changed since the snapshot was taken
  1412, // ER_TABLE_DEF_CHANGED: an import swapped the tables after the snapshot was taken
]);

/** The node cannot serve us now. */
const absences = new Set([
  1047, // ER_UNKNOWN_COM_ERROR: the Galera node has no quorum, or is not ready yet
  1040, // ER_CON_COUNT_ERROR: too many connections
  1053, // ER_SERVER_SHUTDOWN
  1927, // ER_CONNECTION_KILLED (MariaDB)
  3169, // ER_SESSION_WAS_KILLED (MySQL)
  4031, // ER_CLIENT_INTERACTION_TIMEOUT (MySQL)
]);

const brokenConnections = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
]);

/** A conflict with somebody else, or a node that is not ready: running it again on the same connection may help. */
export function isRetryable(error: unknown): boolean {
  if (isConflict(error)) return true;
  return errnoOf(error) === 1047;
}

/** The transaction met another one and was undone. */
export function isConflict(error: unknown): boolean {
  return conflicts.has(errnoOf(error) ?? 0) || codeOf(error).startsWith('SQLITE_BUSY');
}

/** The server, or the way to it, is gone: another connection may help, now or later. */
export function isAbsence(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || error instanceof StatorError) return false;
  if (error instanceof AggregateError) return error.errors.some(isAbsence);
  if (absences.has(errnoOf(error) ?? 0)) return true;
  // ER_ERROR_DURING_COMMIT, when Galera cannot replicate what was written.
  if (errnoOf(error) === 1180 && /primary component/i.test(messageOf(error))) return true;
  // The driver marks its errors of connections so; others have the same codes.
  if ('fatal' in error && brokenConnections.has(codeOf(error))) return true;
  // The driver's word for a connection that was found broken before; it has no code.
  return error instanceof Error && /in closed state/.test(error.message);
}

/** What a transaction wrote is more than Galera replicates at once. */
export function isTooLarge(error: unknown): boolean {
  return errnoOf(error) === 1105 && /writeset size/i.test(messageOf(error));
}

/** Worth another try in a transaction or a read of its own: a conflict, or the absence of the database. */
export function isPassing(error: unknown): boolean {
  return isConflict(error) || isAbsence(error);
}

function errnoOf(error: unknown): number | null {
  return typeof error === 'object' && error !== null && 'errno' in error && typeof error.errno === 'number'
    ? error.errno
    : null;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

/** How long work is tried again, seconds. */
export const defaultPatience = 40;

const firstPause = 10;
const longestPause = 2000;

export interface RetryOptions {
  /** Which errors are worth another try. Default {@link isRetryable}. */
  readonly when?: (error: unknown) => boolean;
  /** Seconds. Default {@link defaultPatience}. */
  readonly patience?: number;
}

/**
 * Runs `work` until it succeeds, fails for another reason, or was tried for as long as its patience lasts, with pauses
 * that grow from 20 milliseconds to two seconds.
 *
 * @throws StatorError `database-busy` or `database-lost` after the last attempt; other errors as they are
 */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { when = isRetryable, patience = defaultPatience } = options;
  const end = performance.now() + patience * 1000;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!when(error)) throw error;
      const ceiling = Math.min(longestPause, firstPause * 2 ** attempt);
      const pause = ceiling / 2 + (Math.random() * ceiling) / 2;
      if (performance.now() + pause > end) {
        if (!isConflict(error)) throw absenceError(error);
        throw new StatorError({
          code: 'database-busy',
          what: `a database transaction was given up after ${attempt} attempts: ${messageOf(error)}`,
          todo: 'see what else holds locks in this database, and run the command again',
          actBy: 'admin',
          cause: error,
        });
      }
      await delay(pause);
    }
  }
}

/** What a person is told of a database that is gone. */
export function absenceError(error: unknown): StatorError {
  const text =
    error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error).split('\n')[0];
  return new StatorError({
    code: 'database-lost',
    what: `the database went away: ${text}`,
    todo: 'see that it runs (on Galera: that its node has the quorum), and run the command again; whatever was not committed did not happen',
    actBy: 'admin',
    cause: error,
  });
}

/**
 * A commit that was not answered: the transaction may have happened or not. It must not be run again blindly; whoever
 * asked for it looks at the database first, as after the end of the process.
 */
export function unknownOutcome(error: unknown): StatorError {
  return new StatorError({
    code: 'database-lost',
    what: `the database went away while a transaction was committed: ${messageOf(error).split('\n')[0]}`,
    todo: 'run the command again: it finds out whether it was',
    actBy: 'admin',
    cause: error,
  });
}
