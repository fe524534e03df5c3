import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate, type Scene } from '../../../bench/generate.js';
import { compileDesired } from '../../../src/desired/index.js';

let dir: string;
let scene: Scene;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stator-generate-'));
  scene = generate(join(dir, 'one'), { seed: 7, blockReplicas: 100_000 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

function rowsOf(table: string): readonly (readonly string[])[] {
  const lines = readFileSync(join(scene.inventory, `${table}.tsv`), 'utf8').split('\n');
  return lines.slice(1, -1).map((line) => line.split('\t'));
}

function statesOf(folder: string) {
  const files = readdirSync(folder).map((path) => ({ path, bytes: readFileSync(join(folder, path)) }));
  const source = {
    commit: null,
    tree: null,
    ref: null,
    author: null,
    committedAt: null,
    signature: 'unchecked',
  } as const;
  return compileDesired(files, source);
}

describe('benchmark inventory', () => {
  test('is the same for the same seed, and another for another', () => {
    const again = generate(join(dir, 'two'), { seed: 7, blockReplicas: 100_000 });
    const other = generate(join(dir, 'three'), { seed: 8, blockReplicas: 100_000 });
    const foldersOf = ({ inventory, desired }: Scene): string[] => [inventory, ...Object.values(desired)];
    for (const [i, folder] of foldersOf(scene).entries()) {
      expect(hashOf(foldersOf(again)[i] ?? '')).toBe(hashOf(folder));
      expect(hashOf(foldersOf(other)[i] ?? '')).not.toBe(hashOf(folder));
    }
  });

  test('has the size that was asked for', () => {
    const { datasets, blocks, blockReplicas } = scene.figures;
    expect(rowsOf('datasets')).toHaveLength(datasets);
    expect(rowsOf('blocks')).toHaveLength(blocks);
    expect(rowsOf('replicas')).toHaveLength(blockReplicas);
    expect(blockReplicas).toBeGreaterThanOrEqual(100_000);
    expect(blockReplicas).toBeLessThan(120_000);
    expect(blocks / datasets).toBeGreaterThan(18);
    expect(blocks / datasets).toBeLessThan(22);
  });

  test('has 12 % partial and 3 % incomplete replicas, 1 to 4 copies, and no name twice', () => {
    const blocksOf = new Map<string, number>();
    for (const [dataset = ''] of rowsOf('blocks')) blocksOf.set(dataset, (blocksOf.get(dataset) ?? 0) + 1);
    const replicas = new Map<string, { dataset: string; blocks: number; complete: boolean }>();
    for (const [dataset = '', , site = '', , , complete] of rowsOf('replicas')) {
      const replica = replicas.get(`${dataset} ${site}`) ?? { dataset, blocks: 0, complete: true };
      replica.blocks++;
      replica.complete &&= complete === 'true';
      replicas.set(`${dataset} ${site}`, replica);
    }
    const all = [...replicas.values()];
    const share = (test: (replica: (typeof all)[number]) => boolean) => all.filter(test).length / all.length;
    expect(share((r) => r.complete && r.blocks < (blocksOf.get(r.dataset) ?? 0))).toBeCloseTo(0.12, 1.5);
    expect(share((r) => !r.complete)).toBeCloseTo(0.03, 1.9);

    const copies = new Map<string, number>();
    for (const { dataset } of all) copies.set(dataset, (copies.get(dataset) ?? 0) + 1);
    expect([...new Set(copies.values())].sort()).toEqual([1, 2, 3, 4]);
    expect(copies.size).toBe(blocksOf.size);
    expect(new Set(rowsOf('datasets').map(([name]) => name)).size).toBe(scene.figures.datasets);
  });

  test('fills its sites to between .55 and 1.05 of their quotas', () => {
    const { state, diagnostics } = statesOf(scene.desired.retention);
    expect(diagnostics.filter((diagnostic) => diagnostic.severity === 'error')).toEqual([]);
    const disks = state?.sites.filter((site) => site.storage === 'disk') ?? [];
    const tapes = state?.sites.filter((site) => site.storage === 'tape') ?? [];
    expect([disks.length, tapes.length]).toEqual([92, 8]);
    const occupancies = disks.map((site) => {
      const used = scene.figures.usedBySite.get(site.name)?.others ?? 0;
      return used / (site.quotas.get('main') ?? 0);
    });
    expect(Math.min(...occupancies)).toBeGreaterThan(0.54);
    expect(Math.max(...occupancies)).toBeLessThan(1.06);
    expect(occupancies.filter((occupancy) => occupancy > 0.9).length).toBeGreaterThan(10);
  });
});

test('the other benchmark rules compile: static mode, a campaign of 4,006 lines, and a placement of named datasets', () => {
  const [fixed, campaign, datasets] = (['static', 'campaign', 'datasets'] as const).map((rules) => {
    const { state, diagnostics } = statesOf(scene.desired[rules]);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    return state;
  });
  expect(fixed?.retentions.map(({ mode }) => mode)).toEqual(['static']);
  expect(campaign?.retentions.flatMap(({ rules }) => rules)).toHaveLength(4006 + 22);
  expect(datasets?.placements.map(({ copies }) => copies)).toEqual([2]);
  expect(datasets?.sites.filter(({ name }) => name.startsWith('T3_'))).toHaveLength(20);
});

test('the benchmark rules compile: 22 for retention, and 20 placements beside them', () => {
  const retention = statesOf(scene.desired.retention);
  const placement = statesOf(scene.desired.placement);
  expect(retention.diagnostics.map(({ message }) => message)).toEqual([]);
  expect(placement.diagnostics.map(({ message }) => message)).toEqual([]);
  expect(retention.state?.retentions.flatMap(({ rules }) => rules)).toHaveLength(22);
  expect(placement.state?.placements).toHaveLength(20);
});
