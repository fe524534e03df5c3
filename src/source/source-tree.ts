/** What a source hands over: the files below the root of the desired state, and where they came from. */
import type { SourceFile } from '../desired/source-file.js';
import type { DesiredSource } from '../desired/state.js';
import { StatorError } from '../error.js';
import { compareBytes } from '../order.js';

export interface SourceTree {
  readonly source: DesiredSource;
  /** Sorted by path. */
  readonly files: readonly SourceFile[];
  /** The bare repository the files were read from; null for a directory. */
  readonly repository: string | null;
  /** Path of the root of the desired state within the repository, without slashes at its ends; `''` for the whole. */
  readonly path: string;
}

/** A file that may be read: what is known of it before. */
export interface FileEntry {
  /** Relative to the root of the desired state. */
  readonly path: string;
  readonly size: number;
}

/** Limits on what is taken into memory; larger files are handed on unread, and refused where they are used. */
export const treeLimits = {
  files: 50_000,
  yamlFileBytes: 4 * 1024 * 1024,
  otherFileBytes: 64 * 1024 * 1024,
  totalBytes: 512 * 1024 * 1024,
} as const;

export function isYaml(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

/** Hidden files and directories (`.git`, `.github`, `.gitlab-ci.yml`) are no part of a desired state. */
export function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.'));
}

/** Whether a file is small enough to be read. */
export function isReadable({ path, size }: FileEntry): boolean {
  return size <= (isYaml(path) ? treeLimits.yamlFileBytes : treeLimits.otherFileBytes);
}

/**
 * Refuses trees that are no desired state: none of its files is YAML, names that differ only in case or that a
 * reviewer cannot see, or more than fits.
 *
 * @param where the directory, or the repository and path, for the error
 */
export function checkEntries(entries: readonly FileEntry[], where: string): void {
  const fail = (code: string, what: string, todo: string): never => {
    throw new StatorError({ code, what, where, todo });
  };
  if (!entries.some(({ path }) => isYaml(path))) {
    fail('source-empty', 'there is no YAML file (*.yaml, *.yml)', 'check the path and the ref');
  }
  if (entries.length > treeLimits.files) {
    fail(
      'source-too-large',
      `there are ${entries.length} files, more than ${treeLimits.files}`,
      'choose a path with fewer',
    );
  }
  const readable = entries.filter(isReadable).reduce((sum, { size }) => sum + size, 0);
  if (readable > treeLimits.totalBytes) {
    fail(
      'source-too-large',
      `the files have ${readable} bytes, more than ${treeLimits.totalBytes}`,
      'choose a path with less',
    );
  }
  const folded = new Map<string, string>();
  for (const { path } of entries) {
    if (/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\\\ufffd]/u.test(path) || path.split('/').includes('..')) {
      fail('bad-path', `the file name ${JSON.stringify(path)} has characters that are not allowed`, 'rename it');
    }
    const key = path.toLowerCase();
    const other = folded.get(key);
    if (other !== undefined)
      fail('bad-path', `the names of \`${other}\` and \`${path}\` differ only in case`, 'rename one');
    folded.set(key, path);
  }
}

/** A file's content, or that it was not read. */
export function sourceFile(entry: FileEntry, bytes: Uint8Array | null): SourceFile {
  return bytes === null
    ? { path: entry.path, bytes: new Uint8Array(0), unreadSize: entry.size }
    : { path: entry.path, bytes };
}

export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return compareBytes(a.path, b.path);
}
