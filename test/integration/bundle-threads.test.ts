/** Threads that really run: what they read, and what becomes of a command when one of them fails. */
import { appendFileSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { divide, IndivisibleFile, identityOf, readRange } from '../../src/database/file-range.js';
import { BundleError, readBundleSnapshot, readBundleWithThreads } from '../../src/database/index.js';
import { Threads } from '../../src/database/threads.js';
import { type BundleForm, sampleInventory, shuffled, temporaryDirectories, writeBundle } from './database-bundle.js';

const clock = 1_700_000_000;

/** Every bundle is divided among as many as are asked for. */
const limits = { bundle: 0, thread: 1 };

const forms: readonly BundleForm[] = [{ format: 'tsv' }, { format: 'jsonl' }];

function inventoryOf(seed: number) {
  const { files: _, ...inventory } = sampleInventory(seed, 300);
  return shuffled(inventory, seed);
}

describe('a bundle read by threads', () => {
  const temporary = temporaryDirectories();

  test.each(forms)('is, as $format, the snapshot that one thread reads, with 2 and with 5', async (form) => {
    const directory = writeBundle(temporary('bundle'), inventoryOf(1), form);
    const whole = await readBundleSnapshot(directory, { clock });
    expect(whole.blockReplicas.count).toBeGreaterThan(1000);
    for (const threads of [2, 5]) {
      expect(await readBundleWithThreads(directory, { clock, threads, limits })).toStrictEqual(whole);
    }
  });

  test.each(forms)('is left, as $format, to the one that says what is wrong', async (form) => {
    for (const [table, threads] of [
      ['blocks', 5],
      ['replicas', 2],
      ['datasets', 2],
    ] as const) {
      const directory = writeBundle(temporary('bundle'), inventoryOf(2), form);
      appendFileSync(join(directory, `${table}.${form.format}`), 'x\n');
      expect(await readBundleWithThreads(directory, { clock, threads, limits })).toBeNull();
      await expect(readBundleSnapshot(directory, { clock })).rejects.toThrow(BundleError);
    }
  });

  test('is left to one thread where it is small, compressed, or lists its files', async () => {
    const tsv = writeBundle(temporary('bundle'), inventoryOf(3), { format: 'tsv' });
    expect(await readBundleWithThreads(tsv, { clock, threads: 2 })).toBeNull();
    expect(await readBundleWithThreads(tsv, { clock, threads: 1, limits })).toBeNull();
    const compressed = writeBundle(temporary('bundle'), inventoryOf(3), { format: 'tsv', gzip: true });
    expect(await readBundleWithThreads(compressed, { clock, threads: 2, limits })).toBeNull();
    const withFiles = writeBundle(temporary('bundle'), sampleInventory(3), { format: 'tsv' });
    expect(await readBundleWithThreads(withFiles, { clock, threads: 2, limits })).toBeNull();
  });

  test('fails as one thread does where there is none', async () => {
    await expect(readBundleWithThreads(temporary('none'), { clock, threads: 2, limits })).rejects.toMatchObject({
      code: 'no-bundle',
    });
  });

  test('ends where it is not wanted any more', async () => {
    const directory = writeBundle(temporary('bundle'), inventoryOf(4), { format: 'tsv' });
    const ended = new AbortController();
    const reading = readBundleWithThreads(directory, { clock, threads: 2, limits, signal: ended.signal });
    ended.abort();
    await expect(reading).rejects.toThrow();
  });
});

describe('a file that is read in parts', () => {
  const temporary = temporaryDirectories();
  const lines = (path: string, identity = identityOf(path, statSync(path, { bigint: true }))): string[] =>
    divide(0, identity.size, 2).flatMap((range) => {
      const taken: string[] = [];
      readRange(identity, 0, range, (bytes) => taken.push(bytes.toString()));
      return taken;
    });

  test('is not read where it is another than the one that was divided', () => {
    const path = temporary('table');
    writeFileSync(path, 'one\ntwo\n');
    const identity = identityOf(path, statSync(path, { bigint: true }));
    expect(lines(path, identity)).toEqual(['one', 'two']);

    // Written again, with as many bytes.
    writeFileSync(path, 'two\none\n');
    utimesSync(path, 1, 1);
    expect(() => lines(path, identity)).toThrow(IndivisibleFile);

    const again = identityOf(path, statSync(path, { bigint: true }));
    appendFileSync(path, 'three\n');
    expect(() => lines(path, again)).toThrow(IndivisibleFile);
  });

  test('is not read any further where it changes while it is', () => {
    const path = temporary('table');
    writeFileSync(path, 'one\ntwo\n');
    const identity = identityOf(path, statSync(path, { bigint: true }));
    const read = () => readRange(identity, 0, { from: 0, to: 8 }, () => appendFileSync(path, 'three\n'));
    expect(read).toThrow(IndivisibleFile);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
  });

  test('has no line that is too long to be read at once', () => {
    const path = temporary('table');
    writeFileSync(path, `short\n${'x'.repeat(17 * 1024 * 1024)}\nshort\n`);
    expect(() => lines(path)).toThrow(IndivisibleFile);
  });
});

describe('a thread that fails', () => {
  const running = (program: string) =>
    new Threads(new URL(`data:text/javascript,${encodeURIComponent(program)}`), 2, { maxOldGenerationSizeMb: 16 });
  const listening = (answer: string) =>
    `import { parentPort, threadId } from 'node:worker_threads'; parentPort.on('message', (task) => { ${answer} });`;

  test.each([
    [
      'throws',
      listening(`if (task.kind === 'b') throw new Error('out of sorts'); parentPort.postMessage(1);`),
      'out of sorts',
    ],
    ['ends', listening(`if (task.kind === 'b') process.exit(7); parentPort.postMessage(1);`), 'it ended with code 7'],
    [
      'has no memory left',
      listening(
        `const kept = []; while (task.kind === 'b') kept.push(new Array(1e6).fill(task)); parentPort.postMessage(1);`,
      ),
      'memory',
    ],
  ])('is one error where it %s, for whoever waits and whoever asks again', async (_, program, what) => {
    const threads = running(program);
    try {
      expect(await threads.all({ kind: 'a' })).toEqual([1, 1]);
      const failing = threads.all({ kind: 'b' });
      await expect(failing).rejects.toMatchObject({ code: 'thread-failed' });
      await expect(failing).rejects.toThrow(what);
      await expect(threads.all({ kind: 'a' })).rejects.toMatchObject({ code: 'thread-failed' });
    } finally {
      await threads.close();
    }
  });

  test('is an error where its program cannot even begin', async () => {
    const threads = running(`import 'node:no-such-module';`);
    await expect(threads.all({ kind: 'a' })).rejects.toMatchObject({ code: 'thread-failed' });
    await threads.close();
  });

  test('and threads that are closed do not keep anybody waiting', async () => {
    const threads = running(listening(''));
    const waiting = expect(threads.all({ kind: 'a' })).rejects.toMatchObject({ code: 'thread-failed' });
    await threads.close();
    await waiting;
  });
});
