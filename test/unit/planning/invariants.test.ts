/** What no plan ever does (`docs/planning.md`), one check at a time. */
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../../src/desired/index.js';
import type { Plan } from '../../../src/planning/index.js';
import { plan as makePlan } from '../../../src/planning/index.js';
import { desired, desiredFiles, site, source } from '../../scenarios/desired.js';
import { clock, type DatasetSpec, type InventorySpec, inventory, toSnapshot } from '../../scenarios/inventory.js';
import {
  actionsOf,
  brief,
  finish,
  observed,
  perform,
  planFor,
  planOf,
  unheld,
  untilRest,
} from '../../scenarios/loop.js';

const partition = `
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
`;

/** Deletes everything that it may, everywhere, and takes last copies of DELETED data. */
function deleteAll(fields = '', when = 'true'): string {
  return `
    kind: Retention
    metadata: { name: clean }
    spec:
      partition: all
      sites: "true"
      rules: [ { id: go, action: delete, when: '${when}'${fields} } ]
  `;
}

function guard(spec: string, name = 'guard'): string {
  return `
    kind: Guard
    metadata: { name: ${name} }
    spec: { ${spec} }
  `;
}

function world(...parts: readonly string[]): DesiredState {
  return desired(partition, ...parts);
}

/** The one action on a dataset at a site, in brief. */
function at(plan: Plan, name: string): string[] {
  return actionsOf(plan).filter((text) => text.includes(`@ ${name}`) || text.includes(`-> ${name}`));
}

const XY = [site('X'), site('Y')];

describe('I1 a last good copy', () => {
  test('I1 of two copies one goes, of one none', () => {
    const state = world(deleteAll(), ...XY);
    expect(actionsOf(planOf(state, { '/d': { at: { X: {}, Y: {} } } }))).toEqual([
      'delete /d @ X',
      'delete /d @ Y [last-copy]',
    ]);
  });

  test.each(['draining', 'down', 'lost'])('I1 a copy at a site that is %s does not count', (state) => {
    const plan = planOf(world(deleteAll('', 'site.name == "X"'), site('X'), site('Y', `state: ${state}`)), {
      '/d': { at: { X: {}, Y: {} } },
    });
    expect(at(plan, 'X')).toEqual(['delete /d @ X [last-copy]']);
  });

  test.each(['ready', 'readonly'])('I1 a copy at a site that is %s counts', (state) => {
    const plan = planOf(world(deleteAll('', 'site.name == "X"'), site('X'), site('Y', `state: ${state}`)), {
      '/d': { at: { X: {}, Y: {} } },
    });
    expect(at(plan, 'X')).toEqual(['delete /d @ X']);
  });

  test('I1 a copy at a site without a document does not count', () => {
    const plan = planOf(world(deleteAll(), site('X')), { '/d': { at: { X: {}, NOBODY: {} } } });
    expect(actionsOf(plan)).toEqual(['delete /d @ X [last-copy]']);
  });

  test('I1 an incomplete copy does not count, block by block', () => {
    const spec: DatasetSpec = { blocks: { a: 2, b: 2 }, at: { X: {}, Y: { incomplete: { b: 1 } } } };
    const state = world(deleteAll(', scope: block', 'site.name == "X"'), ...XY);
    expect(actionsOf(planOf(state, { '/d': spec }))).toEqual(['delete /d#a @ X', 'delete /d#b @ X [last-copy]']);
  });

  test('I1 a copy whose deletion is open does not count', () => {
    const state = world(deleteAll(), ...XY);
    const start = observed({ '/d': { at: { X: {}, Y: {} } } });
    const open = perform(state, start, planFor(state, start), { leaveOpen: () => true });
    expect(actionsOf(planFor(state, open).plan)).toEqual(['delete /d @ Y [last-copy]']);
  });

  test('I1 allowLastCopy lifts it within disposable only', () => {
    const state = world(deleteAll(', allowLastCopy: true'), site('X'));
    const plan = planOf(state, {
      '/valid': { status: 'VALID', at: { X: {} } },
      '/deleted': { status: 'DELETED', at: { X: {} } },
    });
    expect(actionsOf(plan)).toEqual(['delete /deleted @ X', 'delete /valid @ X [last-copy]']);
  });
});

describe('I5 the copy that lets a draining site go', () => {
  const state = (when: string): DesiredState =>
    world(
      `
      kind: Federation
      metadata: { name: test }
      spec: { disposable: "true" }
      `,
      deleteAll(', allowLastCopy: true', when),
      site('OLD', 'state: draining'),
      ...XY,
    );
  const spec: InventorySpec = { '/d': { at: { OLD: {}, X: {} } } };

  test('I5 is not deleted as a last copy, only to be made again', () => {
    expect(actionsOf(planOf(state('site.name == "X"'), spec))).toEqual(['delete /d @ X [last-copy]']);
  });

  test('I5 goes once nothing is left at the draining site', () => {
    const { plans } = untilRest(state('true'), observed(spec));
    expect(plans.map((plan) => unheld(plan).map(brief))).toEqual([['delete /d @ OLD'], ['delete /d @ X'], []]);
  });
});

describe('I2 guards of copies', () => {
  const three: InventorySpec = { '/raw': { labels: { tier: 'RAW' }, at: { X: {}, Y: {}, Z: {} } } };
  const sites = ['X', 'Y', 'Z'].map((name) => site(name));

  test('I2 never below min', () => {
    const copies = `copies: [ { datasets: 'dataset.labels.tier == "RAW"', min: 2 } ]`;
    const plan = planOf(world(deleteAll(), guard(copies), ...sites), three);
    expect(actionsOf(plan)).toEqual([
      'delete /raw @ X',
      'delete /raw @ Y [minimum-copies]',
      'delete /raw @ Z [minimum-copies]',
    ]);
    expect(plan.actions[1]?.held?.message).toContain('Guard guard wants at least 2');
  });

  test('I2 the strictest of all guards wins', () => {
    const copies = (min: number): string => `copies: [ { datasets: "true", min: ${min} } ]`;
    const guards = [guard(copies(1)), guard(copies(3), 'strict')];
    expect(unheld(planOf(world(deleteAll(), ...guards, ...sites), three))).toEqual([]);
  });

  test('I2 tape: true keeps disk copies until there is a complete one on tape', () => {
    const state = world(
      deleteAll('', 'site.storage == "disk"'),
      guard('copies: [ { datasets: "true", min: 1, tape: true } ]'),
      ...XY,
      site('TAPE', 'storage: tape'),
    );
    const disks: DatasetSpec['at'] = { X: {}, Y: {} };
    const plan = planOf(state, {
      '/archived': { at: { ...disks, TAPE: {} } },
      '/half': { blocks: { a: 1, b: 1 }, at: { ...disks, TAPE: { only: ['a'] } } },
      '/not': { at: disks },
    });
    expect(unheld(plan).map(({ dataset, site: where }) => `${dataset} ${where}`)).toEqual([
      '/archived X',
      '/archived Y',
    ]);
    expect(plan.actions.filter(({ held }) => held?.code === 'minimum-copies')).toHaveLength(4);
  });
});

describe('I3 what is locked, required or custodial', () => {
  const both: InventorySpec = { '/d': { at: { X: {}, Y: {} } } };

  test('I3 a lock keeps its data', () => {
    const lock = `
      kind: Lock
      metadata: { name: paper }
      spec: { datasets: 'dataset.name == "/d"', sites: 'site.name == "X"', expires: 2027-01-01, reason: paper }
    `;
    expect(actionsOf(planOf(world(deleteAll(), lock, ...XY), both))).toEqual([
      'delete /d @ X [locked]',
      'delete /d @ Y',
    ]);
  });

  test('I3 a lock of one block keeps that block', () => {
    const lock = `
      kind: Lock
      metadata: { name: paper }
      spec: { blocks: [ '/d#a' ], expires: 2027-01-01, reason: paper }
    `;
    const plan = planOf(world(deleteAll(', scope: block'), lock, ...XY), {
      '/d': { blocks: { a: 1, b: 1 }, at: { X: {}, Y: {} } },
    });
    expect(new Set(actionsOf(plan))).toEqual(
      new Set([
        'delete /d#a @ X [locked]',
        'delete /d#b @ X',
        'delete /d#b @ Y [last-copy]',
        'delete /d#a @ Y [locked]',
      ]),
    );
  });

  test('I3 a lock of an owner covers that owner only', () => {
    const lock = `
      kind: Group
      metadata: { name: ours }
      spec: { ownership: block }
      ---
      kind: Lock
      metadata: { name: paper }
      spec: { datasets: "true", owners: [ ours ], expires: 2027-01-01, reason: paper }
    `;
    const plan = planOf(world(deleteAll(), lock, ...XY), { '/d': { at: { X: { owner: 'ours' }, Y: {} } } });
    expect(actionsOf(plan)).toEqual(['delete /d @ X [locked]', 'delete /d @ Y']);
  });

  test('I3 what a placement requires stays', () => {
    const placement = `
      kind: Placement
      metadata: { name: here }
      spec: { datasets: "true", to: 'site.name == "Y"' }
    `;
    const plan = planOf(world(deleteAll(', allowLastCopy: true'), placement, ...XY), both);
    expect(actionsOf(plan)).toEqual(['delete /d @ X', 'delete /d @ Y [required]']);
    expect(plan.actions[1]?.held?.message).toBe('required by Placement here');
  });

  test('I3 a protect: false placement requires nothing', () => {
    const placement = `
      kind: Placement
      metadata: { name: here }
      spec: { datasets: "true", to: 'site.name == "X"', protect: false }
    `;
    expect(actionsOf(planOf(world(deleteAll('', 'site.name == "X"'), placement, ...XY), both))).toEqual([
      'delete /d @ X',
    ]);
  });

  test('I3 custodial data goes with allowCustodial and an approval only', () => {
    const custodial: InventorySpec = { '/d': { at: { X: { custodial: true }, Y: {} } } };
    expect(at(planOf(world(deleteAll(), ...XY), custodial), 'X')).toEqual(['delete /d @ X [custodial]']);
    const allowed = world(deleteAll(', allowCustodial: true'), ...XY);
    const plan = planOf(allowed, custodial);
    expect(at(plan, 'X')).toEqual(['delete /d @ X [approval-required]']);
    const approvals = plan.approvals.map(({ hash }) => ({ hash, expires: clock + 1 }));
    expect(at(planOf(allowed, custodial, { approvals }), 'X')).toEqual(['delete /d @ X']);
  });
});

describe('I4 the only good source of a transfer', () => {
  const placement = `
    kind: Placement
    metadata: { name: at-z }
    spec: { datasets: "true", to: 'site.name == "Z"', protect: false }
  `;
  // What is at Y counts as a copy, but the placement may read X only.
  const from = placement.replace('protect: false', `protect: false, from: 'site.name == "X"'`);
  const sites = ['X', 'Y', 'Z'].map((name) => site(name));
  const spec: InventorySpec = { '/d': { at: { X: {}, Y: {} } } };
  const clean = deleteAll('', 'site.name == "X"');

  test('I4 of a copy that this plan starts', () => {
    expect(actionsOf(planOf(world(clean, from, ...sites), spec))).toEqual([
      'copy /d -> Z',
      'delete /d @ X [last-source]',
    ]);
    expect(actionsOf(planOf(world(clean, placement, ...sites), spec))).toEqual(['copy /d -> Z', 'delete /d @ X']);
  });

  test('I4 of a copy that is under way', () => {
    const before = world(from, ...sites);
    const start = observed(spec);
    const open = perform(before, start, planFor(before, start), { leaveOpen: () => true, started: true });
    expect(actionsOf(planFor(world(clean, from, ...sites), open).plan)).toEqual(['delete /d @ X [last-source]']);
    const done = finish(open);
    expect(actionsOf(planFor(world(clean, from, ...sites), done).plan)).toEqual(['delete /d @ X']);
  });

  test('I4 of a copy that an undocumented or unreadable site could not serve', () => {
    const state = world(clean, placement, site('X'), site('Y', 'state: down'), site('Z'), site('W', 'state: readonly'));
    const half = { '/d': { blocks: { a: 1, b: 1 }, at: { X: {}, Y: {}, W: { only: ['a'] } } } };
    // Block b can be read at X only; it is also the last copy that counts, which is said first.
    expect(actionsOf(planOf(state, half))).toEqual(['copy /d -> Z', 'delete /d @ X [last-copy]']);
  });
});

describe('I5 copies that stand in for others', () => {
  const placement = `
    kind: Placement
    metadata: { name: two }
    spec: { datasets: "true", to: 'site.name.glob("NEW*")', copies: 2 }
  `;
  const sites = ['OLD1', 'OLD2', 'OLD3', 'NEW1', 'NEW2'].map((name) => site(name));
  const spec: InventorySpec = { '/d': { at: { OLD1: {}, OLD2: {}, OLD3: {} } } };

  test('I5 as many full copies elsewhere stay as are missing where they are wanted', () => {
    const state = world(placement, deleteAll(), ...sites);
    const start = observed(spec);
    const first = planFor(state, start);
    expect(actionsOf(first.plan)).toEqual([
      'copy /d -> NEW1',
      'copy /d -> NEW2',
      'delete /d @ OLD1 [required]',
      'delete /d @ OLD2 [required]',
      'delete /d @ OLD3',
    ]);
    // One of the two has arrived: one of the old ones may go.
    const copying = perform(state, start, first, { leaveOpen: ({ type }) => type === 'copy' });
    const one = copying.memory.openActions.find(({ type }) => type === 'copy');
    const half = planFor(
      state,
      finish(copying, ({ id }) => id === one?.id),
    ).plan;
    expect(unheld(half)).toHaveLength(1);
    expect(half.actions.filter(({ held }) => held?.code === 'required')).toHaveLength(2);
  });

  test('I5 what has not arrived does not count, whatever its size', () => {
    const state = world(placement, deleteAll(), ...sites);
    const incomplete = { incomplete: { '1': 99 } };
    const plan = planOf(state, { '/d': { size: 100, at: { OLD1: {}, OLD2: {}, NEW1: incomplete, NEW2: incomplete } } });
    expect(unheld(plan).map(({ type }) => type)).toEqual(['copy', 'copy']);
  });
});

describe('I6 destinations', () => {
  const placement = `
    kind: Placement
    metadata: { name: elsewhere }
    spec: { datasets: "true", to: 'site.name != "SRC"' }
  `;

  test('I6 never above quota, counting what is on its way', () => {
    const quotas = `
      kind: Partition
      metadata: { name: limited }
      spec: { match: "true", quotas: [ { sites: 'site.name == "Y"', size: 10 }, { sites: "true", size: unlimited } ] }
    `;
    const state = desired(quotas, placement, site('SRC'), site('Y'));
    const plan = planOf(state, {
      '/a': { size: 6, at: { SRC: {} } },
      '/b': { size: 6, at: { SRC: {} } },
      '/c': { size: 4, at: { SRC: {} } },
    });
    expect(actionsOf(plan)).toEqual(['copy /a -> Y', 'copy /c -> Y']);
    expect(plan.unsatisfied).toMatchObject([{ dataset: '/b', code: 'no-destination' }]);
    const start = observed({ '/a': { size: 6, at: { SRC: {} } } });
    const open = perform(state, start, planFor(state, start), { leaveOpen: () => true });
    const later = {
      ...open,
      inventory: inventory({ '/a': { size: 6, at: { SRC: {} } }, '/b': { size: 6, at: { SRC: {} } } }),
    };
    expect(actionsOf(planFor(state, later).plan)).toEqual([]);
  });

  test('I6 nothing where there is no quota of a partition that has one elsewhere', () => {
    const quotas = `
      kind: Partition
      metadata: { name: limited }
      spec: { match: "true", quotas: [ { sites: 'site.name == "SRC"', size: 10 } ] }
    `;
    expect(planOf(desired(quotas, placement, site('SRC'), site('Y')), { '/a': { at: { SRC: {} } } }).actions).toEqual(
      [],
    );
  });

  test.each(['readonly', 'draining', 'down', 'lost'])('I6 nothing to a site that is %s', (state) => {
    const plan = planOf(desired(placement, site('SRC'), site('Y', `state: ${state}`)), { '/a': { at: { SRC: {} } } });
    expect(plan.actions).toEqual([]);
    expect(plan.unsatisfied).toMatchObject([{ code: 'no-destination', reason: expect.stringContaining('not ready') }]);
  });

  test.each(['readonly', 'draining', 'down'])('I6 not even to complete what is there, when it is %s', (name) => {
    const state = desired(placement, site('SRC'), site('Y', `state: ${name}`));
    const plan = planOf(state, { '/a': { blocks: { a: 1, b: 1 }, at: { SRC: {}, Y: { only: ['a'] } } } });
    expect(plan.actions).toEqual([]);
  });
});

describe('I7 doubt', () => {
  const state = world(deleteAll(), ...XY);
  const spec: InventorySpec = { '/d': { at: { X: {}, Y: {} } } };

  test('I7 nothing is deleted from an inventory that is not complete', () => {
    const world = observed(spec);
    const snapshot = toSnapshot(world.inventory, {
      takenAt: clock,
      memory: world.memory,
      completeness: { state: 'partial', reason: 'page 7 of 9 could not be read' },
    });
    const { plan } = makePlan(state, snapshot, { clock });
    expect(plan.actions).toEqual([]);
    expect(plan.diagnostics).toContainEqual(
      expect.objectContaining({ severity: 'error', message: expect.stringContaining('page 7 of 9') }),
    );
  });

  test('I7 copies are made from it all the same', () => {
    const placement = `
      kind: Placement
      metadata: { name: both }
      spec: { datasets: "true", to: "true", copies: all }
    `;
    const snapshot = toSnapshot(inventory({ '/d': { at: { X: {} } } }), {
      takenAt: clock,
      memory: observed({}).memory,
      completeness: { state: 'partial', reason: 'truncated' },
    });
    const { plan } = makePlan(world(placement, deleteAll(), ...XY), snapshot, { clock });
    expect(actionsOf(plan)).toEqual(['copy /d -> Y']);
  });

  test('I7 nor from a commit that is not the verified current one', () => {
    const plan = planOf(state, spec, { sourceDoubt: 'the repository was last reached 3 days ago' });
    expect(actionsOf(plan)[0]).toBe('delete /d @ X [stale]');
    expect(plan.actions[0]?.held?.message).toContain('3 days ago');
    expect(unheld(plan)).toEqual([]);
  });

  test('I7 nor from an inventory older than a guard allows', () => {
    const guarded = world(deleteAll(), guard('staleness: { inventory: 1h }'), ...XY);
    expect(actionsOf(planOf(guarded, spec, { inventoryAt: clock - 3600 }))[0]).toBe('delete /d @ X');
    expect(actionsOf(planOf(guarded, spec, { inventoryAt: clock - 3601 }))[0]).toBe('delete /d @ X [stale]');
    expect(actionsOf(planOf(state, spec, { inventoryAt: clock - 360_000 }))[0]).toBe('delete /d @ X');
  });

  test('I7 nor from one that shrank: by a quarter, or by what a guard allows', () => {
    const remembered = (replicas: number): { baseline: { replicas: number; bytes: number } } => ({
      baseline: { replicas, bytes: replicas },
    });
    const four: InventorySpec = { '/d': { at: { X: {}, Y: {} } }, '/e': { at: { X: {} } } };
    expect(unheld(planOf(state, four, remembered(4)))).not.toEqual([]);
    expect(unheld(planOf(state, four, remembered(5)))).toEqual([]);
    const strict = world(deleteAll(), guard('staleness: { maxShrink: 10% }'), ...XY);
    expect(unheld(planOf(strict, four, remembered(4)))).toEqual([]);
    // Bytes count as well as rows.
    expect(unheld(planOf(state, four, { baseline: { replicas: 3, bytes: 1000 } }))).toEqual([]);
  });
});

describe('I8 acting twice', () => {
  const placement = `
    kind: Placement
    metadata: { name: two }
    spec: { datasets: "true", to: "true", copies: 2 }
  `;
  const state = world(placement, ...['X', 'Y', 'Z'].map((name) => site(name)));
  const start = observed({
    '/d': { at: { X: {} } },
    '/e': { blocks: { a: 1, b: 1 }, at: { X: {}, Z: { only: ['a'] } } },
  });

  test('I8 planning again while actions are open changes nothing', () => {
    const first = planFor(state, start);
    expect(unheld(first.plan)).toHaveLength(2);
    const open = perform(state, start, first, { leaveOpen: () => true });
    const again = planFor(state, open);
    expect(again.plan.actions).toEqual([]);
    expect(again.cancellations).toEqual([]);
    expect(again.recording().requiredMarks).toEqual(first.recording().requiredMarks);
  });

  test('I8 so for a change of owner', () => {
    const reOwn = world(
      `
      kind: Group
      metadata: { name: mine }
      spec: { ownership: dataset }
      ---
      kind: Placement
      metadata: { name: mine }
      spec: { datasets: "true", to: "true", owner: mine }
      `,
      site('X'),
    );
    const start = observed({ '/d': { at: { X: {} } } });
    const first = planFor(reOwn, start);
    expect(actionsOf(first.plan)).toEqual(['reassign /d @ X to mine']);
    const open = perform(reOwn, start, first, { leaveOpen: () => true });
    expect(planFor(reOwn, open).plan.actions).toEqual([]);
  });

  test('I8 the id is the same until the action has finished, and another one after', () => {
    const clean = world(deleteAll(), ...XY);
    const spec: InventorySpec = { '/d': { at: { X: {}, Y: {} } } };
    const first = planFor(clean, observed(spec));
    const [id] = unheld(first.plan).map((action) => action.id);
    expect(unheld(planFor(clean, observed(spec)).plan).map((action) => action.id)).toEqual([id]);
    // It came back after it was deleted: a new action.
    const done = perform(clean, observed(spec), first);
    const back = { ...done, inventory: inventory(spec) };
    const [next] = unheld(planFor(clean, back).plan).map((action) => action.id);
    expect(next).toMatch(/^[0-9a-f]{32}$/);
    expect(next).not.toBe(id);
  });

  test('I8 the id speaks of type, dataset, site, owner and blocks', () => {
    const ids = (spec: InventorySpec): string[] => unheld(planOf(state, spec)).map(({ id }) => id);
    const all = [
      ...ids({ '/d': { at: { X: {} } } }),
      ...ids({ '/d': { at: { X: { owner: 'another' } } } }),
      ...ids({ '/f': { at: { X: {} } } }),
      ...ids({ '/d': { blocks: { a: 1, b: 1 }, at: { X: {}, Y: { only: ['a'] } } } }),
      ...ids({ '/d': { blocks: { a: 1, b: 1 }, at: { X: {}, Y: { only: ['b'] } } } }),
    ];
    expect(new Set(all).size).toBe(5);
  });
});

describe('I9 provenance', () => {
  const files = {
    'rules/retention.yaml': `apiVersion: stator/v1
kind: Partition
metadata: { name: all }
spec: { match: "true" }
---
apiVersion: stator/v1
kind: Retention
metadata: { name: clean }
spec:
  partition: all
  sites: "true"
  rules:
    - { id: keep, action: protect, when: 'dataset.name == "/kept"' }
    - { id: go, action: delete, when: "true" }
`,
    'placements.yaml': `apiVersion: stator/v1
kind: Placement
metadata: { name: two }
spec: { datasets: 'dataset.name.glob("/p*")', to: "true", copies: 2 }
---
apiVersion: stator/v1
kind: Guard
metadata: { name: slow }
spec: { transfers: { maxBytesPerCycle: 10 } }
`,
    'sites.yaml': `apiVersion: stator/v1
kind: Federation
metadata: { name: test }
spec: {}
${['X', 'Y'].map((name) => `---\napiVersion: stator/v1\nkind: Site\nmetadata: { name: ${name} }\nspec: { storage: disk }\n`).join('')}`,
  };
  const { plan, recording } = planFor(
    desiredFiles(files),
    observed({
      '/gone': { size: 1, at: { X: {}, Y: {} } },
      '/p1': { size: 10, at: { X: {} } },
      '/p2': { size: 10, at: { X: {} } },
      '/p3': { size: 10, at: {} },
    }),
  );
  const retention = { kind: 'Retention', name: 'clean', id: 'go', file: 'rules/retention.yaml', line: 14 };
  const placement = { kind: 'Placement', name: 'two', id: null, file: 'placements.yaml', line: 1 };

  test('I9 actions, held ones too, name document, rule, file and line', () => {
    expect(plan.actions.map(({ type, dataset, held, rule }) => [type, dataset, held?.code, rule])).toEqual([
      ['copy', '/p1', undefined, placement],
      ['delete', '/gone', undefined, retention],
      ['delete', '/p1', 'required', retention],
      ['delete', '/p2', 'required', retention],
      ['delete', '/gone', 'last-copy', retention],
    ]);
    for (const { id, reason } of plan.actions) {
      expect(reason).not.toBe('');
      expect(recording().ruleHashes.get(id)).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('I9 so do deferred and unsatisfied needs, and the plan names the commit', () => {
    expect(plan.deferred).toMatchObject([{ dataset: '/p2', rule: placement }]);
    expect(plan.unsatisfied.map(({ dataset, code, rule }) => [dataset, code, rule])).toEqual([
      ['/p3', 'no-source', placement],
    ]);
    expect(plan.desired).toEqual(source);
  });

  test('I9 the reason of a deletion tells the matched condition', () => {
    const deletion = plan.actions.find(({ type, held }) => type === 'delete' && held === null);
    expect(deletion?.reason).toBe('deleted by rule go of Retention clean: true');
  });
});

test('I10 what the loop neither made nor was told to manage stays', () => {
  const state = world(deleteAll(), ...XY);
  const plan = planOf(state, { '/d': { at: { X: { managed: false }, Y: {} } } });
  expect(actionsOf(plan)).toEqual(['delete /d @ X [unmanaged]', 'delete /d @ Y']);
});

test('down and undocumented sites are left alone', () => {
  const state = world(deleteAll(), site('X'), site('Y', 'state: down'), site('Z'));
  const plan = planOf(state, { '/d': { at: { X: {}, Y: {}, Z: {}, NOBODY: {} } } });
  expect(unheld(plan).map(({ site: where }) => where)).toEqual(['X']);
  expect(at(plan, 'Y')).toEqual(['delete /d @ Y [site-unavailable]']);
  expect(plan.diagnostics).toContainEqual(
    expect.objectContaining({ code: 'undeclared-site', message: expect.stringContaining('NOBODY') }),
  );
});
