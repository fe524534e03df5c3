/** The file of documents that were read before: what it is used for, and when it is not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compileDesired, type SourceFile } from '../../src/desired/index.js';
import { DocumentStore } from '../../src/source/index.js';
import { stateJson } from '../document-cache.js';
import { base, document, noSource, sourceFiles } from '../unit/desired/desired-files.js';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stator-documents-'));
  file = join(directory, 'cache', 'documents');
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const group = (name: string, more = '') => document('Group', name, `ownership: dataset${more}`);
const files = { 'base.yaml': base, 'a.yaml': group('a'), 'b.yaml': group('b') };

/** Compiles with the file as the cache; sees that this changes nothing, and tells what was found in it and what was said. */
async function compile(
  sources: readonly SourceFile[],
  options: { readonly program?: string; readonly readOnly?: boolean } = {},
) {
  const notes: string[] = [];
  const expected = compileDesired(sources, noSource);
  const result = await DocumentStore.using(
    { file, program: 'stator/1', smallest: 0, note: (line) => notes.push(line), ...options },
    (cache) => {
      const found: boolean[] = [];
      const watched = cache && {
        get: (key: string) => {
          const documents = cache.get(key);
          found.push(documents !== null);
          return documents;
        },
        put: cache.put.bind(cache),
      };
      return { ...compileDesired(sources, noSource, watched), found };
    },
  );
  expect(result.diagnostics).toEqual(expected.diagnostics);
  expect(stateJson(result.state)).toBe(stateJson(expected.state));
  return { ...result, notes: notes.map((line) => line.replace(file, 'FILE')) };
}

test('what was read once is found again, by its content, wherever it stands', async () => {
  const first = await compile(sourceFiles(files));
  expect(first.found).toEqual([false, false, false]);
  expect(first.notes[0]).toBe('document cache not used: FILE: there is none yet');
  expect(first.notes[1]).toMatch(/^document cache written: FILE, \d+ bytes$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const second = await compile(sourceFiles(files));
  expect(second).toMatchObject({ found: [true, true, true], notes: [] });
  const moved = await compile(
    sourceFiles({ 'x/base.yml': base, 'a.yaml': group('a', '\nlimit: 1TB'), 'c.yaml': group('b') }),
  );
  expect(moved.found).toEqual([false, true, true]);
});

test('a file with an error is read each time', async () => {
  const broken = sourceFiles({ ...files, 'b.yaml': group('b', '\nlimit: many') });
  await compile(broken);
  expect((await compile(broken)).found).toEqual([true, false, true]);
});

test('a place that is asked for the first time is kept as well', async () => {
  const doubtful = (names: string) => document('Placement', 'p', `datasets: true\nto: ${names}`);
  const to = doubtful('site.name in ["T2_US_MIT", "T9_XX_Nowhere"] || site.name.glob("T8_*")');
  const before = sourceFiles({ 'base.yaml': base, 'p.yaml': to });
  const { diagnostics } = await compile(before);
  expect(diagnostics.map(({ line, column }) => [line, column])).toEqual([
    [6, 34],
    [6, 69],
  ]);
  const text = readFileSync(file, 'utf8');
  await compile(before);
  expect(readFileSync(file, 'utf8')).toBe(text);
  const renamed = base.replaceAll('T2_US_MIT', 'T2_US_MTI');
  await compile(sourceFiles({ 'base.yaml': renamed, 'p.yaml': to }));
  expect((await compile(sourceFiles({ 'base.yaml': renamed, 'p.yaml': to }))).notes).toEqual([]);
});

test('a report is that of exactly the same tree', async () => {
  const tree = {
    source: noSource,
    files: sourceFiles({ ...files, 'names.txt': '/a/b/c\n' }),
    repository: null,
    path: '',
  };
  const options = { file, program: 'stator/1', smallest: 0 };
  const known = (changed: Partial<typeof tree>) =>
    DocumentStore.using(options, (store) => store?.reportOf({ ...tree, ...changed }));
  expect(await known({})).toBeNull();
  const diagnostics = [{ severity: 'info', code: 'x', message: 'x', file: null, line: 0, column: 0 }] as const;
  await DocumentStore.using(options, (store) => store?.putReport(tree, diagnostics));
  expect(await known({ files: tree.files.map((each) => ({ ...each, bytes: Uint8Array.from(each.bytes) })) })).toEqual(
    diagnostics,
  );
  const others: readonly Partial<typeof tree>[] = [
    { files: sourceFiles(files) },
    { files: sourceFiles({ ...files, 'names.txt': '/a/b/d\n' }) },
    { files: sourceFiles({ ...files, 'names.text': '/a/b/c\n' }) },
    { files: tree.files.map((each) => (each.path === 'names.txt' ? { ...each, unreadSize: 5 } : each)) },
    { files: [...tree.files].reverse().map((each, i) => ({ ...each, path: tree.files[i]?.path ?? '' })) },
    { source: { ...noSource, signature: 'good' } },
    { source: { ...noSource, commit: 'c'.repeat(40) } },
  ];
  for (const other of others) expect(await known(other)).toBeNull();
});

describe('is not used, and written anew', () => {
  const unusable: readonly (readonly [title: string, change: (path: string) => void, why: RegExp])[] = [
    [
      'when a byte of it has changed',
      (path) => change(path, (bytes) => bytes.fill(65, bytes.length - 9, bytes.length - 8)),
      /it is not what was written/,
    ],
    [
      'when its end is missing',
      (path) => change(path, (bytes) => bytes.subarray(0, -30)),
      /it is not what was written/,
    ],
    [
      'when something was added',
      (path) => change(path, (bytes) => Buffer.concat([bytes, bytes.subarray(-30)])),
      /it is not what was written/,
    ],
    ['when it is empty', (path) => writeFileSync(path, ''), /it is no document cache/],
    ['when it is something else', (path) => writeFileSync(path, '{"format":"other"}\n'), /it is no document cache/],
    ['when its head is no JSON', (path) => writeFileSync(path, 'null\n'), /it is no document cache/],
    ['when others can write it', (path) => chmodSync(path, 0o660), /others than its owner can write it/],
  ];
  test.each(unusable)('%s', async (_, change, why) => {
    await compile(sourceFiles(files));
    change(file);
    const { found, notes } = await compile(sourceFiles(files));
    expect(found).toEqual([false, false, false]);
    expect(notes[0]).toMatch(why);
    expect((await compile(sourceFiles(files))).found).toEqual([true, true, true]);
  });

  test('when another build of the program wrote it', async () => {
    await compile(sourceFiles(files));
    const { found, notes } = await compile(sourceFiles(files), { program: 'stator/2' });
    expect(found).toEqual([false, false, false]);
    expect(notes[0]).toMatch(/it was written by another version/);
  });
});

test('is not written where nothing is to be written, or where it cannot be, which is no error', async () => {
  await compile(sourceFiles(files), { readOnly: true });
  expect(existsSync(file)).toBe(false);
  writeFileSync(join(directory, 'cache'), 'a file in the place of the directory');
  const { notes } = await compile(sourceFiles(files));
  expect(notes.at(-1)).toMatch(/^document cache not written: FILE: /);
});

test('holds what other branches have, but no more of that than of what was used last', async () => {
  const branch = (names: readonly string[]) =>
    sourceFiles({ 'base.yaml': base, ...Object.fromEntries(names.map((name) => [`${name}.yaml`, group(name)])) });
  const names = (prefix: string) => Array.from({ length: 20 }, (_, i) => `${prefix}${i}`);
  await compile(branch(names('a')));
  await compile(branch(names('b')));
  expect((await compile(branch(names('a')))).found).not.toContain(false);
  await compile(branch(names('c')));
  const size = statSync(file).size;
  for (const prefix of ['d', 'e', 'f']) await compile(branch(names(prefix)));
  expect(statSync(file).size).toBe(size);
});

test('is whole, or was never there, while processes write it and when one is killed', async () => {
  const program = new URL('document-store-process.ts', import.meta.url).pathname;
  const writers = ['x', 'y'].map((name) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, file, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return {
      child,
      exited: once(child, 'exit'),
      lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    };
  });
  for (let round = 0; round < 5; round++) {
    for (const { lines } of writers) await lines.next();
    const { notes } = await compile(sourceFiles(files), { program: 'stator/x', readOnly: true });
    for (const note of notes) expect(note).toMatch(/there is none yet|another version/);
  }
  for (const { child } of writers) child.kill('SIGKILL');
  for (const { exited } of writers) expect((await exited)[1]).toBe('SIGKILL');
  await compile(sourceFiles(files));
  expect((await compile(sourceFiles(files))).found).toEqual([true, true, true]);
  // What was being written has a name of its own.
  expect(readdirSync(join(directory, 'cache')).filter((name) => !name.endsWith('.tmp'))).toEqual(['documents']);
});

function change(path: string, edit: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, edit(readFileSync(path)));
}
