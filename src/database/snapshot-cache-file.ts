/** The file of a snapshot cache: read without trust, written so that others see the old one or the new one. */
import { Buffer, constants as bufferConstants } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../error.js';
import {
  type ContentKey,
  contentKey,
  decodeSnapshot,
  partLengths,
  preludeBytes,
  type SnapshotColumns,
  UnusableColumnFile,
} from '../snapshot/index.js';

/** An open cache of which the head was read. */
export interface OpenedCache {
  readonly key: ContentKey;
  /** @throws UnusableColumnFile where the file is not what was once written */
  columns(): Promise<SnapshotColumns>;
}

/**
 * Hands an existing cache to `work`.
 *
 * @returns what `work` returned, or why the file cannot be used: whatever is wrong with it, that is no error
 */
export async function withCacheFile<T>(
  path: string,
  work: (cache: OpenedCache) => Promise<T>,
): Promise<{ readonly result: T } | { readonly unusable: string }> {
  let handle: FileHandle;
  try {
    // Without waiting, should it be a pipe.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { unusable: isMissing(error) ? 'there is none yet' : messageOf(error) };
  }
  try {
    const size = await trustedSize(handle);
    const prelude = await readPart(handle, 0, Math.min(preludeBytes, size));
    const lengths = partLengths(prelude, size);
    const head = await readPart(handle, preludeBytes, lengths.head);
    const columns = async () => {
      const numbers = await readPart(handle, preludeBytes + lengths.head, lengths.numbers);
      const text = await readPart(handle, preludeBytes + lengths.head + lengths.numbers, lengths.text);
      return decodeSnapshot({ prelude, head, numbers, text });
    };
    return { result: await work({ key: contentKey(head), columns }) };
  } catch (error) {
    if (error instanceof UnusableColumnFile) return { unusable: error.message };
    throw error;
  } finally {
    await handle.close();
  }
}

/** What somebody else could have written is not used: deletions follow from it. */
async function trustedSize(handle: FileHandle): Promise<number> {
  const found = await orUnusable(handle.stat());
  if (!found.isFile()) throw new UnusableColumnFile('it is no file');
  const user = process.geteuid?.();
  if (user !== undefined && found.uid !== user) throw new UnusableColumnFile('it belongs to somebody else');
  if (process.platform !== 'win32' && (found.mode & 0o022) !== 0) {
    throw new UnusableColumnFile('others than its owner can write it');
  }
  return found.size;
}

/** A read of a system takes at most 2^31 bytes. */
const mostAtOnce = 2 ** 30;

async function readPart(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  if (length > bufferConstants.MAX_LENGTH) throw new UnusableColumnFile('it is too long');
  // A buffer of its own: columns are views of it, from its beginning on.
  const part = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const atOnce = Math.min(mostAtOnce, length - done);
    const { bytesRead } = await orUnusable(handle.read(part, done, atOnce, position + done));
    if (bytesRead === 0) throw new UnusableColumnFile('it is not as long as it was');
    done += bytesRead;
  }
  return part;
}

async function orUnusable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new UnusableColumnFile(messageOf(error));
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
