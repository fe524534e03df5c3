import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generate } from '../../bench/generate.js';
import { scratch, stator } from './stator.js';

const clock = ['--now', '2026-11-22T07:00:00Z'];

it('plans the same bytes from a large bundle, and says the same of a broken one, with one thread and with two', async () => {
  // 22 MB: enough to be divided.
  const { inventory, desired } = generate(await scratch(), { seed: 1, blockReplicas: 150_000 });
  const withThreads = async (count: number) => {
    const timings = join(await scratch(), 'timings.json');
    const args = ['--desired', desired.retention, '--inventory', inventory, ...clock, '--output', 'json'];
    return stator(['plan', ...args, '--threads', String(count), '--timings', timings]);
  };
  const one = await withThreads(1);
  expect(one).toMatchObject({ code: 2, stderr: '' });
  expect(JSON.parse(one.stdout).actions.length).toBeGreaterThan(100);
  expect(await withThreads(2)).toEqual(one);

  // A block that nobody knows, an empty line, a row too short, half a megabyte behind it a row that stands twice.
  const path = join(inventory, 'replicas.tsv');
  const rows = readFileSync(path, 'utf8').split('\n');
  const [, first = ''] = rows;
  appendFileSync(path, `${first.replace(/\t[^\t]*/, '\tunknown')}\n\nshort\n${rows.slice(0, 4000).join('\n')}\n`);
  const broken = await withThreads(1);
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain('unknown block');
  expect(broken.stderr).toContain('stands twice');
  expect(broken.stderr).toMatch(/the inventory bundle has \d+ errors/);
  expect(await withThreads(2)).toEqual(broken);
}, 180_000);

it('refuses a number of threads that is none', async () => {
  for (const count of ['0', '-1', 'two', '1.5']) {
    const { code, stderr } = await stator(['plan', '--threads', count]);
    expect(code).toBe(4);
    expect(stderr).toContain('--threads');
  }
});
