/** The block replicas of an embedded database, read by threads. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importBundle, loadSnapshot, migrate, openDatabase, SnapshotStore } from '../../src/database/index.js';
import { ReplicaScan } from '../../src/database/replica-scan.js';
import { emptyMemory } from '../../src/snapshot/index.js';
import { sampleInventory, shuffled, temporaryDirectories, writeBundle } from './database-bundle.js';

const clock = 1_700_000_000;
const once = { clock, memory: emptyMemory };
const scan = (threads: number) => ({ ...once, scan: { threads, smallest: 0 } });

const temporary = temporaryDirectories();

async function withInventory(work: (db: Awaited<ReturnType<typeof openDatabase>>, url: string) => Promise<void>) {
  const url = `sqlite:${join(temporary('database'), 'stator.db')}`;
  const db = await openDatabase(url);
  try {
    await migrate(db);
    await importBundle(db, writeBundle(temporary('bundle'), shuffled(sampleInventory(1, 300), 1)), { clock });
    await work(db, url);
  } finally {
    await db.close();
  }
}

test('is the snapshot that one thread reads, with 2 and with 5', async () => {
  await withInventory(async (db) => {
    const whole = await loadSnapshot(db, once);
    expect(whole.blockReplicas.count).toBeGreaterThan(1000);
    for (const threads of [1, 2, 5]) {
      expect(await loadSnapshot(db, scan(threads))).toStrictEqual(whole);
      const store = new SnapshotStore({ file: null, engine: 'test' });
      expect(await store.load(db, scan(threads))).toStrictEqual(whole);
    }
  });
});

/** The head as a transaction sees it that has just begun. */
async function headOf(db: Awaited<ReturnType<typeof openDatabase>>) {
  const { generation, block_replicas, bytes } = await db.kysely
    .selectFrom('inventory_state')
    .selectAll()
    .executeTakeFirstOrThrow();
  const mark = await db.kysely
    .selectFrom('inventory_changes')
    .select('token')
    .where('generation', '=', generation)
    .executeTakeFirstOrThrow();
  const head = { completeness: 'complete', reason: null, blockReplicas: block_replicas, bytes: Number(bytes) };
  return { ...head, generation, token: mark.token };
}

async function scanned(db: Awaited<ReturnType<typeof openDatabase>>, head: Awaited<ReturnType<typeof headOf>>) {
  if (db.dialect !== 'sqlite') throw new Error('not embedded');
  const begun = ReplicaScan.begin(db.handle, head, { threads: 2, smallest: 0 });
  if (begun === null) throw new Error('no scan');
  try {
    const ranges = await begun.finish();
    return ranges === null ? null : ranges.reduce((count, range) => count + range.block.length, 0);
  } finally {
    await begun.close();
  }
}

test('is not used where the threads see another generation, or another history with the same number', async () => {
  await withInventory(async (db) => {
    const head = await headOf(db);
    expect(await scanned(db, head)).toBe(head.blockReplicas);
    expect(await scanned(db, { ...head, generation: head.generation - 1 })).toBeNull();
    expect(await scanned(db, { ...head, token: 'another' })).toBeNull();
  });
});

test('is not used where the threads cannot open the database', async () => {
  await withInventory(async (db, url) => {
    const head = await headOf(db);
    for (const end of ['', '-wal', '-shm']) rmSync(`${url.slice('sqlite:'.length)}${end}`, { force: true });
    expect(await scanned(db, head)).toBeNull();
    // Who has it open reads on.
    expect((await loadSnapshot(db, scan(2))).blockReplicas.count).toBe(head.blockReplicas);
  });
});

test('sees one state while others import', async () => {
  await withInventory(async (db, url) => {
    const other = await openDatabase(url);
    try {
      const bundles = [2, 3].map((seed) => writeBundle(temporary('bundle'), sampleInventory(seed, 300)));
      const states = [(await loadSnapshot(db, once)).blockReplicas];
      for (const [i, bundle] of bundles.entries()) {
        const [read] = await Promise.all([
          loadSnapshot(db, scan(2)),
          importBundle(other, bundle, { clock: clock + i, acceptShrink: true }),
        ]);
        states.push((await loadSnapshot(db, once)).blockReplicas);
        expect(states.slice(-2)).toContainEqual(read.blockReplicas);
      }
    } finally {
      await other.close();
    }
  });
});

test('refuses a replica of a block that is not there, as one thread does', async () => {
  await withInventory(async (db) => {
    if (db.dialect !== 'sqlite') throw new Error('not embedded');
    db.handle.pragma('foreign_keys = OFF');
    db.handle.exec(`insert into block_replicas (block, site, owner, size, complete, custodial, managed, last_update)
      values (1000000, 1, 0, 0, 1, 0, 1, 0)`);
    await expect(loadSnapshot(db, once)).rejects.toThrow('refers to 1000000');
    await expect(loadSnapshot(db, scan(2))).rejects.toThrow('refers to 1000000');
  });
});
