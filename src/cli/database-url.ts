/** Which database a command works with. */
import type { CommandContext } from './command-context.js';
import { absoluteDatabase } from './config.js';
import type { DatabaseOptions } from './options.js';

export function databaseUrl(context: CommandContext, options: DatabaseOptions): string {
  return options.database === undefined
    ? context.config.database.url
    : absoluteDatabase(options.database, context.host.directory);
}

/**
 * Where commands that decide nothing read the inventory: the replica, where one is configured and no database is named
 * on the command line.
 */
export function readingUrl(context: CommandContext, options: DatabaseOptions): string {
  const { readUrl } = context.config.database;
  return options.database === undefined && readUrl !== null ? readUrl : databaseUrl(context, options);
}

/** The path of an embedded database, or null for a server. */
export function sqliteFile(url: string): string | null {
  const path = /^sqlite:(.+)$/.exec(url)?.[1];
  return path === undefined || path === ':memory:' ? null : path;
}
