/** `stator test`: do the rules bring about what the PolicyTests say? */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { DesiredState } from '../../desired/state.js';
import { runPolicyTests } from '../../policy-test/index.js';
import { policyTestsJson, policyTestsText } from '../../report/policy-tests.js';
import { count } from '../../report/wording.js';
import type { Snapshot } from '../../snapshot/snapshot.js';
import type { CommandContext, Run } from '../command-context.js';
import { databaseUrl, sqliteFile } from '../database-url.js';
import { loadDesired } from '../desired-input.js';
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
import { inputOf } from './validate.js';

interface TestOptions extends DesiredOptions, InventoryOptions, ClockOptions {
  readonly output: 'text' | 'json';
}

export function addTest(program: Command, run: Run): void {
  const command = program
    .command('test')
    .summary("run the desired state's PolicyTests")
    .description(
      "Runs the desired state's PolicyTests: those with an inventory of their own, and live ones where there is an\n" +
        'inventory to ask. Nothing is changed. Exit 0: all that ran passed; 1: one failed, or the rules are not valid.',
    )
    .argument(
      '[dir]',
      'directory of the desired state (default: the configured repository, else the working directory)',
    )
    .addHelpText('after', examples);
  withDesired(command);
  withInventory(command);
  withClock(command);
  withOutput(command).action(run(test));
}

const examples = `
Examples:
  stator test rules/
  stator test rules/ --inventory bundle/
  stator test --repo . --ref HEAD --now 2027-01-01T00:00:00Z --output json | jq '.tests[] | select(.outcome == "failed")'`;

async function test(
  context: CommandContext,
  options: TestOptions,
  [directory]: readonly (string | undefined)[],
): Promise<ExitCode> {
  const { terminal, host } = context;
  const clock = options.now ?? host.now();
  const timings = new Timings();
  const desired = (await loadDesired(inputOf(context, options, directory), timings)).state;
  const live = await loadLive(context, options, clock, desired, timings);
  const results = runPolicyTests(desired, { clock, live });
  const skipped = results.filter(({ outcome }) => outcome === 'skipped').length;
  if (skipped > 0) {
    terminal.note(
      `${count(skipped, 'live test')} skipped: name an inventory with --inventory or --database to run them`,
    );
  }
  if (options.output === 'json') await terminal.result(policyTestsJson(results));
  else await terminal.result(policyTestsText(results, { style: terminal.style, all: terminal.verbose }));
  return results.some(({ outcome }) => outcome === 'failed') ? exitCodes.error : exitCodes.done;
}

/**
 * The inventory that live tests ask, or null where none is named and the default one does not exist: rules can be tested
 * without an inventory. One that is named must be there.
 */
async function loadLive(
  context: CommandContext,
  options: TestOptions,
  clock: number,
  desired: DesiredState,
  timings: Timings,
): Promise<Snapshot | null> {
  if (!desired.policyTests.some(({ given }) => given === null)) return null;
  if (options.inventory === undefined && options.database === undefined) {
    const file = sqliteFile(databaseUrl(context, options));
    if (file !== null && !existsSync(file)) return null;
  }
  return whileReading(context, options, clock, (ahead) =>
    withObserved(context, options, clock, desired, timings, ahead, async ({ snapshot }) => snapshot),
  );
}
