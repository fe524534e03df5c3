/**
 * The invariants, asked again in the transaction that starts a deletion. Who asks (execution) knows the rows as they are
 * at that moment; who answers knows the desired state and shares its code with planning.
 */
import type { RuleRef } from '../desired/state.js';
import type { Held } from '../planning/plan.js';
import type { LoopMemory, OpenAction, Snapshot } from '../snapshot/snapshot.js';

export interface DeletionToCheck {
  readonly dataset: string;
  readonly site: string;
  /** Block names, sorted. */
  readonly blocks: readonly string[];
  readonly rule: RuleRef;
}

export interface DeletionCheck {
  /**
   * What the loop remembers, for the snapshot of one dataset.
   *
   * @param openActions those of the dataset that are open now, without the deletion that is to start
   */
  memory(dataset: string, openActions: readonly OpenAction[]): LoopMemory;
  /**
   * Why the deletion must not start, or null.
   *
   * @param snapshot of the one dataset, as it is inside the transaction
   */
  refuse(snapshot: Snapshot, deletion: DeletionToCheck): Held | null;
}
