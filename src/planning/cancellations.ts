/**
 * Open actions that are no longer wanted: copies that no placement counts, no subscription and no evacuation asks for;
 * deletions that have not begun and that a rule no longer decides or an invariant now forbids.
 */

import type { RetentionRule } from '../desired/state.js';
import { flagAt, intAt, shortAt } from '../snapshot/column.js';
import type { OpenAction } from '../snapshot/snapshot.js';
import type { Counted } from './needs.js';
import type { Safety } from './safety.js';
import type { World } from './world.js';

export interface Cancellation {
  readonly id: string;
  readonly reason: string;
}

export function findCancellations(world: World, safety: Safety, counted: readonly Counted[]): Cancellation[] {
  if (world.snapshot.memory.openActions.length === 0) return [];
  const wanted = new Set(counted.map((entry) => `${entry.dataset} ${entry.site}`));
  const rules = knownRules(world);
  const result: Cancellation[] = [];
  for (const action of world.snapshot.memory.openActions) {
    let reason: string | null = null;
    if (action.type === 'copy' && action.held === 'approval-required') continue;
    if (action.type === 'copy') reason = copyReason(world, action, wanted);
    else if (action.type === 'delete' && !action.started) reason = deletionReason(world, safety, action, rules);
    if (reason !== null) result.push({ id: action.id, reason });
  }
  return result.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Content hashes of everything that can decide a deletion; null where it is not a rule. */
function knownRules(world: World): ReadonlyMap<string, RetentionRule | null> {
  const { retentions, sites, federation, exclusions } = world.desired;
  const rules = new Map<string, RetentionRule | null>([[federation.origin.hash, null]]);
  for (const { origin } of [...sites, ...exclusions]) rules.set(origin.hash, null);
  for (const { placement } of world.snapshot.memory.endings) rules.set(placement.ruleHash, null);
  for (const retention of retentions) {
    rules.set(retention.origin.hash, null);
    for (const rule of retention.rules) rules.set(rule.origin.hash, rule);
  }
  return rules;
}

function copyReason(world: World, action: OpenAction, wanted: ReadonlySet<string>): string | null {
  const dataset = world.findDataset(action.dataset);
  if (dataset < 0) return 'the dataset is no longer in the inventory';
  const site = world.sites.indexOf.get(action.site);
  if (site === undefined || world.sites.documents[site] === null) return 'the site is no longer declared';
  const state = world.sites.state[site];
  if (state === 'draining' || state === 'lost') return `the site is ${state}`;
  if (wanted.has(`${dataset} ${site}`)) return null;
  const replica = world.findReplica(dataset, site);
  if (replica >= 0 && flagAt(world.snapshot.replicas.growing, replica) === 1 && action.rule.kind !== 'Placement')
    return null;
  if (action.rule.kind === 'Rebalance') {
    const known = world.desired.rebalances.some((document) => document.name === action.rule.name);
    return known ? null : `Rebalance ${action.rule.name} was removed`;
  }
  if (action.rule.kind === 'Site') {
    const source = world.sites.indexOf.get(action.rule.name);
    return source !== undefined && flagAt(world.sites.draining, source) === 1
      ? null
      : `${action.rule.name} is no longer draining`;
  }
  return 'no placement wants this copy any more';
}

function deletionReason(
  world: World,
  safety: Safety,
  action: OpenAction,
  rules: ReadonlyMap<string, RetentionRule | null>,
): string | null {
  if (action.held !== null) return null;
  const rule = rules.get(action.ruleHash);
  if (rule === undefined) return 'the rule that decided it was changed or removed';
  for (const br of world.blockReplicasOf(action)) {
    const lock = world.locks.lockOf(br);
    if (lock !== null) return `Lock ${lock.name} covers it now`;
    const block = intAt(world.snapshot.blockReplicas.block, br);
    const dataset = intAt(world.snapshot.blocks.dataset, block);
    if (shortAt(world.copies, block) === 0 && !safety.mayRemoveLastCopy(dataset, rule))
      return 'it has become the last copy';
  }
  return null;
}
