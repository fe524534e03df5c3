import { describe, expect, it } from 'vitest';
import type { ExplainedRule, Explanation } from '../../../src/audit/explanation.js';
import type { ActionRecord, CycleRecord, TaskRecord } from '../../../src/audit/records.js';
import type { LoopStatus } from '../../../src/audit/status.js';
import type { RuleRef } from '../../../src/desired/state.js';
import { actionsJson, actionsText } from '../../../src/report/action-record.js';
import { explanationJson, explanationText } from '../../../src/report/explanation.js';
import { inventoryStatsJson, inventoryStatsText } from '../../../src/report/inventory-stats.js';
import { historyJson, historyText, statusJson, statusText } from '../../../src/report/loop.js';
import { action, cold, samplePlan, usa } from './sample-plan.js';

/** 2026-11-22T07:00:00Z */
const now = 1_795_330_800;

const commit = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const jane = 'Jane Doe <jane@example.org>';

const record = (fields: Partial<ActionRecord>): ActionRecord => ({
  id: 'a1',
  type: 'copy',
  dataset: '/A/Run1/MINIAOD',
  blocks: null,
  site: 'T1_US_FNAL_Disk',
  sources: ['T2_DE_DESY'],
  owner: 'AnalysisOps',
  bytes: 2e12,
  files: 200,
  cause: 'placement',
  rule: usa,
  reason: '1 of 1 copies is missing',
  commit,
  author: jane,
  cycle: 7,
  planDigest: samplePlan.digest,
  state: 'done',
  held: null,
  cancelReason: null,
  error: null,
  notBefore: 0,
  created: now - 3600,
  started: now - 3500,
  finished: now - 60,
  tasks: { done: 200 },
  ...fields,
});

const failedTask: TaskRecord = {
  id: 't1',
  action: 'a2',
  block: 'b1',
  file: '/store/a/1.root',
  size: 1e9,
  site: 'T2_US_MIT',
  sourceSite: 'T2_DE_DESY',
  state: 'failed',
  attempts: 2,
  notBefore: 0,
  finished: now,
  errors: [
    {
      at: now - 100,
      source: 'T2_DE_DESY',
      class: 'transient',
      code: 'other',
      message: 'connection reset\u001b[31m by peer',
    },
    {
      at: now,
      source: 'T1_US_FNAL_Disk',
      class: 'source',
      code: 'not-found',
      message: 'no such file: /store/a/1.root',
    },
  ],
};

describe('actions', () => {
  const list = [
    { action: record({}), tasks: [] },
    {
      action: record({
        id: 'a2',
        state: 'failed',
        site: 'T2_US_MIT',
        error: 'every source failed',
        tasks: { done: 3, failed: 1 },
      }),
      tasks: [failedTask],
    },
    {
      action: record({
        id: 'a3',
        type: 'delete',
        state: 'held',
        rule: cold,
        finished: null,
        commit: null,
        author: null,
        blocks: ['b1', 'b2'],
        held: { code: 'window', message: 'outside the window of Window nights' },
        tasks: {},
      }),
      tasks: [],
    },
  ];

  it('show every error of every failed task in full, and nothing that a terminal would obey', async () => {
    const text = actionsText(list, 12);
    expect(text).toContain('connection reset\\x1b[31m by peer');
    await expect(text).toMatchFileSnapshot('golden/actions.txt');
  });

  it('are the same as data, with times as RFC 3339', async () => {
    await expect(actionsJson(list, 12)).toMatchFileSnapshot('golden/actions.json');
  });
});

const cycle = (fields: Partial<CycleRecord>): CycleRecord => ({
  id: 7,
  started: now - 120,
  finished: now - 60,
  outcome: 'done',
  clock: now - 120,
  commit,
  ref: 'refs/heads/main',
  author: jane,
  committedAt: '2026-11-21T10:00:00Z',
  digest: samplePlan.digest,
  generation: 88123,
  summary: samplePlan.summary,
  error: null,
  ...fields,
});

describe('past cycles', () => {
  const cycles = [
    cycle({ id: 8, outcome: 'failed', summary: null, digest: null, error: 'the repository cannot be reached' }),
    cycle({}),
  ];

  it('are a table', async () => {
    await expect(historyText(cycles)).toMatchFileSnapshot('golden/history.txt');
    expect(historyText([])).toBe('No cycle has run yet.\n');
  });

  it('are data', async () => {
    await expect(historyJson(cycles)).toMatchFileSnapshot('golden/history.json');
  });
});

describe('the state of the loop', () => {
  const status: LoopStatus = {
    lastCycle: cycle({ id: 8, outcome: 'failed', error: 'the repository cannot be reached' }),
    lastGoodCycle: cycle({}),
    failing: { error: 'the repository cannot be reached', since: now - 7260, cycles: 121 },
    actions: { open: 5, running: 2, retrying: 1, held: 2, failed: 1, done: 4000, cancelled: 3 },
    inventory: {
      generation: 88124,
      completeness: 'complete',
      updatedAt: now - 30,
      blockReplicas: 1234567,
      bytes: 9e15,
    },
    watermarks: [{ site: 'T2_DE_DESY', partition: 'physics', quota: 140e12, used: 133e12 }],
  };

  it('says what is wrong and since when', async () => {
    await expect(statusText(status, now)).toMatchFileSnapshot('golden/status.txt');
    await expect(statusJson(status)).toMatchFileSnapshot('golden/status.json');
  });

  it('is said of a loop that has never run', async () => {
    const fresh: LoopStatus = { ...status, lastCycle: null, lastGoodCycle: null, failing: null, watermarks: [] };
    await expect(statusText(fresh, now)).toMatchFileSnapshot('golden/status-fresh.txt');
  });
});

describe('an explanation', () => {
  const ruled = (ref: RuleRef): ExplainedRule => ({
    ref,
    description: ref === usa ? 'Every MINIAOD has a copy in the US.' : null,
    requestedBy: null,
    link: null,
    origin: { commit, author: jane, committedAt: '2026-11-21T10:00:00Z', summary: 'Keep MINIAOD in the US' },
  });
  const explanation: Explanation = {
    subject: { dataset: '/A/Run1/MINIAOD', block: null, site: null },
    dataset: {
      status: 'VALID',
      type: 'data',
      open: true,
      blocks: 4,
      files: 200,
      bytes: 2e12,
      labels: { tier: 'MINIAOD' },
    },
    rulesKnown: true,
    replicas: [
      {
        site: 'T1_US_FNAL_Disk',
        state: 'ready',
        storage: 'disk',
        blocks: 4,
        blocksOfDataset: 4,
        completeBlocks: 3,
        bytes: 1.9e12,
        owners: ['AnalysisOps', ''],
        custodial: true,
        managed: false,
        growing: true,
        decisions: [{ decision: 'protect', blocks: 4, bytes: 1.9e12, rule: ruled({ ...cold, id: 'keep' }) }],
        retentions: [
          {
            retention: { ...cold, id: null },
            partition: 'physics',
            site: 'T1_US_FNAL_Disk',
            outside: null,
            trigger: null,
            rules: [
              {
                ref: cold,
                action: 'dismiss',
                scope: 'block',
                inert: null,
                asked: 4,
                matched: 0,
                block: 'b1',
                condition: {
                  text: 'block.size > 1 && dataset.is("old") && site.quota > 0',
                  held: false,
                  reads: [
                    { path: 'block.size', type: 'int', value: 1.9e12 },
                    { path: 'site.quota', type: 'double', value: Number.POSITIVE_INFINITY },
                    { path: 'block.lastUpdate', type: 'timestamp', value: now },
                    { path: 'dataset.sites', type: 'list<string>', value: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] },
                  ],
                  selectors: [{ root: 'dataset', name: 'old', held: false }],
                },
              },
              {
                ref: { ...cold, id: 'gone' },
                action: 'protect',
                scope: 'replica',
                inert: { kind: 'expired', at: now },
                asked: 0,
                matched: 0,
                block: null,
                condition: null,
              },
            ],
            decided: [],
          },
        ],
        waitsFor: [{ kind: 'turn', retention: { ...cold, id: null } }],
        requiredBy: [ruled(usa)],
        locks: [
          {
            rule: ruled({ kind: 'Lock', name: 'study', id: null, file: 'locks.yaml', line: 1 }),
            reason: 'read in place',
            expires: now,
          },
        ],
        planned: [],
      },
      {
        site: 'T2_DE_DESY',
        state: null,
        storage: null,
        blocks: 4,
        blocksOfDataset: 4,
        completeBlocks: 4,
        bytes: 2e12,
        owners: ['AnalysisOps'],
        custodial: false,
        managed: true,
        growing: false,
        decisions: [{ decision: 'delete', blocks: 4, bytes: 2e12, rule: ruled(cold) }],
        retentions: [],
        waitsFor: [
          {
            kind: 'held',
            action: 'a9',
            code: 'approval-required',
            message: 'above approvalAbove',
            approval: 'sha256:ab',
          },
        ],
        requiredBy: [],
        locks: [],
        planned: [
          {
            action: action({
              type: 'delete',
              dataset: '/A/Run1/MINIAOD',
              site: 'T2_DE_DESY',
              bytes: 2e12,
              held: { code: 'approval-required', message: 'above approvalAbove' },
            }),
            rule: ruled(cold),
          },
        ],
      },
    ],
    placements: [
      {
        rule: ruled(usa),
        requires: ['T1_US_FNAL_Disk'],
        copies: ['T2_US_MIT'],
        deferred: [{ site: null, limit: 'maxBytesPerCycle', reason: 'no room in this cycle', bytes: 2e12 }],
        unsatisfied: [{ missing: 1, code: 'no-destination', reason: 'no site is left' }],
      },
    ],
    planned: [
      {
        action: action({
          type: 'copy',
          dataset: '/A/Run1/MINIAOD',
          site: 'T2_US_MIT',
          bytes: 2e12,
          sources: ['T2_DE_DESY'],
        }),
        rule: ruled(usa),
      },
    ],
    approvals: samplePlan.approvals,
    whyNot: null,
    open: [record({ state: 'retrying', finished: null, tasks: { done: 3, retrying: 1 } })],
    history: Array.from({ length: 22 }, (_, i) =>
      record({
        id: `h${i}`,
        type: 'delete',
        rule: cold,
        reason: 'not accessed for 90d',
        sources: [],
        finished: now - i * 86_400,
      }),
    ),
  };

  it('leads every statement to a rule, a line and a commit', async () => {
    await expect(explanationText(explanation)).toMatchFileSnapshot('golden/explanation.txt');
  });

  it('shows all of the past when all is asked for', () => {
    expect(explanationText(explanation, { all: true }).match(/ done {2}deleted/g)).toHaveLength(22);
  });

  it('is the same as data', () => {
    const document = JSON.parse(explanationJson(explanation));
    expect(document.history).toHaveLength(22);
    expect(document.history[0]).toMatchObject({ finished: '2026-11-22T07:00:00Z', commit, author: jane, rule: cold });
    expect(document.replicas[0].retentions[0].rules[0].condition.reads).toMatchObject([
      { path: 'block.size', value: 1.9e12 },
      { path: 'site.quota', value: 'unlimited' },
      { path: 'block.lastUpdate', value: '2026-11-22T07:00:00Z' },
      { path: 'dataset.sites' },
    ]);
    expect(document.replicas[0].locks[0]).toMatchObject({ reason: 'read in place', expires: '2026-11-22T07:00:00Z' });
  });

  it('tells of data that is gone, and says that it does not know the rules', async () => {
    const gone: Explanation = {
      ...explanation,
      dataset: null,
      rulesKnown: false,
      replicas: [],
      placements: [],
      planned: [],
      approvals: [],
      open: [],
      history: [record({ type: 'delete', rule: cold, reason: 'withdrawn', sources: [] })],
    };
    await expect(explanationText(gone)).toMatchFileSnapshot('golden/explanation-gone.txt');
  });
});

describe('figures of the inventory', () => {
  it('are tables, and data', async () => {
    const stats = {
      generation: 12,
      completeness: { state: 'partial', reason: 'a catalog did not answer' } as const,
      updatedAt: now,
      datasets: 3,
      blocks: 4,
      files: 0,
      replicas: 5,
      blockReplicas: 60_000,
      bytes: 9e12,
      subscriptions: 1,
      sites: [{ site: 'A', replicas: 3, blocks: 60_000, bytes: 9e12, incomplete: 1 }],
      owners: [{ owner: '', blocks: 60_000, bytes: 9e12 }],
      statuses: [{ status: 'VALID', datasets: 3, blocks: 4, bytes: 9e11 }],
    };
    await expect(inventoryStatsText(stats)).toMatchFileSnapshot('golden/inventory-stats.txt');
    expect(JSON.parse(inventoryStatsJson(stats))).toMatchObject({
      completeness: 'partial',
      reason: 'a catalog did not answer',
      updatedAt: '2026-11-22T07:00:00Z',
    });
  });
});
