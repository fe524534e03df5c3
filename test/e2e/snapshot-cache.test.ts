import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forEachDatabase } from '../databases.js';
import { ruleFiles } from './small-federation.js';
import { scratch, stator, writeTree } from './stator.js';

/** Just enough block replicas for a file. */
function bundle(): Record<string, string> {
  const datasets: string[] = ['name\tstatus'];
  const blocks: string[] = ['dataset\tname\tsize\tfiles'];
  const replicas: string[] = ['dataset\tblock\tsite\towner'];
  for (let d = 0; d < 520; d++) {
    const dataset = d % 50 === 0 ? `/A/${d}` : `/B/${d}`;
    datasets.push(`${dataset}\t${d % 7 === 0 ? 'DEPRECATED' : 'VALID'}`);
    for (let b = 0; b < 60; b++) {
      blocks.push(`${dataset}\tb${b}\t3\t1`);
      replicas.push(`${dataset}\tb${b}\teast\tops`);
      if (d % 3 !== 0) replicas.push(`${dataset}\tb${b}\twest\tops`);
    }
  }
  const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  return { 'datasets.tsv': text(datasets), 'blocks.tsv': text(blocks), 'replicas.tsv': text(replicas) };
}

forEachDatabase('the snapshot cache', ({ dialect, freshUrl }) => {
  test('a plan from it is the plan from the database, after an import, and when it is broken', {
    timeout: 180_000,
  }, async () => {
    const directory = await scratch();
    const url = await freshUrl();
    const rules = await writeTree(join(directory, 'rules'), ruleFiles(directory));
    const run = (args: readonly string[]) =>
      stator([...args, '--database', url, '-v'], { cwd: directory, env: { XDG_CACHE_HOME: join(directory, 'cache') } });
    const importing = async (name: string, tables: Record<string, string>, ...options: string[]) => {
      const imported = await run(['inventory', 'import', await writeTree(join(directory, name), tables), ...options]);
      expect(imported, imported.stderr).toMatchObject({ code: 0 });
    };
    const source = ['--desired', rules, '--now', '2026-11-22T07:00:00Z', '--output', 'json'];
    const plan = (...options: string[]) => run(['plan', ...source, ...options]);
    const caches = join(directory, 'cache/stator/snapshots');
    const cacheFiles = async () =>
      dialect === 'sqlite'
        ? [`${url.slice('sqlite:'.length)}-snapshot`].filter((path) => existsSync(path))
        : existsSync(caches)
          ? (await readdir(caches)).map((name) => join(caches, name))
          : [];

    await run(['db', 'migrate']);
    await importing('bundle', bundle());
    const dry = await run(['reconcile', '--dry-run', ...source]);
    expect(dry).toMatchObject({ code: 2, stderr: expect.stringContaining('there is none yet') });
    const without = await plan('--no-cache');
    expect(without.stderr).not.toContain('snapshot cache');
    expect(await cacheFiles()).toEqual([]);
    const first = await plan();
    expect(first.stderr).toMatch(/snapshot cache written: .*, generation 1/);
    const [file = 'none', ...others] = await cacheFiles();
    expect(others).toEqual([]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const second = await plan();
    expect(second.stderr).toMatch(/snapshot cache used: .*, generation 1, and 0 datasets changed since/);
    for (const { stdout } of [without, first, second]) expect(stdout).toBe(dry.stdout);

    await importing(
      'more',
      {
        'datasets.tsv': 'name\tstatus\n/B/1\tDEPRECATED\n/A/new\tVALID\n',
        'blocks.tsv': 'dataset\tname\tsize\n/A/new\tb\t5\n',
        'replicas.tsv': 'dataset\tblock\tsite\n/A/new\tb\twest\n',
      },
      '--merge',
    );
    const changed = await plan();
    expect(changed.stderr).toMatch(/snapshot cache used: .*, generation 1, and 2 datasets changed since/);
    expect(changed.stdout).not.toBe(dry.stdout);
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(file, bytes);
    const broken = await plan();
    expect(broken.stderr).toMatch(/snapshot cache not used: .*its checksum is wrong/);
    expect(broken.stderr).toMatch(/snapshot cache written: .*, generation 2/);
    expect(broken.stdout).toBe(changed.stdout);
  });
});
