/**
 * A plan's actions as people read them: by site, and at a site by the rule that decided them. Both the text and the
 * Markdown are written from these groups.
 */
import type { RuleRef } from '../desired/state.js';
import { compareBytes } from '../order.js';
import type { HeldCode, Plan, PlannedAction, SitePartitionLine } from '../planning/plan.js';

export type ActionSymbol = '+' | '-' | '~' | '!' | '.' | '=';

/** What each symbol stands for, in the order of the legend. */
export const symbolMeanings: Readonly<Record<ActionSymbol, string>> = {
  '-': 'delete',
  '+': 'copy',
  '~': 'change the owner',
  '!': 'waits for a person',
  '.': 'waits, goes on by itself',
  '=': 'kept by an invariant',
};

/** Held by these, an action is not something a person could release: the data simply stays. */
const invariantCodes: ReadonlySet<HeldCode> = new Set([
  'last-copy',
  'minimum-copies',
  'locked',
  'required',
  'custodial',
  'last-source',
  'unmanaged',
]);

/** Held by these, an action waits until somebody approves it or mends what is in doubt. */
const forPeople: ReadonlySet<HeldCode> = new Set(['approval-required', 'stale']);

/** Actions of one type at one site that one rule decided and that one thing (or nothing) holds. */
export interface ActionGroup {
  readonly symbol: ActionSymbol;
  readonly type: PlannedAction['type'];
  readonly site: string;
  readonly rule: RuleRef;
  readonly heldCode: HeldCode | null;
  /** Most bytes first, then by name. */
  readonly actions: readonly PlannedAction[];
  readonly bytes: number;
}

export interface SiteSection {
  readonly site: string;
  /** By partition name. */
  readonly partitions: readonly SitePartitionLine[];
  /** Deletions first, then by bytes. */
  readonly groups: readonly ActionGroup[];
}

export function symbolOf(action: PlannedAction): ActionSymbol {
  if (action.held !== null) {
    if (invariantCodes.has(action.held.code)) return '=';
    return forPeople.has(action.held.code) ? '!' : '.';
  }
  return action.type === 'delete' ? '-' : action.type === 'copy' ? '+' : '~';
}

const rank: Readonly<Record<ActionSymbol, number>> = { '!': 0, '-': 1, '.': 2, '~': 3, '+': 4, '=': 5 };

export function groupActions(actions: readonly PlannedAction[]): ActionGroup[] {
  const groups = new Map<string, PlannedAction[]>();
  for (const action of actions) {
    const { rule } = action;
    const key = JSON.stringify([
      action.site,
      action.type,
      action.held?.code,
      rule.kind,
      rule.name,
      rule.id,
      rule.file,
      rule.line,
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [action]);
    else group.push(action);
  }
  const result: ActionGroup[] = [];
  for (const members of groups.values()) {
    const first = members[0];
    if (first === undefined) continue;
    members.sort((a, b) => b.bytes - a.bytes || compareBytes(a.dataset, b.dataset) || compareBytes(a.id, b.id));
    result.push({
      symbol: symbolOf(first),
      type: first.type,
      site: first.site,
      rule: first.rule,
      heldCode: first.held?.code ?? null,
      actions: members,
      bytes: members.reduce((sum, action) => sum + action.bytes, 0),
    });
  }
  return result.sort(
    (a, b) =>
      rank[a.symbol] - rank[b.symbol] ||
      b.bytes - a.bytes ||
      compareBytes(a.rule.name, b.rule.name) ||
      compareBytes(a.rule.id ?? '', b.rule.id ?? '') ||
      compareBytes(a.heldCode ?? '', b.heldCode ?? ''),
  );
}

/**
 * One section per site where something happens or changes, the worst first: by bytes that are or would be deleted,
 * then by bytes that come in, then by name.
 */
export function siteSections(plan: Plan, actions: readonly PlannedAction[]): SiteSection[] {
  const bySite = new Map<string, { actions: PlannedAction[]; partitions: SitePartitionLine[] }>();
  const section = (site: string) => {
    let entry = bySite.get(site);
    if (entry === undefined) {
      entry = { actions: [], partitions: [] };
      bySite.set(site, entry);
    }
    return entry;
  };
  for (const action of actions) section(action.site).actions.push(action);
  for (const line of plan.sites) {
    if (line.triggered || line.usedBefore !== line.usedAfter || bySite.has(line.site))
      section(line.site).partitions.push(line);
  }
  const weight = (list: readonly PlannedAction[], type: string): number =>
    list.reduce((sum, action) => sum + (action.type === type ? action.bytes : 0), 0);
  return [...bySite]
    .map(([site, entry]) => ({
      site,
      entry,
      deletes: weight(entry.actions, 'delete'),
      copies: weight(entry.actions, 'copy'),
    }))
    .sort((a, b) => b.deletes - a.deletes || b.copies - a.copies || compareBytes(a.site, b.site))
    .map(({ site, entry }) => ({
      site,
      partitions: [...entry.partitions].sort((a, b) => compareBytes(a.partition, b.partition)),
      groups: groupActions(entry.actions),
    }));
}

/** The sentences of a group, each once, the most frequent first. */
export function reasonsOf(group: ActionGroup): string[] {
  const counts = new Map<string, number>();
  for (const action of group.actions) {
    const reason = action.held === null ? action.reason : action.held.message;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || compareBytes(a[0], b[0])).map(([reason]) => reason);
}
