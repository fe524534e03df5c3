/**
 * What the plan before decided of a dataset stands while nothing has changed that it was decided from. Each test changes
 * one thing that a rule reads: the rule decides otherwise, and a plan that knows the one before says so too.
 */
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../../src/desired/index.js';
import { actionKey, PlanMemory, plan } from '../../../src/planning/index.js';
import {
  emptyMemory,
  type LoopMemory,
  type OpenAction,
  replaceDatasets,
  type Snapshot,
} from '../../../src/snapshot/index.js';
import { desired, site } from '../../scenarios/desired.js';
import { clock, days, daysAgo, type InventorySpec, inventory, toSnapshot } from '../../scenarios/inventory.js';
import { whole } from '../../scenarios/loop.js';

interface Circumstances {
  /** Spec fields of the site X, where the rules apply, and its label `kind`. */
  readonly site?: string;
  readonly label?: string;
  readonly rules?: readonly string[];
  readonly default?: string;
  readonly sites?: string;
  readonly trigger?: string;
  readonly match?: string;
  /** More documents. */
  readonly more?: string;
  /** Datasets instead of, or beside, `/A` and `/B`. */
  readonly rows?: InventorySpec;
  readonly memory?: Partial<LoopMemory>;
  /** Seconds after the clock of all tests. */
  readonly later?: number;
}

function stateOf(has: Circumstances): DesiredState {
  return desired(
    site('X', has.site ?? 'quotas: { all: 100GB }', `kind: ${has.label ?? 'plain'}`),
    ...['W', 'Y', 'Z'].map((name) => site(name)),
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: '${has.match ?? 'true'}' }
    ---
    kind: Retention
    metadata: { name: clean }
    spec:
      partition: all
      sites: '${has.sites ?? 'site.name == "X"'}'
      ${has.trigger === undefined ? '' : `trigger: '${has.trigger}'`}
      rules: [ ${(has.rules ?? []).join(', ')} ]
      default: ${has.default ?? 'protect'}
    ${has.more ?? ''}
    `,
  );
}

const gone = (when: string, more = ''): string => `{ id: gone, action: delete, when: '${when}' ${more} }`;
const kept = (when: string, more = ''): string => `{ id: kept, action: protect, when: '${when}' ${more} }`;
const everywhere = { X: {}, Y: {}, Z: {} };
const A = { blocks: { b1: 10, b2: 20 }, at: everywhere };
const B = { at: { ...everywhere, Z: { owner: 'other' } } };

/**
 * Plans in circumstances that follow each other, each knowing the plan before: what each plans, which is checked against a
 * plan from scratch.
 *
 * @param copies whether datasets that have not changed are copied from the inventory before, as the loop does
 */
function plansOf(copies: boolean, ...course: readonly Circumstances[]): string[][] {
  const memory = new PlanMemory();
  let before: { readonly rows: InventorySpec; readonly snapshot: Snapshot } | null = null;
  const states = new Map<string, DesiredState>();
  const plans: string[][] = [];
  for (const [generation, has] of course.entries()) {
    const now = clock + (has.later ?? 0);
    const rows: InventorySpec = { '/A': A, '/B': B, ...has.rows };
    const head = { generation, takenAt: now, memory: { ...emptyMemory, ...has.memory } };
    let snapshot = toSnapshot(inventory(rows), head);
    if (copies && before !== null) {
      const known = before.rows;
      const changed = Object.entries(rows).filter(([name, row]) => JSON.stringify(known[name]) !== JSON.stringify(row));
      const replacing = toSnapshot(inventory(Object.fromEntries(changed)), head);
      const same = changed.length === 0 ? before.snapshot : replaceDatasets(before.snapshot, replacing);
      snapshot = { ...same, ...head };
    }
    before = { rows, snapshot };
    const written = JSON.stringify({ ...has, rows: null, memory: null, later: null });
    const state = states.get(written) ?? stateOf(has);
    states.set(written, state);
    const again = plan(state, snapshot, { clock: now, memory });
    expect(whole(again)).toEqual(whole(plan(state, snapshot, { clock: now })));
    plans.push(again.plan.actions.map(({ type, dataset, site: where }) => `${type} ${dataset} @ ${where}`));
  }
  return plans;
}

const openAction = (type: OpenAction['type'], where: string): OpenAction => ({
  ...{ id: `${type} ${where}`, type, dataset: '/A', site: where, owner: 'grp', blocks: null, sources: ['Y'] },
  ...{ held: null, started: true, ruleHash: '' },
  rule: { kind: 'Retention', name: 'clean', id: 'gone', file: 'all.yaml', line: 1 },
});
const open = (...openActions: OpenAction[]): Circumstances => ({ memory: { openActions } });
const A_ = (change: object): Circumstances => ({ rows: { '/A': { ...A, ...change } } });
const atX = (change: object): Circumstances => A_({ at: { ...everywhere, X: change } });
const atY = (change: object): Circumstances => A_({ at: { ...everywhere, Y: change } });

const lock = (expires: number, where = 'dataset.name == "/A"'): string => `---
    kind: Lock
    metadata: { name: held }
    spec: { datasets: '${where}', expires: '${new Date(expires * 1000).toISOString()}', reason: it is read }`;
const placement = (when: string, spec = ''): string => `---
    kind: Placement
    metadata: { name: wanted }
    spec: { datasets: '${when}', to: 'site.name == "X"'${spec} }`;
const selector = (when: string): string => `---
    kind: Selector
    metadata: { name: chosen }
    spec: { scope: dataset, when: '${when}' }`;

const A_isGone = ['delete /A @ X'];

/** What is changed, the rule that reads it, and how: from a plan of nothing to one that deletes `/A` at X. */
const changes: readonly (readonly [string, Circumstances, Circumstances])[] = [
  [
    'a block is older',
    { rules: [gone('replica.firstBlock.olderThan("900d")')] },
    atX({ lastUpdates: { b1: daysAgo(999) } }),
  ],
  ['a block elsewhere is incomplete', { rules: [gone('dataset.fullCopies == 2')] }, atY({ incomplete: { b2: 20 } })],
  [
    'a block has another owner',
    { rules: [gone('replica.owners.exists(o, o == "other")')] },
    atX({ owners: { b2: 'other' } }),
  ],
  [
    'a block is smaller',
    { rules: [gone('dataset.name == "/A" && replica.size < 26')] },
    atX({ incomplete: { b1: 5 } }),
  ],
  ['a block is not there', { rules: [gone('!replica.full')] }, atX({ only: ['b1'] })],
  ['a block is custodial', { rules: [gone('replica.custodial', ', allowCustodial: true')] }, atX({ custodial: true })],
  ['a copy is gone', { rules: [gone('dataset.fullCopies == 2')] }, A_({ at: { X: {}, Y: {} } })],
  ['a subscription begins', { rules: [gone('replica.growing')] }, atX({ growing: 'grp' })],
  ['a block has another size', { rules: [gone('replica.projectedSize > 30')] }, A_({ blocks: { b1: 10, b2: 21 } })],
  [
    'a block has another name',
    { rules: [gone('replica.blocks.exists(b, b.name == "b3")')] },
    A_({ blocks: { b1: 10, b3: 20 } }),
  ],
  ['a copy is under way', { rules: [gone('dataset.copyRequested')] }, open(openAction('copy', 'W'))],
  ['a deletion is under way', { rules: [gone('dataset.fullCopies == 2')] }, open(openAction('delete', 'Y'))],
  [
    'a placement needs it no longer',
    { rules: [gone('dataset.name == "/A" && !replica.required')], more: placement('true') },
    { more: placement('dataset.name == "/B"') },
  ],
  [
    'a lock is given up',
    { rules: [gone('dataset.name == "/A" && !replica.locked')], more: lock(clock + days(9)) },
    { more: '' },
  ],
  [
    'a lock covers something else',
    { rules: [gone('dataset.name == "/A" && !replica.locked')], more: lock(clock + days(9)) },
    { more: lock(clock + days(9), 'dataset.name == "/B"') },
  ],
  [
    'a lock has ended',
    { rules: [gone('dataset.name == "/A" && !replica.locked')], more: lock(clock + 90) },
    { later: 120 },
  ],
  [
    'an age is reached',
    { rules: [gone('dataset.name == "/A" && replica.firstBlock.olderThan("740d")')] },
    { later: days(20) },
  ],
  [
    'a site has another state',
    { rules: [gone('dataset.name == "/A" && site.state == "readonly"')] },
    { site: 'quotas: { all: 100GB }, state: readonly' },
  ],
  [
    'a site has another label',
    { rules: [gone('dataset.name == "/A" && site.labels.kind == "odd"')] },
    { label: 'odd' },
  ],
  [
    'a site has another quota',
    { rules: [gone('dataset.name == "/A" && site.quota < 90.0 * 1024.0 * 1024.0')] },
    { site: 'quotas: { all: 1MB }' },
  ],
  [
    'a site is fuller',
    { rules: [gone('dataset.name == "/A" && site.used > 1000.0')] },
    { rules: [gone('dataset.name == "/A" && site.used > 1000.0')], rows: { '/B': { ...B, size: 5000 } } },
  ],
  [
    'a selector is another',
    { rules: [gone('dataset.is("chosen")')], more: selector('false') },
    { more: selector('dataset.name == "/A"') },
  ],
  [
    'a partition is another',
    { rules: [gone('true')], match: 'block.owner == "other"' },
    { match: 'dataset.name == "/A"' },
  ],
  [
    'a Retention covers other sites',
    { rules: [gone('dataset.name == "/A"')], sites: 'site.labels.kind == "odd"' },
    { sites: 'site.name == "X"' },
  ],
  ['a rule acts otherwise', { rules: [kept('dataset.name == "/A"')] }, { rules: [gone('dataset.name == "/A"')] }],
  ['a rule comes before others', { rules: [kept('true')] }, { rules: [gone('dataset.name == "/A"'), kept('true')] }],
  [
    'a rule comes before the default',
    { rules: [kept('dataset.name == "/B"')] },
    { rules: [kept('dataset.name == "/B"'), gone('dataset.name == "/A"')] },
  ],
  ['a rule goes', { rules: [kept('true'), gone('dataset.name == "/A"')] }, { rules: [gone('dataset.name == "/A"')] }],
  [
    'a rule of blocks becomes one of replicas',
    { rules: [gone('block.size > 99', ', scope: block'), kept('dataset.name == "/A"')] },
    { rules: [gone('dataset.name == "/A"'), kept('dataset.name == "/A"')] },
  ],
  [
    'a rule of blocks comes before others',
    { rules: [kept('true')] },
    { rules: [gone('dataset.name == "/A" && block.name == "b1"', ', scope: block'), kept('true')] },
  ],
  ['the default is another', { rules: [kept('dataset.name == "/B"')] }, { default: 'delete' }],
];

describe.each([
  ['compared with', false],
  ['copied from', true],
])('a dataset that was %s the inventory before', (_, copies) => {
  test.each(changes)('is decided anew where %s', (_name, first, change) => {
    const [before, after] = plansOf(copies, first, { ...first, ...change });
    expect(before).toEqual([]);
    expect(after).toEqual(A_isGone);
  });
});

test.each([
  ['in a plan that is made anew', { rows: { '/B': { ...B, size: 3 } } }],
  ['and a plan does not stand beyond it', { rows: { '/B': { ...B, size: 2 } } }],
])('an age that was asked about two plans ago is reached %s', (_, last) => {
  const rules = [gone('dataset.name == "/A" && replica.firstBlock.olderThan("740d")')];
  const next = { rules, rows: { '/B': { ...B, size: 2 } }, later: 60 };
  const [before, between, after] = plansOf(true, { rules }, next, { rules, ...last, later: days(20) });
  expect([before, between]).toEqual([[], []]);
  expect(after).toEqual(A_isGone);
});

test('each Retention asks again at an age that another asked about before it', () => {
  const old = gone('dataset.created.olderThan("740d")');
  const again = `---
    kind: Retention
    metadata: { name: again }
    spec: { partition: all, sites: 'site.name == "Y"', rules: [ ${old} ], default: protect }`;
  const first = { rules: [old], more: again };
  const change = { ...first, rows: { '/C': { at: { Z: {} } } }, later: days(20) };
  const [before, after] = plansOf(true, first, change);
  expect(before).toEqual([]);
  expect(after).toEqual(['X', 'Y'].flatMap((name) => ['/A', '/B'].map((dataset) => `delete ${dataset} @ ${name}`)));
});

test.each([true, false])('what is asked in the very second of an age limit is asked again (copied: %s)', (copies) => {
  const rules = [gone('dataset.name == "/A" && dataset.created.olderThan("10d")')];
  const rows = { '/A': { ...A, created: daysAgo(10) } };
  const [at, after] = plansOf(copies, { rules, rows }, { rules, rows, later: 1 });
  expect(at).toEqual([]);
  expect(after).toEqual(['delete /A @ X']);
});

test('blocks that a rule takes out of a replica move with the inventory', () => {
  const rules = [gone('block.name == "b2"', ', scope: block')];
  const added = { rules, rows: { '/0': { at: { Y: {} } }, '/A': A } };
  expect(plansOf(true, { rules }, added, { rules })).toEqual([A_isGone, A_isGone, A_isGone]);
});

/** What follows is compared with a plan from scratch by {@link plansOf}, in all that it says. */
describe('what is taken over says what a plan from scratch says', () => {
  const deletesA = { rules: [gone('dataset.name == "/A"')] };
  const deletesB = { rules: [gone('dataset.name == "/B"')] };
  const hasShrunk = { rows: { '/A': { blocks: { b1: 1, b2: 2 }, at: everywhere } } };

  test('where a rule has moved to another line', () => {
    const moved = { rules: [`\n        ${gone('dataset.name == "/A"')}`] };
    expect(plansOf(true, deletesA, moved)).toEqual([A_isGone, A_isGone]);
  });

  test('where the same action has finished in between', () => {
    const finishedActions = new Map([[actionKey('delete', '/A', 'X', 'grp', null), 1]]);
    expect(plansOf(true, deletesA, { ...deletesA, memory: { finishedActions } })).toEqual([A_isGone, A_isGone]);
  });

  test('where a dataset is gone, or new, between others', () => {
    const between = { ...deletesB, rows: { '/AA': { size: 7, at: { X: {}, Y: {} } } } };
    expect(plansOf(false, between, deletesB, between)).toEqual([
      ['delete /B @ X'],
      ['delete /B @ X'],
      ['delete /B @ X'],
    ]);
  });

  test('where others come before it in the order of actions', () => {
    const rules = [gone('dataset.name != "/A"')];
    const others = { '/A1': { at: everywhere }, '/A2': { at: everywhere }, '/A3': { at: everywhere } };
    const ofOthers = ['/A1', '/A2', '/A3', '/B'].map((dataset) => `delete ${dataset} @ X`);
    expect(plansOf(true, { rules }, { rules, rows: others })).toEqual([['delete /B @ X'], ofOthers]);
  });

  test('where others come before one that is held', () => {
    const rules = [gone('dataset.name != "/A"')];
    const last = { '/B': { at: { X: {} } } };
    const others = { '/A1': { at: { X: {} } }, '/A2': { at: { X: {} } }, '/A3': { at: { X: {} } } };
    const ofOthers = ['/A1', '/A2', '/A3', '/B'].map((dataset) => `delete ${dataset} @ X`);
    expect(plansOf(true, { rules, rows: last }, { rules, rows: { ...last, ...others } })).toEqual([
      ['delete /B @ X'],
      ofOthers,
    ]);
  });

  test('where first some blocks of a replica go, and later all', () => {
    const rules = [gone('dataset.name == "/A" && block.lastUpdate.olderThan("100d")', ', scope: block')];
    const rows = atX({ lastUpdates: { b1: daysAgo(120), b2: daysAgo(95) } });
    const [some, all] = plansOf(true, { rules, ...rows }, { rules, ...rows, later: days(10) });
    expect([some, all]).toEqual([A_isGone, A_isGone]);
  });

  test('where first all blocks of a replica go, and later some', () => {
    const rules = [gone('dataset.name == "/A"', ', scope: block')];
    const rows = A_({ at: { X: {}, Y: {}, Z: { only: ['b1'] } } });
    const more = `---
    kind: Guard
    metadata: { name: two }
    spec: { copies: [ { datasets: 'true', min: 2 } ] }`;
    const [all, some] = plansOf(true, { rules, ...rows }, { rules, ...rows, more });
    expect(all).toEqual(A_isGone);
    // What goes, and what is held.
    expect(some).toEqual([...A_isGone, ...A_isGone]);
  });

  test('where some blocks of a replica are on their way out already', () => {
    const first = { ...openAction('delete', 'X'), blocks: ['b1'] };
    const second = { ...deletesA, ...open(first) };
    expect(plansOf(true, second, { ...second, later: 60, rows: { '/B': { ...B, size: 5 } } })).toEqual([
      A_isGone,
      A_isGone,
    ]);
    const state = stateOf(deletesA);
    const head = { generation: 1, takenAt: clock, memory: { ...emptyMemory, openActions: [first] } };
    const { actions } = plan(state, toSnapshot(inventory({ '/A': A, '/B': B }), head), { clock }).plan;
    // All that is left.
    expect(actions.map(({ blocks, bytes }) => [blocks, bytes])).toEqual([[null, 20]]);
  });

  test('where a deletion that was open is done', () => {
    const isDone = { ...deletesB, ...A_({ at: { X: {}, Z: {} } }) };
    expect(plansOf(true, { ...deletesB, ...open(openAction('delete', 'Y')) }, isDone)).toEqual([
      ['delete /B @ X'],
      ['delete /B @ X'],
    ]);
  });

  test('where a group has come below its limit', () => {
    const more = `${placement('dataset.name == "/C"', ', owner: grp')}
    ---
    kind: Group
    metadata: { name: grp }
    spec: { limit: 100 }`;
    const C = { '/C': { size: 40, at: { Y: { owner: 'other' } } } };
    const [before, after] = plansOf(true, { more, rows: C }, { more, rows: { ...C, ...hasShrunk.rows } });
    expect(before).toEqual([]);
    expect(after).toEqual(['copy /C @ X']);
  });

  test('where a site has become so small that a deletion is a large share of it', () => {
    const more = `---
    kind: Guard
    metadata: { name: slow }
    spec: { deletions: { per: 1h, maxShareOfSite: 10% } }`;
    const memory = new PlanMemory();
    const state = stateOf({ ...deletesB, more });
    const heldOf = (rows: InventorySpec, later: number): unknown => {
      const snapshot = toSnapshot(inventory(rows), { generation: later, takenAt: clock, memory: emptyMemory });
      const result = plan(state, snapshot, { clock: clock + later, memory });
      expect(whole(result)).toEqual(whole(plan(state, snapshot, { clock: clock + later })));
      return result.plan.actions.map(({ dataset, held }) => [dataset, held?.code ?? null]);
    };
    expect(heldOf({ '/A': A, '/B': B }, 1)).toEqual([['/B', null]]);
    expect(heldOf({ '/A': { blocks: { b1: 1, b2: 2 }, at: everywhere }, '/B': B }, 2)).toEqual([
      ['/B', 'approval-required'],
    ]);
  });
});
