/**
 * What the rules would do over time: cycle after cycle is planned on a copy of the inventory, and what each plan begins
 * is carried out there as far as the links carry it. A step, from one cycle to the next:
 *
 *     plan      as the loop would, with everything that it remembers
 *     record    cancellations, copies begun, changes of owner, deletions
 *     transfer  open copies, by priority, as many bytes as each link carries in the step
 *     arrive    new data
 *     apply     all of it at the end of the step; deletions take effect
 *     age       the clock moves on, demand decays
 *
 * Pure, and deterministic: the same inputs and seed give the same days. The snapshot that is given is never changed.
 */
import type { DesiredState } from '../desired/state.js';
import { engine } from '../planning/engine.js';
import { plan } from '../planning/make-plan.js';
import type { Plan, PlanResult } from '../planning/plan.js';
import { PlanClock } from '../planning/plan-clock.js';
import { PlanMemory } from '../planning/plan-memory.js';
import { makeSiteTable } from '../planning/site-table.js';
import { World } from '../planning/world.js';
import { at, nameAt } from '../snapshot/column.js';
import { floatAt, intAt, shortAt } from '../snapshot/index.js';
import type { LoopMemory, Snapshot } from '../snapshot/snapshot.js';
import { applyChanges } from './apply-changes.js';
import { Arrivals } from './arrivals.js';
import type { Assumptions } from './assumptions.js';
import type { ReplicaChange } from './changes.js';
import { DayFigures, type SimulatedDay } from './day.js';
import { OpenWork } from './open-work.js';
import { findDataset } from './sorted-names.js';
import { type ModelledStream, modelStream } from './templates.js';
import { Transfers } from './transfers.js';
import { type Violation, Violations } from './violations.js';
import { findWatermarks, type Watermark } from './watermarks.js';

const day = 86_400;

export interface SimulationOptions {
  /** When the first cycle is, seconds since the epoch. */
  readonly clock: number;
  readonly days: number;
  /** Seconds from one cycle to the next. */
  readonly step: number;
  readonly seed: number;
  readonly assumptions: Assumptions;
  /** Told how long each part took, where the caller wants to know. */
  readonly measure?: <T>(phase: string, work: () => T) => T;
}

/** What arrives in one stream, in figures. */
export interface StreamFigures {
  readonly name: string;
  readonly bytesPerDay: number;
  /** Datasets that new ones are modelled on. */
  readonly templates: number;
}

/** What the simulation began with, and the planning engine it asked. */
export interface InventoryFigures {
  readonly generation: number;
  readonly completeness: Snapshot['completeness']['state'];
  readonly datasets: number;
  readonly blocks: number;
  /** Block replicas. */
  readonly replicas: number;
  readonly engine: string;
}

export class Simulation {
  readonly desired: DesiredState;
  readonly options: SimulationOptions;
  readonly inventory: InventoryFigures;
  readonly streams: readonly StreamFigures[];
  readonly watermarks: readonly Watermark[];
  readonly #start: Snapshot;
  #now: Snapshot;
  readonly #models: readonly ModelledStream[];
  /** Of the plans of one run. */
  #memory = new PlanMemory();
  #violations = new Violations();
  readonly #measure: <T>(phase: string, work: () => T) => T;

  /** @throws StatorError where what is to arrive is like nothing there is */
  constructor(desired: DesiredState, snapshot: Snapshot, options: SimulationOptions) {
    this.desired = desired;
    this.options = options;
    this.#start = snapshot;
    this.#now = snapshot;
    this.inventory = {
      generation: snapshot.generation,
      completeness: snapshot.completeness.state,
      datasets: snapshot.datasets.count,
      blocks: snapshot.blocks.count,
      replicas: snapshot.blockReplicas.count,
      engine,
    };
    this.#measure = options.measure ?? ((_, work) => work());
    const { assumptions, clock } = options;
    const world = new World(desired, snapshot, new PlanClock(clock));
    this.#models = assumptions.arrivals.map((stream) => modelStream(world, stream, assumptions.templateWindow));
    this.streams = this.#models.map(({ stream, rate, templates }) => ({
      name: stream.name,
      bytesPerDay: (rate.bytes * day) / rate.per,
      templates: templates.length,
    }));
    this.watermarks = findWatermarks(world);
  }

  /** The inventory, and what the loop remembers, at the end of the day that was read last. */
  get snapshot(): Snapshot {
    return this.#now;
  }

  /** Complete once all days have been read. */
  get violations(): readonly Violation[] {
    return this.#violations.all;
  }

  /**
   * Day 0 is what there is before anything happens; day k is the end of the k-th day. With steps longer than a day,
   * days without a cycle are left out.
   *
   * @throws StatorError where an expression fails on a value
   */
  *days(): Generator<SimulatedDay> {
    const { clock, days, step, seed, assumptions } = this.options;
    const end = clock + days * day;
    this.#violations = new Violations();
    this.#memory = new PlanMemory();
    const arrivals = new Arrivals(this.#models, seed, clock, this.desired.federation.datasetName);
    const transfers = new Transfers(assumptions.throughput);
    const work = new OpenWork(this.desired, this.#start.memory, assumptions.approveAll);
    let snapshot: Snapshot = { ...this.#start, takenAt: clock, memory: work.first() };
    let figures = new DayFigures();
    let time = clock;
    let result = this.#plan(snapshot, time, 0);
    const first = makeSiteTable(this.desired, snapshot, new PlanClock(time));
    figures.pending = transfers.advance(snapshot, first, work.copies, 0, time).pending;
    yield this.#day(figures, snapshot, result.plan, 0, time);
    figures = new DayFigures();
    while (time < end) {
      const next = Math.min(time + step, end);
      const state = { snapshot, result, work, transfers, arrivals, figures, time, next };
      snapshot = this.#measure('step', () => this.#step(state));
      const number = (next - clock) / day;
      const previous = (time - clock) / day;
      time = next;
      result = this.#plan(snapshot, time, Math.ceil(number));
      if (time < end && Math.floor(number) === Math.floor(previous)) continue;
      yield this.#day(figures, snapshot, result.plan, Math.ceil(number), time);
      figures = new DayFigures();
    }
  }

  #plan(snapshot: Snapshot, clock: number, number: number): PlanResult {
    const result = this.#measure('plan', () => plan(this.desired, snapshot, { clock, memory: this.#memory }));
    this.#violations.look(result.plan, number, clock);
    return result;
  }

  #day(figures: DayFigures, snapshot: Snapshot, document: Plan, number: number, time: number): SimulatedDay {
    this.#now = snapshot;
    this.#violations.lookAtDay(document, number, time);
    return figures.close(snapshot, document, number, time);
  }

  #step(state: {
    readonly snapshot: Snapshot;
    readonly result: PlanResult;
    readonly work: OpenWork;
    readonly transfers: Transfers;
    readonly arrivals: Arrivals;
    readonly figures: DayFigures;
    readonly time: number;
    readonly next: number;
  }): Snapshot {
    const { snapshot, result, work, transfers, arrivals, figures, time, next } = state;
    const inherited = work.takeInherited();
    const recorded = work.record(result);
    const replicas: ReplicaChange[] = [];

    // In the order of a plan: no bytes move, so this is done before a copy can be.
    for (const action of [...recorded.reassignments, ...inherited.filter(({ type }) => type === 'reassign')]) {
      replicas.push({ ...action, type: 'reassign' });
      work.finishReassignment(action);
    }

    const sites = makeSiteTable(this.desired, snapshot, new PlanClock(time));
    const transferred = transfers.advance(snapshot, sites, work.copies, next - time, next);
    for (const change of transferred.replicas) replicas.push(change);
    for (const copy of transferred.finished) work.finishCopy(copy);

    const arrived = arrivals.until(next, snapshot);
    for (const change of arrived.replicas) replicas.push(change);

    for (const action of [...recorded.deletions, ...inherited.filter(({ type }) => type === 'delete')]) {
      const bytes = bytesOf(snapshot, action);
      replicas.push({ ...action, type: 'remove' });
      work.finishDeletion(action, bytes, next);
      figures.deleted(action.site, bytes);
    }
    figures.transferred(transferred, recorded.copies);
    figures.arrived(arrived);
    figures.reassigned(recorded.reassignments);

    const after = applyChanges(
      snapshot,
      { datasets: arrived.datasets, blocks: [], replicas, subscriptions: result.recording().subscriptions },
      { generation: snapshot.generation + 1, takenAt: next, memory: snapshot.memory },
    );
    const baseline = { replicas: after.blockReplicas.count, bytes: sum(after.blockReplicas.size) };
    const memory: LoopMemory = work.remember(result, baseline, next, time);
    return { ...this.#age(after, next - time), memory };
  }

  /** Demand and accesses decay; when something was last read stays. */
  #age(snapshot: Snapshot, seconds: number): Snapshot {
    const { demandHalfLife } = this.options.assumptions;
    if (demandHalfLife === null) return snapshot;
    const left = 2 ** (-seconds / demandHalfLife);
    const { demand, accesses } = snapshot.datasets;
    return {
      ...snapshot,
      datasets: {
        ...snapshot.datasets,
        demand: demand.map((value) => value * left),
        accesses: accesses.map((value) => value * left),
      },
    };
  }
}

/** Bytes that a deletion frees: what is there of its blocks. */
function bytesOf(
  snapshot: Snapshot,
  action: { readonly dataset: string; readonly site: string; readonly blocks: readonly string[] | null },
): number {
  const { datasets, replicas, blockReplicas, blocks } = snapshot;
  const dataset = findDataset(snapshot, action.dataset);
  if (dataset < 0) return 0;
  const wanted = action.blocks === null ? null : new Set(action.blocks);
  let bytes = 0;
  for (let r = intAt(datasets.replicaStart, dataset); r < intAt(datasets.replicaStart, dataset + 1); r++) {
    if (nameAt(snapshot.sites, shortAt(replicas.site, r)) !== action.site) continue;
    for (let br = intAt(replicas.start, r); br < intAt(replicas.start, r + 1); br++) {
      if (wanted === null || wanted.has(blocks.name.at(intAt(blockReplicas.block, br)))) {
        bytes += floatAt(blockReplicas.size, br);
      }
    }
  }
  return bytes;
}

function sum(column: Float64Array): number {
  let total = 0;
  for (let i = 0; i < column.length; i++) total += at(column, i);
  return total;
}
