/** `stator simulate` as a user runs it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, test } from 'vitest';
import { readTree, scratch, stator, writeTree } from './stator.js';

const now = ['--now', '2026-07-01T00:00:00Z'];

const rules = `
apiVersion: stator/v1
kind: Federation
metadata: { name: test }
spec: { disposable: 'true' }
---
apiVersion: stator/v1
kind: Partition
metadata: { name: all }
spec: { match: 'true' }
---
apiVersion: stator/v1
kind: Site
metadata: { name: east }
spec: { storage: disk, quotas: { all: 100GB } }
---
apiVersion: stator/v1
kind: Site
metadata: { name: west }
spec: { storage: disk, quotas: { all: 1TB } }
---
apiVersion: stator/v1
kind: Placement
metadata: { name: west }
spec: { datasets: 'true', to: site.name == "west", copies: 1 }
---
apiVersion: stator/v1
kind: Retention
metadata: { name: disk }
spec:
  partition: all
  sites: 'true'
  trigger: site.occupancy > 0.90
  until: site.occupancy < 0.85
  order: [ { by: dataset.created, direction: asc } ]
  rules: [ { id: copied, action: dismiss, when: replica.otherFullCopies > 0 } ]
`;

/** Eight datasets of 10 GB at `east`, the last of them three days old. */
function bundle(): Record<string, string> {
  const rows = (table: (i: number) => object): string =>
    Array.from({ length: 8 }, (_, i) => `${JSON.stringify(table(i))}\n`).join('');
  const created = (i: number): string => new Date(Date.UTC(2026, 5, 21 + i)).toISOString();
  return {
    'datasets.jsonl': rows((i) => ({
      name: `/set/${i}`,
      status: 'VALID',
      type: 'data',
      open: false,
      created: created(i),
      lastUpdate: created(i),
      labels: {},
    })),
    'blocks.jsonl': rows((i) => ({
      dataset: `/set/${i}`,
      name: 'b',
      size: 10e9,
      files: 1,
      open: false,
      lastUpdate: created(i),
    })),
    'replicas.jsonl': rows((i) => ({
      dataset: `/set/${i}`,
      block: 'b',
      site: 'east',
      owner: 'ops',
      lastUpdate: created(i),
    })),
  };
}

async function federation(): Promise<{ readonly cwd: string; readonly input: readonly string[] }> {
  const cwd = await scratch();
  await writeTree(cwd, { 'rules/all.yaml': rules });
  await writeTree(join(cwd, 'bundle'), bundle());
  return { cwd, input: ['--desired', 'rules', '--inventory', 'bundle', ...now] };
}

interface Document {
  readonly days: readonly {
    readonly day: number;
    readonly totals: Readonly<Record<string, number>>;
    readonly sites: readonly {
      readonly site: string;
      readonly bytes: number;
      readonly partitions: readonly object[];
    }[];
  }[];
  readonly violations: readonly { readonly code: string; readonly site: string; readonly day: number }[];
  readonly assumptions: object;
}

describe('stator simulate', () => {
  test('fills a site on the day that can be told, and shows that retention begins', async () => {
    const { cwd, input } = await federation();
    // 80 GB, and 10 GB a day: 100 GB of 100 GB on day 2. By then all have a copy at west, and two go while one comes.
    const args = ['simulate', ...input, '--days', '5', '--assumptions', 'world.yaml', '--throughput', '10GB/s'];
    const { code, stdout, stderr } = await stator([...args, '--output', 'json'], { cwd: await withWorld(cwd, '10GB') });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const document = JSON.parse(stdout) as Document;
    const east = document.days.map((day) => day.sites.find(({ site }) => site === 'east')?.bytes);
    expect(east).toEqual([80e9, 90e9, 100e9, 90e9, 100e9, 90e9]);
    expect(document.days.map((day) => day.totals.arrived)).toEqual([0, 10e9, 10e9, 10e9, 10e9, 10e9]);
    expect(document.violations).toEqual([]);
  });

  test('text: days, sites, and what goes wrong first', async () => {
    const { cwd, input } = await federation();
    const { code, stdout, stderr } = await stator(
      ['simulate', ...input, '--days', '5', '--assumptions', 'world.yaml', '--throughput', '1kB/s'],
      { cwd: await withWorld(cwd, '15GB') },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Simulation of 5 days from 2026-07-01T00:00:00Z');
    // 80, 95, 110: nothing has a copy elsewhere, because hardly anything gets through.
    expect(stdout).toMatch(/^ *2 {2}2026-07-03 +110 GB/m);
    expect(stdout).toMatch(/^ *1 +watermark-unreachable +east /m);
    expect(stdout).toMatch(/^ *2 +over-quota +east +partition all holds 110 GB of 100 GB$/m);
  });

  test('the same command gives the same bytes, another seed others; ndjson has a line per day', async () => {
    const { cwd, input } = await federation();
    const run = async (...more: string[]): Promise<string> =>
      (await stator(['simulate', ...input, '--days', '20', '--arrival', '10GB/d', ...more], { cwd })).stdout;
    const once = await run('--output', 'json');
    expect(await run('--output', 'json')).toBe(once);
    expect(await run('--output', 'json', '--seed', '2')).not.toBe(once);
    const lines = (await run('--output', 'ndjson')).trimEnd().split('\n');
    const records = lines.map((line) => (JSON.parse(line) as { readonly record: string }).record);
    expect(records.slice(0, 22)).toEqual(['header', ...Array.from({ length: 21 }, () => 'day')]);
  });

  test('draws a chart, as SVG or as PNG', async () => {
    const { cwd, input } = await federation();
    for (const file of ['chart.svg', 'chart.PNG']) {
      const { code, stderr } = await stator(['simulate', ...input, '--days', '3', '--chart', file], { cwd });
      expect({ code, stderr }).toEqual({ code: 0, stderr: `chart written to ${join(cwd, file)}\n` });
    }
    const svg = await readFile(join(cwd, 'chart.svg'), 'utf8');
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(new Resvg(svg).getBBox()).toMatchObject({ width: 1120, height: 640 });
    const png = await readFile(join(cwd, 'chart.PNG'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2240, 1280]);
  });

  test('changes no database: the file of the inventory stays as it is', async () => {
    const { cwd } = await federation();
    const database = ['--database', 'sqlite:stator.db'];
    expect((await stator(['inventory', 'import', 'bundle', ...database], { cwd })).code).toBe(0);
    const before = await readTree(cwd);
    const args = ['simulate', '--desired', 'rules', ...database, ...now, '--days', '3', '--output', 'json'];
    const { code, stdout, stderr } = await stator(args, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect((JSON.parse(stdout) as Document).days).toHaveLength(4);
    expect(digestOf(await readTree(cwd))).toEqual(digestOf(before));
  });

  test('with --arrival none and --demand-half-life never, nothing happens by itself', async () => {
    const { cwd, input } = await federation();
    const still = ['--arrival', 'none', '--demand-half-life', 'never', '--output', 'json'];
    const { stdout } = await stator(['simulate', ...input, '--days', '2', ...still], { cwd });
    const { assumptions, days } = JSON.parse(stdout) as Document;
    expect(assumptions).toMatchObject({ arrivals: [], demandHalfLifeSeconds: null });
    expect(days.map(({ totals }) => totals.arrived)).toEqual([0, 0, 0]);
  });

  test('says what is wrong with the command line, before anything is worked out', async () => {
    const { cwd, input } = await federation();
    const refused = async (...more: string[]): Promise<{ code: number | null; stderr: string }> => {
      const { code, stdout, stderr } = await stator(['simulate', ...input, ...more], { cwd });
      expect(stdout).toBe('');
      return { code, stderr };
    };
    expect(await refused('--chart', 'chart.gif')).toEqual({
      code: 4,
      stderr: `error: a chart cannot be written as ${join(cwd, 'chart.gif')}; name a file that ends in .svg or .png\n`,
    });
    for (const wrong of [
      ['--days', '0'],
      ['--step', 'daily'],
      ['--arrival', '5TB'],
      ['--throughput', 'fast'],
      ['--seed', 'x'],
      ['--demand-half-life', 'soon'],
      ['--output', 'markdown'],
    ]) {
      const { code, stderr } = await refused(...wrong);
      expect(code, wrong.join(' ')).toBe(4);
      expect(stderr).toMatch(/^error: .*; see `stator simulate --help`\n$/);
    }
    const { code, stderr } = await refused('--chart', 'no/such/chart.svg');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot write the chart: .*; check the path given with --chart\n$/);
  });

  test('what is to arrive must be like something', async () => {
    const { cwd } = await federation();
    const moved = rules.replaceAll('name: east', 'name: north').replaceAll('name: west', 'name: south');
    await writeTree(cwd, { 'moved/all.yaml': moved.replace('"west"', '"south"') });
    const args = ['simulate', '--desired', 'moved', '--inventory', 'bundle', ...now, '--arrival', '1GB/d'];
    const { code, stderr } = await stator(args, { cwd });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'error: nothing in the inventory is like what is to arrive as `all`, at a site that is ready; say `named`, `at` and `datasetSize` of it in the file given with --assumptions, or let nothing arrive: --arrival none\n',
    });
  });
});

/** A dataset of this size a day at `east`. */
async function withWorld(cwd: string, size: string): Promise<string> {
  const stream = `{ name: all, rate: ${size}/d, at: site.name == "east", named: "/new/{n}", datasetSize: ${size} }`;
  return writeTree(cwd, { 'world.yaml': `arrivals:\n  - ${stream}\n` });
}

function digestOf(tree: Record<string, string>): string {
  return createHash('sha256').update(JSON.stringify(tree)).digest('hex');
}
