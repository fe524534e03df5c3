/** PolicyTests: what they ask of rules, and how they say what is wrong. */
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../../src/desired/index.js';
import { plan } from '../../../src/planning/index.js';
import { type PolicyTestResult, planWithTests, runPolicyTests } from '../../../src/policy-test/index.js';
import { policyTestsText } from '../../../src/report/policy-tests.js';
import { emptyMemory } from '../../../src/snapshot/index.js';
import { dedent, desired, site } from '../../scenarios/desired.js';
import { clock, daysAgo, type InventorySpec, inventory, toSnapshot } from '../../scenarios/inventory.js';
import { whole } from '../../scenarios/loop.js';

const all = `
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
`;

const sites = [
  all,
  site('north', 'quotas: { all: 100GB }', 'country: EE'),
  site('east', 'quotas: { all: 100GB }', 'country: EE'),
  site('south', 'quotas: { all: 100GB }', 'country: IT'),
  site('vault', 'storage: tape', 'country: IT'),
];

const spread = `
  kind: Placement
  metadata: { name: raw }
  spec: { datasets: dataset.labels.tier == "RAW", to: site.storage == "disk", copies: 2, spread: { by: country, max: 1 } }
`;

function policyTest(given: string, ...expectations: readonly string[]): string {
  const list = expectations.map((each) => `    - { description: d, ${each} }\n`).join('');
  return `kind: PolicyTest\nmetadata: { name: t }\nspec:\n  given:\n${given.replace(/^(?=.)/gm, '    ')}\n  expect:\n${list}`;
}

const datasets = (...lines: readonly string[]): string => `datasets:\n${lines.map((line) => `  - ${line}`).join('\n')}`;

function run(state: DesiredState, live: InventorySpec | null = null): PolicyTestResult {
  const snapshot = live === null ? null : toSnapshot(inventory(live), { takenAt: clock, memory: emptyMemory });
  const [result] = runPolicyTests(state, { clock, live: snapshot });
  if (result === undefined) throw new Error('no test');
  return result;
}

/** What failed: `subject: what`, by assertion. */
function failures(result: PolicyTestResult): string[][] {
  expect(result.reason).toBeNull();
  return result.assertions.map((each) => each.failures.map(({ subject, what }) => `${subject}: ${what}`));
}

const raw = (at: string): string => datasets(`{ name: /raw, labels: { tier: RAW }, at: ${at} }`);

describe('assertions about datasets', () => {
  const twoCountries = `datasets: 'dataset.labels.tier == "RAW"', that: 'size(dataset.sites.siteLabels("country")) >= 2'`;

  test('every RAW dataset has two copies in two countries, once the rules have had their way', () => {
    const result = run(desired(spread, policyTest(raw('[north]'), twoCountries), ...sites));
    expect(result.outcome).toBe('passed');
    expect(result.assertions[0]).toMatchObject({ checked: 1, failed: 0 });
    expect(result.cycles).toBe(2);
  });

  test('one that does not hold names the dataset, the values it read, and what the plans did', () => {
    const near = spread.replace('max: 1', 'max: 2').replace('site.storage == "disk"', 'site.labels.country == "EE"');
    const result = run(desired(near, policyTest(raw('[north]'), twoCountries), ...sites));
    expect(result.outcome).toBe('failed');
    expect(result.assertions[0]?.failures).toEqual([
      {
        subject: '/raw',
        what: '`size(dataset.sites.siteLabels("country")) >= 2` does not hold',
        values: [
          { variable: 'dataset.sites', value: ['east', 'north'] },
          { variable: 'site.labels.country', value: { east: 'EE', north: 'EE' } },
        ],
        chain: [
          {
            cycle: 1,
            what: 'copy to east',
            rule: { kind: 'Placement', name: 'raw', id: null, file: 'all.yaml', line: expect.any(Number) },
            reason: 'Placement raw wants 2 copies, 1 exist or are on their way',
            code: null,
          },
          ...['east', 'north'].map((where) => ({
            cycle: 2,
            what: `counted at ${where}`,
            rule: expect.objectContaining({ name: 'raw' }),
            reason: null,
            code: null,
          })),
        ],
      },
    ]);
  });

  test('before: of the inventory as it is given, whatever the rules do', () => {
    const result = run(desired(spread, policyTest(raw('[north]'), `${twoCountries}, when: before`), ...sites));
    expect(failures(result)).toEqual([['/raw: `size(dataset.sites.siteLabels("country")) >= 2` does not hold']]);
    expect(result.cycles).toBe(0);
  });

  test('one that matches nothing that is given says nothing, and fails', () => {
    const result = run(
      desired(policyTest(raw('[north]'), `datasets: 'dataset.size > 2000000000', that: 'true'`), ...sites),
    );
    expect(failures(result)).toEqual([
      ['null: no dataset that is given matches `dataset.size > 2000000000`: the assertion says nothing'],
    ]);
  });

  test('one that fails on a value does not hold', () => {
    const result = run(
      desired(
        policyTest(
          raw('[north]'),
          `datasets: 'true', that: '1 / dataset.files > 0 && dataset.blocks / (dataset.files - 1) > 0'`,
        ),
        ...sites,
      ),
    );
    expect(failures(result)).toEqual([
      ['/raw: `1 / dataset.files > 0 && dataset.blocks / (dataset.files - 1) > 0` fails: division by zero'],
    ]);
  });

  test('they may ask Selectors, of replicas too, and what placements require', () => {
    const selectors = `
      kind: Selector
      metadata: { name: required }
      spec: { scope: replica, when: replica.required && replica.full }
      ---
      kind: Selector
      metadata: { name: raw }
      spec: { scope: dataset, names: [/raw] }
    `;
    const asked = `datasets: 'dataset.is("raw")', that: 'size(dataset.sitesWhere("required")) == 2'`;
    expect(run(desired(spread, selectors, policyTest(raw('[north]'), asked), ...sites)).outcome).toBe('passed');
    expect(failures(run(desired(selectors, policyTest(raw('[north]'), asked), ...sites)))).toEqual([
      ['/raw: `size(dataset.sitesWhere("required")) == 2` does not hold'],
    ]);
  });

  test('of many failures the first ten are told, and all are counted', () => {
    const many = datasets(...Array.from({ length: 15 }, (_, i) => `{ name: /${i}, at: [north] }`));
    const result = run(desired(policyTest(many, `datasets: 'true', that: dataset.fullCopies > 1`), ...sites));
    expect(result.assertions[0]).toMatchObject({ checked: 15, failed: 15 });
    expect(result.assertions[0]?.failures).toHaveLength(10);
  });
});

test('assertions about sites read quota and occupancy of a partition', () => {
  const given = datasets('{ name: /a, size: 60GB, at: [north] }', '{ name: /b, size: 10GB, at: [north, south] }');
  const below = `sites: 'site.storage == "disk"', partition: all, that: 'site.occupancy <= 0.6'`;
  const result = run(desired(policyTest(given, below), ...sites));
  expect(result.assertions[0]).toMatchObject({ checked: 3, failed: 1 });
  expect(result.assertions[0]?.failures[0]).toMatchObject({
    subject: 'north',
    values: [{ variable: 'site.occupancy', value: 0.7 }],
  });
  const tidy = `
    kind: Retention
    metadata: { name: tidy }
    spec: { partition: all, sites: "true", rules: [ { id: b, action: delete, when: dataset.name == "/b" } ] }
  `;
  expect(run(desired(tidy, policyTest(given, below), ...sites)).outcome).toBe('passed');
});

describe('assertions about the plan', () => {
  const tidy = `
    kind: Retention
    metadata: { name: tidy }
    spec:
      partition: all
      sites: "true"
      rules:
        - { id: old, action: delete, when: 'dataset.lastUpdate.olderThan("30d")' }
  `;
  const given = datasets(
    '{ name: /raw, labels: { tier: RAW }, lastUpdate: 1d, at: [north] }',
    '{ name: /old, lastUpdate: 60d, at: [north, south] }',
    '{ name: /last, lastUpdate: 60d, at: [south] }',
  );

  test('figures', () => {
    const figures = [
      'plan.copies == 1',
      'plan.copyBytes == byteSize("1GB")',
      'plan.deletions == 1 && plan.deleteBytes == byteSize("1GB")',
      'plan.held == 2 && plan.heldCodes == ["last-copy"]',
      'plan.unsatisfied + plan.deferred + plan.reassignments == 0',
      '!plan.diagnostics.exists(code, code == "placement-without-sites")',
      'plan.deletions == 0 && plan.held < 5',
    ].map((text) => `plan: '${text}'`);
    const result = run(desired(spread, tidy, policyTest(given, ...figures), ...sites));
    expect(failures(result)).toEqual([
      [],
      [],
      [],
      [],
      [],
      [],
      ['null: `plan.deletions == 0 && plan.held < 5` does not hold'],
    ]);
    expect(result.assertions[6]?.failures[0]?.values).toEqual([
      { variable: 'plan.deletions', value: 1 },
      { variable: 'plan.held', value: 2 },
    ]);
  });

  test('lists of actions: these and no others', () => {
    const state = (...lists: readonly string[]) => run(desired(spread, tidy, policyTest(given, ...lists), ...sites));
    expect(
      failures(
        state(
          'copies: [{ dataset: /raw, to: south }]',
          'copies: [{ dataset: /raw }]',
          'deletions: [{ dataset: /old, at: north }]',
          'held: [{ dataset: /last, at: south, code: last-copy }, { dataset: /old, at: south }]',
          'reassignments: []',
        ),
      ),
    ).toEqual([[], [], [], [], []]);
    expect(
      failures(
        state(
          'copies: [{ dataset: /raw, to: east }]',
          'copies: [{ dataset: /raw }, { dataset: /raw }]',
          'deletions: []',
          'held: [{ dataset: /last, at: south, code: locked }]',
          'nothing: true',
        ),
      ),
    ).toEqual([
      [
        '/raw: expected, but not planned: copy of /raw to east',
        '/raw: planned, but not expected: copy of /raw to south',
      ],
      ['/raw: expected, but not planned: copy of /raw'],
      ['/old: planned, but not expected: deletion of /old at north'],
      [
        '/last: expected, but not planned: held action on /last at south, held: locked',
        '/last: planned, but not expected: deletion of /last at south, held: last-copy',
        '/old: planned, but not expected: deletion of /old at south, held: last-copy',
      ],
      [
        '/raw: planned, but not expected: copy of /raw to south',
        '/old: planned, but not expected: deletion of /old at north',
      ],
    ]);
  });

  test('single blocks, and changes of owner', () => {
    const blocks = `
      kind: Retention
      metadata: { name: tidy }
      spec:
        partition: all
        sites: "true"
        rules: [ { id: big, scope: block, action: delete, when: block.size > 5 } ]
      ---
      kind: Ownership
      metadata: { name: ours }
      spec: { match: 'block.owner == ""', owner: us }
    `;
    const two = datasets(
      '{ name: /a, blocks: { x: 10, y: 1 }, at: [{ site: north, owner: us }, { site: south, owner: us, blocks: [x] }] }',
      '{ name: /b, size: 1, at: [{ site: north, owner: "" }] }',
    );
    const result = run(
      desired(
        blocks,
        policyTest(
          two,
          'deletions: [{ dataset: /a, at: north, blocks: [x] }]',
          'deletions: [{ dataset: /a, at: north, blocks: [y] }]',
          'reassignments: [{ dataset: /b, at: north, owner: us }]',
          'reassignments: [{ dataset: /b, at: north, owner: them }]',
        ),
        ...sites,
      ),
    );
    expect(failures(result)).toEqual([
      [],
      [
        '/a: expected, but not planned: deletion of /a#y at north',
        '/a: planned, but not expected: deletion of /a#x at north',
      ],
      [],
      [
        '/b: expected, but not planned: change of owner of /b at north to them',
        '/b: planned, but not expected: change of owner of /b at north to us',
      ],
    ]);
  });
});

describe('what plans lead to', () => {
  test('S34 a move is followed to its end: copied first, deleted after', () => {
    const move = `
      kind: Placement
      metadata: { name: raw }
      spec: { datasets: "true", to: site.name == "south" }
      ---
      kind: Retention
      metadata: { name: tidy }
      spec: { partition: all, sites: "true", rules: [ { id: rest, action: delete, when: '!replica.required' } ] }
    `;
    const result = run(
      desired(
        move,
        policyTest(raw('[north]'), 'deletions: []', `datasets: 'true', that: 'dataset.replicaSites == ["south"]'`),
        ...sites,
      ),
    );
    expect(failures(result)).toEqual([[], []]);
    expect(result.cycles).toBe(3);
  });

  test('what only says how fast is set aside; what waits for approval stays', () => {
    const slow = `
      kind: Guard
      metadata: { name: slow }
      spec: { transfers: { maxBytesPerCycle: 1GB }, deletions: { maxDatasets: 1 } }
      ---
      kind: Window
      metadata: { name: never-now }
      spec: { deny: all, schedule: { cron: '* * * * *', duration: 1h } }
      ---
      kind: Retention
      metadata: { name: tidy }
      spec: { partition: all, sites: "true", rules: [ { id: aod, action: delete, when: dataset.labels.tier == "AOD" } ] }
    `;
    const given = datasets(
      ...[1, 2, 3].map((i) => `{ name: /raw/${i}, labels: { tier: RAW }, at: [north] }`),
      ...[1, 2].map((i) => `{ name: /aod/${i}, labels: { tier: AOD }, at: [north, south] }`),
    );
    const result = run(
      desired(
        spread,
        slow,
        policyTest(
          given,
          `datasets: 'dataset.labels.tier == "RAW"', that: 'dataset.sites == ["north", "south"]'`,
          `datasets: 'dataset.labels.tier == "AOD"', that: dataset.fullCopies == 1`,
          "plan: 'plan.copies == 0 && plan.deferred == 2'",
        ),
        ...sites,
      ),
    );
    expect(failures(result)).toEqual([
      [],
      ['/aod/1: `dataset.fullCopies == 1` does not hold', '/aod/2: `dataset.fullCopies == 1` does not hold'],
      [],
    ]);
    expect(result.assertions[1]?.failures[0]?.chain[0]).toMatchObject({ code: 'approval-required' });
  });

  test('S36 partial, incomplete and growing replicas are what they say', () => {
    const given = datasets(
      '{ name: /a, open: true, blocks: { x: 10, y: 10 }, at: [north, { site: south, blocks: [x], growing: true }, { site: east, incomplete: [y], present: 50% }] }',
    );
    const selector = (name: string, when: string): string => `
      kind: Selector
      metadata: { name: ${name} }
      spec: { scope: replica, when: '${when}' }
    `;
    const result = run(
      desired(
        selector('partial', 'replica.partial && replica.growing'),
        selector('half', '!replica.complete && replica.size == 15'),
        policyTest(
          given,
          `datasets: 'dataset.open', when: before, that: 'dataset.sites == ["north"]'`,
          `datasets: 'true', when: before, that: 'dataset.sitesWhere("partial") == ["south"]'`,
          `datasets: 'true', when: before, that: 'dataset.sitesWhere("half") == ["east"]'`,
          `datasets: 'true', that: 'dataset.sites == ["north", "south"]'`,
        ),
        ...sites,
      ),
    );
    expect(failures(result)).toEqual([[], [], [], []]);
  });

  test('the clock is that of the test, where it sets one', () => {
    const lock = `
      kind: Retention
      metadata: { name: tidy }
      spec: { partition: all, sites: "true", rules: [ { id: a, action: delete, when: 'dataset.lastUpdate.olderThan("30d")' } ] }
      ---
      kind: Lock
      metadata: { name: l }
      spec: { datasets: "true", expires: 2027-01-01, reason: r }
    `;
    const at = (now: string) =>
      run(
        desired(
          lock,
          policyTest(datasets('{ name: /a, lastUpdate: 60d, at: [north, south] }'), 'deletions: []').replace(
            'spec:',
            `spec:\n  now: ${now}`,
          ),
          ...sites,
        ),
      );
    expect(at('2026-12-31').outcome).toBe('passed');
    expect(failures(at('2027-01-01'))).toEqual([['/a: planned, but not expected: deletion of /a at north']]);
  });
});

test('rules that fail on the given inventory fail the test, with their place', () => {
  const broken = `
    kind: Placement
    metadata: { name: p }
    spec: { datasets: "true", to: "true", copies: 1 / (dataset.files - 1) }
    ---
    kind: Retention
    metadata: { name: r }
    spec: { partition: all, sites: "true", rules: [ { id: x, action: delete, when: 1 / (dataset.files - 1) > 0 } ] }
  `;
  const result = run(
    desired(broken.slice(broken.indexOf('---') + 4), policyTest(raw('[north]'), 'nothing: true'), ...sites),
  );
  expect(result.outcome).toBe('failed');
  expect(result.reason).toMatch(
    /^division by zero in `1 \/ \(dataset\.files - 1\) > 0`, evaluated for \/raw; all\.yaml:\d+;/,
  );
});

describe('live tests', () => {
  const live = policyTest(
    'live: true',
    `datasets: 'dataset.labels.tier == "RAW"', that: 'size(dataset.sites.siteLabels("country")) >= 2'`,
    `datasets: 'dataset.labels.tier == "NONE"', that: 'false'`,
    'plan: plan.deletions == 0',
  );
  const world: InventorySpec = {
    '/raw/1': { labels: { tier: 'RAW' }, at: { north: {}, south: {} } },
    '/raw/2': { labels: { tier: 'RAW' }, lastAccess: daysAgo(3), at: { north: {}, east: {} } },
  };

  test('are asked of the live inventory; what matches nothing there is no failure', () => {
    expect(run(desired(spread, live, ...sites), world).outcome).toBe('passed');
    expect(failures(run(desired(live, ...sites), world))).toEqual([
      ['/raw/2: `size(dataset.sites.siteLabels("country")) >= 2` does not hold'],
      [],
      [],
    ]);
  });

  test('are skipped where there is none', () => {
    const result = run(desired(live, ...sites));
    expect(result).toMatchObject({ outcome: 'skipped', reason: 'there is no live inventory to ask', assertions: [] });
  });

  test('what is under way is carried out with what is planned', () => {
    const state = desired(spread, live, ...sites);
    const open = {
      id: '1',
      type: 'copy',
      dataset: '/raw/2',
      site: 'south',
      owner: 'grp',
      blocks: null,
      sources: ['north'],
      held: null,
      started: true,
      rule: { kind: 'Placement', name: 'raw', id: null, file: 'x.yaml', line: 1 },
      ruleHash: '',
    } as const;
    const snapshot = toSnapshot(inventory(world), { takenAt: clock, memory: { ...emptyMemory, openActions: [open] } });
    expect(plan(state, snapshot, { clock }).plan.actions).toEqual([]);
    const [result] = runPolicyTests(state, { clock, live: snapshot });
    expect(result?.outcome).toBe('passed');
  });

  test('in a plan they are errors, part of the document and its digest', () => {
    const state = desired(live, ...sites);
    const snapshot = toSnapshot(inventory(world), { takenAt: clock, memory: emptyMemory });
    const without = plan(state, snapshot, { clock });
    const result = planWithTests(state, snapshot, { clock });
    expect(result.plan.diagnostics.filter(({ code }) => code === 'policy-test-failed')).toEqual([
      {
        severity: 'error',
        code: 'policy-test-failed',
        message:
          'PolicyTest t: d: 1 of 2 datasets, the first is /raw/2: `size(dataset.sites.siteLabels("country")) >= 2` does not hold (dataset.sites = ["east","north"], site.labels.country = {"east":"EE","north":"EE"}); `stator test` says more',
        file: 'all.yaml',
        line: expect.any(Number),
        column: expect.any(Number),
      },
    ]);
    expect(result.plan.digest).not.toBe(without.plan.digest);
    expect(planWithTests(state, snapshot, { clock }).plan).toEqual(result.plan);
    expect(Object.keys(result.plan)).toEqual(Object.keys(without.plan));
    const sound = desired(spread, live, ...sites);
    expect(whole(planWithTests(sound, snapshot, { clock }))).toEqual(whole(plan(sound, snapshot, { clock })));
  });
});

test('the report reads from test to assertion to dataset to rule', () => {
  const state = desired(
    spread.replace('copies: 2', 'copies: 1'),
    policyTest(raw('[north]'), `datasets: 'true', that: 'dataset.fullCopies == 2'`, 'deletions: []'),
    `
    kind: PolicyTest
    metadata: { name: a-live-one }
    spec: { given: { live: true }, expect: [ { description: d, nothing: true } ] }
    `,
    ...sites,
  );
  const text = policyTestsText(runPolicyTests(state, { clock, live: null })).replace(/yaml:\d+/g, 'yaml:N');
  expect(text).toBe(
    dedent(`
    skipped a-live-one: there is no live inventory to ask
    FAILED  t (all.yaml:N)
      all.yaml:N: d: 1 of 1 dataset
        /raw: \`dataset.fullCopies == 2\` does not hold
          dataset.fullCopies = 1
          counted at north by Placement raw at all.yaml:N

    2 tests: 0 passed, 1 failed, 1 skipped
    `).slice(1),
  );
});

test('a copy that retention would take at once: the chain names the rule that would take it', () => {
  const state = desired(
    spread.replace('copies: 2', 'copies: 1, protect: false'),
    `
    kind: Retention
    metadata: { name: tidy }
    spec:
      partition: all
      sites: 'true'
      rules:
        - { id: keep, action: protect, when: 'dataset.name == "/other"' }
        - { id: clean, action: delete, when: 'dataset.name == "/raw"' }
    `,
    policyTest(raw('[vault]'), `copies: [ { dataset: /raw } ]`),
    ...sites,
  );
  const text = policyTestsText(runPolicyTests(state, { clock, live: null }));
  expect(text).toContain('would remove it again at once by their retention rules (rule clean of Retention tidy)');
});
