/** The same inputs give the same bytes; what changes nothing changes no plan. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { desiredFiles } from './desired.js';
import { type Inventory, type InventorySpec, inventory } from './inventory.js';
import { actionsOf, observed, perform, planFor, unheld } from './loop.js';

const federation = `# The federation.
apiVersion: stator/v1
kind: Federation
metadata: { name: test }
spec: { disposable: 'dataset.status == "DEPRECATED"' }
`;

const sites = ['X', 'Y', 'Z'].map(
  (name) => `apiVersion: stator/v1
kind: Site
metadata: { name: ${name} }
spec: { storage: disk, quotas: { all: 100 } }
`,
);

const partition = `apiVersion: stator/v1
kind: Partition
metadata: { name: all }
spec: { match: "true" }
`;

const placement = `apiVersion: stator/v1
kind: Placement
metadata: { name: raw }
spec:
  description: Two copies of RAW.
  datasets: 'dataset.name.glob("*/RAW")'
  to: "true"
  copies: 2
`;

const retention = (first: string, second: string): string => `apiVersion: stator/v1
kind: Retention
metadata: { name: watermark }
spec:
  partition: all
  sites: "true"
  trigger: site.occupancy > 0.5
  rules:
    - ${first}
    - ${second}
    - { id: rest, action: dismiss, when: replica.otherFullCopies > 0 }
`;
const deprecated = `{ id: deprecated, action: delete, when: 'dataset.status == "DEPRECATED"', allowLastCopy: true }`;
const required = `{ id: required, action: protect, when: 'dataset.status == "VALID" && replica.required' }`;

const spec: InventorySpec = {
  '/a/RAW': { blocks: { a: 10, b: 20 }, at: { X: {}, Y: { only: ['a'] } } },
  '/b/RAW': { size: 30, at: { Z: {} } },
  '/c/AOD': { size: 40, at: { X: {}, Y: {}, Z: {} } },
  '/d/AOD': { size: 5, status: 'DEPRECATED', at: { Y: {} } },
  '/e/AOD': { size: 20, at: { X: {}, Z: { incomplete: { '1': 3 } } } },
};

const together = desiredFiles({
  'all.yaml': [federation, ...sites, partition, placement, retention(deprecated, required)].join('---\n'),
});

function reversed(rows: Inventory): Inventory {
  return {
    datasets: [...rows.datasets].reverse(),
    blocks: [...rows.blocks].reverse(),
    replicas: [...rows.replicas].reverse(),
    subscriptions: [...rows.subscriptions].reverse(),
  };
}

describe('S21 Dry run', () => {
  const plan = planFor(together, observed(spec));
  const bytes = JSON.stringify(plan.plan);

  test('S21 the plan has something to say', () => {
    expect(unheld(plan.plan).map(({ type }) => type)).toEqual(expect.arrayContaining(['copy', 'delete']));
  });

  test('S21 same commit and snapshot: the same bytes', () => {
    expect(JSON.stringify(planFor(together, observed(spec)).plan)).toBe(bytes);
  });

  test('S21 from any working directory, time zone and language', () => {
    const directory = mkdtempSync(join(tmpdir(), 'stator-'));
    const [home, zone, language] = [process.cwd(), process.env.TZ, process.env.LC_ALL];
    try {
      process.chdir(directory);
      process.env.TZ = 'Pacific/Chatham';
      process.env.LC_ALL = 'sv_SE.UTF-8';
      expect(JSON.stringify(planFor(together, observed(spec)).plan)).toBe(bytes);
    } finally {
      process.chdir(home);
      restore('TZ', zone);
      restore('LC_ALL', language);
      rmSync(directory, { recursive: true });
    }
  });

  test('S21 any order of rows', () => {
    const rows = inventory(spec);
    expect(JSON.stringify(planFor(together, observed(reversed(rows))).plan)).toBe(bytes);
  });

  test('S21 any order of files', () => {
    const files = { 'a.yaml': federation, 'b.yaml': partition, 'c.yaml': placement, 'd.yaml': sites.join('---\n') };
    const last = { 'e.yaml': retention(deprecated, required) };
    const forward = planFor(desiredFiles({ ...files, ...last }), observed(spec));
    const backward = planFor(
      desiredFiles(Object.fromEntries(Object.entries({ ...last, ...files }).reverse())),
      observed(spec),
    );
    expect(backward.plan.digest).toBe(forward.plan.digest);
    expect(backward.plan).toEqual(forward.plan);
    expect(backward.decisions).toEqual(forward.decisions);
  });

  test('S21 planning changes neither the snapshot nor the desired state', () => {
    const world = observed(spec);
    const before = JSON.stringify(world);
    planFor(together, world);
    expect(JSON.stringify(world)).toBe(before);
  });
});

describe('S27 Rename', () => {
  // At rest under the first form: what the second changes is all there is to see.
  let world = observed(spec);
  for (let cycle = 0; cycle < 10; cycle++) world = perform(together, world, planFor(together, world));

  test('S27 at rest before', () => {
    expect(unheld(planFor(together, world).plan)).toEqual([]);
  });

  test.each([
    [
      'moving documents between files',
      {
        'federation/main.yaml': federation,
        'sites/all.yml': sites.join('---\n'),
        'rules/one.yaml': `${retention(deprecated, required)}---\n${partition}`,
        'rules/two.yaml': placement,
      },
    ],
    [
      'reordering rules that cannot both match',
      { 'all.yaml': [federation, ...sites, partition, placement, retention(required, deprecated)].join('---\n') },
    ],
    [
      'changing comments and descriptions',
      {
        'all.yaml': [
          federation.replace('The federation.', 'Nothing to see.'),
          ...sites,
          partition,
          placement.replace('Two copies of RAW.', 'RAW is precious.'),
          `# New comment.\n${retention(deprecated, required)}`,
        ].join('---\n'),
      },
    ],
  ])('S27 %s: an empty plan', (_, files) => {
    const result = planFor(desiredFiles(files), world);
    expect(actionsOf(result.plan).filter((text) => !text.endsWith(']'))).toEqual([]);
    expect(result.cancellations).toEqual([]);
  });

  test('S27 open actions survive a move of the document that wanted them', () => {
    const start = observed(spec);
    const open = perform(together, start, planFor(together, start), { leaveOpen: () => true });
    const moved = desiredFiles({
      'x.yaml': [federation, ...sites, partition].join('---\n'),
      'y.yaml': placement,
      'z.yaml': retention(deprecated, required),
    });
    const result = planFor(moved, open);
    expect(open.memory.openActions.length).toBeGreaterThan(0);
    expect(actionsOf(result.plan)).toEqual(actionsOf(planFor(together, open).plan));
    expect(result.cancellations).toEqual([]);
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
