import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { bundleFiles, ruleFiles, type SmallFederation, smallFederation } from './small-federation.js';
import { readTree, scratch, stator, writeTree } from './stator.js';

const clock = ['--now', '2026-11-22T07:00:00Z'];

const source = ({ rules, bundle }: SmallFederation): string[] => ['--desired', rules, '--inventory', bundle, ...clock];

/** Keys sorted, no white space: what the digest is taken of. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}

function git(directory: string, ...args: string[]): string {
  const identity = {
    GIT_AUTHOR_NAME: 'Jane',
    GIT_AUTHOR_EMAIL: 'j@x',
    GIT_COMMITTER_NAME: 'Jane',
    GIT_COMMITTER_EMAIL: 'j@x',
  };
  return execFileSync('git', ['-C', directory, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', ...identity },
  }).trim();
}

describe('stator plan', () => {
  it('exits 2 when there are changes, 3 when something waits for a person, 0 when there is nothing to do', async () => {
    const changes = await smallFederation();
    expect(await stator(['plan', ...source(changes), '--quiet'])).toMatchObject({ code: 2, stderr: '' });

    const waits = await smallFederation({
      'guard.yaml':
        'apiVersion: stator/v1\nkind: Guard\nmetadata: { name: g }\nspec: { deletions: { per: 24h, approvalAbove: 0 } }\n',
    });
    const waiting = await stator(['plan', ...source(waits)]);
    expect(waiting).toMatchObject({ code: 3, stderr: '' });
    expect(waiting.stdout).toMatch(/stator approve sha256:[0-9a-f]{64}/);

    const nothing = await smallFederation({
      'rules.yaml': `apiVersion: stator/v1\nkind: Placement\nmetadata: { name: once }\nspec: { datasets: 'true', to: 'true', copies: 1 }\n`,
    });
    const quiet = await stator(['plan', ...source(nothing)]);
    expect(quiet).toMatchObject({ code: 0, stderr: '' });
    expect(quiet.stdout).toContain('No changes: ');
  });

  it('S21 writes the same bytes twice, from any directory, and with files and rows in any order', async () => {
    const federation = await smallFederation();
    const first = await stator(['plan', ...source(federation), '--output', 'json']);
    expect(first.code).toBe(2);
    expect(await stator(['plan', ...source(federation), '--output', 'json'])).toEqual(first);

    const relative = ['plan', '--desired', 'rules', '--inventory', './bundle', ...clock, '--output', 'json'];
    expect(await stator(relative, { cwd: federation.directory })).toEqual(first);

    const { tables } = bundleFiles();
    for (const [table, text] of Object.entries(tables)) {
      await writeFile(
        join(federation.bundle, table),
        text
          .trimEnd()
          .split('\n')
          .reverse()
          .map((line) => `${line}\n`)
          .join(''),
      );
    }
    expect(await stator(['plan', ...source(federation), '--output', 'json'])).toEqual(first);
  });

  it('writes a document that its schema accepts and its digest covers', async () => {
    const federation = await smallFederation();
    const { stdout } = await stator(['plan', ...source(federation), '--output', 'json']);
    const document = JSON.parse(stdout);
    const { stdout: schema } = await stator(['schema', 'plan']);
    const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
    // The package's default export is the plugin itself; its types hide that from ESM.
    (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
    const validate = ajv.compile(JSON.parse(schema));
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    const { digest, ...rest } = document;
    expect(digest).toBe(`sha256:${createHash('sha256').update(canonical(rest)).digest('hex')}`);
    expect(document.actions.map((action: { rule: unknown }) => action.rule)).toEqual([
      { kind: 'Placement', name: 'twice', id: null, file: 'rules.yaml', line: expect.any(Number) },
      { kind: 'Retention', name: 'disk', id: 'withdrawn', file: 'rules.yaml', line: 16 },
    ]);
  });

  it('says the same as text, Markdown, and lines of JSON', async () => {
    const federation = await smallFederation();
    const { digest, actions } = JSON.parse((await stator(['plan', ...source(federation), '--output', 'json'])).stdout);
    for (const format of ['text', 'markdown']) {
      const { code, stdout } = await stator(['plan', ...source(federation), '--output', format]);
      expect(code).toBe(2);
      expect(stdout).toContain(digest);
      for (const action of actions) expect(stdout).toContain(action.dataset);
      expect(stdout).toContain('rules.yaml:16');
    }
    const lines = (await stator(['plan', ...source(federation), '--output', 'ndjson'])).stdout.trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line));
    expect(records[0]).toMatchObject({ record: 'header', digest });
    expect(records.filter(({ record }) => record === 'action').map(({ record: _, ...action }) => action)).toEqual(
      actions,
    );
    expect(records.at(-1)).toMatchObject({ record: 'summary' });
  });

  it('writes decisions and timings beside it, which change nothing in it', async () => {
    const federation = await smallFederation();
    const { stdout: alone } = await stator(['plan', ...source(federation), '--output', 'json']);
    const cwd = await scratch();
    const extras = ['--decisions', 'd.tsv', '--timings', 't.json'];
    const { stdout } = await stator(['plan', ...source(federation), '--output', 'json', ...extras], { cwd });
    expect(stdout).toBe(alone);
    expect(await readFile(join(cwd, 'd.tsv'), 'utf8')).toMatch(
      /^retention\tsite\tdataset\trule\tdecision\tblocks\tbytes\ndisk\teast\t\/A\/one\tdefault\tprotect\t1\t\d+\ndisk\twest\t\/B\/old\twithdrawn\tdelete\t1\t\d+\n$/,
    );
    const timings = JSON.parse(await readFile(join(cwd, 't.json'), 'utf8'));
    expect(Object.values(timings).every((value) => typeof value === 'number')).toBe(true);
    expect(Object.keys(timings)).toEqual(
      expect.arrayContaining(['desired', 'load', 'plan', 'plan.retention', 'output', 'peakResidentBytes']),
    );
    expect(timings.peakResidentBytes).toBeGreaterThan(10_000_000);
  });

  it('cannot write where it must not: an error, and no plan', async () => {
    const federation = await smallFederation();
    const { code, stdout, stderr } = await stator(['plan', ...source(federation), '--decisions', '/nowhere/at/all']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: cannot write the decisions: [^\n]*\n$/);
  });

  it('touches nothing: no file appears, not even a database', async () => {
    const federation = await smallFederation();
    const before = await readTree(federation.directory);
    await stator(['plan', '--desired', 'rules', '--inventory', 'bundle'], { cwd: federation.directory });
    expect(await readTree(federation.directory)).toEqual(before);
  });
});

describe('stator plan --base', () => {
  async function repository() {
    const federation = await smallFederation();
    git(federation.rules, 'init', '--quiet', '--initial-branch=main');
    git(federation.rules, 'add', '--all');
    git(federation.rules, 'commit', '--quiet', '--message', 'First');
    git(federation.rules, 'checkout', '--quiet', '-b', 'change');
    const rules = ruleFiles(federation.sites)['rules.yaml']?.replace('copies: 2', 'copies: 1') ?? '';
    await writeTree(federation.rules, { 'rules.yaml': rules });
    git(federation.rules, 'commit', '--quiet', '--all', '--message', 'One copy is enough');
    return { ...federation, env: { STATOR_REPOSITORY_CACHE: join(federation.directory, 'cache') } };
  }

  it('says what a pull request adds and takes away', async () => {
    const { rules, bundle, env } = await repository();
    const args = ['plan', '--repo', rules, '--ref', 'change', '--base', 'main', '--inventory', bundle, ...clock];
    const { code, stdout, stderr } = await stator([...args, '--output', 'json'], { env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const { change, ...plan } = JSON.parse(stdout);
    expect(plan.desired).toMatchObject({
      commit: git(rules, 'rev-parse', 'change'),
      ref: 'change',
      author: 'Jane <j@x>',
    });
    expect(change.base).toMatchObject({ commit: git(rules, 'rev-parse', 'main'), ref: 'main' });
    expect(change.added).toEqual([]);
    expect(change.removed).toMatchObject([{ type: 'copy', dataset: '/A/one', site: 'west' }]);

    const { digest, ...rest } = plan;
    expect(digest).toBe(`sha256:${createHash('sha256').update(canonical(rest)).digest('hex')}`);

    const text = await stator(args, { env });
    expect(text.stdout).toMatch(/^Compared with [0-9a-f]{12} \(main\)\n {2}no longer planned: 1 action/);
    const markdown = await stator([...args, '--output', 'markdown'], { env });
    expect(markdown.stdout).toContain('What this change does: 0 added, 1 removed, 0 altered');
  });

  it('compares a checkout with a branch of its own repository, or of its remote', async () => {
    const { rules, bundle, directory, env } = await repository();
    const local = await stator(['plan', '--desired', rules, '--base', 'main', '--inventory', bundle], { env });
    expect(local.stdout).toMatch(/^Compared with [0-9a-f]{12} \(main\)\n {2}no longer planned: 1 action/);

    const clone = join(directory, 'clone');
    git(directory, 'clone', '--quiet', rules, clone);
    const remote = await stator(['plan', '--desired', clone, '--base', 'origin/main', '--inventory', bundle], { env });
    expect(remote.stdout).toMatch(
      /^Compared with [0-9a-f]{12} \(refs\/remotes\/origin\/main\)\n {2}no longer planned: 1 action/,
    );
  });

  it('names the base that it cannot find', async () => {
    const { rules, bundle, env } = await repository();
    const args = ['plan', '--desired', rules, '--base', 'nope', '--inventory', bundle];
    const { code, stdout, stderr } = await stator(args, { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: there is no branch or tag `nope`; [^\n]+\n$/);
  });
});
