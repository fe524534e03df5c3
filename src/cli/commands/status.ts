/** `stator status`: how the loop is. */
import type { Command } from 'commander';
import { readStatus } from '../../audit/status.js';
import { statusJson, statusText } from '../../report/loop.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { withInventoryDatabase } from '../inventory-input.js';
import { type ClockOptions, type DatabaseOptions, withClock, withDatabase, withOutput } from '../options.js';

interface StatusOptions extends DatabaseOptions, ClockOptions {
  readonly output: 'text' | 'json';
}

export function addStatus(program: Command, run: Run): void {
  const command = program
    .command('status')
    .summary('the loop: last cycle, commit, errors, what is open, what is full')
    .description(
      'Says what the loop last did, what is wrong and since when, what is open, and which sites are too full.',
    )
    .addHelpText('after', '\nExamples:\n  stator status\n  stator status --output json | jq .failing');
  withOutput(withClock(withDatabase(command))).action(run(status));
}

async function status(context: CommandContext, options: StatusOptions): Promise<ExitCode> {
  const { terminal, host } = context;
  const found = await withInventoryDatabase(context, options, 'read', ({ kysely }) => readStatus(kysely));
  const text =
    options.output === 'json' ? statusJson(found) : statusText(found, options.now ?? host.now(), terminal.style);
  await terminal.result(text);
  return exitCodes.done;
}
