/**
 * One deletion in a directory tree: unlink, confirm, and remove the directories that became empty.
 */
import { lstat, rmdir, unlink } from 'node:fs/promises';
import { type FileAt, PluginError } from '../../src/plugin/index.js';
import { Directory, symbolicLink } from './directory.js';
import { errnoOf, sideError } from './file-error.js';
import { type RootedPath, rootedPath } from './rooted-path.js';

/**
 * Removes a file; one that is not there is no error.
 *
 * @throws PluginError
 */
export async function deleteFile(file: FileAt): Promise<void> {
  const target = rootedPath(file);
  await inDirectories(target, async (chain) => {
    const directory = chain.at(-1);
    if (directory === undefined || chain.length <= target.directories.length) return;
    const path = await directory.child(target.name);
    if (!(await isThere(path, target))) return;
    try {
      await unlink(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw error;
    }
    await directory.sync();
  });
}

/**
 * Whether the file is absent. Where it is, the directories that led to it are removed as far as they are empty; the
 * root never is.
 *
 * @throws PluginError where that cannot be found out
 */
export async function confirmAbsence(file: FileAt): Promise<boolean> {
  const target = rootedPath(file);
  return await inDirectories(target, async (chain) => {
    const last = chain.at(-1);
    if (last !== undefined && chain.length > target.directories.length) {
      if (await isThere(await last.child(target.name), target)) return false;
    }
    for (let i = chain.length - 1; i > 0; i--) {
      const parent = chain[i - 1];
      const name = target.directories[i - 1];
      if (parent === undefined || name === undefined) break;
      try {
        await rmdir(await parent.child(name));
        await parent.sync();
      } catch (error) {
        // In use, already gone, or not ours to remove (a mount point, no permission): the file is absent all the same.
        if (errnoOf(error) !== 'ENOENT') break;
      }
    }
    return true;
  });
}

async function isThere(path: string, target: RootedPath): Promise<boolean> {
  try {
    const stat = await lstat(path);
    if (stat.isSymbolicLink()) throw symbolicLink(target.shown);
    if (stat.isDirectory()) throw new PluginError('permanent', 'other', `${target.shown} is a directory`);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Opens the root and as many of the directories below it as exist, and closes them after `work`. */
async function inDirectories<T>(target: RootedPath, work: (chain: readonly Directory[]) => Promise<T>): Promise<T> {
  const chain: Directory[] = [];
  try {
    let directory = await Directory.root(target.root);
    chain.push(directory);
    for (const name of target.directories) {
      try {
        directory = await directory.sub(name, false);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') break;
        throw error;
      }
      chain.push(directory);
    }
    return await work(chain);
  } catch (error) {
    throw sideError('destination', target.shown, 'deleting', error);
  } finally {
    for (const directory of chain) await directory.close();
  }
}
