import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, symlink, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  completeBlockReplicas,
  type Database,
  endSubscription,
  importBundle,
  loadSnapshot,
  migrate,
  openSubscription,
  reassignBlockReplicas,
  removeBlockReplicas,
  type Schema,
  SnapshotStore,
  setBlockReplicas,
} from '../../src/database/index.js';
import { plan } from '../../src/planning/index.js';
import { emptyMemory, type Snapshot } from '../../src/snapshot/index.js';
import { forEachDatabase } from '../databases.js';
import { desired, site } from '../scenarios/desired.js';
import { type Inventory, sampleInventory, temporaryDirectories, writeBundle } from './database-bundle.js';

const clock = 1_700_000_000;
const at = { clock, memory: emptyMemory };

/** Rules to whose plans every column matters a little. */
const rules = desired(
  site('T0', 'quotas: { all: 900TB }'),
  site('T3', 'quotas: { all: 10TB }'),
  `kind: Partition
metadata: { name: all }
spec:
  match: 'true'
  quotas: [{ sites: 'true', size: 1PB }]
---
kind: Retention
metadata: { name: all }
spec:
  partition: all
  sites: 'true'
  trigger: 'site.occupancy >= 0.0'
  until: 'site.occupancy < 0.0'
  order: [{ by: dataset.usageRank, direction: desc }, { by: replica.size }]
  default: dismiss
  rules:
    - { id: custodial, action: protect, when: replica.custodial }
    - { id: gone, action: delete, when: 'dataset.status == "DELETED" || dataset.labels.tier == "T2"' }
    - { id: incomplete, action: delete, when: '!replica.complete && dataset.accesses < 50.0' }
---
kind: Placement
metadata: { name: mc }
spec: { datasets: 'dataset.type == "mc"', to: 'site.name == "T0" || site.name == "T3"', copies: 1, owner: Data }
`,
);

const digest = (snapshot: Snapshot) => plan(rules, snapshot, { clock }).plan.digest;

/** A store that keeps everything, and what it said. */
function storeOf(file: string | null, engine = 'stator/1') {
  const notes: string[] = [];
  const store = new SnapshotStore({
    file,
    engine,
    smallest: 0,
    note: (level, line) => notes.push(`${level}: ${line}`),
  });
  return { store, notes };
}

/** All of a snapshot but where it was copied from, which a full load does not say. */
function inventoryOf({ copied: _, ...inventory }: Snapshot): Snapshot {
  return inventory;
}

/** Loads in a new process, as it were. @returns whether the file was of use */
async function loadsTheSame(
  db: Database,
  file: string,
  engine?: string,
): Promise<{ readonly used: boolean; readonly notes: readonly string[] }> {
  const { store, notes } = storeOf(file, engine);
  expect(inventoryOf(await store.load(db, at))).toStrictEqual(await loadSnapshot(db, at));
  await store.save();
  return { used: notes.some((line) => line.startsWith('debug: snapshot cache used')), notes };
}

/** The same file after a full load: what a process leaves that found none. */
async function keep(db: Database, file: string): Promise<void> {
  await rm(file, { force: true });
  await loadsTheSame(db, file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
}

const one = (dataset: string, size = 10): Inventory => ({
  datasets: [{ name: dataset, status: 'VALID', labels: { tier: 'T9' } }],
  blocks: [{ dataset, name: 'b1', size, files: 1 }],
  replicas: [{ dataset, block: 'b1', site: 'T0', owner: 'Data Ops' }],
});

forEachDatabase('a snapshot that is kept', ({ dialect, fresh, freshUrl, open }) => {
  const temporary = temporaryDirectories();
  const filled = async (seed = 1) => {
    const db = await fresh();
    await importBundle(db, writeBundle(temporary('bundle'), sampleInventory(seed)), { clock });
    return { db, file: temporary('kept.snapshot') };
  };
  let changes = 0;
  const change = (db: Database, dataset = '/plain/name/RAW') =>
    db.transaction((trx) => openSubscription(trx, { dataset, site: `S${changes++}`, owner: 'O', at: clock }));
  const merge = (db: Database, inventory: Inventory) =>
    importBundle(db, writeBundle(temporary('merge'), inventory), { clock, merge: true, allowEmpty: true });

  describe('is brought up to date', () => {
    type Step = (db: Database) => Promise<unknown>;
    const sites = ['T0', 'T1 A', 'T1_Ä', "T2'x", 'new site'];
    const owners = ['', 'AnalysisOps', 'new owner'];

    const anySite = fc.constantFrom(...sites);
    const anyOwner = fc.constantFrom(...owners);
    const anyBlocks = fc.constantFrom<readonly string[] | null>(null, ['block 0\\0', 'block 0\\1'], ['block 1\\2'], []);
    /** One change within a transaction. */
    const inTransaction = fc.oneof(
      fc.record({ kind: fc.constant('complete' as const), site: anySite, owner: anyOwner, blocks: anyBlocks }),
      fc.record({ kind: fc.constant('remove' as const), site: anySite, blocks: anyBlocks }),
      fc.record({ kind: fc.constant('reassign' as const), site: anySite, owner: anyOwner, blocks: anyBlocks }),
      fc.record({
        kind: fc.constant('set' as const),
        site: anySite,
        owner: anyOwner,
        size: fc.nat(1e6),
        flags: fc.nat(7),
      }),
      fc.record({ kind: fc.constant('subscribe' as const), site: anySite, owner: anyOwner }),
      fc.record({ kind: fc.constant('unsubscribe' as const), site: anySite }),
    );
    const datasets = sampleInventory(1).datasets?.map((row) => String(row.name)) ?? [];
    const transaction = fc.record({
      kind: fc.constant('transaction' as const),
      changes: fc.array(fc.record({ dataset: fc.constantFrom(...datasets), change: inTransaction }), {
        maxLength: 4,
        minLength: 1,
      }),
      rollBack: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    });
    const step = fc.oneof(
      { weight: 6, arbitrary: transaction },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('replace' as const), seed: fc.nat(3), managed: fc.boolean() }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('merge' as const), seed: fc.nat(9), from: fc.nat(25) }) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('replicas' as const),
          site: anySite,
          owner: anyOwner,
          from: fc.nat(1000),
          every: fc.integer({ min: 1, max: 9 }),
          count: fc.constantFrom(1, 2, 5, 40),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('partial' as const) }) },
    );
    type Described = typeof step extends fc.Arbitrary<infer T> ? T : never;

    /** Some rows of another inventory of the same datasets: labels, usage, new blocks, other replicas. */
    const partOf = (seed: number, from: number): Inventory => {
      const all = sampleInventory(seed + 10);
      const some = new Set(all.datasets?.slice(from, from + 3).map((row) => row.name));
      const of = (key: string) => (row: Readonly<Record<string, unknown>>) => some.has(row[key]);
      const { datasets = [], blocks = [], replicas = [], usage = [], subscriptions = [] } = all;
      return {
        datasets: datasets.filter(of('name')),
        blocks: blocks.filter(of('dataset')),
        replicas: replicas.filter(of('dataset')),
        usage: usage.filter(of('dataset')),
        subscriptions: subscriptions.filter(of('dataset')),
      };
    };

    const run = (described: Described): Step => {
      switch (described.kind) {
        case 'replace':
          return (db) =>
            importBundle(db, writeBundle(temporary('replace'), sampleInventory(described.seed)), {
              clock,
              unmanaged: !described.managed,
            });
        case 'merge':
          return (db) =>
            importBundle(db, writeBundle(temporary('merge'), partOf(described.seed, described.from)), {
              clock,
              merge: true,
              allowEmpty: true,
            });
        case 'replicas':
          return async (db) => {
            const { site, owner, from, every, count } = described;
            const blocks = await db.kysely
              .selectFrom('blocks')
              .innerJoin('datasets', 'datasets.id', 'blocks.dataset')
              .select(['datasets.name as dataset', 'blocks.name as block', 'blocks.size'])
              .orderBy('datasets.name')
              .orderBy('blocks.name')
              .execute();
            const some = blocks.filter((_, i) => i >= from % blocks.length && i % every === 0).slice(0, count);
            const replicas = some.map(({ dataset, block, size }) => {
              const present = Math.floor(Number(size) / 2);
              return { dataset, block, site, owner, size: present, complete: false, lastUpdate: clock + from };
            });
            return merge(db, { datasets: [], blocks: [], replicas });
          };
        case 'partial':
          return (db) => {
            const broken = { ...one('/partial/x/RAW'), usage: [{ dataset: '/unknown', accesses: 1 }] };
            const skipInvalid = temporary('skipped.jsonl');
            return importBundle(db, writeBundle(temporary('partial'), broken), { clock, merge: true, skipInvalid });
          };
        case 'transaction':
          return async (db) => {
            const undone = new Error('undone');
            const work = db.transaction(async (trx) => {
              for (const { dataset, change } of described.changes) {
                const target = { dataset, site: change.site, at: clock + 5 };
                if (change.kind === 'complete') {
                  await completeBlockReplicas(trx, {
                    ...target,
                    owner: change.owner,
                    blocks: change.blocks ?? ['block 2\\1'],
                  });
                } else if (change.kind === 'remove')
                  await removeBlockReplicas(trx, { ...target, blocks: change.blocks });
                else if (change.kind === 'reassign') {
                  await reassignBlockReplicas(trx, { ...target, owner: change.owner, blocks: change.blocks });
                } else if (change.kind === 'set') {
                  const state = {
                    ...{ block: 'block 0\\0', owner: change.owner, size: change.size, files: null },
                    ...{ complete: change.flags > 3, custodial: change.flags % 2 === 1, managed: change.flags > 1 },
                  };
                  await setBlockReplicas(trx, dataset, change.site, [state], clock + 6);
                } else if (change.kind === 'subscribe') await openSubscription(trx, { ...target, owner: change.owner });
                else await endSubscription(trx, target);
              }
              if (described.rollBack) throw undone;
            });
            await work.catch((error: unknown) => {
              if (error !== undone) throw error;
            });
          };
      }
    };

    test('after whatever changes the inventory, to what a full load gives; and the plans are the same', async () => {
      let usedFiles = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          const db = await fresh();
          await importBundle(db, writeBundle(temporary('bundle'), sampleInventory(1)), { clock });
          const file = temporary('kept.snapshot');
          // One that lives as long as the loop, one that begins anew each time, and one that remembers the beginning.
          const living = storeOf(null).store;
          const old = temporary('old.snapshot');
          await keep(db, old);
          for (const described of steps) {
            await run(described)(db);
            const full = await loadSnapshot(db, at);
            const beginning = storeOf(temporary('copy.snapshot'));
            const fromBeginning = temporary('begin.snapshot');
            await copyFile(old, fromBeginning);
            for (const { store, notes } of [
              { store: living, notes: [] },
              storeOf(file),
              storeOf(fromBeginning),
              beginning,
            ]) {
              const snapshot = await store.load(db, at);
              expect(inventoryOf(snapshot)).toStrictEqual(full);
              expect(digest(snapshot)).toBe(digest(full));
              await store.save();
              usedFiles += notes.filter((line) => line.startsWith('debug: snapshot cache used')).length;
            }
          }
        }),
        { numRuns: dialect === 'sqlite' ? 12 : 5, endOnFailure: true },
      );
      // Otherwise this would have compared full loads.
      expect(usedFiles).toBeGreaterThan(5);
    });

    test('by reading only what changed', async () => {
      const { db, file } = await filled();
      await keep(db, file);
      await change(db);
      await change(db);
      await change(db, '/Plain/name/RAW');
      const { used, notes } = await loadsTheSame(db, file);
      expect(used).toBe(true);
      expect(notes.at(-1)).toMatch(/and 2 datasets changed since$/);
    });

    test('by reading of a dataset only blocks of which a merge brings replicas, where they are few', async () => {
      const { db, file } = await filled();
      const blocks = Array.from({ length: 40 }, (_, i) => ({ dataset: '/many/blocks/RAW', name: `b${i}`, size: 10 }));
      await merge(db, { datasets: [{ name: '/many/blocks/RAW' }], blocks, replicas: [] });
      await keep(db, file);
      const logged = async () => {
        const { generation } = await db.kysely
          .selectFrom('inventory_state')
          .select('generation')
          .executeTakeFirstOrThrow();
        const rows = await db.kysely
          .selectFrom('inventory_changes')
          .leftJoin('blocks', 'blocks.id', 'inventory_changes.block')
          .select('blocks.name')
          .where('generation', '=', generation)
          .where('inventory_changes.dataset', '>', 0)
          .execute();
        return rows.map((row) => row.name);
      };
      const some = (count: number, site: string) =>
        blocks.slice(0, count).map(({ dataset, name }) => ({ dataset, block: name, site, owner: 'Data' }));
      await merge(db, { datasets: [], blocks: [], replicas: some(2, 'T0') });
      expect((await logged()).sort()).toEqual(['b0', 'b1']);
      const { used, notes } = await loadsTheSame(db, file);
      expect(used).toBe(true);
      expect(notes.at(-1)).toMatch(/and 1 datasets changed since$/);

      // Now others than those that are known.
      await keep(db, file);
      const smaller = some(2, 'T0').map((row) => ({ ...row, size: 4, complete: false }));
      await merge(db, { datasets: [], blocks: [], replicas: smaller });
      expect((await logged()).sort()).toEqual(['b0', 'b1']);
      expect((await loadsTheSame(db, file)).used).toBe(true);

      await merge(db, { datasets: [], blocks: [], replicas: some(33, 'new site') });
      expect(await logged()).toEqual([null]);
      expect((await loadsTheSame(db, file)).used).toBe(true);
    });

    test('when a merge brings datasets, labels and use of datasets, and takes the last of a label away', async () => {
      const { db, file } = await filled();
      await merge(db, one('/aa/first'));
      await keep(db, file);
      await merge(db, { ...one('/zz/last'), usage: [{ dataset: '/zz/last', accesses: 3 }] });
      await merge(db, {
        datasets: [{ name: '/aa/first', labels: { other: 'x' } }],
        blocks: [],
        replicas: [],
        usage: [{ dataset: '/plain/name/RAW', accesses: 77 }],
      });
      expect((await loadsTheSame(db, file)).used).toBe(true);
    });
  });

  describe('is not trusted', () => {
    test.each([0, 20, 60, 80, 300, 2000, -1, -100])('when byte %i is another one', async (place) => {
      const { db, file } = await filled();
      await keep(db, file);
      const bytes = readFileSync(file);
      const i = place < 0 ? bytes.length + place : place;
      bytes.writeUInt8(bytes.readUInt8(i) ^ 0x10, i);
      writeFileSync(file, bytes);
      const { used, notes } = await loadsTheSame(db, file);
      expect(used).toBe(false);
      expect(notes[0]).toMatch(/^info: snapshot cache not used: .*; the inventory is read from the database$/);
      // And is mended.
      expect((await loadsTheSame(db, file)).used).toBe(true);
    });

    test('when it is cut off, empty, a directory, a dangling link, or longer than it was', async () => {
      const { db, file } = await filled();
      await keep(db, file);
      const { size } = await stat(file);
      for (const length of [size - 1, 100, 71, 0]) {
        await truncate(file, length);
        expect((await loadsTheSame(db, file)).used, `${length} bytes`).toBe(false);
      }
      await truncate(file, size + 8);
      expect((await loadsTheSame(db, file)).used).toBe(false);
      await rm(file);
      await symlink('/nowhere/at/all', file);
      expect((await loadsTheSame(db, file)).used).toBe(false);
      await rm(file);
      await mkdir(file);
      const { used, notes } = await loadsTheSame(db, file);
      expect(used).toBe(false);
      expect(notes.at(-1)).toMatch(/^info: snapshot cache cannot be written: /);
      expect(await readdir(dirname(file))).toEqual(['kept.snapshot']);
    });

    test('when others could have written it', async () => {
      const { db, file } = await filled();
      await keep(db, file);
      await chmod(file, 0o620);
      expect((await loadsTheSame(db, file)).used).toBe(false);
      expect((await loadsTheSame(db, file)).used).toBe(true);
    });

    test('by another version of the program', async () => {
      const { db, file } = await filled();
      await keep(db, file);
      expect((await loadsTheSame(db, file, 'stator/2')).used).toBe(false);
      expect((await loadsTheSame(db, file, 'stator/1')).used).toBe(false);
      expect((await loadsTheSame(db, file, 'stator/1')).used).toBe(true);
    });

    test('for another database, also one of the same generation and the same names', async () => {
      const { db, file } = await filled(1);
      await keep(db, file);
      const other = await filled(2);
      expect((await loadsTheSame(other.db, file)).used).toBe(false);
      const same = await filled(1);
      expect((await loadsTheSame(same.db, file)).used).toBe(false);
      expect((await loadsTheSame(same.db, file)).used).toBe(true);
    });

    test('when the database was restored from a backup, whatever happened since', async () => {
      const { db, file } = await filled();
      await change(db);
      await keep(db, file);
      const atBackup = temporary('backup.snapshot');
      await copyFile(file, atBackup);
      const backup = await contentOf(db);
      const lost = async () => {
        await db.transaction((trx) =>
          removeBlockReplicas(trx, { dataset: '/back\\slash/\\n/\\N', site: 'T0', blocks: null, at: clock }),
        );
        await change(db);
        await change(db);
      };
      await lost();
      await keep(db, file);

      await restore(db, backup);
      expect((await loadsTheSame(db, atBackup)).used).toBe(true);
      // The generation went back.
      const older = temporary('older.snapshot');
      await copyFile(file, older);
      expect((await loadsTheSame(db, older)).used).toBe(false);
      // And on, until the number is the same again, and then higher: with other content.
      for (let n = 0; n < 4; n++) {
        await merge(db, one(`/after/the/backup-${n}`));
        const copy = temporary('copy.snapshot');
        await copyFile(file, copy);
        expect((await loadsTheSame(db, copy)).used, `${n + 1} after the backup`).toBe(false);
      }
      // What was kept before the backup still leads here.
      const copy = temporary('copy.snapshot');
      await copyFile(atBackup, copy);
      expect((await loadsTheSame(db, copy)).used).toBe(true);
    });

    test('when somebody changed the inventory without the log', async () => {
      const { db, file } = await filled();
      await keep(db, file);
      await sql`update datasets set status = 'INVALID'`.execute(db.kysely);
      await sql`update inventory_state set generation = generation + 1`.execute(db.kysely);
      expect((await loadsTheSame(db, file)).used).toBe(false);
      // Nobody knows that generation, so nothing is kept of it; what comes after it is known again.
      expect((await loadsTheSame(db, file)).used).toBe(false);
      await change(db);
      expect((await loadsTheSame(db, file)).used).toBe(false);
      expect((await loadsTheSame(db, file)).used).toBe(true);
    });

    test('when its totals are not those of the database', async () => {
      const { db, file } = await filled();
      await merge(db, one('/aa/first'));
      await keep(db, file);
      // As a change would that keeps the totals and forgets the log.
      await sql`delete from block_replicas where block in
        (select b.id from blocks b join datasets d on d.id = b.dataset where d.name = '/aa/first')`.execute(db.kysely);
      await sql`update inventory_state set block_replicas = block_replicas - 1, bytes = bytes - 10`.execute(db.kysely);
      const { used, notes } = await loadsTheSame(db, file);
      expect(used).toBe(false);
      expect(notes[0]).toMatch(/its totals are not those of the database/);
    });

    test('when too much of it has changed', async () => {
      const { db, file } = await filled();
      const many = Array.from({ length: 300 }, (_, i) => one(`/many/${i}`));
      const all: Inventory = {
        datasets: many.flatMap(({ datasets = [] }) => datasets),
        blocks: many.flatMap(({ blocks = [] }) => blocks),
        replicas: many.flatMap(({ replicas = [] }) => replicas),
      };
      await keep(db, file);
      await merge(db, all);
      const { used, notes } = await loadsTheSame(db, file);
      expect(used).toBe(false);
      expect(notes[0]).toMatch(/300 datasets have changed since/);
    });
  });

  describe('its change log', () => {
    const rows = async (db: Database) =>
      Number((await sql<{ n: number }>`select count(*) as n from inventory_changes`.execute(db.kysely)).rows[0]?.n);

    /** Fills the log as if the inventory had gone through generations, each of as many datasets. */
    const pretend = async (db: Database, generations: readonly number[], datasets: number, next: number) => {
      for (const generation of generations) {
        for (let from = 1; from <= datasets; from += 1000) {
          const ids = Array.from({ length: Math.min(1000, datasets - from + 1) }, (_, i) => from + i);
          const values = ids.map((id) => `(${generation}, ${id}, 'x')`).join(', ');
          await sql
            .raw(`insert into inventory_changes (generation, dataset, token) values ${values}`)
            .execute(db.kysely);
        }
      }
      await sql.raw(`update inventory_state set generation = ${next - 1}`).execute(db.kysely);
    };

    test('is cut after ten thousand generations', async () => {
      const { db, file } = await filled();
      await keep(db, file);
      await pretend(db, [500, 2_499, 2_500, 2_501, 12_498], 1, 12_499);
      await change(db);
      expect(await rows(db)).toBe(7);
      await change(db);
      // Those up to 2500 are gone.
      expect(await rows(db)).toBe(4);
      expect((await loadsTheSame(db, file)).used).toBe(false);
    });

    test('is cut after a hundred thousand rows', async () => {
      const { db } = await filled();
      await pretend(db, [2, 3, 4], 40_000, 499);
      await change(db);
      expect(await rows(db)).toBe(120_002);
      await change(db);
      expect(await rows(db)).toBe(80_002);
    });

    test('is begun anew by an import, and cut by a merge', async () => {
      const { db } = await filled();
      await change(db);
      await importBundle(db, writeBundle(temporary('other'), sampleInventory(2)), { clock });
      expect(await rows(db)).toBe(1);
      await pretend(db, [3, 4, 5], 40_000, 20_000);
      await merge(db, one('/new/x'));
      expect(await rows(db)).toBe(2);
    });

    test('leads over an import that others changed the inventory during', async () => {
      const url = await freshUrl();
      const db = await open(url);
      await migrate(db);
      const small = writeBundle(temporary('small'), sampleInventory(1));
      await importBundle(db, small, { clock });
      const file = temporary('kept.snapshot');
      await keep(db, file);
      const executor = await open(url);
      for (let round = 0; round < 4; round++) {
        const meanwhile: Promise<unknown>[] = [];
        await importBundle(db, writeBundle(temporary('next'), sampleInventory(round + 2)), {
          clock,
          progress: () => {
            if (dialect === 'mysql' && meanwhile.length < 20) meanwhile.push(change(executor));
          },
        });
        await Promise.all(meanwhile);
        await loadsTheSame(db, file);
        await change(db);
        expect((await loadsTheSame(db, file)).used).toBe(true);
      }
    });
  });

  describe('its file', () => {
    test('is written by several at once and read meanwhile, and is always whole', async () => {
      const { db, file } = await filled();
      const full = await loadSnapshot(db, at);
      const stores = Array.from({ length: 6 }, () => storeOf(file));
      for (const { store } of stores) await store.load(db, at);
      let written = false;
      const writing = Promise.all(stores.map(({ store }) => store.save())).then(() => {
        written = true;
      });
      const seen: string[] = [];
      while (!written) {
        const reader = storeOf(file);
        expect(inventoryOf(await reader.store.load(db, at))).toStrictEqual(full);
        seen.push(...reader.notes);
      }
      await writing;
      for (const note of seen) expect(note).toMatch(/: there is none yet;|^debug: snapshot cache used/);
      expect(stores.flatMap(({ notes }) => notes.filter((line) => line.includes('cannot')))).toEqual([]);
      expect(await readdir(dirname(file))).toEqual(['kept.snapshot']);
      expect((await loadsTheSame(db, file)).used).toBe(true);
    });

    test('is not written again for a few changes, and is for many', async () => {
      const { db, file } = await filled();
      await keep(db, file);
      const before = await readFile(file);
      await change(db);
      await loadsTheSame(db, file);
      expect(await readFile(file)).toEqual(before);
      await sql`update inventory_state set generation = generation + 1`.execute(db.kysely);
      await change(db);
      await loadsTheSame(db, file);
      expect(await readFile(file)).not.toEqual(before);
    });

    test('S25 is whole, or was never there, when its writer is killed', async () => {
      const url = await freshUrl();
      const db = await open(url);
      await migrate(db);
      await importBundle(db, writeBundle(temporary('bundle'), sampleInventory(1, 400)), { clock });
      for (const killAfter of [1, 2, 3, 4, 5]) {
        const file = temporary('kept.snapshot');
        await killedWriter(url, file, killAfter);
        const { used, notes } = await loadsTheSame(db, file);
        expect(used).toBe(false);
        expect(notes[0]).toMatch(killAfter === 1 ? /there is none yet|another version/ : /another version/);
        expect((await loadsTheSame(db, file)).used).toBe(true);
      }
    });

    test('leaves no piece of a writer that died', async () => {
      const { db, file } = await filled();
      const dead = `${file}.12345-deadbeef.tmp`;
      const alive = `${file}.12346-deadbeef.tmp`;
      const unrelated = join(dirname(file), 'other.tmp');
      for (const path of [dead, alive, unrelated]) writeFileSync(path, 'half of it');
      for (const path of [dead, unrelated]) utimesSync(path, new Date(0), new Date(0));
      await keep(db, file);
      expect((await readdir(dirname(file))).sort()).toEqual([
        'kept.snapshot',
        'kept.snapshot.12346-deadbeef.tmp',
        'other.tmp',
      ]);
    });
  });
});

/** Lets a process write snapshots, and kills it as it begins to write one. */
async function killedWriter(url: string, file: string, killAfter: number): Promise<void> {
  const program = new URL('snapshot-store-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', program, url, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout }))
    if (line === String(killAfter)) child.kill('SIGKILL');
  const [code, signal] = await exited;
  if (signal !== 'SIGKILL') throw new Error(`the writer failed with ${code}`);
}

const tables = [
  ...(['sites', 'owners', 'datasets', 'dataset_usage', 'blocks', 'block_replicas'] as const),
  ...(['subscriptions', 'inventory_state', 'inventory_changes'] as const),
] as const satisfies readonly (keyof Schema)[];

type Content = ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>;

async function contentOf(db: Database): Promise<Content> {
  const content = new Map<string, readonly Readonly<Record<string, unknown>>[]>();
  for (const table of tables)
    content.set(table, (await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db.kysely)).rows);
  return content;
}

/** As a restored backup does: everything is as it was, whatever was there. */
async function restore(db: Database, content: Content): Promise<void> {
  for (const [table, rows] of content) {
    await sql`delete from ${sql.table(table)}`.execute(db.kysely);
    for (const row of rows) {
      const columns = Object.keys(row);
      await sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
        values (${sql.join(columns.map((column) => row[column]))})`.execute(db.kysely);
    }
  }
}
