/** Where the documents of a desired state are kept, so that the next command parses only files that have changed since. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DocumentStoreOptions } from '../source/index.js';
import type { CommandContext } from './command-context.js';
import type { CacheOptions } from './options.js';
import { build } from './package-files.js';
import { withoutPassword } from './without-password.js';

/**
 * @param place what is read: a directory, or the URL of a repository
 * @param path the directory in the repository; null: all of it
 * @returns null: nowhere
 */
export function documentStore(
  context: CommandContext,
  options: CacheOptions,
  place: string,
  path: string | null = null,
): DocumentStoreOptions | null {
  const program = build();
  if (options.cache === false || program === null) return null;
  const named = JSON.stringify([withoutPassword(place), path]);
  const name = createHash('sha256').update(named).digest('hex').slice(0, 32);
  const file = join(context.config.repository.cache, 'documents', name);
  return { file, program, note: (line) => context.terminal.detail(line) };
}
