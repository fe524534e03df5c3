/**
 * The lease of a database: a row that says which process plans and executes, until when, and under which fencing
 * number.
 *
 * No GET_LOCK, which is per node on Galera. All times are of the database's clock, so that those of the processes do not
 * matter; the nodes of a cluster must agree within a few seconds. Every transaction of the holder changes the row under
 * its own fencing number ({@link requireLease}): once another process has taken the lease, with a higher number, such a
 * transaction finds nothing to change, and one that ran at the same time loses, by a row lock on one server, by
 * certification on a cluster.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { StatorError } from '../error.js';
import type { Database, Dialect } from './connection.js';
import type { Schema } from './schema.js';

/** Who wants to hold a lease. */
export interface LeaseHolder {
  /** New in every process. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Tells this process from all others, also of other machines; null where that cannot be known. */
  readonly process: string | null;
}

export interface LeaseState {
  readonly token: number;
  /** null where nobody holds it. */
  readonly holder: LeaseHolder | null;
  /** Seconds since it was taken. */
  readonly age: number;
  /** Seconds until it runs out; negative afterwards. */
  readonly remaining: number;
  /** When it runs out, by the database's clock: later whenever it was renewed. */
  readonly expires: number;
}

const leaseName = 'reconcile';

/** Another process holds the lease. */
export class LeaseHeldError extends StatorError {
  constructor(state: LeaseState) {
    super({
      code: 'lease-held',
      what: `another process reconciles this database: ${describeHolder(state)}`,
      todo: 'wait for its end, or stop it; the lease of a process that died runs out by itself',
      actBy: 'admin',
    });
  }
}

/** This process held the lease and does not any more: it must not begin anything. */
export class LeaseLostError extends StatorError {
  constructor(state: LeaseState) {
    super({
      code: 'lease-lost',
      what: `this process could not renew its lease of the database in time; ${takenBy(state)}`,
      todo: 'nothing: what was under way is looked after by that process; see what paused this one or cut it off',
      actBy: 'admin',
    });
  }
}

function takenBy(state: LeaseState): string {
  return state.holder === null
    ? 'another process took it, and has ended since'
    : `it was taken by ${describeHolder(state)}`;
}

/** Such as `process 4711 on host a, since 12 s`. */
export function describeHolder({ holder, age }: LeaseState): string {
  if (holder === null) return 'nobody';
  return `process ${holder.pid} on ${holder.host}, since ${Math.max(0, Math.round(age))} s`;
}

/**
 * Takes the lease for `term` seconds if it is free, has run out, is the holder's already, or is still the one of
 * `token` `dead`, whose holder is known to have died.
 *
 * @returns the state afterwards: it was taken if the holder in it is `holder`
 */
export async function takeLease(
  database: Database,
  holder: LeaseHolder,
  term: number,
  dead: number | null,
): Promise<LeaseState> {
  const now = clockOf(database.dialect);
  return await database.transaction(async (trx) => {
    await trx
      .updateTable('leases')
      .set((eb) => ({
        token: eb('token', '+', 1),
        holder: holder.id,
        host: holder.host,
        pid: holder.pid,
        process: holder.process,
        taken: now,
        expires: sql<number>`${now} + ${term}`,
      }))
      .where('name', '=', leaseName)
      .where((eb) =>
        eb.or([
          eb('expires', '<=', now),
          eb('holder', 'in', ['', holder.id]),
          ...(dead === null ? [] : [eb('token', '=', dead)]),
        ]),
      )
      .execute();
    return await readLease(trx, database.dialect);
  });
}

/**
 * Holds the lease for `term` more seconds from now. One that has run out is renewed as well, as long as nobody took it.
 *
 * @throws LeaseLostError
 */
export async function renewLease(database: Database, token: number, term: number): Promise<void> {
  await database.transaction(async (trx) => {
    await requireLease(trx, database.dialect, token);
    await trx
      .updateTable('leases')
      .set({ expires: sql<number>`${clockOf(database.dialect)} + ${term}` })
      .where('name', '=', leaseName)
      .execute();
  });
}

/** Gives the lease back, if it is still held under `token`. */
export async function releaseLease(database: Database, token: number): Promise<void> {
  await database.transaction((trx) =>
    trx
      .updateTable('leases')
      .set({ holder: '', expires: 0 })
      .where('name', '=', leaseName)
      .where('token', '=', token)
      .execute(),
  );
}

/**
 * Lets a transaction through only while the lease is held under `token`. Called last, so that the row is locked between
 * this and the commit only.
 *
 * @throws LeaseLostError
 */
export async function requireLease(trx: Kysely<Schema>, dialect: Dialect, token: number): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('leases')
    .set((eb) => ({ uses: eb('uses', '+', 1) }))
    .where('name', '=', leaseName)
    .where('token', '=', token)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new LeaseLostError(await readLease(trx, dialect));
}

export async function readLease(db: Kysely<Schema>, dialect: Dialect): Promise<LeaseState> {
  const now = clockOf(dialect);
  const row = await db
    .selectFrom('leases')
    .select(['token', 'holder', 'host', 'pid', 'process', 'expires'])
    .select([
      sql<number | null>`case when expires = 0 then null else expires - ${now} end`.as('remaining'),
      sql<number>`${now} - taken`.as('age'),
    ])
    .where('name', '=', leaseName)
    .executeTakeFirstOrThrow();
  return {
    token: Number(row.token),
    holder: row.holder === '' ? null : { id: row.holder, host: row.host, pid: row.pid, process: row.process },
    age: row.age,
    remaining: row.remaining ?? 0,
    expires: row.expires,
  };
}

/** Seconds since the epoch, in fractions, by the database's clock. */
function clockOf(dialect: Dialect): RawBuilder<number> {
  // `+ 0e0`: a DECIMAL would arrive as text.
  return dialect === 'sqlite' ? sql<number>`unixepoch('now', 'subsec')` : sql<number>`(unix_timestamp(now(3)) + 0e0)`;
}
