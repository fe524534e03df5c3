/** Exclusion, Ownership, Rebalance, Window, and what becomes of copies when a placement ends. */
import { describe, expect, test } from 'vitest';
import { desired, desiredFiles, site } from './desired.js';
import { days, inventory } from './inventory.js';
import {
  actionsOf,
  diagnosticOf,
  finish,
  fullSites,
  later,
  observed,
  perform,
  planFor,
  planOf,
  unheld,
  untilRest,
} from './loop.js';

const everything = `
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
`;

/** Deletes whatever no placement requires and another copy allows. */
const tidy = `
  kind: Retention
  metadata: { name: tidy }
  spec:
    partition: all
    sites: "true"
    rules:
      - { id: surplus, action: delete, when: '!replica.required' }
`;

const sites = (...names: readonly string[]): string[] => names.map((name) => site(name));

describe('S14 Demand', () => {
  test('S14 demand 8.75 at one copy per 1.75 and two copies: three more, first copies of all before second ones', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: popular }
      spec:
        datasets: "true"
        to: "true"
        copies: min(10, ceil(dataset.demand / 1.75))
      ---
      kind: Guard
      metadata: { name: cap }
      spec: { transfers: { maxBytesPerCycle: 30 } }
      `,
      ...sites('A', 'B', 'C', 'D', 'E', 'F'),
    );
    const plan = planOf(state, {
      '/hot': { size: 10, demand: 8.75, at: { A: {}, B: {} } },
      '/warm': { size: 10, demand: 3.5, at: { A: {} } },
    });
    expect(
      unheld(plan)
        .map(({ dataset }) => dataset)
        .sort(),
    ).toEqual(['/hot', '/hot', '/warm']);
    expect(plan.deferred).toMatchObject([{ dataset: '/hot', limit: 'maxBytesPerCycle' }]);
  });
});

describe('S15 Rebalance', () => {
  const state = desired(
    everything,
    `
    kind: Retention
    metadata: { name: keep-single }
    spec:
      partition: all
      sites: "true"
      rules:
        - { id: single, action: protect, when: dataset.fullDiskCopies <= 1 }
        - { id: rest, action: dismiss, when: "true" }
    ---
    kind: Rebalance
    metadata: { name: even }
    spec: { partition: all, sites: "true", tolerance: 5% }
    `,
    site('HIGH', 'quotas: { all: 100 }'),
    site('LOW', 'quotas: { all: 100 }'),
  );
  const spec = inventory({
    ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`/high/${i}`, { size: 2, at: { HIGH: {} } }])),
    ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`/low/${i}`, { size: 2, at: { LOW: {} } }])),
  });

  test('S15 copies until the spread is below the tolerance; originals are deletable after', () => {
    const result = planFor(state, observed(spec));
    const copies = unheld(result.plan);
    expect(copies.every(({ type, site: to, cause }) => type === 'copy' && to === 'LOW' && cause === 'rebalance')).toBe(
      true,
    );
    expect(copies).toHaveLength(9);
    const next = planFor(state, perform(state, observed(spec), result));
    expect(unheld(next.plan)).toEqual([]);
    expect(next.moves).toHaveLength(9);
  });

  test('S15 copies on their way are not made again', () => {
    const first = planFor(state, observed(spec));
    const open = perform(state, observed(spec), first, { leaveOpen: () => true });
    const second = planFor(state, open);
    expect(unheld(second.plan)).toEqual([]);
    expect(second.cancellations).toEqual([]);
  });

  test('S15 a required copy hands its mark to the target, and the source goes', () => {
    const required = desired(
      everything,
      tidy,
      `
      kind: Placement
      metadata: { name: one }
      spec: { datasets: "true", to: "true" }
      ---
      kind: Rebalance
      metadata: { name: even }
      spec: { partition: all, sites: "true" }
      `,
      site('HIGH', 'quotas: { all: 100 }'),
      site('LOW', 'quotas: { all: 100 }'),
    );
    const { end, plans } = untilRest(required, observed(spec));
    expect(plans.length).toBeLessThan(5);
    const at = (name: string): number => end.inventory.replicas.filter((row) => row.site === name).length;
    expect([at('HIGH'), at('LOW')]).toEqual([31, 29]);
  });
});

describe('S17 Exclusion', () => {
  const placement = `
    kind: Placement
    metadata: { name: everywhere }
    spec: { datasets: 'dataset.name.glob("/ion/*")', to: 'site.name.glob("US_*")' }
  `;
  const exclusion = `
    kind: Exclusion
    metadata: { name: no-ions }
    spec: { datasets: 'dataset.name.glob("/ion/*")', sites: 'site.name.glob("US_*") && site.name != "US_MIT"', reason: agreed }
  `;

  test('S17 data of one kind is placed only where no Exclusion is', () => {
    const state = desired(placement, exclusion, ...sites('US_A', 'US_B', 'US_MIT', 'EU'));
    expect(actionsOf(planOf(state, { '/ion/1': { at: { EU: {} } } }))).toEqual(['copy /ion/1 -> US_MIT']);
  });

  test('S17 a need that only excluded sites could serve is unsatisfied', () => {
    const state = desired(placement, exclusion, ...sites('US_A', 'US_B', 'EU'));
    const plan = planOf(state, { '/ion/1': { at: { EU: {} } } });
    expect(plan.actions).toEqual([]);
    expect(plan.unsatisfied).toMatchObject([{ code: 'no-destination', dataset: '/ion/1' }]);
    expect(plan.unsatisfied[0]?.reason).toContain('Exclusion');
  });

  test('S17 existing copies stay and count', () => {
    const state = desired(placement, exclusion, ...sites('US_A', 'EU'));
    expect(planOf(state, { '/ion/1': { at: { US_A: {} } } }).actions).toEqual([]);
  });

  test('S17 with remove, copies go once every placement is satisfied without them', () => {
    const state = desired(
      placement,
      exclusion.replace('reason: agreed', 'reason: agreed, remove: true'),
      ...sites('US_A', 'US_MIT', 'EU'),
    );
    const { plans, end } = untilRest(state, observed({ '/ion/1': { at: { US_A: {} } } }));
    expect(plans.map(actionsOf)).toEqual([
      ['copy /ion/1 -> US_MIT', 'delete /ion/1 @ US_A [required]'],
      ['delete /ion/1 @ US_A'],
      [],
    ]);
    expect(fullSites(end.inventory, '/ion/1')).toEqual(['US_MIT']);
    expect(plans[1]?.actions[0]).toMatchObject({ cause: 'exclusion', rule: { kind: 'Exclusion', name: 'no-ions' } });
  });
});

describe('S18 Re-owning', () => {
  const groups = ['A', 'B', 'C', 'D'].map(
    (name) => `---\nkind: Group\nmetadata: { name: ${name} }\nspec: { ownership: dataset }\n`,
  );
  const ownership = `
    kind: Ownership
    metadata: { name: merge }
    spec: { match: 'block.owner in ["A", "B", "C"]', owner: D }
  `;
  const partitions = `
    kind: Partition
    metadata: { name: old }
    spec: { match: 'block.owner in ["A", "B", "C"]' }
    ---
    kind: Partition
    metadata: { name: new }
    spec: { match: block.owner == "D" }
  `;

  test('S18 owners A, B, C become D: no bytes move, occupancy of the partitions follows', () => {
    const state = desired(ownership, partitions, ...groups, ...sites('X', 'Y'));
    const start = observed({
      '/1': { size: 5, at: { X: { owner: 'A' }, Y: { owner: 'B' } } },
      '/2': { size: 7, at: { X: { owner: 'C' }, Y: { owner: 'D' } } },
    });
    const { plans, end } = untilRest(state, start);
    expect(plans[0]?.actions.every(({ type, cause }) => type === 'reassign' && cause === 'ownership')).toBe(true);
    expect(end.inventory.replicas.every(({ owner }) => owner === 'D')).toBe(true);
    const line = (partition: string) =>
      plans[0]?.sites.find((each) => each.site === 'X' && each.partition === partition);
    expect(line('old')).toMatchObject({ usedBefore: 12, usedAfter: 0 });
    expect(line('new')).toMatchObject({ usedBefore: 0, usedAfter: 12 });
  });

  test('S18 a placement that counts a copy under its owner keeps it, with a diagnostic', () => {
    const placement = `
      kind: Placement
      metadata: { name: keeper }
      spec: { datasets: "true", to: site.name == "X", owner: A }
    `;
    const state = desired(ownership, placement, ...groups, ...sites('X'));
    const plan = planOf(state, { '/1': { at: { X: { owner: 'A' } } } });
    expect(plan.actions).toEqual([]);
    expect(diagnosticOf(plan, 'owner-conflict')).toContain('keeper');
  });
});

describe('spread and relativeTo', () => {
  const country = (name: string, value: string): string => site(name, '', `country: ${value}`);

  test('at most `max` copies per value of a label', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: apart }
      spec: { datasets: "true", to: "true", copies: 3, spread: { by: country, max: 1 } }
      `,
      country('DE1', 'DE'),
      country('DE2', 'DE'),
      country('FR1', 'FR'),
    );
    const plan = planOf(state, { '/1': { at: { DE1: {} } } });
    expect(actionsOf(plan)).toEqual(['copy /1 -> FR1']);
    expect(plan.unsatisfied).toMatchObject([{ code: 'no-destination', missing: 1 }]);
  });

  test('where the copies of another placement are not', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: first }
      spec: { datasets: "true", to: site.name.glob("DE*") }
      ---
      kind: Placement
      metadata: { name: elsewhere }
      spec: { datasets: "true", to: "true", relativeTo: { placement: first, label: country, same: false } }
      `,
      country('DE1', 'DE'),
      country('DE2', 'DE'),
      country('FR1', 'FR'),
    );
    const { end } = untilRest(state, observed({ '/1': { at: { DE2: {} } } }));
    expect(fullSites(end.inventory, '/1')).toEqual(['DE2', 'FR1']);
  });
});

describe('Windows', () => {
  const night = (effect: string): string => `
    kind: Window
    metadata: { name: night }
    spec: { ${effect}, schedule: { cron: "0 22 * * *", duration: 8h, timezone: UTC } }
  `;
  const spec = { '/1': { at: { X: {} } }, '/2': { at: { X: {}, Y: {} } } };
  const placement = `
    kind: Placement
    metadata: { name: two }
    spec: { datasets: dataset.name == "/1", to: "true", copies: 2 }
  `;

  test('transfers are held while they are denied, and start when the window closes', () => {
    const state = desired(placement, night('deny: transfers'), ...sites('X', 'Y'));
    // The clock of tests is midnight, two hours into the window.
    expect(actionsOf(planOf(state, spec))).toEqual(['copy /1 -> Y [window]']);
    const morning = later(observed(spec), 9 * 3600);
    expect(actionsOf(planFor(state, morning).plan)).toEqual(['copy /1 -> Y']);
  });

  test('deletions happen only while they are allowed', () => {
    const state = desired(everything, tidy, night('allow: deletions'), ...sites('X', 'Y'));
    expect(actionsOf(planOf(state, spec))).toEqual([
      'delete /1 @ X [last-copy]',
      'delete /2 @ X',
      'delete /2 @ Y [last-copy]',
    ]);
    const noon = later(observed(spec), 12 * 3600);
    expect(actionsOf(planFor(state, noon).plan)).toContain('delete /2 @ X [window]');
  });
});

describe('S38 Removed document', () => {
  const placement = (name: string, onRemove: string, when = '"true"'): string => `
    apiVersion: stator/v1
    kind: Placement
    metadata: { name: ${name} }
    spec: { datasets: ${when}, to: site.name == "Y", onRemove: ${onRemove} }
  `;
  const base = {
    'base.yaml': `
apiVersion: stator/v1
kind: Federation
metadata: { name: test }
spec: {}
---
apiVersion: stator/v1
kind: Site
metadata: { name: X }
spec: { storage: disk }
---
apiVersion: stator/v1
kind: Site
metadata: { name: Y }
spec: { storage: disk }
---
apiVersion: stator/v1
kind: Partition
metadata: { name: all }
spec: { match: "true" }
---
apiVersion: stator/v1
kind: Retention
metadata: { name: tidy }
spec:
  partition: all
  sites: "true"
  rules:
    - { id: surplus, action: delete, when: '!replica.required && site.name == "Y"' }
`,
  };
  const withPlacement = (text: string) => desiredFiles({ ...base, 'rules/p.yaml': text.replace(/^ {4}/gm, '') });
  const without = desiredFiles(base);
  const start = observed({ '/1': { at: { X: {} } } });

  test('S38 release: what the placement kept is left to retention', () => {
    const { end } = untilRest(withPlacement(placement('p', 'release')), start);
    expect(fullSites(end.inventory, '/1')).toEqual(['X', 'Y']);
    expect(actionsOf(planFor(without, end).plan)).toEqual(['delete /1 @ Y']);
  });

  test('S38 keep: the copy stays required', () => {
    const { end } = untilRest(withPlacement(placement('p', 'keep')), start);
    const after = untilRest(without, end);
    expect(fullSites(after.end.inventory, '/1')).toEqual(['X', 'Y']);
    const muchLater = untilRest(without, later(after.end, days(400)));
    expect(fullSites(muchLater.end.inventory, '/1')).toEqual(['X', 'Y']);
  });

  test('S38 delete: after a grace period, with the old file and line in the reason', () => {
    const quiet = desiredFiles({
      'base.yaml': base['base.yaml'].slice(0, base['base.yaml'].indexOf('---\napiVersion: stator/v1\nkind: Retention')),
    });
    const active = desiredFiles({
      'base.yaml': base['base.yaml'],
      'rules/p.yaml': placement('p', 'delete').replace(/^ {4}/gm, ''),
    });
    const { end } = untilRest(active, start);
    const removed = perform(quiet, end, planFor(quiet, end));
    expect(fullSites(removed.inventory, '/1')).toEqual(['X', 'Y']);
    const [deletion] = planFor(quiet, later(removed, days(1))).plan.actions;
    expect(deletion).toMatchObject({
      type: 'delete',
      site: 'Y',
      cause: 'removal',
      held: null,
      rule: { kind: 'Placement', name: 'p', file: 'rules/p.yaml' },
      reason: expect.stringContaining('rules/p.yaml:'),
    });
  });

  test('S38 delete: also when the dataset turns DEPRECATED', () => {
    const active = withPlacement(placement('p', 'delete'));
    const { end } = untilRest(active, start);
    const deprecated = {
      ...end,
      inventory: {
        ...end.inventory,
        datasets: end.inventory.datasets.map((row) => ({ ...row, status: 'DEPRECATED' })),
      },
    };
    const quiet = desiredFiles({
      'base.yaml': base['base.yaml'].slice(0, base['base.yaml'].indexOf('---\napiVersion: stator/v1\nkind: Retention')),
      'rules/p.yaml': placement('p', 'delete').replace(/^ {4}/gm, ''),
    });
    const noted = perform(quiet, deprecated, planFor(quiet, deprecated));
    expect(actionsOf(planFor(quiet, later(noted, days(1))).plan)).toEqual(['delete /1 @ Y']);
  });

  test('S38 renaming alone deletes nothing', () => {
    const { end } = untilRest(withPlacement(placement('p', 'delete')), start);
    const renamed = withPlacement(placement('q', 'delete'));
    const after = untilRest(renamed, end);
    expect(after.plans).toHaveLength(1);
    const dayLater = untilRest(renamed, later(after.end, days(2)));
    expect(fullSites(dayLater.end.inventory, '/1')).toEqual(['X', 'Y']);
  });

  test('S38 keepFor ends the placement for each dataset by its age', () => {
    const active = withPlacement(placement('p', 'release').replace('onRemove: release', 'keepFor: 900d'));
    const { end } = untilRest(active, start);
    expect(fullSites(end.inventory, '/1')).toEqual(['X', 'Y']);
    expect(actionsOf(planFor(active, later(end, days(200))).plan)).toEqual(['delete /1 @ Y']);
  });
});

test('S30 reverting a placement gives the plan that undoes it', () => {
  const before = desired(everything, tidy, ...sites('X', 'Y'));
  const placed = desired(
    everything,
    tidy,
    'kind: Placement\nmetadata: { name: p }\nspec: { datasets: "true", to: site.name == "Y" }\n',
    ...sites('X', 'Y'),
  );
  const { end } = untilRest(placed, observed({ '/1': { at: { X: {} } } }));
  expect(fullSites(end.inventory, '/1')).toEqual(['Y']);
  // What the revert would want back is only at Y now: nothing is deleted, and nothing more can be undone.
  const plan = planFor(before, finish(end)).plan;
  expect(actionsOf(plan)).toEqual(['delete /1 @ Y [last-copy]']);
});
