/** A cleaning campaign of thousands of rules. */
import { describe, expect, test } from 'vitest';
import { compileDesired, type DesiredState } from '../../src/desired/index.js';
import { desired, site, source } from './desired.js';
import { type DatasetSpec, days, type InventorySpec } from './inventory.js';
import { later, observed, planFor, planOf, unheld } from './loop.js';

/** `count` rules, in turn an exact name and a glob, in force through July 2026. */
function campaign(count: number): DesiredState {
  const rules: string[] = [];
  for (let i = 0; i < count; i++) {
    const condition = i % 2 === 0 ? `dataset.name == "/old/${i}/RAW"` : `dataset.name.glob("/old/${i}/AOD*")`;
    rules.push(
      `    - { id: r${i}, action: delete, when: '${condition}', notBefore: 2026-07-01, expires: 2026-08-01, allowLastCopy: true }`,
    );
  }
  const text = `
apiVersion: stator/v1
kind: Federation
metadata: { name: test }
spec: { disposable: 'dataset.name.glob("/old/*")' }
---
apiVersion: stator/v1
kind: Partition
metadata: { name: all }
spec: { match: "true" }
---
apiVersion: stator/v1
kind: Retention
metadata: { name: campaign }
spec:
  partition: all
  sites: "true"
  rules:
${rules.join('\n')}
${[site('X'), site('Y')].map((each) => each.replace('kind: Site', 'apiVersion: stator/v1\nkind: Site')).join('')}`;
  const compiled = compileDesired([{ path: 'campaign.yaml', bytes: new TextEncoder().encode(text) }], source);
  if (compiled.state === null) throw new Error(JSON.stringify(compiled.diagnostics.slice(0, 3)));
  return compiled.state;
}

/** As many Placements, each of one dataset. */
function placements(count: number): DesiredState {
  const one = (i: number): string =>
    `---\nkind: Placement\nmetadata: { name: p${i} }\nspec: { datasets: 'dataset.name == "/a/${i}/RAW"', to: site.name == "X" }\n`;
  return desired(site('X'), Array.from({ length: count }, (_, i) => one(i)).join(''));
}

function datasets(count: number): InventorySpec {
  const spec: Record<string, DatasetSpec> = {};
  for (let i = 0; i < count; i++) {
    spec[i % 2 === 0 ? `/old/${i}/RAW` : `/old/${i}/AODSIM`] = { size: 10, at: { X: {}, Y: {} } };
  }
  spec['/new/1/RAW'] = { size: 10, at: { X: {} } };
  return spec;
}

describe('S7 Campaign', () => {
  const rules = 4000;
  const state = campaign(rules);

  test('S7 every named dataset goes between notBefore and expires, by its own rule', () => {
    const plan = planOf(state, datasets(300));
    const actions = unheld(plan);
    expect(actions).toHaveLength(600);
    expect(actions.every(({ dataset, rule }) => rule.id === `r${dataset.split('/')[2]}`)).toBe(true);
  });

  test('S7 the plan says what each site frees before the merge', () => {
    const plan = planOf(state, datasets(300));
    expect(plan.sites.map(({ site: name, delete: freed }) => [name, freed])).toEqual([
      ['X', 3000],
      ['Y', 3000],
    ]);
    expect(plan.summary.delete).toEqual({ actions: 600, datasets: 300, blocks: 600, bytes: 6000 });
  });

  test('S7 inert before notBefore and after expires', () => {
    const world = observed(datasets(50));
    expect(planFor(state, later(world, -1)).plan.actions).toEqual([]);
    expect(unheld(planFor(state, later(world, days(31) - 1)).plan)).toHaveLength(100);
    expect(planFor(state, later(world, days(31))).plan.actions).toEqual([]);
  });

  /** Processor time in microseconds, the least of three: others may use the machine too. */
  const costOf = (work: () => unknown): number => {
    const times = [0, 1, 2].map(() => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return user + system;
    });
    return Math.min(...times);
  };

  test('S7 four times the rules do not cost sixteen times as much to compile and plan', () => {
    const world = observed(datasets(50));
    const cost = (count: number): number => costOf(() => planFor(campaign(count), world));
    cost(1000);
    expect(cost(4000) / cost(1000)).toBeLessThan(9);
  });

  test('S7 nor do four times the documents', () => {
    const cost = (count: number): number => costOf(() => placements(count));
    cost(2000);
    expect(cost(8000) / cost(2000)).toBeLessThan(7);
  });
});
