import { describe, expect, test } from 'vitest';
import {
  completeBlockReplicas,
  type Database,
  endSubscription,
  importBundle,
  inventoryStats,
  loadSnapshot,
  migrate,
  openSubscription,
  reassignBlockReplicas,
  removeBlockReplicas,
  setBlockReplicas,
} from '../../src/database/index.js';
import { emptyMemory } from '../../src/snapshot/index.js';
import { forEachDatabase } from '../databases.js';
import { type Inventory, temporaryDirectories, writeBundle } from './database-bundle.js';

const imported = 1_700_000_000;
const at = imported + 100;

const inventory: Inventory = {
  datasets: [{ name: '/a' }, { name: '/b' }],
  blocks: [
    { dataset: '/a', name: 'b1', size: 100, lastUpdate: 1000 },
    { dataset: '/a', name: 'b2', size: 50, lastUpdate: 1000 },
    { dataset: '/a', name: 'b3', size: 0, lastUpdate: 1000 },
    { dataset: '/b', name: 'b1', size: 7, lastUpdate: 1000 },
  ],
  files: [
    { dataset: '/a', block: 'b1', name: 'f1', size: 60 },
    { dataset: '/a', block: 'b1', name: 'f2', size: 40 },
  ],
  replicas: [
    { dataset: '/a', block: 'b1', site: 'X', owner: 'O', custodial: true },
    { dataset: '/a', block: 'b2', site: 'X', owner: 'O' },
    { dataset: '/a', block: 'b1', site: 'Y', owner: 'O', size: 60, complete: false, fileNames: ['f1'] },
    { dataset: '/b', block: 'b1', site: 'X', owner: 'P' },
  ],
};

/** Every block replica as one line. */
async function replicas(db: Database): Promise<string[]> {
  const snapshot = await loadSnapshot(db, { clock: at, memory: emptyMemory });
  const { datasets, blocks, blockReplicas: r, sites, owners } = snapshot;
  return Array.from(r.block, (b, i) => {
    const flags = [
      r.complete[i] ? 'complete' : 'incomplete',
      r.custodial[i] ? 'custodial' : '',
      r.managed[i] ? '' : 'unmanaged',
    ];
    const name = `${datasets.name[blocks.dataset[b] ?? -1]}#${blocks.name.at(b)}@${sites[r.site[i] ?? -1]}`;
    const owner = owners[r.owner[i] ?? -1] || 'nobody';
    return [name, owner, r.size[i], ...flags.filter((flag) => flag !== ''), r.lastUpdate[i]].join(' ');
  });
}

async function generation(db: Database): Promise<number> {
  return (await db.kysely.selectFrom('inventory_state').select('generation').executeTakeFirstOrThrow()).generation;
}

async function versions(db: Database): Promise<Record<string, number>> {
  const rows = await db.kysely.selectFrom('datasets').select(['name', 'version']).orderBy('name').execute();
  return Object.fromEntries(rows.map((row) => [row.name, row.version]));
}

/** The totals that are kept are those that are counted. */
async function expectTotals(db: Database): Promise<void> {
  const state = await db.kysely.selectFrom('inventory_state').selectAll().executeTakeFirstOrThrow();
  const { sites } = await inventoryStats(db);
  expect(state.block_replicas).toBe(sites.reduce((sum, site) => sum + site.blocks, 0));
  expect(Number(state.bytes)).toBe(sites.reduce((sum, site) => sum + site.bytes, 0));
}

forEachDatabase('changes of execution', ({ dialect, fresh, freshUrl, open }) => {
  const temporary = temporaryDirectories();
  const filled = async (options: { unmanaged?: boolean } = {}) => {
    const db = await fresh();
    await importBundle(db, writeBundle(temporary('bundle'), inventory), { clock: imported, ...options });
    return db;
  };
  const before = [
    '/a#b1@X O 100 complete custodial 1000',
    '/a#b2@X O 50 complete 1000',
    '/a#b1@Y O 60 incomplete 1000',
    '/b#b1@X P 7 complete 1000',
  ];

  describe('a verified copy', () => {
    test('makes the replica where there was none, and completes the one that was begun', async () => {
      const db = await filled();
      const change = await db.transaction((trx) =>
        completeBlockReplicas(trx, { dataset: '/a', site: 'Y', owner: 'Q', blocks: ['b1', 'b2', 'b3'], at }),
      );
      expect(change).toEqual({ blocks: 3, bytes: 150 });
      expect(await replicas(db)).toEqual([
        before[0],
        before[1],
        `/a#b1@Y Q 100 complete ${at}`,
        `/a#b2@Y Q 50 complete ${at}`,
        `/a#b3@Y Q 0 complete ${at}`,
        before[3],
      ]);
      expect(await db.kysely.selectFrom('block_replica_files').selectAll().execute()).toEqual([]);
      expect(await generation(db)).toBe(2);
      await expectTotals(db);
    });

    test('goes to a site and an owner that nobody had heard of', async () => {
      const db = await filled();
      await db.transaction((trx) =>
        completeBlockReplicas(trx, { dataset: '/b', site: 'New\\site', owner: "new 'owner'", blocks: ['b1'], at }),
      );
      expect(await replicas(db)).toContain(`/b#b1@New\\site new 'owner' 7 complete ${at}`);
      await expectTotals(db);
    });

    test('I10 is managed when the loop made it, and stays unmanaged when it was there before', async () => {
      const db = await filled({ unmanaged: true });
      await db.transaction((trx) =>
        completeBlockReplicas(trx, { dataset: '/a', site: 'Y', owner: 'O', blocks: ['b1', 'b2'], at }),
      );
      expect(await replicas(db)).toContain(`/a#b1@Y O 100 complete unmanaged ${at}`);
      expect(await replicas(db)).toContain(`/a#b2@Y O 50 complete ${at}`);
    });

    test('of data that an import took away meanwhile changes nothing', async () => {
      const db = await filled();
      const change = await db.transaction(async (trx) => [
        await completeBlockReplicas(trx, { dataset: '/gone', site: 'X', owner: '', blocks: ['b1'], at }),
        await completeBlockReplicas(trx, { dataset: '/a', site: 'X', owner: '', blocks: ['gone'], at }),
      ]);
      expect(change).toEqual([
        { blocks: 0, bytes: 0 },
        { blocks: 0, bytes: 0 },
      ]);
      expect(await replicas(db)).toEqual(before);
      expect(await generation(db)).toBe(1);
    });
  });

  test('a deletion takes out the named blocks that are there, or all', async () => {
    const db = await filled();
    expect(
      await db.transaction((trx) =>
        removeBlockReplicas(trx, { dataset: '/a', site: 'Y', blocks: ['b1', 'b2', 'no'], at }),
      ),
    ).toEqual({ blocks: 1, bytes: 60 });
    expect(await replicas(db)).toEqual([before[0], before[1], before[3]]);
    expect(await db.kysely.selectFrom('block_replica_files').selectAll().execute()).toEqual([]);
    expect(
      await db.transaction((trx) => removeBlockReplicas(trx, { dataset: '/a', site: 'X', blocks: null, at })),
    ).toEqual({ blocks: 2, bytes: 150 });
    expect(await replicas(db)).toEqual([before[3]]);
    expect(await generation(db)).toBe(3);
    await expectTotals(db);

    expect(
      await db.transaction((trx) => removeBlockReplicas(trx, { dataset: '/a', site: 'X', blocks: null, at })),
    ).toEqual({ blocks: 0, bytes: 0 });
    expect(await generation(db)).toBe(3);
  });

  test('a change of owner moves no bytes and keeps everything else; the empty owner is nobody', async () => {
    const db = await filled();
    await db.transaction((trx) =>
      reassignBlockReplicas(trx, { dataset: '/a', site: 'X', blocks: ['b1'], owner: 'New', at }),
    );
    await db.transaction((trx) =>
      reassignBlockReplicas(trx, { dataset: '/b', site: 'X', blocks: null, owner: '', at }),
    );
    expect(await replicas(db)).toEqual([
      '/a#b1@X New 100 complete custodial 1000',
      before[1],
      before[2],
      '/b#b1@X nobody 7 complete 1000',
    ]);
    expect(await generation(db)).toBe(3);
    await expectTotals(db);
  });

  test('work that ended half-way: what is there is said, whatever was known before', async () => {
    const db = await filled();
    const state = { owner: 'O', complete: false, custodial: false, managed: true };
    const change = await db.transaction((trx) =>
      setBlockReplicas(
        trx,
        '/a',
        'Y',
        [
          { ...state, block: 'b1', size: 40, files: ['f2'] },
          { ...state, block: 'b2', size: 50, complete: true, custodial: true, files: null },
          { ...state, block: 'gone', size: 1, files: null },
        ],
        at,
      ),
    );
    expect(change).toEqual({ blocks: 2, bytes: 90 });
    expect(await replicas(db)).toEqual([
      before[0],
      before[1],
      `/a#b1@Y O 40 incomplete ${at}`,
      `/a#b2@Y O 50 complete custodial ${at}`,
      before[3],
    ]);
    expect(await db.kysely.selectFrom('block_replica_files').select('name').execute()).toEqual([{ name: 'f2' }]);
    await expectTotals(db);
  });

  test('more blocks than a statement takes parameters', async () => {
    const db = await fresh();
    const names = Array.from({ length: 1300 }, (_, i) => `b${i}`);
    await importBundle(
      db,
      writeBundle(temporary('bundle'), {
        datasets: [{ name: '/a' }],
        blocks: names.map((name, i) => ({ dataset: '/a', name, size: i })),
        replicas: names.map((block) => ({ dataset: '/a', block, site: 'X' })),
      }),
      { clock: imported },
    );
    const bytes = (1299 * 1300) / 2;
    await db.transaction(async (trx) => {
      const target = { dataset: '/a', site: 'Y', at };
      expect(await completeBlockReplicas(trx, { ...target, owner: 'O', blocks: names })).toEqual({
        blocks: 1300,
        bytes,
      });
      expect(await reassignBlockReplicas(trx, { ...target, owner: 'P', blocks: names })).toEqual({
        blocks: 1300,
        bytes,
      });
      expect(await removeBlockReplicas(trx, { ...target, site: 'X', blocks: null })).toEqual({ blocks: 1300, bytes });
    });
    expect(await generation(db)).toBe(2);
    await expectTotals(db);
  });

  test('subscriptions are opened once and ended once', async () => {
    const db = await filled();
    const subscription = { dataset: '/a', site: 'New', owner: 'O', at };
    const opened = () => db.transaction((trx) => openSubscription(trx, subscription));
    const growing = async () => {
      const { replicas: r, sites, owners } = await loadSnapshot(db, { clock: at, memory: emptyMemory });
      return Array.from(r.growing, (grows, i) => [
        sites[r.site[i] ?? -1],
        grows,
        owners[r.growingOwner[i] ?? -1],
      ]).filter(([, grows]) => grows === 1);
    };
    expect(await opened()).toBe(true);
    expect(await growing()).toEqual([['New', 1, 'O']]);
    expect(await generation(db)).toBe(2);
    expect(await opened()).toBe(false);
    expect(await generation(db)).toBe(2);
    expect(await db.transaction((trx) => openSubscription(trx, { ...subscription, owner: 'P' }))).toBe(true);
    expect(await growing()).toEqual([['New', 1, 'P']]);
    expect(await db.transaction((trx) => endSubscription(trx, subscription))).toBe(true);
    expect(await growing()).toEqual([]);
    expect(await db.transaction((trx) => endSubscription(trx, subscription))).toBe(false);
    expect(await generation(db)).toBe(4);
    expect(await db.transaction((trx) => openSubscription(trx, { ...subscription, dataset: '/gone' }))).toBe(false);
  });

  test('several changes in one transaction are one generation; a transaction that fails is none', async () => {
    const db = await filled();
    await db.transaction(async (trx) => {
      await removeBlockReplicas(trx, { dataset: '/a', site: 'Y', blocks: null, at });
      await completeBlockReplicas(trx, { dataset: '/b', site: 'Y', owner: '', blocks: ['b1'], at });
      await endSubscription(trx, { dataset: '/a', site: 'Y', at });
    });
    expect(await generation(db)).toBe(2);
    await expectTotals(db);
    const now = await replicas(db);
    await expect(
      db.transaction(async (trx) => {
        await removeBlockReplicas(trx, { dataset: '/a', site: 'X', blocks: null, at });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await generation(db)).toBe(2);
    expect(await replicas(db)).toEqual(now);
    await expectTotals(db);
  });

  test('every change of replicas increments the version of its dataset, and of no other', async () => {
    const db = await filled();
    expect(await versions(db)).toEqual({ '/a': 0, '/b': 0 });
    await db.transaction((trx) => removeBlockReplicas(trx, { dataset: '/a', site: 'Y', blocks: null, at }));
    expect(await versions(db)).toEqual({ '/a': 1, '/b': 0 });
    await db.transaction((trx) =>
      completeBlockReplicas(trx, { dataset: '/a', site: 'Z', owner: '', blocks: ['b1'], at }),
    );
    await db.transaction((trx) =>
      reassignBlockReplicas(trx, { dataset: '/a', site: 'Z', blocks: null, owner: 'O', at }),
    );
    expect(await versions(db)).toEqual({ '/a': 3, '/b': 0 });
  });

  test('I1 two executors that each delete a copy because the other one exists leave one', async () => {
    const url = await freshUrl();
    const executors = [await open(url), await open(url)] as const;
    await migrate(executors[0]);
    for (let round = 0; round < 5; round++) {
      await importBundle(
        executors[0],
        writeBundle(temporary('bundle'), {
          datasets: [{ name: '/a' }],
          blocks: [{ dataset: '/a', name: 'b', size: round }],
          replicas: [
            { dataset: '/a', block: 'b', site: 'X' },
            { dataset: '/a', block: 'b', site: 'Y' },
          ],
        }),
        { clock: imported },
      );
      const deleteIfAnother = (db: Database, site: string) =>
        db.transaction(async (trx) => {
          await trx
            .updateTable('datasets')
            .set((eb) => ({ version: eb('version', '+', 1) }))
            .where('name', '=', '/a')
            .execute();
          const copies = await trx
            .selectFrom('block_replicas')
            .innerJoin('sites', 'sites.id', 'block_replicas.site')
            .select('sites.name')
            .execute();
          // Time for the other one to come between.
          for (let i = 0; i < 10; i++) await trx.selectFrom('owners').select('id').execute();
          if (!copies.some((copy) => copy.name !== site)) return;
          await removeBlockReplicas(trx, { dataset: '/a', site, blocks: ['b'], at });
        });
      await Promise.all([deleteIfAnother(executors[0], 'X'), deleteIfAnother(executors[1], 'Y')]);
      expect(await replicas(executors[0])).toHaveLength(1);
      await expectTotals(executors[0]);
    }
  });

  test('many executors that bring new sites and owners at once end with one of each', async () => {
    const url = await freshUrl();
    const first = await open(url);
    await migrate(first);
    await importBundle(first, writeBundle(temporary('bundle'), inventory), { clock: imported });
    const others = dialect === 'sqlite' ? [first] : await Promise.all([1, 2, 3, 4].map(() => open(url)));
    await Promise.all(
      others.flatMap((db) =>
        ['/a', '/b'].map((dataset) =>
          db.transaction((trx) => completeBlockReplicas(trx, { dataset, site: 'Z', owner: 'Z', blocks: ['b1'], at })),
        ),
      ),
    );
    const names = await first.kysely.selectFrom('sites').select('name').orderBy('name').execute();
    expect(names.map((row) => row.name)).toEqual(['X', 'Y', 'Z']);
    expect((await replicas(first)).filter((line) => line.includes('@Z'))).toHaveLength(2);
    await expectTotals(first);
  });
});
