/** Simulations whose outcome can be worked out by hand. Sizes are bytes, and a dataset has one block unless said. */
import { describe, expect, test } from 'vitest';
import { compileExpression, scopes } from '../../../src/policy/index.js';
import type { Assumptions } from '../../../src/simulation/index.js';
import { desired, site } from '../../scenarios/desired.js';
import { clock, days, daysAgo, type InventorySpec } from '../../scenarios/inventory.js';
import { arrival, briefly, course, perDay, simulate, used, whereIs } from './simulate.js';

const partition = `
  kind: Partition
  metadata: { name: physics }
  spec: { match: 'true' }
`;

/** Oldest first; what is on the spare disk too may go, and of invalid data all may. */
const retention = `
  kind: Retention
  metadata: { name: disk }
  spec:
    partition: physics
    sites: site.name == "X"
    trigger: site.occupancy > 0.90
    until: site.occupancy < 0.85
    order: [ { by: dataset.created, direction: asc } ]
    rules:
      - { id: any, action: dismiss, when: 'true', allowLastCopy: true }
`;

const disposable = `
  kind: Federation
  metadata: { name: test }
  spec: { disposable: 'true' }
`;

const atX = compileExpression<boolean>('site.name == "X"', scopes.site, 'bool');
/** Datasets of 10 bytes at X. */
const tens = (bytesPerDay: number): Pick<Assumptions, 'arrivals'> => ({
  arrivals: [arrival({ rate: perDay(bytesPerDay), named: '/new/{n}', at: atX, datasetSize: 10, owner: 'grp' })],
});

const bytesPerDay = (bytes: number): Assumptions['throughput'] => ({ default: bytes / days(1), links: [] });

function filled(count: number): InventorySpec {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`/old/${i}`, { size: 10, created: daysAgo(100 - i), at: { X: {} } }]),
  );
}

describe('arrival fills a site', () => {
  const state = desired(disposable, partition, retention, site('X', 'quotas: { physics: 100 }'));

  test('until its high mark is passed on a day that can be told, and then it stays between the marks', () => {
    // 60, and 10 more every day: 90 of 100 is not above .90 on day 3, 100 is on day 4. Two of 10 must go to come below
    // .85, and one comes on the same day.
    const simulated = simulate(state, filled(6), 10, tens(10));
    expect(used(simulated, 'X', 'physics')).toEqual([60, 70, 80, 90, 100, 90, 100, 90, 100, 90, 100]);
    expect(course(simulated, 'X', 'arrived')).toEqual([0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10]);
    expect(course(simulated, 'X', 'deleted')).toEqual([0, 0, 0, 0, 0, 20, 0, 20, 0, 20, 0]);
    const triggered = simulated.days.filter((day) => day.sites[0]?.partitions[0]?.triggered).map(({ day }) => day);
    expect(triggered).toEqual([4, 6, 8, 10]);
    expect(simulated.violations).toEqual([]);
  });

  test('the oldest go first', () => {
    const simulated = simulate(state, filled(6), 5, tens(10));
    const { name } = simulated.end.datasets;
    const left = name.filter((dataset) => whereIs(simulated.end, dataset).length > 0);
    expect(left).toEqual([...[1, 2, 3, 4, 5].map((n) => `/new/${n}`), ...[2, 3, 4, 5].map((n) => `/old/${n}`)]);
  });

  test('twice as fast it just fits; three times as fast it is over quota on day 2, which is said once', () => {
    const simulated = simulate(state, filled(6), 6, tens(20));
    // 60, 80, 100 (two go), 100 (two go) ...
    expect(used(simulated, 'X', 'physics')).toEqual([60, 80, 100, 100, 100, 100, 100]);
    const faster = simulate(state, filled(6), 6, tens(30));
    // 60, 90, 120 (four go, 30 come), 110 (three go), 110 ...
    expect(used(faster, 'X', 'physics')).toEqual([60, 90, 120, 110, 110, 110, 110]);
    expect(briefly(faster)).toEqual(['over-quota X day 2']);
  });

  test('data that comes to less than a dataset a day comes when there is enough of it', () => {
    const simulated = simulate(state, {}, 6, tens(4));
    // 4, 8, 12 (one), 16, 20 (two), 24
    expect(course(simulated, 'X', 'arrived')).toEqual([0, 0, 0, 10, 0, 10, 0]);
  });
});

describe('a site that cannot keep up', () => {
  const state = desired(
    partition,
    retention.replace(', allowLastCopy: true', ''),
    site('X', 'quotas: { physics: 100 }'),
  );

  test('last copies stay: above the mark on day 4, over quota on day 5, each said once and of this site', () => {
    const simulated = simulate(state, filled(6), 7, tens(10));
    expect(used(simulated, 'X', 'physics')).toEqual([60, 70, 80, 90, 100, 110, 120, 130]);
    expect(briefly(simulated)).toEqual(['watermark-unreachable X day 4', 'over-quota X day 5']);
    expect(simulated.violations[0]?.message).toContain('last-copy');
  });
});

describe('copies take their time', () => {
  const twice = `
    kind: Placement
    metadata: { name: twice }
    spec: { datasets: 'true', to: site.storage == "disk", copies: 2 }
  `;
  const sites = [site('X'), site('Y')];
  const state = desired(twice, ...sites);

  test('a copy stays open, is planned once, and each block is there when its last byte has come', () => {
    const spec: InventorySpec = { '/A': { blocks: { b1: 6, b2: 6, b3: 6 }, at: { X: {} } } };
    // 4 bytes a day: b1 is complete on day 2 (8), b2 on day 3 (12), b3 on day 5 (20).
    const simulated = simulate(state, spec, 6, { throughput: bytesPerDay(4) });
    expect(course(simulated, 'Y', 'bytes')).toEqual([0, 0, 6, 12, 12, 18, 18]);
    expect(course(simulated, 'Y', 'copied')).toEqual([0, 0, 6, 6, 0, 6, 0]);
    expect(course(simulated, 'Y', 'pending')).toEqual([0, 18, 12, 6, 6, 0, 0]);
    expect(simulated.days.map(({ totals }) => totals.copiesBegun)).toEqual([0, 1, 0, 0, 0, 0, 0]);
    expect(simulated.days.map(({ totals }) => totals.copiesFinished)).toEqual([0, 0, 0, 0, 0, 1, 0]);
    expect(simulated.end.memory.openActions).toEqual([]);
  });

  test('what is there of an incomplete block does not travel again', () => {
    const spec: InventorySpec = { '/A': { size: 10, at: { X: {}, Y: { incomplete: { '1': 7 } } } } };
    const simulated = simulate(state, spec, 2, { throughput: bytesPerDay(3) });
    expect(course(simulated, 'Y', 'bytes')).toEqual([7, 10, 10]);
    expect(course(simulated, 'Y', 'copied')).toEqual([0, 3, 0]);
  });

  test('higher priorities come first, and then what was asked for first', () => {
    const placement = (name: string, datasets: string, priority: number): string => `
      kind: Placement
      metadata: { name: ${name} }
      spec: { datasets: 'dataset.name == "${datasets}"', to: site.name == "Y", copies: 1, priority: ${priority} }
    `;
    const ranked = desired(placement('low', '/A', 10), placement('high', '/B', 90), ...sites);
    const spec: InventorySpec = { '/A': { size: 4, at: { X: {} } }, '/B': { size: 8, at: { X: {} } } };
    const simulated = simulate(ranked, spec, 3, { throughput: bytesPerDay(4) });
    // /B (8) takes two days, /A the third.
    expect(course(simulated, 'Y', 'bytes')).toEqual([0, 0, 8, 12]);
  });

  test('a link of its own speed, and disk before tape', () => {
    const spec: InventorySpec = { '/A': { size: 8, at: { X: {}, T: {} } } };
    const placed = desired(
      twice.replace('site.storage == "disk"', `'site.name in ["X", "Y"]'`),
      ...sites,
      site('T', 'storage: tape'),
    );
    const slow = { default: 8 / days(1), links: [{ from: 'X', to: '*', rate: 2 / days(1) }] };
    expect(course(simulate(placed, spec, 4, { throughput: slow }), 'Y', 'bytes')).toEqual([0, 0, 0, 0, 8]);
    // From the tape alone it would be there on the first day.
    const onTape: InventorySpec = { '/A': { size: 8, at: { T: {} } } };
    const fromTape = simulate(placed, onTape, 1, { throughput: slow });
    expect(whereIs(fromTape.end, '/A')).toContain('T 1');
    expect(fromTape.days[1]?.totals.copied).toBe(16);
  });

  test('S12 the original at a draining site is deleted only when the copy is complete', () => {
    const drained = desired(
      partition,
      `
      kind: Retention
      metadata: { name: drain }
      spec: { partition: physics, sites: 'true', trigger: site.state == "draining", until: site.state != "draining" }
      `,
      site('X', 'state: draining'),
      site('Y'),
    );
    const spec: InventorySpec = { '/A': { size: 10, at: { X: {} } } };
    const simulated = simulate(drained, spec, 5, { throughput: bytesPerDay(4) });
    // 4, 8, then complete on day 3; the plan at the end of day 3 gives up the original, which is gone on day 4.
    expect(course(simulated, 'Y', 'bytes')).toEqual([0, 0, 0, 10, 10, 10]);
    expect(course(simulated, 'X', 'bytes')).toEqual([10, 10, 10, 10, 0, 0]);
  });

  test('shorter steps: within an hour as many bytes as an hour is of a day', () => {
    const spec: InventorySpec = { '/A': { size: 6, at: { X: {} } } };
    const hourly = simulate(state, spec, 2, { throughput: bytesPerDay(4) }, { step: 3600 });
    expect(hourly.days.map(({ day, time }) => [day, time])).toEqual([
      [0, clock],
      [1, clock + days(1)],
      [2, clock + days(2)],
    ]);
    expect(course(hourly, 'Y', 'bytes')).toEqual([0, 0, 6]);
    const weekly = simulate(state, spec, 10, { throughput: bytesPerDay(4) }, { step: days(7) });
    expect(weekly.days.map(({ day }) => day)).toEqual([0, 7, 10]);
  });
});

describe('what the loop remembers is carried from cycle to cycle', () => {
  test('S38 copies whose placement ends with `onRemove: delete` go one grace period later', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: spare }
      spec: { datasets: 'true', to: site.name == "Y", copies: 1, expires: 2026-07-03, onRemove: delete }
      `,
      site('X'),
      site('Y'),
    );
    const spec: InventorySpec = { '/A': { size: 10, at: { X: {} } } };
    const simulated = simulate(state, spec, 5);
    // It ends on day 2 (3 July); deleting waits a day, so day 3 plans it, and on day 4 it is gone.
    expect(course(simulated, 'Y', 'bytes')).toEqual([0, 10, 10, 10, 0, 0]);
  });

  test('deletions of the last day count in the window of a guard', () => {
    const state = desired(
      disposable,
      partition,
      retention
        .replace('trigger: site.occupancy > 0.90', 'trigger: "true"')
        .replace('until: site.occupancy < 0.85', ''),
      site('X', 'quotas: { physics: 1000 }'),
      `
      kind: Guard
      metadata: { name: careful }
      spec: { deletions: { per: 3d, maxBytes: 10 } }
      `,
    );
    const simulated = simulate(state, { '/A': { size: 10, at: { X: {} } } }, 5, tens(10));
    // One of 10 goes on day 1; what came since is held until that is three days old, and is more than 10 then.
    expect(course(simulated, 'X', 'deleted')).toEqual([0, 10, 0, 0, 0, 0]);
    expect(briefly(simulated)).toEqual(['approval-required X day 1']);
    const approved = simulate(state, { '/A': { size: 10, at: { X: {} } } }, 5, { ...tens(10), approveAll: true });
    expect(course(approved, 'X', 'deleted')).toEqual([0, 10, 10, 10, 10, 10]);
  });

  test('S31 a site that is down is given up after its grace', () => {
    const state = desired(
      'kind: Federation\nmetadata: { name: test }\nspec: { defaults: { downGrace: 3d } }\n',
      'kind: Placement\nmetadata: { name: one }\nspec: { datasets: "true", to: site.storage == "disk", copies: 1 }\n',
      site('X'),
      site('Y', 'state: down'),
      site('T', 'storage: tape'),
    );
    const simulated = simulate(state, { '/A': { size: 10, at: { Y: {}, T: {} } } }, 5);
    // Down since day 0 at the latest: day 3 is no longer within the grace, and the copy is there on day 4.
    expect(course(simulated, 'X', 'bytes')).toEqual([0, 0, 0, 0, 10, 10]);
  });

  test('copies that were open before go on, and deletions that were under way end in the first step', () => {
    const state = desired(
      `kind: Placement\nmetadata: { name: two }\nspec: { datasets: 'true', to: 'site.name in ["X", "Y"]', copies: 2 }\n`,
      ...['X', 'Y', 'Z'].map((name) => site(name)),
    );
    const rule = { kind: 'Placement', name: 'two', id: null, file: 'all.yaml', line: 1 };
    const open = { dataset: '/A', owner: 'grp', blocks: null, held: null, started: true, rule, ruleHash: '' };
    const openActions = [
      { ...open, id: 'a', type: 'copy' as const, site: 'Y', sources: ['X'] },
      { ...open, id: 'b', type: 'delete' as const, site: 'Z', sources: [] },
    ];
    const spec: InventorySpec = { '/A': { size: 10, at: { X: {}, Z: {} } } };
    const simulated = simulate(state, spec, 2, { throughput: bytesPerDay(5) }, {}, { openActions });
    expect(course(simulated, 'Y', 'pending')).toEqual([10, 10, 0]);
    expect(course(simulated, 'Y', 'bytes')).toEqual([0, 0, 10]);
    expect(course(simulated, 'Z', 'bytes')).toEqual([10, 0, 0]);
    expect(simulated.days.map(({ totals }) => totals.copiesBegun)).toEqual([0, 0, 0]);
  });
});

describe('demand decays', () => {
  test('S14 fewer copies are wanted, and what is left over may go', () => {
    const state = desired(
      partition,
      'kind: Placement\nmetadata: { name: hot }\nspec: { datasets: "true", to: "true", copies: "int(ceil(dataset.demand))" }\n',
      `
      kind: Retention
      metadata: { name: surplus }
      spec:
        partition: physics
        sites: 'true'
        rules: [ { id: surplus, action: delete, when: '!replica.required' } ]
      `,
      ...['X', 'Y', 'Z'].map((name) => site(name)),
    );
    const spec: InventorySpec = { '/A': { size: 10, demand: 4, accesses: 8, at: { X: {}, Y: {}, Z: {} } } };
    const simulated = simulate(state, spec, 4, { demandHalfLife: days(1) });
    // 4, 2, 1, 0.5: with 2 wanted on day 1 one copy is gone on day 2, with 1 on day 2 another on day 3.
    expect(simulated.days.map(({ totals }) => totals.bytes)).toEqual([30, 30, 20, 10, 10]);
    expect([...simulated.end.datasets.demand]).toEqual([0.25]);
    expect([...simulated.end.datasets.accesses]).toEqual([0.5]);
  });
});

describe('what waits for room', () => {
  test('S13 is said when it grows on three days running', () => {
    const state = desired(
      'kind: Placement\nmetadata: { name: spare }\nspec: { datasets: "true", to: site.name == "Y", copies: 1 }\n',
      'kind: Guard\nmetadata: { name: slow }\nspec: { transfers: { maxBytesPerCycle: 10 } }\n',
      site('X'),
      site('Y'),
    );
    const simulated = simulate(state, {}, 5, tens(30));
    expect(simulated.days.map(({ totals }) => totals.deferredBytes)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(briefly(simulated)).toEqual(['deferred-growing Placement spare day 4']);
  });
});
