/**
 * A plan with the memory of the plans before is byte for byte the plan without: in random worlds in which rows and
 * documents change, time passes (and once in a while goes back), and often nothing happens at all.
 *
 * `STATOR_PROPERTY_RUNS`, `STATOR_PROPERTY_SEED` and `STATOR_PROPERTY_PATH` as in `planning.test.ts`.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../src/desired/index.js';
import { PlanMemory, type PlanResult, plan } from '../../src/planning/index.js';
import type { Snapshot } from '../../src/snapshot/index.js';
import { days, type Inventory, toSnapshot } from '../scenarios/inventory.js';
import { later, type Observed, perform } from '../scenarios/loop.js';
import { checkWorlds, compile, parameters } from './check-worlds.js';
import { observedOf } from './documents.js';
import { type WorldModel, worlds } from './world.js';

const minute = 1 / 1440;

const removable = ['placements', 'locks', 'guards', 'exclusions', 'ownerships', 'windows', 'retentions'] as const;

/** What happens between one cycle and the next, and how that is planned. */
interface Step {
  readonly days: number;
  /** Whether the actions of the plan are done. */
  readonly performs: boolean;
  /** Whether what waits for an approval gets it. */
  readonly approves: boolean;
  /** A row of a dataset that changes, and how. */
  readonly row: { readonly index: number; readonly change: 'status' | 'demand' | 'created' | 'kind' } | null;
  /** A kind whose last document is removed. */
  readonly removed: (typeof removable)[number] | null;
  /** The same documents are read and compiled again. */
  readonly compiles: boolean;
  readonly decisions: boolean;
  readonly isComplete: boolean;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    days: fc.constantFrom(0, minute, minute, 0.25, 1, 3, 40, -1),
    performs: fc.boolean(),
    approves: fc.boolean(),
    row: fc.option(
      fc.record({
        index: fc.nat(5),
        change: fc.constantFrom('status' as const, 'demand' as const, 'created' as const, 'kind' as const),
      }),
      { freq: 2 },
    ),
    removed: fc.option(fc.constantFrom(...removable), { freq: 1 }),
    compiles: fc.constantFrom(false, false, false, true),
    decisions: fc.boolean(),
    isComplete: fc.constantFrom(true, true, true, true, false),
  }),
  { minLength: 3, maxLength: 5 },
);

/** Snapshots as the loop loads them: the columns of an inventory that has not changed are the same. */
class Loading {
  #rows = '';
  #last: Snapshot | null = null;

  load({ inventory, memory, generation, clock }: Observed, isComplete: boolean): Snapshot {
    const head = { generation, takenAt: clock, memory };
    const rows = JSON.stringify(inventory);
    if (this.#last === null || rows !== this.#rows) this.#last = toSnapshot(inventory, head);
    this.#rows = rows;
    const completeness = isComplete ? { state: 'complete' as const } : { state: 'partial' as const, reason: 'a test' };
    // What the loop remembers is read anew each time.
    return { ...this.#last, ...head, memory: structuredClone(memory), completeness };
  }
}

function withChange(rows: Inventory, { index, change }: NonNullable<Step['row']>): Inventory {
  const datasets = rows.datasets.map((row, i) => {
    if (i !== index) return row;
    if (change === 'status') return { ...row, status: row.status === 'VALID' ? 'DEPRECATED' : 'VALID' };
    if (change === 'demand') return { ...row, demand: row.demand > 1 ? 0 : 10 };
    if (change === 'created') return { ...row, created: row.created - days(20) };
    return { ...row, labels: { ...row.labels, kind: row.labels.kind === 'hot' ? 'cold' : 'hot' } };
  });
  return { ...rows, datasets };
}

function withoutLast(world: WorldModel, kind: (typeof removable)[number]): WorldModel {
  return { ...world, [kind]: world[kind].slice(0, -1) };
}

/** All of it but functions, which results have none of. */
function bytes(result: PlanResult): string {
  return JSON.stringify(result, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}

/** @returns how many plans were the last one, in another place and time */
function run(world: WorldModel, course: readonly Step[]): number {
  let kept = 0;
  let last: PlanResult | null = null;
  let now = world;
  let desired: DesiredState = compile(now);
  let state = observedOf(now);
  const loading = new Loading();
  const memory = new PlanMemory();
  course.forEach((step, index) => {
    if (step.row !== null) state = { ...state, inventory: withChange(state.inventory, step.row) };
    if (step.removed !== null) now = withoutLast(now, step.removed);
    if (step.removed !== null || step.compiles) desired = compile(now);
    const options = { clock: state.clock, decisions: step.decisions };
    const snapshot = loading.load(state, step.isComplete);
    const again = plan(desired, snapshot, { ...options, memory });
    const fromScratch = plan(desired, snapshot, options);
    if (bytes(again) !== bytes(fromScratch)) throw new Error(`plan ${index} is not what a plan from scratch is`);
    if (again.plan.actions === last?.plan.actions) kept++;
    last = again;
    if (step.performs) state = perform(desired, state, fromScratch);
    if (step.approves) {
      const expires = state.clock + days(1);
      const approvals = fromScratch.plan.approvals.map(({ hash }) => ({ hash, expires }));
      state = { ...state, memory: { ...state.memory, approvals } };
    }
    state = { ...later(state, days(step.days)), generation: state.generation + 1 };
  });
  return kept;
}

describe('planning again with what was planned before', { timeout: 60_000 + 300 * parameters.numRuns }, () => {
  test('gives the bytes of a plan from scratch', () => {
    let kept = 0;
    checkWorlds(fc.tuple(worlds, steps), ([world, course]) => {
      kept += run(world, course);
    });
    // Otherwise nothing was tried here.
    expect(kept).toBeGreaterThan(0);
  });
});
