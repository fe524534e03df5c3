/**
 * The command line: which commands there are, what each is given, and how errors become exit codes.
 *
 * Commands that do not exist yet are not listed: what `--help` offers works.
 */
import { Command, CommanderError } from 'commander';
import { StatorError } from '../error.js';
import type { AddCommand, CommandContext, Host, Run, Work } from './command-context.js';
import { addActions } from './commands/actions.js';
import { addApprove } from './commands/approve.js';
import { addCompletion } from './commands/completion.js';
import { addDatabase } from './commands/db.js';
import { addDemo } from './commands/demo.js';
import { addDiff } from './commands/diff.js';
import { addDoctor } from './commands/doctor.js';
import { addExplain } from './commands/explain.js';
import { addHistory } from './commands/history.js';
import { addImport } from './commands/import-dynamo.js';
import { addInit } from './commands/init.js';
import { addInventory } from './commands/inventory.js';
import { addPlan } from './commands/plan.js';
import { addPlugins } from './commands/plugins.js';
import { addReconcile } from './commands/reconcile.js';
import { addSchema } from './commands/schema.js';
import { addSimulate } from './commands/simulate.js';
import { addStatus } from './commands/status.js';
import { addTest } from './commands/test.js';
import { addValidate } from './commands/validate.js';
import { loadConfig } from './config.js';
import { errorLines } from './error-lines.js';
import { type ExitCode, exitCodes, InvalidInput, UsageError } from './exit.js';
import { version } from './package-files.js';
import { Terminal, watch } from './terminal.js';

/** In the order of `--help`: the main job first. */
const commands: readonly AddCommand[] = [
  addInit,
  addDemo((args, host) => runCommandLine(args, host)),
  addValidate,
  addTest,
  addPlan,
  addSimulate,
  addReconcile,
  addDiff,
  addExplain,
  addStatus,
  addHistory,
  addActions,
  addApprove,
  addInventory,
  addImport,
  addDatabase,
  addDoctor,
  addPlugins,
  addSchema,
  addCompletion,
];

interface GlobalOptions {
  readonly config?: string;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

/** Builds the program; `run` makes the action of each command. */
export function buildProgram(run: Run): Command {
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
  for (const add of commands) add(program, run);
  return program;
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
  const program = buildProgram(run).configureOutput({
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
