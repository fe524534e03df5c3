/**
 * A plan with the memory of the plans before is byte for byte the plan without: in random worlds in which rows and
 * documents change, rules are edited, time passes (and once in a while goes back), and often nothing happens at all.
 *
 * `STATOR_PROPERTY_RUNS`, `STATOR_PROPERTY_SEED` and `STATOR_PROPERTY_PATH` as in `planning.test.ts`.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../src/desired/index.js';
import { PlanMemory, type PlanResult, plan } from '../../src/planning/index.js';
import { replaceDatasets, type Snapshot } from '../../src/snapshot/index.js';
import { days, type Inventory, toSnapshot } from '../scenarios/inventory.js';
import { later, type Observed, perform, whole } from '../scenarios/loop.js';
import { checkWorlds, compile, parameters } from './check-worlds.js';
import { observedOf } from './documents.js';
import { ageLimitDays, type RetentionModel, type RuleModel, type WorldModel, worlds } from './world.js';

const minute = 1 / 1440;
const toAgeLimit = 'to the age limit';

const removable = ['placements', 'locks', 'guards', 'exclusions', 'ownerships', 'windows', 'retentions'] as const;

const rowChanges = ['status', 'demand', 'created', 'kind', 'gone', 'younger', 'owner', 'incomplete'] as const;
const ruleChanges = ['dropped', 'action', 'condition', 'doubled', 'first', 'default'] as const;
const siteChanges = ['state', 'region', 'quotas'] as const;

/** What happens between one cycle and the next, and how that is planned. */
interface Step {
  /** So many days, or up to the very second in which the next row reaches the limit of age that rules have. */
  readonly days: number | typeof toAgeLimit;
  /** Whether the actions of the plan are done. */
  readonly performs: boolean;
  /** Whether what waits for an approval gets it. */
  readonly approves: boolean;
  /** A row of a dataset, or of a block at a site, that changes, and how. */
  readonly row: { readonly index: number; readonly change: (typeof rowChanges)[number] } | null;
  /** A rule of a Retention that is edited, and how. */
  readonly rule: { readonly of: number; readonly index: number; readonly change: (typeof ruleChanges)[number] } | null;
  /** A site that is edited, and how. */
  readonly site: { readonly index: number; readonly change: (typeof siteChanges)[number] } | null;
  /** A kind whose last document is removed. */
  readonly removed: (typeof removable)[number] | null;
  /** The same documents are read and compiled again. */
  readonly compiles: boolean;
  readonly decisions: boolean;
  readonly isComplete: boolean;
}

const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 1 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    days: fc.constantFrom<Step['days']>(0, minute, minute, minute, 0.25, 1, 3, 40, -1, toAgeLimit, toAgeLimit),
    performs: fc.boolean(),
    approves: fc.boolean(),
    row: fc.option(fc.record({ index: fc.nat(20), change: fc.constantFrom(...rowChanges) }), { freq: 2 }),
    rule: sometimes(fc.record({ of: fc.nat(2), index: fc.nat(3), change: fc.constantFrom(...ruleChanges) })),
    site: rarely(fc.record({ index: fc.nat(5), change: fc.constantFrom(...siteChanges) })),
    removed: fc.option(fc.constantFrom(...removable), { freq: 1 }),
    compiles: fc.constantFrom(false, false, false, true),
    decisions: fc.boolean(),
    isComplete: fc.constantFrom(true, true, true, true, false),
  }),
  { minLength: 3, maxLength: 5 },
);

/**
 * Snapshots as the loop loads them: the columns of an inventory that has not changed are the same, and datasets that have
 * not changed are copied.
 */
class Loading {
  #rows: Inventory = { datasets: [], blocks: [], replicas: [], subscriptions: [] };
  #last: Snapshot | null = null;

  load({ inventory, memory, generation, clock }: Observed, isComplete: boolean): Snapshot {
    const head = { generation, takenAt: clock, memory };
    const changed = this.#changed(inventory);
    if (this.#last === null || changed === null) this.#last = toSnapshot(inventory, head);
    else if (changed.datasets.length > 0) this.#last = replaceDatasets(this.#last, toSnapshot(changed, head));
    this.#rows = inventory;
    const completeness = isComplete ? { state: 'complete' as const } : { state: 'partial' as const, reason: 'a test' };
    // What the loop remembers is read anew each time.
    return { ...this.#last, ...head, memory: structuredClone(memory), completeness };
  }

  /** The rows of datasets of which any has changed; null where a dataset is gone. */
  #changed(inventory: Inventory): Inventory | null {
    const of = ({ datasets, blocks, replicas, subscriptions }: Inventory, name: string): Inventory => ({
      datasets: datasets.filter((row) => row.name === name),
      blocks: blocks.filter((row) => row.dataset === name),
      replicas: replicas.filter((row) => row.dataset === name),
      subscriptions: subscriptions.filter((row) => row.dataset === name),
    });
    const names = new Set(inventory.datasets.map(({ name }) => name));
    if (this.#rows.datasets.some(({ name }) => !names.has(name))) return null;
    const changed = [...names].filter(
      (name) => JSON.stringify(of(inventory, name)) !== JSON.stringify(of(this.#rows, name)),
    );
    const parts = changed.map((name) => of(inventory, name));
    return {
      datasets: parts.flatMap(({ datasets }) => datasets),
      blocks: parts.flatMap(({ blocks }) => blocks),
      replicas: parts.flatMap(({ replicas }) => replicas),
      subscriptions: parts.flatMap(({ subscriptions }) => subscriptions),
    };
  }
}

function withChange(rows: Inventory, { index, change }: NonNullable<Step['row']>): Inventory {
  const datasets = rows.datasets.map((row, i) => {
    if (i !== index % rows.datasets.length) return row;
    if (change === 'status') return { ...row, status: row.status === 'VALID' ? 'DEPRECATED' : 'VALID' };
    if (change === 'demand') return { ...row, demand: row.demand > 1 ? 0 : 10 };
    if (change === 'created') return { ...row, created: row.created - days(20) };
    if (change === 'kind')
      return { ...row, labels: { ...row.labels, kind: row.labels.kind === 'hot' ? 'cold' : 'hot' } };
    return row;
  });
  const replicas = rows.replicas.flatMap((row, i) => {
    if (i !== index % rows.replicas.length) return row;
    if (change === 'gone') return [];
    if (change === 'younger') return { ...row, lastUpdate: row.lastUpdate + days(15) };
    if (change === 'owner') return { ...row, owner: row.owner === 'A' ? 'B' : 'A' };
    if (change === 'incomplete') return { ...row, size: 0, complete: false };
    return row;
  });
  return { ...rows, datasets, replicas };
}

function withRule(world: WorldModel, { of, index, change }: NonNullable<Step['rule']>): WorldModel {
  const retentions = world.retentions.map((retention, i) => {
    if (i !== of % world.retentions.length) return retention;
    const { rules } = retention;
    const [rule, other] = [rules[index % rules.length], rules[0]];
    if (rule === undefined || other === undefined) return retention;
    const edited = (each: Partial<RuleModel>): RetentionModel => ({
      ...retention,
      rules: rules.map((old) => (old === rule ? { ...old, ...each } : old)),
    });
    if (change === 'default')
      return { ...retention, default: retention.default === 'protect' ? ('delete' as const) : ('protect' as const) };
    if (change === 'action') return edited({ action: rule.action === 'protect' ? 'dismiss' : 'protect' });
    if (change === 'condition') return edited({ when: `!(${rule.when})` });
    if (change === 'first') return { ...retention, rules: [rule, ...rules.filter((old) => old !== rule)] };
    if (change === 'doubled') {
      return {
        ...retention,
        rules: rules.flatMap((old) => (old === rule ? [{ ...other, id: `${old.id}x` }, old] : old)),
      };
    }
    return rules.length < 2 ? retention : { ...retention, rules: rules.filter((old) => old !== rule) };
  });
  return { ...world, retentions };
}

function withSite(world: WorldModel, { index, change }: NonNullable<Step['site']>): WorldModel {
  const sites = world.sites.map((site, i) => {
    if (i !== index % world.sites.length) return site;
    if (change === 'state')
      return { ...site, state: site.state === 'ready' ? ('draining' as const) : ('ready' as const) };
    if (change === 'region') return { ...site, region: site.region === 'us' ? 'eu' : 'us' };
    const quotas = Object.entries(site.quotas).map(([name, size]) => [name, size === null ? null : size + 7] as const);
    return { ...site, quotas: Object.fromEntries(quotas) };
  });
  return { ...world, sites };
}

function withoutLast(world: WorldModel, kind: (typeof removable)[number]): WorldModel {
  return { ...world, [kind]: world[kind].slice(0, -1) };
}

function bytes(result: PlanResult): string {
  return JSON.stringify(whole(result), (_, value: unknown) => (value instanceof Map ? [...value] : value));
}

/** Seconds from a moment until the next row reaches the age limit; a minute where none does any more. */
function untilAgeLimit({ inventory, clock }: Observed): number {
  const reached = [...inventory.datasets, ...inventory.blocks, ...inventory.replicas].map(
    ({ lastUpdate }) => lastUpdate + days(ageLimitDays) - clock,
  );
  const ahead = reached.filter((seconds) => seconds > 0);
  return ahead.length > 0 ? Math.min(...ahead) : days(minute);
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
    const written = now;
    if (step.removed !== null) now = withoutLast(now, step.removed);
    if (step.rule !== null) now = withRule(now, step.rule);
    if (step.site !== null) now = withSite(now, step.site);
    if (now !== written || step.compiles) desired = compile(now);
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
    const passed = step.days === toAgeLimit ? untilAgeLimit(state) : days(step.days);
    state = { ...later(state, passed), generation: state.generation + 1 };
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
