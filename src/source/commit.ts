/** What git knows of a commit: who, when, whether signed, its ancestors, and who wrote a line. */
import type { DesiredSource, Signature } from '../desired/state.js';
import { StatorError } from '../error.js';
import { GitError, gitTimeout, runGit } from './git.js';
import { objectId } from './ref.js';
import { commitOf } from './repository.js';

/** `verify`: check the signature against the keys that git finds (gpg's key ring, or the file of allowed signers). */
export async function describeCommit(
  directory: string,
  commit: string,
  ref: string,
  verify: boolean,
): Promise<DesiredSource> {
  const format = '--format=%T%x00%an <%ae>%x00%cI';
  const args = ['log', '-1', '--no-show-signature', format, '--end-of-options', requireId(commit)];
  const [tree = '', author = '', committedAt = ''] = (await runGit(directory, args, gitTimeout.local))
    .trim()
    .split('\0');
  return {
    commit,
    tree,
    ref,
    author: printable(author),
    committedAt: inUtc(committedAt),
    signature: verify ? await checkSignature(directory, commit) : 'unchecked',
  };
}

async function checkSignature(directory: string, commit: string): Promise<Signature> {
  const args = ['log', '-1', '--format=%G?', '--end-of-options', commit];
  const verdict = (await runGit(directory, args, gitTimeout.local)).trim();
  if (verdict === 'G') return 'good';
  if (verdict !== 'N') return 'bad';
  // git also says N of a signature that it has no means to check.
  const header = (await runGit(directory, ['cat-file', 'commit', commit], gitTimeout.local)).split('\n\n', 1)[0] ?? '';
  return /^gpgsig(?:-sha256)? /m.test(header) ? 'bad' : 'none';
}

/**
 * Whether `newer` has `older` among its ancestors (or is it): false where history was rewritten, also when `older` is
 * in no branch any more.
 *
 * @param directory the bare repository (`SourceTree.repository`)
 */
export async function isAncestor(directory: string, older: string, newer: string): Promise<boolean> {
  if ((await commitOf(directory, requireId(newer))) === null) {
    throw new StatorError({
      code: 'commit-unknown',
      what: `the commit ${newer} is not in the cache`,
      where: directory,
      todo: 'fetch the repository first',
      actBy: 'developer',
    });
  }
  if ((await commitOf(directory, requireId(older))) === null) return false;
  try {
    await runGit(directory, ['merge-base', '--is-ancestor', '--end-of-options', older, newer], gitTimeout.local);
    return true;
  } catch (error) {
    if (error instanceof GitError && error.exitCode === 1) return false;
    throw error;
  }
}

/** Who last touched a line, and with which commit. */
export interface LineOrigin {
  readonly commit: string;
  /** `Name <mail>`. */
  readonly author: string;
  /** RFC 3339. */
  readonly committedAt: string;
  /** First line of the commit's message. */
  readonly summary: string;
}

/**
 * The commit that last touched a line of a file, as seen from `commit`; null where there is no such file or line.
 *
 * @param directory the bare repository
 * @param path of the file in the repository (not in the sub-directory that holds the desired state)
 * @param line from 1
 */
export async function originOfLine(
  directory: string,
  commit: string,
  path: string,
  line: number,
): Promise<LineOrigin | null> {
  if (!Number.isSafeInteger(line) || line < 1) return null;
  const range = `${line},${line}`;
  let output: string;
  try {
    const args = ['blame', '--porcelain', '-L', range, requireId(commit), '--', path];
    output = await runGit(directory, args, gitTimeout.local);
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
  const field = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(output)?.[1] ?? '';
  const time = Number(field('committer-time'));
  return {
    commit: output.slice(0, output.indexOf(' ')),
    author: printable(`${field('author')} ${field('author-mail')}`),
    committedAt: inUtc(new Date(time * 1000).toISOString()),
    summary: printable(field('summary')),
  };
}

/** Only full object ids reach git from callers. */
function requireId(commit: string): string {
  if (objectId.test(commit)) return commit;
  throw new StatorError({
    code: 'bad-commit',
    what: `${JSON.stringify(commit)} is not a commit id`,
    actBy: 'developer',
  });
}

/** Names come from whoever made the commit. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '');
}

function inUtc(time: string): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
