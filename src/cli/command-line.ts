/**
 * The command line: which commands there are, what each is given, and how errors become exit codes.
 *
 * Commands that do not exist yet are not listed: what `--help` offers works.
 */
import { Command, CommanderError } from 'commander';
import { StatorError } from '../error.js';
import type { AddCommand, CommandContext, Host, Run, Work } from './command-context.js';
import { loadConfig } from './config.js';
import { errorLines } from './error-lines.js';
import { type ExitCode, exitCodes, InvalidInput, UsageError } from './exit.js';
import { version } from './package-files.js';
import { Terminal, watch } from './terminal.js';

/**
 * In the order of `--help`: the main job first. A command is loaded when it is wanted: of what all of them need, one needs
 * little, and to load it all takes longer than many a command.
 */
const commands: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['init', async () => (await import('./commands/init.js')).addInit],
  ['demo', async () => (await import('./commands/demo.js')).addDemo((args, host) => runCommandLine(args, host))],
  ['validate', async () => (await import('./commands/validate.js')).addValidate],
  ['test', async () => (await import('./commands/test.js')).addTest],
  ['plan', async () => (await import('./commands/plan.js')).addPlan],
  ['simulate', async () => (await import('./commands/simulate.js')).addSimulate],
  ['reconcile', async () => (await import('./commands/reconcile.js')).addReconcile],
  ['diff', async () => (await import('./commands/diff.js')).addDiff],
  ['explain', async () => (await import('./commands/explain.js')).addExplain],
  ['status', async () => (await import('./commands/status.js')).addStatus],
  ['history', async () => (await import('./commands/history.js')).addHistory],
  ['actions', async () => (await import('./commands/actions.js')).addActions],
  ['approve', async () => (await import('./commands/approve.js')).addApprove],
  ['inventory', async () => (await import('./commands/inventory.js')).addInventory],
  ['import', async () => (await import('./commands/import-dynamo.js')).addImport],
  ['db', async () => (await import('./commands/db.js')).addDatabase],
  ['doctor', async () => (await import('./commands/doctor.js')).addDoctor],
  ['plugins', async () => (await import('./commands/plugins.js')).addPlugins],
  ['schema', async () => (await import('./commands/schema.js')).addSchema],
  ['completion', async () => (await import('./commands/completion.js')).addCompletion],
]);

/** They speak of all the others. */
const ofAll: ReadonlySet<string> = new Set(['completion']);

interface GlobalOptions {
  readonly config?: string;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

/**
 * Builds the program; `run` makes the action of each command.
 *
 * @param only the command that is wanted; null: all of them
 */
export async function buildProgram(run: Run, only: string | null = null): Promise<Command> {
  const program = new Command('stator')
    .description('GitOps for data placement: rules in git say where data has to be, and this makes it so')
    .version(version(), '-V, --version')
    .option('--config <file>', 'configuration of the process (default: stator.config.yaml, where there is one)')
    .option('-v, --verbose', 'say more; show every item of every list')
    .option('--quiet', 'write nothing to stderr but errors')
    .helpCommand('help [command]', 'help for a command')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    // Errors are written once, in one form, by `runCommandLine`.
    .configureOutput({ outputError: () => undefined });
  const chosen = [...commands].filter(([name]) => only === null || name === only);
  for (const add of await Promise.all(chosen.map(([, load]) => load()))) add(program, run);
  return program;
}

/** The command that a command line names, where no other has to be known to carry it out; else null. */
function onlyCommand(args: readonly string[]): string | null {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!arg.startsWith('-')) return commands.has(arg) && !ofAll.has(arg) ? arg : null;
    if (arg === '--config') i++;
    else if (!/^(-v|--verbose|--quiet|--config=.*)$/s.test(arg)) return null;
  }
  return null;
}

/** Runs one command line to its end. Never throws; never ends the process. */
export async function runCommandLine(args: readonly string[], host: Host): Promise<ExitCode> {
  watch(host.out);
  watch(host.err);
  let exitCode: ExitCode = exitCodes.done;
  let verbose = args.includes('-v') || args.includes('--verbose');
  const run: Run =
    <O>(work: Work<O>) =>
    async (...passed: unknown[]) => {
      // Commander passes the command itself last; its options are what the command's file declares.
      const command = passed.at(-1) as Command;
      const globals = command.optsWithGlobals<GlobalOptions>();
      verbose = globals.verbose === true;
      if (verbose && globals.quiet === true) {
        throw new UsageError('--verbose and --quiet contradict each other', 'give one of them');
      }
      const terminal = new Terminal(host.out, host.err, host.environment, { verbose, quiet: globals.quiet === true });
      const config = await loadConfig(globals.config, host.directory, host.environment);
      const context: CommandContext = { host, terminal, config };
      exitCode = await work(context, command.opts() as O, command.processedArgs as (string | undefined)[]);
    };
  const program = (await buildProgram(run, onlyCommand(args))).configureOutput({
    writeOut: (text) => host.out.write(text),
    writeErr: (text) => host.err.write(text),
    outputError: () => undefined,
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return usageExit(error, args, program, host);
    for (const line of errorLines(error)) host.err.write(`${line}\n`);
    // Where an error was foreseen, its stack says nothing that its line does not, unless something else caused it.
    const foreseen = error instanceof InvalidInput || (error instanceof StatorError && error.cause === undefined);
    if (verbose && !foreseen && error instanceof Error) host.err.write(`${error.stack ?? ''}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.error;
  }
}

/** What commander has to say: help and version are no errors, all else is usage. */
function usageExit(error: CommanderError, args: readonly string[], program: Command, host: Host): ExitCode {
  if (error.exitCode === 0) return exitCodes.done;
  // No command, or a group without one: its help was written to stderr already.
  if (error.code === 'commander.help') {
    host.err.write('error: no command is given; choose one of those above\n');
    return exitCodes.usage;
  }
  const name = args.find((arg) => program.commands.some((command) => command.name() === arg));
  const [first = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  const parts = [
    first.replace(/\.$/, ''),
    ...hints.map((hint) => hint.replace(/^\((.*)\)$/, '$1')),
    `see \`stator ${name === undefined ? '' : `${name} `}--help\``,
  ];
  host.err.write(`error: ${parts.filter((part) => part !== '').join('; ')}\n`);
  return exitCodes.usage;
}
