/** `Group.spec.limit`: bytes over all sites. */
import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { actionsOf, planOf } from '../../scenarios/loop.js';

const groups = `
  kind: Group
  metadata: { name: small }
  spec: { ownership: dataset, limit: 25 }
  ---
  kind: Placement
  metadata: { name: at-y }
  spec: { datasets: "true", to: site.name == "Y", owner: small }
`;

test('a group gets no more than its limit, partitions or not', () => {
  const state = desired(groups, site('X'), site('Y'));
  const plan = planOf(state, {
    '/a': { size: 10, at: { X: {} } },
    '/b': { size: 10, at: { X: {} } },
    '/c': { size: 10, at: { X: {} } },
  });
  expect(actionsOf(plan)).toEqual(['copy /a -> Y', 'copy /b -> Y']);
  expect(plan.unsatisfied).toMatchObject([
    { dataset: '/c', code: 'no-destination', reason: expect.stringContaining('limit of its group') },
  ]);
});

test('what is completed in place counts once', () => {
  const state = desired(groups, site('X'), site('Y'));
  const plan = planOf(state, {
    '/a': { blocks: { one: 10, two: 15 }, at: { X: {}, Y: { owner: 'small', incomplete: { one: 9, two: 0 } } } },
  });
  expect(actionsOf(plan)).toEqual(['copy /a#one,two -> Y']);
});
