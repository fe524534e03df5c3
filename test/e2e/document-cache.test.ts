import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ruleFiles } from './small-federation.js';
import { scratch, stator, writeTree } from './stator.js';

/** Enough documents for a file, in several ones. */
function locks(): Record<string, string> {
  const lock = (i: number) =>
    `apiVersion: stator/v1\nkind: Lock\nmetadata: { name: lock-${i} }\nspec:\n  datasets: dataset.name == "/asked/for/${i}"\n  expires: 2027-01-01\n  reason: asked for by user ${i}, who needs it for a paper\n`;
  const fileOf = (f: number) => Array.from({ length: 200 }, (_, i) => lock(200 * f + i)).join('---\n');
  return Object.fromEntries(Array.from({ length: 8 }, (_, f) => [`locks/${f}.yaml`, fileOf(f)]));
}

test('a desired state is what it is with and without kept documents, when it is edited, broken, and the cache with it', {
  timeout: 120_000,
}, async () => {
  const directory = await scratch();
  const rules = await writeTree(join(directory, 'rules'), { ...ruleFiles(directory), ...locks() });
  const inventory = await writeTree(join(directory, 'inventory'), {
    'datasets.tsv': 'name\n/A/1\n',
    'blocks.tsv': 'dataset\tname\tsize\n/A/1\tb\t5\n',
    'replicas.tsv': 'dataset\tblock\tsite\n/A/1\tb\twest\n',
  });
  const caches = join(directory, 'cache/stator/repositories/documents');
  const run = (...args: string[]) =>
    stator([...args, '-v'], { cwd: directory, env: { XDG_CACHE_HOME: join(directory, 'cache') } });
  const validate = (...options: string[]) => run('validate', rules, '--output', 'json', ...options);
  /** The same answer from all files, and twice from those that have changed; what was said of the cache. */
  const same = async (code: number): Promise<string[]> => {
    const expected = await validate('--no-cache');
    expect(expected, expected.stderr).toMatchObject({ code, stderr: expect.not.stringContaining('document cache') });
    const said: string[] = [];
    for (const found of [await validate(), await validate()]) {
      expect(found).toMatchObject({ code, stdout: expected.stdout });
      const lines = found.stderr.split('\n');
      const rest = lines.filter((line) => !line.includes('document cache')).join('\n');
      expect(rest).toBe(expected.stderr);
      said.push(...lines.filter((line) => line.includes('document cache')));
    }
    return said;
  };

  const dry = ['--desired', rules, '--now', '2026-11-22T07:00:00Z', '--output', 'json'];
  const database = ['--database', `sqlite:${join(directory, 'stator.db')}`];
  await run('inventory', 'import', inventory, ...database);
  await run('reconcile', '--dry-run', ...database, ...dry);
  await validate('--no-cache');
  expect(existsSync(caches)).toBe(false);

  const said = await same(0);
  expect(said).toEqual([
    expect.stringMatching(/^document cache not used: .*: there is none yet$/),
    expect.stringMatching(/^document cache written: /),
  ]);
  const without = await run('plan', '--inventory', inventory, '--no-cache', ...dry);
  const withCache = await run('plan', '--inventory', inventory, ...dry);
  expect(withCache).toMatchObject({ code: without.code, stdout: without.stdout });

  await writeFile(join(rules, 'locks/3.yaml'), 'kind: Lock\nmetadata: { name: broken }\nspec: { reason: 5 }\n');
  await same(2);
  await rm(join(rules, 'locks/3.yaml'));
  await same(0);
  const [file = 'none', ...others] = await readdir(caches);
  expect(others).toEqual([]);
  await writeFile(join(caches, file), 'nonsense');
  expect(await same(0)).toEqual([
    expect.stringMatching(/^document cache not used: .*: it is no document cache$/),
    expect.stringMatching(/^document cache written: /),
  ]);
});
