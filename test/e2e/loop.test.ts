/** The main job from the command line, on both databases: bundle in, plan, copies and deletions, and every later question. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { forEachDatabase } from '../databases.js';
import { ruleFiles, type SmallFederation, smallFederation } from './small-federation.js';
import { binary, type Finished, readTree, scratch, stator, writeTree } from './stator.js';

const json = ({ stdout }: Finished) => JSON.parse(stdout);

const guard =
  'apiVersion: stator/v1\nkind: Guard\nmetadata: { name: brakes }\nspec: { deletions: { per: 24h, approvalAbove: 0 } }\n';

forEachDatabase('the loop from the command line', ({ dialect, freshUrl, open }) => {
  async function imported(federation: SmallFederation): Promise<string> {
    const url = await freshUrl();
    expect(await stator(['inventory', 'import', federation.bundle, '--database', url])).toMatchObject({
      code: 0,
      stderr: '',
    });
    return url;
  }

  it('prepares a database that was never used, and asks before it changes an older one', async () => {
    const { bundle } = await smallFederation();
    const url = await freshUrl();
    expect((await stator(['db', 'status', '--database', url])).code).toBe(1);
    expect((await stator(['inventory', 'import', bundle, '--database', url])).code).toBe(0);
    const status = await stator(['db', 'status', '--database', url, '--output', 'json']);
    expect(status.code).toBe(0);
    expect(json(status)).toMatchObject({ dialect, pending: [], unknown: [] });

    const db = await open(url);
    const last = json(status).applied.at(-1);
    await sql`delete from schema_migrations where name = ${last}`.execute(db.kysely);
    for (const command of [['inventory', 'import', bundle], ['status'], ['reconcile', '--once', '--desired', bundle]]) {
      const { code, stdout, stderr } = await stator([...command, '--database', url]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^error: the database lacks the migration [^\n]*; run `stator db migrate`\n$/);
    }
    const migrated = await stator(['db', 'migrate', '--database', url, '--output', 'json']);
    expect(migrated.code, migrated.stderr).toBe(0);
    expect(json(migrated)).toEqual({ applied: [last] });
    expect(json(await stator(['db', 'migrate', '--database', url, '--output', 'json']))).toEqual({ applied: [] });
  });

  it('S21 does nothing in a dry run, and all of it in a real one', async () => {
    const federation = await smallFederation();
    const { rules, sites } = federation;
    const url = await imported(federation);
    const common = ['--desired', rules, '--database', url];
    const before = await readTree(sites);

    const dry = await stator(['reconcile', '--dry-run', ...common, '--output', 'json']);
    expect(dry.code, dry.stderr).toBe(2);
    expect(json(dry).actions).toHaveLength(2);
    expect(await readTree(sites)).toEqual(before);
    expect(json(await stator(['history', '--database', url, '--output', 'json'])).cycles).toEqual([]);
    expect(json(await stator(['actions', '--database', url, '--output', 'json']))).toEqual({ total: 0, actions: [] });

    const done = await stator(['reconcile', '--once', ...common, '--output', 'json']);
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '' });
    expect(json(done)).toMatchObject({ cycle: 1, commit: null, counts: { done: 2, failed: 0 }, moved: { files: 3 } });
    const after = await readTree(sites);
    expect(Object.keys(after).sort()).toEqual(['east/A/one/1', 'east/A/one/2', 'west/A/one/1', 'west/A/one/2']);
    expect(after['west/A/one/1']).toBe(before['east/A/one/1']);

    expect((await stator(['plan', ...common])).code).toBe(0);
    expect((await stator(['reconcile', '--once', ...common])).code).toBe(0);
    expect(await readTree(sites)).toEqual(after);
  });

  it('one process at a time: another one is told who is at work, and a second loop takes over from a dead one', async () => {
    const federation = await smallFederation();
    const { rules } = federation;
    const url = await imported(federation);
    const start = () => {
      const child = spawn(
        process.execPath,
        [binary, 'reconcile', '--desired', rules, '--database', url, '--poll', '1s', '--output', 'json'],
        { cwd: federation.directory, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const log = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
      const cycles = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return { child, log, cycles, closed: once(child, 'close') };
    };
    const first = start();
    const children = [first.child];
    try {
      expect(JSON.parse((await first.cycles.next()).value)).toMatchObject({ cycle: 1, counts: { done: 2 } });
      const refused = await stator(['reconcile', '--once', '--desired', rules, '--database', url]);
      expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(
        new RegExp(`^error: another process reconciles this database: process ${first.child.pid} on [^\\n]+\\n$`),
      );
      // Whoever only looks is not concerned.
      expect((await stator(['plan', '--desired', rules, '--database', url])).code).toBe(0);
      expect((await stator(['reconcile', '--dry-run', '--desired', rules, '--database', url])).code).toBe(0);

      const second = start();
      children.push(second.child);
      for (let line = await second.log.next(); !line.value.includes('standing by'); line = await second.log.next()) {
        expect(line.done).not.toBe(true);
      }
      first.child.kill('SIGKILL');
      await first.closed;
      expect(JSON.parse((await second.cycles.next()).value).cycle).toBeGreaterThan(1);
      second.child.kill('SIGTERM');
      expect(await second.closed).toEqual([0, null]);
      expect((await stator(['reconcile', '--once', '--desired', rules, '--database', url])).code).toBe(0);
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });

  it('reads from a replica where nothing is changed, and never in the loop', async () => {
    const federation = await smallFederation();
    const [url, behind] = [await imported(federation), await imported(federation)];
    await writeTree(federation.directory, {
      'stator.config.yaml': `database: { url: ${JSON.stringify(url)}, readUrl: ${JSON.stringify(behind)} }\n`,
    });
    const common = ['--config', join(federation.directory, 'stator.config.yaml'), '--desired', federation.rules];
    expect((await stator(['reconcile', '--once', ...common])).code).toBe(0);
    // What the replica has not heard of yet is planned again, and nothing comes of it.
    const plan = await stator(['plan', ...common, '--output', 'json']);
    expect({ code: plan.code, stderr: plan.stderr }).toEqual({ code: 2, stderr: '' });
    expect(json(plan)).toMatchObject({ inventory: { generation: 1 }, actions: [{}, {}] });
    expect((await stator(['plan', ...common, '--database', url])).code).toBe(0);
    expect((await stator(['reconcile', '--dry-run', ...common])).code).toBe(0);
    const explained = json(await stator(['explain', '/A/one', ...common, '--output', 'json']));
    expect(explained.history).toEqual([]);
    expect(json(await stator(['status', ...common.slice(0, 2), '--output', 'json'])).actions.done).toBe(2);
  });

  it('answers every later question, also of what is gone', async () => {
    const federation = await smallFederation();
    const url = await imported(federation);
    const common = ['--desired', federation.rules, '--database', url];
    expect((await stator(['reconcile', '--once', ...common])).code).toBe(0);

    const status = json(await stator(['status', '--database', url, '--output', 'json']));
    expect(status).toMatchObject({
      lastCycle: { id: 1, outcome: 'done' },
      failing: null,
      actions: { open: 0, done: 2, failed: 0 },
    });
    const { cycles } = json(await stator(['history', '--database', url, '--output', 'json']));
    expect(cycles).toMatchObject([
      { id: 1, outcome: 'done', summary: { copy: { actions: 1 }, delete: { actions: 1 } } },
    ]);
    expect(cycles[0].digest).toMatch(/^sha256:/);

    const { actions, total } = json(
      await stator(['actions', '--state', 'done', '--database', url, '--output', 'json']),
    );
    expect(total).toBe(2);
    for (const action of actions) {
      expect(action).toMatchObject({ state: 'done', cycle: 1, rule: { file: 'rules.yaml' } });
      expect(action.tasks.every((task: { state: string }) => task.state === 'done')).toBe(true);
    }

    const copy = json(await stator(['explain', '/A/one@west', ...common, '--output', 'json']));
    expect(copy.replicas).toMatchObject([
      {
        site: 'west',
        blocks: 1,
        completeBlocks: 1,
        requiredBy: [{ ref: { kind: 'Placement', name: 'twice', file: 'rules.yaml' } }],
      },
    ]);
    expect(copy.history).toMatchObject([
      { type: 'copy', state: 'done', site: 'west', rule: { kind: 'Placement', name: 'twice' } },
    ]);

    const gone = json(await stator(['explain', '/B/old', ...common, '--output', 'json']));
    expect(gone.replicas).toEqual([]);
    expect(gone.history).toMatchObject([
      {
        type: 'delete',
        state: 'done',
        site: 'west',
        rule: { name: 'disk', id: 'withdrawn', file: 'rules.yaml', line: 16 },
      },
    ]);

    // The dataset itself leaves the inventory; the answer stays.
    const { tables } = await rest(federation);
    await writeTree(federation.bundle, tables);
    expect((await stator(['inventory', 'import', federation.bundle, '--database', url])).code).toBe(0);
    const text = await stator(['explain', '/B/old', '--database', url]);
    expect(text.code, text.stderr).toBe(0);
    expect(text.stdout).toContain('not in the inventory any more');
    expect(text.stdout).toMatch(/done {2}deleted \/B\/old at west/);
    expect(text.stdout).toContain('rules.yaml:16');
  });

  it('says so where nothing is known, with the nearest name', async () => {
    const url = await imported(await smallFederation());
    const { code, stdout, stderr } = await stator(['explain', '/A/onee@west', '--database', url]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('error: neither the inventory nor the history knows `/A/onee`; did you mean `/A/one`?\n');
    const block = await stator(['explain', '/A/one#b7', '--database', url]);
    expect(block.stderr).toBe('error: `/A/one` has no block `b7`; did you mean `b1`?\n');
    expect((await stator(['explain', '/A/one#b1@east', '--database', url])).code).toBe(0);
  });

  it('waits for an approval, which covers exactly these items and says who gave it', async () => {
    const federation = await smallFederation({ 'guard.yaml': guard });
    const url = await imported(federation);
    const common = ['--desired', federation.rules, '--database', url];
    const held = await stator(['reconcile', '--once', ...common, '--output', 'json']);
    expect(held.code).toBe(3);
    expect(existsSync(join(federation.sites, 'west/B/old/1'))).toBe(true);
    const [approval] = json(held).approvals;
    expect(approval).toMatchObject({ site: 'west', actions: 1, rule: { id: 'withdrawn' } });

    const explained = await stator(['explain', '/B/old', ...common]);
    expect(explained.stdout).toContain(`stator approve ${approval.hash}`);

    const approved = await stator(
      ['approve', approval.hash, '--reason', 'agreed', '--expires', '2d', '--database', url, '--output', 'json'],
      { env: { USER: 'ada' } },
    );
    expect(approved.code, approved.stderr).toBe(0);
    expect(json(approved)).toMatchObject({ hash: approval.hash, by: 'ada', reason: 'agreed' });
    const db = await open(url);
    expect(await db.kysely.selectFrom('approvals').select(['hash', 'who', 'why']).execute()).toEqual([
      { hash: approval.hash, who: 'ada', why: 'agreed' },
    ]);

    const released = await stator(['reconcile', '--once', ...common]);
    expect(released.code, released.stderr + released.stdout).toBe(0);
    expect(existsSync(join(federation.sites, 'west/B/old/1'))).toBe(false);
  });

  it('makes what a lost site held again only once that was approved', async () => {
    const federation = await smallFederation();
    const url = await imported(federation);
    const common = ['--desired', federation.rules, '--database', url];
    expect(await stator(['reconcile', '--once', ...common])).toMatchObject({ code: 0 });
    const rules = ruleFiles(federation.sites)['sites.yaml'] ?? '';
    const south = rules.slice(0, rules.indexOf('---')).replaceAll('east', 'south');
    await mkdir(join(federation.sites, 'south'));
    await writeFile(
      join(federation.rules, 'sites.yaml'),
      `${rules.replace('{ name: west }\nspec:', '{ name: west }\nspec:\n  state: lost')}---\n${south}`,
    );

    for (let cycle = 0; cycle < 2; cycle++) {
      const held = await stator(['reconcile', '--once', ...common, '--output', 'json']);
      expect(held.code, held.stderr).toBe(3);
      expect(json(held).approvals).toMatchObject([{ site: 'west', actions: 1, rule: { kind: 'Site', name: 'west' } }]);
      expect(existsSync(join(federation.sites, 'south/A/one/1'))).toBe(false);
    }
    const [{ hash }] = json(await stator(['plan', ...common, '--output', 'json'])).approvals;
    const approved = await stator(['approve', hash, '--reason', 'it burnt', '--by', 'ada', '--database', url]);
    expect(approved.code, approved.stderr).toBe(0);
    const made = await stator(['reconcile', '--once', ...common]);
    expect(made.code, made.stderr + made.stdout).toBe(0);
    expect(existsSync(join(federation.sites, 'south/A/one/1'))).toBe(true);
    expect(existsSync(join(federation.sites, 'south/A/one/2'))).toBe(true);
  });

  it('S29 exits 3 where a source is corrupt, tells every error in full, and leaves no half file', async () => {
    const federation = await smallFederation();
    const url = await imported(federation);
    await writeFile(join(federation.sites, 'east/A/one/2'), 'other bytes');
    const args = ['reconcile', '--once', '--desired', federation.rules, '--database', url];
    const done = await stator(args);
    expect(done.code, done.stdout).toBe(3);
    expect(existsSync(join(federation.sites, 'west/A/one/2'))).toBe(false);
    const { actions } = json(await stator(['actions', '--dataset', '/A/one', '--database', url, '--output', 'json']));
    const errors = actions.flatMap((action: { tasks: { errors: { message: string; source: string }[] }[] }) =>
      action.tasks.flatMap((task) => task.errors),
    );
    expect(errors[0]).toMatchObject({ source: 'east' });
    expect(errors[0].message.length).toBeGreaterThan(10);
    const text = await stator(['actions', '--dataset', '/A/one', '--database', url]);
    expect(text.stdout).toContain(errors[0].message);
  });

  it('carries the inventory out and in again: the same figures, the same bytes', async () => {
    const federation = await smallFederation();
    const url = await imported(federation);
    const directory = await scratch();
    const exported = await stator(['inventory', 'export', join(directory, 'a'), '--database', url]);
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    const other = await freshUrl();
    expect((await stator(['inventory', 'import', join(directory, 'a'), '--database', other])).code).toBe(0);
    expect((await stator(['inventory', 'export', join(directory, 'b'), '--database', other])).code).toBe(0);
    const tree = await readTree(directory);
    for (const [path, content] of Object.entries(tree)) expect(tree[path.replace(/^a/, 'b')], path).toBe(content);

    const again = await stator(['inventory', 'import', join(directory, 'a'), '--database', other, '--output', 'json']);
    expect(json(again)).toMatchObject({ changed: false });
    const stats = async (address: string) => {
      const { updatedAt, ...rest } = json(
        await stator(['inventory', 'stats', '--database', address, '--output', 'json']),
      );
      expect(updatedAt).toMatch(/^2/);
      return rest;
    };
    expect(await stats(other)).toEqual(await stats(url));
  });

  it('records commit and author of a repository, and keeps going by them when the line has changed since', async () => {
    const federation = await smallFederation();
    const { rules, directory } = federation;
    const url = await imported(federation);
    const git = (author: string, ...args: string[]): string =>
      execFileSync('git', ['-C', rules, ...args], {
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH,
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_AUTHOR_NAME: author,
          GIT_AUTHOR_EMAIL: 'x@example.org',
          GIT_COMMITTER_NAME: author,
          GIT_COMMITTER_EMAIL: 'x@example.org',
        },
      }).trim();
    git('Ada', 'init', '--quiet', '--initial-branch=main');
    git('Ada', 'add', '--all');
    git('Ada', 'commit', '--quiet', '--message', 'Say where data has to be');
    const first = git('Ada', 'rev-parse', 'HEAD');
    const config = `database: { url: '${url}' }\nrepository: { url: rules, ref: main, cache: cache }\n`;
    await writeFile(join(directory, 'stator.config.yaml'), config);
    const here = { cwd: directory };
    expect(await stator(['reconcile', '--once'], here)).toMatchObject({ code: 0, stderr: '' });

    const text = await readFile(join(rules, 'rules.yaml'), 'utf8');
    await writeFile(join(rules, 'rules.yaml'), text.replace('"DEPRECATED"', '"INVALID"'));
    git('Ben', 'commit', '--quiet', '--all', '--message', 'Withdraw invalid data only');
    expect((await stator(['reconcile', '--once'], here)).code).toBe(0);

    const { cycles } = json(await stator(['history', '--output', 'json'], here));
    expect(cycles.map((cycle: { author: string }) => cycle.author)).toEqual([
      'Ben <x@example.org>',
      'Ada <x@example.org>',
    ]);
    const gone = json(await stator(['explain', '/B/old', '--output', 'json'], here));
    expect(gone.history).toMatchObject([{ type: 'delete', commit: first, author: 'Ada <x@example.org>' }]);
    const copy = json(await stator(['explain', '/A/one@west', '--output', 'json'], here));
    expect(copy.replicas[0].requiredBy[0].origin).toMatchObject({ commit: first, summary: 'Say where data has to be' });
    expect(json(await stator(['status', '--output', 'json'], here)).lastGoodCycle.commit).toBe(
      git('Ben', 'rev-parse', 'HEAD'),
    );

    // S23: out of reach is not empty. The status says since when; the files stay.
    await rm(join(rules, '.git'), { recursive: true });
    const before = await readTree(federation.sites);
    expect((await stator(['reconcile', '--once'], here)).code).toBe(1);
    expect(await readTree(federation.sites)).toEqual(before);
    const status = json(await stator(['status', '--output', 'json'], here));
    expect(status.failing).toMatchObject({ cycles: 1, since: expect.stringMatching(/^2/) });
  });
});

/** The bundle after `/B/old` is forgotten. */
async function rest(federation: SmallFederation): Promise<{ tables: Record<string, string> }> {
  const tables: Record<string, string> = {};
  for (const table of ['datasets', 'blocks', 'replicas', 'files']) {
    const lines = (await readFile(join(federation.bundle, `${table}.jsonl`), 'utf8')).split('\n');
    tables[`${table}.jsonl`] = lines.filter((line) => !line.includes('/B/old')).join('\n');
  }
  return { tables };
}

describe('stator reconcile', () => {
  it('runs cycles until it is told to stop, repairs what is lost without a commit, and ends cleanly', async () => {
    const federation = await smallFederation();
    const { directory, rules, bundle, sites } = federation;
    const database = `sqlite:${directory}/stator.db`;
    expect((await stator(['inventory', 'import', bundle, '--database', database])).code).toBe(0);
    const child = spawn(
      process.execPath,
      [binary, 'reconcile', '--desired', rules, '--database', database, '--poll', '1s', '--output', 'json'],
      { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const closed = once(child, 'close');
    try {
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
      const cycles = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const first = await cycles.next();
      expect(JSON.parse(first.value)).toMatchObject({ cycle: 1, counts: { done: 2 } });
      expect(existsSync(join(sites, 'west/A/one/1'))).toBe(true);

      // The replica is lost and the inventory comes to know of it: no commit is needed.
      await rm(join(sites, 'west/A'), { recursive: true });
      const { tables } = await rest(federation);
      await writeTree(bundle, tables);
      expect((await stator(['inventory', 'import', bundle, '--database', database, '--accept-shrink'])).code).toBe(0);
      for (let next = await cycles.next(); !existsSync(join(sites, 'west/A/one/1')); next = await cycles.next()) {
        expect(next.done).not.toBe(true);
      }

      child.kill('SIGTERM');
      const [code, signal] = await closed;
      expect({ code, signal }).toEqual({ code: 0, signal: null });
      const records = log
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(records.at(0)).toMatchObject({ msg: 'the loop begins' });
      expect(records.at(-1)).toMatchObject({ msg: 'the loop ended' });
    } finally {
      child.kill('SIGKILL');
    }
  });
});
