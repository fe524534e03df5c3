/** `stator db migrate|status`: the schema of the database. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type Database, migrate, migrationStatus, openDatabase } from '../../database/index.js';
import { StatorError } from '../../error.js';
import { count } from '../../report/wording.js';
import type { CommandContext, Run } from '../command-context.js';
import { databaseUrl, sqliteFile } from '../database-url.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { type DatabaseOptions, withDatabase, withOutput } from '../options.js';

interface DbOptions extends DatabaseOptions {
  readonly output: 'text' | 'json';
}

export function addDatabase(program: Command, run: Run): void {
  const db = program
    .command('db')
    .summary('the schema of the database')
    .description('Brings the schema of the database up to date, or says how far it is.')
    .addHelpText(
      'after',
      '\nExamples:\n  stator db status\n  stator db migrate --database mysql://stator:secret@db.example.org:3306/stator',
    );
  const migrateCommand = db.command('migrate').description('Runs the migrations that are missing. Can be run again.');
  withOutput(withDatabase(migrateCommand)).action(run(runMigrate));
  const statusCommand = db.command('status').description('Says which migrations have run. Exit 1 when any is missing.');
  withOutput(withDatabase(statusCommand)).action(run(showStatus));
}

async function runMigrate(context: CommandContext, options: DbOptions): Promise<ExitCode> {
  return withOpenDatabase(databaseUrl(context, options), async (database) => {
    const applied = await migrate(database);
    if (options.output === 'json') await context.terminal.result(`${JSON.stringify({ applied }, null, 2)}\n`);
    else if (applied.length === 0) await context.terminal.result('The schema is up to date.\n');
    else
      await context.terminal.result([
        `Ran ${count(applied.length, 'migration')}:\n`,
        ...applied.map((name) => `  ${name}\n`),
      ]);
    return exitCodes.done;
  });
}

async function showStatus(context: CommandContext, options: DbOptions): Promise<ExitCode> {
  const url = databaseUrl(context, options);
  const file = sqliteFile(url);
  if (file !== null && !existsSync(file)) {
    throw new StatorError({
      code: 'no-database',
      what: 'the database does not exist yet',
      where: url,
      todo: 'run `stator db migrate` or `stator inventory import DIR`',
      actBy: 'admin',
    });
  }
  return withOpenDatabase(url, async (database) => {
    const { applied, pending, unknown } = await migrationStatus(database);
    if (options.output === 'json') {
      await context.terminal.result(
        `${JSON.stringify({ dialect: database.dialect, applied, pending, unknown }, null, 2)}\n`,
      );
    } else {
      const list = (title: string, names: readonly string[]): string[] =>
        names.length === 0 ? [] : [`${title}:\n`, ...names.map((name) => `  ${name}\n`)];
      await context.terminal.result([
        `${database.url} (${database.dialect})\n`,
        ...list('applied', applied),
        ...list('missing: run `stator db migrate`', pending),
        ...list('unknown to this version: use a newer one', unknown),
      ]);
    }
    return pending.length + unknown.length === 0 ? exitCodes.done : exitCodes.error;
  });
}

async function withOpenDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(url);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
