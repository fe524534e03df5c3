/** Refs that may be asked for: a branch, a tag, a full ref, HEAD, or a commit. */
import { StatorError } from '../error.js';
import { GitError, gitTimeout, runGit } from './git.js';

export type Ref =
  | { readonly kind: 'commit'; readonly commit: string }
  | { readonly kind: 'head' }
  /** Full names that it may stand for, the most likely first. */
  | { readonly kind: 'named'; readonly candidates: readonly string[] };

/** A full object id; abbreviations may become ambiguous and are refused. */
export const objectId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** @throws StatorError for anything that is not a ref */
export async function parseRef(repository: string, ref: string): Promise<Ref> {
  if (ref === 'HEAD') return { kind: 'head' };
  if (objectId.test(ref)) return { kind: 'commit', commit: ref };
  if (!/^[A-Za-z0-9_][A-Za-z0-9._/+@#=-]{0,254}$/.test(ref)) throw badRef(ref);
  const full = ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
  try {
    await runGit(repository, ['check-ref-format', full], gitTimeout.local);
  } catch (error) {
    if (error instanceof GitError) throw badRef(ref);
    throw error;
  }
  return { kind: 'named', candidates: ref.startsWith('refs/') ? [ref] : [full, `refs/tags/${ref}`] };
}

function badRef(ref: string): StatorError {
  return new StatorError({
    code: 'bad-ref',
    what: `${JSON.stringify(ref)} is not a ref`,
    todo: 'name a branch, a tag, or a full commit id',
  });
}
