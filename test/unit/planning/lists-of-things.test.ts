/** `replica.blocks`, `sites`, `groups` and `dataset.sitesWhere`: what rules see of things beside the one they decide. */
import { describe, expect, test } from 'vitest';
import { compileExpression, ExpressionError, scopes } from '../../../src/policy/index.js';
import { decisionsOf } from '../../scenarios/decisions.js';
import { desired, site } from '../../scenarios/desired.js';
import { daysAgo, type InventorySpec } from '../../scenarios/inventory.js';
import { observed, planFor } from '../../scenarios/loop.js';

const world = [
  site('X'),
  site('Y', '', 'region: europe'),
  site('Z', 'state: down', 'region: europe'),
  "---\nkind: Partition\nmetadata: { name: all }\nspec: { match: 'true' }\n",
];

/** `dataset site rule blocks` of what rules (not the default) decide. */
function decided(rules: readonly string[], spec: InventorySpec, ...documents: readonly string[]): string[] {
  const retention = `---\nkind: Retention\nmetadata: { name: r }\nspec:\n  partition: all\n  sites: 'true'\n  rules:\n${rules.map((rule) => `    - ${rule}\n`).join('')}`;
  const lines = decisionsOf(planFor(desired(...world, retention, ...documents), observed(spec)));
  return lines
    .map((line) => line.split(' '))
    .filter(([, , , rule]) => rule !== 'default')
    .map(([, at, dataset, rule, , blocks]) => `${dataset} ${at} ${rule} ${blocks}`);
}

const twoOwners: InventorySpec = {
  '/both': { blocks: { a: 1, b: 2 }, at: { X: { owners: { a: 'one', b: 'two' }, lastUpdates: { a: daysAgo(90) } } } },
  '/mixed': { blocks: { a: 1, b: 2 }, at: { X: { owners: { a: 'one', b: 'two' }, lastUpdates: { b: daysAgo(1) } } } },
};

test('one block has to meet all that is asked of it within one exists', () => {
  const inOne = `{ id: one, action: protect, when: 'replica.blocks.exists(b, b.owner == "two" && b.lastUpdate.newerThan("30d"))' }`;
  expect(decided([inOne], twoOwners)).toEqual(['/mixed X one 2']);
  const apart = `{ id: apart, action: protect, when: 'replica.blocks.exists(b, b.owner == "one") && replica.blocks.exists(b, b.lastUpdate.newerThan("30d"))' }`;
  expect(decided([apart], twoOwners)).toEqual(['/mixed X apart 2']);
});

test('the blocks of a replica are those that no block rule has taken', () => {
  const rules = [
    `{ id: taken, action: delete, scope: block, when: 'block.owner == "two"' }`,
    `{ id: seen, action: protect, when: 'replica.blocks.exists(b, b.owner == "two")' }`,
    `{ id: rest, action: protect, when: 'replica.blocks.all(b, b.owner == "one") && size(replica.blocks) == 1' }`,
  ];
  expect(decided(rules, twoOwners)).toEqual([
    '/both X rest 1',
    '/both X taken 1',
    '/mixed X rest 1',
    '/mixed X taken 1',
  ]);
});

test('a block rule compares its block with the others of the replica', () => {
  const rule = `{ id: alone, action: protect, scope: block, when: 'replica.blocks.all(b, b.name == block.name || b.owner != block.owner) && block.owner == "two"' }`;
  expect(decided([rule], twoOwners)).toEqual(['/both X alone 1', '/mixed X alone 1']);
  const nested = `{ id: pair, action: protect, when: 'replica.blocks.exists(a, replica.blocks.exists(b, a.size < b.size && a.owner == "one" && b.owner == "two"))' }`;
  expect(decided([nested], twoOwners)).toEqual(['/both X pair 2', '/mixed X pair 2']);
});

test('blocks can be filtered, counted, mapped to texts, and asked for Selectors', () => {
  const big = "---\nkind: Selector\nmetadata: { name: big }\nspec: { scope: block, when: 'block.size > 1' }\n";
  const rules = [
    `{ id: l1, action: protect, when: 'replica.blocks.filter(b, b.is("big")).map(b, b.owner) == ["two"]' }`,
  ];
  expect(decided(rules, twoOwners, big)).toEqual(['/both X l1 2', '/mixed X l1 2']);
});

test('sites are all that have a document, with state and labels; groups all that are declared or own something', () => {
  const spec: InventorySpec = { '/a': { at: { X: {}, W: {} } } };
  const grp = '---\nkind: Group\nmetadata: { name: declared }\nspec: { ownership: block }\n';
  const rule = (id: string, when: string): string => `{ id: ${id}, action: protect, when: '${when}' }`;
  const yes = 'sites.exists(s, s.labels.region == "europe" && s.state == "down" && s.name != site.name)';
  expect(decided([rule('yes', yes)], spec)).toEqual(['/a X yes 1']);
  expect(decided([rule('no', 'sites.exists(s, s.name == "W")')], spec)).toEqual([]);
  expect(decided([rule('both', 'groups == ["declared", "grp"]')], spec, grp)).toEqual(['/a X both 1']);
});

test('sitesWhere looks at every replica of the dataset, each as a whole', () => {
  const spec: InventorySpec = {
    '/two': { blocks: { a: 1, b: 1 }, at: { X: {}, Y: {}, Z: { only: ['a'] } } },
    '/one': { blocks: { a: 1, b: 1 }, at: { X: {}, Z: { only: ['b'] } } },
  };
  const complete = '---\nkind: Selector\nmetadata: { name: full }\nspec: { scope: replica, when: replica.full }\n';
  const rules = [
    `{ id: taken, action: protect, scope: block, when: 'block.name == "a" && site.name == "X"' }`,
    `{ id: enough, action: delete, when: 'size(dataset.sitesWhere("full")) >= 2 && site.name in dataset.sitesWhere("full")' }`,
  ];
  expect(decided(rules, spec, complete)).toEqual([
    '/one X taken 1',
    '/two X enough 1',
    '/two X taken 1',
    '/two Y enough 2',
  ]);
});

test('a placement can choose datasets by where their replicas are', () => {
  const onDisk =
    '---\nkind: Selector\nmetadata: { name: at-y }\nspec: { scope: replica, when: \'site.name == "Y" && replica.complete\' }\n';
  const placement = `---\nkind: Placement\nmetadata: { name: p }\nspec: { datasets: 'size(dataset.sitesWhere("at-y")) > 0', to: 'site.name == "X"' }\n`;
  const spec: InventorySpec = { '/a': { at: { Y: {} } }, '/b': { at: { Y: { incomplete: { '1': 0 } } } } };
  const { plan } = planFor(desired(...world, onDisk, placement), observed(spec));
  expect(plan.actions.map(({ type, dataset, site: at }) => `${type} ${dataset} ${at}`)).toEqual(['copy /a X']);
});

test.each([
  ['replica.blocks.exists(b, b.ownr == "x")', 'ownr'],
  ['replica.blocks.exists(b, b.owner == 1)', 'overload'],
  ['replica.blocks[0].owner == "x"', '`exists`'],
  ['replica.blocks.map(b, b).size() > 1', '`map`'],
  ['dataset.sitesWhere(dataset.name).size() > 1', 'written out'],
  ['block.owner == "x"', 'not available here'],
])('a mistake about elements is an error with a place: %s', (text, part) => {
  const compile = () => compileExpression<boolean>(text, scopes.replica, 'bool');
  expect(compile).toThrow(ExpressionError);
  expect(compile).toThrow(part);
});

describe('a copy that does not exist yet', () => {
  const spec: InventorySpec = {
    '/d': { blocks: { a: 1, b: 2, c: 4 }, at: { X: { only: ['a'], owner: 'other' }, Y: {} } },
  };
  const placement =
    "---\nkind: Placement\nmetadata: { name: p }\nspec: { datasets: 'true', to: 'site.name == \"X\"', protect: false, owner: grp }\n";
  const copied = (when: string): boolean => {
    const retention = `---\nkind: Retention\nmetadata: { name: r }\nspec:\n  partition: all\n  sites: 'site.name == "X"'\n  rules:\n    - { id: gone, action: delete, when: '${when}', allowLastCopy: true }\n`;
    const { plan } = planFor(desired(...world, placement, retention), observed(spec));
    return plan.actions.some(({ type }) => type === 'copy');
  };

  test('arrives beside the blocks that are there, each with its own owner and size', () => {
    expect(copied('false')).toBe(true);
    // A rule that would take the copy once it is there keeps it from being made.
    expect(copied('size(replica.blocks) == 3 && replica.blocks.exists(b, b.owner == "grp" && b.size == 4)')).toBe(
      false,
    );
    expect(
      copied('replica.blocks.exists(b, b.owner == "grp" && b.name == "b") && replica.blocks.exists(b, b.size == 1)'),
    ).toBe(false);
    expect(copied('replica.blocks.exists(b, b.owner == "grp" && b.size == 1)')).toBe(true);
  });
});
