/** What a plan may take over from the plan before, and what it may not. */
import { describe, expect, test } from 'vitest';
import { PlanMemory, type PlanResult, plan } from '../../../src/planning/index.js';
import { emptyMemory, type Snapshot } from '../../../src/snapshot/index.js';
import { desired, site } from '../../scenarios/desired.js';
import { clock, type DatasetLine, days, inventory, toSnapshot } from '../../scenarios/inventory.js';
import { actionsOf, whole } from '../../scenarios/loop.js';

const minute = 60;

/** Deletes, at one of three sites, what a condition of datasets holds for. */
function rules(when: string, more = '') {
  return desired(
    ...['X', 'Y', 'Z'].map((name) => site(name)),
    `
    kind: Federation
    metadata: { name: test }
    spec: { disposable: 'false' }
    ---
    kind: Partition
    metadata: { name: all }
    spec: { match: 'true' }
    ---
    kind: Retention
    metadata: { name: clean }
    spec:
      partition: all
      sites: site.name == "X"
      rules: [ { id: gone, action: delete, when: '${when}' } ]
      default: protect
    ${more}
    `,
  );
}

const rows = inventory({ '/A': { at: { X: {}, Y: {}, Z: {} } }, '/B': { at: { X: {}, Y: {}, Z: {} } } });

function snapshotOf(change: Partial<DatasetLine> = {}, generation = 1): Snapshot {
  const [first, ...rest] = rows.datasets;
  const datasets = first === undefined ? rest : [{ ...first, ...change }, ...rest];
  return toSnapshot({ ...rows, datasets }, { generation, takenAt: clock, memory: emptyMemory });
}

describe('the plan before', () => {
  const state = rules('dataset.created.olderThan("30d")');

  function minutesLater(change: (snapshot: Snapshot) => Partial<Snapshot>, seconds = minute): [PlanResult, PlanResult] {
    const [memory, snapshot] = [new PlanMemory(), snapshotOf()];
    const first = plan(state, snapshot, { clock, memory });
    const changed = { ...snapshot, ...change(snapshot) };
    const second = plan(state, changed, { clock: clock + seconds, memory });
    expect(whole(second)).toEqual(whole(plan(state, changed, { clock: clock + seconds })));
    return [first, second];
  }

  test('is the plan of the next minute, but for its time', () => {
    const [first, second] = minutesLater(() => ({ generation: 2, takenAt: clock + minute }));
    expect(second.plan.actions).toBe(first.plan.actions);
    expect(second.plan.clock).not.toBe(first.plan.clock);
    expect(second.plan.inventory.generation).toBe(2);
    expect(second.plan.digest).not.toBe(first.plan.digest);
  });

  test('is the plan of the next minute also where rules ask how old data is that is yet to arrive', () => {
    const copied = `---
    kind: Placement
    metadata: { name: more }
    spec: { datasets: 'true', to: 'site.name == "X"', protect: false }`;
    const arriving = rules('replica.lastBlock.olderThan("30d") && dataset.fullCopies > 5', copied);
    const snapshot = toSnapshot(inventory({ '/A': { at: { Y: {} } } }), {
      generation: 1,
      takenAt: clock,
      memory: emptyMemory,
    });
    const memory = new PlanMemory();
    const first = plan(arriving, snapshot, { clock, memory });
    expect(actionsOf(first.plan)).toEqual(['copy /A -> X']);
    expect(plan(arriving, snapshot, { clock: clock + minute, memory }).plan.actions).toBe(first.plan.actions);
    // Where its time is compared with another than an age, the next minute is another time.
    const compared = rules('replica.lastBlock > timestamp("2030-01-01T00:00:00Z")', copied);
    const other = new PlanMemory();
    const before = plan(compared, snapshot, { clock, memory: other });
    expect(plan(compared, snapshot, { clock: clock + minute, memory: other }).plan.actions).not.toBe(
      before.plan.actions,
    );
  });

  test('is not where the loop remembers something else', () => {
    const approvals = [{ hash: 'sha256:1', expires: clock + days(1) }];
    const [first, second] = minutesLater(() => ({ memory: { ...emptyMemory, approvals } }));
    expect(second.plan.actions).not.toBe(first.plan.actions);
  });

  test('is not where the inventory is another, though it says the same', () => {
    const [first, second] = minutesLater(() => ({ ...snapshotOf() }));
    expect(second.plan.actions).not.toBe(first.plan.actions);
  });

  test('is not where the inventory is no longer complete', () => {
    const [, second] = minutesLater(() => ({ completeness: { state: 'partial', reason: 'a catalog is away' } }));
    expect(actionsOf(second.plan)).toEqual([]);
  });

  test('is not at an earlier time', () => {
    const [first, second] = minutesLater(() => ({}), -minute);
    expect(second.plan.actions).not.toBe(first.plan.actions);
  });
});

test.each([
  ['an age limit passes', 'dataset.created.olderThan("30d")', { created: clock - days(30) + minute }, ''],
  ['the clock itself is read', 'now - dataset.created > duration("30d")', { created: clock - days(30) + minute }, ''],
])('something is deleted once %s', (_, when, change, more) => {
  const state = rules(`dataset.name == "/A" && ${when}`, more);
  const [memory, snapshot] = [new PlanMemory(), snapshotOf(change)];
  const actionsAt = (seconds: number): string[] =>
    actionsOf(plan(state, snapshot, { clock: clock + seconds, memory }).plan);
  expect(actionsAt(0)).toEqual([]);
  expect(actionsAt(minute / 2)).toEqual([]);
  expect(actionsAt(2 * minute)).toEqual(['delete /A @ X']);
});

test('a lock that ends lets go in the same minute', () => {
  const expires = new Date((clock + 90) * 1000).toISOString();
  const lock = `---
    kind: Lock
    metadata: { name: kept }
    spec: { datasets: dataset.name == "/A", expires: '${expires}', reason: it is read }`;
  const state = rules('dataset.name == "/A"', lock);
  const [memory, snapshot] = [new PlanMemory(), snapshotOf()];
  const heldAt = (seconds: number): unknown[] =>
    plan(state, snapshot, { clock: clock + seconds, memory }).plan.actions.map(({ held }) => held?.code ?? null);
  expect(heldAt(0)).toEqual(['locked']);
  expect(heldAt(60)).toEqual(['locked']);
  expect(heldAt(120)).toEqual([null]);
});

test.each<[string, string, Partial<DatasetLine>]>([
  ['status', 'dataset.status == "INVALID"', { status: 'INVALID' }],
  ['type', 'dataset.type == "mc"', { type: 'mc' }],
  ['open', 'dataset.open', { open: true }],
  ['created', 'dataset.created.newerThan("2d")', { created: clock }],
  ['lastUpdate', 'dataset.lastUpdate.newerThan("2d")', { lastUpdate: clock }],
  ['lastAccess', 'dataset.lastAccess.newerThan("2d")', { lastAccess: clock }],
  ['lastUse', 'dataset.lastUse.newerThan("2d")', { lastAccess: clock }],
  ['accesses', 'dataset.accesses > 99.0', { accesses: 100 }],
  ['usageRank', 'dataset.usageRank > 99.0', { usageRank: 100 }],
  ['demand', 'dataset.demand > 99.0', { demand: 100 }],
  ['a label that was not there', 'dataset.labels.tier == "raw"', { labels: { tier: 'raw' } }],
])('a rule is asked again of a dataset whose %s changed', (_, when, change) => {
  const state = rules(when);
  const memory = new PlanMemory();
  const actions = (snapshot: Snapshot): string[] => actionsOf(plan(state, snapshot, { clock, memory }).plan);
  expect(actions(snapshotOf())).toEqual([]);
  expect(actions(snapshotOf(change))).toEqual(['delete /A @ X']);
  expect(actions(snapshotOf())).toEqual([]);
});

test('a dataset that comes between others moves their answers', () => {
  const state = rules('dataset.name == "/B"');
  const memory = new PlanMemory();
  const of = (...names: string[]): string[] => {
    const spec = Object.fromEntries(names.map((name) => [name, { at: { X: {}, Y: {}, Z: {} } }]));
    const snapshot = toSnapshot(inventory(spec), { generation: 1, takenAt: clock, memory: emptyMemory });
    return actionsOf(plan(state, snapshot, { clock, memory }).plan);
  };
  expect(of('/A', '/B', '/C')).toEqual(['delete /B @ X']);
  expect(of('/A', '/AA', '/AB', '/B', '/C')).toEqual(['delete /B @ X']);
  expect(of('/AA', '/C')).toEqual([]);
});
