/** `stator inventory import|export|stats`: bundles in and out, and figures. */
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { exportBundle, importBundle, inventoryStats } from '../../database/index.js';
import { inventoryStatsJson, inventoryStatsText } from '../../report/inventory-stats.js';
import { count } from '../../report/wording.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes, UsageError } from '../exit.js';
import { withInventoryDatabase } from '../inventory-input.js';
import { type ClockOptions, type DatabaseOptions, withClock, withDatabase, withOutput } from '../options.js';

interface OutputOptions extends DatabaseOptions {
  readonly output: 'text' | 'json';
}

interface ExportCommandOptions extends OutputOptions {
  readonly format: 'jsonl' | 'tsv';
  readonly gzip?: boolean;
}

interface ImportOptions extends OutputOptions, ClockOptions {
  readonly merge?: boolean;
  /** True: to a file of our naming. */
  readonly skipInvalid?: string | true;
  readonly allowEmpty?: boolean;
  readonly unmanaged?: boolean;
  readonly acceptShrink?: boolean;
}

export function addInventory(program: Command, run: Run): void {
  const inventory = program
    .command('inventory')
    .summary('bundles in and out, and figures')
    .description('Carries the inventory in and out as a bundle, and gives its figures.');

  const importCommand = inventory
    .command('import')
    .summary('read a bundle into the database')
    .description(
      'Reads a bundle into the database: all of it, or nothing. It replaces the inventory unless --merge is given.\n' +
        'The same bundle again changes nothing.',
    )
    .argument('[dir]', 'directory of the bundle')
    .option('--merge', 'add and update instead of replacing')
    .option(
      '--skip-invalid [file]',
      'import the rest and write the rows that are left out to a file (default: DIR.skipped.jsonl)',
    )
    .option('--allow-empty', 'accept a bundle without datasets, blocks or replicas')
    .option('--unmanaged', 'what is new is not the loop’s to delete')
    .option('--accept-shrink', 'a person says that the inventory may be as small as it is: deletions go on')
    .addHelpText(
      'after',
      '\nExamples:\n  stator inventory import bundle/\n  stator inventory import bundle/ --merge --skip-invalid left-out.jsonl',
    );
  withOutput(withClock(withDatabase(importCommand))).action(run(runImport));

  const exportCommand = inventory
    .command('export')
    .summary('write the inventory as a bundle')
    .description('Writes the inventory as a bundle into a directory that is empty or does not exist.')
    .argument('<dir>', 'where to write it')
    .addOption(new Option('--format <format>', 'form of the tables').choices(['jsonl', 'tsv']).default('jsonl'))
    .option('--gzip', 'compress the tables')
    .addHelpText('after', '\nExample:\n  stator inventory export backup-2026-11-22/');
  withOutput(withDatabase(exportCommand)).action(run(runExport));

  const statsCommand = inventory
    .command('stats')
    .summary('figures by site, owner and status')
    .description('Gives the figures of the inventory: by site, by owner, by status of datasets.')
    .addHelpText('after', '\nExample:\n  stator inventory stats --output json | jq .bytes');
  withOutput(withDatabase(statsCommand)).action(run(stats));
}

async function runImport(
  context: CommandContext,
  options: ImportOptions,
  args: readonly (string | undefined)[],
): Promise<ExitCode> {
  const { terminal, host } = context;
  const { directory, skipInvalid } = importPaths(context, options, args[0]);
  const progress = terminal.progress();
  const result = await withInventoryDatabase(context, options, 'prepare', (database) =>
    importBundle(database, directory, {
      clock: options.now ?? host.now(),
      merge: options.merge === true,
      skipInvalid,
      allowEmpty: options.allowEmpty === true,
      unmanaged: options.unmanaged === true,
      acceptShrink: options.acceptShrink === true,
      progress: ({ bytesRead, bytes }) => progress.update(bytesRead, bytes, 'bytes'),
    }),
  ).finally(() => progress.stop());
  const { changed, generation, completeness, rows, skipped } = result;
  if (options.output === 'json') {
    const skippedFile = skipped > 0 ? (skipInvalid ?? null) : null;
    const document = { changed, generation, completeness, rows, skipped, skippedFile };
    await terminal.result(`${JSON.stringify(document, null, 2)}\n`);
    return exitCodes.done;
  }
  const tables = Object.entries(rows)
    .filter(([, number]) => number > 0)
    .map(([table, number]) => `${number} ${table}`);
  const lines = [
    `Read ${tables.length === 0 ? 'an empty bundle' : tables.join(', ')}.`,
    changed
      ? `The inventory is now generation ${generation}.`
      : `The inventory is the same as before: generation ${generation}.`,
  ];
  if (skipped > 0) {
    lines.push(
      `${count(skipped, 'row was', 'rows were')} left out and written to ${skipInvalid}; the inventory is partial, and nothing is deleted until a complete one comes.`,
    );
  }
  await terminal.result(`${lines.join('\n')}\n`);
  return exitCodes.done;
}

/** `--skip-invalid DIR`, where the only word is a directory, means that bundle and a file of our naming. */
function importPaths(
  { host }: CommandContext,
  options: ImportOptions,
  argument: string | undefined,
): { readonly directory: string; readonly skipInvalid: string | undefined } {
  const { skipInvalid } = options;
  const isDirectory = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();
  const swallowed =
    argument === undefined && typeof skipInvalid === 'string' && isDirectory(resolve(host.directory, skipInvalid));
  const named = swallowed ? skipInvalid : argument;
  if (named === undefined) throw new UsageError('no bundle is named', 'write `stator inventory import DIR`');
  const directory = resolve(host.directory, named);
  if (skipInvalid === undefined) return { directory, skipInvalid: undefined };
  const file = typeof skipInvalid === 'string' && !swallowed ? skipInvalid : `${basename(directory)}.skipped.jsonl`;
  return { directory, skipInvalid: resolve(host.directory, file) };
}

async function runExport(
  context: CommandContext,
  options: ExportCommandOptions,
  [directory = '']: readonly (string | undefined)[],
): Promise<ExitCode> {
  const { terminal, host } = context;
  const target = resolve(host.directory, directory);
  const result = await withInventoryDatabase(context, options, 'read', (database) =>
    exportBundle(database, target, { format: options.format, gzip: options.gzip === true }),
  );
  const { completeness, ...rows } = result;
  if (completeness.state === 'partial') {
    terminal.error(
      `warning: the inventory is partial (${completeness.reason}), which a bundle cannot say: importing it elsewhere makes it look complete`,
    );
  }
  if (options.output === 'json') {
    const document = { directory: target, completeness: completeness.state, ...rows };
    await terminal.result(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const parts = [
      count(rows.datasets, 'dataset'),
      count(rows.blocks, 'block'),
      count(rows.files, 'file'),
      count(rows.blockReplicas, 'block replica'),
    ];
    await terminal.result(`Wrote ${parts.join(', ')} to ${directory}.\n`);
  }
  return exitCodes.done;
}

async function stats(context: CommandContext, options: OutputOptions): Promise<ExitCode> {
  const { terminal } = context;
  const found = await withInventoryDatabase(context, options, 'read', (database) => inventoryStats(database));
  await terminal.result(
    options.output === 'json' ? inventoryStatsJson(found) : inventoryStatsText(found, terminal.style),
  );
  return exitCodes.done;
}
