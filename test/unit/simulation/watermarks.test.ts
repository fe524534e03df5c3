/** The marks at which Retentions begin and end, found by asking their conditions. */
import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { simulate } from './simulate.js';

const partition = "kind: Partition\nmetadata: { name: p }\nspec: { match: 'true' }\n";

function marksOf(trigger: string, until: string | null, quota = '100'): readonly (number | null)[] {
  const fields = until === null ? '' : `, until: '${until}'`;
  const state = desired(
    partition,
    `kind: Retention\nmetadata: { name: r }\nspec: { partition: p, sites: 'true', trigger: '${trigger}'${fields} }\n`,
    site('X', `quotas: { p: ${quota} }`),
  );
  const { watermarks } = simulate(state, { '/A': { size: 50, at: { X: {} } } }, 1).simulation;
  return watermarks.flatMap(({ high, low }) => [high, low]);
}

test('they are the numbers in the conditions, however these are written', () => {
  expect(marksOf('site.occupancy > 0.90', 'site.occupancy < 0.85')).toEqual([0.9, 0.85]);
  expect(marksOf('site.projectedOccupancy >= 0.925', 'site.occupancy < 0.8')).toEqual([0.925, 0.8]);
  expect(marksOf('site.used > 70', 'site.free > 40')).toEqual([0.7, 0.6]);
  expect(marksOf('site.occupancy > 0.9 || site.state == "draining"', 'site.occupancy < 0.8')).toEqual([0.9, 0.8]);
  expect(marksOf('site.occupancy > 0.9', null)).toEqual([0.9, 0.9]);
});

test('where occupancy does not decide there are none', () => {
  expect(marksOf('site.state == "draining"', 'site.state != "draining"')).toEqual([]);
  expect(marksOf('site.occupancy > 0.9', 'site.occupancy < 0.85', 'unlimited')).toEqual([]);
  expect(marksOf('true', 'site.occupancy < 0.5')).toEqual([null, 0.5]);
});

test('looking for them changes nothing', () => {
  const state = desired(
    partition,
    "kind: Retention\nmetadata: { name: r }\nspec: { partition: p, sites: 'true', trigger: site.occupancy > 0.9 }\n",
    site('X', 'quotas: { p: 100 }'),
  );
  const { days } = simulate(state, { '/A': { size: 50, at: { X: {} } } }, 1);
  expect(days[0]?.sites[0]?.partitions[0]).toMatchObject({ used: 50, projected: 50, triggered: false });
});
