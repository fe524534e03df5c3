/** Tenants: what stands in a tenant's files applies within the tenant's data, sites and owners only. */
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../src/desired/index.js';
import type { Plan } from '../../src/planning/index.js';
import { dedent, desiredFiles, site } from './desired.js';
import { daysAgo } from './inventory.js';
import { actionsOf, observed, perform, planFor, planOf, unheld } from './loop.js';

/** The federation's files, and a tenant `red` that has `/red/*` at R1 and R2. */
function withTenant(red: string, federation = ''): DesiredState {
  const documents = (text: string): string =>
    dedent(text)
      .split(/^---$/m)
      .filter((part) => part.trim() !== '')
      .map((part) => `${part.trim()}\napiVersion: stator/v1\n`)
      .join('---\n');
  const sites = ['R1', 'R2', 'B1', 'B2'].map((name) => `${site(name, 'quotas: { all: 1000 }')}apiVersion: stator/v1\n`);
  return desiredFiles({
    'federation.yaml': `${documents(`
      kind: Federation
      metadata: { name: test }
      spec: {}
      ---
      kind: Partition
      metadata: { name: all }
      spec: { match: "true" }
      ---
      kind: Tenant
      metadata: { name: red }
      spec:
        paths: [teams/red/]
        datasets: dataset.name.glob("/red/*")
        sites: site.name.glob("R*")
        owners: [red]
    `)}---\n${documents(federation)}${sites.join('')}`,
    'teams/red/rules.yaml': documents(red),
  });
}

const outside = (plan: Plan): string[] =>
  plan.diagnostics
    .filter(({ code }) => code === 'tenant-outside')
    .map(({ severity, file, line, message }) => `${severity} ${file}:${line}: ${message}`);

const old = { lastUpdate: daysAgo(100) };
const red = { owner: 'red' };

describe('a Placement of a tenant', () => {
  test("copies nothing that is not the tenant's, and nothing elsewhere", () => {
    const state = withTenant(`
      kind: Placement
      metadata: { name: two }
      spec: { datasets: "true", to: "true", copies: 4, owner: red }
    `);
    const plan = planOf(state, { '/red/1': { at: { R1: red } }, '/blue/1': { at: { B1: {} } }, '/blue/2': {} });
    expect(actionsOf(plan)).toEqual(['copy /red/1 -> R2']);
    expect(outside(plan)).toEqual([
      'error teams/red/rules.yaml:1: Placement two matches 2 datasets outside of Tenant red, the first is /blue/1; it does not apply there',
      'error teams/red/rules.yaml:1: Placement two matches 2 sites outside of Tenant red, the first is B1; it does not apply there',
    ]);
  });

  test('says nothing where it keeps to the tenant', () => {
    const state = withTenant(`
      kind: Placement
      metadata: { name: two }
      spec: { datasets: dataset.name.glob("/red/*"), to: site.name.glob("R*"), copies: 2, owner: red }
    `);
    const plan = planOf(state, { '/red/1': { at: { R1: red } }, '/blue/1': { at: { B1: {} } } });
    expect(actionsOf(plan)).toEqual(['copy /red/1 -> R2']);
    expect(outside(plan)).toEqual([]);
  });

  test("takes no copy from an owner that is not the tenant's; it counts as it is", () => {
    const state = withTenant(`
      kind: Placement
      metadata: { name: one }
      spec: { datasets: dataset.name.glob("/red/*"), to: site.name == "R1", owner: red }
    `);
    const plan = planOf(state, {
      '/red/1': { at: { R1: { owner: 'blue' } } },
      '/red/2': { at: { R1: { owner: '' } } },
    });
    expect(actionsOf(plan)).toEqual(['reassign /red/2 @ R1 to red']);
    expect(outside(plan)).toEqual([
      'error teams/red/rules.yaml:1: Placement one matches 1 owner outside of Tenant red, the first is blue; it does not apply there',
    ]);
  });

  test('requires nothing outside: another Retention deletes there', () => {
    const state = withTenant(
      `
      kind: Placement
      metadata: { name: everywhere }
      spec: { datasets: "true", to: "true", copies: all, owner: red }
      `,
      `
      kind: Retention
      metadata: { name: tidy }
      spec:
        partition: all
        sites: "true"
        rules: [ { id: unrequired, action: delete, when: "!replica.required" } ]
      `,
    );
    const plan = planOf(state, {
      '/blue/1': { at: { B1: {}, B2: {} } },
      '/red/1': { at: { R1: red, R2: red, B1: red } },
    });
    expect(actionsOf(plan)).toEqual(['delete /blue/1 @ B1', 'delete /red/1 @ B1', 'delete /blue/1 @ B2 [last-copy]']);
  });
});

describe('a Lock of a tenant', () => {
  const tidy = `
    kind: Retention
    metadata: { name: tidy }
    spec:
      partition: all
      sites: "true"
      rules: [ { id: old, action: delete, when: 'dataset.lastUpdate.olderThan("30d")', allowLastCopy: true } ]
    ---
    kind: Lock
    metadata: { name: elsewhere }
    spec: { datasets: dataset.name == "/locked", expires: 2027-01-01, reason: the federation keeps it }
  `;

  test("holds the tenant's replicas at the tenant's sites, and nothing else", () => {
    const state = withTenant(
      `
      kind: Lock
      metadata: { name: all }
      spec: { datasets: "true", expires: 2027-01-01, reason: we want everything }
      `,
      tidy,
    );
    const plan = planOf(state, {
      '/red/1': { ...old, at: { R1: red, R2: { owner: 'blue' }, B1: red } },
      '/blue/1': { ...old, at: { R1: {}, B1: {} } },
      '/locked': { ...old, at: { B1: {}, B2: {} } },
    });
    expect(actionsOf(plan)).toEqual([
      'delete /blue/1 @ B1',
      'delete /locked @ B1 [locked]',
      'delete /red/1 @ B1',
      'delete /locked @ B2 [locked]',
      'delete /blue/1 @ R1 [last-copy]',
      'delete /red/1 @ R1 [locked]',
      'delete /red/1 @ R2',
    ]);
    expect(outside(plan)).toEqual([
      'error teams/red/rules.yaml:1: Lock all matches 2 datasets outside of Tenant red, the first is /blue/1; it does not apply there',
    ]);
  });
});

describe('a Retention of a tenant', () => {
  const state = withTenant(`
    kind: Retention
    metadata: { name: red }
    spec:
      partition: all
      sites: "true"
      rules:
        - { id: old, action: delete, when: 'dataset.lastUpdate.olderThan("30d")' }
  `);

  test("decides the tenant's replicas at the tenant's sites only, its default too", () => {
    const result = planFor(
      state,
      observed({
        '/red/1': { ...old, at: { R1: red, R2: red, B1: red } },
        '/red/2': { lastUpdate: daysAgo(1), at: { R1: red, B1: red } },
        '/red/3': { ...old, at: { R1: { owner: 'blue' }, B1: {} } },
        '/blue/1': { ...old, at: { R1: {}, B1: {} } },
      }),
    );
    expect(result.decisions.map(({ site: where, dataset, decision }) => `${decision} ${dataset} @ ${where}`)).toEqual([
      'delete /red/1 @ R1',
      'protect /red/2 @ R1',
      'delete /red/1 @ R2',
    ]);
    expect(actionsOf(result.plan)).toEqual(['delete /red/1 @ R1', 'delete /red/1 @ R2']);
    expect(outside(result.plan)).toEqual([
      'error teams/red/rules.yaml:1: Retention red matches 2 sites outside of Tenant red, the first is B1; it does not apply there',
      'error teams/red/rules.yaml:7: Retention red/old matches 1 dataset outside of Tenant red, the first is /blue/1; it does not apply there',
      'error teams/red/rules.yaml:7: Retention red/old matches 1 owner outside of Tenant red, the first is blue; it does not apply there',
    ]);
  });

  test('has no say in whether a copy outside would go at once', () => {
    const placed = withTenant(
      `
      kind: Retention
      metadata: { name: red }
      spec: { partition: all, sites: "true", rules: [ { id: all, action: delete, when: "true" } ] }
      `,
      `
      kind: Placement
      metadata: { name: spare }
      spec: { datasets: "true", to: site.name.glob("*2"), copies: 2, protect: false }
      `,
    );
    const plan = planOf(placed, { '/blue/1': { at: { B1: {} } }, '/red/1': { at: { B1: red } } });
    expect(actionsOf(plan)).toEqual(['copy /blue/1 -> B2', 'copy /red/1 -> B2', 'copy /blue/1 -> R2']);
  });
});

test("an Exclusion of a tenant closes the tenant's sites to the tenant's data, and removes nothing of others", () => {
  const state = withTenant(
    `
    kind: Exclusion
    metadata: { name: not-here }
    spec: { datasets: "true", sites: 'site.name.glob("?1")', reason: we say so, remove: true }
    `,
    `
    kind: Placement
    metadata: { name: two }
    spec: { datasets: "true", to: 'site.name.glob("?1")', copies: 2 }
    `,
  );
  const plan = planOf(state, {
    '/red/1': { at: { R1: red, R2: red, B2: red } },
    '/red/2': { at: { R1: { owner: 'blue' }, B1: {} } },
    '/blue/1': { at: { R2: {} } },
  });
  expect(actionsOf(plan)).toEqual([
    'copy /blue/1 -> B1',
    'copy /red/1 -> B1',
    'copy /blue/1 -> R1',
    'delete /red/1 @ R1 [required]',
  ]);
  expect(outside(plan)).toEqual([
    'error teams/red/rules.yaml:1: Exclusion not-here matches 1 dataset outside of Tenant red, the first is /blue/1; it does not apply there',
    'error teams/red/rules.yaml:1: Exclusion not-here matches 1 owner outside of Tenant red, the first is blue; it does not apply there',
    'error teams/red/rules.yaml:1: Exclusion not-here matches 1 site outside of Tenant red, the first is B1; it does not apply there',
  ]);
});

test("an Ownership of a tenant takes what is the tenant's or nobody's; the next document may take the rest", () => {
  const state = withTenant(
    `
    kind: Ownership
    metadata: { name: a-red }
    spec: { match: "true", owner: red }
    `,
    `
    kind: Ownership
    metadata: { name: b-blue }
    spec: { match: 'block.owner == "green"', owner: blue }
    `,
  );
  const plan = planOf(state, {
    '/red/1': { at: { R1: { owner: '' }, R2: { owner: 'green' }, B1: { owner: '' } } },
    '/blue/1': { at: { R1: { owner: '' } } },
  });
  expect(actionsOf(plan)).toEqual(['reassign /red/1 @ R1 to red', 'reassign /red/1 @ R2 to blue']);
  expect(outside(plan)).toHaveLength(3);
});

test('a tenant within a tenant is bound by both', () => {
  const state = withTenant(
    `
    kind: Placement
    metadata: { name: two }
    spec: { datasets: dataset.name.glob("/red/*"), to: "true", copies: 4, owner: red }
    `,
    `
    kind: Tenant
    metadata: { name: inner }
    spec: { paths: [teams/red/rules.yaml], sites: site.name.glob("*2") }
    `,
  );
  const plan = planOf(state, { '/red/1': { at: { B1: red } } });
  expect(actionsOf(plan)).toEqual(['copy /red/1 -> R2']);
  expect(outside(plan)).toEqual([
    'error teams/red/rules.yaml:1: Placement two matches 3 sites outside of Tenant inner and Tenant red, the first is B1; it does not apply there',
  ]);
});

test("S38 what a tenant's removed placement required is deleted within the tenant", () => {
  const before = withTenant(`
    kind: Placement
    metadata: { name: two }
    spec: { datasets: dataset.name.glob("/red/*"), to: site.name.glob("R*"), copies: 2, owner: red, onRemove: delete }
  `);
  const start = observed({ '/red/1': { at: { R1: red, R2: red, B1: red } } });
  const result = planFor(before, start);
  expect(unheld(result.plan)).toEqual([]);
  const after = withTenant(`
    kind: Selector
    metadata: { name: nothing }
    spec: { scope: dataset, names: [/none] }
  `);
  const next = perform(before, start, result);
  const ending = planFor(after, next);
  expect(unheld(ending.plan)).toEqual([]);
  const later = planFor(after, { ...perform(after, next, ending), clock: next.clock + 2 * 86_400 });
  expect(actionsOf(later.plan)).toEqual(['delete /red/1 @ R1', 'delete /red/1 @ R2']);
});
