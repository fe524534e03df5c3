/** Copies that do not go as planned: sources, retries, broken plugins, limits. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/database/index.js';
import { errorsOf, listActions, listTasks, type TaskRow } from '../../src/database/index.js';
import { PluginRegistry } from '../../src/plugin/registry.js';
import { compileRoutingCondition, makeRoute } from '../../src/reconcile/index.js';
import { forEachDatabase } from '../databases.js';
import { cycleOf, DirectoryFederation, time, unreliable } from '../directory-federation.js';

const toC = `
apiVersion: stator/v1
kind: Placement
metadata: { name: to-c }
spec: { datasets: "true", to: site.name == "C", copies: 1 }
`;

forEachDatabase('transfers', ({ fresh }) => {
  let federation: DirectoryFederation;
  let database: Database;

  beforeEach(async () => {
    federation = await DirectoryFederation.make();
    for (const name of ['A', 'B', 'C']) await federation.site(name);
    await federation.site('T', { storage: 'tape' });
    federation.policy(toC);
    database = await fresh();
  });

  afterEach(async () => {
    await federation.remove();
  });

  async function begin(...sites: readonly string[]): Promise<void> {
    federation.block('/x/1/RAW', 'b1', { files: 1 });
    for (const site of sites) await federation.put('/x/1/RAW', 'b1', site);
    await federation.writeDesired();
    await federation.import(database);
  }

  const file = '/store/x/1/RAW/b1/f0.root';

  async function task(): Promise<TaskRow> {
    const [row] = await listTasks(database.kysely, {});
    if (row === undefined) throw new Error('there is no task');
    return row;
  }

  test('S29 a corrupt source is recorded and not used again; another one serves', async () => {
    await begin('A', 'B');
    await federation.write('A', file, Buffer.alloc(1000, 1));
    const outcome = await cycleOf(federation, database);
    expect(outcome.exitCode).toBe(0);
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
    const done = await task();
    expect(done).toMatchObject({ state: 'done', attempts: 2, source_site: 'B' });
    expect(errorsOf(done)).toMatchObject([{ source: 'A', class: 'source', code: 'checksum' }]);
    expect(JSON.parse(done.failed_sources)).toEqual({ A: { failures: 1, out: true } });
  });

  test('S20 every source fails for good: failed, with the error text of each, and nothing under the final name', async () => {
    await begin('A', 'B');
    await federation.write('A', file, Buffer.alloc(1000, 1));
    await rm(federation.path('B', file));
    const outcome = await cycleOf(federation, database);
    expect(outcome.exitCode).toBe(3);
    const [action] = await listActions(database.kysely);
    expect(action?.state).toBe('failed');
    expect(action?.error).toContain('from A: A:');
    expect(action?.error).toContain('the catalogue says');
    expect(action?.error).toContain('from B: B:');
    expect(action?.error).toContain('ENOENT');
    expect(errorsOf(await task()).map(({ source }) => source)).toEqual(['A', 'B']);
    expect(await federation.listing('C')).toEqual([]);
  });

  test('S20 what failed once is planned again at once, what fails again and again after growing pauses', async () => {
    await begin('A');
    await rm(federation.path('A', file));
    const started: (number | null)[] = [];
    for (let i = 0; i < 40; i++) {
      await cycleOf(federation, database, { now: time + 5 * i });
      const failed = await listActions(database.kysely, { states: ['failed'] });
      started.push(failed.length);
    }
    // Seconds at which the first four failed: 0, 5, 5 + 20, 25 + 40.
    expect([started.indexOf(1), started.indexOf(2), started.indexOf(3), started.indexOf(4)]).toEqual([0, 1, 5, 13]);
  });

  test('S20 untried sources come first, disk before tape, then the least failed after a pause', async () => {
    await begin('A', 'B', 'T');
    const plugins = await unreliable({
      sources: {
        A: { times: 2, class: 'transient' },
        B: { times: 1, class: 'source' },
        T: { times: 1, class: 'transient' },
      },
    });
    const first = await cycleOf(federation, database, { plugins });
    expect(first.exitCode).toBe(2);
    expect(errorsOf(await task()).map(({ source }) => source)).toEqual(['A', 'B', 'T']);
    expect(await task()).toMatchObject({ state: 'retrying', attempts: 3, not_before: time + 30 });
    // Not before its time.
    await cycleOf(federation, database, { plugins, now: time + 29 });
    expect((await task()).attempts).toBe(3);
    // A fails once more, and B, which failed as often, is next: another source at once is only for untried ones.
    await cycleOf(federation, database, { plugins, now: time + 31 });
    expect(errorsOf(await task()).map(({ source }) => source)).toEqual(['A', 'B', 'T', 'A']);
    expect(await task()).toMatchObject({ state: 'retrying', not_before: time + 31 + 60 });
    await cycleOf(federation, database, { plugins, now: time + 100 });
    expect(await task()).toMatchObject({ state: 'done', attempts: 5, source_site: 'B' });
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
    await plugins.close();
  });

  test('S20 a destination that cannot be written is tried again with growing pauses, and given up in the end', async () => {
    await begin('A');
    await writeFile(federation.path('C', '/store/x'), 'in the way');
    const retry = { firstPause: 10, longestPause: 40, maxAttempts: 5 };
    let now = time;
    const pauses: number[] = [];
    for (let i = 0; i < 4; i++) {
      const outcome = await cycleOf(federation, database, { now, retry });
      expect(outcome.exitCode).toBe(2);
      const waiting = await task();
      expect(waiting).toMatchObject({ state: 'retrying', attempts: i + 1 });
      pauses.push(waiting.not_before - now);
      now = waiting.not_before;
    }
    // Jitter takes a quarter off at random 0.5.
    expect(pauses).toEqual([7.5, 15, 30, 30]);
    expect((await cycleOf(federation, database, { now, retry })).exitCode).toBe(3);
    const failed = await task();
    expect(failed).toMatchObject({ state: 'failed', attempts: 5 });
    expect(errorsOf(failed).map((error) => error.class)).toEqual(Array(5).fill('destination'));
    // The source was never at fault.
    expect(JSON.parse(failed.failed_sources)).toEqual({});
  });

  test('a destination that becomes writable again is written to', async () => {
    await begin('A');
    await writeFile(federation.path('C', '/store/x'), 'in the way');
    await cycleOf(federation, database);
    await rm(federation.path('C', '/store/x'));
    expect((await cycleOf(federation, database, { now: time + 60 })).exitCode).toBe(0);
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
  });

  test('a storage that is not mounted is a destination error, and nothing is made in its place', async () => {
    await begin('A');
    await rm(federation.root('C'), { recursive: true });
    await cycleOf(federation, database);
    expect(errorsOf(await task())).toMatchObject([{ class: 'destination' }]);
    await mkdir(federation.root('C'));
    expect((await cycleOf(federation, database, { now: time + 60 })).exitCode).toBe(0);
  });

  for (const fault of ['throw', 'nonsense', 'silence'] as const) {
    test(`a mover whose submit ends in ${fault} is asked what became of it before anything else`, async () => {
      await begin('A', 'B');
      const plugins = await unreliable({ faults: { submit: [fault] } });
      const outcome = await cycleOf(federation, database, { plugins });
      expect(outcome.exitCode).toBe(0);
      expect(await federation.has('C', '/x/1/RAW')).toBe(true);
      // Silence: it had begun, and was found again. Otherwise it had not, and was submitted anew.
      expect((await task()).attempts).toBe(fault === 'silence' ? 1 : 2);
      await plugins.close();
    });
  }

  test('what a mover was silent about is asked for also where the database is slow to answer meanwhile', async () => {
    await begin('A', 'B');
    const plugins = await unreliable({ faults: { submit: ['silence'] } });
    const [mover] = plugins.movers;
    if (mover === undefined) throw new Error('there is no mover');
    let silent = false;
    const submit = mover.submit.bind(mover);
    mover.submit = async (jobs) => {
      const answers = await submit(jobs);
      silent = true;
      return answers;
    };
    const slow: Database = {
      ...database,
      transaction: async (work) => {
        if (silent) {
          silent = false;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
        return await database.transaction(work);
      },
    };
    expect((await cycleOf(federation, slow, { plugins })).exitCode).toBe(0);
    expect(await task()).toMatchObject({ state: 'done', attempts: 1 });
    await plugins.close();
  });

  test('a mover that hangs is given up on, and asked again', async () => {
    await begin('A');
    const plugins = await unreliable(
      { faults: { submit: ['hang'], find: ['hang'], poll: ['hang'] } },
      { callTimeout: 0.2 },
    );
    const outcome = await cycleOf(federation, database, { plugins });
    expect(outcome.exitCode).toBe(0);
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
    await plugins.close();
  });

  test('a mover that never answers is left alone after a few calls, and the cycle ends', async () => {
    await begin('A');
    const always = Array(100).fill('throw');
    const plugins = await unreliable({ faults: { submit: always, find: always, poll: always } });
    const outcome = await cycleOf(federation, database, { plugins });
    expect(outcome.exitCode).toBe(2);
    expect(outcome.actions.underWay).toBe(1);
    expect(await task()).toMatchObject({ state: 'running', attempts: 1 });
    // Another process, with a mover that answers, finds out that nothing was begun.
    expect((await cycleOf(federation, database, { plugins: await unreliable({}) })).exitCode).toBe(0);
    expect(await task()).toMatchObject({ state: 'done', attempts: 2 });
    await plugins.close();
  });

  test('without files in the inventory a copy is held and says what to import', async () => {
    federation.block('/x/1/RAW', 'b1');
    await federation.put('/x/1/RAW', 'b1', 'A');
    await federation.writeDesired();
    await federation.import(database, { files: false });
    expect((await cycleOf(federation, database)).exitCode).toBe(3);
    const [held] = await listActions(database.kysely);
    expect(held).toMatchObject({ state: 'held', held_code: 'no-files' });
    expect(held?.held_message).toContain('knows 0 of 2 files of block b1');
    await federation.import(database);
    expect((await cycleOf(federation, database)).exitCode).toBe(0);
  });

  test('without an endpoint a copy is held and says what to declare', async () => {
    await federation.site('C', { endpoint: false });
    await begin('A');
    expect((await cycleOf(federation, database)).exitCode).toBe(3);
    const [held] = await listActions(database.kysely);
    expect(held).toMatchObject({ state: 'held', held_code: 'no-endpoint' });
    expect(held?.held_message).toContain('Site C has no endpoint: declare spec.endpoints');
    await federation.site('C');
    await federation.writeDesired();
    expect((await cycleOf(federation, database)).exitCode).toBe(0);
  });

  test('without a mover for the pair a copy is held and says so', async () => {
    await federation.site('A', { endpoint: false });
    await begin('A');
    expect((await cycleOf(federation, database)).exitCode).toBe(3);
    const [held] = await listActions(database.kysely);
    expect(held).toMatchObject({ state: 'held', held_code: 'no-mover' });
    expect(held?.held_message).toContain('from Site A to Site C');
  });

  test('S31 a destination that is down holds its copies, and releases them when it returns', async () => {
    await begin('A');
    const plugins = await unreliable({ sources: { A: { times: 1, class: 'transient' } } });
    await cycleOf(federation, database, { plugins });
    await federation.site('C', { state: 'down' });
    await federation.writeDesired();
    await cycleOf(federation, database, { plugins, now: time + 1000 });
    expect(await task()).toMatchObject({ attempts: 1 });
    await federation.site('C', { state: 'ready' });
    await federation.writeDesired();
    await cycleOf(federation, database, { plugins, now: time + 2000 });
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
    await plugins.close();
  });

  test('at most so many transfers run per link at the same time', async () => {
    for (let i = 0; i < 5; i++) {
      federation.block('/x/1/RAW', `b${i}`, { files: 10, size: 100 });
      await federation.put('/x/1/RAW', `b${i}`, 'A');
    }
    await federation.writeDesired();
    await federation.import(database);
    const plugins = await unreliable({});
    const [mover] = plugins.movers;
    if (mover === undefined) throw new Error('there is no mover');
    let most = 0;
    const submit = mover.submit.bind(mover);
    mover.submit = async (jobs) => {
      const running = await database.kysely.selectFrom('tasks').select('id').where('state', '=', 'running').execute();
      most = Math.max(most, running.length);
      return await submit(jobs);
    };
    const outcome = await cycleOf(federation, database, { plugins, limits: { perLink: 3 } });
    expect(outcome.exitCode).toBe(0);
    expect(outcome.progress.filesDone).toBe(50);
    expect(most).toBe(3);
    await plugins.close();
  });

  test('routing says which mover serves which pair of sites', async () => {
    await federation.site('B', { state: 'readonly' });
    federation.block('/x/1/RAW', 'b1', { files: 1 });
    federation.block('/x/2/RAW', 'b1', { files: 1 });
    await federation.put('/x/1/RAW', 'b1', 'A');
    await federation.put('/x/2/RAW', 'b1', 'B');
    await federation.writeDesired();
    await federation.import(database);
    const use = 'posix';
    const plugins = await PluginRegistry.load({
      plugins: [{ name: 'posix' }, { name: 'first', use }, { name: 'second', use }],
    });
    const rule = (when: string, mover: string) => ({ when: compileRoutingCondition(when), mover });
    const route = makeRoute([
      rule('source.state == "readonly" && destination.storage == "disk"', 'second'),
      rule('source.name != destination.name', 'first'),
    ]);
    expect((await cycleOf(federation, database, { plugins, route })).exitCode).toBe(0);
    const movers = (await listTasks(database.kysely, {})).map(({ dataset, plugin }) => `${dataset} by ${plugin}`);
    expect(movers.sort()).toEqual(['/x/1/RAW by first', '/x/2/RAW by second']);
    await plugins.close();
  });

  test('no more bytes begin on a link within an hour than its limit; the next process counts on', async () => {
    federation.block('/x/1/RAW', 'b1', { files: 5, size: 1000 });
    await federation.put('/x/1/RAW', 'b1', 'A');
    await federation.writeDesired();
    await federation.import(database);
    const limits = { bytesPerHourPerLink: 2500 };
    const doneAfter = async (seconds: number): Promise<[exitCode: number, done: number]> => {
      const { exitCode } = await cycleOf(federation, database, { limits, now: time + seconds });
      const tasks = await listTasks(database.kysely, { states: ['done'] });
      return [exitCode, tasks.length];
    };
    expect(await doneAfter(0)).toEqual([2, 2]);
    expect(await doneAfter(3599)).toEqual([2, 2]);
    expect(await doneAfter(3600)).toEqual([2, 4]);
    expect(await doneAfter(7200)).toEqual([0, 5]);
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
  });

  test('a file larger than an hour may carry begins where nothing else did', async () => {
    federation.block('/x/1/RAW', 'b1', { files: 2, size: 1000 });
    await federation.put('/x/1/RAW', 'b1', 'A');
    await federation.writeDesired();
    await federation.import(database);
    for (const limits of [{ bytesPerHourPerSite: 10 }, { bytesPerHourPerMover: 10 }]) {
      await cycleOf(federation, database, { limits });
      expect(await listTasks(database.kysely, { states: ['done'] })).toHaveLength(1);
    }
    expect(
      (await cycleOf(federation, database, { limits: { bytesPerHourPerSite: 10 }, now: time + 3600 })).exitCode,
    ).toBe(0);
  });

  test('a cycle that may take no longer leaves a transfer to the next one, which goes on with it', async () => {
    await begin('A');
    const plugins = await unreliable({});
    const [mover] = plugins.movers;
    if (mover === undefined) throw new Error('there is no mover');
    const poll = mover.poll.bind(mover);
    // However fast the disk is: during the first cycle it is not done.
    mover.poll = async (jobs) => jobs.map(({ key }) => ({ key, state: 'active', bytes: null }));
    const outcome = await cycleOf(federation, database, { plugins, atMost: 0.2 });
    expect(outcome.exitCode).toBe(2);
    expect(await task()).toMatchObject({ state: 'running', attempts: 1 });
    mover.poll = poll;
    expect((await cycleOf(federation, database, { plugins })).exitCode).toBe(0);
    expect(await task()).toMatchObject({ state: 'done', attempts: 1 });
    await plugins.close();
  });

  test('told to stop, a cycle begins nothing more, and the next process finds out what became of the rest', async () => {
    await federation.site('A');
    federation.block('/x/1/RAW', 'b1', { files: 1, size: 200_000_000 });
    await federation.put('/x/1/RAW', 'b1', 'A');
    await federation.writeDesired();
    await federation.import(database);
    const plugins = await unreliable({});
    const abort = new AbortController();
    const ended = cycleOf(federation, database, {
      plugins,
      signal: abort.signal,
      grace: 0,
      // The intent is committed: the transfer begins.
      events: (event) => {
        if (event.type === 'action' && event.state === 'running') abort.abort();
      },
    });
    await ended;
    await plugins.close();
    expect(await federation.listing('C')).toEqual([]);
    expect(await task()).toMatchObject({ state: 'running', attempts: 1 });
    expect((await cycleOf(federation, database)).exitCode).toBe(3);
    expect((await cycleOf(federation, database, { plugins: await unreliable({}) })).exitCode).toBe(0);
    expect(await task()).toMatchObject({ state: 'done', attempts: 2 });
    expect(await federation.listing('C')).toEqual(['x/1/RAW/b1/f0.root']);
  });

  test('a whole correct file that is already at the destination is adopted', async () => {
    await begin('A');
    const [only] = federation.files('/x/1/RAW');
    await federation.write('C', file, only?.bytes ?? Buffer.alloc(0));
    expect((await cycleOf(federation, database)).exitCode).toBe(0);
    expect((await task()).state).toBe('done');
  });

  test('blocks that are complete at the destination already are not copied again', async () => {
    for (const block of ['b1', 'b2']) {
      federation.block('/x/1/RAW', block, { files: 2 });
      await federation.put('/x/1/RAW', block, 'A');
    }
    await federation.put('/x/1/RAW', 'b1', 'C');
    await federation.writeDesired();
    await federation.import(database);
    expect((await cycleOf(federation, database)).progress.filesDone).toBe(2);
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
  });
});
