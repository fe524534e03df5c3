/** The variables of a plan, for assertions about it as a whole. */

import type { Plan, PlannedAction } from '../planning/plan.js';
import { EvaluationError, type Value, type VariableHost } from '../policy/expression.js';

export type PlanFigures = Readonly<Record<string, number | readonly string[]>>;

export function planFigures(plan: Plan): PlanFigures {
  const starting = (type: PlannedAction['type']): readonly PlannedAction[] =>
    plan.actions.filter((action) => action.type === type && action.held === null);
  const held = plan.actions.filter((action) => action.held !== null);
  const bytes = (actions: readonly PlannedAction[]): number => actions.reduce((sum, action) => sum + action.bytes, 0);
  const distinct = (codes: readonly string[]): readonly string[] => [...new Set(codes)].sort();
  return {
    'plan.copies': starting('copy').length,
    'plan.copyBytes': bytes(starting('copy')),
    'plan.deletions': starting('delete').length,
    'plan.deleteBytes': bytes(starting('delete')),
    'plan.reassignments': starting('reassign').length,
    'plan.held': held.length,
    'plan.heldBytes': bytes(held),
    'plan.heldCodes': distinct(held.flatMap((action) => action.held?.code ?? [])),
    'plan.deferred': plan.deferred.length,
    'plan.unsatisfied': plan.unsatisfied.length,
    'plan.diagnostics': distinct(plan.diagnostics.map(({ code }) => code)),
  };
}

/** Reads figures of a plan; everything else comes from the host behind it, which is made when it is asked. */
export function planHost(figures: PlanFigures, now: number, behind: () => VariableHost): VariableHost {
  return {
    now,
    variable: (path) => {
      if (!path.startsWith('plan.')) return behind().variable(path);
      const value: Value | undefined = figures[path];
      if (value === undefined) throw new EvaluationError(`no figure ${path}`, path);
      return () => value;
    },
    label: (root, key) => behind().label(root, key),
    selector: (root, name) => behind().selector(root, name),
    sitesWhere: (selector) => behind().sitesWhere(selector),
    siteLabels: (key) => behind().siteLabels(key),
    onElement: (root, read) => behind().onElement(root, read),
  };
}
