/**
 * The lead: only the process that holds the lease of a database plans and executes against it.
 *
 *     take      free, run out, or its holder is known to be dead; otherwise wait, or say who holds it
 *     renew     every third of a term, in the background
 *     fence     every transaction of a cycle checks the fencing number just before its commit
 *     confirm   before a plugin is called: the lease is held for a while longer, or it is renewed first
 *     release   at the end; a process that dies leaves it to run out
 *
 * The database has the last word: a renewal that comes late is good as long as nobody else has taken the lease, and a
 * process that was paused or cut off finds out at its next transaction, before anything that was to follow from it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Database,
  LeaseHeldError,
  type LeaseHolder,
  LeaseLostError,
  type LeaseState,
  releaseLease,
  renewLease,
  requireLease,
  takeLease,
} from '../database/index.js';
import { StatorError } from '../error.js';
import { fateOf } from './process-identity.js';

/** How long a lease is held without being renewed, seconds. */
export interface LeaseTerms {
  readonly working: number;
  /** While an inventory is read and planned with: that may keep this process from renewing for all of its time. */
  readonly planning: number;
}

export const leaseTerms: LeaseTerms = { working: 30, planning: 600 };

/** How long a command that runs once waits to see whether the holder is alive, in terms of work. */
const patience = 1.5;

export interface LeadOptions {
  readonly database: Database;
  readonly holder: LeaseHolder;
  readonly terms?: LeaseTerms | undefined;
  /** Waits for its turn as long as it takes. Otherwise only until it is clear that the holder is at work. */
  readonly standby: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told once of each holder that is waited for. */
  readonly waiting?: ((state: LeaseState) => void) | undefined;
}

/**
 * Takes the lead.
 *
 * @throws LeaseHeldError where another process is at work and this one does not stand by; StatorError `stopped` where
 *   the signal was aborted first
 */
export async function takeLead(options: LeadOptions): Promise<Lead> {
  const { database, holder, standby, signal, terms = leaseTerms } = options;
  const began = performance.now();
  /** The one waited for, as it was when it was met. */
  let met = { token: -1, expires: 0 };
  let dead: number | null = null;
  for (;;) {
    const asked = Now.take();
    const state = await takeLease(database, holder, terms.working, dead);
    if (state.holder?.id === holder.id) return new Lead(database, state.token, terms, asked);
    const fate = state.holder === null ? 'unknown' : fateOf(state.holder);
    dead = fate === 'dead' ? state.token : null;
    if (dead !== null) continue;
    const renewed = met.token === state.token && met.expires < state.expires;
    const waited = (performance.now() - began) / 1000;
    if (!standby && (fate === 'alive' || renewed || waited > patience * terms.working)) throw new LeaseHeldError(state);
    if (met.token !== state.token) {
      met = state;
      options.waiting?.(state);
    }
    const wait = Math.min(1, Math.max(0.02, state.remaining), terms.working / 3);
    await delay(wait * 1000, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    if (signal?.aborted === true) {
      throw new StatorError({
        code: 'stopped',
        what: 'stopped while another process reconciled this database',
        actBy: 'operator',
      });
    }
  }
}

export class Lead {
  /** The database with transactions that go through only while the lead is held. */
  readonly database: Database;
  readonly #plain: Database;
  readonly #token: number;
  readonly #terms: LeaseTerms;
  readonly #lost = new AbortController();
  #term: number;
  #renewed: Now;
  #renewing: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  /** `taken`: a moment before the database was asked for it. */
  constructor(database: Database, token: number, terms: LeaseTerms, taken: Now) {
    this.#plain = database;
    this.#token = token;
    this.#terms = terms;
    this.#term = terms.working;
    this.#renewed = taken;
    this.database = {
      ...database,
      transaction: (work) =>
        database.transaction(async (trx) => {
          const result = await work(trx);
          await this.#guard(requireLease(trx, database.dialect, token));
          return result;
        }),
    };
    // What keeps it from renewing is told by whoever next needs the database.
    this.#timer = setInterval(() => void this.#renew().catch(() => {}), (terms.working / 3) * 1000);
    this.#timer.unref();
  }

  get isLost(): boolean {
    return this.#lost.signal.aborted;
  }

  /** Aborted when it turns out that another process leads. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** From now on this process may be too busy to renew for as long as a plan takes. */
  async beginPlanning(): Promise<void> {
    await this.#setTerm(this.#terms.planning);
  }

  async endPlanning(): Promise<void> {
    await this.#setTerm(this.#terms.working);
  }

  /**
   * Returns when the lead is certain for another third of its term at least: at once where it was renewed lately.
   *
   * @throws LeaseLostError
   */
  readonly confirm = async (): Promise<void> => {
    if (this.isLost || this.#renewed.elapsed() > (this.#term * 2) / 3) await this.#renew();
  };

  /** Gives it back. Where the database cannot be reached it runs out. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing?.catch(() => {});
    if (!this.isLost) await releaseLease(this.#plain, this.#token).catch(() => {});
  }

  async #setTerm(term: number): Promise<void> {
    await this.#renewing?.catch(() => {});
    this.#term = term;
    await this.#renew();
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    const asked = Now.take();
    await this.#guard(renewLease(this.#plain, this.#token, this.#term));
    this.#renewed = asked;
  }

  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (error instanceof LeaseLostError) {
        this.#lost.abort(error);
        clearInterval(this.#timer);
      }
      throw error;
    }
  }
}

/** A moment of this process. The longer of two clocks counts: one stands still while the machine sleeps, one may be set. */
class Now {
  readonly #steady = performance.now();
  readonly #wall = Date.now();

  static take(): Now {
    return new Now();
  }

  /** Seconds since then. */
  elapsed(): number {
    return Math.max(performance.now() - this.#steady, Date.now() - this.#wall) / 1000;
  }
}
