import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  BundleError,
  completeBlockReplicas,
  type Database,
  exportBundle,
  type ImportOptions,
  importBundle,
  inventoryStats,
  loadSnapshot,
  migrate,
  openDatabase,
  readBundleSnapshot,
  removeBlockReplicas,
} from '../../src/database/index.js';
import { emptyMemory, type Snapshot } from '../../src/snapshot/index.js';
import { forEachDatabase } from '../databases.js';
import { mariadbUrl, onMariadb, startMariadb } from '../mariadb.js';
import {
  type BundleForm,
  type Inventory,
  sampleInventory,
  shuffled,
  temporaryDirectories,
  writeBundle,
} from './database-bundle.js';

const clock = 1_700_000_000;

const load = (db: Database) => loadSnapshot(db, { clock, memory: emptyMemory });

/** What is in a snapshot, without the generation. */
const content = ({ generation: _, ...rest }: Snapshot) => rest;

const state = (db: Database) =>
  db.kysely.selectFrom('inventory_state').selectAll().where('id', '=', 1).executeTakeFirstOrThrow();

/** Every file of a directory by name, as text. */
function filesOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  );
}

async function bundleError(work: Promise<unknown>): Promise<BundleError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof BundleError) return error;
    throw error;
  }
  throw new Error('the bundle was accepted');
}

/** SQLite answers at once: without this a loop over it would leave no turn to anything else in the process. */
const nextTurn = () => new Promise((done) => setImmediate(done));

const small: Inventory = {
  datasets: [{ name: '/a', created: 1000 }, { name: '/b' }],
  blocks: [
    { dataset: '/a', name: 'b1', size: 100 },
    { dataset: '/a', name: 'b2', size: 50 },
    { dataset: '/b', name: 'b1', size: 7 },
  ],
  files: [
    { dataset: '/a', block: 'b1', name: 'f1', size: 60 },
    { dataset: '/a', block: 'b1', name: 'f2', size: 40 },
  ],
  replicas: [
    { dataset: '/a', block: 'b1', site: 'X', owner: 'O' },
    { dataset: '/a', block: 'b2', site: 'X', owner: 'O' },
    { dataset: '/a', block: 'b1', site: 'Y', size: 60, complete: false, fileNames: ['f1'] },
    { dataset: '/b', block: 'b1', site: 'X' },
  ],
  subscriptions: [{ dataset: '/a', site: 'Y', owner: 'O' }],
  usage: [{ dataset: '/b', accesses: 3 }],
};

const smallRow = (inventory: Inventory, table: keyof Inventory, index: number, change: object): Inventory => ({
  ...inventory,
  [table]: inventory[table]?.map((row, i) => (i === index ? { ...row, ...change } : row)),
});

const forms: readonly BundleForm[] = [
  { format: 'jsonl' },
  { format: 'tsv' },
  { format: 'jsonl', gzip: true },
  { format: 'tsv', gzip: true },
];

forEachDatabase('import', ({ dialect, fresh, freshUrl, open }) => {
  const temporary = temporaryDirectories();
  const bundle = (inventory: Inventory, form: BundleForm = {}) => writeBundle(temporary('bundle'), inventory, form);
  const into = (db: Database, inventory: Inventory, options: Partial<ImportOptions> = {}) =>
    importBundle(db, bundle(inventory), { clock, ...options });

  test('what comes out of the database is what a bundle says, in every form of a bundle', async () => {
    const inventory = sampleInventory(1);
    const direct = await readBundleSnapshot(bundle(inventory), { clock });
    expect(direct.blockReplicas.count).toBeGreaterThan(100);
    for (const form of forms) {
      const db = await fresh();
      const directory = bundle(inventory, form);
      expect(content(await readBundleSnapshot(directory, { clock })), JSON.stringify(form)).toEqual(content(direct));
      const result = await importBundle(db, directory, { clock });
      expect(result).toMatchObject({ changed: true, generation: 1, completeness: 'complete', skipped: 0 });
      const loaded = await load(db);
      expect(loaded.generation).toBe(1);
      expect(content(loaded), JSON.stringify(form)).toEqual(content(direct));
    }
  });

  test('S21 the order of rows changes nothing: same snapshot, same export, no new generation', async () => {
    const inventory = sampleInventory(2);
    const db = await fresh();
    await into(db, inventory);
    const before = await load(db);
    for (const seed of [1, 2, 3]) {
      const result = await importBundle(db, bundle(shuffled(inventory, seed), forms[seed] ?? {}), { clock: clock + 1 });
      expect(result).toMatchObject({ changed: false, generation: 1 });
      expect(await load(db)).toEqual(before);

      const other = await fresh();
      await into(other, shuffled(inventory, seed));
      expect(await load(other)).toEqual(before);
      const [a, b] = [temporary('a'), temporary('b')];
      await exportBundle(db, a, { format: 'tsv' });
      await exportBundle(other, b, { format: 'tsv' });
      expect(filesOf(b)).toEqual(filesOf(a));
    }
  });

  test('importing the same again changes nothing at all, not even the time of the last change', async () => {
    const db = await fresh();
    await into(db, small);
    const before = await state(db);
    expect(before).toMatchObject({ generation: 1, updated_at: clock });
    expect(await into(db, small, { clock: clock + 100 })).toMatchObject({ changed: false, generation: 1 });
    expect(await into(db, small, { clock: clock + 100, unmanaged: true })).toMatchObject({ changed: false });
    expect(await state(db)).toEqual(before);
  });

  test.each([
    ['a status', smallRow(small, 'datasets', 0, { status: 'DEPRECATED' })],
    ['a label', smallRow(small, 'datasets', 0, { labels: { tier: 'RAW' } })],
    ['a block', smallRow(small, 'blocks', 2, { size: 8 })],
    ['a checksum', smallRow(small, 'files', 0, { adler32: '0000abcd' })],
    ['an owner', smallRow(small, 'replicas', 3, { owner: 'O' })],
    ['a site', smallRow(small, 'replicas', 3, { site: 'Z' })],
    ['which files are there', smallRow(small, 'replicas', 2, { fileNames: ['f2'] })],
    ['a subscription', smallRow(small, 'subscriptions', 0, { growing: false })],
    ['usage', smallRow(small, 'usage', 0, { accesses: 4 })],
  ])('%s that differs is a new generation', async (_what, other) => {
    const db = await fresh();
    await into(db, small);
    expect(await into(db, other)).toMatchObject({ changed: true, generation: 2 });
    expect(await into(db, small)).toMatchObject({ changed: true, generation: 3 });
    expect(content(await load(db))).toEqual(content(await readBundleSnapshot(bundle(small), { clock })));
  });

  test('what execution changed is put right by importing the same again', async () => {
    const db = await fresh();
    await into(db, small);
    const before = await load(db);
    await db.transaction((trx) => removeBlockReplicas(trx, { dataset: '/a', site: 'X', blocks: null, at: clock }));
    expect((await load(db)).generation).toBe(2);
    expect(await into(db, small)).toMatchObject({ changed: true, generation: 3 });
    expect(content(await load(db))).toEqual(content(before));
  });

  test('an import replaces everything: data, sites and owners that are gone are gone', async () => {
    const db = await fresh();
    await into(db, sampleInventory(3));
    await into(db, small);
    const loaded = await load(db);
    expect(loaded.sites).toEqual(['X', 'Y']);
    expect(loaded.owners).toEqual(['', 'O']);
    expect(loaded.datasets.name).toEqual(['/a', '/b']);
    const directory = temporary('export');
    await exportBundle(db, directory);
    expect(Object.keys(filesOf(directory))).toContain('files.jsonl');
    expect(filesOf(directory)['files.jsonl']?.split('\n')).toHaveLength(3);
  });

  test('totals are kept with the inventory, exactly also above 2^53', async () => {
    const db = await fresh();
    const size = Number.MAX_SAFE_INTEGER;
    await into(db, {
      datasets: [{ name: '/a' }],
      blocks: [{ dataset: '/a', name: 'b', size }],
      replicas: ['A', 'B', 'C', 'D', 'E'].map((site) => ({ dataset: '/a', block: 'b', site })),
    });
    const exact = BigInt(size) * 5n;
    const { rows } = await sql<{ total: string }>`select cast(bytes as char) as total from inventory_state`.execute(
      db.kysely,
    );
    expect(BigInt(rows[0]?.total ?? 0)).toBe(exact);
    await db.transaction((trx) => removeBlockReplicas(trx, { dataset: '/a', site: 'A', blocks: ['b'], at: clock }));
    const after = await sql<{ total: string }>`select cast(bytes as char) as total from inventory_state`.execute(
      db.kysely,
    );
    expect(BigInt(after.rows[0]?.total ?? 0)).toBe(exact - BigInt(size));
  });

  test('I10 replicas keep whether they are managed; new ones are, unless the import says otherwise', async () => {
    const db = await fresh();
    const managed = async () => {
      const { blocks, datasets, blockReplicas: r, sites } = await load(db);
      return Object.fromEntries(
        Array.from(r.block, (b, i) => [
          `${datasets.name[blocks.dataset[b] ?? -1]}#${blocks.name.at(b)}@${sites[r.site[i] ?? -1]}`,
          r.managed[i],
        ]),
      );
    };
    const more: Inventory = {
      ...small,
      replicas: [{ dataset: '/b', block: 'b1', site: 'New' }, ...(small.replicas ?? [])],
    };
    await into(db, small, { unmanaged: true });
    expect(await managed()).toEqual({ '/a#b1@X': 0, '/a#b2@X': 0, '/a#b1@Y': 0, '/b#b1@X': 0 });
    await into(db, more);
    expect(await managed()).toEqual({ '/a#b1@X': 0, '/a#b2@X': 0, '/a#b1@Y': 0, '/b#b1@X': 0, '/b#b1@New': 1 });
    await into(
      db,
      { ...more, replicas: [...(more.replicas ?? []), { dataset: '/b', block: 'b1', site: 'Third' }] },
      {
        unmanaged: true,
      },
    );
    expect(await managed()).toMatchObject({ '/a#b1@X': 0, '/b#b1@New': 1, '/b#b1@Third': 0 });
  });

  describe('all or nothing', () => {
    test('a broken row in the last file: nothing changed, nothing left behind', async () => {
      const db = await fresh();
      await into(db, small);
      const before = await load(db);
      const tables = await db.kysely.introspection.getTables();
      const error = await bundleError(
        into(db, { ...sampleInventory(4), usage: [{ dataset: '/plain/name/RAW' }, { dataset: '/nowhere' }] }),
      );
      expect(error.format()).toContain('usage.jsonl:2');
      expect(error.format()).toContain('unknown dataset "/nowhere"');
      expect(error.format()).toContain('nothing of it was imported');
      expect(await load(db)).toEqual(before);
      expect(await db.kysely.introspection.getTables()).toEqual(tables);
    });

    test('a hundred errors are shown, the others counted', async () => {
      const db = await fresh();
      const replicas = Array.from({ length: 250 }, (_, i) => ({ dataset: '/a', block: `no${i}`, site: 'X' }));
      const error = await bundleError(into(db, { ...small, replicas }));
      expect(error.count).toBe(251);
      expect(error.problems).toHaveLength(100);
      expect(error.format().split('\n')).toHaveLength(102);
      expect(error.format()).toContain('and 151 more errors');
      expect(await state(db)).toMatchObject({ generation: 0, completeness: 'partial' });
    });

    test('S23 unreadable is not empty: missing, empty and truncated files are refused and change nothing', async () => {
      const db = await fresh();
      await into(db, small);
      const before = await load(db);
      const refused = async (directory: string, told: string) => {
        await expect(importBundle(db, directory, { clock })).rejects.toMatchObject({
          format: expect.any(Function),
        });
        const error = await importBundle(db, directory, { clock }).catch((e) => e);
        expect(error.format()).toContain(told);
        expect(await load(db)).toEqual(before);
      };

      await refused(temporary('absent'), 'cannot be read');
      const { replicas: _, ...without } = small;
      await refused(bundle(without), 'replicas.tsv or replicas.jsonl is missing');
      await refused(bundle({ ...small, replicas: [] }), 'it has no rows');
      await refused(bundle({ ...small, datasets: [] }, { format: 'tsv' }), 'the line with the column names is missing');

      const both = bundle(small);
      writeBundle(both, { datasets: small.datasets ?? [] }, { format: 'tsv' });
      await refused(both, 'datasets.jsonl and datasets.tsv');

      const truncated = bundle(small);
      const packed = gzipSync(readFileSync(join(truncated, 'replicas.jsonl')));
      writeFileSync(join(truncated, 'replicas.jsonl.gz'), packed.subarray(0, packed.length - 6));
      writeFileSync(join(truncated, 'replicas.jsonl'), '');
      await refused(truncated, 'replicas.jsonl and replicas.jsonl.gz');
      const gzipOnly = bundle({ ...small, replicas: [] });
      rmSync(join(gzipOnly, 'replicas.jsonl'));
      writeFileSync(join(gzipOnly, 'replicas.jsonl.gz'), packed.subarray(0, packed.length - 6));
      await refused(gzipOnly, 'cannot be read to its end');
      writeFileSync(join(gzipOnly, 'replicas.jsonl.gz'), 'not compressed at all');
      await refused(gzipOnly, 'cannot be read to its end');

      const directoryAsFile = bundle({ datasets: small.datasets ?? [], blocks: small.blocks ?? [] });
      mkdirSync(join(directoryAsFile, 'replicas.jsonl'));
      await refused(directoryAsFile, 'cannot be read to its end');
    });

    test('bytes that are not UTF-8 are refused with their line', async () => {
      const db = await fresh();
      const directory = bundle(small, { format: 'tsv' });
      writeFileSync(join(directory, 'datasets.tsv'), Buffer.from('name\n/a\n/b\n/caf\xe9\n/ok\n', 'latin1'));
      const error = await bundleError(importBundle(db, directory, { clock }));
      expect(error.problems).toMatchObject([{ line: 4, reason: 'not valid UTF-8' }]);
    });

    test('an empty inventory only on demand', async () => {
      const db = await fresh();
      await into(db, small);
      const empty = { datasets: [], blocks: [], replicas: [] };
      await bundleError(into(db, empty));
      expect(await into(db, empty, { allowEmpty: true })).toMatchObject({ changed: true });
      expect(await inventoryStats(db)).toMatchObject({ datasets: 0, blocks: 0, blockReplicas: 0, bytes: 0, sites: [] });
    });
  });

  describe('leaving out what is broken', () => {
    const broken: Inventory = {
      ...small,
      blocks: [...(small.blocks ?? []), { dataset: '/nowhere', name: 'b', size: 1 }],
      replicas: [...(small.replicas ?? []), { dataset: '/a', block: 'b1', site: 'Z', size: 101 }],
    };

    test('I7 the rest is imported, what was left out is written down, and the inventory is partial', async () => {
      const db = await fresh();
      const file = temporary('skipped.jsonl');
      const directory = bundle(broken, { format: 'tsv' });
      const result = await importBundle(db, directory, { clock, skipInvalid: file });
      expect(result).toMatchObject({ changed: true, skipped: 2, completeness: 'partial' });
      const skipped = readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(skipped).toEqual([
        {
          file: join(directory, 'blocks.tsv'),
          line: 5,
          reason: 'unknown dataset "/nowhere"',
          row: '/nowhere\tb\t1',
        },
        {
          file: join(directory, 'replicas.tsv'),
          line: 6,
          reason: "size 101 is above the block's 100",
          row: '/a\tb1\tZ\t\\N\t101\t\\N\t\\N',
        },
      ]);
      const loaded = await load(db);
      expect(loaded.completeness).toEqual({
        state: 'partial',
        reason: '2 rows of the imported bundle were left out',
      });
      const whole = await readBundleSnapshot(bundle(small), { clock });
      expect({ ...content(loaded), completeness: null }).toEqual({ ...content(whole), completeness: null });

      // The same content, but now nothing was left out: that is news.
      expect(await into(db, small)).toMatchObject({ changed: true, completeness: 'complete' });
      expect((await load(db)).completeness).toEqual({ state: 'complete' });
    });

    test('nothing left out leaves an empty file and a complete inventory', async () => {
      const db = await fresh();
      const file = temporary('skipped.jsonl');
      expect(await into(db, small, { skipInvalid: file })).toMatchObject({ skipped: 0, completeness: 'complete' });
      expect(readFileSync(file, 'utf8')).toBe('');
    });

    test('a file that cannot be written is an error before anything happens', async () => {
      const db = await fresh();
      await expect(into(db, broken, { skipInvalid: '/no/such/directory/file' })).rejects.toMatchObject({
        code: 'skip-file',
      });
      expect(await state(db)).toMatchObject({ generation: 0 });
    });
  });

  describe('merging', () => {
    test('adds what is new, updates what differs, leaves the rest', async () => {
      const db = await fresh();
      await into(db, small);
      const result = await into(
        db,
        {
          datasets: [
            { name: '/c', labels: { tier: 'RAW' } },
            { name: '/a', status: 'DEPRECATED' },
          ],
          blocks: [
            { dataset: '/c', name: 'b1', size: 9 },
            { dataset: '/b', name: 'b1', size: 8, lastUpdate: 5000 },
          ],
          replicas: [
            { dataset: '/c', block: 'b1', site: 'Z', owner: 'P' },
            { dataset: '/a', block: 'b1', site: 'Y', owner: 'O' },
            { dataset: '/b', block: 'b1', site: 'X', size: 7, complete: false },
            { dataset: '/a', block: 'b2', site: 'Y', size: 0, complete: false },
          ],
          subscriptions: [{ dataset: '/a', site: 'Y', owner: 'O', growing: false }],
          usage: [{ dataset: '/a', accesses: 1 }],
        },
        { merge: true },
      );
      expect(result).toMatchObject({ changed: true, generation: 2, completeness: 'complete' });
      const expected: Inventory = {
        datasets: [
          { name: '/a', created: 1000, status: 'DEPRECATED' },
          { name: '/b' },
          { name: '/c', labels: { tier: 'RAW' } },
        ],
        blocks: [
          { dataset: '/a', name: 'b1', size: 100 },
          { dataset: '/a', name: 'b2', size: 50 },
          { dataset: '/b', name: 'b1', size: 8, lastUpdate: 5000 },
          { dataset: '/c', name: 'b1', size: 9 },
        ],
        files: small.files ?? [],
        replicas: [
          { dataset: '/a', block: 'b1', site: 'X', owner: 'O' },
          { dataset: '/a', block: 'b2', site: 'X', owner: 'O' },
          { dataset: '/a', block: 'b1', site: 'Y', owner: 'O' },
          { dataset: '/a', block: 'b2', site: 'Y', size: 0, complete: false },
          { dataset: '/b', block: 'b1', site: 'X', size: 7, complete: false, lastUpdate: 5000 },
          { dataset: '/c', block: 'b1', site: 'Z', owner: 'P' },
        ],
        subscriptions: [{ dataset: '/a', site: 'Y', owner: 'O', growing: false }],
        usage: [
          { dataset: '/a', accesses: 1 },
          { dataset: '/b', accesses: 3 },
        ],
      };
      const other = await fresh();
      await into(other, expected);
      expect(content(await load(db))).toEqual(content(await load(other)));
      const [a, b] = [temporary('a'), temporary('b')];
      await exportBundle(db, a);
      await exportBundle(other, b);
      expect(filesOf(a)).toEqual(filesOf(b));
      expect(await inventoryStats(db)).toEqual({ ...(await inventoryStats(other)), generation: 2 });
    });

    test('I1 a copy of a block that a merge makes larger is complete no longer, unless the merge says so', async () => {
      const at = (site: string, size: number) => ({ dataset: '/a', block: 'b', site, size });
      const block = (size: number) => [{ dataset: '/a', name: 'b', size }];
      const datasets = [{ name: '/a' }];
      const db = await fresh();
      await into(db, { datasets, blocks: block(100), replicas: [at('X', 100), at('Y', 100)] });
      await into(db, { datasets, blocks: block(200), replicas: [at('X', 200)] }, { merge: true });
      const rows = await db.kysely
        .selectFrom('block_replicas')
        .innerJoin('sites', 'sites.id', 'block_replicas.site')
        .select(['sites.name', 'block_replicas.complete'])
        .orderBy('sites.name')
        .execute();
      expect(rows).toEqual([
        { name: 'X', complete: 1 },
        { name: 'Y', complete: 0 },
      ]);
    });

    test('the same twice changes nothing; all of a bundle merged into itself changes nothing', async () => {
      const db = await fresh();
      const inventory = sampleInventory(5);
      await into(db, inventory);
      const before = await state(db);
      expect(await into(db, inventory, { merge: true, clock: clock + 1 })).toMatchObject({ changed: false });
      expect(await state(db)).toEqual(before);
      const part = { ...small, datasets: [...(small.datasets ?? [])] };
      expect(await into(db, part, { merge: true })).toMatchObject({ changed: true, generation: 2 });
      expect(await into(db, part, { merge: true })).toMatchObject({ changed: false, generation: 2 });
      expect((await db.kysely.introspection.getTables()).filter(({ name }) => name.startsWith('import_'))).toEqual([]);
    });

    test('two halves merged one after the other are the whole', async () => {
      const whole = sampleInventory(6);
      const half = (n: 0 | 1): Inventory => {
        const names = new Set((whole.datasets ?? []).filter((_, i) => i % 2 === n).map((row) => row.name));
        return Object.fromEntries(
          Object.entries(whole).map(([table, rows]) => [
            table,
            rows.filter((row) => names.has(table === 'datasets' ? row.name : row.dataset)),
          ]),
        );
      };
      const db = await fresh();
      await into(db, half(0));
      await into(db, half(1), { merge: true });
      const other = await fresh();
      await into(other, whole);
      expect(content(await load(db))).toEqual(content(await load(other)));
    });

    test('refers to what is in the database, and is refused as a whole for a row that refers to nothing', async () => {
      const db = await fresh();
      await into(db, small);
      const before = await load(db);
      const error = await bundleError(
        into(
          db,
          {
            datasets: [{ name: '/c' }],
            blocks: [{ dataset: '/a', name: 'b3', size: 1 }],
            replicas: [
              { dataset: '/a', block: 'b3', site: 'X' },
              { dataset: '/a', block: 'b4', site: 'X' },
            ],
          },
          { merge: true },
        ),
      );
      expect(error.problems).toMatchObject([{ line: 2, reason: expect.stringContaining('unknown block "b4"') }]);
      expect(await load(db)).toEqual(before);
    });

    test('into nothing does not make an inventory complete', async () => {
      const db = await fresh();
      await into(db, small, { merge: true });
      expect((await load(db)).completeness.state).toBe('partial');
    });
  });

  test('accepting a shrunken inventory is remembered without changing the inventory', async () => {
    const db = await fresh();
    await into(db, small);
    expect(await state(db)).toMatchObject({ generation: 1, shrink_accepted: null });
    await into(db, small, { acceptShrink: true });
    expect(await state(db)).toMatchObject({ generation: 1, shrink_accepted: 1, updated_at: clock });
    await into(db, smallRow(small, 'datasets', 0, { type: 'x' }), { acceptShrink: true });
    expect(await state(db)).toMatchObject({ generation: 2, shrink_accepted: 2 });
    await into(db, small);
    expect(await state(db)).toMatchObject({ generation: 3, shrink_accepted: 2 });
  });

  test('progress comes to the end of the files', async () => {
    const db = await fresh();
    const seen: { bytesRead: number; bytes: number }[] = [];
    await into(db, sampleInventory(7), { progress: (progress) => seen.push(progress) });
    expect(seen.at(-1)?.bytes).toBeGreaterThan(1000);
    expect(seen.at(-1)?.bytesRead).toBe(seen.at(-1)?.bytes);
  });

  test('two imports at once: each is whole, and the generations are different', async () => {
    const url = await freshUrl();
    const [a, b] = [await open(url), await open(url)];
    await migrate(a);
    const inventories = [sampleInventory(8), sampleInventory(9)] as const;
    const results = await Promise.all([into(a, inventories[0]), into(b, inventories[1])]);
    expect(results.map((result) => result.generation).sort()).toEqual([1, 2]);
    const last = results[0].generation === 2 ? inventories[0] : inventories[1];
    expect(content(await load(a))).toEqual(content(await readBundleSnapshot(bundle(last), { clock })));
  });

  test('a reader never sees half an import', async () => {
    const url = await freshUrl();
    const [writer, reader] = [await open(url), await open(url)];
    await migrate(writer);
    const one = sampleInventory(10, 60);
    const two = sampleInventory(11, 20);
    const expected = [
      content(await readBundleSnapshot(bundle(one), { clock })),
      content(await readBundleSnapshot(bundle(two), { clock })),
    ];
    await into(writer, one);
    let importing = true;
    const imports = (async () => {
      for (let i = 0; i < 6; i++) await into(writer, i % 2 === 0 ? two : one);
    })().finally(() => {
      importing = false;
    });
    let loads = 0;
    while (importing) {
      await nextTurn();
      const snapshot = await load(reader);
      expect(content(snapshot)).toEqual(expected[(snapshot.generation + 1) % 2]);
      loads++;
    }
    await imports;
    expect(loads).toBeGreaterThan(3);
  });

  test('execution that goes on during imports never meets a broken inventory, and generations only grow', async () => {
    const url = await freshUrl();
    const [writer, executor] = [await open(url), await open(url)];
    await migrate(writer);
    await into(writer, small);
    let importing = true;
    const imports = (async () => {
      for (let i = 0; i < 6; i++) {
        await into(writer, smallRow(small, 'datasets', 0, { type: `t${i}` }));
      }
    })().finally(() => {
      importing = false;
    });
    const generations: number[] = [];
    while (importing) {
      await nextTurn();
      await executor.transaction(async (trx) => {
        await completeBlockReplicas(trx, { dataset: '/b', site: 'E', owner: '', blocks: ['b1'], at: clock });
      });
      await executor.transaction(async (trx) => {
        await removeBlockReplicas(trx, { dataset: '/b', site: 'E', blocks: ['b1'], at: clock });
      });
      generations.push((await state(executor)).generation);
    }
    await imports;
    expect(generations).toEqual([...generations].sort((a, b) => a - b));
    const { block_replicas: count, bytes } = await state(executor);
    const loaded = await load(executor);
    expect(count).toBe(loaded.blockReplicas.count);
    expect(Number(bytes)).toBe(loaded.blockReplicas.size.reduce((sum, size) => sum + size, 0));
  });

  if (dialect === 'mysql') {
    test('where the server does not allow LOAD DATA, rows are inserted', async () => {
      const server = await startMariadb(['--local-infile=0']);
      try {
        await onMariadb(server.address, 'create database inventory');
        const db = await openDatabase(mariadbUrl(server.address, 'inventory'));
        await migrate(db);
        const inventory = sampleInventory(12, 400);
        await into(db, inventory);
        expect(content(await load(db))).toEqual(content(await readBundleSnapshot(bundle(inventory), { clock })));
        expect(await into(db, small, { merge: true })).toMatchObject({ changed: true });
        await db.close();
      } finally {
        await server.stop();
      }
    });
  }
});

forEachDatabase('export', ({ fresh }) => {
  const temporary = temporaryDirectories();

  test.each(forms)(
    'exported and imported into an empty database it is exported the same, byte for byte (%o)',
    async (form) => {
      const db = await fresh();
      await importBundle(db, writeBundle(temporary('bundle'), sampleInventory(20)), { clock });
      const first = temporary('first');
      const options = { format: form.format ?? 'jsonl', gzip: form.gzip ?? false } as const;
      expect(await exportBundle(db, first, options)).toMatchObject({
        completeness: { state: 'complete' },
        datasets: 30,
      });
      const copy = await fresh();
      await importBundle(copy, first, { clock });
      const second = temporary('second');
      await exportBundle(copy, second, options);
      expect(filesOf(second)).toEqual(filesOf(first));
      expect(Object.keys(filesOf(first))).toHaveLength(6);
      expect(content(await load(copy))).toEqual(content(await load(db)));
      // And it says the same as what was imported.
      expect(await importBundle(db, first, { clock })).toMatchObject({ changed: false });
    },
  );

  test('a directory that holds a bundle is not written into', async () => {
    const db = await fresh();
    const directory = writeBundle(temporary('bundle'), small);
    await importBundle(db, directory, { clock });
    const before = filesOf(directory);
    await expect(exportBundle(db, directory)).rejects.toMatchObject({ code: 'bundle-exists' });
    expect(filesOf(directory)).toEqual(before);
  });

  test('a text that TSV cannot hold is refused, and no file is left', async () => {
    const db = await fresh();
    await importBundle(db, writeBundle(temporary('bundle'), smallRow(small, 'datasets', 0, { type: '\\N' })), {
      clock,
    });
    const directory = temporary('export');
    await expect(exportBundle(db, directory, { format: 'tsv' })).rejects.toMatchObject({ code: 'not-in-tsv' });
    expect(existsSync(directory) ? readdirSync(directory) : []).toEqual([]);
    await exportBundle(db, directory, { format: 'jsonl' });
    expect(filesOf(directory)['datasets.jsonl']).toContain('"type":"\\\\N"');
  });
});

forEachDatabase('figures', ({ fresh }) => {
  const temporary = temporaryDirectories();

  test('counts and bytes, per site, per owner, per status', async () => {
    const db = await fresh();
    await importBundle(db, writeBundle(temporary('bundle'), smallRow(small, 'datasets', 1, { status: 'DEPRECATED' })), {
      clock,
    });
    expect(await inventoryStats(db)).toEqual({
      generation: 1,
      completeness: { state: 'complete' },
      updatedAt: clock,
      datasets: 2,
      blocks: 3,
      files: 2,
      replicas: 3,
      blockReplicas: 4,
      bytes: 217,
      subscriptions: 1,
      sites: [
        { site: 'X', replicas: 2, blocks: 3, bytes: 157, incomplete: 0 },
        { site: 'Y', replicas: 1, blocks: 1, bytes: 60, incomplete: 1 },
      ],
      owners: [
        { owner: '', blocks: 2, bytes: 67 },
        { owner: 'O', blocks: 2, bytes: 150 },
      ],
      statuses: [
        { status: 'DEPRECATED', datasets: 1, blocks: 1, bytes: 7 },
        { status: 'VALID', datasets: 1, blocks: 2, bytes: 150 },
      ],
    });
  });
});
