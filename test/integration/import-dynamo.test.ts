/** `stator import dynamo` on real files: what it writes is valid beside an operator's documents, and decides as the original. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import type { ImportReport } from '../../src/import/index.js';
import { firstPass } from '../unit/import/dynamo-reference.js';
import { companions, type DynamoWorld, toInventory } from '../unit/import/dynamo-world.js';

const fixtures = fileURLToPath(new URL('../fixtures/dynamo', import.meta.url));
const now = '2026-07-01T00:00:00Z';
const everything = [
  ...['--policy', 'disk.txt', 'validation.txt', 'greedy.txt', '--partitions', 'partitions.txt'],
  ...['--enforcer', 'enforcer.json', '--locks', 'locks.tsv', '--protected-sites', 'T0_CH_F_MSS,T1_US_A_Disk'],
];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stator-import-'));
  await cp(fixtures, directory, { recursive: true });
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function collector(): { readonly stream: Writable; text(): string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

async function stator(...args: readonly string[]) {
  const out = collector();
  const err = collector();
  const seconds = Date.parse(now) / 1000;
  const host = { out: out.stream, err: err.stream, directory, environment: {}, now: () => seconds };
  const code = await runCommandLine([...args], host);
  return { code, stdout: out.text(), stderr: err.text() };
}

const importAll = (...more: readonly string[]) =>
  stator('import', 'dynamo', ...everything, '--out', 'rules', '--now', now, ...more);

describe.each([
  ['as it was meant', []],
  ['as observed', ['--as-observed']],
  ['with last copies', ['--trust-last-copy']],
])('%s', (_, flags) => {
  test('what is written is valid beside sites, groups and a Federation', async () => {
    expect(await importAll(...flags)).toMatchObject({ code: 0, stderr: '' });
    expect((await readdir(join(directory, 'rules'))).sort()).toEqual([
      'locks.yaml',
      'partitions.yaml',
      'placements-enforcer.yaml',
      'retention-disk.yaml',
      'retention-greedy.yaml',
      'retention-validation.yaml',
    ]);
    await cp(join(directory, 'beside.yaml'), join(directory, 'rules/beside.yaml'));
    const { code, stdout, stderr } = await stator('validate', 'rules', '--output', 'json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).errors).toBe(0);
    expect(code).toBe(0);
  });

  test('the same again replaces nothing by anything else', async () => {
    await importAll(...flags);
    const before = await readFile(join(directory, 'rules/retention-disk.yaml'), 'utf8');
    expect((await importAll(...flags)).code).toBe(0);
    expect(await readFile(join(directory, 'rules/retention-disk.yaml'), 'utf8')).toBe(before);
  });
});

test.each([
  ['meant', []],
  ['observed', ['--as-observed']],
])('the main policy reads as if a person had written it: as %s', async (name, flags) => {
  await importAll(...flags);
  const written = await readFile(join(directory, 'rules/retention-disk.yaml'), 'utf8');
  await expect(written).toMatchFileSnapshot(join(fixtures, `expected/disk-as-${name}.yaml`));
});

test('placements and locks read so too', async () => {
  await importAll();
  for (const name of ['placements-enforcer', 'locks']) {
    const written = await readFile(join(directory, `rules/${name}.yaml`), 'utf8');
    await expect(written).toMatchFileSnapshot(join(fixtures, `expected/${name}.yaml`));
  }
});

describe('the report', () => {
  test('tells every line of every file, in text and as JSON', async () => {
    const { stdout } = await importAll('--output', 'json', '--report', 'report.txt');
    const report = JSON.parse(stdout) as ImportReport & { readonly kind: string };
    expect(report).toMatchObject({ kind: 'ImportReport', mode: 'as-meant', clock: now });
    for (const name of ['disk.txt', 'validation.txt', 'greedy.txt', 'partitions.txt', 'locks.tsv']) {
      const lines = (await readFile(join(directory, name), 'utf8')).split('\n');
      const wanted = lines.flatMap((line, index) => (line.trim() === '' ? [] : [index + 1]));
      const told = report.lines.filter(({ file }) => file === name);
      expect(told.map(({ line }) => line)).toEqual(wanted);
      expect(told.every(({ line, text }) => lines[line - 1]?.trim() === text)).toBe(true);
    }
    const { carried, 'carried-with-difference': different, 'not-carried': dropped } = report.counts;
    expect(carried + different + dropped).toBe(report.lines.length);
    for (const { outcome, remarks, became } of report.lines) {
      expect(remarks.length === 0).toBe(outcome === 'carried');
      expect(became === null).toBe(outcome === 'not-carried');
    }
    const text = await readFile(join(directory, 'report.txt'), 'utf8');
    for (const { file, line, column, remarks } of report.lines) {
      expect(text).toContain(`${file}:${line}:${column}: `);
      for (const remark of remarks) expect(text).toContain(remark);
    }
  });

  test('goes to a file whole, and the result tells the differences', async () => {
    const { stdout } = await importAll('--report', 'report.json');
    const report = JSON.parse(await readFile(join(directory, 'report.json'), 'utf8')) as ImportReport;
    expect(report.lines.length).toBeGreaterThan(80);
    expect(stdout).toContain('disk.txt:22:1: carried, differs -> Retention disk, rule l22:');
    expect(stdout).not.toContain(': carried ->');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ lines carried, \d+ with a difference, 1 not carried;/);
  });

  test('says what last copies need', async () => {
    const { stdout } = await importAll('--trust-last-copy');
    expect(stdout).toContain('Federation.spec.disposable holds: it has to cover');
  });
});

test('lists of names are files of their own, and replaced like the rest', async () => {
  const names = Array.from({ length: 50 }, (_, i) => `/Primary${i}/Run2025A-v1/AOD`);
  const policy = (list: readonly string[]): string =>
    `Partition Physics\nOn always\nWhen never\nUntil always\nProtect dataset.name in [${list.join(' ')}]\nDismiss\n`;
  const only = ['--policy', 'list.txt', '--partitions', 'partitions.txt', '--out', 'rules'];
  for (const list of [names, names.slice(0, 40)]) {
    await writeFile(join(directory, 'list.txt'), policy(list));
    expect(await stator('import', 'dynamo', ...only)).toMatchObject({ code: 0, stderr: '' });
    const written = await readFile(join(directory, 'rules/names/list-l5.txt'), 'utf8');
    expect(written.split('\n').slice(1, -1)).toEqual(list);
  }
  await cp(join(directory, 'beside.yaml'), join(directory, 'rules/beside.yaml'));
  expect((await stator('validate', 'rules')).code).toBe(0);
});

describe('nothing is written', () => {
  test('where a line of any file is broken; all errors are told with their places', async () => {
    await writeFile(join(directory, 'validation.txt'), 'Partition Validation\nOn nowhere\nProtekt\n');
    await writeFile(join(directory, 'locks.tsv'), 'item\texpiration_date\n/A/B/C\tsoon\n');
    const { code, stdout, stderr } = await importAll('--report', 'report.json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^error: expected a time .*; locks\.tsv:2:8$/),
      expect.stringMatching(/^error: unknown variable `nowhere` here; validation\.txt:2:4$/),
      expect.stringMatching(/^error: `Protekt` is no directive; validation\.txt:3:1; did you mean `Protect`\?$/),
    ]);
    await expect(readdir(join(directory, 'rules'))).rejects.toThrow('ENOENT');
    await expect(readFile(join(directory, 'report.json'))).rejects.toThrow('ENOENT');
  });

  test('where a file cannot be read', async () => {
    const { code, stderr } = await stator('import', 'dynamo', '--policy', 'none.txt', '--out', 'rules');
    expect(code).toBe(1);
    expect(stderr).toContain('none.txt');
  });

  test("over an operator's file", async () => {
    await importAll();
    await writeFile(join(directory, 'rules/partitions.yaml'), '# mine\n');
    const { code, stderr } = await importAll('--as-observed');
    expect(code).toBe(1);
    expect(stderr).toContain('partitions.yaml');
    expect(await readFile(join(directory, 'rules/partitions.yaml'), 'utf8')).toBe('# mine\n');
    expect(await readFile(join(directory, 'rules/retention-disk.yaml'), 'utf8')).toContain('as it was meant');
  });

  test('where nothing is named to import', async () => {
    expect(await stator('import', 'dynamo', '--out', 'rules')).toMatchObject({ code: 4 });
    expect(await stator('import', 'dynamo', '--policy', 'disk.txt')).toMatchObject({ code: 4 });
  });
});

test('a plan of the imported policy decides as the original, as a file of decisions', async () => {
  const seconds = Date.parse(now) / 1000;
  const ago = (days: number): number => seconds - days * 86_400;
  const block = (name: string, owner: string | null, age: number, complete = true) => ({
    name,
    owner,
    complete,
    lastUpdate: ago(age),
  });
  const facts = {
    ...{
      status: 'VALID' as const,
      lastUpdate: ago(300),
      lastAccess: 0,
      accesses: 0,
      usageRank: 300,
      demand: 0,
      release: '1_0_0',
    },
    ...{ latest: false, unknown: false, tapeRequested: false, copyRequested: false },
    blocks: [
      { name: 'b1', size: 1000 },
      { name: 'b2', size: 500 },
    ],
  };
  const world: DynamoWorld = {
    groups: ['AnalysisOps', 'DataOps'],
    sites: [
      { name: 'T1_US_A_Disk', status: 'READY', storage: 'DISK' },
      { name: 'T2_US_B', status: 'WAITROOM', storage: 'DISK' },
      { name: 'T2_DE_D', status: 'MORGUE', storage: 'DISK' },
      { name: 'T0_CH_F_MSS', status: 'READY', storage: 'MSS' },
    ],
    datasets: [
      {
        ...facts,
        name: '/EGamma/Run2025A-v1/AOD',
        replicas: [
          { site: 'T1_US_A_Disk', blocks: [block('b1', 'AnalysisOps', 90), block('b2', 'DataOps', 90)] },
          { site: 'T2_US_B', blocks: [block('b1', 'AnalysisOps', 90), block('b2', 'AnalysisOps', 90, false)] },
        ],
      },
      {
        ...facts,
        name: '/Muon/Run2025A-v1/RAW',
        replicas: [
          { site: 'T2_DE_D', blocks: [block('b1', 'DataOps', 10), block('b2', 'DataOps', 90)] },
          { site: 'T0_CH_F_MSS', blocks: [block('b1', null, 10)] },
        ],
      },
      {
        ...facts,
        name: '/Old/Run2015A-v1/AOD',
        status: 'DEPRECATED',
        replicas: [{ site: 'T2_DE_D', blocks: [block('b1', 'AnalysisOps', 900), block('b2', 'AnalysisOps', 900)] }],
      },
    ],
  };
  const policy = (await readFile(join(directory, 'disk.txt'), 'utf8'))
    // A date that ends a rule fails in the original.
    .replace(/ until .*/, '');
  await writeFile(join(directory, 'disk.txt'), policy);
  const only = [
    '--policy',
    'disk.txt',
    '--partitions',
    'all.txt',
    '--locks',
    'locks.tsv',
    '--out',
    'rules',
    '--now',
    now,
  ];
  await writeFile(join(directory, 'all.txt'), 'Physics: site.name == *\n');
  expect(await stator('import', 'dynamo', ...only, '--as-observed', '--protected-sites', 'T0_CH_F_MSS')).toMatchObject({
    code: 0,
  });
  await writeFile(join(directory, 'rules/beside.yaml'), companions(world));
  await writeBundle(world);
  const planned = await stator(
    ...['plan', '--desired', 'rules', '--inventory', 'bundle', '--now', now, '--decisions', 'decisions.tsv'],
  );
  expect(planned.stderr).toBe('');

  const [header, ...rows] = (await readFile(join(directory, 'decisions.tsv'), 'utf8')).trimEnd().split('\n');
  expect(header).toBe('retention\tsite\tdataset\trule\tdecision\tblocks\tbytes');
  expect(rows.map((row) => row.split('\t').slice(1).join(' ')).sort()).toEqual(
    firstPass({
      world,
      policy,
      enforcer: null,
      locks: [
        { item: '/EGamma/Run2025A-v1/AOD', sites: 'T2_*', groups: '' },
        { item: '/Muon/*/AOD', sites: '', groups: '' },
        { item: '/Muon/Run2025A-v1/MINI#b1', sites: '*', groups: 'DataOps' },
      ],
      protectedSites: ['T0_CH_F_MSS'],
      now: seconds,
    }),
  );
  expect(rows.length).toBeGreaterThan(3);
});

async function writeBundle(world: DynamoWorld): Promise<void> {
  const { datasets, blocks, replicas } = toInventory(world);
  const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const bundle = join(directory, 'bundle');
  const usage = datasets.map(({ name, lastAccess, accesses, usageRank, demand }) => ({
    dataset: name,
    lastAccess,
    accesses,
    usageRank,
    demand,
  }));
  const facts = datasets.map(({ lastAccess: _a, accesses: _b, usageRank: _c, demand: _d, ...rest }) => rest);
  await cp(fixtures, bundle, { recursive: true, filter: (path) => path === fixtures });
  await writeFile(join(bundle, 'datasets.jsonl'), lines(facts));
  await writeFile(join(bundle, 'blocks.jsonl'), lines(blocks));
  await writeFile(join(bundle, 'replicas.jsonl'), lines(replicas.map(({ managed: _, ...row }) => row)));
  await writeFile(join(bundle, 'usage.jsonl'), lines(usage));
}

test('a campaign of thousands of lines is imported and valid within two seconds of work', async () => {
  const rules = Array.from({ length: 4000 }, (_, i) =>
    i % 5 === 0
      ? `Delete dataset.name == /Primary${i}_*/Run${i % 7}-v1/GEN-SIM`
      : `Dismiss dataset.name == /Primary${i}_TuneCP5_13TeV-pythia8/Run${i % 7}-106X_realistic-v1/AODSIM`,
  );
  const campaign = [
    'Partition Physics',
    'On site.storage_type == DISK',
    'When always',
    'Until never',
    ...rules,
    'Protect',
    'Order none',
  ];
  await writeFile(join(directory, 'campaign.txt'), `${campaign.join('\n')}\n`);
  const only = [
    '--policy',
    'campaign.txt',
    '--partitions',
    'partitions.txt',
    '--out',
    'rules',
    '--report',
    'report.json',
  ];

  const before = process.cpuUsage();
  expect((await stator('import', 'dynamo', ...only)).code).toBe(0);
  expect(seconds(process.cpuUsage(before))).toBeLessThan(2);
  await cp(join(directory, 'beside.yaml'), join(directory, 'rules/beside.yaml'));
  const beforeValidation = process.cpuUsage();
  expect((await stator('validate', 'rules')).code).toBe(0);
  expect(seconds(process.cpuUsage(beforeValidation))).toBeLessThan(4);

  const text = await readFile(join(directory, 'rules/retention-campaign.yaml'), 'utf8');
  expect(text.match(/- id: l\d+/g)).toHaveLength(4000);
});

/** Work of the process, which other programs on the machine do not change. */
function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}
