/** The desired state as a command's options and the configuration name it. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { CompileResult } from '../desired/index.js';
import type { DesiredState } from '../desired/state.js';
import type { Diagnostic } from '../diagnostic.js';
import { StatorError } from '../error.js';
import {
  commitOf,
  DocumentStore,
  type DocumentStoreOptions,
  fetchRepository,
  readDirectory,
  type SourceTree,
} from '../source/index.js';
import type { CommandContext } from './command-context.js';
import { absoluteRepository } from './config.js';
import { documentStore } from './document-cache.js';
import { InvalidInput } from './exit.js';
import type { CacheOptions, DesiredOptions } from './options.js';
import type { Timings } from './timings.js';

interface DocumentsKept {
  /** Where documents are kept that were read; null: nowhere. */
  readonly documents: DocumentStoreOptions | null;
}

/** A repository with everything needed to fetch it; `url` is absolute. */
export interface RepositoryInput extends DocumentsKept {
  readonly kind: 'repository';
  readonly url: string;
  readonly ref: string;
  readonly path: string | null;
  readonly cacheDir: string;
  /** How signatures are checked; null: not at all. */
  readonly verify: { readonly allowedSignersFile?: string } | null;
}

export interface DirectoryInput extends DocumentsKept {
  readonly kind: 'directory';
  readonly directory: string;
}

export type DesiredInput = RepositoryInput | DirectoryInput;

/** Which desired state is meant: `--desired`, `--repo`, or the configured repository; null where none is named. */
export function desiredInput(context: CommandContext, options: DesiredOptions & CacheOptions): DesiredInput | null {
  const { config, host } = context;
  if (options.desired !== undefined) {
    const directory = resolve(host.directory, options.desired);
    return { kind: 'directory', directory, documents: documentStore(context, options, directory) };
  }
  const url = options.repo === undefined ? config.repository.url : absoluteRepository(options.repo, host.directory);
  if (url === null) return null;
  // `--repo` names another repository than the configured one: that one's ref and path do not apply to it.
  const configured = options.repo === undefined;
  const path = options.path ?? (configured ? config.repository.path : null);
  return {
    kind: 'repository',
    url,
    ref: options.ref ?? (configured ? config.repository.ref : 'HEAD'),
    path,
    cacheDir: config.repository.cache,
    verify: config.repository.verify,
    documents: documentStore(context, options, url, path),
  };
}

/** The same where there must be one. */
export function requireDesiredInput(context: CommandContext, options: DesiredOptions & CacheOptions): DesiredInput {
  const input = desiredInput(context, options);
  if (input !== null) return input;
  throw new StatorError({
    code: 'no-desired-state',
    what: 'no desired state is named',
    todo: 'give --desired DIR or --repo URL, or set repository.url in stator.config.yaml',
    actBy: 'admin',
  });
}

export function readTree(input: DesiredInput): Promise<SourceTree> {
  if (input.kind === 'directory') return readDirectory(input.directory);
  const { url, ref, path, cacheDir, verify } = input;
  return fetchRepository({
    url,
    ref,
    cacheDir,
    ...(path === null ? {} : { path }),
    ...(verify === null ? {} : { verify }),
  });
}

/**
 * The desired state at another commit of the same repository: the one that holds the directory, where a directory is
 * given. A name that is no branch or tag there may be one of a remote, as `origin/main` is in a fresh checkout; an
 * abbreviated commit id and `HEAD~2` are looked up in what was fetched.
 */
export async function loadRevision(
  context: CommandContext,
  input: DesiredInput,
  revision: string,
  timings: Timings,
): Promise<LoadedDesired> {
  const repository = input.kind === 'repository' ? input : enclosingRepository(context, input);
  const [, start = revision, steps = ''] = /^(.+?)((?:[~^]\d*)+)$/.exec(revision) ?? [];
  const commit = steps === '' && !isAbbreviation(revision) ? null : await findCommit(repository, start, steps);
  try {
    return await loadDesired({ ...repository, ref: commit ?? revision }, timings);
  } catch (error) {
    if (!isUnknownRef(error) || revision.startsWith('refs/')) throw error;
    try {
      return await loadDesired({ ...repository, ref: `refs/remotes/${revision}` }, timings);
    } catch (second) {
      throw isUnknownRef(second) ? error : second;
    }
  }
}

function isUnknownRef(error: unknown): boolean {
  return error instanceof StatorError && error.code === 'ref-not-found';
}

function isAbbreviation(revision: string): boolean {
  return /^[0-9a-f]{7,63}$/.test(revision) && revision.length !== 40;
}

/** A commit that is so many steps before another, or has such an id; null where there is none. */
async function findCommit(repository: RepositoryInput, start: string, steps: string): Promise<string | null> {
  const abbreviated = isAbbreviation(start);
  const tree = await readTree(abbreviated ? repository : { ...repository, ref: start });
  const name = abbreviated ? start : tree.source.commit;
  return tree.repository === null || name === null ? null : commitOf(tree.repository, `${name}${steps}`);
}

function enclosingRepository(context: CommandContext, { directory, documents }: DirectoryInput): RepositoryInput {
  for (let parent = directory; ; parent = dirname(parent)) {
    if (existsSync(join(parent, '.git'))) {
      const path = relative(parent, directory).split(sep).join('/');
      const { cache, verify } = context.config.repository;
      return {
        kind: 'repository',
        url: parent,
        ref: 'HEAD',
        path: path === '' ? null : path,
        cacheDir: cache,
        verify,
        // What another commit holds is mostly what the directory holds.
        documents,
      };
    }
    if (dirname(parent) === parent) break;
  }
  throw new StatorError({
    code: 'no-repository',
    what: 'the directory is in no git repository, so it has no other commits',
    where: directory,
    todo: 'give --repo URL, or name no commit',
  });
}

/** Compiles a tree with the documents that are kept, and keeps what it read. */
export async function compileTree(tree: SourceTree, documents: DocumentStoreOptions | null): Promise<CompileResult> {
  const { compileDesired } = await import('../desired/index.js');
  return DocumentStore.using(documents, (cache) => compileDesired(tree.files, tree.source, cache));
}

/** What compiling a tree reports: what it reported the last time, where nothing has changed since. */
export function checkTree(tree: SourceTree, documents: DocumentStoreOptions | null): Promise<readonly Diagnostic[]> {
  return DocumentStore.using(documents, async (store) => {
    const known = store?.reportOf(tree) ?? null;
    if (known !== null) return known;
    const { compileDesired } = await import('../desired/index.js');
    const { diagnostics } = compileDesired(tree.files, tree.source, store);
    store?.putReport(tree, diagnostics);
    return diagnostics;
  });
}

/** A desired state that compiled, and the tree it came from. */
export interface LoadedDesired {
  readonly state: DesiredState;
  readonly tree: SourceTree;
}

/** @throws InvalidInput with every error of every file */
export async function loadDesired(input: DesiredInput, timings: Timings): Promise<LoadedDesired> {
  return timings.measure('desired', async () => {
    const tree = await readTree(input);
    const { state, diagnostics } = await compileTree(tree, input.documents);
    if (state === null) throw new InvalidInput(diagnostics, 'the desired state');
    return { state, tree };
  });
}
