/** `stator history`: past cycles and their commits. */
import { type Command, Option } from 'commander';
import { readCycles } from '../../audit/cycles.js';
import { historyJson, historyText } from '../../report/loop.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { withInventoryDatabase } from '../inventory-input.js';
import { type DatabaseOptions, parseLimit, withDatabase, withOutput } from '../options.js';

interface HistoryOptions extends DatabaseOptions {
  readonly output: 'text' | 'json';
  readonly limit: number;
}

export function addHistory(program: Command, run: Run): void {
  const command = program
    .command('history')
    .summary('past cycles with commit, author, plan and figures')
    .description(
      'Lists past cycles, the newest first: commit, author, digest of the plan, what was done, how it ended.',
    )
    .addOption(new Option('--limit <n>', 'at most so many').argParser(parseLimit).default(50))
    .addHelpText('after', '\nExamples:\n  stator history\n  stator history --limit 500 --output json');
  withOutput(withDatabase(command)).action(run(history));
}

async function history(context: CommandContext, options: HistoryOptions): Promise<ExitCode> {
  const { terminal } = context;
  const cycles = await withInventoryDatabase(context, options, 'read', ({ kysely }) =>
    readCycles(kysely, options.limit),
  );
  await terminal.result(options.output === 'json' ? historyJson(cycles) : historyText(cycles, terminal.style));
  return exitCodes.done;
}
