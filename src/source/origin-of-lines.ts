/** Who last changed a passage of a file. */
import { type LineOrigin, originOfLine } from './commit.js';
import { GitError, gitTimeout, runGit } from './git.js';
import { objectId } from './ref.js';

/**
 * The latest commit that touched any of the lines `first` to `last` (from 1, both included), as seen from `commit`;
 * null where there is no such file or line. A rule is several lines, and who changed it last need not have touched its
 * first one.
 *
 * @param directory the bare repository
 * @param path of the file in the repository
 */
export async function originOfLines(
  directory: string,
  commit: string,
  path: string,
  first: number,
  last: number,
): Promise<LineOrigin | null> {
  const numbers = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 1 && last >= first;
  if (!numbers || !objectId.test(commit)) return null;
  let output: string;
  try {
    output = await runGit(
      directory,
      ['blame', '--incremental', '-L', `${first},${last}`, commit, '--', path],
      gitTimeout.local,
    );
  } catch (error) {
    if (error instanceof GitError) return originOfLine(directory, commit, path, first);
    throw error;
  }
  // Each passage: `<commit> <line there> <line here> <count>`, then fields of a commit that was not named before.
  let latest = { line: first, time: Number.NEGATIVE_INFINITY };
  const times = new Map<string, number>();
  let current = { commit: '', line: first };
  for (const text of output.split('\n')) {
    const passage = /^([0-9a-f]{40,64}) \d+ (\d+) \d+$/.exec(text);
    if (passage !== null) current = { commit: passage[1] ?? '', line: Number(passage[2]) };
    const time = /^committer-time (\d+)$/.exec(text)?.[1];
    if (time !== undefined) times.set(current.commit, Number(time));
    if (!text.startsWith('filename ')) continue;
    const at = times.get(current.commit) ?? Number.NEGATIVE_INFINITY;
    if (at > latest.time) latest = { line: current.line, time: at };
  }
  return originOfLine(directory, commit, path, latest.line);
}
