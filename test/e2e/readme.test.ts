/** The README's first federation works as it stands there. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch, stator, writeTree } from './stator.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

function block(language: string, containing: string): string {
  const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  const found = blocks.find(([, kind, text = '']) => kind === language && text.includes(containing));
  if (found?.[2] === undefined) throw new Error(`the README has no ${language} block with ${containing}`);
  return found[2];
}

test('the commands of the first federation copy a file and explain it', async () => {
  const directory = await scratch();
  const rules = block('yaml', 'name: first').replaceAll('/tmp/first', directory);
  const commands = block('sh', 'stator reconcile')
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim().split(/\s+/))
    .filter(([program]) => program === 'stator');
  await writeTree(directory, {
    'rules/first.yaml': rules,
    'laptop/beam/0001.raw': 'twelve bytes',
    'nas/.keep': '',
    'bundle/datasets.tsv': 'name\tstatus\ttype\topen\n/Beam/2026-A/RAW\tVALID\tdata\tfalse\n',
    'bundle/blocks.tsv': 'dataset\tname\tsize\tfiles\topen\n/Beam/2026-A/RAW\t0001\t12\t1\tfalse\n',
    'bundle/files.tsv': 'dataset\tblock\tname\tsize\n/Beam/2026-A/RAW\t0001\t/beam/0001.raw\t12\n',
    'bundle/replicas.tsv': 'dataset\tblock\tsite\n/Beam/2026-A/RAW\t0001\tlaptop\n',
  });

  const results = [];
  for (const [, ...args] of commands) results.push(await stator(args, { cwd: directory }));

  expect(results.map(({ code, stderr }) => [code, stderr])).toEqual(
    commands.map(([, name]) => [name === 'plan' ? 2 : 0, '']),
  );
  expect(await readFile(join(directory, 'nas/beam/0001.raw'), 'utf8')).toBe('twelve bytes');
  expect(existsSync(join(directory, '.stator/stator.db'))).toBe(true);
  expect(results.at(-1)?.stdout).toContain('required by Placement everything-twice at first.yaml:');
});
