/** The federations in `examples/`: they compile without a word, and plan a generated inventory without an error. */
import { describe, expect, test } from 'vitest';
import { compileDesired, type DesiredState } from '../../src/desired/index.js';
import { type Plan, plan } from '../../src/planning/index.js';
import { runPolicyTests } from '../../src/policy-test/index.js';
import { emptyMemory } from '../../src/snapshot/index.js';
import { readDirectory } from '../../src/source/index.js';
import { clock, type DatasetSpec, daysAgo, type InventorySpec, inventory, toSnapshot } from '../scenarios/inventory.js';

async function load(example: string): Promise<DesiredState> {
  const tree = await readDirectory(new URL(`../../examples/${example}`, import.meta.url).pathname);
  const { state, diagnostics } = compileDesired(tree.files, tree.source);
  expect(diagnostics).toEqual([]);
  if (state === null) throw new Error('it does not compile');
  return state;
}

function planOf(state: DesiredState, spec: InventorySpec): Plan {
  const snapshot = toSnapshot(inventory(spec), { takenAt: clock, memory: emptyMemory });
  return plan(state, snapshot, { clock }).plan;
}

/** A linear congruential generator (Knuth's constants): the same numbers every time. */
function numbers(seed: number): (below: number) => number {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return Number((state >> 33n) % BigInt(below));
  };
}

function cmsInventory(state: DesiredState, count: number): InventorySpec {
  const next = numbers(7);
  const pick = <T>(list: readonly T[]): T => list[next(list.length)] as T;
  const disks = state.sites.filter((site) => site.storage === 'disk').map((site) => site.name);
  const tapes = state.sites.filter((site) => site.storage === 'tape').map((site) => site.name);
  const tiers = ['RAW', 'RECO', 'AOD', 'AODSIM', 'MINIAOD', 'MINIAODSIM', 'NANOAODSIM', 'GEN-SIM', 'ALCARECO', 'USER'];
  const spec: Record<string, DatasetSpec> = {};
  for (let i = 0; i < count; i++) {
    const tier = pick(tiers);
    const primary = pick(['SingleMuon', 'HIHardProbes', 'RelValZMM', 'QCD_Pt-50', 'MinBias', 'DYJetsToLL_M-50']);
    const name = `/${primary}/Era${i}-v${1 + next(3)}/${tier}`;
    const owner = pick(['AnalysisOps', 'AnalysisOps', 'DataOps', 'RelVal', 'higgs', 'top']);
    const size = (1 + next(40)) * 1e12;
    const at: Record<string, object> = {};
    for (let copy = 0; copy <= next(4); copy++) {
      at[pick(disks)] = {
        owner,
        lastUpdate: daysAgo(next(900)),
        ...(next(8) === 0 ? { incomplete: { b2: 1e11 } } : {}),
        ...(next(10) === 0 ? { only: ['b1'] } : {}),
      };
    }
    if (next(3) > 0) at[pick(tapes)] = { owner: 'DataOps', custodial: true };
    const created = daysAgo(next(1200));
    spec[name] = {
      blocks: { b1: size / 2, b2: size / 2 },
      status: pick(['VALID', 'VALID', 'VALID', 'VALID', 'PRODUCTION', 'DEPRECATED', 'INVALID']),
      created,
      lastUpdate: created + next(20) * 86_400,
      lastAccess: next(3) === 0 ? 0 : daysAgo(next(700)),
      accesses: next(50),
      usageRank: next(700) - 50,
      demand: next(12),
      labels: { tier, ...(next(40) === 0 ? { unknown: 'true' } : {}) },
      at,
    };
  }
  return spec;
}

describe.each([
  ['cms', 8],
  ['lab', 1],
])('the PolicyTests of examples/%s', (name, count) => {
  test('all pass, live ones on a generated inventory', async () => {
    const state = await load(name);
    const live = toSnapshot(inventory(name === 'cms' ? cmsInventory(state, 300) : {}), {
      takenAt: clock,
      memory: emptyMemory,
    });
    const results = runPolicyTests(state, { clock, live });
    expect(results).toHaveLength(count);
    const failures = results.flatMap(({ assertions }) => assertions.flatMap((each) => each.failures));
    expect(failures).toEqual([]);
    expect(results.map(({ outcome }) => outcome)).toEqual(results.map(() => 'passed'));
  });
});

describe('examples/cms', () => {
  test('it has 60 sites and a main disk policy of 45 rules', async () => {
    const state = await load('cms');
    expect(state.sites).toHaveLength(60);
    expect(state.retentions.find(({ name }) => name === 'physics-disk')?.rules).toHaveLength(45);
  });

  test('it plans a generated inventory: every placement and most rules find something, nothing last is deleted', async () => {
    const state = await load('cms');
    const spec = cmsInventory(state, 3000);
    const result = planOf(state, spec);
    expect(result.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const rules = new Set(result.actions.map(({ rule }) => rule.name));
    for (const name of [
      'raw-on-two-tapes',
      'mini-in-america',
      'mini-in-europe',
      'physics-disk',
      'groups-to-analysis',
    ]) {
      expect(rules).toContain(name);
    }
    const lost = result.actions.filter(({ type, site, dataset, held }) => {
      if (type !== 'delete' || held !== null) return false;
      if (['DEPRECATED', 'INVALID'].includes(spec[dataset]?.status ?? '')) return false;
      return Object.keys(spec[dataset]?.at ?? {}).every((other) => other === site);
    });
    expect(lost).toEqual([]);
    for (const action of result.actions) {
      const tape = state.sites.find(({ name }) => name === action.site)?.storage === 'tape';
      if (action.type === 'delete' && tape) expect(action.held).not.toBeNull();
    }
  });

  test('it plans the same from the same', async () => {
    const state = await load('cms');
    const spec = cmsInventory(state, 300);
    expect(planOf(state, spec).digest).toBe(planOf(state, spec).digest);
  });
});

describe('examples/lab', () => {
  test('tape has everything, the bucket what was published, scratch goes for good', async () => {
    const state = await load('lab');
    const plan = planOf(state, {
      '/lab/run1': {
        size: 30e12,
        labels: { kind: 'raw' },
        lastAccess: daysAgo(400),
        at: { nas: { owner: 'lab' }, tape: { owner: 'lab' } },
      },
      '/lab/run2': {
        size: 30e12,
        labels: { kind: 'raw', published: 'true' },
        lastAccess: daysAgo(3),
        at: { nas: { owner: 'lab' } },
      },
      '/lab/tmp': { size: 15e12, labels: { kind: 'scratch' }, at: { nas: { owner: 'lab' } } },
    });
    const done = plan.actions.map(
      ({ type, dataset, site, held }) => `${type} ${dataset} ${site}${held === null ? '' : ` [${held.code}]`}`,
    );
    expect(done).toEqual([
      'copy /lab/run2 bucket',
      'copy /lab/run2 server',
      'copy /lab/run2 tape',
      'delete /lab/tmp nas',
    ]);
  });
});
