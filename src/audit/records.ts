/**
 * What the database remembers of the past, as the rest of the program sees it. Names, not ids: what was done outlives
 * the inventory. Times are seconds since the epoch, sizes bytes.
 */
import type { ActionState, TaskState } from '../database/execution-tables.js';
import type { TaskError } from '../database/tasks.js';
import type { RuleRef } from '../desired/state.js';
import type { ActionType } from '../snapshot/snapshot.js';

export const actionStates: readonly ActionState[] = [
  'planned',
  'ready',
  'running',
  'retrying',
  'held',
  'done',
  'failed',
  'cancelled',
];

export interface ActionRecord {
  readonly id: string;
  readonly type: ActionType;
  readonly dataset: string;
  /** Block names, sorted; null: the whole dataset replica. */
  readonly blocks: readonly string[] | null;
  readonly site: string;
  readonly sources: readonly string[];
  readonly owner: string;
  readonly bytes: number;
  readonly files: number;
  readonly cause: string;
  readonly rule: RuleRef;
  readonly reason: string;
  /** Of the desired state that decided it; null for a directory. */
  readonly commit: string | null;
  readonly author: string | null;
  readonly cycle: number;
  readonly planDigest: string;
  readonly state: ActionState;
  readonly held: { readonly code: string; readonly message: string } | null;
  /** Why it is to be called off, or was. */
  readonly cancelReason: string | null;
  readonly error: string | null;
  readonly notBefore: number;
  readonly created: number;
  readonly started: number | null;
  readonly finished: number | null;
  readonly tasks: TaskCounts;
}

/** How many of an action's tasks are in which state; empty until it has any. */
export type TaskCounts = Readonly<Partial<Record<TaskState, number>>>;

export interface TaskRecord {
  readonly id: string;
  readonly action: string;
  readonly block: string;
  /** Logical file name. */
  readonly file: string;
  readonly size: number;
  readonly site: string;
  readonly sourceSite: string | null;
  readonly state: TaskState;
  readonly attempts: number;
  readonly notBefore: number;
  readonly finished: number | null;
  /** Every error of every attempt, oldest first, in full. */
  readonly errors: readonly TaskError[];
}

export interface CycleRecord {
  readonly id: number;
  readonly started: number;
  readonly finished: number | null;
  readonly outcome: string;
  readonly clock: number;
  readonly commit: string | null;
  readonly ref: string | null;
  readonly author: string | null;
  readonly committedAt: string | null;
  readonly digest: string | null;
  readonly generation: number | null;
  /** The plan's summary; null where the cycle did not get that far. */
  readonly summary: CycleSummary | null;
  readonly error: string | null;
}

export interface CycleTally {
  readonly actions: number;
  readonly bytes: number;
}

export interface CycleSummary {
  readonly copy: CycleTally;
  readonly delete: CycleTally;
  readonly reassign: CycleTally;
  readonly held: CycleTally;
  readonly deferred: CycleTally;
  readonly unsatisfied: number;
}
