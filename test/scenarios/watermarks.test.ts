/** Retention between a high and a low watermark: what goes, how much, and in which order. */
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../src/desired/index.js';
import { desired, site } from './desired.js';
import { type DatasetSpec, days, daysAgo, type InventorySpec, withDatasets } from './inventory.js';
import {
  actionsOf,
  brief,
  diagnosticOf,
  finish,
  fullSites,
  later,
  observed,
  perform,
  planFor,
  planOf,
  sitesWith,
  unheld,
  untilRest,
} from './loop.js';

const partition = `
  kind: Partition
  metadata: { name: physics }
  spec: { match: block.owner != "" }
`;

/** Anything may go where a watermark asks for it, except what the last rule says. */
const retention = `
  kind: Retention
  metadata: { name: physics-disk }
  spec:
    partition: physics
    sites: site.storage == "disk"
    trigger: site.occupancy > 0.90 || site.state == "draining"
    until: site.occupancy < 0.85 && site.state != "draining"
    order: [ { by: dataset.usageRank, direction: desc } ]
    rules:
      - id: deprecated
        action: delete
        when: dataset.status == "DEPRECATED" && dataset.lastUpdate.olderThan("7d")
        allowLastCopy: true
      - id: pinned
        action: protect
        when: dataset.labels.pinned == "true"
      - { id: redundant, action: dismiss, when: dataset.fullDiskCopies > 1 }
`;

/** `count` datasets of 5 bytes at a site; each has another copy at V, so that it can go. */
function redundantAt(name: string, count: number): InventorySpec {
  const datasets: [string, DatasetSpec][] = [];
  for (let i = 0; i < count; i++) {
    datasets.push([`/${name}/${i}`, { size: 5, usageRank: i, at: { [name]: {}, V: {} } }]);
  }
  return Object.fromEntries(datasets);
}

function used(desiredState: DesiredState, spec: InventorySpec, name: string): { before: number; after: number } {
  const line = planOf(desiredState, spec).sites.find((each) => each.site === name && each.partition === 'physics');
  return { before: line?.usedBefore ?? 0, after: line?.usedAfter ?? 0 };
}

describe('S1 Watermarks', () => {
  const sites = ['X', 'Y'].map((name) => site(name, 'quotas: { physics: 100 }'));
  const state = desired(partition, retention, ...sites, site('V', 'quotas: { physics: 10000 }'));

  test('S1 a site at .95 ends at or below .85 and deletes no more than needed', () => {
    const { before, after } = used(state, redundantAt('X', 19), 'X');
    expect(before).toBe(95);
    expect(after).toBeLessThanOrEqual(85);
    // `until` is "below .85": 85 is not yet, and one dataset of 5 is all it may overshoot.
    expect(after).toBeGreaterThanOrEqual(80);
  });

  test('S1 the coldest go first', () => {
    const plan = planOf(state, redundantAt('X', 19));
    expect(actionsOf(plan)).toEqual(['delete /X/16 @ X', 'delete /X/17 @ X', 'delete /X/18 @ X']);
  });

  test('S1 a site at .88 is untouched', () => {
    const plan = planOf(state, { ...redundantAt('X', 19), '/kept': { size: 88, at: { Y: {}, V: {} } } });
    expect(plan.actions.filter((action) => action.site === 'Y')).toEqual([]);
    const line = plan.sites.find((each) => each.site === 'Y');
    expect(line).toMatchObject({ usedBefore: 88, usedAfter: 88, triggered: false });
  });

  test('S1 DEPRECATED data older than 7 d goes even at .10', () => {
    const plan = planOf(state, {
      '/old': { size: 10, status: 'DEPRECATED', lastUpdate: daysAgo(8), at: { X: {} } },
      '/fresh': { size: 1, status: 'DEPRECATED', lastUpdate: daysAgo(6), at: { Y: {} } },
    });
    expect(actionsOf(plan)).toEqual(['delete /old @ X']);
    expect(plan.actions[0]).toMatchObject({
      cause: 'retention',
      bytes: 10,
      rule: { kind: 'Retention', name: 'physics-disk', id: 'deprecated', file: 'all.yaml' },
    });
  });

  test('S1 of two copies, each dismissable only while the other exists, one is left', () => {
    const both: DatasetSpec = { size: 95, at: { X: {}, Y: {} } };
    const { plans, end } = untilRest(state, observed({ '/both': both }));
    expect(plans[0] && actionsOf(plans[0])).toEqual(['delete /both @ X']);
    expect(sitesWith(end.inventory, '/both')).toEqual(['Y']);
  });

  test('S1 the same with many datasets and full copies at every site', () => {
    const names = Array.from({ length: 19 }, (_, i) => `/both/${i}`);
    const spec = Object.fromEntries(names.map((name) => [name, { size: 5, at: { X: {}, Y: {} } } as DatasetSpec]));
    const { end } = untilRest(state, observed(spec));
    for (const name of names) expect(fullSites(end.inventory, name).length).toBeGreaterThanOrEqual(1);
  });

  test('S1 a draining site gives up dismissables at once, and the protected once it is complete elsewhere', () => {
    const draining = desired(
      partition,
      retention,
      site('X', 'quotas: { physics: 100 }, state: draining'),
      site('Y', 'quotas: { physics: 100 }'),
      site('V', 'quotas: { physics: 100 }'),
    );
    const start = observed({
      '/redundant': { size: 5, at: { X: {}, V: {}, Y: {} } },
      '/pinned-here-only': { size: 5, labels: { pinned: 'true' }, at: { X: {} } },
      '/pinned-twice': { size: 5, labels: { pinned: 'true' }, at: { X: {}, V: {} } },
    });
    const first = planFor(draining, start);
    const [copy, ...deletions] = unheld(first.plan);
    expect(copy).toMatchObject({ type: 'copy', dataset: '/pinned-here-only', cause: 'evacuation', sources: ['X'] });
    expect(deletions.map(brief)).toEqual(['delete /pinned-twice @ X', 'delete /redundant @ X']);

    const whileCopying = perform(draining, start, first, { leaveOpen: ({ type }) => type === 'copy' });
    expect(unheld(planFor(draining, whileCopying).plan)).toEqual([]);

    const copied = finish(whileCopying);
    const after = planFor(draining, copied).plan;
    expect(actionsOf(after)).toEqual(['delete /pinned-here-only @ X']);
    expect(after.actions[0]).toMatchObject({ cause: 'evacuation', rule: { kind: 'Site', name: 'X' } });
  });
});

test('S2 a full tape copy counts as another full copy though tape is no deletion target', () => {
  const state = desired(
    partition,
    `
    kind: Retention
    metadata: { name: disk }
    spec:
      partition: physics
      sites: site.storage == "disk"
      trigger: "true"
      until: "false"
      rules:
        - { id: copied, action: dismiss, when: replica.otherFullCopies >= 1 }
    `,
    site('DISK', 'quotas: { physics: 100 }'),
    site('TAPE', 'storage: tape'),
  );
  const plan = planOf(state, {
    '/archived': { size: 10, at: { DISK: {}, TAPE: {} } },
    '/half-archived': { blocks: { a: 5, b: 5 }, at: { DISK: {}, TAPE: { only: ['a'] } } },
    '/only-here': { size: 10, at: { DISK: {} } },
  });
  expect(actionsOf(plan)).toEqual(['delete /archived @ DISK']);
});

describe('S32 Slow deletions', () => {
  const state = desired(
    partition,
    retention,
    site('X', 'quotas: { physics: 100 }'),
    site('V', 'quotas: { physics: 10000 }'),
  );

  test('S32 while deletions take a day, no cycle plans more than the watermark asks for', () => {
    const start = observed(redundantAt('X', 19));
    const first = planFor(state, start);
    expect(unheld(first.plan)).toHaveLength(3);
    let world = perform(state, start, first, { leaveOpen: () => true, started: true });
    for (let hour = 0; hour < 24; hour++) {
      world = later(world, 3600);
      const result = planFor(state, world);
      expect(actionsOf(result.plan)).toEqual([]);
      expect(result.cancellations).toEqual([]);
      world = perform(state, world, result);
    }
    expect(planFor(state, finish(world)).plan.actions).toEqual([]);
  });

  test('S32 data that arrives meanwhile is weighed against what is left', () => {
    const start = observed(redundantAt('X', 19));
    const opened = perform(state, start, planFor(state, start), { leaveOpen: () => true });
    const inventory = withDatasets(opened.inventory, { '/late': { size: 15, at: { X: {}, V: {} } } });
    const more = { ...opened, inventory };
    // 95 - 15 + 15 = 95 again: three more datasets of 5, or the one of 15.
    const bytes = unheld(planFor(state, more).plan).reduce((sum, action) => sum + action.bytes, 0);
    expect(bytes).toBe(15);
  });
});

describe('S33 Watermark out of reach', () => {
  const state = desired(
    partition,
    `
    kind: Retention
    metadata: { name: disk }
    spec:
      partition: physics
      sites: "true"
      trigger: site.occupancy > 0.90
      until: site.occupancy < 0.85
      rules:
        - { id: all, action: dismiss, when: "true" }
    `,
    `
    kind: Lock
    metadata: { name: campaign }
    spec: { datasets: dataset.name == "/locked", expires: 2027-01-01, reason: analysis under way }
    `,
    `
    kind: Placement
    metadata: { name: here }
    spec: { datasets: dataset.name == "/required", to: site.name == "X" }
    `,
    site('X', 'quotas: { physics: 100 }'),
    site('V', 'quotas: { physics: 10000 }'),
  );
  const spec: InventorySpec = {
    '/locked': { size: 40, at: { X: {}, V: {} } },
    '/required': { size: 30, at: { X: {}, V: {} } },
    '/last-copy': { size: 21, at: { X: {} } },
    '/free': { size: 1, at: { X: {}, V: {} } },
  };

  test('S33 what may go goes, the rest is held with the invariant that keeps it, and the plan says what blocks', () => {
    const plan = planOf(state, spec);
    expect(actionsOf(plan)).toEqual([
      'delete /free @ X',
      'delete /last-copy @ X [last-copy]',
      'delete /locked @ X [locked]',
      'delete /required @ X [required]',
    ]);
    const message = diagnosticOf(plan, 'watermark-unreachable');
    expect(message).toContain('X stays above the mark of Retention disk with 91 B');
    expect(message).toContain('40 B held: locked');
    expect(message).toContain('30 B held: required');
    expect(message).toContain('21 B held: last-copy');
    expect(plan.sites.find((line) => line.site === 'X')).toMatchObject({ usedAfter: 91, delete: 1 });
  });

  test('S33 nothing is tried twice: the next cycle has nothing to do', () => {
    const { plans } = untilRest(state, observed(spec));
    expect(plans).toHaveLength(2);
  });
});

test('S1 a day later everything is as before: watermarks do not depend on the time', () => {
  const state = desired(partition, retention, site('X', 'quotas: { physics: 100 }'), site('V'));
  const { end } = untilRest(state, observed(redundantAt('X', 19)));
  expect(unheld(planFor(state, later(end, days(1))).plan)).toEqual([]);
});
