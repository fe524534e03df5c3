/** `--assumptions FILE` and the options beside it, as a simulation is given them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AssumptionOptions, loadAssumptions } from '../../../src/cli/assumptions.js';
import { errorLines } from '../../../src/cli/error-lines.js';
import type { Assumptions } from '../../../src/simulation/index.js';
import { desired, site } from '../../scenarios/desired.js';
import { days } from '../../scenarios/inventory.js';

const state = desired(
  site('X'),
  `
  kind: Selector
  metadata: { name: raw }
  spec: { scope: dataset, when: dataset.labels.tier == "RAW" }
  `,
);
const options: AssumptionOptions = { templates: days(30), demandHalfLife: days(30) };

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stator-assumptions-'));
  file = join(directory, 'assumptions.yaml');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function load(text: string, more: Partial<AssumptionOptions> = {}): Promise<Assumptions> {
  await writeFile(file, text);
  return loadAssumptions(file, { ...options, ...more }, state);
}

/** The lines that a user sees. */
async function refused(text: string, more: Partial<AssumptionOptions> = {}): Promise<string[]> {
  const error = await load(text, more).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).not.toBeNull();
  return errorLines(error).map((line) => line.replaceAll(directory, '.'));
}

test('without a file: what came lately, and links of 100 MB/s', async () => {
  const assumptions = await loadAssumptions(null, options, state);
  expect(assumptions.arrivals).toMatchObject([{ name: 'all', rate: 'recent', like: null, at: null }]);
  expect(assumptions.throughput).toEqual({ default: 1e8, links: [] });
  expect(assumptions).toMatchObject({ templateWindow: days(30), demandHalfLife: days(30), approveAll: false });
  expect((await loadAssumptions(null, { ...options, arrival: 'none' }, state)).arrivals).toEqual([]);
});

test('a file says streams and links, and what it leaves out is left to the models', async () => {
  const { arrivals, throughput } = await load(`
throughput: 1GB/s
links:
  - { from: T0_*, throughput: 2TB/d }
  - { to: '*_Tape', throughput: 50MB/s }
arrivals:
  - name: raw
    rate: 20TB/d
    like: dataset.is("raw")
    at: site.name == "X"
    named: /Run{n}/{date}/RAW
    owner: ops
    status: PRODUCTION
    labels: { tier: RAW }
    datasetSize: 10TB
    blockSize: 500GB
  - { name: rest, rate: recent }
`);
  expect(throughput).toEqual({
    default: 1e9,
    links: [
      { from: 'T0_*', to: '*', rate: 2e12 / days(1) },
      { from: '*', to: '*_Tape', rate: 5e7 },
    ],
  });
  expect(arrivals).toMatchObject([
    {
      name: 'raw',
      rate: { bytes: 2e13, per: days(1) },
      like: { text: 'dataset.is("raw")' },
      at: { text: 'site.name == "X"' },
      named: '/Run{n}/{date}/RAW',
      owner: 'ops',
      status: 'PRODUCTION',
      labels: { tier: 'RAW' },
      datasetSize: 1e13,
      blockSize: 5e11,
    },
    { name: 'rest', rate: 'recent', like: null, at: null, named: null, owner: null, status: null, datasetSize: null },
  ]);
});

test('the option says what links carry, where both do', async () => {
  const { throughput } = await load('throughput: 1GB/s\n', { throughput: { bytes: 3, per: 2 } });
  expect(throughput.default).toBe(1.5);
});

describe('errors name the place', () => {
  test('of what the schema does not know', async () => {
    expect(await refused('throughput: fast\nlinks:\n  - { from: A }\narrival: []\n')).toEqual([
      'error: the file of assumptions setting `throughput` must be a rate such as `100MB/s` or `5TB/d`; ./assumptions.yaml:1:13; see `stator schema assumptions`',
      "error: the file of assumptions setting `links.0` must have required property 'throughput'; ./assumptions.yaml:3:5; see `stator schema assumptions`",
      'error: the file of assumptions has an unknown key `arrival`, did you mean `arrivals`?; ./assumptions.yaml:4:1; see `stator schema assumptions`',
    ]);
  });

  test('of sizes, rates and names that are none', async () => {
    const lines = await refused(
      'arrivals:\n  - { name: a, rate: 5TB, named: /x, datasetSize: 0TB }\n  - { name: b, rate: lately, status: NEW }\n',
    );
    expect(lines.map((line) => line.replace(/; see `.*$/, '').replace('the file of assumptions setting ', ''))).toEqual(
      [
        'error: `arrivals.0.rate` must be a rate such as `100MB/s` or `5TB/d`; ./assumptions.yaml:2:22',
        'error: `arrivals.0.named` must have `{n}` in it, which becomes a running number; ./assumptions.yaml:2:34',
        'error: `arrivals.0.datasetSize` must be a size such as `50GB` or `10TB`; ./assumptions.yaml:2:51',
        'error: `arrivals.1.rate` must be a rate such as `100MB/s` or `5TB/d`; ./assumptions.yaml:3:22',
        'error: `arrivals.1.status` must be one of VALID, PRODUCTION, DEPRECATED, INVALID, DELETED, IGNORED, UNKNOWN; ./assumptions.yaml:3:38',
      ],
    );
  });

  test('within a condition, whatever the quotes', async () => {
    const lines = await refused(
      [
        'arrivals:',
        '  - name: a',
        '    rate: recent',
        "    like: 'dataset.sise > 5'",
        '    at: |',
        '      site.name == "X" &&',
        '        site.storage == 3',
        '  - { name: b, rate: recent, like: dataset.is("cooked") }',
        '',
      ].join('\n'),
    );
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^error: `like`: .*sise.*; \.\/assumptions\.yaml:4:\d+/);
    expect(lines[1]).toMatch(/^error: `at`: .*; \.\/assumptions\.yaml:7:\d+/);
    expect(lines[2]).toBe(
      'error: there is no Selector `cooked` with `scope: dataset`; ./assumptions.yaml:8:47; declare it, or correct the name',
    );
  });

  test('of YAML that is none, and of a file that is not there', async () => {
    expect(await refused('arrivals: [\n')).toHaveLength(1);
    const missing = await loadAssumptions(join(directory, 'no.yaml'), options, state).catch((error: unknown) => error);
    expect(errorLines(missing)[0]).toMatch(/^error: cannot read the file of assumptions: ENOENT.*--assumptions$/);
  });

  test('what arrives is not said twice', async () => {
    expect(await refused('arrivals: []\n', { arrival: 'recent' })).toEqual([
      'error: what arrives is said twice; leave out --arrival, or `arrivals` in the file of assumptions',
    ]);
  });
});
