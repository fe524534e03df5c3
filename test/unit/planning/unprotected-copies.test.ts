/** Copies that nothing protects are not made where retention would take them, or has taken them. */
import { describe, expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { daysAgo } from '../../scenarios/inventory.js';
import { actionsOf, observed, perform, planFor, planOf, untilRest } from '../../scenarios/loop.js';

const partition = `
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
`;

function retention(rule: string, more = ''): string {
  return `
    kind: Retention
    metadata: { name: r }
    spec:
      partition: all
      sites: "true"
      ${more}
      rules: [ ${rule} ]
  `;
}

const sites = ['X', 'Y'].map((name) => site(name));

describe('subscriptions', () => {
  test('an empty one is not filled where retention would delete the data', () => {
    const rule = `{ id: not-here, action: delete, when: 'site.name == "X"' }`;
    const state = desired(partition, retention(rule), ...sites);
    const start = observed({ '/d': { size: 5, at: { X: { only: [], growing: 'grp' }, Y: {} } } });
    expect(planFor(state, start).plan.actions).toEqual([]);
  });

  test('nor where any of the blocks would be deleted by a block rule', () => {
    const rule = '{ id: one, action: delete, scope: block, when: block.name == "b" }';
    const state = desired(partition, retention(rule), ...sites);
    const spec = { '/d': { blocks: { a: 1, b: 1 }, at: { X: { only: ['a'], growing: 'grp' }, Y: {} } } };
    expect(actionsOf(planOf(state, spec))).toEqual(['delete /d#b @ Y [last-copy]']);
  });

  test('blocks that retention took stay away; blocks that changed since then follow', () => {
    const rule = '{ id: old, action: delete, scope: block, when: \'block.lastUpdate.olderThan("60d")\' }';
    const state = desired(partition, retention(rule), ...sites, site('TAPE', 'storage: tape'));
    const ages = { old: daysAgo(90), young: daysAgo(9) };
    const start = observed({
      '/d': {
        blocks: { old: 1, young: 1 },
        at: { X: { lastUpdates: ages, growing: 'grp' }, TAPE: { lastUpdate: daysAgo(1) } },
      },
    });
    const { plans, end } = untilRest(state, start);
    expect(plans.map(actionsOf)).toEqual([['delete /d#old @ X'], []]);

    const { replicas, blocks } = end.inventory;
    const fresh = { dataset: '/d', name: 'new', size: 1, files: 1, lastUpdate: end.clock + 60 };
    const onTape = replicas.find((row) => row.site === 'TAPE');
    if (onTape === undefined) throw new Error('expected the tape copy to be there');
    const grown = {
      ...end.inventory,
      blocks: [...blocks, fresh],
      replicas: [...replicas, { ...onTape, block: 'new', lastUpdate: end.clock + 60 }],
    };
    expect(actionsOf(planFor(state, { ...end, inventory: grown, clock: end.clock + 120 }).plan)).toEqual([
      'copy /d#new -> X',
    ]);
  });
});

describe('placements with protect: false', () => {
  const placement = `
    kind: Placement
    metadata: { name: somewhere }
    spec: { datasets: "true", to: site.name == "X", protect: false }
  `;

  test('do not complete in place what retention would delete once it is there', () => {
    const rule = `{ id: full, action: delete, when: 'replica.full && site.name == "X"' }`;
    const state = desired(partition, placement, retention(rule), ...sites);
    const plan = planOf(state, { '/d': { blocks: { a: 1, b: 1 }, at: { X: { only: ['a'] }, Y: {} } } });
    expect(plan.actions).toEqual([]);
    expect(plan.unsatisfied).toMatchObject([{ dataset: '/d', code: 'no-destination', rule: { name: 'somewhere' } }]);
  });

  test('do not bring back single blocks that retention took', () => {
    const rule = `{ id: one, action: delete, scope: block, when: 'block.name == "a" && block.copies > 1' }`;
    const state = desired(partition, placement, retention(rule), ...sites);
    const start = observed({ '/d': { blocks: { a: 1, b: 1 }, at: { X: {}, Y: { only: ['a'] } } } });
    const first = planFor(state, start);
    expect(actionsOf(first.plan)).toEqual(['delete /d#a @ X']);
    expect(planFor(state, perform(state, start, first)).plan.actions).toEqual([]);
    const deleting = perform(state, start, first, { leaveOpen: () => true });
    expect(planFor(state, deleting).plan.actions).toEqual([]);
  });
});

test('what another placement would re-own is judged under that owner too', () => {
  const state = desired(
    `
    kind: Group
    metadata: { name: scratch }
    spec: { ownership: dataset }
    ---
    kind: Partition
    metadata: { name: scratch }
    spec: { match: block.owner == "scratch" }
    ---
    kind: Retention
    metadata: { name: r }
    spec: { partition: scratch, sites: "true", default: delete }
    ---
    kind: Placement
    metadata: { name: a-scratch }
    spec: { datasets: "true", to: site.name == "X", owner: scratch, protect: false }
    ---
    kind: Placement
    metadata: { name: b-any }
    spec: { datasets: "true", to: site.name == "X", protect: false }
    `,
    ...sites,
  );
  const { plans } = untilRest(state, observed({ '/d': { at: { Y: {} } } }));
  expect(plans.map(actionsOf)).toEqual([[]]);
});

test('protected copies that are planned later are counted', () => {
  const state = desired(
    partition,
    `
    kind: Placement
    metadata: { name: a-first }
    spec: { datasets: "true", to: site.name == "X", protect: false }
    ---
    kind: Placement
    metadata: { name: b-second }
    spec: { datasets: "true", to: site.name == "Z" }
    `,
    retention('{ id: surplus, action: delete, when: dataset.fullCopies > 2 }'),
    ...sites,
    site('Z'),
  );
  const { plans } = untilRest(state, observed({ '/d': { at: { Y: {} } } }));
  expect(plans.map(actionsOf)).toEqual([['copy /d -> Z'], []]);
});

test('of two copies that nothing protects the second is not made where it would cost the first', () => {
  const placement = (name: string, to: string): string => `
    kind: Placement
    metadata: { name: ${name} }
    spec: { datasets: "true", to: site.name == "${to}", protect: false }
  `;
  const state = desired(
    partition,
    placement('a-first', 'X'),
    placement('b-second', 'Z'),
    retention(`{ id: surplus, action: delete, when: 'dataset.fullCopies > 2 && site.name == "X"' }`),
    ...sites,
    site('Z'),
  );
  const { plans } = untilRest(state, observed({ '/d': { at: { Y: {} } } }));
  expect(plans.map(actionsOf)).toEqual([['copy /d -> X'], []]);
});

test('blocks wanted one by one are judged with those that come with them', () => {
  const state = desired(
    partition,
    `
    kind: Placement
    metadata: { name: blocks }
    spec: { datasets: "true", to: site.name == "X", level: block, protect: false }
    `,
    retention(`{ id: full, action: delete, when: 'replica.full && site.name == "X"' }`),
    ...sites,
  );
  const { plans } = untilRest(state, observed({ '/d': { blocks: { a: 1, b: 1 }, at: { Y: {} } } }));
  // One of the two may come; both would be a full replica, which goes.
  expect(plans.map(actionsOf)).toEqual([['copy /d#a -> X'], []]);
});

describe('evacuations', () => {
  const draining = (rule: string): ReturnType<typeof desired> =>
    desired(
      `
      kind: Federation
      metadata: { name: test }
      spec: { disposable: "true" }
      `,
      partition,
      retention(rule),
      site('X', 'state: draining'),
      ...['Y', 'Z'].map((name) => site(name)),
    );
  const start = observed({ '/d': { size: 5, at: { X: {} } } });

  test('do not go where a rule would remove the last copy', () => {
    const rule = `{ id: scratch, action: delete, when: 'site.name == "Y"', allowLastCopy: true }`;
    const { plans } = untilRest(draining(rule), start);
    expect(plans.map(actionsOf)).toEqual([['copy /d -> Z'], []]);
  });

  test('go where a rule would remove all but the last copy', () => {
    const { plans } = untilRest(draining(`{ id: surplus, action: delete, when: 'site.name != "X"' }`), start);
    expect(plans[0]?.actions.map(({ type }) => type)).toEqual(['copy']);
  });

  test('are blocked where every site would remove it', () => {
    const rule = `{ id: scratch, action: delete, when: 'site.name != "X"', allowLastCopy: true }`;
    const plan = planFor(draining(rule), start).plan;
    expect(plan.actions.filter(({ held }) => held === null)).toEqual([]);
    expect(plan.unsatisfied).toMatchObject([{ code: 'drain-blocked', rule: { name: 'X' } }]);
  });
});
