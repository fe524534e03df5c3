/**
 * What the loop carries from one cycle to the next while nothing real happens: open copies, how often each action has
 * finished, what was deleted lately. It does what recording a plan does to a database.
 *
 * What is held is not kept: every plan names it again, and until it is released it changes nothing.
 */
import type { DesiredState } from '../desired/state.js';
import { compareBytes } from '../order.js';
import { actionKey } from '../planning/identity.js';
import type { PlannedAction, PlanResult, Recording } from '../planning/plan.js';
import type { LoopMemory, OpenAction, PastDeletion } from '../snapshot/snapshot.js';
import type { OpenCopy } from './transfers.js';

/** Deletions are remembered at least this long (seconds), longer where a Guard's window is. */
const shortestHistory = 7 * 86_400;
/** Of a copy that was recorded before the simulation began. */
const defaultPriority = 50;

/** What one plan sets going besides copies. */
export interface Recorded {
  readonly deletions: readonly PlannedAction[];
  readonly reassignments: readonly PlannedAction[];
  /** Copies begun. */
  readonly copies: number;
}

type Identified = Pick<OpenAction, 'type' | 'dataset' | 'site' | 'owner' | 'blocks'>;

export class OpenWork {
  readonly #desired: DesiredState;
  readonly #copies = new Map<string, OpenCopy>();
  readonly #finished: Map<string, number>;
  readonly #history: number;
  readonly #approveAll: boolean;
  /** Deletions and changes of owner that were under way before the simulation began. */
  #inherited: readonly OpenAction[];
  #deletions: PastDeletion[];
  #memory: LoopMemory;
  #cycle = 0;

  constructor(desired: DesiredState, memory: LoopMemory, approveAll: boolean) {
    this.#desired = desired;
    this.#memory = memory;
    this.#approveAll = approveAll;
    this.#finished = new Map(memory.finishedActions);
    this.#deletions = [...memory.deletions];
    this.#history = Math.max(shortestHistory, ...desired.guards.map((guard) => guard.deletions?.per ?? 0));
    const open = memory.openActions.filter(({ held }) => held === null || held === 'site-unavailable');
    for (const action of open) {
      if (action.type !== 'copy') continue;
      const copy = { action: { ...action, held: null }, priority: defaultPriority, cycle: 0, received: new Map() };
      this.#copies.set(action.id, copy);
    }
    this.#inherited = open.filter(({ type, held }) => type !== 'copy' && held === null);
  }

  get copies(): Iterable<OpenCopy> {
    return this.#copies.values();
  }

  /** The memory that the first plan sees. */
  first(): LoopMemory {
    return { ...this.#memory, openActions: this.#openActions(this.#inherited) };
  }

  /** Takes up what a plan says: calls off what it calls off, and keeps the copies it begins. */
  record(result: PlanResult): Recorded {
    this.#cycle++;
    for (const { id } of result.cancellations) this.#callOff(id);
    this.#inherited = this.#inherited.filter(({ id }) => !result.cancellations.some((each) => each.id === id));
    const deletions: PlannedAction[] = [];
    const reassignments: PlannedAction[] = [];
    const open = new Map<string, OpenCopy[]>();
    for (const copy of this.#copies.values()) {
      const place = placeOf(copy.action);
      open.set(place, [...(open.get(place) ?? []), copy]);
    }
    let copies = 0;
    for (const action of result.plan.actions) {
      if (action.held !== null && !this.#isApproved(action)) continue;
      if (action.type === 'delete') {
        deletions.push(action);
        // A deletion ends copies of the same data to the same site.
        for (const copy of open.get(placeOf(action)) ?? []) {
          if (overlap(copy.action.blocks, action.blocks)) this.finishCopy(copy);
        }
      } else if (action.type === 'reassign') reassignments.push(action);
      else if (!this.#copies.has(action.id)) {
        this.#copies.set(action.id, this.#begin(action, result));
        copies++;
      }
    }
    return { deletions, reassignments, copies };
  }

  /** What was under way before the simulation began and ends in its first step. */
  takeInherited(): readonly OpenAction[] {
    const actions = this.#inherited;
    this.#inherited = [];
    return actions;
  }

  finishCopy({ action }: OpenCopy): void {
    this.#copies.delete(action.id);
    this.#count(action);
  }

  finishReassignment(action: Identified): void {
    this.#count(action);
  }

  /** @param time seconds since the epoch */
  finishDeletion(action: Identified, bytes: number, time: number): void {
    this.#count(action);
    this.#deletions.push({ at: time, dataset: action.dataset, site: action.site, bytes });
  }

  /**
   * The memory that the next plan sees. Whatever a plan returns under the name of something the loop remembers is
   * remembered as it stands.
   *
   * @param time when the next cycle is, seconds since the epoch
   */
  remember(result: PlanResult, baseline: LoopMemory['baseline'], time: number, clock: number): LoopMemory {
    this.#deletions = this.#deletions
      .filter((deletion) => deletion.at > time - this.#history)
      .sort((a, b) => a.at - b.at || compareBytes(a.dataset, b.dataset) || compareBytes(a.site, b.site));
    const before = this.#memory;
    this.#memory = {
      ...before,
      ...sharedFields(before, { ...result, ...result.recording() }),
      openActions: this.#openActions([]),
      finishedActions: this.#finished,
      deletions: this.#deletions,
      siteStates: new Map(
        this.#desired.sites.map(({ name, state }) => {
          const known = before.siteStates.get(name);
          return [name, known?.state === state ? known : { state, since: clock }] as const;
        }),
      ),
      approvals: before.approvals.filter(({ expires }) => time < expires),
      baseline,
      // A catalog goes on feeding the inventory.
      inventoryAt: before.inventoryAt === null ? null : time,
    };
    return this.#memory;
  }

  #isApproved(action: PlannedAction): boolean {
    return this.#approveAll && action.held?.code === 'approval-required';
  }

  #begin(action: PlannedAction, result: PlanResult): OpenCopy {
    const { id, type, dataset, site, owner, blocks, sources, rule } = action;
    const ruleHash = result.recording().ruleHashes.get(id) ?? '';
    return {
      action: { id, type, dataset, site, owner, blocks, sources, held: null, started: false, rule, ruleHash },
      priority: result.recording().transferHints.get(id)?.priority ?? defaultPriority,
      cycle: this.#cycle,
      received: new Map(),
    };
  }

  #callOff(id: string): void {
    const copy = this.#copies.get(id);
    if (copy !== undefined) this.finishCopy(copy);
  }

  #openActions(others: readonly OpenAction[]): OpenAction[] {
    const copies = Array.from(this.#copies.values(), ({ action }) => action);
    return [...copies, ...others].sort((a, b) => compareBytes(a.id, b.id));
  }

  #count({ type, dataset, site, owner, blocks }: Identified): void {
    const key = actionKey(type, dataset, site, owner, blocks);
    this.#finished.set(key, (this.#finished.get(key) ?? 0) + 1);
  }
}

function placeOf({ dataset, site }: Identified): string {
  return `${dataset}\n${site}`;
}

function overlap(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return true;
  const names = new Set(a);
  return b.some((name) => names.has(name));
}

/** Fields of the memory that a plan returns anew under the same name. */
function sharedFields(memory: LoopMemory, result: PlanResult & Recording): Partial<LoopMemory> {
  const returned = new Map(Object.entries(result));
  return Object.fromEntries(
    Object.keys(memory)
      .filter((name) => returned.has(name))
      .map((name) => [name, returned.get(name)]),
  );
}
