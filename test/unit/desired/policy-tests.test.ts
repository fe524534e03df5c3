/** How PolicyTests are read: defaults, moments, and what is wrong with them, each at its place. */
import { describe, expect, test } from 'vitest';
import type { PolicyTest } from '../../../src/desired/index.js';
import { base, compile, document, lines } from './desired-files.js';

const withTest = (spec: string) => compile({ 'base.yaml': base, 't.yaml': document('PolicyTest', 't', spec) });

function read(spec: string): PolicyTest {
  const { state, diagnostics } = withTest(spec);
  const [policyTest] = state?.policyTests ?? [];
  if (policyTest === undefined) throw new Error(JSON.stringify(diagnostics));
  return policyTest;
}

const nothing = 'expect: [{ description: d, nothing: true }]';
const given = (datasets: string) => `given:\n  datasets:\n${datasets.replace(/^(?=.)/gm, '    ')}\n${nothing}`;

describe('what is given', () => {
  test('a dataset and its replicas have defaults', () => {
    expect(read(given('- { name: /a, at: [T2_US_MIT] }')).given).toEqual([
      {
        name: '/a',
        status: 'VALID',
        type: '',
        open: false,
        labels: new Map(),
        blocks: [{ name: '1', size: 1e9 }],
        created: { at: 0 },
        lastUpdate: { at: 0 },
        lastAccess: { at: 0 },
        accesses: 0,
        usageRank: 0,
        demand: 0,
        tapeRequested: false,
        copyRequested: false,
        replicas: [
          {
            site: 'T2_US_MIT',
            blocks: [{ name: '1', owner: '', present: null }],
            custodial: false,
            managed: true,
            lastUpdate: { at: 0 },
            growing: null,
          },
        ],
      },
    ]);
  });

  test('times are times, or how long ago; a replica is as old as its dataset', () => {
    const [dataset] =
      read(given('- { name: /a, created: 2026-01-02, lastUpdate: 1h30m, at: [T2_US_MIT] }')).given ?? [];
    expect(dataset).toMatchObject({ created: { at: Date.UTC(2026, 0, 2) / 1000 }, lastUpdate: { ago: 5400 } });
    expect(dataset?.replicas[0]?.lastUpdate).toEqual({ ago: 5400 });
  });

  test('blocks are there, complete or in part, under one owner or several', () => {
    const replica =
      '{ site: T2_US_MIT, owner: AnalysisOps, owners: { b: "" }, blocks: [a, b], incomplete: [b], present: 40%, growing: true }';
    const [dataset] = read(given(`- { name: /a, blocks: { b: 1TB, a: 5, c: 7 }, at: [${replica}] }`)).given ?? [];
    expect(dataset?.blocks).toEqual([
      { name: 'a', size: 5 },
      { name: 'b', size: 1e12 },
      { name: 'c', size: 7 },
    ]);
    expect(dataset?.replicas[0]).toMatchObject({
      growing: 'AnalysisOps',
      blocks: [
        { name: 'a', owner: 'AnalysisOps', present: null },
        { name: 'b', owner: '', present: 0.4 },
      ],
    });
  });

  test("the default owner is the Federation's", () => {
    const { state } = compile({
      'base.yaml': base.replace('spec: {}', 'spec: { defaults: { owner: AnalysisOps } }'),
      't.yaml': document('PolicyTest', 't', given('- { name: /a, at: [T2_US_MIT] }')),
    });
    expect(state?.policyTests[0]?.given?.[0]?.replicas[0]?.blocks[0]?.owner).toBe('AnalysisOps');
  });
});

test('the hash of a test is what it means, not where its assertions stand or how they are described', () => {
  const one = read(given('- { name: /a }'));
  const two = read(`description: x\n\n${given('- { name: /a }').replace('description: d', 'description: e')}`);
  expect(two.origin.hash).toBe(one.origin.hash);
  expect(two.expect[0]?.origin.ref.line).toBe((one.expect[0]?.origin.ref.line ?? 0) + 2);
  expect(read(given('- { name: /b }')).origin.hash).not.toBe(one.origin.hash);
});

describe('what is wrong is said at its place', () => {
  const expecting = (assertion: string) =>
    `given: { datasets: [{ name: /a }] }\nexpect:\n  - { description: d, ${assertion} }`;

  test.each<[string, string, string[]]>([
    [
      'neither live nor datasets',
      `given: {}\n${nothing}`,
      ['t.yaml:5:3 missing-field: PolicyTest t: spec.given: exactly one of `live`, `datasets` is needed, found none'],
    ],
    [
      'a clock of a live test',
      `given: { live: true }\nnow: 2026-01-01\n${nothing}`,
      ['t.yaml:6:8 wrong-value: PolicyTest t: spec.now: the clock of a live test is that of the run: remove it'],
    ],
    [
      'a dataset twice',
      given('- name: /a\n- name: /a'),
      ['t.yaml:8:15 duplicate-dataset: PolicyTest t: spec.given.datasets[1].name: this dataset is given already'],
    ],
    [
      'a replica twice',
      given('- name: /a\n  at: [T2_US_MIT, { site: T2_US_MIT }]'),
      [
        't.yaml:8:25 duplicate-replica: PolicyTest t: spec.given.datasets[0].at[1]: a replica at `T2_US_MIT` is given already',
      ],
    ],
    [
      'a site that does not exist',
      given('- name: /a\n  at: [T2_US_MTI]'),
      [
        't.yaml:8:14 unknown-site: PolicyTest t: spec.given.datasets[0].at[0]: there is no Site `T2_US_MTI`; did you mean `T2_US_MIT`?',
      ],
    ],
    [
      'an owner that does not exist',
      given('- name: /a\n  at: [{ site: T2_US_MIT, owner: me }]'),
      ['t.yaml:8:40 unknown-group: PolicyTest t: spec.given.datasets[0].at[0].owner: there is no Group `me`'],
    ],
    [
      'a block that the dataset does not have',
      given('- name: /a\n  blocks: { b1: 1 }\n  at: [{ site: T2_US_MIT, incomplete: [b2] }]'),
      [
        't.yaml:9:46 unknown-block: PolicyTest t: spec.given.datasets[0].at[0].incomplete[0]: the dataset has no block `b2`; did you mean `b1`?; it has `b1`',
      ],
    ],
    [
      'bytes of blocks that are complete',
      given('- name: /a\n  at: [{ site: T2_US_MIT, present: 0.5 }]'),
      [
        't.yaml:8:42 wrong-value: PolicyTest t: spec.given.datasets[0].at[0].present: no block is incomplete: add `complete: false` or `incomplete`',
      ],
    ],
    [
      'a size and blocks',
      given('- name: /a\n  size: 5\n  blocks: { b1: 1 }'),
      [
        't.yaml:8:15 wrong-value: PolicyTest t: spec.given.datasets[0].size: the sizes of its `blocks` are given: remove one of the two',
      ],
    ],
    [
      'a moment that is none',
      given('- name: /a\n  created: yesterday'),
      [
        't.yaml:8:18 wrong-value: PolicyTest t: spec.given.datasets[0].created: found "yesterday", expected a time as RFC 3339 or a date, such as 2027-06-01, or how long ago, such as 90d',
      ],
    ],
    [
      'nothing to hold',
      expecting('datasets: true'),
      [
        't.yaml:7:7 missing-field: PolicyTest t: spec.expect[0]: the field `that` is missing (what must hold for each of them)',
      ],
    ],
    [
      '`that` of a plan',
      expecting('plan: true, that: true'),
      ['t.yaml:7:43 unknown-field: PolicyTest t: spec.expect[0].that: goes with `datasets` or `sites` only'],
    ],
    [
      'a partition of datasets',
      expecting('datasets: true, that: true, partition: physics'),
      ['t.yaml:7:64 unknown-field: PolicyTest t: spec.expect[0].partition: goes with `sites` only'],
    ],
    [
      'occupancy without a partition',
      expecting('sites: true, that: "site.occupancy < 0.9"'),
      [
        't.yaml:7:50 bad-expression: PolicyTest t: spec.expect[0].that: `site.occupancy` needs a partition, and none is in scope here',
      ],
    ],
    [
      'a dataset in the scope of a plan',
      expecting('plan: "dataset.size > 1"'),
      [
        't.yaml:7:32 bad-expression: PolicyTest t: spec.expect[0].plan: `dataset` is not available here (plan scope: plan)',
      ],
    ],
    [
      'a figure that does not exist',
      expecting('plan: "plan.deletion > 1"'),
      [
        't.yaml:7:37 bad-expression: PolicyTest t: spec.expect[0].plan: unknown variable `plan.deletion`; did you mean `plan.deletions`?',
      ],
    ],
    [
      'two assertions in one',
      expecting('nothing: true, copies: []'),
      [
        't.yaml:7:7 missing-field: PolicyTest t: spec.expect[0]: exactly one of `datasets`, `sites`, `plan`, `copies`, `deletions`, `reassignments`, `held`, `nothing` is needed, found `copies`, `nothing`',
      ],
    ],
    [
      'an action on what is not given',
      expecting('copies: [{ dataset: /b, to: T2_US_MIT }]'),
      ['t.yaml:7:45 unknown-dataset: PolicyTest t: spec.expect[0].copies[0].dataset: `/b` is not given; given: `/a`'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(lines(withTest(spec))).toEqual(expected);
  });

  test('a label that is not declared', () => {
    const result = compile({
      'base.yaml': base.replace('spec: {}', 'spec: { labels: { dataset: [tier] } }'),
      't.yaml': document('PolicyTest', 't', given('- { name: /a, labels: { teir: RAW } }')),
    });
    expect(lines(result)).toEqual([
      't.yaml:7:31 unknown-label: PolicyTest t: spec.given.datasets[0].labels.teir: the label is not declared in Federation.spec.labels.dataset; did you mean `tier`?; declared: `tier`',
    ]);
  });
});
