/** The desired state from a directory: for work at home, tests and dry runs. It has no commit. */
import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceFile } from '../desired/source-file.js';
import { messageOf, StatorError } from '../error.js';
import {
  byPath,
  checkEntries,
  type FileEntry,
  isHidden,
  isReadable,
  type SourceTree,
  sourceFile,
} from './source-tree.js';

/**
 * Reads a directory and everything below it but hidden files.
 *
 * @throws StatorError when it is missing, holds no YAML, or holds anything but files and directories
 */
export async function readDirectory(directory: string): Promise<SourceTree> {
  const root = await stat(directory).catch((error: unknown) => {
    throw unreadable(directory, error);
  });
  if (!root.isDirectory()) {
    throw new StatorError({
      code: 'source-not-a-directory',
      what: 'the desired state is not a directory',
      where: directory,
      todo: 'name the directory that holds the YAML files',
    });
  }
  const entries = (await listFiles(directory)).sort(byPath);
  checkEntries(entries, directory);
  const files: SourceFile[] = [];
  for (const entry of entries) files.push(await readEntry(directory, entry));
  return {
    source: { commit: null, tree: null, ref: null, author: null, committedAt: null, signature: 'unchecked' },
    files,
    repository: null,
    path: '',
  };
}

async function listFiles(root: string): Promise<FileEntry[]> {
  const files: FileEntry[] = [];
  const pending = [''];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const here = join(root, directory);
    const found = await readdir(here, { withFileTypes: true }).catch((error: unknown) => {
      throw unreadable(here, error);
    });
    for (const entry of found) {
      if (isHidden(entry.name)) continue;
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) {
        pending.push(path);
      } else if (entry.isFile()) {
        const { size } = await stat(join(root, path));
        files.push({ path, size });
      } else {
        throw notAFile(join(root, path), entry.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a directory');
      }
    }
  }
  return files;
}

async function readEntry(root: string, entry: FileEntry): Promise<SourceFile> {
  if (!isReadable(entry)) return sourceFile(entry, null);
  const path = join(root, entry.path);
  // Without following a link that may have taken the file's place since it was listed.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    return sourceFile(entry, await handle.readFile());
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle.close();
  }
}

function notAFile(path: string, what: string): StatorError {
  return new StatorError({
    code: 'source-special-file',
    what: `${what} is not allowed in a desired state`,
    where: path,
    todo: 'replace it by the file itself',
  });
}

function unreadable(path: string, error: unknown): StatorError {
  return new StatorError({
    code: 'source-unreadable',
    what: `cannot read the desired state: ${messageOf(error)}`,
    where: path,
    todo: 'check that it exists and may be read',
    cause: error,
  });
}
