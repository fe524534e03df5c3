/** The first steps of a cycle: the commit, and the desired state it holds. */
import { createHash } from 'node:crypto';
import { type Database, readLoopState } from '../database/index.js';
import { compileDesired } from '../desired/index.js';
import type { DesiredState } from '../desired/state.js';
import type { Diagnostic } from '../diagnostic.js';
import { StatorError } from '../error.js';
import {
  DocumentStore,
  type DocumentStoreOptions,
  fetchRepository,
  isAncestor,
  readDirectory,
  type SourceTree,
} from '../source/index.js';
import type { CycleSource } from './cycle.js';

export async function readSource(source: CycleSource): Promise<SourceTree> {
  if (source.kind === 'directory') return await readDirectory(source.directory);
  const { url, ref, path, cacheDir, verify } = source;
  return await fetchRepository({
    url,
    ref,
    cacheDir,
    ...(path === null ? {} : { path }),
    ...(verify === undefined ? {} : { verify }),
  });
}

/** A desired state that is not valid: all its errors. */
export class InvalidDesiredState extends StatorError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], where: string) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    const place = first?.file == null ? where : `${first.file}:${first.line}:${first.column}`;
    super({
      code: 'desired-invalid',
      what: `the desired state is not valid: ${errors.length === 1 ? 'one error' : `${errors.length} errors`}, the first: ${first?.message ?? ''}`,
      where: place,
      todo: 'correct it and commit; `stator validate` shows all of them',
    });
    this.diagnostics = errors;
  }
}

/**
 * @param documents where those that were read before are kept
 * @throws InvalidDesiredState
 */
export async function compileTree(tree: SourceTree, documents: DocumentStoreOptions | null): Promise<DesiredState> {
  const { state, diagnostics } = await DocumentStore.using(documents, (cache) =>
    compileDesired(tree.files, tree.source, cache),
  );
  if (state === null) throw new InvalidDesiredState(diagnostics, tree.source.commit ?? 'the directory');
  return state;
}

/** Keeps what was compiled last: cycles that find the same commit, or the same files, need not compile them again. */
export class CompiledRules {
  #last: { readonly source: string; readonly desired: DesiredState } | null = null;

  /** @throws InvalidDesiredState */
  async of(tree: SourceTree, documents: DocumentStoreOptions | null): Promise<DesiredState> {
    // A directory may change without a sign.
    const content = tree.source.commit === null ? contentOf(tree) : null;
    const source = JSON.stringify([tree.source, tree.path, content]);
    if (this.#last?.source !== source) this.#last = { source, desired: await compileTree(tree, documents) };
    return this.#last.desired;
  }
}

/** A hash of all files with their paths. */
function contentOf({ files }: SourceTree): string {
  const hash = createHash('sha256');
  for (const { path, bytes, unreadSize } of files) {
    hash.update(`${JSON.stringify([path, bytes.length, unreadSize ?? null])}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** What the approval of a commit is stored under. */
export function historyApproval(commit: string): string {
  return `sha256:${createHash('sha256').update(`history\n${commit}`).digest('hex')}`;
}

/**
 * Why the desired state is not the verified current one (I7), or null when it is: its signature is not good where one
 * is wanted, or the history was rewritten since the last commit that was applied.
 *
 * @param clock seconds since the epoch
 */
export async function doubtSource(
  database: Database,
  source: CycleSource,
  tree: SourceTree,
  clock: number,
): Promise<string | null> {
  const { commit, signature } = tree.source;
  if (source.kind === 'directory' || commit === null) return null;
  if (source.verify !== undefined && signature !== 'good') {
    return `commit ${commit} has ${signature === 'bad' ? 'a bad' : 'no'} signature`;
  }
  const applied = await readLoopState<{ readonly commit: string | null }>(database.kysely, 'applied');
  if (applied?.commit == null || applied.commit === commit || tree.repository === null) return null;
  if (await isAncestor(tree.repository, applied.commit, commit)) return null;
  const hash = historyApproval(commit);
  const approved = await database.kysely
    .selectFrom('approvals')
    .select('hash')
    .where('hash', '=', hash)
    .where('expires', '>', clock)
    .executeTakeFirst();
  if (approved !== undefined) return null;
  return `commit ${commit} does not descend from ${applied.commit}, which was applied last: the history was rewritten; accept it with \`stator approve ${hash}\``;
}
