import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleterContract, deletionJob } from '../../src/plugin/contract/deleter-contract.js';
import { contractJob, moverContract, settle } from '../../src/plugin/contract/mover-contract.js';
import type { FileAt, PluginContext, TransferJob, TransferStatus } from '../../src/plugin/index.js';
import { Adler32 } from './adler32.js';
import { PosixDeleter } from './deleter.js';
import { PosixMover } from './mover.js';

const context: PluginContext = { name: 'posix', notify: () => undefined, log: () => undefined };
const options = { signal: new AbortController().signal };
const bytes = Buffer.from('0123456789'.repeat(5000));

let base: string;
let a: string;
let b: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'stator-posix-'));
  a = join(base, 'site-a');
  b = join(base, 'site-b');
  await mkdir(a);
  await mkdir(b);
});

afterAll(async () => {
  await rm(base, { recursive: true, force: true });
});

function at(root: string, path: string): FileAt {
  return { site: root === a ? 'A' : 'B', storage: 'disk', url: `file://${root}/${path}`, root };
}

async function put(root: string, path: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

async function contentOf(path: string): Promise<Buffer | null> {
  return await readFile(path).catch(() => null);
}

async function exists(path: string): Promise<boolean> {
  return (await readdir(dirname(path)).catch(() => [])).includes(path.slice(dirname(path).length + 1));
}

async function tree(root: string): Promise<string[]> {
  return (await readdir(root, { recursive: true })).sort();
}

function newMover(): PosixMover {
  return new PosixMover({ parallel: 4 }, context);
}

function newDeleter(): PosixDeleter {
  return new PosixDeleter({ parallel: 4 });
}

async function transfer(job: TransferJob, mover = newMover()): Promise<TransferStatus> {
  await mover.submit([job], options);
  return await settle(mover, job);
}

describe('posix mover', () => {
  for (const { title, run } of moverContract({
    mover: async () => newMover(),
    source: (path) => at(a, path),
    destination: (path) => at(b, path),
    putSource: (path, content) => put(a, path, content),
    putDestination: (path, content) => put(b, path, content),
    readDestination: (path) => contentOf(join(b, path)),
    listDestination: () => tree(b),
  })) {
    it(title, run);
  }

  it('verifies every checksum that the catalogue has', async () => {
    await put(a, 'sums', bytes);
    const good = contractJob(at(a, 'sums'), at(b, 'sums'), bytes);
    const adler = new Adler32();
    adler.update(bytes);
    for (const wrong of [
      { ...good.checksums, md5: '0'.repeat(32) },
      { ...good.checksums, sha256: '0'.repeat(64) },
      { ...good.checksums, adler32: '00000000' },
    ]) {
      const status = await transfer(contractJob(at(a, 'sums'), at(b, 'sums'), bytes, { checksums: wrong }));
      expect(status).toMatchObject({ state: 'failed', failure: { class: 'source', code: 'checksum' } });
    }
    expect(await contentOf(join(b, 'sums'))).toBeNull();
    const all = { ...good.checksums, adler32: adler.digest() };
    const status = await transfer(contractJob(at(a, 'sums'), at(b, 'sums'), bytes, { checksums: all }));
    expect(status).toMatchObject({ state: 'done', checksums: all });
  });

  it('S29 a source with wrong bytes is a source error that names the checksum', async () => {
    const bad = Buffer.from(bytes);
    bad[77] = 0;
    await put(a, 'corrupt', bad);
    const status = await transfer(contractJob(at(a, 'corrupt'), at(b, 'corrupt'), bytes));
    expect(status).toMatchObject({ state: 'failed', failure: { class: 'source', code: 'checksum' } });
    expect(JSON.stringify(status)).toMatch(/md5 is [0-9a-f]{32}, the catalogue says [0-9a-f]{32}/);
  });

  it('a source of the wrong size is a source error', async () => {
    await put(a, 'short', bytes.subarray(1));
    const status = await transfer(contractJob(at(a, 'short'), at(b, 'short'), bytes));
    expect(status).toMatchObject({ state: 'failed', failure: { class: 'source', code: 'size' } });
  });

  it('adopts a whole correct file without reading the source', async () => {
    await put(b, 'there', bytes);
    const status = await transfer(contractJob(at(a, 'not-at-the-source'), at(b, 'there'), bytes));
    expect(status.state).toBe('done');
  });

  it('without any checksum, compares what is there with the source before adopting it', async () => {
    const checksums = { adler32: null, md5: null, sha256: null };
    const other = Buffer.from(bytes);
    other[0] = 65;
    await put(a, 'unsummed', bytes);
    await put(b, 'unsummed', other);
    const status = await transfer(contractJob(at(a, 'unsummed'), at(b, 'unsummed'), bytes, { checksums }));
    expect(status.state).toBe('done');
    expect(await contentOf(join(b, 'unsummed'))).toEqual(bytes);
  });

  it('S25 removes what dead attempts of the same task left, and nobody else', async () => {
    await put(a, 'left/file', bytes);
    await put(b, 'left/.stator-T1-1.part', Buffer.from('half'));
    await put(b, 'left/.stator-T1-2.part', Buffer.from('half'));
    await put(b, 'left/.stator-T9-1.part', Buffer.from('half'));
    const job = contractJob(at(a, 'left/file'), at(b, 'left/file'), bytes, { task: 'T1', attempt: 3 });
    expect((await transfer(job)).state).toBe('done');
    expect((await readdir(join(b, 'left'))).sort()).toEqual(['.stator-T9-1.part', 'file']);
  });

  it('S25 find: a half written attempt is unknown, and cancelling it removes the half', async () => {
    await put(b, 'half/.stator-T2-1.part', Buffer.from('half'));
    const job = contractJob(at(a, 'half/file'), at(b, 'half/file'), bytes, { task: 'T2' });
    const mover = newMover();
    await mover.find(job, options);
    expect((await settle(mover, job)).state).toBe('unknown');
    await mover.cancel([job], options);
    expect(await readdir(join(b, 'half'))).toEqual([]);
  });

  it('cancel stops a copy that runs, and leaves nothing', async () => {
    await put(a, 'big', Buffer.alloc(300 << 20, 7));
    const job = contractJob(at(a, 'big'), at(b, 'cancelled/big'), Buffer.alloc(1), {
      size: 300 << 20,
      checksums: { adler32: null, md5: null, sha256: null },
    });
    const mover = newMover();
    await mover.submit([job], options);
    await mover.cancel([job], options);
    expect(await settle(mover, job)).toMatchObject({ state: 'failed', failure: { code: 'cancelled' } });
    expect(await tree(join(b, 'cancelled'))).toEqual([]);
    await rm(join(a, 'big'));
  });

  it('a file where a directory is wanted is a destination error', async () => {
    await put(a, 'blocked/file', bytes);
    await put(b, 'blocked', Buffer.from('in the way'));
    const status = await transfer(contractJob(at(a, 'blocked/file'), at(b, 'blocked/file'), bytes));
    expect(status).toMatchObject({ state: 'failed', failure: { class: 'destination' } });
    expect(await contentOf(join(b, 'blocked'))).toEqual(Buffer.from('in the way'));
  });

  it('a root that does not exist is never made', async () => {
    await put(a, 'rootless', bytes);
    const missing = { site: 'C', storage: 'disk' as const, url: `file://${base}/site-c/x`, root: join(base, 'site-c') };
    expect(await transfer(contractJob(at(a, 'rootless'), missing, bytes))).toMatchObject({
      state: 'failed',
      failure: { class: 'destination' },
    });
    expect(await exists(join(base, 'site-c'))).toBe(false);
    const from = contractJob(missing, at(b, 'rootless'), bytes);
    // Not `not-found`: the file may well be there once the storage is mounted again.
    expect(await transfer(from)).toMatchObject({ state: 'failed', failure: { class: 'source', code: 'other' } });
  });
});

describe('posix paths never leave the root', () => {
  const refused = [
    ['..', (root: string) => `file://${root}/x/../../etc/passwd`],
    ['a root above', (root: string) => `file://${dirname(root)}/other`],
    ['a name that only starts like the root', (root: string) => `file://${root}-evil/x`],
    ['NUL', (root: string) => `file://${root}/x\0y`],
    ['the root itself', (root: string) => `file://${root}`],
    ['a directory', (root: string) => `file://${root}/x/`],
    ['another scheme', (root: string) => `http://${root}/x`],
    ['a host', () => 'file://localhost/etc/passwd'],
  ] as const;

  for (const [what, url] of refused) {
    it(`refuses ${what}, as source, destination, and to delete`, async () => {
      await put(a, 'inside', bytes);
      const outside = { ...at(b, 'x'), url: url(b) };
      const failed = { state: 'failed', failure: { class: 'permanent', code: 'outside-root' } };
      expect(await transfer(contractJob(at(a, 'inside'), outside, bytes))).toMatchObject(failed);
      expect(await transfer(contractJob({ ...at(a, 'x'), url: url(a) }, at(b, 'copy-of-inside'), bytes))).toMatchObject(
        failed,
      );
      expect((await newDeleter().delete([deletionJob(outside)], options))[0]).toMatchObject(failed);
      expect((await newDeleter().confirm([deletionJob(outside)], options))[0]).toMatchObject(failed);
    });
  }

  it('does not decode: %2e%2e is a name like any other', async () => {
    await put(a, '%2e%2e/file', bytes);
    expect((await transfer(contractJob(at(a, '%2e%2e/file'), at(b, '%2e%2e/file'), bytes))).state).toBe('done');
    expect(await contentOf(join(b, '%2e%2e/file'))).toEqual(bytes);
  });

  it('does not write, read or delete through a symbolic link of a directory', async () => {
    const outside = join(base, 'outside');
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, 'precious'), bytes);
    await symlink(outside, join(b, 'link'));
    await symlink(outside, join(a, 'link'));
    await put(a, 'plain', bytes);
    const failed = { state: 'failed', failure: { class: 'permanent', code: 'symbolic-link' } };
    expect(await transfer(contractJob(at(a, 'plain'), at(b, 'link/new'), bytes))).toMatchObject(failed);
    expect(await transfer(contractJob(at(a, 'plain'), at(b, 'link/deeper/new'), bytes))).toMatchObject(failed);
    expect(await transfer(contractJob(at(a, 'link/precious'), at(b, 'stolen'), bytes))).toMatchObject(failed);
    expect((await newDeleter().delete([deletionJob(at(b, 'link/precious'))], options))[0]).toMatchObject(failed);
    expect((await newDeleter().confirm([deletionJob(at(b, 'link/gone'))], options))[0]).toMatchObject(failed);
    expect(await tree(outside)).toEqual(['precious']);
  });

  it('does not follow a link under the final name', async () => {
    const outside = join(base, 'outside-file');
    await writeFile(outside, 'mine');
    await symlink(outside, join(b, 'final'));
    await put(a, 'final', bytes);
    expect(await transfer(contractJob(at(a, 'final'), at(b, 'final'), bytes))).toMatchObject({
      state: 'failed',
      failure: { code: 'symbolic-link' },
    });
    expect((await newDeleter().delete([deletionJob(at(b, 'final'))], options))[0]).toMatchObject({ state: 'failed' });
    expect(await readFile(outside, 'utf8')).toBe('mine');
  });

  it('a directory that is swapped for a link again and again never leads outside', async () => {
    const outside = join(base, 'outside-swap');
    await mkdir(outside);
    await mkdir(join(b, 'swap/dir'), { recursive: true });
    const small = Buffer.from('small');
    await put(a, 'small', small);
    const mover = newMover();
    let ended = false;
    const swapping = (async () => {
      while (!ended) {
        await rename(join(b, 'swap/dir'), join(b, 'swap/away'));
        // The mover may have made the directory anew in between.
        await symlink(outside, join(b, 'swap/dir')).catch(() => undefined);
        await rm(join(b, 'swap/dir'), { recursive: true, force: true });
        await rename(join(b, 'swap/away'), join(b, 'swap/dir')).catch(() => undefined);
        await mkdir(join(b, 'swap/dir'), { recursive: true });
        await rm(join(b, 'swap/away'), { recursive: true, force: true });
      }
    })();
    const states = new Set<string>();
    for (let i = 0; i < 200; i++) {
      states.add((await transfer(contractJob(at(a, 'small'), at(b, `swap/dir/f${i}`), small), mover)).state);
    }
    ended = true;
    await swapping;
    expect(await tree(outside)).toEqual([]);
    expect([...states].every((state) => state === 'done' || state === 'failed')).toBe(true);
  });
});

describe('posix deleter', () => {
  for (const { title, run } of deleterContract({
    deleter: async () => newDeleter(),
    target: (path) => at(b, path),
    put: (path, content) => put(b, path, content),
    exists: (path) => exists(join(b, path)),
    unreachable: (path) => ({
      site: 'C',
      storage: 'disk',
      url: `file://${base}/unmounted/${path}`,
      root: join(base, 'unmounted'),
    }),
  })) {
    it(title, run);
  }

  it('removes directories that became empty, up to the root and never the root', async () => {
    const root = join(base, 'site-d');
    await put(root, 'store/x/y/z/file', bytes);
    await put(root, 'store/x/other', bytes);
    const target = (path: string): FileAt => ({ site: 'D', storage: 'disk', url: `file://${root}/${path}`, root });
    const deleter = newDeleter();
    for (const path of ['store/x/y/z/file', 'store/x/other']) {
      const job = deletionJob(target(path));
      await deleter.delete([job], options);
      expect((await deleter.confirm([job], options))[0]?.state).toBe('absent');
      expect(await tree(root)).toEqual(path.endsWith('other') ? [] : ['store', 'store/x', 'store/x/other']);
    }
    expect(await exists(root)).toBe(true);
  });

  it('does not delete a directory', async () => {
    await put(b, 'dir/file', bytes);
    expect((await newDeleter().delete([deletionJob(at(b, 'dir'))], options))[0]).toMatchObject({
      state: 'failed',
      failure: { class: 'permanent' },
    });
    expect(await contentOf(join(b, 'dir/file'))).toEqual(bytes);
  });

  it('a deletion that tidies up does not break copies into the same directory', async () => {
    const deleter = newDeleter();
    const mover = newMover();
    await put(a, 'race', bytes);
    for (let i = 0; i < 50; i++) {
      await put(b, 'race/dir/old', bytes);
      const job = deletionJob(at(b, 'race/dir/old'));
      const copying = transfer(contractJob(at(a, 'race'), at(b, `race/dir/new`), bytes), mover);
      await deleter.delete([job], options);
      await deleter.confirm([job], options);
      expect((await copying).state).toBe('done');
      expect(await contentOf(join(b, 'race/dir/new'))).toEqual(bytes);
      await rm(join(b, 'race'), { recursive: true });
    }
  });
});

describe('adler32', () => {
  it('agrees with known values', () => {
    const of = (text: string): string => {
      const adler = new Adler32();
      adler.update(Buffer.from(text));
      return adler.digest();
    };
    expect(of('')).toBe('00000001');
    expect(of('Wikipedia')).toBe('11e60398');
    expect(of('a')).toBe('00620062');
  });

  it('does not depend on how the bytes are cut', () => {
    const whole = new Adler32();
    whole.update(Buffer.alloc(100_000, 255));
    const parts = new Adler32();
    for (let i = 0; i < 100; i++) parts.update(Buffer.alloc(1000, 255));
    expect(parts.digest()).toBe(whole.digest());
  });
});
