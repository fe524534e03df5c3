/** The desired state from a git repository. */

import { StatorError } from '../error.js';
import { describeCommit } from './commit.js';
import { commitOf, fetchCommit, openRepository, type Repository, repositoryDirectory } from './repository.js';
import { checkRepositoryUrl, maskCredentials } from './repository-url.js';
import type { SourceTree } from './source-tree.js';
import { checkTreePath, readTree } from './tree.js';

export interface RepositoryLocation {
  /** https, ssh, `file://`, or an absolute path. */
  readonly url: string;
  /** A branch, a tag, a full ref, `HEAD`, or a full commit id. */
  readonly ref: string;
  /** Directory of the desired state in the repository; default the whole. */
  readonly path?: string;
  /** Where repositories are kept between cycles. */
  readonly cacheDir: string;
  /** Check the commit's signature; with `allowedSignersFile` (absolute) also signatures by ssh keys. */
  readonly verify?: { readonly allowedSignersFile?: string };
}

/**
 * Fetches the repository and reads the desired state at the commit that the ref leads to now.
 *
 * @throws StatorError when the repository cannot be reached, or the ref, the path or any YAML is missing: an error,
 * never an empty desired state
 */
export async function fetchRepository(location: RepositoryLocation): Promise<SourceTree> {
  const path = checkTreePath(location.path ?? '');
  const signers = location.verify?.allowedSignersFile ?? null;
  const repository = await openRepository(location.url, location.cacheDir, signers);
  const commit = await fetchCommit(repository, location.ref);
  return readCommit(repository, commit, path, location);
}

/**
 * Reads the desired state at a commit that was fetched before, without the network: the last good one while the
 * repository is out of reach.
 *
 * @throws StatorError when the commit is not in the cache
 */
export async function readFetchedCommit(location: RepositoryLocation, commit: string): Promise<SourceTree> {
  const path = checkTreePath(location.path ?? '');
  const url = checkRepositoryUrl(location.url);
  const directory = repositoryDirectory(location.cacheDir, url);
  const repository = { url, shownUrl: maskCredentials(url), directory };
  const known = await commitOf(directory, commit).catch(() => null);
  if (known !== commit) {
    throw new StatorError({
      code: 'commit-unknown',
      what: `the commit ${commit} was not fetched before`,
      where: repository.shownUrl,
      todo: 'wait until the repository can be reached again',
      actBy: 'admin',
    });
  }
  return readCommit(repository, commit, path, location);
}

async function readCommit(
  repository: Repository,
  commit: string,
  path: string,
  { ref, verify }: RepositoryLocation,
): Promise<SourceTree> {
  const source = await describeCommit(repository.directory, commit, ref, verify !== undefined);
  const files = await readTree(repository, commit, path);
  return { source, files, repository: repository.directory, path };
}
