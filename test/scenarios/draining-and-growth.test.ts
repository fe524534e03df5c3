/** Sites that are emptied, and datasets that grow. */
import { describe, expect, test } from 'vitest';
import { desired, site } from './desired.js';
import type { InventorySpec } from './inventory.js';
import {
  actionsOf,
  brief,
  finish,
  fullSites,
  observed,
  perform,
  planFor,
  planOf,
  sitesWith,
  unheld,
  untilRest,
} from './loop.js';

describe('S12 Offload', () => {
  const state = desired(
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: "true", quotas: [ { sites: "true", size: 100 } ] }
    ---
    kind: Retention
    metadata: { name: offload }
    spec:
      partition: all
      sites: "true"
      trigger: site.state == "draining"
      until: "false"
      rules:
        - { id: everything, action: dismiss, when: "true" }
    `,
    site('OLD', 'state: draining'),
    site('NEW1'),
    site('NEW2'),
  );

  test('S12 data only at a draining site gets a copy elsewhere first, and goes only once that is complete', () => {
    const start = observed({ '/d': { blocks: { a: 5, b: 5 }, at: { OLD: {} } } });
    const first = planFor(state, start);
    expect(unheld(first.plan).map(brief)).toEqual([expect.stringMatching(/^copy \/d -> NEW[12]$/)]);
    expect(first.plan.actions.find(({ type }) => type === 'copy')).toMatchObject({
      cause: 'evacuation',
      rule: { kind: 'Site', name: 'OLD' },
      reason: expect.stringContaining('OLD is draining'),
    });

    const copying = perform(state, start, first, { leaveOpen: () => true, started: true });
    expect(unheld(planFor(state, copying).plan)).toEqual([]);
    expect(planFor(state, copying).cancellations).toEqual([]);

    // Half of it has arrived: not good enough.
    const half = {
      ...copying,
      inventory: {
        ...copying.inventory,
        replicas: [
          ...copying.inventory.replicas,
          ...copying.inventory.replicas
            .filter(({ block }) => block === 'a')
            .map((row) => ({ ...row, site: first.plan.actions.find(({ type }) => type === 'copy')?.site ?? '' })),
        ],
      },
    };
    expect(unheld(planFor(state, half).plan)).toEqual([]);

    const copied = finish(copying);
    expect(actionsOf(planFor(state, copied).plan)).toEqual(['delete /d @ OLD']);
    const { end } = untilRest(state, copied);
    expect(sitesWith(end.inventory, '/d')).toEqual([expect.stringMatching(/^NEW[12]$/)]);
  });

  test('S12 what cannot leave is said and stays', () => {
    const plan = planOf(state, { '/big': { size: 101, at: { OLD: {} } } });
    expect(unheld(plan)).toEqual([]);
    expect(plan.unsatisfied).toMatchObject([{ dataset: '/big', code: 'drain-blocked', rule: { name: 'OLD' } }]);
  });
});

describe('S16 Evacuation', () => {
  const world = (state: string): ReturnType<typeof desired> =>
    desired(
      `
      kind: Placement
      metadata: { name: one }
      spec: { datasets: 'dataset.name.glob("/placed*")', to: 'site.name.glob("DISK*")' }
      ---
      kind: Partition
      metadata: { name: all }
      spec: { match: "true" }
      ---
      kind: Retention
      metadata: { name: keep }
      spec:
        partition: all
        sites: "true"
        trigger: site.state == "draining"
        rules:
          - { id: kept, action: protect, when: 'dataset.name.glob("/kept*")' }
          - { id: trash, action: delete, when: 'dataset.status == "DELETED"', allowLastCopy: true }
          - { id: rest, action: dismiss, when: "true" }
      `,
      site('DISK1', state),
      site('DISK2'),
      site('DISK3'),
      site('TAPE', 'storage: tape'),
    );
  const spec: InventorySpec = {
    '/placed': { size: 1, at: { DISK1: {} } },
    '/kept-here': { size: 2, at: { DISK1: {} } },
    '/kept-also-on-tape': { size: 3, at: { DISK1: {}, TAPE: {} } },
    '/kept-half-elsewhere': { blocks: { a: 1, b: 1 }, at: { DISK1: {}, DISK3: { only: ['a'] } } },
    '/trash': { size: 4, status: 'DELETED', at: { DISK1: {} } },
  };
  const [ready, draining] = [world(''), world('state: draining')];

  test('S16 everything protected there that is nowhere else good is copied, disk to disk', () => {
    const copies = unheld(planOf(draining, spec)).filter(({ type }) => type === 'copy');
    expect(copies.map(({ dataset, blocks, cause }) => ({ dataset, blocks, cause }))).toEqual(
      expect.arrayContaining([
        { dataset: '/placed', blocks: null, cause: 'placement' },
        { dataset: '/kept-here', blocks: null, cause: 'evacuation' },
        { dataset: '/kept-half-elsewhere', blocks: ['b'], cause: 'evacuation' },
      ]),
    );
    expect(copies).toHaveLength(3);
    for (const copy of copies) expect(copy.site).toMatch(/^DISK[23]$/);
  });

  test('S16 nothing is deleted before its copy is verified, and in the end the site is empty', () => {
    let state = observed(spec);
    for (let cycle = 0; cycle < 6; cycle++) {
      const result = planFor(draining, state);
      const before = state.inventory;
      state = perform(draining, state, result);
      for (const name of Object.keys(spec)) {
        if (name === '/trash') continue;
        const good = (rows: typeof before, block: string): boolean =>
          rows.replicas.some((row) => row.dataset === name && row.block === block && row.complete);
        for (const row of before.blocks) if (row.dataset === name) expect(good(state.inventory, row.name)).toBe(true);
      }
    }
    expect(planFor(draining, state).plan.actions).toEqual([]);
    expect(state.inventory.replicas.filter((row) => row.site === 'DISK1')).toEqual([]);
    expect(state.inventory.replicas.some((row) => row.dataset === '/trash')).toBe(false);
    expect(fullSites(state.inventory, '/placed')).toHaveLength(1);
  });

  test('S16 ready again stops it: open copies are called off', () => {
    const start = observed({ '/kept-here': { size: 2, at: { DISK1: {} } } });
    const opened = perform(draining, start, planFor(draining, start), { leaveOpen: () => true });
    expect(opened.memory.openActions).toHaveLength(1);
    const result = planFor(ready, opened);
    expect(result.plan.actions).toEqual([]);
    expect(result.cancellations).toEqual([
      { id: opened.memory.openActions[0]?.id, reason: 'DISK1 is no longer draining' },
    ]);
    // Its bytes do not arrive any more.
    const destination = opened.memory.openActions[0]?.site;
    for (const line of result.plan.sites.filter((each) => each.site === destination)) {
      expect(line.projectedAfter).toBe(line.projectedBefore - 2);
    }
  });

  test('S16 evacuateTo chooses the destination', () => {
    const state = desired(
      `
      kind: Federation
      metadata: { name: test }
      spec: { defaults: { evacuateTo: site.name == "DISK3" } }
      `,
      site('DISK1', 'state: draining'),
      site('DISK2'),
      site('DISK3'),
    );
    const spec: InventorySpec = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`/d${i}`, { size: 1, at: { DISK1: {} } }]),
    );
    expect(
      new Set(
        unheld(planOf(state, spec))
          .map(brief)
          .map((text) => text.slice(-5)),
      ),
    ).toEqual(new Set(['DISK3']));
  });
});

describe('S19 Growing', () => {
  const state = desired(...['X', 'Y', 'Z'].map((name) => site(name)));
  const spec: InventorySpec = {
    '/growing': {
      blocks: { a: 1, b: 2 },
      open: true,
      at: { X: { only: ['a'], growing: 'grp' }, Y: { only: ['a'] }, Z: { only: ['b'] } },
    },
  };

  test('S19 a new block of a subscribed dataset is wanted at every growing replica', () => {
    const plan = planOf(state, spec);
    expect(actionsOf(plan)).toEqual(['copy /growing#b -> X']);
    expect(plan.actions[0]).toMatchObject({ bytes: 2, sources: ['Z'], owner: 'grp' });
    expect(plan.actions[0]?.reason).toContain('grows at this site');
  });

  test('S19 until it is there the replica is incomplete', () => {
    const counting = desired(
      `
      kind: Partition
      metadata: { name: all }
      spec: { match: "true" }
      ---
      kind: Retention
      metadata: { name: see }
      spec:
        partition: all
        sites: "true"
        rules: [ { id: full, action: protect, when: replica.full } ]
      `,
      ...['X', 'Y', 'Z'].map((name) => site(name)),
    );
    const rule = (state: Parameters<typeof planFor>[1]): string | undefined =>
      planFor(counting, state).decisions.find((row) => row.site === 'X')?.rule;
    const start = observed(spec);
    expect(rule(start)).toBe('default');
    const copying = perform(counting, start, planFor(counting, start), { leaveOpen: () => true });
    expect(rule(copying)).toBe('default');
    expect(rule(finish(copying))).toBe('full');
  });

  test('S19 a placement subscribes what it copies', () => {
    const placed = desired(
      `
      kind: Placement
      metadata: { name: at-y }
      spec: { datasets: "true", to: site.name == "Y", level: dataset }
      `,
      ...['X', 'Y'].map((name) => site(name)),
    );
    const start = observed({ '/d': { blocks: { a: 1 }, at: { X: {} } } });
    const result = planFor(placed, start);
    expect(result.recording().subscriptions).toEqual([{ dataset: '/d', site: 'Y', owner: 'grp' }]);
    const after = perform(placed, start, result).inventory;
    const grown = {
      ...after,
      blocks: [...after.blocks, { dataset: '/d', name: 'b', size: 3, files: 1, lastUpdate: 0 }],
      replicas: [
        ...after.replicas,
        ...after.replicas.filter((row) => row.site === 'X').map((row) => ({ ...row, block: 'b', size: 3 })),
      ],
    };
    // Without the placement: the subscription alone makes the block follow.
    const alone = desired(...['X', 'Y'].map((name) => site(name)));
    expect(actionsOf(planFor(alone, observed(grown)).plan)).toEqual(['copy /d#b -> Y']);
  });

  test('S19 a block level placement does not subscribe', () => {
    const placed = desired(
      `
      kind: Placement
      metadata: { name: at-y }
      spec: { datasets: "true", to: site.name == "Y", level: block }
      `,
      ...['X', 'Y'].map((name) => site(name)),
    );
    const result = planFor(placed, observed({ '/d': { blocks: { a: 1, b: 2 }, at: { X: {} } } }));
    expect(actionsOf(result.plan)).toEqual(['copy /d#a,b -> Y']);
    expect(result.recording().subscriptions).toEqual([]);
  });
});
