/** `stator completion SHELL`: completion scripts, made from the commands themselves so that they never lag behind. */
import { Argument, type Command } from 'commander';
import type { CommandContext, Run } from '../command-context.js';
import { type CommandWords, commandWords, completionScript, type Shell, shells } from '../completion-script.js';
import { type ExitCode, exitCodes } from '../exit.js';

export function addCompletion(program: Command, run: Run): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script that makes a shell complete the commands and options of stator.')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  stator completion bash > /etc/bash_completion.d/stator
  stator completion zsh > "\${fpath[1]}/_stator"
  stator completion fish > ~/.config/fish/completions/stator.fish`,
    )
    .action(
      run(async ({ terminal }: CommandContext, _: unknown, [shell]): Promise<ExitCode> => {
        const words: CommandWords[] = commandWords(program);
        // The choices above leave nothing else.
        await terminal.result(completionScript(shell as Shell, words));
        return exitCodes.done;
      }),
    );
}
