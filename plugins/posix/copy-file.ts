/**
 * One copy, from one directory tree to another.
 *
 * The bytes go to a dot-file in the destination directory, are flushed, read back and verified, and only then get
 * their name: under the final name there is never anything but a whole verified file. The dot-file carries task and
 * attempt, so that no two attempts ever write to the same one, and a later attempt knows what earlier ones left.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { type Checksums, PluginError, type TransferJob } from '../../src/plugin/index.js';
import { Digests, mismatch, namesToCompute } from './digest.js';
import { type Directory, symbolicLink, walk } from './directory.js';
import { errnoOf, sideError } from './file-error.js';
import { type RootedPath, rootedPath } from './rooted-path.js';

const chunk = 1 << 20;

/** How often a directory that vanishes under our hands (a deletion tidying up) is made again. */
const directoryTries = 5;

export interface Verified {
  readonly size: number;
  readonly checksums: Checksums;
}

/**
 * Copies, or adopts a whole verified file that is already there.
 *
 * @param progress told the bytes copied so far
 * @throws PluginError
 */
export async function copyFile(
  job: TransferJob,
  signal: AbortSignal,
  progress: (bytes: number) => void,
): Promise<Verified> {
  const source = rootedPath(job.source);
  const target = rootedPath(job.destination);
  for (let tries = 1; ; tries++) {
    try {
      const directory = await openTarget(target);
      try {
        await removeLeftovers(directory, job, job.attempt - 1);
        const present = await adoptable(job, source, target, directory, signal);
        if (present !== null) return present;
        return await copyInto(job, source, target, directory, signal, progress);
      } finally {
        await directory.close();
      }
    } catch (error) {
      if (!(error instanceof DirectoryGone) || tries >= directoryTries) throw toPluginError(error, target);
    }
  }
}

/**
 * Whether the whole verified file stands under its final name; null where it does not. Without any checksum in the
 * catalogue it is compared with the source.
 */
export async function verifyInPlace(job: TransferJob, signal: AbortSignal): Promise<Verified | null> {
  const target = rootedPath(job.destination);
  let directory: Directory;
  try {
    directory = await walk(target.root, target.directories, false);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw sideError('destination', target.shown, 'opening its directory', error);
  }
  try {
    return await adoptable(job, rootedPath(job.source), target, directory, signal);
  } finally {
    await directory.close();
  }
}

/** Removes what attempts of a task up to `last` left in the destination directory. */
export async function removeRemains(job: TransferJob, last: number): Promise<void> {
  const target = rootedPath(job.destination);
  let directory: Directory;
  try {
    directory = await walk(target.root, target.directories, false);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw sideError('destination', target.shown, 'opening its directory', error);
  }
  try {
    await removeLeftovers(directory, job, last);
  } finally {
    await directory.close();
  }
}

class DirectoryGone extends Error {}

function toPluginError(error: unknown, target: RootedPath): PluginError {
  return error instanceof DirectoryGone
    ? new PluginError('transient', 'other', `${target.shown}: its directory was removed again and again`, error)
    : sideError('destination', target.shown, 'writing', error);
}

function temporaryName(task: string, attempt: number): string {
  return `.stator-${task}-${attempt}.part`;
}

async function openTarget(target: RootedPath): Promise<Directory> {
  try {
    return await walk(target.root, target.directories, true);
  } catch (error) {
    // A directory on the way was removed while we were in it.
    if (errnoOf(error) === 'ENOENT') throw new DirectoryGone();
    throw sideError('destination', target.shown, 'making its directory', error);
  }
}

async function removeLeftovers(directory: Directory, job: TransferJob, last: number): Promise<void> {
  for (let attempt = 1; attempt <= last; attempt++) {
    await remove(directory, temporaryName(job.task, attempt));
  }
}

async function remove(directory: Directory, name: string): Promise<void> {
  try {
    await unlink(await directory.child(name));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

async function adoptable(
  job: TransferJob,
  source: RootedPath,
  target: RootedPath,
  directory: Directory,
  signal: AbortSignal,
): Promise<Verified | null> {
  const path = await directory.child(target.name);
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) === 'ELOOP') throw symbolicLink(target.shown);
    throw sideError('destination', target.shown, 'opening what is there', error);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) {
      throw new PluginError('destination', 'other', `${target.shown} is there, and is not a regular file`);
    }
    if (stat.size !== job.size) return null;
    const names = namesToCompute(job.checksums);
    const found = await digest(file, names, signal);
    if (mismatch(found, job.checksums) !== null) return null;
    if (names.size === 1 && job.checksums[[...names][0] ?? 'md5'] === null) {
      const original = await openSource(source);
      try {
        if (mismatch(found, await digest(original, names, signal)) !== null) return null;
      } finally {
        await original.close();
      }
    }
    return { size: stat.size, checksums: found };
  } catch (error) {
    throw sideError('destination', target.shown, 'reading what is there', error);
  } finally {
    await file.close();
  }
}

async function openSource(source: RootedPath): Promise<FileHandle> {
  try {
    const directory = await walk(source.root, source.directories, false);
    try {
      const file = await open(await directory.child(source.name), constants.O_RDONLY | constants.O_NOFOLLOW);
      if ((await file.stat()).isFile()) return file;
      await file.close();
    } finally {
      await directory.close();
    }
  } catch (error) {
    throw sideError('source', source.shown, 'opening it', error);
  }
  throw new PluginError('source', 'not-found', `${source.shown} is not a regular file`);
}

async function copyInto(
  job: TransferJob,
  source: RootedPath,
  target: RootedPath,
  directory: Directory,
  signal: AbortSignal,
  progress: (bytes: number) => void,
): Promise<Verified> {
  const original = await openSource(source);
  const temporary = temporaryName(job.task, job.attempt);
  let named = false;
  try {
    const { size } = await original.stat();
    if (size !== job.size) {
      throw new PluginError('source', 'size', `${source.shown} has ${size} bytes, the catalogue says ${job.size}`);
    }
    const copy = await create(directory, temporary);
    let read: Checksums;
    try {
      read = await stream(original, copy, job, source, target, signal, progress);
      await copy.sync();
    } finally {
      await copy.close();
    }
    const wrong = mismatch(read, job.checksums);
    if (wrong !== null) throw new PluginError('source', 'checksum', `${source.shown}: ${wrong}`);
    const written = await readBack(directory, temporary, job, target, read, signal);
    await rename(await directory.child(temporary), await directory.child(target.name));
    named = true;
    await directory.sync();
    await requireInPlace(directory, target);
    return written;
  } finally {
    await original.close();
    if (!named) await remove(directory, temporary);
  }
}

async function create(directory: Directory, name: string): Promise<FileHandle> {
  try {
    return await open(
      await directory.child(name),
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o644,
    );
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new DirectoryGone();
    throw error;
  }
}

async function stream(
  original: FileHandle,
  copy: FileHandle,
  job: TransferJob,
  source: RootedPath,
  target: RootedPath,
  signal: AbortSignal,
  progress: (bytes: number) => void,
): Promise<Checksums> {
  const digests = new Digests(namesToCompute(job.checksums));
  const buffer = Buffer.allocUnsafe(Math.min(chunk, Math.max(1, job.size)));
  let bytes = 0;
  for (;;) {
    refuseWhenAborted(signal, target);
    let count: number;
    try {
      count = (await original.read(buffer, 0, buffer.length, null)).bytesRead;
    } catch (error) {
      throw sideError('source', source.shown, 'reading', error);
    }
    if (count === 0) break;
    bytes += count;
    const read = buffer.subarray(0, count);
    digests.update(read);
    for (let written = 0; written < count; ) {
      try {
        written += (await copy.write(read, written, count - written, null)).bytesWritten;
      } catch (error) {
        throw sideError('destination', target.shown, 'writing', error);
      }
    }
    progress(bytes);
    if (bytes > job.size) break;
  }
  if (bytes !== job.size) {
    const much = bytes > job.size ? `more than ${job.size}` : `only ${bytes}`;
    throw new PluginError('source', 'size', `${source.shown} gave ${much} bytes, the catalogue says ${job.size}`);
  }
  return digests.finish();
}

async function readBack(
  directory: Directory,
  name: string,
  job: TransferJob,
  target: RootedPath,
  read: Checksums,
  signal: AbortSignal,
): Promise<Verified> {
  const file = await open(await directory.child(name), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    if (size !== job.size) {
      throw new PluginError('destination', 'size', `${target.shown} has ${size} bytes after writing ${job.size}`);
    }
    const checksums = await digest(file, namesToCompute(job.checksums), signal);
    const wrong = mismatch(checksums, read);
    if (wrong !== null) {
      throw new PluginError('destination', 'checksum', `${target.shown}: what was written reads back wrong: ${wrong}`);
    }
    return { size, checksums };
  } finally {
    await file.close();
  }
}

async function digest(
  file: FileHandle,
  names: ReturnType<typeof namesToCompute>,
  signal: AbortSignal,
): Promise<Checksums> {
  const digests = new Digests(names);
  const buffer = Buffer.allocUnsafe(chunk);
  for (;;) {
    if (signal.aborted) throw cancelled('reading');
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return digests.finish();
    digests.update(buffer.subarray(0, bytesRead));
  }
}

/** The directory we wrote to must still be the one the path leads to: it could have been moved away meanwhile. */
async function requireInPlace(directory: Directory, target: RootedPath): Promise<void> {
  const again = await walk(target.root, target.directories, false);
  try {
    if ((await again.identity()) === (await directory.identity())) {
      await lstat(await again.child(target.name));
      return;
    }
  } finally {
    await again.close();
  }
  throw new PluginError('destination', 'other', `${target.shown}: its directory was replaced during the copy`);
}

function refuseWhenAborted(signal: AbortSignal, target: RootedPath): void {
  if (signal.aborted) throw cancelled(target.shown);
}

function cancelled(shown: string): PluginError {
  return new PluginError('transient', 'cancelled', `${shown}: cancelled`);
}
