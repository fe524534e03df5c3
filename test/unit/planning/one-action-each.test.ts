/** Several rules may want the same: it is planned once. */
import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { actionsOf, planOf } from '../../scenarios/loop.js';

const partition = `
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
`;

function deleting(name: string, fields = ''): string {
  return `
    kind: Retention
    metadata: { name: ${name} }
    spec:
      partition: all
      sites: "true"
      rules: [ { id: go, action: delete, when: "true"${fields} } ]
  `;
}

test('I8 a deletion that two Retentions want and an invariant forbids is held once', () => {
  const state = desired(partition, deleting('first'), deleting('second'), site('X'));
  const plan = planOf(state, { '/d': { at: { X: {} } } });
  expect(actionsOf(plan)).toEqual(['delete /d @ X [last-copy]']);
  expect(plan.actions[0]?.rule.name).toBe('first');
});

test('I8 what one rule may not delete and another may is deleted, and not held as well', () => {
  const state = desired(partition, deleting('first'), deleting('second', ', allowLastCopy: true'), site('X'));
  const plan = planOf(state, { '/d': { status: 'DELETED', at: { X: {} } } });
  expect(actionsOf(plan)).toEqual(['delete /d @ X']);
  expect(plan.actions[0]?.rule.name).toBe('second');
});

test('I8 a block that one placement brings to a site is not brought again with the rest of its dataset', () => {
  const state = desired(
    `
    kind: Group
    metadata: { name: mine }
    spec: { ownership: dataset }
    ---
    kind: Placement
    metadata: { name: every-block }
    spec: { datasets: "true", to: site.name == "Y", level: block, priority: 60, from: site.name == "X" }
    ---
    kind: Placement
    metadata: { name: whole }
    spec: { datasets: "true", to: site.name == "Y", owner: mine }
    `,
    ...['X', 'Y', 'Z'].map((name) => site(name)),
  );
  const plan = planOf(state, { '/d': { blocks: { a: 1, b: 1 }, at: { X: { only: ['a'] }, Z: { only: ['b'] } } } });
  expect(actionsOf(plan).sort()).toEqual(['copy /d#a -> Y', 'copy /d#b -> Y']);
  expect(new Set(plan.actions.map(({ owner }) => owner))).toEqual(new Set(['grp', 'mine']));
});

test('I8 a deletion beside a copy on its way names its blocks: what arrives is not meant', () => {
  const state = desired(
    partition,
    `
    kind: Retention
    metadata: { name: tidy }
    spec:
      partition: all
      sites: "true"
      rules: [ { id: go, action: delete, when: 'site.name == "Y"' } ]
    ---
    kind: Federation
    metadata: { name: test }
    spec: { defaults: { evacuateTo: 'site.name == "Y"' } }
    `,
    site('OLD', 'state: draining'),
    ...['X', 'Y'].map((name) => site(name)),
  );
  const spec = {
    '/d': { blocks: { a: 1, b: 1 }, at: { OLD: { only: ['b'] }, X: { only: ['a'] }, Y: { only: ['a'] } } },
  };
  expect(actionsOf(planOf(state, spec))).toEqual(['copy /d#b -> Y', 'delete /d#a @ Y']);
});
