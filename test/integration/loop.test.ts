/** The loop with a real repository: new commits, a repository that is gone, a history that was rewritten. */
import { execFileSync } from 'node:child_process';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, listActions, saveApproval } from '../../src/database/index.js';
import { PluginRegistry } from '../../src/plugin/registry.js';
import { type CycleOutcome, type CycleSource, historyApproval, reconcileLoop } from '../../src/reconcile/index.js';
import { forEachDatabase } from '../databases.js';
import { cycleOf, DirectoryFederation, time } from '../directory-federation.js';

const placement = (site: string): string => `
apiVersion: stator/v1
kind: Placement
metadata: { name: copy }
spec: { datasets: "true", to: site.name == "${site}", copies: 1 }
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

forEachDatabase('the loop', ({ fresh }) => {
  let federation: DirectoryFederation;
  let database: Database;
  let repository: string;

  beforeEach(async () => {
    federation = await DirectoryFederation.make();
    for (const name of ['A', 'B', 'C']) await federation.site(name);
    federation.block('/x/1/RAW', 'b1');
    for (const site of ['A', 'B']) await federation.put('/x/1/RAW', 'b1', site);
    database = await fresh();
    await federation.import(database);
    repository = join(federation.base, 'repository');
    await mkdir(repository);
    git('init', '--quiet', '--initial-branch=main');
  });

  afterEach(async () => {
    await federation.remove();
  });

  function git(...args: readonly string[]): string {
    return execFileSync(
      'git',
      ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.org', '-c', 'commit.gpgsign=false', ...args],
      { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    ).trim();
  }

  async function commit(policy: string, message: string): Promise<string> {
    federation.policy(policy);
    await federation.writeDesired(repository);
    git('add', '.');
    git('commit', '--quiet', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  }

  const source = (): CycleSource => ({
    kind: 'repository',
    url: repository,
    ref: 'refs/heads/main',
    path: null,
    cacheDir: join(federation.base, 'cache'),
  });

  test('a commit is picked up by polling, and an abort ends the loop', async () => {
    const first = await commit('', 'Begin');
    const abort = new AbortController();
    const outcomes: CycleOutcome[] = [];
    const plugins = await PluginRegistry.load();
    const seen = async (condition: () => boolean): Promise<void> => {
      const deadline = Date.now() + 30_000;
      while (!condition()) {
        expect(Date.now()).toBeLessThan(deadline);
        await tick();
      }
    };
    const ended = reconcileLoop({
      database,
      source: source(),
      plugins,
      clock: () => Date.now() / 1000,
      poll: 0.05,
      signal: abort.signal,
      onCycle: (outcome) => outcomes.push(outcome),
    });
    await seen(() => outcomes.length >= 2);
    const second = await commit(placement('C'), 'Copy to C');
    await seen(() => outcomes.at(-1)?.actions.done === 1);
    abort.abort();
    await ended;
    expect(outcomes[0]?.result?.plan.desired.commit).toBe(first);
    // What was compiled once is used until there is a new commit.
    expect(outcomes[1]?.desired).toBe(outcomes[0]?.desired);
    expect(outcomes.at(-1)?.desired).not.toBe(outcomes[0]?.desired);
    expect(outcomes.at(-1)?.desired?.source.commit).toBe(second);
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
    expect(await listActions(database.kysely)).toMatchObject([
      { state: 'done', commit_id: second, commit_author: expect.stringContaining('Jane') },
    ]);
    await plugins.close();
  });

  test('a cycle that fails as a whole does not end the loop', async () => {
    await commit('', 'Begin');
    await database.kysely.schema.alterTable('approvals').renameTo('elsewhere').execute();
    const abort = new AbortController();
    const plugins = await PluginRegistry.load();
    const errors: unknown[] = [];
    const cycles: CycleOutcome[] = [];
    await reconcileLoop({
      database,
      source: source(),
      plugins,
      clock: () => Date.now() / 1000,
      poll: 0.01,
      signal: abort.signal,
      onCycle: (outcome) => {
        cycles.push(outcome);
        if (cycles.length === 3) abort.abort();
      },
      onError: (error) => errors.push(error),
    });
    expect(errors.length + cycles.filter(({ error }) => error !== null).length).toBeGreaterThanOrEqual(3);
    await plugins.close();
  });

  test('S23 a repository that is gone: no deletion, the error is recorded, and all is well when it is back', async () => {
    await commit('', 'Begin');
    await cycleOf(federation, database, { source: source() });
    await commit(deleteAtB, 'Clean B');
    await rename(repository, `${repository}-away`);
    const blind = await cycleOf(federation, database, { source: source(), now: time + 10 });
    expect(blind.exitCode).toBe(1);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    expect(await listActions(database.kysely)).toEqual([]);
    await rename(`${repository}-away`, repository);
    expect((await cycleOf(federation, database, { source: source(), now: time + 20 })).exitCode).toBe(0);
    expect(await federation.listing('B')).toEqual([]);
  });

  test('S24 a history that was rewritten deletes nothing until a person accepts it', async () => {
    await commit('', 'Begin');
    await commit(placement('A'), 'Keep A');
    await cycleOf(federation, database, { source: source() });
    git('reset', '--quiet', '--hard', 'HEAD~1');
    const rewritten = await commit(deleteAtB, 'Clean B');
    const held = await cycleOf(federation, database, { source: source(), now: time + 10 });
    expect(held.exitCode).toBe(3);
    expect(await listActions(database.kysely)).toMatchObject([
      { state: 'held', held_code: 'stale', held_message: expect.stringContaining('history was rewritten') },
    ]);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    // Waiting does not make it right.
    expect((await cycleOf(federation, database, { source: source(), now: time + 20 })).exitCode).toBe(3);
    await saveApproval(database.kysely, {
      hash: historyApproval(rewritten),
      who: 'jane',
      why: 'I did that',
      created: time,
      expires: time + 1000,
    });
    expect((await cycleOf(federation, database, { source: source(), now: time + 30 })).exitCode).toBe(0);
    expect(await federation.listing('B')).toEqual([]);
    // Accepted once: from here on it is the history, also when the approval has expired.
    expect((await cycleOf(federation, database, { source: source(), now: time + 5000 })).exitCode).toBe(0);
  });

  test('only signed commits are acted upon where signatures are wanted', async () => {
    await commit(deleteAtB, 'Clean B');
    const signed = { ...source(), verify: {} } as CycleSource;
    const outcome = await cycleOf(federation, database, { source: signed });
    expect(outcome.exitCode).toBe(3);
    expect(await listActions(database.kysely)).toMatchObject([
      { state: 'held', held_code: 'stale', held_message: expect.stringContaining('has no signature') },
    ]);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
  });

  test('S21 a dry run writes nothing at all', async () => {
    await commit(`${placement('C')}---${deleteAtB}`, 'Move');
    const dump = async (): Promise<unknown> => {
      const tables = await database.kysely.introspection.getTables();
      const rows: Record<string, unknown> = {};
      for (const { name } of tables) {
        const found = await sql`select * from ${sql.table(name)}`.execute(database.kysely);
        rows[name] = found.rows.map((row) => JSON.stringify(row)).sort();
      }
      return rows;
    };
    const before = await dump();
    const outcome = await cycleOf(federation, database, { source: source(), dryRun: true });
    expect(outcome.exitCode).toBe(2);
    expect(outcome.cycle).toBeNull();
    expect(outcome.result?.plan.actions.map(({ type }) => type)).toEqual(['copy', 'delete']);
    expect(await dump()).toEqual(before);
    expect(await federation.listing('C')).toEqual([]);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
  });

  test('every cycle is recorded with its commit, and what was over its watermark', async () => {
    const id = await commit(placement('C'), 'Copy to C');
    await cycleOf(federation, database, { source: source() });
    const [cycle] = await database.kysely.selectFrom('cycles').selectAll().execute();
    expect(cycle).toMatchObject({
      outcome: 'done',
      commit_id: id,
      ref: 'refs/heads/main',
      author: expect.stringContaining('jane@example.org'),
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      error: null,
    });
    expect(JSON.parse(cycle?.summary ?? '{}')).toMatchObject({ copy: { actions: 1 } });
  });
});
