/**
 * The loop without a database: plans, and does what a plan says as if everything succeeded at once. What the loop
 * remembers between cycles is kept as the program keeps it, so that sequences of cycles can be tested.
 */
import type { DesiredState } from '../../src/desired/index.js';
import { compareBytes } from '../../src/order.js';
import {
  actionKey,
  type Plan,
  type PlannedAction,
  type PlanResult,
  plan,
  type Recording,
} from '../../src/planning/index.js';
import { emptyMemory, type LoopMemory, type OpenAction } from '../../src/snapshot/index.js';
import { clock, type Inventory, type InventorySpec, inventory, type ReplicaLine, toSnapshot } from './inventory.js';

/** Everything that goes into a plan but the desired state. */
export interface Observed {
  readonly inventory: Inventory;
  readonly memory: LoopMemory;
  readonly clock: number;
  readonly generation: number;
}

export function observed(spec: InventorySpec | Inventory, memory: Partial<LoopMemory> = {}): Observed {
  const rows = isInventory(spec) ? spec : inventory(spec);
  return { inventory: rows, memory: { ...emptyMemory, ...memory }, clock, generation: 1 };
}

function isInventory(spec: InventorySpec | Inventory): spec is Inventory {
  return Array.isArray(spec.datasets);
}

export function planFor(desired: DesiredState, state: Observed): PlanResult {
  const snapshot = toSnapshot(state.inventory, {
    generation: state.generation,
    takenAt: state.clock,
    memory: state.memory,
  });
  return plan(desired, snapshot, { clock: state.clock, decisions: true });
}

/** A plan of an inventory that nothing happened to before. */
export function planOf(desired: DesiredState, spec: InventorySpec, memory: Partial<LoopMemory> = {}): Plan {
  return planFor(desired, observed(spec, memory)).plan;
}

/** `copy /A -> Y`, `delete /A @ X`, `reassign /A @ X to grp`; `#1,2` for single blocks, `[code]` where it is held. */
export function brief(action: PlannedAction): string {
  const what = action.blocks === null ? action.dataset : `${action.dataset}#${action.blocks.join(',')}`;
  const held = action.held === null ? '' : ` [${action.held.code}]`;
  if (action.type === 'copy') return `copy ${what} -> ${action.site}${held}`;
  if (action.type === 'delete') return `delete ${what} @ ${action.site}${held}`;
  return `reassign ${what} @ ${action.site} to ${action.owner}${held}`;
}

export function actionsOf(plan: Plan): string[] {
  return plan.actions.map(brief);
}

/** Actions that happen when nobody does anything. */
export function unheld(plan: Plan): PlannedAction[] {
  return plan.actions.filter(({ held }) => held === null);
}

/** One diagnostic of a plan by its code; undefined where it has none. */
export function diagnosticOf(plan: Plan, code: string): string | undefined {
  return plan.diagnostics.find((diagnostic) => diagnostic.code === code)?.message;
}

/** A result with all that is made of it when it is asked for. */
export function whole(result: PlanResult): Omit<PlanResult, 'recording'> & { readonly recording: Recording } {
  return { ...result, recording: result.recording() };
}

export interface PerformOptions {
  /** Actions that are recorded and stay open instead of being done at once. */
  readonly leaveOpen?: (action: PlannedAction) => boolean;
  /** Whether those have begun. */
  readonly started?: boolean;
}

/** Records a plan and does all that is not held: the world as the next cycle finds it. */
export function perform(
  desired: DesiredState,
  before: Observed,
  result: PlanResult,
  options: PerformOptions = {},
): Observed {
  let rows = before.inventory;
  const finished = new Map(before.memory.finishedActions);
  const deletions = [...before.memory.deletions];
  const cancelled = new Set(result.cancellations.map(({ id }) => id));
  const open = new Map(before.memory.openActions.filter(({ id }) => !cancelled.has(id)).map((each) => [each.id, each]));
  for (const action of before.memory.openActions) if (cancelled.has(action.id)) countFinished(finished, action);

  const done: PlannedAction[] = [];
  for (const action of result.plan.actions) {
    if (action.held !== null || options.leaveOpen?.(action) === true) {
      open.set(action.id, openAction(action, result, options.started ?? false));
    } else {
      open.delete(action.id);
      done.push(action);
    }
  }
  for (const { dataset, site, owner } of result.recording().subscriptions) {
    const others = rows.subscriptions.filter((row) => row.dataset !== dataset || row.site !== site);
    rows = { ...rows, subscriptions: [...others, { dataset, site, owner }] };
  }
  for (const action of done) {
    rows = performOne(rows, action, before.clock);
    countFinished(finished, action);
    if (action.type === 'delete') {
      deletions.push({ at: before.clock, dataset: action.dataset, site: action.site, bytes: action.bytes });
    }
  }
  const siteStates = new Map(
    desired.sites.map(({ name, state }) => {
      const known = before.memory.siteStates.get(name);
      return [name, known?.state === state ? known : { state, since: before.clock }] as const;
    }),
  );
  const byAll = (a: object, b: object): number => compareBytes(JSON.stringify(a), JSON.stringify(b));
  return {
    inventory: rows,
    clock: before.clock,
    generation: before.generation + (done.length > 0 ? 1 : 0),
    memory: {
      ...before.memory,
      openActions: [...open.values()].sort((a, b) => compareBytes(a.id, b.id)),
      finishedActions: finished,
      requiredMarks: result.recording().requiredMarks,
      deferred: result.deferred,
      placements: result.placements,
      endings: result.endings,
      moves: result.moves,
      deletions: deletions.sort(byAll),
      siteStates,
      baseline: { replicas: rows.replicas.length, bytes: rows.replicas.reduce((sum, { size }) => sum + size, 0) },
    },
  };
}

/** Plans and performs until a plan has nothing to do. @returns the plans; the last one has no unheld action */
export function untilRest(
  desired: DesiredState,
  start: Observed,
  mostCycles = 20,
): { readonly plans: readonly Plan[]; readonly end: Observed } {
  const plans: Plan[] = [];
  let state = start;
  for (let cycle = 0; cycle < mostCycles; cycle++) {
    const result = planFor(desired, state);
    plans.push(result.plan);
    if (unheld(result.plan).length === 0) return { plans, end: state };
    state = perform(desired, state, result);
  }
  throw new Error(`no rest after ${mostCycles} cycles:\n${plans.map((each) => actionsOf(each).join(', ')).join('\n')}`);
}

/** Finishes open actions, as the executor does between two cycles. */
export function finish(state: Observed, which: (action: OpenAction) => boolean = () => true): Observed {
  let rows = state.inventory;
  const finished = new Map(state.memory.finishedActions);
  const deletions = [...state.memory.deletions];
  const left: OpenAction[] = [];
  for (const action of state.memory.openActions) {
    if (action.held !== null || !which(action)) {
      left.push(action);
      continue;
    }
    const bytes = affected(rows, action).reduce((sum, { size }) => sum + size, 0);
    rows = performOne(rows, action, state.clock);
    countFinished(finished, action);
    if (action.type === 'delete') {
      deletions.push({ at: state.clock, dataset: action.dataset, site: action.site, bytes });
    }
  }
  return {
    ...state,
    inventory: rows,
    generation: state.generation + 1,
    memory: { ...state.memory, openActions: left, finishedActions: finished, deletions },
  };
}

/** The same world some time later. */
export function later(state: Observed, seconds: number): Observed {
  return { ...state, clock: state.clock + seconds };
}

/** Names of the sites that hold all blocks of a dataset, complete. */
export function fullSites(rows: Inventory, dataset: string): string[] {
  const blocks = rows.blocks.filter((row) => row.dataset === dataset).length;
  const complete = new Map<string, number>();
  for (const row of rows.replicas) {
    if (row.dataset === dataset && row.complete) complete.set(row.site, (complete.get(row.site) ?? 0) + 1);
  }
  return [...complete.keys()].filter((name) => complete.get(name) === blocks).sort(compareBytes);
}

/** Names of the sites that hold any of a dataset. */
export function sitesWith(rows: Inventory, dataset: string): string[] {
  return [...new Set(rows.replicas.filter((row) => row.dataset === dataset).map((row) => row.site))].sort(compareBytes);
}

type Doable = Pick<PlannedAction, 'type' | 'dataset' | 'site' | 'owner' | 'blocks'>;

function countFinished(finished: Map<string, number>, action: Doable): void {
  const key = actionKey(action.type, action.dataset, action.site, action.owner, action.blocks);
  finished.set(key, (finished.get(key) ?? 0) + 1);
}

function affected(rows: Inventory, action: Doable): ReplicaLine[] {
  return rows.replicas.filter(
    (row) =>
      row.dataset === action.dataset &&
      row.site === action.site &&
      (action.blocks === null || action.blocks.includes(row.block)),
  );
}

function performOne(rows: Inventory, action: Doable, at: number): Inventory {
  const touched = new Set(affected(rows, action));
  const others = rows.replicas.filter((row) => !touched.has(row));
  if (action.type === 'reassign') {
    const owned = [...touched].map((row) => ({ ...row, owner: action.owner }));
    return { ...rows, replicas: [...others, ...owned] };
  }
  if (action.type === 'delete') {
    const empty = !others.some((row) => row.dataset === action.dataset && row.site === action.site);
    const subscriptions = empty
      ? rows.subscriptions.filter((row) => row.dataset !== action.dataset || row.site !== action.site)
      : rows.subscriptions;
    return { ...rows, replicas: others, subscriptions };
  }
  const present = new Map([...touched].map((row) => [row.block, row]));
  const copied = rows.blocks
    .filter((row) => row.dataset === action.dataset && (action.blocks === null || action.blocks.includes(row.name)))
    .map((block): ReplicaLine => {
      const known = present.get(block.name);
      // What is complete already is not touched.
      if (known?.complete === true) return known;
      return {
        dataset: block.dataset,
        block: block.name,
        site: action.site,
        owner: action.owner,
        size: block.size,
        complete: true,
        custodial: known?.custodial ?? false,
        managed: known?.managed ?? true,
        lastUpdate: at,
      };
    });
  return { ...rows, replicas: [...others, ...copied] };
}

function openAction(action: PlannedAction, result: PlanResult, started: boolean): OpenAction {
  return {
    id: action.id,
    type: action.type,
    dataset: action.dataset,
    site: action.site,
    owner: action.owner,
    blocks: action.blocks,
    sources: action.sources,
    held: action.held?.code ?? null,
    started,
    rule: action.rule,
    ruleHash: result.recording().ruleHashes.get(action.id) ?? '',
  };
}
