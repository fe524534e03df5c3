/** Where copies are wanted, who owns them, and what limits making them. */
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/planning/index.js';
import { desired, site } from './desired.js';
import { type DatasetSpec, days, type InventorySpec, withDatasets } from './inventory.js';
import {
  actionsOf,
  brief,
  diagnosticOf,
  finish,
  fullSites,
  later,
  observed,
  perform,
  planFor,
  planOf,
  sitesWith,
  unheld,
  untilRest,
} from './loop.js';

function datasetsOf(plan: Plan): string[] {
  return unheld(plan)
    .map(({ dataset }) => dataset)
    .sort();
}

/** Deletes whatever no placement requires and another copy allows. */
const tidy = `
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
  ---
  kind: Retention
  metadata: { name: tidy }
  spec:
    partition: all
    sites: "true"
    rules:
      - { id: required, action: protect, when: replica.required }
      - { id: surplus, action: delete, when: "true" }
`;

describe('S9 Regional copy', () => {
  const state = desired(
    `
    kind: Placement
    metadata: { name: usa-miniaod }
    spec:
      description: Every MINIAOD has a copy in the US.
      datasets: dataset.name.glob("/*/*/MINIAOD*")
      to: site.name == "T1_US_FNAL_Disk" || (site.name.glob("T2_US_*") && site.name != "T2_US_Caltech")
      copies: 1
      owner: AnalysisOps
    ---
    kind: Group
    metadata: { name: AnalysisOps }
    spec: { ownership: dataset }
    `,
    tidy,
    ...['T1_US_FNAL_Disk', 'T2_US_MIT', 'T2_US_Caltech', 'T2_DE_DESY'].map((name) => site(name)),
  );

  test('S9 what is seen anywhere gets one full copy in the set of sites', () => {
    const plan = planOf(state, {
      '/p/q/MINIAODSIM': { size: 7, at: { T2_DE_DESY: {} } },
      '/p/q/AODSIM': { size: 7, at: { T2_DE_DESY: {} } },
    });
    const copies = unheld(plan).filter(({ type }) => type === 'copy');
    expect(copies).toHaveLength(1);
    expect(copies[0]).toMatchObject({
      dataset: '/p/q/MINIAODSIM',
      site: expect.stringMatching(/^(T1_US_FNAL_Disk|T2_US_MIT)$/),
      sources: ['T2_DE_DESY'],
      owner: 'AnalysisOps',
      bytes: 7,
      cause: 'placement',
      rule: { kind: 'Placement', name: 'usa-miniaod', file: 'all.yaml', line: 1 },
    });
  });

  test('S9 a copy there under another owner is re-owned, not transferred', () => {
    const plan = planOf(state, { '/p/q/MINIAOD': { size: 7, at: { T2_US_MIT: { owner: 'DataOps' } } } });
    expect(unheld(plan).map(brief)).toEqual(['reassign /p/q/MINIAOD @ T2_US_MIT to AnalysisOps']);
    const { end } = untilRest(
      state,
      observed({ '/p/q/MINIAOD': { size: 7, at: { T2_US_MIT: { owner: 'DataOps' } } } }),
    );
    expect(end.inventory.replicas.map(({ owner }) => owner)).toEqual(['AnalysisOps']);
  });

  test('S9 copy N+1 is not required', () => {
    const owned = { owner: 'AnalysisOps' };
    const { end } = untilRest(
      state,
      observed({ '/p/q/MINIAOD': { size: 7, at: { T1_US_FNAL_Disk: owned, T2_US_MIT: owned } } }),
    );
    expect(fullSites(end.inventory, '/p/q/MINIAOD')).toHaveLength(1);
  });

  test('S9 a copy at a site that is left out does not count', () => {
    const plan = planOf(state, { '/p/q/MINIAOD': { size: 7, at: { T2_US_Caltech: {} } } });
    expect(unheld(plan).map(brief)).toEqual([expect.stringMatching(/^copy \/p\/q\/MINIAOD -> /)]);
  });
});

describe('S10 Placement among reliable sites, unprotected', () => {
  const state = desired(
    `
    kind: Placement
    metadata: { name: reliable }
    spec:
      datasets: dataset.name.glob("/mc/*")
      to: site.labels.reliable == "true"
      copies: 1
      protect: false
    ---
    kind: Partition
    metadata: { name: all }
    spec: { match: "true", quotas: [ { sites: "true", size: 100 } ] }
    ---
    kind: Retention
    metadata: { name: watermark }
    spec:
      partition: all
      sites: "true"
      trigger: site.occupancy > 0.9
      rules:
        - { id: copied, action: dismiss, when: replica.otherFullCopies > 0 }
    `,
    site('GOOD1', '', 'reliable: "true"'),
    site('GOOD2', '', 'reliable: "true"'),
    site('BAD'),
  );

  test('S10 the copy goes to a reliable site and is not required there', () => {
    const { plans, end } = untilRest(state, observed({ '/mc/a': { size: 10, at: { BAD: {} } } }));
    expect(plans.map(actionsOf)).toEqual([[expect.stringMatching(/^copy \/mc\/a -> GOOD[12]$/)], []]);
    expect(sitesWith(end.inventory, '/mc/a')).toEqual(['BAD', expect.stringMatching(/^GOOD[12]$/)]);
  });

  test('S10 retention may take it where space is needed', () => {
    const plan = planOf(state, { '/mc/a': { size: 95, at: { GOOD1: {}, BAD: { owner: 'x' } } } });
    expect(unheld(plan).map(brief)).toContain('delete /mc/a @ BAD');
    const full = planOf(state, {
      '/mc/a': { size: 10, at: { GOOD1: {}, BAD: {} } },
      '/other': { size: 85, at: { GOOD1: {} } },
    });
    expect(unheld(full).map(brief)).toEqual(['delete /mc/a @ GOOD1']);
  });

  test('S10 what retention has taken is not brought back at once', () => {
    const spec: InventorySpec = {
      '/mc/a': { size: 10, at: { GOOD1: {}, GOOD2: {}, BAD: {} } },
      '/fill1': { size: 85, at: { GOOD1: {} } },
      '/fill2': { size: 85, at: { GOOD2: {} } },
    };
    const { plans } = untilRest(state, observed(spec));
    expect(plans.flatMap(({ actions }) => actions).filter(({ type }) => type === 'copy')).toEqual([]);
  });
});

test('S11 Many dataset globs in one placement, one copy anywhere in a group of sites', () => {
  const globs = Array.from({ length: 300 }, (_, i) => `"/p${i}/*"`).join(', ');
  const state = desired(
    `
    kind: Selector
    metadata: { name: group }
    spec: { scope: site, names: [ 'T2_IT_*', T1_IT_CNAF ] }
    ---
    kind: Placement
    metadata: { name: many }
    spec:
      datasets: 'dataset.name.glob([ ${globs} ])'
      to: site.is("group")
    `,
    ...['T2_IT_Bari', 'T2_IT_Pisa', 'T1_IT_CNAF', 'T2_CH_CERN'].map((name) => site(name)),
  );
  const spec: Record<string, DatasetSpec> = {};
  for (let i = 0; i < 310; i++) spec[`/p${i}/x`] = { at: { T2_CH_CERN: {} } };
  spec['/p7/x'] = { at: { T2_CH_CERN: {}, T2_IT_Bari: {} } };
  const copies = unheld(planOf(state, spec));
  expect(copies).toHaveLength(299);
  expect(copies.every((copy) => copy.type === 'copy' && copy.site !== 'T2_CH_CERN')).toBe(true);
  expect(copies.map(({ dataset }) => dataset)).not.toContain('/p7/x');
  expect(new Set(copies.map((copy) => copy.site)).size).toBe(3);
});

describe('S13 Throttles', () => {
  const partition = `
    kind: Partition
    metadata: { name: all }
    spec: { match: "true", quotas: [ { sites: 'site.name.glob("T2_*")', size: 10PB } ] }
  `;
  const guard = `
    kind: Guard
    metadata: { name: throttle }
    spec:
      partition: all
      transfers: { maxBytesPerCycle: 200TB, maxOccupancy: 93%, maxPending: 3%, maxDatasetSize: 200TB }
  `;
  const anywhere = (copies = 1): string => `
    kind: Placement
    metadata: { name: two }
    spec: { datasets: 'dataset.name.glob("/d*")', to: 'site.name.glob("T2_*")', copies: ${copies} }
  `;
  const TB = 1e12;

  test('S13 projected occupancy stays below .93', () => {
    const state = desired(
      partition,
      guard,
      anywhere(),
      site('T2_A'),
      site('T2_B'),
      site('SRC', 'quotas: { all: unlimited }'),
    );
    const plan = planOf(state, {
      '/fill-a': { size: 9250 * TB, at: { T2_A: {} } },
      '/fill-b': { size: 9290 * TB, at: { T2_B: {} } },
      '/d1': { size: 60 * TB, at: { SRC: {} } },
      '/d2': { size: 40 * TB, at: { SRC: {} } },
    });
    expect(actionsOf(plan)).toEqual(['copy /d2 -> T2_A']);
    expect(plan.deferred).toMatchObject([{ dataset: '/d1', limit: 'maxOccupancy', rule: { name: 'two' } }]);
  });

  test('S13 pending stays below 3 % of quota, counting what is on its way', () => {
    const state = desired(partition, guard, anywhere(), site('T2_A'), site('SRC', 'quotas: { all: unlimited }'));
    const plan = planOf(state, {
      '/d-arriving': { blocks: { a: 100 * TB, b: 50 * TB }, at: { T2_A: { incomplete: { b: 0 } } } },
      '/d1': { size: 150 * TB, at: { SRC: {} } },
      '/d2': { size: 150 * TB, at: { SRC: {} } },
      '/d3': { size: 100 * TB, at: { SRC: {} } },
    });
    // 50 TB are pending; one of 150 TB makes 200, the other would make 350 of 300.
    expect(unheld(plan).map(brief)).toEqual(['copy /d1 -> T2_A']);
    expect(plan.deferred.map(({ dataset, limit }) => `${dataset} ${limit}`)).toEqual([
      '/d2 maxPending',
      '/d3 maxBytesPerCycle',
    ]);
  });

  test('S13 200 TB per cycle; what did not fit is deferred and comes first in the next cycle', () => {
    const state = desired(
      partition,
      guard,
      anywhere(),
      site('T2_A'),
      site('T2_B'),
      site('SRC', 'quotas: { all: unlimited }'),
    );
    const names = ['/d1', '/d2', '/d3', '/d4', '/d5'];
    const spec = Object.fromEntries(names.map((name) => [name, { size: 100 * TB, at: { SRC: {} } } as DatasetSpec]));
    const start = observed(spec);
    const first = planFor(state, start);
    expect(datasetsOf(first.plan)).toEqual(['/d1', '/d2']);
    expect(first.plan.deferred.map(({ dataset }) => dataset)).toEqual(['/d3', '/d4', '/d5']);
    expect(first.plan.deferred[0]).toMatchObject({ limit: 'maxBytesPerCycle', bytes: 100 * TB });
    expect(first.plan.summary.deferred).toMatchObject({ datasets: 3, bytes: 300 * TB });

    // A new dataset that sorts first waits behind what was deferred.
    const grown = perform(state, start, first);
    const rows = withDatasets(grown.inventory, { '/d0': { size: 100 * TB, at: { SRC: {} } } });
    const second = planFor(state, { ...grown, inventory: rows });
    expect(datasetsOf(second.plan)).toEqual(['/d3', '/d4']);
    expect(second.plan.deferred.map(({ dataset }) => dataset)).toEqual(['/d0', '/d5']);
  });

  test('S13 a dataset above maxDatasetSize is refused with the reason', () => {
    const state = desired(partition, guard, anywhere(), site('T2_A'), site('SRC', 'quotas: { all: unlimited }'));
    const plan = planOf(state, { '/d1': { size: 201 * TB, at: { SRC: {} } } });
    expect(plan.actions).toEqual([]);
    expect(plan.unsatisfied).toMatchObject([
      { dataset: '/d1', missing: 1, code: 'dataset-too-large', rule: { name: 'two' } },
    ]);
  });

  test('S13 two copies take two different sites', () => {
    const state = desired(
      partition,
      anywhere(2),
      site('T2_A'),
      site('T2_B'),
      site('T2_C'),
      site('SRC', 'quotas: { all: unlimited }'),
    );
    const spec: Record<string, DatasetSpec> = {};
    for (let i = 0; i < 50; i++) spec[`/d${i}`] = { size: 1, at: { SRC: {} } };
    const byDataset = new Map<string, string[]>();
    for (const { dataset, site: to } of unheld(planOf(state, spec))) {
      byDataset.set(dataset, [...(byDataset.get(dataset) ?? []), to]);
    }
    expect(byDataset.size).toBe(50);
    for (const sites of byDataset.values()) expect(new Set(sites).size).toBe(2);
  });

  test('S13 quota 0 is never chosen, unlimited can be', () => {
    const state = desired(
      partition,
      anywhere(),
      site('T2_ZERO', 'quotas: { all: 0 }'),
      site('T2_ANY', 'quotas: { all: unlimited }'),
      site('SRC', 'quotas: { all: unlimited }'),
    );
    const spec: Record<string, DatasetSpec> = {};
    for (let i = 0; i < 50; i++) spec[`/d${i}`] = { size: 1, at: { SRC: {} } };
    const plan = planOf(state, spec);
    expect(new Set(unheld(plan).map((copy) => copy.site))).toEqual(new Set(['T2_ANY']));
    expect(unheld(plan)).toHaveLength(50);
    expect(plan.sites.find((line) => line.site === 'T2_ANY')).toMatchObject({ quota: null, copyIn: 50 });
  });
});

describe('S14 Demand', () => {
  const state = desired(
    `
    kind: Placement
    metadata: { name: popular }
    spec:
      datasets: dataset.demand > 0.0
      to: site.storage == "disk"
      copies: min(10, ceil(dataset.demand / 1.75))
    ---
    kind: Guard
    metadata: { name: small-cycle }
    spec: { transfers: { maxBytesPerCycle: 4 } }
    `,
    ...Array.from({ length: 12 }, (_, i) => site(`D${i}`)),
    site('TAPE', 'storage: tape'),
  );
  const unlimited = desired(
    `
    kind: Placement
    metadata: { name: popular }
    spec:
      datasets: dataset.demand > 0.0
      to: site.storage == "disk"
      copies: min(10, ceil(dataset.demand / 1.75))
    `,
    ...Array.from({ length: 12 }, (_, i) => site(`D${i}`)),
  );

  test('S14 demand 8.75, one copy per 1.75, two exist: three more', () => {
    const plan = planOf(unlimited, { '/hot': { demand: 8.75, at: { D0: {}, D1: {} } } });
    expect(unheld(plan)).toHaveLength(3);
    expect(new Set(unheld(plan).map((copy) => copy.site)).size).toBe(3);
  });

  test('S14 at most 10', () => {
    expect(unheld(planOf(unlimited, { '/hot': { demand: 1000, at: { D0: {} } } }))).toHaveLength(9);
  });

  test('S14 fair between datasets: first copies of all before second copies', () => {
    const hot = { demand: 8.75, at: { TAPE: {} } };
    const plan = planOf(state, { '/a': hot, '/b': hot, '/c': hot });
    expect(datasetsOf(plan)).toEqual(['/a', '/a', '/b', '/c']);
  });
});

describe('S31 Short downtime', () => {
  const world = (stateOfY: string): ReturnType<typeof desired> =>
    desired(
      `
      kind: Placement
      metadata: { name: two }
      spec: { datasets: "true", to: site.storage == "disk", copies: 2 }
      ---
      kind: Federation
      metadata: { name: test }
      spec: { defaults: { downGrace: 7d } }
      `,
      tidy,
      site('X'),
      site('Y', stateOfY),
      site('Z'),
    );
  const [up, down] = [world(''), world('state: down')];
  const spec: InventorySpec = { '/d': { size: 5, at: { X: {}, Y: {} } } };

  test('S31 within the grace no copy is re-made elsewhere and nothing that relied on it is deleted', () => {
    const start = observed({ ...spec, '/spare': { size: 5, at: { X: {}, Y: {}, Z: {} } } });
    // All is well before: one of three copies is surplus; let it stay to see what the downtime does to it.
    const before = planFor(up, start);
    const known = { ...perform(up, start, before, { leaveOpen: () => true }), inventory: start.inventory };
    const calm = { ...known, memory: { ...known.memory, openActions: [] } };
    for (const hours of [0, 1, 100, 167]) {
      const result = planFor(down, later(perform(down, calm, planFor(down, calm)), hours * 3600));
      expect(unheld(result.plan).filter(({ type }) => type === 'copy')).toEqual([]);
      expect(unheld(result.plan).filter((action) => action.dataset === '/d')).toEqual([]);
    }
  });

  test('S31 a copy that only a site that is down still shares is not deleted', () => {
    const state = desired(tidy, site('X'), site('Y', 'state: down'));
    expect(actionsOf(planOf(state, spec))).toContain('delete /d @ X [last-copy]');
    expect(unheld(planOf(state, spec))).toEqual([]);
  });

  test('S31 after downGrace its needs are served elsewhere; when it returns, surplus goes by policy only', () => {
    const start = observed(spec);
    const calm = perform(down, start, planFor(down, start));
    const long = later(calm, days(7));
    const result = planFor(down, long);
    expect(unheld(result.plan).map(brief)).toEqual(['copy /d -> Z']);

    const back = untilRest(up, perform(down, long, result));
    expect(fullSites(back.end.inventory, '/d')).toHaveLength(2);

    // Without a rule that takes surplus, all three stay.
    const lenient = desired(
      `
      kind: Placement
      metadata: { name: two }
      spec: { datasets: "true", to: site.storage == "disk", copies: 2 }
      `,
      ...['X', 'Y', 'Z'].map((name) => site(name)),
    );
    expect(planFor(lenient, perform(down, long, result)).plan.actions).toEqual([]);
  });
});

describe('S34 Moving', () => {
  const placed = (to: string): ReturnType<typeof desired> =>
    desired(
      `
      kind: Placement
      metadata: { name: two }
      spec: { datasets: 'dataset.name.glob("/d*")', to: '${to}', copies: 2 }
      `,
      tidy,
      ...['OLD1', 'OLD2', 'NEW1', 'NEW2'].map((name) => site(name)),
    );
  const spec: InventorySpec = {
    '/d1': { size: 5, at: { OLD1: {}, OLD2: {} } },
    '/d2': { blocks: { a: 1, b: 2 }, at: { OLD1: {}, OLD2: {} } },
  };

  test('S34 never fewer than two full copies on the way, none left at the old sites after', () => {
    const moved = placed('site.name.glob("NEW*")');
    let world = observed(spec);
    const first = planFor(placed('site.name.glob("OLD*")'), world);
    expect(first.plan.actions).toEqual([]);
    world = perform(moved, world, first);
    // Copies finish one at a time.
    for (let cycle = 0; cycle < 20; cycle++) {
      const result = planFor(moved, world);
      world = perform(moved, world, result, { leaveOpen: ({ type }) => type === 'copy', started: true });
      for (const name of ['/d1', '/d2']) expect(fullSites(world.inventory, name).length).toBeGreaterThanOrEqual(2);
      const [next] = world.memory.openActions.filter(({ type }) => type === 'copy');
      world = finish(world, ({ id }) => id === next?.id);
      for (const name of ['/d1', '/d2']) expect(fullSites(world.inventory, name).length).toBeGreaterThanOrEqual(2);
    }
    for (const name of ['/d1', '/d2']) expect(sitesWith(world.inventory, name)).toEqual(['NEW1', 'NEW2']);
  });

  test('S34 one of two sites is exchanged: the other copy stays where it is', () => {
    const { end } = untilRest(placed('site.name in ["OLD1", "NEW1"]'), observed(spec));
    expect(sitesWith(end.inventory, '/d1')).toEqual(['NEW1', 'OLD1']);
  });
});

describe('S36 New block', () => {
  test('S36 an open dataset with two full replicas gets a block: no third replica, both are completed', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: two }
      spec: { datasets: "true", to: site.storage == "disk", copies: 2, level: dataset }
      `,
      ...['X', 'Y', 'Z'].map((name) => site(name)),
      site('ORIGIN', 'storage: buffer'),
    );
    const at = { only: ['a'], growing: 'grp' };
    const spec: InventorySpec = {
      '/open': { blocks: { a: 10, b: 7 }, open: true, at: { X: at, Y: at, ORIGIN: { only: ['b'] } } },
    };
    const { plans, end } = untilRest(state, observed(spec));
    expect(plans.map(actionsOf)).toEqual([['copy /open#b -> X', 'copy /open#b -> Y'], []]);
    expect(plans[0]?.actions[0]).toMatchObject({ bytes: 7, sources: ['ORIGIN'] });
    expect(fullSites(end.inventory, '/open')).toEqual(['X', 'Y']);
  });
});

describe('S37 Two owners', () => {
  const state = desired(
    `
    kind: Group
    metadata: { name: A }
    spec: { ownership: dataset }
    ---
    kind: Group
    metadata: { name: B }
    spec: { ownership: dataset }
    ---
    kind: Placement
    metadata: { name: for-a }
    spec: { datasets: "true", to: site.name == "X", owner: A }
    ---
    kind: Placement
    metadata: { name: for-b }
    spec: { datasets: "true", to: site.name == "X", owner: B }
    `,
    site('X'),
    site('Y'),
  );

  test.each(['A', 'B'])('S37 a copy under %s stays as it is, with a diagnostic', (owner) => {
    const { plans } = untilRest(state, observed({ '/d': { at: { X: { owner } } } }));
    expect(plans.map(actionsOf)).toEqual([[]]);
    expect(plans[0] && diagnosticOf(plans[0], 'owner-conflict')).toContain('/d at X');
  });

  test('S37 a copy under neither goes to one of them, once', () => {
    const { plans } = untilRest(state, observed({ '/d': { at: { X: { owner: 'C' } } } }));
    expect(plans.map(actionsOf)).toEqual([['reassign /d @ X to A'], []]);
    expect(plans[1] && diagnosticOf(plans[1], 'owner-conflict')).toBeDefined();
  });

  test('S37 a copy that does not exist yet is made once, under one of them', () => {
    const { plans } = untilRest(state, observed({ '/d': { at: { Y: {} } } }));
    expect(plans.map(actionsOf)).toEqual([['copy /d -> X'], []]);
  });
});
