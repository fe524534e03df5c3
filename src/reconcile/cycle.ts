/** What a cycle is given and what it hands back. */
import type { Database, SnapshotStore } from '../database/index.js';
import type { DesiredState } from '../desired/state.js';
import type { Diagnostic } from '../diagnostic.js';
import type { StatorError } from '../error.js';
import type { ExecutionEvent, Limits, Progress, RecordOutcome, RetryPolicy, Route } from '../execution/index.js';
import type { PlanMemory, PlanResult } from '../planning/index.js';
import type { PluginRegistry } from '../plugin/registry.js';
import type { DocumentStoreOptions } from '../source/index.js';
import type { Lead } from './lead.js';
import type { CompiledRules } from './read-source.js';

/** Where the desired state is. */
export type CycleSource =
  | { readonly kind: 'directory'; readonly directory: string }
  | {
      readonly kind: 'repository';
      readonly url: string;
      readonly ref: string;
      readonly path: string | null;
      readonly cacheDir: string;
      /** Only commits with a good signature are acted upon. */
      readonly verify?: { readonly allowedSignersFile?: string } | undefined;
    };

export type CycleEvent =
  | { readonly type: 'step'; readonly step: string }
  | { readonly type: 'plan'; readonly result: PlanResult }
  | ExecutionEvent;

export interface CycleContext {
  readonly database: Database;
  /** Loads the inventory, knowing what it loaded before; without it, every cycle reads all of it. */
  readonly snapshots?: SnapshotStore | undefined;
  readonly source: CycleSource;
  /** Where documents are kept that were read; without it every new commit is read as a whole. */
  readonly documents?: DocumentStoreOptions | null | undefined;
  readonly plugins: PluginRegistry;
  /** Held by whoever runs several cycles; without it the cycle takes the lead itself, and gives it back at its end. */
  readonly lead?: Lead | undefined;
  /** Kept by whoever runs several cycles. */
  readonly rules?: CompiledRules | undefined;
  /** The same: what one plan leaves to the next. */
  readonly planMemory?: PlanMemory | undefined;
  /** Seconds since the epoch; constant where a cycle is to run at a given time. */
  readonly clock: () => number;
  /** Between 0 and 1; jitter of retries. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Plans and writes nothing at all. */
  readonly dryRun?: boolean | undefined;
  readonly decisions?: boolean | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  readonly route?: Route | undefined;
  /** Ends the cycle: nothing more is begun, and what runs in this process gets `grace` seconds (default 10). */
  readonly signal?: AbortSignal | undefined;
  readonly grace?: number | undefined;
  /** Transfers under way are left to the next cycle after this many seconds; without it the cycle waits for them. */
  readonly atMost?: number | undefined;
  readonly events?: ((event: CycleEvent) => void) | undefined;
  /** Told how long each step took, where the caller wants to know. */
  readonly measure?: (<T>(phase: string, work: () => Promise<T>) => Promise<T>) | undefined;
  /** The same for the parts of planning, which do not wait for anything. */
  readonly measurePart?: (<T>(phase: string, work: () => T) => T) | undefined;
}

export interface CycleOutcome {
  /** The row in `cycles`; null for a dry run. */
  readonly cycle: number | null;
  readonly desired: DesiredState | null;
  readonly result: PlanResult | null;
  /** Why there is no plan: the source cannot be read, is not valid, or planning failed. */
  readonly error: StatorError | null;
  /** Errors of the desired state, all of them, where it is not valid; its warnings stand in the plan. */
  readonly diagnostics: readonly Diagnostic[];
  readonly recorded: RecordOutcome | null;
  readonly progress: Progress;
  readonly actions: {
    /** Finished in this cycle. */
    readonly done: number;
    readonly failed: number;
    readonly cancelled: number;
    /** Open at its end. */
    readonly held: number;
    /** Held ones that only a person can release: an approval, a missing endpoint, unknown files. */
    readonly waitingForPerson: number;
    /** Waiting for the time of their next attempt. */
    readonly retrying: number;
    /** Begun and not finished, or not begun yet. */
    readonly underWay: number;
  };
  /**
   * 0: all it started is done. 1: no plan could be made. 2: something is under way or will be tried again by itself.
   * 3: something waits for a person or failed for good. Of a dry run: that of the plan.
   */
  readonly exitCode: 0 | 1 | 2 | 3;
}
