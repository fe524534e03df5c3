/** Only one process at a time plans and executes against a database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Database,
  type LeaseHolder,
  listActions,
  listTasks,
  migrate,
  readLease,
  releaseLease,
  renewLease,
  takeLease,
} from '../../src/database/index.js';
import { PluginRegistry } from '../../src/plugin/registry.js';
import { fateOf, reconcileLoop, takeLead, thisProcess } from '../../src/reconcile/index.js';
import { forEachDatabase } from '../databases.js';
import { cycleOf, DirectoryFederation } from '../directory-federation.js';
import type { JournalEntry } from '../fixtures/plugins/journal.js';

/** A process of which nobody here can say whether it is alive. */
const elsewhere = (name: string): LeaseHolder => ({ id: name, host: `host-${name}`, pid: 4711, process: null });

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    expect(Date.now(), 'waited for a minute').toBeLessThan(deadline);
    await tick();
  }
}

forEachDatabase('the lease', ({ fresh, freshUrl, open }) => {
  test('one of eight takers gets it, under a number that only grows', async () => {
    const url = await freshUrl();
    const clients = await Promise.all(Array.from({ length: 8 }, () => open(url)));
    const [db] = clients;
    if (db === undefined) throw new Error('no client');
    await migrate(db);
    for (let round = 1; round <= 3; round++) {
      const states = await Promise.all(clients.map((one, i) => takeLease(one, elsewhere(`${round}-${i}`), 60, null)));
      expect(new Set(states.map(({ holder }) => holder?.id)).size).toBe(1);
      expect(new Set(states.map(({ token }) => token))).toEqual(new Set([round]));
      await releaseLease(db, round);
      expect((await readLease(db.kysely, db.dialect)).holder).toBeNull();
    }
  });

  test('it is not to be had while it lasts, runs out by the clock of the database, and is renewed as long as nobody took it', async () => {
    const db = await fresh();
    const { token } = await takeLease(db, elsewhere('a'), 60, null);
    const seen = await takeLease(db, elsewhere('b'), 60, null);
    expect(seen).toMatchObject({ token, holder: { id: 'a', host: 'host-a', pid: 4711 } });
    expect(seen.remaining).toBeGreaterThan(50);
    expect(seen.remaining).toBeLessThanOrEqual(60);

    await renewLease(db, token, -1);
    expect((await readLease(db.kysely, db.dialect)).remaining).toBeLessThanOrEqual(-1);
    // Late, but nobody else was interested.
    await renewLease(db, token, 60);
    expect((await takeLease(db, elsewhere('b'), 60, null)).holder?.id).toBe('a');

    await renewLease(db, token, -1);
    expect(await takeLease(db, elsewhere('b'), 60, null)).toMatchObject({ token: token + 1, holder: { id: 'b' } });
    await expect(renewLease(db, token, 60)).rejects.toMatchObject({
      code: 'lease-lost',
      message: expect.stringContaining('process 4711 on host-b'),
    });
    await releaseLease(db, token);
    expect((await readLease(db.kysely, db.dialect)).holder?.id).toBe('b');
  });

  test('whoever lost it writes nothing any more', async () => {
    const db = await fresh();
    const lead = await takeLead({ database: db, holder: elsewhere('a'), standby: false });
    const add = (name: string) =>
      lead.database.transaction((trx) => trx.insertInto('sites').values({ name }).execute());
    await add('X');
    const { token } = await readLease(db.kysely, db.dialect);
    await takeLease(db, elsewhere('b'), 60, token);
    await expect(add('Y')).rejects.toMatchObject({ code: 'lease-lost' });
    expect(lead.isLost).toBe(true);
    await expect(lead.confirm()).rejects.toMatchObject({ code: 'lease-lost' });
    expect((await db.kysely.selectFrom('sites').select('name').execute()).map(({ name }) => name)).toEqual(['X']);
    await lead.release();
    expect((await readLease(db.kysely, db.dialect)).holder?.id).toBe('b');
  });

  test('a holder that is busy planning keeps it for as long as that takes', async () => {
    const db = await fresh();
    const lead = await takeLead({
      database: db,
      holder: elsewhere('a'),
      standby: false,
      terms: { working: 20, planning: 500 },
    });
    await lead.beginPlanning();
    expect((await readLease(db.kysely, db.dialect)).remaining).toBeGreaterThan(400);
    await lead.endPlanning();
    expect((await readLease(db.kysely, db.dialect)).remaining).toBeLessThanOrEqual(20);
    await lead.release();
  });

  test('one that stands by takes it when it runs out; one that does not is told who holds it once that is seen at work', async () => {
    const db = await fresh();
    const working = await takeLead({
      database: db,
      holder: elsewhere('a'),
      standby: false,
      terms: { working: 0.3, planning: 60 },
    });
    const terms = { working: 30, planning: 600 };
    await expect(takeLead({ database: db, holder: elsewhere('b'), standby: false, terms })).rejects.toMatchObject({
      code: 'lease-held',
      message: expect.stringMatching(/^another process reconciles this database: process 4711 on host-a, since \d+ s$/),
    });
    await working.release();

    await takeLease(db, elsewhere('dead'), 0.3, null);
    const waitedFor: unknown[] = [];
    const successor = await takeLead({
      database: db,
      holder: elsewhere('b'),
      standby: true,
      waiting: ({ holder }) => waitedFor.push(holder?.id),
    });
    expect(waitedFor).toEqual(['dead']);
    expect((await readLease(db.kysely, db.dialect)).holder?.id).toBe('b');
    await successor.release();
  });

  test('nobody waits for a process of this machine that is dead, or that is alive', async () => {
    const db = await fresh();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const ours = thisProcess();
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const [boot, namespace] = ours.process?.split(' ') ?? [];
    const holder = { id: 'c', host: 'h', pid: child.pid ?? 0, process: `${boot} ${namespace} ${child.pid} ${began}` };
    expect(fateOf(holder)).toBe('alive');
    // The number was used again by somebody else.
    expect(fateOf({ ...holder, process: `${boot} ${namespace} ${child.pid} 1` })).toBe('dead');
    expect(fateOf({ ...holder, process: `another-boot ${namespace} ${child.pid} ${began}` })).toBe('unknown');

    await takeLease(db, holder, 3600, null);
    await expect(takeLead({ database: db, holder: ours, standby: false })).rejects.toMatchObject({
      code: 'lease-held',
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(fateOf(holder)).toBe('dead');
    const lead = await takeLead({ database: db, holder: ours, standby: false });
    expect((await readLease(db.kysely, db.dialect)).holder?.id).toBe(ours.id);
    await lead.release();
  });
});

forEachDatabase('the lead', ({ freshUrl, open }) => {
  let federation: DirectoryFederation;
  let url: string;
  let database: Database;

  beforeEach(async () => {
    federation = await DirectoryFederation.make();
    for (const name of ['A', 'B', 'C']) await federation.site(name);
    url = await freshUrl();
    database = await open(url);
    await migrate(database);
  });

  afterEach(async () => {
    await federation.remove();
  });

  async function furnish(policy: string): Promise<void> {
    for (const dataset of ['/x/1/RAW', '/x/2/RAW']) {
      federation.block(dataset, 'b1');
      for (const site of ['A', 'B']) await federation.put(dataset, 'b1', site);
    }
    await federation.import(database);
    federation.policy(policy);
    await federation.writeDesired();
  }

  /** Starts a process that stops itself after its first intent, and waits until it has and its lease has run out. */
  async function pausedProcess(): Promise<{ child: ChildProcess; ended: Promise<string> }> {
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        fileURLToPath(new URL('../fixtures/paused-child.ts', import.meta.url)),
        url,
        federation.desired,
        join(federation.base, 'journal'),
        '0.5',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout?.on('data', (data: Buffer) => {
      output += data.toString();
    });
    const ended = once(child, 'close').then(() => output.trim());
    await until(async () => {
      expect(child.exitCode, output).toBeNull();
      return /^State:\s+T/m.test(await readFile(`/proc/${child.pid}/status`, 'utf8'));
    });
    return { child, ended };
  }

  test('while one process is at work, a cycle of another begins nothing and says who it is', async () => {
    await furnish(copyTo('C'));
    const lead = await takeLead({
      database,
      holder: elsewhere('a'),
      standby: false,
      terms: { working: 1, planning: 1 },
    });
    await expect(cycleOf(federation, database)).rejects.toMatchObject({ code: 'lease-held' });
    expect(await listActions(database.kysely)).toEqual([]);
    await lead.release();
    expect((await cycleOf(federation, database)).actions.done).toBe(2);
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
    expect((await readLease(database.kysely, database.dialect)).holder).toBeNull();
  });

  test('a loop stands by while another leads, goes on when that is gone, and begins again after it lost the lead', async () => {
    await furnish(copyTo('C'));
    const { token } = await takeLease(database, elsewhere('a'), 3600, null);
    const plugins = await PluginRegistry.load();
    const abort = new AbortController();
    const waited: (string | undefined)[] = [];
    const errors: unknown[] = [];
    let cycles = 0;
    const loop = reconcileLoop({
      database,
      plugins,
      source: { kind: 'directory', directory: federation.desired },
      clock: () => Date.now() / 1000,
      poll: 0.05,
      signal: abort.signal,
      onCycle: () => cycles++,
      onError: (error) => errors.push(error),
      onWaiting: ({ holder }) => waited.push(holder?.id),
    });
    await until(() => waited.length === 1);
    expect(cycles).toBe(0);
    await releaseLease(database, token);
    await until(() => federation.has('C', '/x/1/RAW'));

    // Somebody else takes over, as if this process had been paused, and ends.
    const held = await readLease(database.kysely, database.dialect);
    const { token: other } = await takeLease(database, elsewhere('b'), 3600, held.token);
    await until(() => waited.length === 2);
    expect(errors).toMatchObject([{ code: 'lease-lost' }]);
    const before = cycles;
    await releaseLease(database, other);
    await until(() => cycles > before);
    abort.abort();
    await loop;
    await plugins.close();
    expect(waited).toEqual(['a', 'b']);
    expect((await readLease(database.kysely, database.dialect)).holder).toBeNull();
  });

  test('a process that was paused after it recorded a copy submits nothing: another has taken over', async () => {
    await furnish(copyTo('C'));
    const { child, ended } = await pausedProcess();
    const intended = (await listTasks(database.kysely, { states: ['running'] })).map(({ id }) => id);
    expect(intended.length).toBeGreaterThan(0);
    const lead = await takeLead({ database, holder: thisProcess(), standby: true });
    const outcome = await cycleOf(federation, database, { lead, plugins: await journalOf(federation) });
    expect(outcome.actions).toMatchObject({ done: 2, failed: 0 });
    child.kill('SIGCONT');
    expect(await ended).toBe('lease-lost');
    const journal = (await readFile(join(federation.base, 'journal'), 'utf8')).trim().split('\n');
    const entries = journal.map((line) => JSON.parse(line) as JournalEntry);
    expect(entries.filter(({ pid }) => pid === child.pid)).toEqual([]);
    expect(entries.filter(({ alreadyThere }) => alreadyThere)).toEqual([]);
    for (const dataset of ['/x/1/RAW', '/x/2/RAW']) expect(await federation.has('C', dataset)).toBe(true);
    await lead.release();
  });

  test('a process that was paused after it recorded a deletion deletes nothing that was called off meanwhile', async () => {
    await furnish(deleteAtB);
    const { child, ended } = await pausedProcess();
    const [deletion] = await listActions(database.kysely, { states: ['running'] });
    if (deletion === undefined) throw new Error('no deletion was begun');
    const lead = await takeLead({ database, holder: thisProcess(), standby: true });
    // Now it must be there.
    federation.policy(copyTo('B', 1));
    await federation.writeDesired();
    for (let cycle = 0; cycle < 3; cycle++) await cycleOf(federation, database, { lead });
    child.kill('SIGCONT');
    expect(await ended).toBe('lease-lost');
    for (const dataset of ['/x/1/RAW', '/x/2/RAW']) expect(await federation.has('B', dataset), dataset).toBe(true);
    const after = await listActions(database.kysely, { dataset: deletion.dataset });
    expect(after.find(({ id }) => id === deletion.id)?.state).toBe('cancelled');
    await lead.release();
  });
});

const copyTo = (site: string, copies = 1): string => `
apiVersion: stator/v1
kind: Placement
metadata: { name: copy }
spec: { datasets: "true", to: site.name == "${site}", copies: ${copies} }
`;

const deleteAtB = `
apiVersion: stator/v1
kind: Retention
metadata: { name: clean }
spec:
  partition: all
  sites: site.name == "B"
  rules:
    - { id: gone, action: delete, when: replica.complete }
`;

async function journalOf(federation: DirectoryFederation): Promise<PluginRegistry> {
  const use = fileURLToPath(new URL('../fixtures/plugins/journal.ts', import.meta.url));
  return await PluginRegistry.load({
    plugins: [
      { name: 'posix', enabled: false },
      { name: 'journal', use, config: { journal: join(federation.base, 'journal') } },
    ],
  });
}
