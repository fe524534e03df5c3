/** Three nodes of a Galera cluster: conflicts between them, and the loss of one and of the quorum at any moment. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type Database,
  type DatabaseOptions,
  importBundle,
  inventoryStats,
  type LeaseHolder,
  listActions,
  listTasks,
  loadMemory,
  loadSnapshot,
  migrate,
  openDatabase,
  readLease,
  releaseLease,
  requireLease,
  takeLease,
} from '../../src/database/index.js';
import { PluginRegistry } from '../../src/plugin/registry.js';
import { reconcileLoop } from '../../src/reconcile/index.js';
import { DirectoryFederation, time } from '../directory-federation.js';
import { type GaleraCluster, type GaleraNode, startGalera } from '../galera.js';
import { mariadbUrl, onMariadb } from '../mariadb.js';

let cluster: GaleraCluster;
let name: string;
let databases: [Database, Database, Database];
const opened: Database[] = [];
let federation: DirectoryFederation;
let tests = 0;

beforeAll(async () => {
  cluster = await startGalera();
}, 400_000);

afterAll(async () => {
  await cluster?.stop();
}, 60_000);

beforeEach(async () => {
  name = `t${++tests}`;
  await onMariadb(cluster.nodes[0].address, `create database ${name} character set utf8mb4`);
  const [a, b, c] = cluster.nodes;
  const first = await open(a);
  await migrate(first);
  databases = [first, await open(b), await open(c)];
  federation = await DirectoryFederation.make();
});

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close().catch(() => {});
  await federation.remove();
  await cluster.revive();
}, 400_000);

async function open(node: GaleraNode, options: DatabaseOptions = {}): Promise<Database> {
  const database = await openDatabase(mariadbUrl(node.address, name), options);
  opened.push(database);
  return database;
}

async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(20);
  }
}

/** Something that is waited for inside of a transaction. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const holder = (id: string): LeaseHolder => ({ id, host: id, pid: 1, process: null });

test('a transaction that loses at its commit against one of another node is run again, as a whole', async () => {
  const [a, b] = databases;
  const begun = gate();
  const goOn = gate();
  let runs = 0;
  const add =
    (step: number, meanwhile: () => Promise<void>) =>
    async (trx: Parameters<Parameters<Database['transaction']>[0]>[0]) => {
      const { generation } = await trx.selectFrom('inventory_state').select('generation').executeTakeFirstOrThrow();
      await trx
        .updateTable('inventory_state')
        .set({ generation: Number(generation) + step })
        .execute();
      await meanwhile();
    };
  const slow = a.transaction(
    add(1, async () => {
      runs++;
      begun.open();
      await goOn.opened;
    }),
  );
  await begun.opened;
  await b.transaction(add(10, async () => {}));
  goOn.open();
  await slow;
  expect(runs).toBe(2);
  for (const database of databases) {
    const row = await database.kysely.selectFrom('inventory_state').select('generation').executeTakeFirstOrThrow();
    expect(Number(row.generation)).toBe(11);
  }
});

test('counters that three nodes increment at once lose no step', async () => {
  await Promise.all(
    databases.map(async (database) => {
      for (let i = 0; i < 10; i++) {
        await database.transaction(async (trx) => {
          const row = await trx
            .selectFrom('inventory_state')
            .select('generation')
            .forUpdate()
            .executeTakeFirstOrThrow();
          await trx
            .updateTable('inventory_state')
            .set({ generation: Number(row.generation) + 1 })
            .execute();
        });
      }
    }),
  );
  const row = await databases[2].kysely.selectFrom('inventory_state').select('generation').executeTakeFirstOrThrow();
  expect(Number(row.generation)).toBe(30);
});

test('of takers at three nodes one gets the lease, and what another one does under the old number is undone', async () => {
  const [a, b] = databases;
  for (let round = 1; round <= 5; round++) {
    const states = await Promise.all(databases.map((one, i) => takeLease(one, holder(`${round}-${i}`), 60, null)));
    expect(new Set(states.map((state) => state.holder?.id)).size).toBe(1);
    expect(new Set(states.map(({ token }) => token))).toEqual(new Set([round]));
    if (round < 5) await releaseLease(databases[round % 3] ?? a, round);
  }

  // The number is checked, and then, before the commit, another node's taker gets it.
  let taken = false;
  const stale = a.transaction(async (trx) => {
    await trx.insertInto('sites').values({ name: 'X' }).execute();
    await requireLease(trx, a.dialect, 5);
    if (!taken) await takeLease(b, holder('b'), 60, 5);
    taken = true;
  });
  await expect(stale).rejects.toMatchObject({ code: 'lease-lost' });
  for (const database of databases) {
    expect(await database.kysely.selectFrom('sites').selectAll().execute()).toEqual([]);
    expect(await readLease(database.kysely, database.dialect)).toMatchObject({ token: 6, holder: { id: 'b' } });
  }
});

test('an import goes on when a node is lost; without the quorum it fails as a whole, and succeeds when that is back', async () => {
  const [a, b] = databases;
  const [first, second, third] = cluster.nodes;
  const small = await bundle('small', 10);
  const large = await bundle('large', 30_000);
  const options = { clock: time };
  let killed: Promise<unknown> | null = null;

  await importBundle(a, await bundle('middle', 20_000), { ...options, progress: () => (killed ??= third.kill()) });
  expect(killed).not.toBeNull();
  expect(await replicas(a)).toBe(20_000);
  expect(await replicas(b)).toBe(20_000);
  await importBundle(b, small, options);
  expect(await replicas(a)).toBe(10);

  killed = null;
  const lost = importBundle(a, large, { ...options, progress: () => (killed ??= second.kill()) });
  await expect(lost).rejects.toMatchObject({ code: 'database-lost' });
  await first.untilClusterOf(0);
  await cluster.revive();
  for (const node of cluster.nodes) {
    const database = await open(node);
    expect(await replicas(database)).toBe(10);
  }
  const again = await importBundle(await open(third), large, options);
  expect(again.changed).toBe(true);
  for (const node of cluster.nodes) {
    const database = await open(node);
    expect(await replicas(database)).toBe(30_000);
    expect(await leftOvers(database)).toEqual([]);
  }
}, 400_000);

test('a merge that is too large for one transaction of the cluster is refused as a whole, and a replacing import is not', async () => {
  const [a, , c] = databases;
  const [node] = cluster.nodes;
  await importBundle(a, await bundle('small', 10), { clock: time });
  const large = await bundle('large', 20_000);
  await onMariadb(node.address, 'set global wsrep_max_ws_size = 1500000');
  try {
    const limited = await open(node);
    await expect(importBundle(limited, large, { clock: time, merge: true })).rejects.toMatchObject({
      code: 'transaction-too-large',
    });
    expect(await replicas(c)).toBe(10);
    expect(await leftOvers(c)).toEqual([]);
    await importBundle(limited, large, { clock: time });
    expect(await replicas(c)).toBe(20_000);
  } finally {
    await onMariadb(node.address, 'set global wsrep_max_ws_size = 2147483647');
  }
  await importBundle(a, await bundle('small', 10), { clock: time, merge: true });
  expect(await replicas(c)).toBe(20_010);
});

test('a plan is made from one state while another node imports, and waits for a quorum that is lost', async () => {
  const [a, b] = databases;
  const [, second, third] = cluster.nodes;
  const sizes = [1_000, 2_000];
  const bundles = await Promise.all(sizes.map((size) => bundle(`s${size}`, size)));
  for (const one of bundles) await importBundle(b, one, { clock: time });
  const seen = new Set<number>();
  let importing = true;
  const imports = (async () => {
    for (let i = 0; i < 4; i++) await importBundle(b, bundles[i % 2] ?? '', { clock: time });
    importing = false;
  })();
  do seen.add(await snapshotSize(a));
  while (importing);
  await imports;
  for (const size of seen) expect(sizes).toContain(size);

  const patient = await open(cluster.nodes[0], { patience: 120 });
  const hasty = await open(cluster.nodes[0], { patience: 1 });
  await Promise.all([second.kill(), third.kill()]);
  await cluster.nodes[0].untilClusterOf(0);
  await expect(snapshotSize(hasty)).rejects.toMatchObject({ code: 'database-lost' });
  const size = snapshotSize(patient);
  await cluster.revive();
  expect(sizes).toContain(await size);
}, 400_000);

test('the loop goes on after the loss of a node, of the quorum and of its own node, and everything is right at the end', async () => {
  const [first, second, third] = cluster.nodes;
  for (const site of ['A', 'B', 'C']) await federation.site(site);
  const datasets = Array.from({ length: 40 }, (_, i) => `/x/${i}/RAW`);
  for (const dataset of datasets) {
    federation.block(dataset, 'b1', { files: 6 });
    for (const site of ['A', 'B']) await federation.put(dataset, 'b1', site);
  }
  federation.policy(moveFromBToC);
  await federation.writeDesired();
  await federation.import(databases[0]);

  const abort = new AbortController();
  const errors: string[] = [];
  const plugins = [await PluginRegistry.load(), await PluginRegistry.load()];
  const loop = async (node: GaleraNode, registry: PluginRegistry | undefined) => {
    if (registry === undefined) throw new Error('no plugins');
    await reconcileLoop({
      database: await open(node, { patience: 5 }),
      plugins: registry,
      source: { kind: 'directory', directory: federation.desired },
      clock: () => Date.now() / 1000,
      poll: 1,
      retry: { firstPause: 0 },
      terms: { working: 3, planning: 60 },
      signal: abort.signal,
      onError: (error) => errors.push(error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    });
  };
  const copied = (count: number) =>
    until(`${count} files are copied`, async () => {
      const names = await readdir(federation.root('C'), { recursive: true });
      return names.filter((file) => file.endsWith('.root')).length >= count;
    });
  const leading = loop(first, plugins[0]);
  await copied(5);
  await third.kill();
  await first.untilClusterOf(2);
  await copied(60);
  await second.kill();
  await first.untilClusterOf(0);
  await until('the loop says that it is', () => errors.includes('database-lost'));
  await cluster.revive();
  await copied(120);

  // Another process at another node takes over when the node of the first one is lost.
  const witness = await open(third);
  const { token } = await readLease(witness.kysely, witness.dialect);
  const standing = loop(second, plugins[1]);
  await first.kill();
  await until('it has', async () => (await readLease(witness.kysely, witness.dialect)).token > token);
  await until('all is done', async () => {
    const names = await readdir(federation.root('B'), { recursive: true });
    return names.every((file) => !file.endsWith('.root'));
  });
  await until('all actions ended', async () => {
    const actions = await listActions(witness.kysely);
    return actions.length === 80 && actions.every(({ state }) => state === 'done');
  });
  await cluster.revive();
  abort.abort();
  await Promise.all([leading, standing]);
  for (const registry of plugins) await registry.close();

  for (const dataset of datasets) {
    expect(await federation.has('A', dataset), dataset).toBe(true);
    expect(await federation.has('C', dataset), dataset).toBe(true);
  }
  expect(await federation.listing('C')).toHaveLength(240);
  for (const node of cluster.nodes) {
    const database = await open(node);
    expect((await listTasks(database.kysely, {})).every((task) => task.state === 'done')).toBe(true);
    const rows = await database.kysely
      .selectFrom('block_replicas')
      .innerJoin('sites', 'sites.id', 'block_replicas.site')
      .select(['sites.name', 'block_replicas.complete'])
      .execute();
    const at = (site: string) => rows.filter((row) => row.name === site && row.complete === 1).length;
    expect({ A: at('A'), B: at('B'), C: at('C'), all: rows.length }).toEqual({ A: 40, B: 0, C: 40, all: 80 });
  }
}, 400_000);

const moveFromBToC = `
apiVersion: stator/v1
kind: Placement
metadata: { name: copy }
spec: { datasets: "true", to: site.name == "C", copies: 1 }
---
apiVersion: stator/v1
kind: Retention
metadata: { name: clean }
spec:
  partition: all
  sites: site.name == "B"
  rules:
    - { id: moved, action: delete, when: replica.otherFullCopies >= 2 }
`;

async function replicas(database: Database): Promise<number> {
  const stats = await inventoryStats(database);
  expect(stats.blockReplicas).toBe(stats.blocks);
  return stats.blockReplicas;
}

async function snapshotSize(database: Database): Promise<number> {
  const memory = await loadMemory(database, { clock: time, sourceDoubt: null });
  const snapshot = await loadSnapshot(database, { clock: time, memory });
  expect(snapshot.blocks.count).toBe(snapshot.blockReplicas.count);
  return snapshot.blockReplicas.count;
}

/** Staging tables of imports that were cut short. */
async function leftOvers(database: Database): Promise<string[]> {
  const tables = await database.kysely.introspection.getTables();
  return tables.map((table) => table.name).filter((table) => table.startsWith('import_'));
}

/** A bundle of `count` blocks with one replica each; its names begin with `prefix`. */
async function bundle(prefix: string, count: number): Promise<string> {
  const directory = join(federation.base, prefix);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  const blocks = Array.from({ length: count }, (_, i) => ({ dataset: `/${prefix}/${i % 10}`, name: `block-${i}` }));
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const datasets = [...new Set(blocks.map(({ dataset }) => dataset))];
  const open = { open: false, lastUpdate: time };
  await writeFile(
    join(directory, 'datasets.jsonl'),
    lines(
      datasets.map((dataset) => ({ name: dataset, status: 'VALID', type: 'data', created: time, labels: {}, ...open })),
    ),
  );
  await writeFile(
    join(directory, 'blocks.jsonl'),
    lines(blocks.map((block) => ({ ...block, size: 1000, files: 1, ...open }))),
  );
  await writeFile(
    join(directory, 'replicas.jsonl'),
    lines(blocks.map(({ dataset, name }) => ({ dataset, block: name, site: 'A', owner: 'ops', lastUpdate: time }))),
  );
  return directory;
}
