/**
 * A bare cache of one repository: fetched, resolved to a commit once, and read from its objects.
 *
 * The cache is keyed by URL and never collects garbage, so that a commit that was once read can be read again, also
 * after its branch was rewritten. Several processes may share it: each fetches into a ref of its own.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { messageOf, StatorError } from '../error.js';
import { GitError, gitTimeout, runGit } from './git.js';
import { parseRef } from './ref.js';
import { checkRepositoryUrl, maskCredentials } from './repository-url.js';

export interface Repository {
  readonly url: string;
  /** The URL as it may be shown. */
  readonly shownUrl: string;
  /** The bare repository. */
  readonly directory: string;
}

/** Where the repository of a URL is cached. */
export function repositoryDirectory(cacheDir: string, url: string): string {
  return join(cacheDir, `${createHash('sha256').update(url).digest('hex').slice(0, 32)}.git`);
}

/** Makes the bare repository, or brings the configuration of the one that is there up to date. */
export async function openRepository(
  url: string,
  cacheDir: string,
  allowedSignersFile: string | null,
): Promise<Repository> {
  const checked = checkRepositoryUrl(url);
  const directory = repositoryDirectory(cacheDir, checked);
  const wanted = configuration(allowedSignersFile);
  try {
    const present = await readFile(join(directory, 'config'), 'utf8').catch(() => null);
    if (present === null) await createRepository(directory, wanted);
    else if (present !== wanted) await replaceFile(join(directory, 'config'), wanted);
  } catch (error) {
    if (error instanceof StatorError) throw error;
    throw new StatorError({
      code: 'git-cache',
      what: `cannot make the cache of the repository: ${messageOf(error)}`,
      where: directory,
      todo: 'check the directory of the cache and its permissions',
      actBy: 'admin',
      cause: error,
    });
  }
  return { url: checked, shownUrl: maskCredentials(checked), directory };
}

/** Made beside its place and moved there whole: another process may be about to make the same. */
async function createRepository(directory: string, config: string): Promise<void> {
  const fresh = `${directory}.${randomUUID()}`;
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    await runGit(fresh, ['init', '--bare', '--quiet', '--end-of-options', fresh], gitTimeout.local);
    await writeFile(join(fresh, 'config'), config);
    await rename(fresh, directory);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(join(directory, 'config'))) throw error;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, text);
  await rename(fresh, path);
}

/** All that git may do here; nothing else is read (no system and no user configuration). */
function configuration(allowedSignersFile: string | null): string {
  const allow = ['https', 'ssh', 'file', 'http'].map((name) => `[protocol "${name}"]\n\tallow = always\n`).join('');
  return [
    '[core]\n\trepositoryFormatVersion = 0\n\tbare = true\n\thooksPath = /dev/null\n\tlogAllRefUpdates = false\n',
    '[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n',
    '[transfer]\n\tfsckObjects = true\n[fetch]\n\trecurseSubmodules = false\n',
    '[http]\n\tfollowRedirects = false\n\tlowSpeedLimit = 1\n\tlowSpeedTime = 60\n',
    `[protocol]\n\tallow = never\n\tversion = 2\n${allow}`,
    allowedSignersFile === null ? '' : `[gpg "ssh"]\n\tallowedSignersFile = ${quote(allowedSignersFile)}\n`,
  ].join('');
}

function quote(path: string): string {
  if (!isAbsolute(path) || /[\n\r\0]/.test(path)) {
    throw new StatorError({
      code: 'bad-signers-file',
      what: 'the file of allowed signers must be an absolute path',
      where: path,
      actBy: 'admin',
    });
  }
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/**
 * Fetches a ref with its history and resolves it to a commit, once.
 *
 * @throws StatorError when the repository cannot be read, or has no such ref or commit
 */
export async function fetchCommit(repository: Repository, ref: string): Promise<string> {
  const wanted = await parseRef(repository.directory, ref);
  if (wanted.kind === 'commit') return fetchById(repository, wanted.commit);
  const name = await findRef(repository, ref, wanted.kind === 'head' ? ['HEAD'] : wanted.candidates);
  return fetchRef(repository, name);
}

async function findRef(repository: Repository, ref: string, candidates: readonly string[]): Promise<string> {
  const listing = await overNetwork(repository, ['ls-remote', '--end-of-options', repository.url, ...candidates]);
  const found = new Map<string, string>();
  for (const line of listing.split('\n')) {
    const [oid = '', name = ''] = line.split('\t');
    found.set(name, oid);
  }
  const [first, ...others] = candidates.filter((candidate) => found.has(candidate));
  if (first === undefined) {
    throw new StatorError({
      code: 'ref-not-found',
      what: ref === 'HEAD' ? 'the repository is empty' : `there is no branch or tag \`${ref}\``,
      where: repository.shownUrl,
      todo: ref === 'HEAD' ? 'push a first commit' : 'check the ref',
    });
  }
  if (others.length > 0) {
    throw new StatorError({
      code: 'ref-ambiguous',
      what: `\`${ref}\` is a branch and a tag`,
      where: repository.shownUrl,
      todo: `say \`${[first, ...others].join('` or `')}\``,
    });
  }
  return first;
}

/** Fetches one ref by its full name. */
async function fetchRef(repository: Repository, name: string): Promise<string> {
  const { directory } = repository;
  const mine = `refs/stator/fetch/${randomUUID()}`;
  await fetchInto(repository, [`+${name}:${mine}`]);
  const commit = await commitOf(directory, mine);
  // The next fetch needs to load only what is new; losing a race for this ref costs nothing.
  const kept = `refs/stator/kept/${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
  await runGit(directory, ['update-ref', '--end-of-options', kept, mine], gitTimeout.local).catch(ignoreGitError);
  await runGit(directory, ['update-ref', '-d', '--end-of-options', mine], gitTimeout.local).catch(ignoreGitError);
  if (commit === null) {
    throw new StatorError({
      code: 'ref-not-a-commit',
      what: `\`${name}\` is not a commit`,
      where: repository.shownUrl,
      todo: 'name a branch, or a tag of a commit',
    });
  }
  return commit;
}

async function fetchById(repository: Repository, commit: string): Promise<string> {
  const { directory } = repository;
  if ((await commitOf(directory, commit)) !== null) return commit;
  await fetchInto(repository, ['+refs/heads/*:refs/stator/heads/*', '+refs/tags/*:refs/stator/tags/*']);
  if ((await commitOf(directory, commit)) !== null) return commit;
  const absent = new StatorError({
    code: 'ref-not-found',
    what: `there is no commit ${commit}`,
    where: repository.shownUrl,
    todo: 'check the commit id',
  });
  try {
    await runGit(directory, [...fetchArguments, repository.url, commit], gitTimeout.network);
  } catch (error) {
    if (error instanceof GitError) throw absent;
    throw error;
  }
  if ((await commitOf(directory, commit)) === null) throw absent;
  return commit;
}

const fetchArguments = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-recurse-submodules',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--end-of-options',
];

async function fetchInto(repository: Repository, refspecs: readonly string[]): Promise<void> {
  await overNetwork(repository, [...fetchArguments, repository.url, ...refspecs]);
}

async function overNetwork(repository: Repository, args: readonly string[]): Promise<string> {
  try {
    return await runGit(repository.directory, args, gitTimeout.network);
  } catch (error) {
    const what = error instanceof GitError ? error.message : error instanceof StatorError ? error.message : null;
    if (what === null) throw error;
    throw new StatorError({
      code: error instanceof StatorError ? error.code : 'repository-unreachable',
      what: `cannot read the repository: ${what}`,
      where: repository.shownUrl,
      todo: 'check the URL, the network and the credentials',
      actBy: 'admin',
      cause: error,
    });
  }
}

/** The commit an object id or ref of ours leads to, or null where there is none. */
export async function commitOf(directory: string, name: string): Promise<string | null> {
  try {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
    return (await runGit(directory, args, gitTimeout.local)).trim();
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

function ignoreGitError(error: unknown): void {
  if (!(error instanceof GitError)) throw error;
}
