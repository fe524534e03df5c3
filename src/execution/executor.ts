/**
 * Drives recorded actions until nothing can make progress now.
 *
 *     planned -> ready -> running -> done
 *                 |         |-> retrying (not before T) -> ready
 *                 |         |-> failed (every source failed for good)
 *                 |-> held (released by its cause going away)
 *                 |-> cancelled (no longer desired; the opposite was planned; replica vanished)
 *
 * All state is in the database; what is in memory can be rebuilt from there and from the plugins. One scheduler makes
 * every decision, one after the other; calls of plugins run beside it, so that a slow one holds up nobody else.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { changeAction, type Database, listActions, openStates } from '../database/index.js';
import type { PluginRegistry } from '../plugin/registry.js';
import { defaultRetry, type RetryPolicy } from './backoff.js';
import { Deletions } from './deletions.js';
import type { ExecutionEvent, Progress } from './events.js';
import { Execution, executionHolds, type Route, type RunOptions } from './execution.js';
import { defaultLimits, type Limits } from './limits.js';
import { settleActions, touchOpenActions } from './settle.js';
import { startActions } from './start-actions.js';
import { Transfers } from './transfers.js';

export interface ExecutorOptions {
  readonly database: Database;
  readonly plugins: PluginRegistry;
  /** Seconds since the epoch. */
  readonly clock: () => number;
  /** Between 0 and 1: jitter of the pauses. */
  readonly random: () => number;
  readonly limits?: Partial<Limits> | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Which mover serves a pair of sites; null (the default): the first, in the order of the configuration, that can. */
  readonly route?: Route | undefined;
  readonly events?: ((event: ExecutionEvent) => void) | undefined;
  /** Called before every call of a plugin that has an effect; it throws where this process must not have any. */
  readonly confirm?: (() => Promise<void>) | undefined;
}

export interface DriveOptions extends RunOptions {
  /** Ends the run: nothing more is begun; what runs in this process gets `grace` seconds. */
  readonly signal?: AbortSignal | undefined;
  readonly grace?: number | undefined;
  /** The run ends after this many seconds even if transfers are under way; the next one goes on with them. */
  readonly atMost?: number | undefined;
}

/** The longest wait for news, milliseconds: retries come due and plugins recover without telling. */
const longestWait = 5000;

/** Milliseconds between two rounds of the scheduler: what happens in between is taken together. */
const roundTime = 20;

/**
 * Runs recorded actions until all are finished, held, or waiting for a later time.
 *
 * @returns the files and bytes of this run
 * @throws whatever the database throws; nothing that a plugin does
 */
export async function drive(options: ExecutorOptions, run: DriveOptions): Promise<Progress> {
  const execution = new Execution(
    {
      database: options.database,
      plugins: options.plugins,
      clock: options.clock,
      random: options.random,
      limits: { ...defaultLimits, ...options.limits },
      retry: { ...defaultRetry, ...options.retry },
      route: options.route ?? (() => null),
      events: options.events ?? (() => undefined),
      confirm: options.confirm ?? (async () => {}),
    },
    run,
  );
  const calls = new Calls(execution);
  const transfers = new Transfers(execution, (work) => calls.add(work));
  const deletions = new Deletions(execution, (work) => calls.add(work));
  const endNews = options.plugins.onNews(() => {
    transfers.expectNews();
    execution.wake();
  });
  const stop = (): void => execution.wake();
  run.signal?.addEventListener('abort', stop);
  const endAt = performance.now() + (run.atMost ?? Number.POSITIVE_INFINITY) * 1000;
  let stopAt = Number.POSITIVE_INFINITY;
  const rounds = new Rounds(execution, transfers, deletions);
  try {
    await releaseExecutionHolds(execution);
    await touchOpenActions(execution);
    await transfers.recall();
    for (;;) {
      calls.rethrow();
      // At the end of its time a run leaves what is under way to the next one; told to stop, it gives it the grace.
      const stopping = run.signal?.aborted === true || performance.now() >= endAt;
      const left = run.signal?.aborted === true ? (run.grace ?? 0) * 1000 : 0;
      if (stopping) stopAt = Math.min(stopAt, performance.now() + left);
      execution.takeNews();
      const roundEnd = performance.now() + roundTime;
      const progressed = await rounds.next(stopping);
      // What happened during the round may have been missed by parts of it.
      if (progressed || execution.hasNews()) {
        await delay(Math.max(0, roundEnd - performance.now()));
        continue;
      }
      const busy = calls.pending > 0 || transfers.active > 0 || deletions.active > 0;
      if (!busy || (stopping && calls.pending === 0 && performance.now() >= stopAt)) break;
      const until = [transfers.untilPoll(), deletions.untilConfirm()].filter((one) => one !== null);
      await execution.wait(
        Math.max(1, Math.min(longestWait, ...until, stopping ? stopAt - performance.now() : longestWait)),
      );
    }
    await settleActions(execution);
  } finally {
    run.signal?.removeEventListener('abort', stop);
    endNews();
    await calls.ended();
  }
  return execution.progress();
}

/** The rounds of the scheduler. What need not be looked at every time is looked at when there is a reason, or now and then. */
class Rounds {
  readonly #execution: Execution;
  readonly #transfers: Transfers;
  readonly #deletions: Deletions;
  #lastFull = Number.NEGATIVE_INFINITY;
  #start = true;

  constructor(execution: Execution, transfers: Transfers, deletions: Deletions) {
    this.#execution = execution;
    this.#transfers = transfers;
    this.#deletions = deletions;
  }

  /** @returns whether anything changed, so that another round is worth while */
  async next(stopping: boolean): Promise<boolean> {
    const execution = this.#execution;
    const full = performance.now() - this.#lastFull >= longestWait;
    if (full) this.#lastFull = performance.now();
    let progressed = false;
    if (full || this.#transfers.hasLost()) await this.#transfers.recover();
    if (full) await this.#deletions.recover();
    await cancelTransfers(execution, this.#transfers);
    const ended = await settleActions(execution);
    if (!stopping) {
      // An action that ended makes room, or lets its opposite begin.
      if (full || ended || this.#start) {
        this.#start = await startActions(execution);
        progressed = this.#start;
      }
      progressed = (await this.#transfers.submit()) || progressed;
      progressed = (await this.#deletions.submit()) || progressed;
    }
    await this.#transfers.poll();
    await this.#deletions.confirm();
    return progressed || ended;
  }
}

async function cancelTransfers(execution: Execution, transfers: Transfers): Promise<void> {
  for (const action of await listActions(execution.database.kysely, { states: openStates, calledOff: true })) {
    if (action.expanded === 0) continue;
    execution.touched.add(action.id);
    await transfers.cancel(action.id);
  }
}

/** What execution itself held may be possible now; where it is not, it is held again with the reason of today. */
async function releaseExecutionHolds(execution: Execution): Promise<void> {
  const held = await listActions(execution.database.kysely, { states: ['held'], heldCodes: executionHolds });
  for (const action of held) {
    await execution.write((trx) =>
      changeAction(trx, action.id, {
        state: action.expanded === 1 ? 'ready' : 'planned',
        held_code: null,
        held_message: null,
      }),
    );
  }
}

/** Calls of plugins that run beside the scheduler. */
class Calls {
  readonly #execution: Execution;
  readonly #pending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(execution: Execution) {
    this.#execution = execution;
  }

  get pending(): number {
    return this.#pending.size;
  }

  add(work: Promise<void>): void {
    const guarded: Promise<void> = work
      // Plugins are contained: what comes out here is the database's, or a defect.
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#pending.delete(guarded);
        this.#execution.wake();
      });
    this.#pending.add(guarded);
  }

  rethrow(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  async ended(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
