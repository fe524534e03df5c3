/** What a Rebalance must not do: undo what rules did, move what would not be left to go, or mix disk and tape. */
import { describe, expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { type InventorySpec, inventory } from '../../scenarios/inventory.js';
import { actionsOf, observed, planOf, untilRest } from '../../scenarios/loop.js';

const even = (rules: string): string => `
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
  ---
  kind: Retention
  metadata: { name: rules }
  spec:
    partition: all
    sites: "true"
    ${rules}
  ---
  kind: Rebalance
  metadata: { name: even }
  spec: { partition: all, sites: "true" }
`;
const onlyOne = 'rules: [ { id: two, action: delete, when: dataset.fullDiskCopies > 1 } ]';
const quota = 'quotas: { all: 100 }';
const tape = `storage: tape, ${quota}`;

describe('Rebalance', () => {
  test('a dataset with a copy on tape and one on disk moves once', () => {
    const state = desired(even('default: protect'), site('D1', quota), site('D2', quota), site('T1', tape));
    const both = { size: 10, at: { D1: {}, T1: {} } };
    const plan = planOf(state, { '/a': both, '/b': both, '/c': both, '/d': both });
    expect(actionsOf(plan)).toEqual(['copy /a -> D2']);
  });

  test('data does not move between tape and disk', () => {
    const state = desired(even('default: protect'), site('D', quota), site('T', tape));
    for (const at of ['D', 'T']) {
      const there = { size: 10, at: { [at]: {} } };
      expect(actionsOf(planOf(state, { '/a': there, '/b': there, '/c': there }))).toEqual([]);
    }
  });

  test('nothing is copied to where the rules would delete the copy', () => {
    // Once there are two, the rules delete the one whose site comes first.
    const state = desired(even(onlyOne), site('A', quota), site('B', quota));
    expect(actionsOf(planOf(state, { '/d': { size: 10, at: { B: {} } }, '/e': { size: 10, at: { B: {} } } }))).toEqual(
      [],
    );
  });

  test('nothing is copied back to where the rules deleted it', () => {
    const state = desired(even(onlyOne), site('A', quota), site('B', quota));
    const fixed = { size: 10, at: { B: { managed: false } } };
    const spec = inventory({ '/d': { size: 10, at: { A: {}, B: { managed: false } } }, '/e': fixed, '/f': fixed });
    const [first, ...others] = untilRest(state, observed(spec)).plans.map(actionsOf);
    expect(first).toEqual(['delete /d @ A']);
    expect(others.flat()).not.toContain('copy /d -> A');
  });

  test('a required copy moves only to where its placement counts it', () => {
    const state = desired(
      even('rules: [ { id: surplus, action: delete, when: "!replica.required" } ]'),
      "kind: Placement\nmetadata: { name: here }\nspec: { datasets: 'true', to: 'site.name != \"C\"' }",
      ...['A', 'B', 'C'].map((name) => site(name, quota)),
    );
    const at = (name: string): InventorySpec[string] => ({ size: 10, at: { [name]: {} } });
    const plan = planOf(state, { '/a': at('A'), '/b': at('A'), '/c': at('A'), '/d': at('A'), '/e': at('B') });
    expect(actionsOf(plan)).toEqual(['copy /a -> B']);
  });
});
