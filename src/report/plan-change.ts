/** What a change of the rules adds to and takes from the plan: the difference of two plans over one inventory. */
import type { Plan, PlannedAction } from '../planning/plan.js';

export interface PlanChange {
  readonly base: { readonly ref: string | null; readonly commit: string | null; readonly digest: string };
  /** Planned with the change and not without it. */
  readonly added: readonly PlannedAction[];
  /** Planned without the change and not with it. */
  readonly removed: readonly PlannedAction[];
  /** Planned by both, but held on one side only, held by something else, or of another size. */
  readonly altered: readonly { readonly before: PlannedAction; readonly after: PlannedAction }[];
}

/**
 * Compares by identity (what is done to which data where), not by the rule that decided it: moving a document or handing
 * a replica from one rule to another that decides the same is no change.
 */
export function planChange(base: Plan, head: Plan): PlanChange {
  const before = new Map(base.actions.map((action) => [action.id, action]));
  const added: PlannedAction[] = [];
  const altered: { before: PlannedAction; after: PlannedAction }[] = [];
  for (const action of head.actions) {
    const previous = before.get(action.id);
    if (previous === undefined) added.push(action);
    else if (previous.held?.code !== action.held?.code || previous.bytes !== action.bytes) {
      altered.push({ before: previous, after: action });
    }
    before.delete(action.id);
  }
  return {
    base: { ref: base.desired.ref, commit: base.desired.commit, digest: base.digest },
    added,
    removed: [...before.values()],
    altered,
  };
}
