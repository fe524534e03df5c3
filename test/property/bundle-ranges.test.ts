/**
 * A bundle that is read in ranges, by several readers, gives the columns that one reader gives, and none where that one has
 * anything to say about it.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { divide, identityOf, readRange } from '../../src/database/file-range.js';
import { BlockRangeReader } from '../../src/snapshot/block-range.js';
import { BundleParts } from '../../src/snapshot/bundle-parts.js';
import { RowError } from '../../src/snapshot/bundle-row.js';
import {
  type BundleFile,
  type BundleFormat,
  type BundleProblem,
  BundleSnapshotSink,
  type BundleTable,
  readBundle,
  type Snapshot,
} from '../../src/snapshot/index.js';
import { ReplicaRangeReader } from '../../src/snapshot/replica-range.js';
import { headerIn } from '../../src/snapshot/text-lines.js';
import { bundleText, sampleInventory, shuffled } from '../integration/database-bundle.js';

const clock = 1_700_000_000;
const tables = ['datasets', 'usage', 'subscriptions', 'blocks', 'replicas'] as const;

type Texts = Readonly<Record<(typeof tables)[number], Buffer>>;

/** Something that happens to one line of one file. */
interface Damage {
  readonly table: (typeof tables)[number];
  /** Of its lines, as a share. */
  readonly line: number;
  readonly kind: 'cell' | 'twice' | 'missing' | 'blank' | 'byte' | 'return' | 'half';
  readonly value: string;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  table: fc.constantFrom(...tables),
  line: fc.double({ min: 0, max: 0.999, noNaN: true }),
  kind: fc.constantFrom('cell', 'cell', 'cell', 'twice', 'missing', 'blank', 'byte', 'return', 'half'),
  value: fc.constantFrom(
    '',
    '-1',
    '5',
    'true',
    'x',
    '"x"',
    '9007199254740993',
    'a\u0001b',
    'a\u007fb',
    '\\N',
    'null',
    '2026-01-01',
  ),
});

function damaged(text: Buffer, { line, kind, value }: Damage, format: BundleFormat, place: number): Buffer {
  const lines = text.toString('latin1').split('\n');
  const at = Math.floor(line * (lines.length - 1));
  const old = lines[at] ?? '';
  if (kind === 'twice') lines.splice(at, 0, old);
  else if (kind === 'missing') lines.splice(at, 1);
  else if (kind === 'blank') lines.splice(at, 0, '');
  else if (kind === 'byte') lines[at] = `${old.slice(0, place)}\xff${old.slice(place)}`;
  else if (kind === 'return') lines[at] = `${old}\r`;
  else if (kind === 'half') lines[at] = old.replace(/[a-z]/, format === 'jsonl' ? '\\ud800' : 'A');
  else if (format === 'tsv') {
    const cells = old.split('\t');
    cells[place % cells.length] = value;
    lines[at] = cells.join('\t');
  } else lines[at] = old.replace(/:[^,}]*([,}])/, `:${value}$1`);
  return Buffer.from(lines.join('\n'), 'latin1');
}

function filesOf(texts: Texts, format: BundleFormat, only: readonly BundleTable[]): BundleFile[] {
  return tables
    .filter((table) => only.includes(table))
    .map((table) => ({
      table,
      format,
      path: table,
      batches: (async function* () {
        yield texts[table];
      })(),
    }));
}

async function byOne(texts: Texts, format: BundleFormat): Promise<{ snapshot: Snapshot; problems: BundleProblem[] }> {
  const problems: BundleProblem[] = [];
  const sink = new BundleSnapshotSink(true);
  await readBundle(filesOf(texts, format, tables), sink, {
    allowEmpty: false,
    skipInvalid: false,
    onProblem: (problem) => problems.push(problem),
  });
  return { snapshot: sink.snapshot(clock), problems };
}

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stator-ranges-'));
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Reads a file as threads do; null where they could not. */
function inRanges<Range>(
  text: Buffer,
  format: BundleFormat,
  count: number,
  chunk: number,
  make: (header: string | null) => { read(lines: Buffer, first: boolean): void; finish(): Range },
): Range[] | null {
  const path = join(directory, 'table');
  writeFileSync(path, text);
  const identity = identityOf(path, statSync(path, { bigint: true }));
  const head = format === 'tsv' ? headerIn(text) : { header: null, start: 0 };
  if (head === null) return null;
  const reader = make(head.header);
  return divide(head.start, text.length, count).map((range) => {
    let first = range.from === 0;
    const take = (lines: Buffer): void => {
      reader.read(lines, first);
      first = false;
    };
    readRange(identity, head.start, range, take, chunk);
    return reader.finish();
  });
}

async function byMany(texts: Texts, format: BundleFormat, count: number, chunk: number): Promise<Snapshot | null> {
  const parts = await BundleParts.read(filesOf(texts, format, ['datasets', 'usage', 'subscriptions']));
  try {
    const blocks = inRanges(texts.blocks, format, count, chunk, (header) => new BlockRangeReader(format, header));
    if (parts === null || blocks === null) return null;
    const known = parts.addBlocks(blocks);
    if (known === null) return null;
    const make = (header: string | null) => new ReplicaRangeReader(format, header, known);
    const replicas = inRanges(texts.replicas, format, count, chunk, make);
    return replicas === null ? null : parts.snapshot(replicas, { managed: true, clock });
  } catch (error) {
    if (error instanceof RowError) return null;
    throw error;
  }
}

const bundle = fc.record({
  seed: fc.nat(),
  datasets: fc.integer({ min: 1, max: 12 }),
  format: fc.constantFrom<BundleFormat>('tsv', 'jsonl'),
  shuffle: fc.boolean(),
  // Without odd names, so that lines are plain TSV.
  plain: fc.boolean(),
  damages: fc.array(damage, { maxLength: 2 }),
  place: fc.nat(60),
  count: fc.integer({ min: 1, max: 7 }),
  chunk: fc.constantFrom(16, 300, 1 << 20),
});

test('ranges of a bundle are read as the whole is, or not at all', async () => {
  const seen = { sound: 0, broken: 0 };
  await fc.assert(
    fc.asyncProperty(bundle, async ({ seed, datasets, format, shuffle, plain, damages, place, count, chunk }) => {
      const { files: _, ...inventory } = sampleInventory(seed, datasets);
      const ordered = shuffle ? shuffled(inventory, seed) : inventory;
      const texts = Object.fromEntries(
        tables.map((table) => {
          const text = bundleText(ordered[table] ?? [], format);
          return [table, Buffer.from(plain ? text.replace(/[^ -~\n\t]/g, 'x') : text, 'utf8')];
        }),
      ) as Record<(typeof tables)[number], Buffer>;
      for (const one of damages) texts[one.table] = damaged(texts[one.table], one, format, place);
      const { snapshot, problems } = await byOne(texts, format);
      const divided = await byMany(texts, format, count, chunk);
      if (problems.length > 0) {
        seen.broken++;
        expect(divided).toBeNull();
      } else {
        seen.sound++;
        expect(divided).toStrictEqual(snapshot);
      }
    }),
    { numRuns: 600 },
  );
  expect(seen.sound).toBeGreaterThan(100);
  expect(seen.broken).toBeGreaterThan(100);
});

test('every line is in one range, whatever the ranges and however much is read at once', () => {
  const path = join(directory, 'lines');
  const line = fc.oneof(
    fc.constant(''),
    fc.string({ maxLength: 30 }).map((text) => text.replace(/\n/g, '')),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 64 }),
      (lines, ended, count, chunk) => {
        const header = 'header\n';
        const text = Buffer.from(`${header}${lines.join('\n')}${ended ? '\n' : ''}`);
        writeFileSync(path, text);
        const identity = identityOf(path, statSync(path, { bigint: true }));
        const read = divide(header.length, text.length, count).flatMap((range) => {
          const taken: string[] = [];
          readRange(identity, header.length, range, (bytes) => taken.push(...bytes.toString().split('\n')), chunk);
          return taken;
        });
        const filled = (texts: readonly string[]) => texts.filter((one) => one !== '');
        expect(filled(read)).toEqual(filled(lines));
      },
    ),
    { numRuns: 1000 },
  );
});
