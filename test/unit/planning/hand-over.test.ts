/** When only some blocks of a replica go, blocks of `ownership: block` groups are handed to the group that owns the rest. */
import { describe, expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { daysAgo, type InventorySpec } from '../../scenarios/inventory.js';
import { actionsOf, observed, planOf, untilRest } from '../../scenarios/loop.js';

const parts = [
  `
  kind: Group
  metadata: { name: whole }
  spec: { ownership: dataset }
  ---
  kind: Group
  metadata: { name: single }
  spec: { ownership: block }
  ---
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
  ---
  kind: Retention
  metadata: { name: old-blocks }
  spec:
    partition: all
    sites: "true"
    rules: [ { id: old, action: delete, scope: block, when: 'block.lastUpdate.olderThan("60d") && site.name == "X"' } ]
  `,
  ...['X', 'Y'].map((name) => site(name)),
];

const old = { lastUpdate: daysAgo(1), lastUpdates: { b: daysAgo(90) } };

function spec(owners: Readonly<Record<string, string>>): InventorySpec {
  return { '/d': { blocks: { a: 1, b: 1 }, at: { X: { ...old, owners }, Y: {} } } };
}

describe('hand-over', () => {
  test('a block of a block group goes to the group that owns the dataset', () => {
    const plan = planOf(desired(...parts), spec({ a: 'whole', b: 'single' }));
    expect(actionsOf(plan)).toEqual(['reassign /d#b @ X to whole']);
    expect(plan.actions[0]).toMatchObject({ cause: 'retention', rule: { name: 'old-blocks', id: 'old' } });
  });

  test('after that it goes like any other', () => {
    const { plans } = untilRest(desired(...parts), observed(spec({ a: 'whole', b: 'single' })));
    expect(plans.map(actionsOf)).toEqual([['reassign /d#b @ X to whole'], ['delete /d#b @ X'], []]);
  });

  test('a block of a dataset group goes at once', () => {
    expect(actionsOf(planOf(desired(...parts), spec({ a: 'whole', b: 'whole' })))).toEqual(['delete /d#b @ X']);
  });

  test('without a dataset group beside it, it goes', () => {
    expect(actionsOf(planOf(desired(...parts), spec({ a: 'single', b: 'single' })))).toEqual(['delete /d#b @ X']);
  });

  test('when the whole replica goes there is nobody to hand it to', () => {
    const owners = { a: 'whole', b: 'single' };
    const both = { '/d': { blocks: { a: 1, b: 1 }, at: { X: { lastUpdate: daysAgo(90), owners }, Y: {} } } };
    expect(actionsOf(planOf(desired(...parts), both))).toEqual(['delete /d @ X']);
  });

  test('the first dataset group by name inherits', () => {
    const groups = `
      kind: Group
      metadata: { name: another }
      spec: { ownership: dataset }
    `;
    const three: InventorySpec = {
      '/d': {
        blocks: { a: 1, b: 1, c: 1 },
        at: { X: { ...old, owners: { a: 'whole', b: 'single', c: 'another' } }, Y: {} },
      },
    };
    expect(actionsOf(planOf(desired(groups, ...parts), three))).toEqual(['reassign /d#b @ X to another']);
  });

  test('a placement that wants the owner it has keeps it', () => {
    const placement = `
      kind: Placement
      metadata: { name: mine }
      spec: { datasets: "true", to: 'site.name == "X"', owner: single, protect: false }
    `;
    const { plans } = untilRest(desired(placement, ...parts), observed(spec({ a: 'whole', b: 'single' })));
    expect(plans.map(actionsOf)).toEqual([['reassign /d#a @ X to single', 'delete /d#b @ X'], []]);
  });

  const ownership = `
    kind: Ownership
    metadata: { name: given }
    spec: { match: 'block.owner == "FROM"', owner: TO }
  `;

  test('what an Ownership document would take back is not handed over', () => {
    const given = ownership.replace('FROM', 'whole').replace('TO', 'single');
    const back = given.replace('block.owner', 'block.name == "b" && block.owner');
    const { plans } = untilRest(desired(...parts, back), observed(spec({ a: 'whole', b: 'single' })));
    expect(plans.map(actionsOf)).toEqual([['delete /d#b @ X [owner-conflict]']]);
    expect(plans[0]?.actions[0]?.held?.message).toContain('Ownership given gives it to single');
  });

  test('what an Ownership document hands over as well is counted once', () => {
    const given = ownership.replace('FROM', 'single').replace('TO', 'whole');
    const { plans } = untilRest(desired(...parts, given), observed(spec({ a: 'whole', b: 'single' })));
    expect(plans.map(actionsOf)).toEqual([
      ['reassign /d#b @ X to whole', 'delete /d#b @ X [in-flight]'],
      ['delete /d#b @ X'],
      [],
    ]);
  });
});
