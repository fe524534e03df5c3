import { describe, expect, test } from 'vitest';
import {
  type BlockRow,
  type BundleFile,
  type BundleFormat,
  type BundleProblem,
  type BundleSink,
  type BundleTable,
  bundleTables,
  type DatasetRow,
  type FileRow,
  type LineBatch,
  type ReplicaRow,
  readBundle,
  type SubscriptionRow,
  type UsageRow,
} from '../../../src/snapshot/index.js';

type Lines = Partial<Record<BundleTable, readonly string[]>>;

class Collected implements BundleSink {
  readonly datasets: DatasetRow[] = [];
  readonly usages: (UsageRow & { name: string })[] = [];
  readonly blocks: BlockRow[] = [];
  readonly files: FileRow[] = [];
  readonly replicas: ReplicaRow[] = [];
  readonly subscriptions: SubscriptionRow[] = [];

  dataset(_position: number, row: DatasetRow): void {
    this.datasets.push(row);
  }
  usage(_dataset: number, name: string, row: UsageRow): void {
    this.usages.push({ name, ...row });
  }
  block(_position: number, row: BlockRow): void {
    this.blocks.push(row);
  }
  file(row: FileRow): void {
    this.files.push(row);
  }
  replica(row: ReplicaRow): void {
    this.replicas.push(row);
  }
  subscription(row: SubscriptionRow): void {
    this.subscriptions.push(row);
  }
  drain(): undefined {
    return undefined;
  }
}

/** Batches of two lines, so that a file is several of them. */
async function* batches(lines: readonly string[]): AsyncGenerator<LineBatch> {
  for (let i = 0; i < lines.length; i += 2) yield Buffer.from(lines.slice(i, i + 2).join('\n'));
}

async function read(tables: Lines, options: { skipInvalid?: boolean; allowEmpty?: boolean } = {}) {
  const files: BundleFile[] = bundleTables.flatMap((table) => {
    const lines = tables[table];
    if (lines === undefined) return [];
    const format: BundleFormat = lines[0]?.startsWith('{') ? 'jsonl' : 'tsv';
    return [{ table, format, path: `${table}.${format}`, batches: batches(lines) }];
  });
  const problems: BundleProblem[] = [];
  const rows = new Collected();
  const counts = await readBundle(files, rows, {
    allowEmpty: options.allowEmpty ?? false,
    skipInvalid: options.skipInvalid ?? false,
    onProblem: (problem) => problems.push(problem),
  });
  return { rows, counts, problems, told: problems.map(({ file, line, reason }) => `${file}:${line}: ${reason}`) };
}

/** A bundle of one dataset with two blocks, as TSV. */
const small = {
  datasets: ['name', '/a'],
  blocks: ['dataset\tname\tsize', '/a\tb1\t100', '/a\tb2\t50'],
  replicas: ['dataset\tblock\tsite', '/a\tb1\tX'],
} satisfies Lines;

describe('defaults', () => {
  test('only what must be given is given', async () => {
    const { rows, problems } = await read(small);
    expect(problems).toEqual([]);
    expect(rows.datasets).toEqual([
      {
        name: '/a',
        status: 'VALID',
        type: '',
        open: false,
        created: 0,
        lastUpdate: 0,
        tapeRequested: false,
        copyRequested: false,
        labels: {},
      },
    ]);
    expect(rows.blocks[0]).toEqual({
      dataset: 0,
      datasetName: '/a',
      name: 'b1',
      size: 100,
      files: 0,
      open: false,
      lastUpdate: 0,
    });
    expect(rows.replicas).toEqual([
      {
        block: 0,
        datasetName: '/a',
        blockName: 'b1',
        site: 0,
        siteName: 'X',
        owner: 0,
        ownerName: '',
        size: 100,
        complete: true,
        custodial: false,
        lastUpdate: 0,
        fileNames: null,
      },
    ]);
  });

  test("times come down from the dataset to its blocks and from a block to its replicas, a dataset's from its creation", async () => {
    const { rows } = await read({
      datasets: ['name\tcreated\tlastUpdate', '/a\t1000\t\\N', '/b\t1000\t2000'],
      blocks: ['dataset\tname\tsize\tlastUpdate', '/a\tb\t1\t\\N', '/b\tb\t1\t\\N', '/b\tc\t1\t3000'],
      replicas: [
        'dataset\tblock\tsite\tlastUpdate',
        '/a\tb\tX\t\\N',
        '/b\tb\tX\t\\N',
        '/b\tc\tX\t\\N',
        '/b\tc\tY\t4000',
      ],
    });
    expect(rows.datasets.map((row) => row.lastUpdate)).toEqual([1000, 2000]);
    expect(rows.blocks.map((row) => row.lastUpdate)).toEqual([1000, 2000, 3000]);
    expect(rows.replicas.map((row) => row.lastUpdate)).toEqual([1000, 2000, 3000, 4000]);
  });

  test('a block counts its rows in files, unless it says how many it has', async () => {
    const { rows } = await read({
      ...small,
      blocks: ['dataset\tname\tsize\tfiles', '/a\tb1\t100\t\\N', '/a\tb2\t50\t7'],
      files: ['dataset\tblock\tname\tsize', '/a\tb1\tf1\t60', '/a\tb1\tf2\t40', '/a\tb2\tf3\t50'],
    });
    expect(rows.blocks.map((row) => row.files)).toEqual([2, 7]);
    expect(rows.files.map((row) => row.name)).toEqual(['f1', 'f2', 'f3']);
  });

  test('a subscription grows', async () => {
    const { rows } = await read({ ...small, subscriptions: ['dataset\tsite', '/a\tX'] });
    expect(rows.subscriptions[0]).toMatchObject({ siteName: 'X', ownerName: '', growing: true });
  });
});

describe('values', () => {
  test('booleans are true, false, 1 or 0; in JSON also the numbers', async () => {
    const tsv = await read({
      ...small,
      datasets: ['name\topen', '/a\ttrue', '/b\tfalse', '/c\t1', '/d\t0', '/e\t\\N'],
    });
    expect(tsv.rows.datasets.map((row) => row.open)).toEqual([true, false, true, false, false]);
    const json = await read({
      ...small,
      datasets: [
        '{"name":"/a","open":true}',
        '{"name":"/b","open":1}',
        '{"name":"/c","open":0}',
        '{"name":"/d","open":null}',
      ],
    });
    expect(json.rows.datasets.map((row) => row.open)).toEqual([true, true, false, false]);
  });

  test('times are RFC 3339 or Unix seconds, kept to the millisecond', async () => {
    const { rows, told } = await read({
      ...small,
      datasets: [
        'name\tcreated',
        '/a\t1500000000',
        '/b\t2017-07-14T02:40:00Z',
        '/c\t2017-07-14T04:40:00.1234567+02:00',
        '/d\t2017-07-14',
        '/e\t1500000000.5',
      ],
    });
    expect(told).toEqual([]);
    expect(rows.datasets.map((row) => row.created)).toEqual([
      1500000000, 1500000000, 1500000000.123, 1499990400, 1500000000.5,
    ]);
  });

  test('fractions of use', async () => {
    const { rows } = await read({
      ...small,
      usage: ['dataset\tlastAccess\taccesses\tusageRank\tdemand', '/a\t1500000000\t2.5\t-0.25\t1e-3'],
    });
    expect(rows.usages).toEqual([
      { name: '/a', lastAccess: 1500000000, accesses: 2.5, usageRank: -0.25, demand: 0.001 },
    ]);
  });

  test('labels: columns in TSV, an object in JSON; an empty one is an absent one', async () => {
    const tsv = await read({ ...small, datasets: ['labels.tier\tname\tlabels.era x', 'RAW\t/a\t\\N', '\t/b\t2017 B'] });
    expect(tsv.rows.datasets.map((row) => row.labels)).toEqual([{ tier: 'RAW' }, { 'era x': '2017 B' }]);
    const json = await read({
      ...small,
      datasets: [
        '{"name":"/a","labels":{"tier":"RAW","era x":null}}',
        '{"name":"/b","labels":{"tier":"","__proto__":"p"}}',
      ],
    });
    expect(json.rows.datasets[0]?.labels).toEqual({ tier: 'RAW' });
    expect(Object.entries(json.rows.datasets[1]?.labels ?? {})).toEqual([['__proto__', 'p']]);
  });

  test('a replica is complete unless it says otherwise or has fewer bytes than its block', async () => {
    const { rows, told } = await read({
      ...small,
      replicas: ['dataset\tblock\tsite\tsize', '/a\tb1\tX\t100', '/a\tb1\tY\t99', '/a\tb1\tZ\t\\N'],
    });
    expect(told).toEqual([]);
    expect(rows.replicas.map((row) => row.complete)).toEqual([true, false, true]);
  });

  test('file names of an incomplete replica: a JSON array or names with commas; sorted; nothing for a complete one', async () => {
    const { rows } = await read({
      ...small,
      replicas: [
        'dataset\tblock\tsite\tsize\tcomplete\tfileNames',
        '/a\tb1\tX\t60\tfalse\t["f2","f1"]',
        '/a\tb1\tY\t60\tfalse\tf2,f1',
        '/a\tb1\tZ\t100\ttrue\tf1,f2',
        '/a\tb2\tX\t0\tfalse\t',
        '/a\tb2\tY\t0\tfalse\t\\N',
      ],
    });
    expect(rows.replicas.map((row) => row.fileNames)).toEqual([['f1', 'f2'], ['f1', 'f2'], null, [], null]);
  });

  test('checksums become lower case, an Adler-32 gets its leading zeros back', async () => {
    const { rows } = await read({
      ...small,
      files: [
        'dataset\tblock\tname\tsize\tadler32\tmd5\tsha256',
        `/a\tb1\tf\t1\tABC\t${'A'.repeat(32)}\t${'0F'.repeat(32)}`,
        '/a\tb1\tg\t1\t\\N\t\\N\t\\N',
      ],
    });
    expect(rows.files[0]).toMatchObject({ adler32: '00000abc', md5: 'a'.repeat(32), sha256: '0f'.repeat(32) });
    expect(rows.files[1]).toMatchObject({ adler32: null, md5: null, sha256: null });
  });

  test('blank lines, carriage returns and a byte order mark are no content', async () => {
    const { rows, told } = await read({ ...small, datasets: ['\ufeffname\topen\r', '', '/a\ttrue\r', '\r'] });
    expect(told).toEqual([]);
    expect(rows.datasets).toMatchObject([{ name: '/a', open: true }]);
  });

  test('names are kept as they stand', async () => {
    const name = ' /a b\\c "d" ä \u{1f600}%_';
    const { rows } = await read({
      datasets: [JSON.stringify({ name })],
      blocks: [JSON.stringify({ dataset: name, name, size: 1 })],
      replicas: [JSON.stringify({ dataset: name, block: name, site: name, owner: name })],
    });
    expect(rows.replicas).toMatchObject([{ datasetName: name, blockName: name, siteName: name, ownerName: name }]);
  });
});

describe('every error has its position', () => {
  const cases: readonly [title: string, tables: Lines, told: string][] = [
    [
      'a dataset file is missing',
      { datasets: undefined as never },
      'datasets:0: datasets.tsv or datasets.jsonl is missing',
    ],
    ['blocks are missing', { blocks: undefined as never }, 'blocks:0: blocks.tsv or blocks.jsonl is missing'],
    ['replicas are missing', { replicas: undefined as never }, 'replicas:0: replicas.tsv or replicas.jsonl is missing'],
    [
      'replicas are empty',
      { replicas: ['dataset\tblock\tsite'] },
      'replicas.tsv:0: it has no rows, which would make an empty inventory (--allow-empty)',
    ],
    ['a file without a header', { usage: [] }, 'usage.tsv:1: the line with the column names is missing'],
    [
      'an unknown column',
      { blocks: ['dataset\tname\tsize\tsizes', '/a\tb1\t1\t1'] },
      'blocks.tsv:1: unknown column "sizes"; blocks has dataset, name, size, files, open, lastUpdate',
    ],
    [
      'an unknown key',
      { blocks: ['{"dataset":"/a","name":"b1","size":1,"color":"red"}'] },
      'blocks.jsonl:1: unknown column "color"; blocks has dataset, name, size, files, open, lastUpdate',
    ],
    ['a missing column', { blocks: ['dataset\tname', '/a\tb1'] }, 'blocks.tsv:1: the column "size" is missing'],
    ['a missing key', { blocks: ['{"dataset":"/a","name":"b1"}'] }, 'blocks.jsonl:1: size is missing'],
    [
      'a column twice',
      { datasets: ['name\topen\topen', '/a\t1\t1'] },
      'datasets.tsv:1: the column "open" stands twice in the header',
    ],
    ['too few columns', { datasets: ['name\topen', '/a'] }, 'datasets.tsv:2: 1 columns, the header has 2'],
    ['too many columns', { datasets: ['name', '/a', '/b\t1'] }, 'datasets.tsv:3: 2 columns, the header has 1'],
    ['broken JSON', { datasets: ['{"name":"/a"}', '{"name":'] }, 'datasets.jsonl:2: not valid JSON: '],
    ['JSON that is no object', { datasets: ['{"name":"/a"}', '[1]'] }, 'datasets.jsonl:2: not a JSON object'],
    ['a null name', { datasets: ['name', '/a', '\\N'] }, 'datasets.tsv:3: name must not be null'],
    ['an empty name', { datasets: ['name\topen', '/a\t1', '\t1'] }, 'datasets.tsv:3: name is empty'],
    [
      'a name of the wrong type',
      { datasets: ['{"name":"/a"}', '{"name":5}'] },
      'datasets.jsonl:2: name must be a string, not 5',
    ],
    [
      'a name that is too long',
      { datasets: ['name', '/a', 'x'.repeat(513)] },
      'datasets.tsv:3: name is longer than 512 characters',
    ],
    [
      'a control character',
      { datasets: ['{"name":"/a"}', '{"name":"a\\nb"}'] },
      'datasets.jsonl:2: name holds a control character or half a surrogate pair',
    ],
    [
      'half a character',
      { datasets: ['{"name":"/a"}', '{"name":"\\ud800"}'] },
      'datasets.jsonl:2: name holds a control character or half a surrogate pair',
    ],
    ['a dataset twice', { datasets: ['name', '/a', '/b', '/a'] }, 'datasets.tsv:4: the dataset "/a" stands twice'],
    [
      'an unknown status',
      { datasets: ['name\tstatus', '/a\tGOOD'] },
      'datasets.tsv:2: unknown status "GOOD"; it is one of VALID, PRODUCTION, DEPRECATED, INVALID, DELETED, IGNORED, UNKNOWN',
    ],
    [
      'a wrong boolean',
      { datasets: ['name\topen', '/a\tyes'] },
      'datasets.tsv:2: open must be true or false, not "yes"',
    ],
    [
      'a boolean in quotes',
      { datasets: ['{"name":"/a","open":"true"}'] },
      'datasets.jsonl:1: open must be true or false, not "true"',
    ],
    [
      'a wrong time',
      { datasets: ['name\tcreated', '/a\tyesterday'] },
      'datasets.tsv:2: created must be a time (RFC 3339 or Unix seconds), not "yesterday"',
    ],
    [
      'a day that does not exist',
      { datasets: ['name\tcreated', '/a\t2017-02-30'] },
      'datasets.tsv:2: created must be a time (RFC 3339 or Unix seconds), not "2017-02-30"',
    ],
    ['a time before 1970', { datasets: ['name\tcreated', '/a\t-1'] }, 'datasets.tsv:2: created is before 1970: "-1"'],
    [
      'milliseconds',
      { datasets: ['name\tcreated', '/a\t1500000000000'] },
      'datasets.tsv:2: created is after the year 9999: "1500000000000" (Unix seconds are wanted, not milliseconds)',
    ],
    [
      'a label that is no string',
      { datasets: ['{"name":"/a","labels":{"year":2017}}'] },
      'datasets.jsonl:1: labels.year must be a string, not 2017',
    ],
    [
      'labels that are no object',
      { datasets: ['{"name":"/a","labels":"tier=RAW"}'] },
      'datasets.jsonl:1: labels must be an object of strings',
    ],
    [
      'an unknown dataset in a block',
      { blocks: ['dataset\tname\tsize', '/a\tb1\t1', '/x\tb1\t1'] },
      'blocks.tsv:3: unknown dataset "/x"',
    ],
    [
      'a block twice',
      { blocks: ['dataset\tname\tsize', '/a\tb1\t1', '/a\tb1\t1'] },
      'blocks.tsv:3: the block "b1" of "/a" stands twice',
    ],
    ['a negative size', { blocks: ['dataset\tname\tsize', '/a\tb1\t-5'] }, 'blocks.tsv:2: size is negative: "-5"'],
    [
      'a size above 2^53',
      { blocks: ['dataset\tname\tsize', '/a\tb1\t9007199254740992'] },
      'blocks.tsv:2: size is above 2^53 - 1: "9007199254740992"',
    ],
    [
      'a size above 2^53 in JSON, where it would be rounded',
      { blocks: ['{"dataset":"/a","name":"b1","size":9007199254740993}'] },
      'blocks.jsonl:1: size is above 2^53 - 1: 9007199254740992',
    ],
    [
      'a size with a fraction',
      { blocks: ['dataset\tname\tsize', '/a\tb1\t1.5'] },
      'blocks.tsv:2: size must be a whole number, not "1.5"',
    ],
    [
      'a size in quotes',
      { blocks: ['{"dataset":"/a","name":"b1","size":"100"}'] },
      'blocks.jsonl:1: size must be a whole number, not "100"',
    ],
    [
      'a size with a unit',
      { blocks: ['dataset\tname\tsize', '/a\tb1\t1TB'] },
      'blocks.tsv:2: size must be a whole number, not "1TB"',
    ],
    ['no size', { blocks: ['dataset\tname\tsize', '/a\tb1\t\\N'] }, 'blocks.tsv:2: size must not be null'],
    [
      'an unknown dataset in a replica',
      { replicas: ['dataset\tblock\tsite', '/a\tb1\tX', '/x\tb1\tX'] },
      'replicas.tsv:3: unknown dataset "/x"',
    ],
    [
      'an unknown block in a replica',
      { replicas: ['dataset\tblock\tsite', '/a\tb1\tX', '/a\tb9\tX'] },
      'replicas.tsv:3: unknown block "b9" of the dataset "/a"',
    ],
    [
      'more bytes than the block has',
      { replicas: ['dataset\tblock\tsite\tsize', '/a\tb1\tX\t101'] },
      "replicas.tsv:2: size 101 is above the block's 100",
    ],
    [
      'a complete replica with fewer bytes than its block',
      { replicas: ['dataset\tblock\tsite\tsize\tcomplete', '/a\tb1\tX\t99\ttrue'] },
      "replicas.tsv:2: complete is true, but size 99 is below the block's 100",
    ],
    [
      'a replica twice',
      { replicas: ['dataset\tblock\tsite', '/a\tb1\tX', '/a\tb1\tY', '/a\tb2\tX', '/a\tb1\tX'] },
      'replicas.tsv:5: the replica of "/a#b1" at "X" stands twice',
    ],
    ['an empty site', { replicas: ['dataset\tblock\tsite', '/a\tb1\t'] }, 'replicas.tsv:2: site is empty'],
    [
      'an unknown block in a file',
      { files: ['dataset\tblock\tname\tsize', '/a\tb9\tf\t1'] },
      'files.tsv:2: unknown block "b9" of the dataset "/a"',
    ],
    [
      'a file twice, in two blocks',
      { files: ['dataset\tblock\tname\tsize', '/a\tb1\tf\t1', '/a\tb2\tf\t1'] },
      'files.tsv:3: the file "f" stands twice, before in "/a#b1"',
    ],
    [
      'a wrong checksum',
      { files: ['dataset\tblock\tname\tsize\tmd5', '/a\tb1\tf\t1\tabc'] },
      'files.tsv:2: md5 must be 32 hexadecimal digits, not "abc"',
    ],
    [
      "a file name that is not the block's",
      {
        files: ['dataset\tblock\tname\tsize', '/a\tb1\tf\t1', '/a\tb2\tg\t1'],
        replicas: ['dataset\tblock\tsite\tcomplete\tfileNames', '/a\tb1\tX\tfalse\tf', '/a\tb1\tY\tfalse\tg'],
      },
      'replicas.tsv:3: fileNames holds "g", which is no file of the block',
    ],
    [
      'a file name twice in a list',
      { replicas: ['dataset\tblock\tsite\tcomplete\tfileNames', '/a\tb1\tX\tfalse\tf,f'] },
      'replicas.tsv:2: fileNames holds a name twice',
    ],
    [
      'a list that is none',
      { replicas: ['{"dataset":"/a","block":"b1","site":"X","complete":false,"fileNames":{}}'] },
      'replicas.jsonl:1: fileNames must be a list of strings',
    ],
    [
      'an unknown dataset in subscriptions',
      { subscriptions: ['dataset\tsite', '/x\tX'] },
      'subscriptions.tsv:2: unknown dataset "/x"',
    ],
    [
      'a subscription twice',
      { subscriptions: ['dataset\tsite', '/a\tX', '/a\tX'] },
      'subscriptions.tsv:3: the subscription of "/a" at "X" stands twice',
    ],
    ['an unknown dataset in usage', { usage: ['dataset', '/x'] }, 'usage.tsv:2: unknown dataset "/x"'],
    ['usage twice', { usage: ['dataset', '/a', '/a'] }, 'usage.tsv:3: usage of "/a" stands twice'],
    ['negative accesses', { usage: ['dataset\taccesses', '/a\t-1'] }, 'usage.tsv:2: accesses is negative: -1'],
    [
      'an infinite demand',
      { usage: ['dataset\tdemand', '/a\tInfinity'] },
      'usage.tsv:2: demand must be a number, not "Infinity"',
    ],
  ];

  test.each(cases)('%s', async (_title, tables, expected) => {
    const lines: Lines = Object.fromEntries(
      Object.entries({ ...small, ...tables }).filter(([, value]) => value !== undefined),
    );
    const { told } = await read(lines);
    expect(told[0]?.startsWith(expected), told[0]).toBe(true);
  });
});

describe('several errors', () => {
  const broken: Lines = {
    datasets: ['name\topen', '/a\t1', '/a\t1', '/b\tmaybe', '/c\t0'],
    blocks: ['dataset\tname\tsize', '/a\tb1\t100', '/b\tb1\t1', '/a\tb2\tx', '/c\tb1\t7'],
    replicas: ['dataset\tblock\tsite\tsize', '/a\tb1\tX\t101', '/a\tb1\tY\t5', '/a\tb2\tX\t5', '/c\tb1\tX\t\\N'],
  };

  test('all of them are reported in one reading, and no row is delivered after the first', async () => {
    const { told, rows } = await read(broken);
    expect(told.map((text) => text.split(': ')[0])).toEqual([
      'datasets.tsv:3',
      'datasets.tsv:4',
      'blocks.tsv:3',
      'blocks.tsv:4',
      'replicas.tsv:2',
      'replicas.tsv:4',
    ]);
    expect(rows.datasets.map((row) => row.name)).toEqual(['/a']);
    expect(rows.blocks).toEqual([]);
    expect(rows.replicas).toEqual([]);
  });

  test('with skipping, the rest is delivered, and the problems hold the rows as they stand', async () => {
    const { problems, rows } = await read(broken, { skipInvalid: true });
    expect(rows.datasets.map((row) => row.name)).toEqual(['/a', '/c']);
    expect(rows.blocks.map((row) => `${row.datasetName}#${row.name}`)).toEqual(['/a#b1', '/c#b1']);
    expect(rows.replicas.map((row) => `${row.datasetName}@${row.siteName} ${row.size}`)).toEqual(['/a@Y 5', '/c@X 7']);
    expect(problems.map((problem) => problem.row)).toEqual([
      '/a\t1',
      '/b\tmaybe',
      '/b\tb1\t1',
      '/a\tb2\tx',
      '/a\tb1\tX\t101',
      '/a\tb2\tX\t5',
    ]);
  });

  test('a broken header or a missing table cannot be skipped, and does not repeat itself in what refers to it', async () => {
    const header = await read({ ...small, datasets: ['nome', '/a'] }, { skipInvalid: true });
    expect(header.problems).toMatchObject([{ file: 'datasets.tsv', line: 1, row: null }]);
    const { datasets: _, ...rest } = small;
    const missing = await read(rest, { skipInvalid: true });
    expect(missing.problems).toMatchObject([{ file: 'datasets', line: 0, row: null }]);
  });

  test('a table of which no row is valid is not an empty table', async () => {
    const { problems } = await read(
      { ...small, replicas: ['dataset\tblock\tsite', '/x\tb\tX'] },
      { skipInvalid: true },
    );
    expect(problems).toMatchObject([
      { line: 2, row: '/x\tb\tX' },
      { line: 0, row: null, reason: expect.stringContaining('none of its rows is valid') },
    ]);
  });
});

test('empty tables are accepted where that is allowed', async () => {
  const { problems, counts } = await read(
    { datasets: ['name'], blocks: ['dataset\tname\tsize'], replicas: [] },
    { allowEmpty: true },
  );
  expect(problems).toEqual([]);
  expect(counts).toEqual({ datasets: 0, blocks: 0, files: 0, replicas: 0, subscriptions: 0, usage: 0 });
});

test('a hundred thousand blocks with the same names in different datasets are told apart', async () => {
  const datasets = Array.from({ length: 1000 }, (_, d) => `/d${d}`);
  const blocks = datasets.flatMap((d) => Array.from({ length: 100 }, (_, b) => `${d}\tblock${b}\t${b}`));
  const { rows, problems } = await read({
    datasets: ['name', ...datasets],
    blocks: ['dataset\tname\tsize', ...blocks],
    replicas: ['dataset\tblock\tsite', ...blocks.map((line) => `${line.split('\t').slice(0, 2).join('\t')}\tX`)],
  });
  expect(problems).toEqual([]);
  expect(rows.replicas).toHaveLength(100_000);
  for (const [i, row] of rows.replicas.entries())
    if (row.block !== i) throw new Error(`${row.datasetName} ${row.block}`);
});
