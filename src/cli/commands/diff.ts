/** `stator diff COMMIT1 COMMIT2`: what another version of the rules would do to today's inventory. */
import type { Command } from 'commander';
import { plan } from '../../planning/index.js';
import { isSame, rulesDiff } from '../../report/rules-diff.js';
import { rulesDiffJson, rulesDiffMarkdown, rulesDiffText } from '../../report/rules-diff-text.js';
import type { CommandContext, Run } from '../command-context.js';
import { loadRevision, requireDesiredInput } from '../desired-input.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { whileReading, withObserved } from '../inventory-input.js';
import {
  type ClockOptions,
  type DesiredOptions,
  type InventoryOptions,
  withClock,
  withDesired,
  withInventory,
  withOutput,
} from '../options.js';
import { Timings } from '../timings.js';

const formats = ['text', 'json', 'markdown'] as const;

interface DiffOptions extends DesiredOptions, InventoryOptions, ClockOptions {
  readonly output: (typeof formats)[number];
}

export function addDiff(program: Command, run: Run): void {
  const command = program
    .command('diff')
    .summary('what another version of the rules would do to the same inventory')
    .description(
      'Plans with the rules of two commits over the same inventory, and shows which actions, decisions and bytes per\n' +
        'site differ. Nothing is changed. Exit 0: both do the same; 2: they do not.',
    )
    .argument('<from>', 'commit, branch or tag')
    .argument('<to>', 'commit, branch or tag')
    .addHelpText(
      'after',
      `
Examples:
  stator diff HEAD~1 HEAD --repo .
  stator diff origin/main my-branch --desired rules/ --output markdown
  stator diff 1a2b3c4d5e6f v2.1 --inventory bundle/ --repo https://git.example.org/rules.git`,
    );
  withOutput(withClock(withInventory(withDesired(command))), formats).action(run(diffCommand));
}

async function diffCommand(
  context: CommandContext,
  options: DiffOptions,
  [from = '', to = '']: readonly (string | undefined)[],
): Promise<ExitCode> {
  const { host, terminal } = context;
  const clock = options.now ?? host.now();
  const timings = new Timings();
  const input = requireDesiredInput(context, options);
  const diff = await whileReading(context, options, clock, async (ahead) => {
    const first = (await loadRevision(context, input, from, timings)).state;
    const second = (await loadRevision(context, input, to, timings)).state;
    return withObserved(context, options, clock, second, timings, ahead, async ({ snapshot }) => {
      const planned = (desired: typeof first) => plan(desired, snapshot, { clock, decisions: true });
      return rulesDiff(planned(first), planned(second));
    });
  });
  await terminal.result(
    options.output === 'json'
      ? rulesDiffJson(diff)
      : options.output === 'markdown'
        ? rulesDiffMarkdown(diff)
        : rulesDiffText(diff, { style: terminal.style, all: terminal.verbose }),
  );
  return isSame(diff) ? exitCodes.done : exitCodes.changes;
}
