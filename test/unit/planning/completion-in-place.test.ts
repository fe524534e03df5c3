/** What is incomplete at a site is completed there: what that costs, and where it counts. */
import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { actionsOf, planOf } from '../../scenarios/loop.js';

const placement = `
  kind: Placement
  metadata: { name: at-y }
  spec: { datasets: "true", to: site.name == "Y", owner: mine }
  ---
  kind: Group
  metadata: { name: mine }
  spec: { ownership: dataset }
`;

test('the bytes that are missing count as coming in and as used after', () => {
  const state = desired(
    placement,
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: "true", quotas: [ { sites: "true", size: 20 } ] }
    `,
    ...['X', 'Y'].map((name) => site(name)),
  );
  const plan = planOf(state, {
    '/d': { blocks: { a: 10, b: 4 }, at: { X: {}, Y: { owner: 'mine', only: ['a'], incomplete: { a: 3 } } } },
  });
  expect(actionsOf(plan)).toEqual(['copy /d#a,b -> Y']);
  expect(plan.actions[0]?.bytes).toBe(11);
  expect(plan.sites.find((line) => line.site === 'Y')).toMatchObject({
    usedBefore: 3,
    usedAfter: 14,
    projectedBefore: 10,
    projectedAfter: 14,
    copyIn: 11,
  });
});

test('S13 it counts for the bytes that a Guard of its partition lets start', () => {
  const state = desired(
    placement,
    `
    kind: Partition
    metadata: { name: mine }
    spec: { match: block.owner == "mine" }
    ---
    kind: Guard
    metadata: { name: slow }
    spec: { partition: mine, transfers: { maxBytesPerCycle: 10 } }
    `,
    ...['X', 'Y'].map((name) => site(name)),
  );
  const half = { owner: 'mine', incomplete: { '1': 1 } };
  const plan = planOf(state, {
    '/a': { size: 8, at: { X: {}, Y: half } },
    '/b': { size: 8, at: { X: {}, Y: half } },
  });
  expect(actionsOf(plan)).toEqual(['copy /a#1 -> Y']);
  expect(plan.deferred).toMatchObject([{ dataset: '/b', site: 'Y', limit: 'maxBytesPerCycle' }]);
});

test('I6 under another owner it must fit into the partition of that owner', () => {
  const state = desired(
    placement,
    `
    kind: Partition
    metadata: { name: mine }
    spec: { match: block.owner == "mine", quotas: [ { sites: "true", size: 7 } ] }
    `,
    ...['X', 'Y'].map((name) => site(name)),
  );
  const half = { owner: 'other', incomplete: { '1': 1 } };
  const plan = planOf(state, { '/a': { size: 8, at: { X: {}, Y: half } } });
  expect(plan.actions.filter(({ type }) => type === 'copy')).toEqual([]);
  expect(plan.unsatisfied).toMatchObject([{ dataset: '/a', code: 'no-destination' }]);
});
