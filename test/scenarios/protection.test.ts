/** What rules, defaults, locks and owners keep. */
import { describe, expect, test } from 'vitest';
import { decisionsOf } from './decisions.js';
import { desired, site } from './desired.js';
import { clock, type DatasetSpec, days, daysAgo, type InventorySpec } from './inventory.js';
import {
  actionsOf,
  brief,
  diagnosticOf,
  later,
  observed,
  planFor,
  planOf,
  sitesWith,
  unheld,
  untilRest,
} from './loop.js';

describe('S3 Release validation', () => {
  const state = desired(
    `
    kind: Partition
    metadata: { name: relval }
    spec: { match: block.owner == "RelVal", quotas: [ { sites: "true", size: 100 } ] }
    ---
    kind: Placement
    metadata: { name: one-of-two }
    spec:
      datasets: dataset.name.glob("/RelVal*")
      to: site.name in ["KEEP1", "KEEP2"]
      copies: 1
      protect: true
    ---
    kind: Retention
    metadata: { name: relval }
    spec:
      partition: relval
      sites: site.storage == "disk"
      trigger: "true"
      until: "false"
      order: [ { by: replica.lastBlock, direction: asc } ]
      rules:
        - { id: placed, action: protect, when: replica.required }
        - { id: young, action: protect, when: 'replica.lastBlock.newerThan("90d")' }
        - { id: named, action: protect, when: 'dataset.name.matches("-v[0-9]+_keep$")' }
        - { id: another-same-owner, action: dismiss, when: replica.otherFullCopiesSameOwner >= 1 }
    `,
    site('KEEP1'),
    site('KEEP2'),
    site('OTHER'),
  );
  const owned = { owner: 'RelVal' };

  test('S3 one copy at either of two sites stays, copies elsewhere go once another copy of the same owner exists', () => {
    const plan = planOf(state, {
      '/RelVal/A': { size: 1, at: { KEEP1: owned, OTHER: owned } },
      '/RelVal/B': { size: 1, at: { KEEP2: owned, OTHER: { owner: 'DataOps' } } },
    });
    expect(actionsOf(plan)).toEqual(['delete /RelVal/A @ OTHER']);
  });

  test('S3 where neither of the two has it, it is copied there first and deleted elsewhere after', () => {
    const { plans, end } = untilRest(state, observed({ '/RelVal/A': { size: 1, at: { OTHER: owned } } }));
    expect(plans.map(actionsOf)).toMatchObject([
      [expect.stringMatching(/^copy \/RelVal\/A -> KEEP[12]$/)],
      // The new copy is younger than 90 days, the old one is not.
      ['delete /RelVal/A @ OTHER'],
      [],
    ]);
    expect(sitesWith(end.inventory, '/RelVal/A')).toEqual([expect.stringMatching(/^KEEP[12]$/)]);
  });

  test('S3 what is younger than three months, and what a regular expression names, is protected', () => {
    const spec: InventorySpec = {
      '/RelVal/young': { size: 1, at: { KEEP1: owned, OTHER: { ...owned, lastUpdate: daysAgo(30) } } },
      '/RelVal/x-v2_keep': { size: 1, at: { KEEP1: owned, OTHER: owned } },
    };
    expect(planOf(state, spec).actions).toEqual([]);
    const later60 = later(observed(spec), days(61));
    expect(actionsOf(planFor(state, later60).plan)).toEqual(['delete /RelVal/young @ OTHER']);
  });

  test('S3 the oldest update goes first', () => {
    const bounded = desired(
      `
      kind: Partition
      metadata: { name: relval }
      spec: { match: block.owner == "RelVal", quotas: [ { sites: "true", size: 100 } ] }
      ---
      kind: Retention
      metadata: { name: relval }
      spec:
        partition: relval
        sites: site.name == "OTHER"
        trigger: site.occupancy > 0.5
        order: [ { by: replica.lastBlock, direction: asc } ]
        rules:
          - { id: another-same-owner, action: dismiss, when: replica.otherFullCopiesSameOwner >= 1 }
      `,
      site('KEEP1'),
      site('OTHER'),
    );
    const aged = (age: number): DatasetSpec => ({
      size: 20,
      at: { KEEP1: owned, OTHER: { ...owned, lastUpdate: daysAgo(age) } },
    });
    const plan = planOf(bounded, { '/RelVal/A': aged(100), '/RelVal/B': aged(300), '/RelVal/C': aged(200) });
    expect(actionsOf(plan)).toEqual(['delete /RelVal/B @ OTHER']);
  });
});

test('S4 Greedy partition: blocks older than 60 d go every cycle, younger and locked ones stay', () => {
  const state = desired(
    `
    kind: Partition
    metadata: { name: express }
    spec: { match: dataset.name.glob("/*/*Express*/*") }
    ---
    kind: Retention
    metadata: { name: express }
    spec:
      partition: express
      sites: "true"
      trigger: "true"
      until: "false"
      default: protect
      rules:
        - { id: locked, action: protect, scope: block, when: block.locked }
        - { id: old, action: dismiss, scope: block, when: 'block.lastUpdate.olderThan("60d")', allowLastCopy: true }
    ---
    kind: Lock
    metadata: { name: one }
    spec: { blocks: [ '/a/Express/x#locked' ], expires: 2027-01-01, reason: look at it }
    ---
    kind: Federation
    metadata: { name: test }
    spec: { disposable: 'dataset.name.glob("/*/*Express*/*")' }
    `,
    site('X'),
  );
  const ages = { young: daysAgo(59), old: daysAgo(61), older: daysAgo(200), locked: daysAgo(200) };
  const blocks = { young: 1, old: 1, older: 1, locked: 1 };
  const start = observed({ '/a/Express/x': { blocks, at: { X: { lastUpdates: ages } } } });
  const { plans, end } = untilRest(state, start);
  expect(plans.map(actionsOf)).toEqual([['delete /a/Express/x#old,older @ X'], []]);
  // Two days on, the next block is of age: every cycle, whatever the occupancy.
  expect(actionsOf(planFor(state, later(end, days(2))).plan)).toEqual(['delete /a/Express/x#young @ X']);
});

test('S5 Orphans: blocks without owner are dismissed at tier 1 and 2, never at tier 0', () => {
  const state = desired(
    `
    kind: Partition
    metadata: { name: orphans }
    spec: { match: block.owner == "" }
    ---
    kind: Retention
    metadata: { name: orphans }
    spec:
      partition: orphans
      sites: site.storage == "disk"
      trigger: "true"
      until: "false"
      rules:
        - id: tier-0
          description: Nothing at tier 0 is deleted without a person.
          action: protect
          when: site.labels.tier == "0"
        - { id: unowned, action: dismiss, scope: block, when: block.owner == "" }
    `,
    site('T0_CH', '', 'tier: "0"'),
    site('T1_DE', '', 'tier: "1"'),
    site('T2_FR', '', 'tier: "2"'),
  );
  const at = { T0_CH: { owner: '' }, T1_DE: { owner: '' }, T2_FR: { owners: { a: '', b: 'grp' } } };
  const result = planFor(state, observed({ '/d': { blocks: { a: 1, b: 1 }, at } }));
  expect(actionsOf(result.plan)).toEqual(['delete /d @ T1_DE', 'delete /d#a @ T2_FR']);
  expect(decisionsOf(result)).toEqual([
    'orphans T0_CH /d tier-0 protect 2 2',
    'orphans T1_DE /d unowned dismiss 2 2',
    'orphans T2_FR /d unowned dismiss 1 1',
  ]);
});

test('S6 Default protect: only what the rule names goes, everything else is listed as protected by the default', () => {
  const state = desired(
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: "true" }
    ---
    kind: Retention
    metadata: { name: unknown }
    spec:
      partition: all
      sites: "true"
      rules:
        - id: unknown
          action: delete
          when: dataset.labels.unknown == "true" && dataset.lastUpdate.olderThan("90d")
          allowLastCopy: true
    ---
    kind: Federation
    metadata: { name: test }
    spec: { disposable: dataset.labels.unknown == "true" }
    `,
    site('X'),
  );
  const result = planFor(
    state,
    observed({
      '/unknown-old': { size: 1, labels: { unknown: 'true' }, lastUpdate: daysAgo(91), at: { X: {} } },
      '/unknown-new': { size: 2, labels: { unknown: 'true' }, lastUpdate: daysAgo(89), at: { X: {} } },
      '/known': { size: 4, lastUpdate: daysAgo(900), at: { X: {} } },
    }),
  );
  expect(actionsOf(result.plan)).toEqual(['delete /unknown-old @ X']);
  expect(decisionsOf(result)).toEqual([
    'unknown X /known default protect 1 4',
    'unknown X /unknown-new default protect 1 2',
    'unknown X /unknown-old unknown delete 1 1',
  ]);
  expect(result.plan.summary.protect).toEqual({ actions: 2, datasets: 2, blocks: 2, bytes: 6 });
});

describe('S8 Tape campaign', () => {
  const campaign = (fields: string, guard = ''): ReturnType<typeof desired> =>
    desired(
      `
      kind: Partition
      metadata: { name: tape }
      spec: { match: site.storage == "tape" }
      ---
      kind: Retention
      metadata: { name: tape-cleaning }
      spec:
        partition: tape
        sites: site.storage == "tape"
        rules:
          - { id: campaign, action: delete, when: 'dataset.name.glob("/old/*")'${fields} }
      `,
      guard,
      site('TAPE', 'storage: tape'),
      site('TAPE2', 'storage: tape'),
      site('DISK'),
    );
  const custodial: InventorySpec = { '/old/a': { size: 10, at: { TAPE: { custodial: true }, DISK: {} } } };
  const last: InventorySpec = { '/old/a': { size: 10, status: 'INVALID', at: { TAPE: {} } } };

  test('S8 custodial replicas go only with allowCustodial, and then with an approval', () => {
    expect(actionsOf(planOf(campaign(''), custodial))).toEqual(['delete /old/a @ TAPE [custodial]']);
    const plan = planOf(campaign(', allowCustodial: true'), custodial);
    expect(actionsOf(plan)).toEqual(['delete /old/a @ TAPE [approval-required]']);
    const approvals = plan.approvals.map(({ hash }) => ({ hash, expires: clock + 3600 }));
    expect(actionsOf(planOf(campaign(', allowCustodial: true'), custodial, { approvals }))).toEqual([
      'delete /old/a @ TAPE',
    ]);
  });

  test('S8 last copies go only with allowLastCopy and within disposable', () => {
    expect(actionsOf(planOf(campaign(''), last))).toEqual(['delete /old/a @ TAPE [last-copy]']);
    expect(actionsOf(planOf(campaign(', allowLastCopy: true'), last))).toEqual(['delete /old/a @ TAPE']);
    const valid = { '/old/a': { ...(last['/old/a'] as DatasetSpec), status: 'VALID' } };
    expect(actionsOf(planOf(campaign(', allowLastCopy: true'), valid))).toEqual(['delete /old/a @ TAPE [last-copy]']);
  });

  test('S8 with approvalAbove: 0 a second person must agree to exactly these items', () => {
    const guard = `
      kind: Guard
      metadata: { name: tape }
      spec: { sites: site.storage == "tape", deletions: { approvalAbove: 0 } }
    `;
    const state = campaign(', allowLastCopy: true', guard);
    const plan = planOf(state, last);
    expect(actionsOf(plan)).toEqual(['delete /old/a @ TAPE [approval-required]']);
    expect(plan.actions[0]?.held?.message).toContain('Guard tape');
    expect(plan.approvals).toMatchObject([{ site: 'TAPE', actions: 1, bytes: 10, rule: { id: 'campaign' } }]);

    const approvals = plan.approvals.map(({ hash }) => ({ hash, expires: clock + 60 }));
    expect(actionsOf(planOf(state, last, { approvals }))).toEqual(['delete /old/a @ TAPE']);
    // It expires, and it does not cover what came later.
    const expired = later(observed(last, { approvals }), 61);
    expect(actionsOf(planFor(state, expired).plan)).toEqual(['delete /old/a @ TAPE [approval-required]']);
    const more = { ...last, '/old/b': { size: 1, status: 'INVALID', at: { TAPE: {} } } };
    expect(unheld(planOf(state, more, { approvals }))).toEqual([]);
  });
});

describe('S22 Lock', () => {
  const state = desired(
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: "true" }
    ---
    kind: Retention
    metadata: { name: clean }
    spec:
      partition: all
      sites: "true"
      default: delete
    ---
    kind: Retention
    metadata: { name: clean-blocks }
    spec:
      partition: all
      sites: "true"
      trigger: "true"
      until: "false"
      rules:
        - { id: every-block, action: dismiss, scope: block, when: "true", allowLastCopy: true }
    ---
    kind: Lock
    metadata: { name: paper }
    spec:
      datasets: dataset.name == "/A/B/C"
      sites: site.name.glob("T2_US_*")
      expires: 2026-08-01
      reason: figures are being made
    `,
    site('T2_US_MIT'),
    site('T2_US_UCSD', 'state: readonly'),
    site('T1_DE_KIT'),
  );
  const at = { T2_US_MIT: {}, T2_US_UCSD: {}, T1_DE_KIT: {} };
  const spec: InventorySpec = { '/A/B/C': { size: 1, status: 'DEPRECATED', at }, '/A/B/D': { size: 1, at } };

  test('S22 kept before its end by every path', () => {
    const { plans, end } = untilRest(state, observed(spec));
    expect(plans.flatMap(({ actions }) => actions.filter(({ held }) => held === null))).not.toContainEqual(
      expect.objectContaining({ dataset: '/A/B/C', site: expect.stringMatching(/^T2_US_/), type: 'delete' }),
    );
    expect(sitesWith(end.inventory, '/A/B/C')).toEqual(expect.arrayContaining(['T2_US_MIT', 'T2_US_UCSD']));
    const held = plans[0]?.actions.filter(({ held }) => held?.code === 'locked') ?? [];
    expect(held.map(({ site }) => site)).toEqual(expect.arrayContaining(['T2_US_MIT', 'T2_US_UCSD']));
    expect(held[0]?.held?.message).toBe('Lock paper until 2026-08-01T00:00:00Z: figures are being made');
  });

  test('S22 a draining site keeps it too, and a copy of it is made elsewhere', () => {
    const draining = desired(
      `
      kind: Partition
      metadata: { name: all }
      spec: { match: "true" }
      ---
      kind: Retention
      metadata: { name: drain }
      spec: { partition: all, sites: "true", trigger: site.state == "draining", until: "false", default: dismiss }
      ---
      kind: Lock
      metadata: { name: paper }
      spec: { datasets: 'dataset.name == "/A/B/C"', expires: 2026-08-01, reason: figures are being made }
      `,
      site('OLD', 'state: draining'),
      site('NEW'),
    );
    const { plans, end } = untilRest(draining, observed({ '/A/B/C': { at: { OLD: {} } } }));
    expect(plans.map((plan) => unheld(plan).map(brief))).toEqual([['copy /A/B/C -> NEW'], []]);
    expect(actionsOf(planFor(draining, end).plan)).toEqual(['delete /A/B/C @ OLD [locked]']);
    expect(actionsOf(planFor(draining, later(end, days(31))).plan)).toEqual(['delete /A/B/C @ OLD']);
  });

  test('S22 an open deletion is called off when a lock comes to cover it', () => {
    const before = planFor(state, later(observed(spec), days(40)));
    const deletion = before.plan.actions.find(
      (action) => action.dataset === '/A/B/C' && action.site === 'T2_US_MIT' && action.held === null,
    );
    if (deletion === undefined) throw new Error('expected a deletion after the end of the lock');
    const open = {
      ...deletion,
      held: null,
      started: false,
      ruleHash: before.recording().ruleHashes.get(deletion.id) ?? '',
    };
    const result = planFor(state, observed(spec, { openActions: [open] }));
    expect(result.cancellations).toEqual([{ id: deletion.id, reason: 'Lock paper covers it now' }]);
  });

  test('S22 free after its end without a commit', () => {
    const before = later(observed(spec), days(31) - 1);
    expect(unheld(planFor(state, before).plan).filter(({ dataset }) => dataset === '/A/B/C')).not.toContainEqual(
      expect.objectContaining({ site: 'T2_US_MIT' }),
    );
    const after = later(observed(spec), days(31));
    expect(unheld(planFor(state, after).plan)).toContainEqual(
      expect.objectContaining({ type: 'delete', dataset: '/A/B/C', site: 'T2_US_MIT' }),
    );
  });
});

describe('S35 Overlap', () => {
  const overlap = (first: string, second: string): ReturnType<typeof desired> =>
    desired(
      `
      kind: Partition
      metadata: { name: one }
      spec: { match: block.owner == "grp" }
      ---
      kind: Partition
      metadata: { name: two }
      spec: { match: site.storage == "disk" }
      ---
      kind: Retention
      metadata: { name: first }
      spec: { partition: one, sites: "true", trigger: "true", until: "false"${first} }
      ---
      kind: Retention
      metadata: { name: second }
      spec: { partition: two, sites: "true", trigger: "true", until: "false"${second} }
      `,
      site('X'),
      site('Y'),
    );
  const spec: InventorySpec = {
    '/shared': { size: 1, at: { X: {}, Y: { owner: 'other' } } },
    '/not-shared': { size: 1, at: { X: { owner: 'other' }, Y: { owner: 'other' } } },
  };
  const protect = ", rules: [ { id: keep, action: protect, when: 'true' } ]";
  const remove = ', rules: [ { id: go, action: delete, when: \'site.name == "X"\' } ]';

  test('S35 what one protects by a rule and the other deletes is kept, whichever acts first', () => {
    expect(actionsOf(planOf(overlap(protect, remove), spec))).toEqual(['delete /not-shared @ X']);
    expect(actionsOf(planOf(overlap(remove, protect), spec))).toEqual([]);
  });

  test('S35 both by default: each decides its own', () => {
    // The default protection of the first does not bind the second.
    expect(actionsOf(planOf(overlap(', default: protect', remove), spec))).toEqual([
      'delete /not-shared @ X',
      'delete /shared @ X',
    ]);
  });
});

test('the end of a protect rule is announced 14 days before', () => {
  const state = desired(
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: "true" }
    ---
    kind: Retention
    metadata: { name: keep }
    spec:
      partition: all
      sites: "true"
      rules:
        - { id: until-august, action: protect, when: "true", expires: 2026-08-01 }
    `,
    site('X'),
  );
  const world = observed({ '/d': { at: { X: {} } } });
  expect(diagnosticOf(planFor(state, later(world, days(16))).plan, 'protect-ending')).toBeUndefined();
  expect(diagnosticOf(planFor(state, later(world, days(17))).plan, 'protect-ending')).toContain('until-august');
  expect(diagnosticOf(planFor(state, later(world, days(31))).plan, 'protect-ending')).toBeUndefined();
});
