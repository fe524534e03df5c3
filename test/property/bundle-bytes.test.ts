/**
 * Rows of plain TSV are read from their bytes, all others as text. Both say the same of every row: a file whose lines end
 * in carriage returns as well is read as text, so that each random bundle is read in both ways.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BundleFile, type BundleProblem, type BundleSink, readBundle } from '../../src/snapshot/index.js';

const headers = {
  datasets: [['name'], ['name', 'status', 'open', 'created'], ['lastUpdate', 'name', 'labels.tier']],
  blocks: [
    ['dataset', 'name', 'size'],
    ['open', 'size', 'files', 'name', 'lastUpdate', 'dataset'],
  ],
  replicas: [
    ['dataset', 'block', 'site'],
    ['site', 'dataset', 'block', 'size', 'complete', 'custodial', 'owner', 'lastUpdate', 'fileNames'],
  ],
  usage: [['dataset', 'lastAccess', 'accesses', 'usageRank', 'demand']],
} as const;

const sizes = ['0', '5', '007', '100', '123456789012345', '1234567890123456', '9007199254740993'];
const oddNumbers = ['-5', '1.5', '1e3', '', '0x10', ' 5', '5 ', '+5', 'five'];
const times = ['0', '1700000000', '2026-01-01', '253402300799', '253402300800', '1700000000.25', '-1', 'never'];
const flags = ['true', 'false', '1', '0', 'yes', 'TRUE', ''];
const names = ['/a/b/c', '/d/e/f', 'x', 'y', '\\N', '', 'a\u0001b', 'a\u007fb', 'é', '\\NN', ' x', 'n'.repeat(513)];

const valuesOf: Readonly<Record<string, readonly string[]>> = {
  size: [...sizes, ...oddNumbers],
  files: [...sizes, ...oddNumbers],
  accesses: [...sizes, ...oddNumbers],
  usageRank: [...sizes, ...oddNumbers],
  demand: [...sizes, ...oddNumbers],
  created: times,
  lastUpdate: times,
  lastAccess: times,
  open: flags,
  complete: flags,
  custodial: flags,
  status: ['VALID', 'OTHER', ''],
  fileNames: ['', 'a,b', '["a"]', '[', 'a,a'],
};

/** Mostly what is right, so that rows get far enough. */
function cell(column: string): fc.Arbitrary<string> {
  const values = valuesOf[column] ?? names;
  const usual = values.slice(0, 4);
  return fc.oneof(
    { arbitrary: fc.constantFrom(...usual), weight: 12 },
    { arbitrary: fc.constantFrom(...values, '\\N'), weight: 1 },
  );
}

function lines(header: readonly string[]): fc.Arbitrary<string[]> {
  const row = fc.tuple(...header.map(cell)).map((cells) => cells.join('\t'));
  const odd = fc.oneof(
    row.map((line) => `${line}\t`),
    row.map((line) => line.split('\t').slice(1).join('\t')),
    fc.constant(''),
  );
  const line = fc.oneof({ arbitrary: row, weight: 12 }, { arbitrary: odd, weight: 1 });
  return fc.array(line, { maxLength: 12 }).map((rows) => [header.join('\t'), ...rows]);
}

const bundle = fc.record({
  datasets: fc.constantFrom(...headers.datasets).chain(lines),
  blocks: fc.constantFrom(...headers.blocks).chain(lines),
  replicas: fc.constantFrom(...headers.replicas).chain(lines),
  usage: fc.constantFrom(...headers.usage).chain(lines),
});

async function* batches(lines: readonly string[], perBatch: number, end: string): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < lines.length; i += perBatch) {
    const some = lines.slice(i, i + perBatch).map((line) => `${line}${end}`);
    yield Buffer.from(some.join('\n'));
  }
}

type Tables = Readonly<Record<keyof typeof headers, readonly string[]>>;

async function read(tables: Tables, perBatch: number, end: string): Promise<unknown> {
  const rows: unknown[] = [];
  const take =
    (what: string) =>
    (...row: unknown[]): void => {
      rows.push([what, ...row]);
    };
  const sink: BundleSink = {
    dataset: take('dataset'),
    usage: take('usage'),
    block: take('block'),
    file: take('file'),
    replica: take('replica'),
    subscription: take('subscription'),
    drain: () => undefined,
  };
  const files = (['datasets', 'blocks', 'replicas', 'usage'] as const).map(
    (table): BundleFile => ({ table, format: 'tsv', path: table, batches: batches(tables[table], perBatch, end) }),
  );
  const problems: BundleProblem[] = [];
  const options = {
    allowEmpty: true,
    skipInvalid: true,
    onProblem: (problem: BundleProblem) => problems.push(problem),
  };
  const counts = await readBundle(files, sink, options);
  return { counts, rows, problems };
}

test('what is read from bytes is what is read from text, and so is what is wrong with it', async () => {
  await fc.assert(
    fc.asyncProperty(bundle, fc.integer({ min: 1, max: 20 }), async (tables, perBatch) => {
      expect(await read(tables, perBatch, '')).toEqual(await read(tables, perBatch, '\r'));
    }),
    { numRuns: 1000 },
  );
});
