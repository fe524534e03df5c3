/** `stator demo`: the main job on this machine. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AddCommand, CommandContext, Run } from '../command-context.js';
import { type RunCommand, runDemo } from '../demo/run.js';
import type { ExitCode } from '../exit.js';

interface DemoCommandOptions {
  readonly dir?: string;
  readonly keep?: boolean;
}

/** `runCommand` runs a command line of this same program. */
export function addDemo(runCommand: RunCommand): AddCommand {
  return (program: Command, run: Run): void => {
    program
      .command('demo')
      .summary('see the main job on this machine, in a few seconds')
      .description(
        'Makes a small federation of directories with real files, an embedded database and a git repository with six rules;\n' +
          'plans, copies, verifies, deletes, explains; changes a rule and does it again; and compares every file at the end.',
      )
      .option('--dir <dir>', 'make it here and leave it (default: a temporary directory)')
      .option('--keep', 'leave the temporary directory')
      .addHelpText(
        'after',
        '\nExamples:\n  stator demo\n  stator demo --dir /tmp/federation && cd /tmp/federation && stator status',
      )
      .action(
        run(async ({ host, terminal }: CommandContext, options: DemoCommandOptions): Promise<ExitCode> => {
          const directory = options.dir === undefined ? null : resolve(host.directory, options.dir);
          return runDemo({ directory, keep: options.keep === true }, host, terminal.style, runCommand);
        }),
      );
  };
}
