/** Expressions that fail on a value, or result in what cannot be. */
import { describe, expect, test } from 'vitest';
import { StatorError } from '../../../src/error.js';
import { desired, site } from '../../scenarios/desired.js';
import type { InventorySpec } from '../../scenarios/inventory.js';
import { planOf, unheld } from '../../scenarios/loop.js';

const spec: InventorySpec = { '/d': { at: { X: {} } }, '/e': { at: { X: {}, Y: {} } } };
const sites = ['X', 'Y'].map((name) => site(name));

function failure(...parts: readonly string[]): StatorError {
  try {
    planOf(desired(...parts, ...sites), spec);
  } catch (error) {
    if (error instanceof StatorError) return error;
    throw error;
  }
  throw new Error('expected the plan to fail');
}

describe('an expression that fails on a value stops the plan and says where', () => {
  const divided = '1 / (dataset.fullCopies - 2)';
  const divides = `${divided} == 0`;

  test.each([
    [
      'a rule',
      `kind: Retention\nmetadata: { name: r }\nspec: { partition: p, sites: "true", rules: [ { id: x, action: protect, when: '${divides}' } ] }`,
    ],
    ['datasets of a Placement', `kind: Placement\nmetadata: { name: r }\nspec: { datasets: '${divides}', to: "true" }`],
    [
      'copies of a Placement',
      `kind: Placement\nmetadata: { name: r }\nspec: { datasets: "true", to: "true", copies: '${divided}' }`,
    ],
    [
      'a Selector',
      `kind: Selector\nmetadata: { name: r }\nspec: { scope: dataset, when: '${divides}' }\n---\nkind: Placement\nmetadata: { name: s }\nspec: { datasets: 'dataset.is("r")', to: "true" }`,
    ],
    [
      'a Guard',
      `kind: Guard\nmetadata: { name: r }\nspec: { copies: [ { datasets: '${divides}', min: 2 } ] }\n---\nkind: Retention\nmetadata: { name: s }\nspec: { partition: p, sites: "true", default: delete }`,
    ],
    ['a Lock', `kind: Lock\nmetadata: { name: r }\nspec: { datasets: '${divides}', expires: 2030-01-01, reason: x }`],
    ['a Partition', `kind: Partition\nmetadata: { name: r }\nspec: { match: '${divides}' }`],
  ])('%s', (_, document) => {
    const error = failure('kind: Partition\nmetadata: { name: p }\nspec: { match: "true" }', document);
    expect(error.code).toBe('evaluation-failed');
    expect(error.message).toContain('division by zero');
    expect(error.message).toContain(divided);
    expect(error.where).toMatch(/^all\.yaml:\d+$/);
  });
});

describe('copies', () => {
  const placement = (copies: string): string => `
    kind: Placement
    metadata: { name: many }
    spec: { datasets: 'dataset.name == "/d"', to: "true", copies: '${copies}' }
  `;

  test('more than there are sites: what can be made is made, the rest is counted as missing', () => {
    const plan = planOf(desired(placement('1000000000'), ...sites), spec);
    expect(unheld(plan)).toHaveLength(1);
    expect(plan.unsatisfied).toMatchObject([{ dataset: '/d', code: 'no-destination', missing: 999_999_998 }]);
  });

  test('without any site all are missing', () => {
    const nowhere = placement('3').replace('to: "true"', 'to: site.storage == "tape"');
    const plan = planOf(desired(nowhere, ...sites), spec);
    expect(plan.unsatisfied).toMatchObject([{ dataset: '/d', code: 'no-destination', missing: 3 }]);
  });

  test.each(['ceil(1.0 / dataset.demand)', 'floor(dataset.demand / dataset.demand)'])(
    '%s is not a number of copies where the demand is 0',
    (copies) => {
      expect(failure(placement(copies))).toMatchObject({ code: 'evaluation-failed', where: 'all.yaml:1' });
    },
  );

  test('below 0 is none', () => {
    expect(planOf(desired(placement('dataset.files - 5'), ...sites), spec).actions).toEqual([]);
  });
});
