/** Why a plan does what it does with one dataset, or at one site: what a failed test shows beside the values. */
import type { DesiredState, RuleRef } from '../desired/state.js';
import type { DecisionRow, PlannedAction, PlanResult } from '../planning/plan.js';

export interface ChainStep {
  /** 1 for the first plan, 2 for the one that follows once that was carried out... */
  readonly cycle: number;
  /** `copy to south`, `delete at north`, `required at north`, `unsatisfied`. */
  readonly what: string;
  readonly rule: RuleRef | null;
  readonly reason: string | null;
  /** Code of what holds, defers or prevents it, or null. */
  readonly code: string | null;
}

export interface Subject {
  readonly dataset?: string;
  readonly site?: string;
}

/** Of one site there may be thousands. */
const mostSteps = 12;

/** What all plans do, and what the last of them decides about what is left. */
export function decisionChain(desired: DesiredState, results: readonly PlanResult[], subject: Subject): ChainStep[] {
  const steps: ChainStep[] = [];
  const concerned = (item: { readonly dataset: string; readonly site: string | null }): boolean =>
    (subject.dataset === undefined || item.dataset === subject.dataset) &&
    (subject.site === undefined || item.site === subject.site);
  results.forEach((result, index) => {
    const cycle = index + 1;
    const last = cycle === results.length;
    for (const action of result.plan.actions) {
      // What is held in one plan is in the next: the last one speaks for all.
      if (concerned(action) && (action.held === null || last)) steps.push(stepOf(action, cycle, subject));
    }
    if (!last) return;
    for (const { rule, dataset, site, limit, reason } of result.plan.deferred) {
      if (concerned({ dataset, site })) steps.push({ cycle, what: 'copy put off', rule, reason, code: limit });
    }
    if (subject.site !== undefined) return;
    for (const { rule, dataset, code, reason } of result.plan.unsatisfied) {
      if (concerned({ dataset, site: null })) steps.push({ cycle, what: 'unsatisfied', rule, reason, code });
    }
    for (const mark of result.recording().requiredMarks) {
      if (!concerned(mark)) continue;
      const rule = result.placements.find(({ name }) => name === mark.placement)?.rule ?? null;
      steps.push({ cycle, what: `counted at ${mark.site}`, rule, reason: null, code: null });
    }
    for (const row of result.decisions) {
      // A rule whose action is told already need not be told to have decided it.
      if (!concerned(row) || result.plan.actions.some((action) => isOutcome(action, row))) continue;
      steps.push({
        cycle,
        what: `${row.decision} at ${row.site}`,
        rule: ruleOf(desired, row),
        reason: null,
        code: null,
      });
    }
  });
  return steps.slice(0, mostSteps);
}

function isOutcome({ dataset, site, rule }: PlannedAction, row: DecisionRow): boolean {
  return dataset === row.dataset && site === row.site && rule.name === row.retention && rule.id === row.rule;
}

function ruleOf(desired: DesiredState, row: DecisionRow): RuleRef | null {
  const retention = desired.retentions.find(({ name }) => name === row.retention);
  if (retention === undefined) return null;
  const rule = retention.rules.find(({ id }) => id === row.rule);
  return rule?.origin.ref ?? { ...retention.origin.ref, id: row.rule };
}

function stepOf(action: PlannedAction, cycle: number, subject: Subject): ChainStep {
  const verb = {
    copy: `copy to ${action.site}`,
    delete: `delete at ${action.site}`,
    reassign: `give to ${action.owner} at ${action.site}`,
  }[action.type];
  const what = subject.dataset === undefined ? `${verb}: ${action.dataset}` : verb;
  const reason = action.held === null ? action.reason : `${action.reason}; held: ${action.held.message}`;
  return { cycle, what, rule: action.rule, reason, code: action.held?.code ?? null };
}
