/** `stator actions`: what was decided, what became of it, and every error on the way. */
import { type Command, Option } from 'commander';
import { type ActionQuery, countMatching, readActions, readTasks } from '../../audit/actions.js';
import { actionStates } from '../../audit/records.js';
import type { ActionState } from '../../database/index.js';
import { type ActionWithTasks, actionsJson, actionsText } from '../../report/action-record.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { withInventoryDatabase } from '../inventory-input.js';
import { type DatabaseOptions, parseCommit, parseLimit, withDatabase, withOutput } from '../options.js';

interface ActionsOptions extends DatabaseOptions {
  readonly output: 'text' | 'json';
  readonly state?: ActionState | 'open';
  readonly dataset?: string;
  readonly site?: string;
  readonly cycle?: number;
  readonly commit?: string;
  readonly limit: number;
}

const openStates: readonly ActionState[] = ['planned', 'ready', 'running', 'retrying', 'held'];

export function addActions(program: Command, run: Run): void {
  const command = program
    .command('actions')
    .summary('actions and their tasks, with every error in full')
    .description('Lists actions, the newest first, with their tasks and the full text of every error.')
    .addOption(new Option('--state <state>', 'only those in this state').choices(['open', ...actionStates]))
    .option('--dataset <name>', 'only those on this dataset')
    .option('--site <name>', 'only those at this site')
    .addOption(new Option('--cycle <n>', 'only those of this cycle').argParser(parseLimit))
    .addOption(new Option('--commit <id>', 'only those that the rules of this commit decided').argParser(parseCommit))
    .addOption(new Option('--limit <n>', 'at most so many').argParser(parseLimit).default(200))
    .addHelpText(
      'after',
      '\nExamples:\n  stator actions --state failed\n  stator actions --state open --site T2_US_MIT --output json\n  stator actions --commit 1a2b3c4d5e6f',
    );
  withOutput(withDatabase(command)).action(run(actionsCommand));
}

async function actionsCommand(context: CommandContext, options: ActionsOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { state, dataset, site, cycle, commit, limit } = options;
  const query: ActionQuery = {
    ...(state === undefined ? {} : { states: state === 'open' ? openStates : [state] }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(site === undefined ? {} : { site }),
    ...(cycle === undefined ? {} : { cycle }),
    ...(commit === undefined ? {} : { commit }),
  };
  const { list, total } = await withInventoryDatabase(context, options, 'read', async ({ kysely }) => {
    const list: ActionWithTasks[] = [];
    for (const action of await readActions(kysely, { ...query, limit })) {
      list.push({ action, tasks: await readTasks(kysely, action.id) });
    }
    return { list, total: await countMatching(kysely, query) };
  });
  await terminal.result(
    options.output === 'json'
      ? actionsJson(list, total)
      : actionsText(list, total, { style: terminal.style, all: terminal.verbose }),
  );
  return exitCodes.done;
}
