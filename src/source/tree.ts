/** The files of a commit, read from its objects: links and submodules are refused, sizes known before reading. */
import type { SourceFile } from '../desired/source-file.js';
import { StatorError } from '../error.js';
import { GitError, gitTimeout, readBlobs, runGit } from './git.js';
import type { Repository } from './repository.js';
import { byPath, checkEntries, type FileEntry, isHidden, isReadable, sourceFile } from './source-tree.js';

interface Blob extends FileEntry {
  readonly oid: string;
}

/** @param path of a directory in the repository, or `''` */
export async function readTree(repository: Repository, commit: string, path: string): Promise<SourceFile[]> {
  const where = `${repository.shownUrl} ${commit.slice(0, 12)}${path === '' ? '' : ` ${path}`}`;
  const tree = await treeAt(repository, commit, path, where);
  const listing = await runGit(
    repository.directory,
    ['ls-tree', '-r', '-l', '-z', '--end-of-options', tree],
    gitTimeout.local,
  );
  const blobs = listing
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => parseLine(line, where))
    .filter((blob) => blob !== null)
    .sort(byPath);
  checkEntries(blobs, where);
  const readable = blobs.filter(isReadable);
  const contents = await readBlobs(repository.directory, readable);
  const byBlob = new Map(readable.map((blob, index) => [blob, contents[index]]));
  return blobs.map((blob) => sourceFile(blob, byBlob.get(blob) ?? null));
}

/** A path as given to a path in the repository. */
export function checkTreePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (!parts.includes('..') && !/[\p{Cc}\p{Cf}\\]/u.test(path)) return parts.join('/');
  throw new StatorError({
    code: 'bad-path',
    what: `${JSON.stringify(path)} is not a path in the repository`,
    todo: 'name a directory relative to the root of the repository',
  });
}

async function treeAt(repository: Repository, commit: string, path: string, where: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}:${path}`];
  let found: string;
  try {
    found = (await runGit(repository.directory, args, gitTimeout.local)).trim();
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw noDirectory(path, where, 'there is no directory');
  }
  const type = (await runGit(repository.directory, ['cat-file', '-t', found], gitTimeout.local)).trim();
  if (type !== 'tree') throw noDirectory(path, where, 'this is no directory:');
  return found;
}

function noDirectory(path: string, where: string, what: string): StatorError {
  return new StatorError({
    code: 'source-missing',
    what: `${what} \`${path}\``,
    where,
    todo: 'check the path and the ref',
  });
}

/** `<mode> <type> <oid> <size>\t<path>`; null for what is hidden. */
function parseLine(line: string, where: string): Blob | null {
  const tab = line.indexOf('\t');
  const [mode = '', , oid = '', size = ''] = line.slice(0, tab).split(/ +/);
  const path = line.slice(tab + 1);
  if (isHidden(path)) return null;
  const refused = { '120000': 'a symbolic link', '160000': 'a submodule' }[mode];
  if (refused !== undefined) {
    throw new StatorError({
      code: 'source-special-file',
      what: `${refused} is not allowed in a desired state: \`${path}\``,
      where,
      todo: 'replace it by the file itself',
    });
  }
  if (!/^\d+$/.test(size)) {
    // Of an object that is not there git says `BAD`. Taken for an unread file it would be an empty one.
    throw new StatorError({
      code: 'git-failed',
      what: `the content of \`${path}\` is missing in the cache of the repository`,
      where,
      todo: 'remove the cache: it will be fetched again',
      actBy: 'admin',
    });
  }
  return { path, oid, size: Number(size) };
}
