/** What one version of the rules would do that another would not: two plans over the same inventory, and what they decide. */
import { compareBytes } from '../order.js';
import type { DecisionRow, Deferred, Plan, PlanResult, Unsatisfied } from '../planning/plan.js';
import { type PlanChange, planChange } from './plan-change.js';

export interface RulesDiff {
  readonly from: Version;
  readonly to: Version;
  readonly inventory: Plan['inventory'];
  readonly clock: string;
  readonly actions: PlanChange;
  /** Replicas that are decided otherwise, by site and dataset. */
  readonly decisions: readonly ChangedDecision[];
  /** Sites where the bytes differ, by name. */
  readonly sites: readonly SiteDifference[];
  readonly unsatisfied: { readonly added: readonly Unsatisfied[]; readonly removed: readonly Unsatisfied[] };
  readonly deferred: { readonly added: readonly Deferred[]; readonly removed: readonly Deferred[] };
}

export type Version = Plan['desired'] & { readonly digest: string };

export interface ChangedDecision {
  readonly site: string;
  readonly dataset: string;
  /** Empty where no Retention decides it. */
  readonly before: readonly Decided[];
  readonly after: readonly Decided[];
}

export type Decided = Pick<DecisionRow, 'retention' | 'rule' | 'decision' | 'blocks' | 'bytes'>;

/** Bytes that are planned, held or not. */
export interface SiteDifference {
  readonly site: string;
  readonly copyIn: { readonly before: number; readonly after: number };
  readonly delete: { readonly before: number; readonly after: number };
  /** Of both, what is held. */
  readonly held: { readonly before: number; readonly after: number };
}

type Planned = Pick<PlanResult, 'plan' | 'decisions'>;

/** Both plans with their decisions, made of the same snapshot at the same clock. */
export function rulesDiff(from: Planned, to: Planned): RulesDiff {
  return {
    from: { ...from.plan.desired, digest: from.plan.digest },
    to: { ...to.plan.desired, digest: to.plan.digest },
    inventory: to.plan.inventory,
    clock: to.plan.clock,
    actions: planChange(from.plan, to.plan),
    decisions: changedDecisions(from.decisions, to.decisions),
    sites: siteDifferences(from.plan, to.plan),
    unsatisfied: difference(from.plan.unsatisfied, to.plan.unsatisfied, ({ rule, dataset, code, missing }) =>
      JSON.stringify([rule.kind, rule.name, rule.id, dataset, code, missing]),
    ),
    deferred: difference(from.plan.deferred, to.plan.deferred, ({ rule, dataset, site, limit, bytes }) =>
      JSON.stringify([rule.kind, rule.name, rule.id, dataset, site, limit, bytes]),
    ),
  };
}

/** Whether both versions do the same. */
export function isSame({ actions, decisions, sites, unsatisfied, deferred }: RulesDiff): boolean {
  const lists = [
    actions.added,
    actions.removed,
    actions.altered,
    decisions,
    sites,
    unsatisfied.added,
    unsatisfied.removed,
    deferred.added,
    deferred.removed,
  ];
  return lists.every((list) => list.length === 0);
}

/**
 * Compares what is decided, not by which rule: moving, renaming and reordering rules that decide the same is no change.
 */
function changedDecisions(from: readonly DecisionRow[], to: readonly DecisionRow[]): ChangedDecision[] {
  const rows = new Map<string, { site: string; dataset: string; before: Decided[]; after: Decided[] }>();
  const add = (row: DecisionRow, side: 'before' | 'after'): void => {
    const { site, dataset, ...decided } = row;
    const key = `${site}\n${dataset}`;
    const known = rows.get(key) ?? { site, dataset, before: [], after: [] };
    if (known[side].push(decided) === 1) rows.set(key, known);
  };
  for (const row of from) add(row, 'before');
  for (const row of to) add(row, 'after');
  return [...rows.keys()].sort(compareBytes).flatMap((key) => {
    const row = rows.get(key);
    return row === undefined || substance(row.before) === substance(row.after) ? [] : [row];
  });
}

function substance(decided: readonly Decided[]): string {
  return decided
    .map(({ decision, blocks, bytes }) => `${decision} ${blocks} ${bytes}`)
    .sort()
    .join('\n');
}

function siteDifferences(from: Plan, to: Plan): SiteDifference[] {
  const before = bytesBySite(from);
  const after = bytesBySite(to);
  const none = { copyIn: 0, delete: 0, held: 0 };
  return [...new Set([...before.keys(), ...after.keys()])].sort(compareBytes).flatMap((site) => {
    const old = before.get(site) ?? none;
    const now = after.get(site) ?? none;
    if (old.copyIn === now.copyIn && old.delete === now.delete && old.held === now.held) return [];
    return [
      {
        site,
        copyIn: { before: old.copyIn, after: now.copyIn },
        delete: { before: old.delete, after: now.delete },
        held: { before: old.held, after: now.held },
      },
    ];
  });
}

function bytesBySite(plan: Plan): Map<string, { copyIn: number; delete: number; held: number }> {
  const result = new Map<string, { copyIn: number; delete: number; held: number }>();
  for (const { type, site, bytes, held } of plan.actions) {
    if (type === 'reassign') continue;
    const line = result.get(site) ?? { copyIn: 0, delete: 0, held: 0 };
    result.set(site, line);
    if (type === 'copy') line.copyIn += bytes;
    else line.delete += bytes;
    if (held !== null) line.held += bytes;
  }
  return result;
}

function difference<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => string,
): { added: T[]; removed: T[] } {
  const old = new Set(before.map(keyOf));
  const now = new Set(after.map(keyOf));
  return {
    added: after.filter((item) => !old.has(keyOf(item))),
    removed: before.filter((item) => !now.has(keyOf(item))),
  };
}
