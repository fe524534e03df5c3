/** Where the last snapshot of an inventory is kept, so that the next command reads only what changed since. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SnapshotStore } from '../database/index.js';
import { engine } from '../planning/engine.js';
import type { CommandContext } from './command-context.js';
import { type CacheSetting, cacheDirectory } from './config.js';
import { sqliteFile } from './database-url.js';
import type { CacheOptions } from './options.js';
import { withoutPassword } from './without-password.js';

/**
 * @param url the database it is of
 * @param note told what came of the file; by default `-v` shows it
 */
export function snapshotStore(
  context: CommandContext,
  url: string,
  options: CacheOptions,
  note: (level: 'debug' | 'info', line: string) => void = (_level, line) => context.terminal.detail(line),
): SnapshotStore {
  const file =
    options.cache === false ? null : snapshotCacheFile(url, context.config.database.cache, context.host.environment);
  return new SnapshotStore({ file, engine, note });
}

/**
 * The file for a database: beside that of an embedded one, as its other files are; for a server among the caches of the
 * user; or in the directory that is configured. null: none.
 */
export function snapshotCacheFile(url: string, setting: CacheSetting, environment: NodeJS.ProcessEnv): string | null {
  if (setting.kind === 'off' || url === 'sqlite::memory:') return null;
  const embedded = sqliteFile(url);
  if (setting.kind === 'default' && embedded !== null) return `${embedded}-snapshot`;
  const directory = setting.kind === 'directory' ? setting.directory : join(cacheDirectory(environment), 'snapshots');
  return join(directory, `${createHash('sha256').update(withoutPassword(url)).digest('hex').slice(0, 32)}.snapshot`);
}
