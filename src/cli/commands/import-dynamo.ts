/** `stator import dynamo`: Dynamo's policies to YAML, with a report on every line. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { messageOf, StatorError } from '../../error.js';
import {
  type ImportReport,
  type InputFile,
  importDynamo,
  type OutputFile,
  reportJson,
  reportText,
} from '../../import/index.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes, InvalidInput, UsageError } from '../exit.js';
import { type ClockOptions, withClock, withOutput } from '../options.js';

interface ImportDynamoOptions extends ClockOptions {
  readonly policy?: readonly string[];
  readonly partitions?: string;
  readonly enforcer?: readonly string[];
  readonly locks?: string;
  readonly protectedSites?: string;
  readonly asObserved?: boolean;
  readonly trustLastCopy?: boolean;
  readonly out: string;
  readonly report?: string;
  readonly output: 'text' | 'json';
}

export function addImport(program: Command, run: Run): void {
  const group = program
    .command('import')
    .summary("other systems' policy to YAML")
    .description("Writes other systems' policy as documents of the desired state, with a report of what is different.");
  const command = group
    .command('dynamo')
    .summary('policies, partitions, enforcer rules and locks of Dynamo')
    .description(
      'Writes Partition, Retention, Placement, Lock and Selector documents from files of Dynamo. Sites, groups, quotas and the\n' +
        'Federation are declared beside. The report tells what became of every line. If any line is broken, all errors are told\n' +
        'and nothing is written. Files from an earlier import are replaced, others never.',
    )
    .option('--policy <files...>', 'policies of Detox')
    .option('--partitions <file>', 'the definitions of the partitions')
    .option('--enforcer <files...>', 'rules of the Enforcer (JSON)')
    .option('--locks <file>', 'rows of detox_locks, separated by tabs')
    .option('--protected-sites <names>', 'the sites of dataset.on_protected_site, separated by commas')
    .option('--as-observed', 'carry what the program does, not what was meant')
    .option(
      '--trust-last-copy',
      'let rules remove last copies where they may in Dynamo, within Federation.spec.disposable',
    )
    .requiredOption('--out <dir>', 'directory for the documents')
    .option(
      '--report <file>',
      'write the whole report to a file (JSON where its name ends so), and only differences here',
    )
    .addHelpText('after', examples);
  withOutput(withClock(command)).action(run(runImportDynamo));
}

const examples = `
Examples:
  stator import dynamo --policy Physics.txt --partitions partitions.txt --out rules/
  stator import dynamo --policy *.txt --partitions partitions.txt --enforcer enforcer.json --locks locks.tsv \\
    --protected-sites T0_CH_CERN_Disk,T1_US_FNAL_Disk --out rules/ --report import.json`;

async function runImportDynamo(context: CommandContext, options: ImportDynamoOptions): Promise<ExitCode> {
  const { host, terminal } = context;
  const named = [options.policy, options.partitions, options.enforcer, options.locks];
  if (named.every((files) => files === undefined)) {
    throw new UsageError('there is nothing to import', 'give --policy, --partitions, --enforcer or --locks');
  }
  const read = (path: string): Promise<InputFile> => readInput(resolve(host.directory, path), path);
  const sites = options.protectedSites?.split(',').map((name) => name.trim());
  const input = {
    policies: await Promise.all((options.policy ?? []).map(read)),
    partitions: options.partitions === undefined ? null : await read(options.partitions),
    enforcers: await Promise.all((options.enforcer ?? []).map(read)),
    locks: options.locks === undefined ? null : await read(options.locks),
    protectedSites: sites === undefined ? null : sites.filter((name) => name !== ''),
  };
  const { files, report, diagnostics } = importDynamo(input, {
    now: options.now ?? host.now(),
    asObserved: options.asObserved === true,
    trustLastCopy: options.trustLastCopy === true,
  });
  if (files === null) throw new InvalidInput(diagnostics, 'the input');
  const target = resolve(host.directory, options.out);
  await writeAll(target, files);
  await writeReport(context, options, report);
  for (const { path } of files) terminal.detail(`wrote ${join(relative(host.directory, target) || '.', path)}`);
  return exitCodes.done;
}

async function writeReport(
  { host, terminal }: CommandContext,
  options: ImportDynamoOptions,
  report: ImportReport,
): Promise<void> {
  const json = options.output === 'json';
  if (options.report !== undefined) {
    const path = resolve(host.directory, options.report);
    const inJson = path.endsWith('.json') || (json && !/\.(?:txt|md)$/.test(path));
    await writing(path, () => writeWhole(path, inJson ? reportJson(report) : reportText(report, 'all')));
  }
  if (json) await terminal.result(reportJson(report));
  else await terminal.result(reportText(report, options.report === undefined ? 'all' : 'notable'));
}

async function readInput(path: string, shown: string): Promise<InputFile> {
  try {
    return { path: shown, bytes: await readFile(path) };
  } catch (error) {
    throw new StatorError({
      code: 'cannot-read',
      what: `cannot read the file: ${messageOf(error)}`,
      where: shown,
      todo: 'check its name and permissions; nothing was written',
      cause: error,
    });
  }
}

/** What files of an import begin with: only such may be replaced. */
const ours = /^# Imported .* by stator import dynamo/;

/** Writes all files, after none of them turned out to be somebody else's. */
async function writeAll(directory: string, files: readonly OutputFile[]): Promise<void> {
  for (const { path } of files) {
    const existing = await readIfThere(join(directory, path));
    if (existing === null || ours.test(existing)) continue;
    throw new StatorError({
      code: 'not-ours',
      what: 'a file is in the way that is not from an import',
      where: join(directory, path),
      todo: 'name another --out directory, or move the file; nothing was written',
    });
  }
  for (const { path, text } of files) {
    const full = join(directory, path);
    await writing(full, () => writeWhole(full, text));
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new StatorError({
      code: 'cannot-read',
      what: `cannot read what is there already: ${messageOf(error)}`,
      where: path,
      todo: 'name another --out directory; nothing was written',
      cause: error,
    });
  }
}

/** Under another name first, so that nobody reads half a file. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new StatorError({
      code: 'cannot-write',
      what: `cannot write the file: ${messageOf(error)}`,
      where: path,
      todo: 'check the permissions and the space of the directory',
      cause: error,
    });
  }
}
