/**
 * What one plan leaves to the next, so that planning again costs less. Whoever plans again and again keeps one of these
 * and hands it to every plan; what comes out is byte for byte what a plan without it gives.
 *
 * Nothing is used that is not known to be the same (docs/adr/0020-what-a-plan-may-keep.md):
 *
 * - the **whole plan**, where the rules, the inventory and the memory of the loop are the same and no moment has passed at
 *   which anything that was asked of the clock turns;
 * - **answers of conditions** that read nothing but a dataset's row and the clock, for datasets whose row is the same;
 * - **counts, first evaluations** of Retentions **and actions**, for datasets of which nothing has changed.
 */
import type { DesiredState } from '../desired/state.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { ActionsBefore } from './actions-before.js';
import { DigestHead } from './canonical-json.js';
import { KeptCounts } from './counts.js';
import { DatasetAnswers } from './dataset-answers.js';
import type { PlanResult } from './plan.js';
import type { PlanClock } from './plan-clock.js';
import { Evaluations } from './retention/evaluation.js';
import { rowsBefore } from './rows-before.js';
import { isSameValue } from './same-value.js';
import { Unchanged } from './unchanged.js';

interface Kept {
  readonly desired: DesiredState;
  readonly snapshot: Snapshot;
  readonly decisions: boolean;
  readonly clock: PlanClock;
  readonly result: PlanResult;
}

/** What a plan may use of the plan before, and where it leaves what it knows. */
export interface Carried {
  readonly answers: DatasetAnswers;
  readonly evaluations: Evaluations;
  readonly unchanged: Unchanged;
  readonly counts: KeptCounts;
  readonly actions: ActionsBefore;
}

export class PlanMemory {
  /** Of the actions, which are most of a plan. */
  readonly digestHead = new DigestHead();
  #kept: Kept | null = null;
  #carried: Carried | null = null;

  /** The last result, where it answers this question too but for the time and generation that it names; else null. */
  sameAsLast(desired: DesiredState, snapshot: Snapshot, clock: PlanClock, decisions: boolean): PlanResult | null {
    const kept = this.#kept;
    if (kept === null) return null;
    const isSame =
      kept.desired === desired &&
      kept.decisions === decisions &&
      clock.isBetween(kept.clock, kept.clock.steadyUntil) &&
      hasSameColumns(kept.snapshot, snapshot) &&
      isSameValue(kept.snapshot.completeness, snapshot.completeness) &&
      isSameValue(kept.snapshot.memory, snapshot.memory);
    // What is of no use any more should not take room while a new plan is made.
    if (!isSame) this.#kept = null;
    return isSame ? kept.result : null;
  }

  /** For a plan that is about to be made. */
  carry(snapshot: Snapshot, clock: PlanClock): Carried {
    const before = this.#carried;
    // It holds on to the columns of the snapshot before.
    this.#carried = null;
    const basis = before?.unchanged.basis ?? null;
    const rows = basis === null ? new Int32Array(0) : rowsBefore(snapshot, basis.snapshot);
    const unchanged = new Unchanged(snapshot, basis, rows);
    return {
      answers: new DatasetAnswers(snapshot.datasets, clock, before?.answers ?? null, rows),
      unchanged,
      counts: new KeptCounts(before?.counts ?? null),
      actions: new ActionsBefore(unchanged, snapshot.memory.finishedActions, before?.actions ?? null),
      evaluations: new Evaluations(clock, unchanged, before?.evaluations ?? null),
    };
  }

  keep(kept: Kept, carried: Carried): void {
    this.#kept = kept;
    // What it is made of should not be held until the next plan.
    kept.result.recording();
    carried.answers.forgetBefore();
    carried.actions.forgetBefore();
    this.#carried = carried;
  }
}

/** Columns are never changed once they are made: the same object is the same content. */
function hasSameColumns(a: Snapshot, b: Snapshot): boolean {
  return (
    a.sites === b.sites &&
    a.owners === b.owners &&
    a.datasets === b.datasets &&
    a.blocks === b.blocks &&
    a.replicas === b.replicas &&
    a.blockReplicas === b.blockReplicas
  );
}
