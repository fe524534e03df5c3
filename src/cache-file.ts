/**
 * Files of what can be made again, for the next process: read without trust, written so that others see the old one or
 * the new one.
 */
import { Buffer, constants as bufferConstants } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf } from './error.js';

/** A file that is not there, or not to be used; the message says why. It is made anew then. */
export class UnusableCache extends Error {}

/** An open file of known length. */
export interface CacheFile {
  readonly size: number;
  /** @throws UnusableCache where it cannot be read, or has become shorter */
  read(position: number, length: number): Promise<Buffer>;
}

/**
 * @returns what `work` returned
 * @throws UnusableCache where there is no such file, or somebody else could have written it
 */
export async function withCacheFile<T>(path: string, work: (file: CacheFile) => Promise<T>): Promise<T> {
  let handle: FileHandle;
  try {
    // Without waiting, should it be a pipe.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new UnusableCache(isMissing(error) ? 'there is none yet' : messageOf(error));
  }
  try {
    const size = await trustedSize(handle);
    return await work({ size, read: (position, length) => readPart(handle, position, length) });
  } finally {
    await handle.close();
  }
}

/** What somebody else could have written is not used: deletions may follow from it. */
async function trustedSize(handle: FileHandle): Promise<number> {
  const found = await orUnusable(handle.stat());
  if (!found.isFile()) throw new UnusableCache('it is no file');
  const user = process.geteuid?.();
  if (user !== undefined && found.uid !== user) throw new UnusableCache('it belongs to somebody else');
  if (process.platform !== 'win32' && (found.mode & 0o022) !== 0) {
    throw new UnusableCache('others than its owner can write it');
  }
  return found.size;
}

/** A read of a system takes at most 2^31 bytes. */
const mostAtOnce = 2 ** 30;

async function readPart(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (length > bufferConstants.MAX_LENGTH) throw new UnusableCache('it is too long');
  // A buffer of its own: columns are views of it, from its beginning on.
  const part = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const atOnce = Math.min(mostAtOnce, length - done);
    const { bytesRead } = await orUnusable(handle.read(part, done, atOnce, position + done));
    if (bytesRead === 0) throw new UnusableCache('it is not as long as it was');
    done += bytesRead;
  }
  return part;
}

async function orUnusable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new UnusableCache(messageOf(error));
  }
}

/** What a writer that died left behind goes when it is older than this, in milliseconds: far longer than writing takes. */
const leftoverAge = 600_000;

/**
 * Puts a file in place of the one that is there, at once. Several processes may do that at the same time; one of them wins.
 *
 * @throws what the file system says; nothing is left behind then
 */
export async function writeCacheFile(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await removeLeftovers(path);
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      for (const piece of pieces) await handle.writeFile(piece);
      // A name that was put in place before its content would survive a loss of power without it. The checksum would tell,
      // but the cache would be lost.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function removeLeftovers(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue;
    const file = join(directory, name);
    const found = await stat(file).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > leftoverAge) await rm(file, { force: true });
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
