/** What the parts of execution share during one run. */
import type { Transaction } from 'kysely';
import { type ActionRow, type ActionState, changeAction, type Database, type Schema } from '../database/index.js';
import type { PluginRegistry } from '../plugin/registry.js';
import type { RetryPolicy } from './backoff.js';
import type { DeletionCheck } from './deletion-check.js';
import type { ExecutionEvent, Progress } from './events.js';
import type { Limits } from './limits.js';
import type { ExecutionSite, ExecutionSites } from './site.js';

/** Which mover serves a pair; null: the first that can. */
export type Route = (source: ExecutionSite, destination: ExecutionSite) => string | null;

export interface ExecutionOptions {
  readonly database: Database;
  readonly plugins: PluginRegistry;
  /** Seconds since the epoch. */
  readonly clock: () => number;
  /** Between 0 and 1: jitter of the pauses. */
  readonly random: () => number;
  readonly limits: Limits;
  readonly retry: RetryPolicy;
  readonly route: Route;
  readonly events: (event: ExecutionEvent) => void;
  /** Called before every call of a plugin that has an effect; it throws where this process must not have any. */
  readonly confirm: () => Promise<void>;
}

/** What may be done in this run, as the cycle found. */
export interface RunOptions {
  readonly sites: ExecutionSites;
  /** Needed to start deletions. */
  readonly check: DeletionCheck | null;
  /** Why nothing must be deleted now (I7); null where it may. */
  readonly deletionsBlocked: string | null;
  /** The generation of the inventory that the deletions were planned against; they start only while it is ours. */
  readonly generation: number;
  /** Deletions are not started after this time (seconds): the plan would be too old. */
  readonly deletionsUntil: number;
}

/** Codes of what execution itself holds; they are looked at again in every run. */
export const executionHolds = ['no-endpoint', 'no-files', 'no-mover', 'no-deleter', 'no-source', 'site-unavailable'];

export class Execution {
  readonly options: ExecutionOptions;
  readonly run: RunOptions;
  readonly database: Database;
  readonly plugins: PluginRegistry;
  /** Actions with tasks that ended, or that were called off: to be settled. */
  readonly touched = new Set<string>();
  /** The generation of the inventory that was planned against, or that we made of it since. */
  #generation: number;
  #moved = false;
  #progress = { filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 };
  #wake: (() => void) | null = null;
  #news = false;

  constructor(options: ExecutionOptions, run: RunOptions) {
    this.options = options;
    this.run = run;
    this.database = options.database;
    this.plugins = options.plugins;
    this.#generation = run.generation;
  }

  now(): number {
    return this.options.clock();
  }

  /** Why no file must be deleted now, or null. */
  deletionsBlocked(): string | null {
    return this.run.deletionsBlocked;
  }

  /** Why no deletion must be started now, or null. */
  newDeletionsBlocked(): string | null {
    if (this.run.deletionsBlocked !== null) return this.run.deletionsBlocked;
    if (this.#moved) return 'the inventory was changed from outside after it was planned with';
    return this.now() > this.run.deletionsUntil ? 'the plan is too old to delete by it' : null;
  }

  /**
   * Told the generation that a transaction of ours found when it began and left when it ended. Where somebody else
   * changed the inventory in between, what was planned to be deleted must be planned again.
   */
  changedInventory(before: number, after: number): void {
    if (before !== this.#generation) this.#moved = true;
    this.#generation = after;
  }

  /** Whether the inventory is still the one that was planned against, but for our own changes. */
  isOurs(generation: number): boolean {
    return generation === this.#generation;
  }

  inventoryMoved(): void {
    this.#moved = true;
  }

  /** Writes; again where the database was busy. */
  async write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    return await this.database.transaction(work);
  }

  async hold(action: ActionRow, code: string, message: string): Promise<void> {
    await this.write((trx) => changeAction(trx, action.id, { state: 'held', held_code: code, held_message: message }));
    this.tell(action, 'held', message);
  }

  tell(action: ActionRow, state: ActionState, message: string | null = null): void {
    this.options.events({ type: 'action', action, state, message });
  }

  addWork(files: number, bytes: number): void {
    this.#progress.filesTotal += files;
    this.#progress.bytesTotal += bytes;
    this.options.events({ type: 'progress', ...this.progress() });
  }

  didWork(files: number, bytes: number): void {
    this.#progress.filesDone += files;
    this.#progress.bytesDone += bytes;
    this.options.events({ type: 'progress', ...this.progress() });
  }

  progress(): Progress {
    return { ...this.#progress };
  }

  /** Something happened beside the scheduler: it must look again. */
  wake(): void {
    this.#news = true;
    this.#wake?.();
  }

  /** Whether {@link wake} was called since the last {@link takeNews}. */
  hasNews(): boolean {
    return this.#news;
  }

  takeNews(): void {
    this.#news = false;
  }

  /** Waits for news, at most `milliseconds`. */
  async wait(milliseconds: number): Promise<void> {
    if (this.#news) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
