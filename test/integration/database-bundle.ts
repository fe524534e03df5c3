/** Bundles for tests: rows as objects, written in any of the forms a bundle may have. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach } from 'vitest';
import type { BundleFormat, BundleTable } from '../../src/snapshot/index.js';

type Row = Readonly<Record<string, unknown>>;
export type Inventory = Readonly<Partial<Record<BundleTable, readonly Row[]>>>;

export interface BundleForm {
  readonly format?: BundleFormat;
  readonly gzip?: boolean;
}

/** Directories that are removed after each test. */
export function temporaryDirectories(): (name: string) => string {
  const roots: string[] = [];
  afterEach(() => {
    for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
  });
  return (name) => {
    const root = mkdtempSync(join(tmpdir(), 'stator-bundle-'));
    roots.push(root);
    return join(root, name);
  };
}

/** Writes a bundle and returns its directory. */
export function writeBundle(directory: string, inventory: Inventory, form: BundleForm = {}): string {
  mkdirSync(directory, { recursive: true });
  for (const [table, rows] of Object.entries(inventory)) {
    const text = bundleText(rows, form.format ?? 'jsonl');
    const name = `${table}.${form.format ?? 'jsonl'}`;
    if (form.gzip === true) writeFileSync(join(directory, `${name}.gz`), gzipSync(text));
    else writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** The file of a table. */
export function bundleText(rows: readonly Row[], format: BundleFormat): string {
  return format === 'tsv' ? tsv(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function tsv(rows: readonly Row[]): string {
  const flat = rows.map(({ labels, ...row }) => ({
    ...row,
    ...Object.fromEntries(Object.entries((labels ?? {}) as Row).map(([key, value]) => [`labels.${key}`, value])),
  }));
  const columns = [...new Set(flat.flatMap((row) => Object.keys(row)))];
  const cell = (value: unknown) =>
    value === undefined || value === null ? '\\N' : Array.isArray(value) ? JSON.stringify(value) : String(value);
  return [
    columns.join('\t'),
    ...flat.map((row: Row) => columns.map((column) => cell(row[column])).join('\t')),
    '',
  ].join('\n');
}

/** The same rows in another order; the same seed gives the same order. */
export function shuffled(inventory: Inventory, seed: number): Inventory {
  const random = generator(seed);
  return Object.fromEntries(
    Object.entries(inventory).map(([table, rows]) => {
      const order = rows.map((row) => ({ row, key: random() }));
      return [table, order.sort((a, b) => a.key - b.key).map(({ row }) => row)];
    }),
  );
}

const statuses = ['VALID', 'PRODUCTION', 'DEPRECATED', 'INVALID', 'DELETED', 'IGNORED', 'UNKNOWN'];

/** Names with everything that a database, a text format or a sort order could get wrong. */
const oddNames = [
  '/plain/name/RAW',
  '/Plain/name/RAW',
  '/plain/name/RAW ',
  ' leading',
  '/back\\slash/\\n/\\N',
  "/quote\"s/'single'/`tick`",
  '/percent%_under/[set]*',
  '/ümlaut/ﬀ/e\u0301/é',
  '/astral/\u{1f600}/\uffee',
  '/comma,tab no/semi;colon#hash',
  '__proto__',
  '0',
];

/** An inventory with every column used, absent or at its limit. */
export function sampleInventory(seed: number, datasetCount = 30): Inventory {
  const random = generator(seed);
  const chance = (p: number) => random() < p;
  const below = (n: number) => Math.floor(random() * n);
  const time = () => (chance(0.2) ? 1_500_000_000 + below(1e8) + 0.125 : 1_500_000_000 + below(1e8));
  const sites = ['T0', 'T1 A', 'T1_Ä', "T2'x", 'T2\\y', 'T3'];
  const owners = ['', 'AnalysisOps', 'Data Ops', 'jets\\muons'];
  const datasets: Row[] = [];
  const blocks: Row[] = [];
  const files: Row[] = [];
  const replicas: Row[] = [];
  const subscriptions: Row[] = [];
  const usage: Row[] = [];
  for (let d = 0; d < datasetCount; d++) {
    const dataset = oddNames[d] ?? `/primary${d}/processed-v${below(5)}/TIER${below(3)}`;
    datasets.push({
      name: dataset,
      status: statuses[below(statuses.length)],
      type: chance(0.5) ? 'mc' : null,
      open: chance(0.3),
      created: time(),
      lastUpdate: chance(0.5) ? time() : null,
      ...(chance(0.8) ? { labels: { tier: `T${below(4)}`, 'odd key': chance(0.5) ? 'a\\b "c"' : null } } : {}),
      tapeRequested: chance(0.1),
      copyRequested: chance(0.1),
    });
    const blockCount = below(6);
    for (let b = 0; b < blockCount; b++) {
      const block = `block ${b}\\${below(3)}`;
      const fileCount = below(4);
      const sizes = Array.from({ length: fileCount }, () => below(1e12));
      const size = d === 0 && b === 0 ? Number.MAX_SAFE_INTEGER : sizes.reduce((sum, s) => sum + s, 0);
      blocks.push({
        dataset,
        name: block,
        size,
        files: chance(0.5) ? fileCount : null,
        open: chance(0.2),
        lastUpdate: chance(0.7) ? time() : null,
      });
      const names = sizes.map((fileSize, f) => {
        const name = `/store/${d}/${b}/file ${f}'s\\n.root`;
        files.push({
          dataset,
          block,
          name,
          size: fileSize,
          adler32: chance(0.7)
            ? below(2 ** 32)
                .toString(16)
                .padStart(8, '0')
            : null,
          md5: chance(0.3) ? 'd41d8cd98f00b204e9800998ecf8427e' : null,
        });
        return name;
      });
      for (const site of sites) {
        if (!chance(0.4)) continue;
        const complete = chance(0.8);
        const present = names.filter(() => chance(0.5));
        replicas.push({
          dataset,
          block,
          site,
          owner: owners[below(owners.length)],
          ...(complete ? {} : { size: Math.floor(size * random()), complete, fileNames: chance(0.7) ? present : null }),
          custodial: chance(0.1),
          lastUpdate: chance(0.5) ? time() : null,
        });
      }
    }
    if (chance(0.3)) {
      subscriptions.push({ dataset, site: sites[below(6)], owner: owners[below(4)], growing: chance(0.8) });
    }
    if (chance(0.6)) {
      usage.push({
        dataset,
        lastAccess: time(),
        accesses: random() * 100,
        usageRank: random() * 200 - 50,
        demand: 0.1 + 0.2 * random(),
      });
    }
  }
  return { datasets, blocks, files, replicas, subscriptions, usage };
}

/** Mulberry32: numbers from 0 to below 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
