/** The script that the example workflows run: it validates and plans what a pull request changes. */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { binary, scratch, writeTree } from './stator.js';

const examples = fileURLToPath(new URL('../../examples/ci/', import.meta.url));

const rules = (copies: number): string => `apiVersion: stator/v1
kind: Federation
metadata: { name: test }
spec: {}
---
apiVersion: stator/v1
kind: Site
metadata: { name: east }
spec: { storage: disk }
---
apiVersion: stator/v1
kind: Site
metadata: { name: west }
spec: { storage: disk }
---
apiVersion: stator/v1
kind: Placement
metadata: { name: all }
spec: { datasets: 'true', to: 'true', copies: ${copies} }
`;

const bundle = {
  'inventory/datasets.tsv': 'name\tstatus\n/a\tVALID\n',
  'inventory/blocks.tsv': 'dataset\tname\tsize\tfiles\n/a\t1\t12\t1\n',
  'inventory/replicas.tsv': 'dataset\tblock\tsite\n/a\t1\teast\n',
};

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const path = `${dirname(binary)}:${process.env.PATH}`;
  const identity = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  return spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { PATH: path, HOME: cwd, XDG_CACHE_HOME: join(cwd, '.cache'), ...identity, ...env },
  });
}

async function repository(): Promise<string> {
  const directory = await scratch();
  await writeTree(directory, { 'rules.yaml': rules(1), ...bundle });
  const git = (...args: string[]): void => {
    const result = run('git', ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.org', ...args], directory);
    if (result.status !== 0) throw new Error(result.stderr);
  };
  git('init', '--quiet', '--initial-branch=main');
  git('add', 'rules.yaml');
  git('commit', '--quiet', '--message=One copy');
  git('checkout', '--quiet', '-b', 'change');
  await writeTree(directory, { 'rules.yaml': rules(2) });
  git('commit', '--quiet', '--all', '--message=Two copies');
  return directory;
}

test('plan.sh writes what a branch changes, compared with the branch it goes to', async () => {
  const directory = await repository();

  const result = run(join(examples, 'plan.sh'), [], directory, { BASE: 'main' });

  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
  const plan = await readFile(join(directory, 'plan.md'), 'utf8');
  expect(plan).toContain('/a');
  expect(plan).toContain('west');
  expect(plan).toContain('rules.yaml');
});

test('plan.sh fails where the rules have errors', async () => {
  const directory = await repository();
  await writeTree(directory, { 'rules.yaml': rules(2).replace('datasets', 'dataset') });

  const result = run(join(examples, 'plan.sh'), [], directory);

  expect(result.status).toBe(2);
  expect(result.stderr).toContain('rules.yaml:');
});

test('both workflows are YAML and run plan.sh', async () => {
  for (const name of ['github.yml', 'gitlab.yml']) {
    const text = await readFile(join(examples, name), 'utf8');
    expect(JSON.stringify(parse(text))).toContain('ci/plan.sh');
  }
});
