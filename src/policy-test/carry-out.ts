/**
 * What the rules lead to: plan after plan is carried out at once and in full, at a fixed clock, until one has nothing to
 * do.
 *
 * What only says how fast things may go is set aside (bytes and pending bytes per cycle, windows, doubts about the age of the inventory): it
 * changes the way, not where it leads. What is held for another reason stays held.
 */
import type { DesiredState } from '../desired/state.js';
import { compareBytes } from '../order.js';
import { actionKey } from '../planning/identity.js';
import { plan } from '../planning/make-plan.js';
import type { PlannedAction, PlanResult } from '../planning/plan.js';
import { applyChanges, type ReplicaChange } from '../simulation/index.js';
import type { LoopMemory, OpenAction, PastDeletion, Snapshot } from '../snapshot/snapshot.js';

/** More than any sound set of rules needs; one that never rests shows after a few. */
const mostCycles = 20;

export interface CarriedOut {
  readonly snapshot: Snapshot;
  /** One per cycle; the last one has nothing to do, unless `rested` is false. */
  readonly results: readonly PlanResult[];
  readonly rested: boolean;
}

/**
 * @param first the plan of the rules as they stand, where it is known already
 * @throws StatorError where an expression fails on a value
 */
export function carryOut(
  desired: DesiredState,
  snapshot: Snapshot,
  options: { readonly clock: number; readonly decisions: boolean; readonly first?: PlanResult },
): CarriedOut {
  const { clock, decisions, first } = options;
  const unhurried = withoutPace(desired);
  const { memory } = snapshot;
  const confident = { ...memory, sourceDoubt: null, inventoryAt: null, baseline: null };
  const asGiven = unhurried === desired && isEqual(confident, memory);
  const open = memory.openActions.filter(({ held }) => held === null);
  let state: Snapshot = { ...snapshot, memory: confident };
  const results: PlanResult[] = [];
  for (let cycle = 0; cycle < mostCycles; cycle++) {
    const known = cycle === 0 && asGiven ? first : undefined;
    const result = known ?? plan(unhurried, state, { clock, decisions });
    results.push(result);
    const actions = result.plan.actions.filter(({ held }) => held === null);
    const called = new Set(result.cancellations.map(({ id }) => id));
    const under = cycle === 0 ? open.filter(({ id }) => !called.has(id)) : [];
    if (actions.length + under.length === 0) return { snapshot: state, results, rested: true };
    state = perform(unhurried, state, result, [...under, ...actions], clock);
  }
  return { snapshot: state, results, rested: false };
}

function isEqual(a: LoopMemory, b: LoopMemory): boolean {
  return a.sourceDoubt === b.sourceDoubt && a.inventoryAt === b.inventoryAt && a.baseline === b.baseline;
}

/** The same rules in no hurry; the same object where they set no pace. */
function withoutPace(desired: DesiredState): DesiredState {
  const paced = desired.guards.some(
    ({ transfers }) => transfers.maxBytesPerCycle !== null || transfers.maxPending !== null,
  );
  if (!paced && desired.windows.length === 0) return desired;
  const guards = desired.guards.map((guard) => ({
    ...guard,
    transfers: { ...guard.transfers, maxBytesPerCycle: null, maxPending: null },
  }));
  return { ...desired, guards, windows: [] };
}

type Work = Pick<OpenAction, 'type' | 'dataset' | 'site' | 'owner' | 'blocks'> & Partial<Pick<PlannedAction, 'bytes'>>;

/** Changes of owner, then copies, then deletions, as if each succeeded at once. */
function perform(
  desired: DesiredState,
  snapshot: Snapshot,
  result: PlanResult,
  work: readonly Work[],
  clock: number,
): Snapshot {
  const { memory } = snapshot;
  const finishedActions = new Map(memory.finishedActions);
  const deletions: PastDeletion[] = [...memory.deletions];
  for (const { type, dataset, site, owner, blocks, bytes } of work) {
    const key = actionKey(type, dataset, site, owner, blocks);
    finishedActions.set(key, (finishedActions.get(key) ?? 0) + 1);
    // Brakes count what was deleted lately; of what was under way before, its bytes are not known.
    if (type === 'delete') deletions.push({ at: clock, dataset, site, bytes: bytes ?? 0 });
  }
  const order = { reassign: 0, copy: 1, delete: 2 } as const;
  const replicas = [...work].sort((a, b) => order[a.type] - order[b.type]).map((item) => changeOf(item, clock));
  const changes = { datasets: [], blocks: [], replicas, subscriptions: result.recording().subscriptions };
  const siteStates = new Map(
    desired.sites.map(({ name, state }) => {
      const known = memory.siteStates.get(name);
      return [name, known?.state === state ? known : { state, since: clock }] as const;
    }),
  );
  return applyChanges(snapshot, changes, {
    generation: snapshot.generation + 1,
    takenAt: snapshot.takenAt,
    memory: {
      ...memory,
      openActions: [],
      finishedActions,
      requiredMarks: result.recording().requiredMarks,
      placements: result.placements,
      endings: result.endings,
      moves: result.moves,
      deferred: result.deferred,
      deletions: deletions.sort(
        (a, b) => a.at - b.at || compareBytes(a.dataset, b.dataset) || compareBytes(a.site, b.site),
      ),
      siteStates,
    },
  });
}

function changeOf({ type, dataset, site, owner, blocks }: Work, clock: number): ReplicaChange {
  if (type === 'delete') return { type: 'remove', dataset, site, blocks };
  if (type === 'reassign') return { type: 'reassign', dataset, site, owner, blocks };
  return { type: 'complete', dataset, site, owner, blocks, at: clock };
}
