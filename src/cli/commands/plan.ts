/** `stator plan`: what would be copied, deleted and re-owned, and why. */
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { messageOf, StatorError } from '../../error.js';
import { plan as makePlan, planExitCode } from '../../planning/index.js';
import type { PlanResult } from '../../planning/plan.js';
import { planWithTests } from '../../policy-test/index.js';
import { decisionsTsv } from '../../report/decisions-tsv.js';
import { type PlanChange, planChange } from '../../report/plan-change.js';
import { planChangeText } from '../../report/plan-change-text.js';
import { planJson, planNdjson } from '../../report/plan-json.js';
import { planMarkdown } from '../../report/plan-markdown.js';
import { planText } from '../../report/plan-text.js';
import type { CommandContext, Run } from '../command-context.js';
import { loadDesired, loadRevision, requireDesiredInput } from '../desired-input.js';
import type { ExitCode } from '../exit.js';
import { type ReadAhead, whileReading, withObserved } from '../inventory-input.js';
import {
  type ClockOptions,
  type DesiredOptions,
  type InventoryOptions,
  type TimingsOptions,
  withClock,
  withDesired,
  withInventory,
  withOutput,
  withTimings,
} from '../options.js';
import { Timings } from '../timings.js';

export const planFormats = ['text', 'json', 'ndjson', 'markdown'] as const;

export type PlanFormat = (typeof planFormats)[number];

interface PlanCommandOptions extends DesiredOptions, InventoryOptions, ClockOptions, TimingsOptions {
  readonly output: PlanFormat;
  readonly decisions?: string;
  readonly base?: string;
}

export function addPlan(program: Command, run: Run): void {
  const command = program
    .command('plan')
    .summary('show what would be copied, deleted and re-owned, and why')
    .description(
      'Compares the desired state with the inventory and shows the plan. Nothing is changed.\n' +
        'Exit 0: nothing to do; 2: changes; 3: something waits for a person.',
    )
    .addHelpText('after', examples);
  withDesired(command);
  withInventory(command);
  withClock(command);
  withOutput(command, planFormats)
    .option('--base <ref>', 'also plan with the rules of another commit, and show what the change does')
    .option('--decisions <file>', 'write what each retention rule decides of each replica, as TSV');
  withTimings(command).action(run(planCommand));
}

const examples = `
Examples:
  stator plan --desired rules/ --inventory bundle/
  stator plan --repo . --ref HEAD --base origin/main --output markdown
  stator plan --now 2027-01-01T00:00:00Z --output json | jq .summary`;

async function planCommand(context: CommandContext, options: PlanCommandOptions): Promise<ExitCode> {
  const clock = options.now ?? context.host.now();
  return whileReading(context, options, clock, (ahead) => planAt(clock, context, options, ahead));
}

async function planAt(
  clock: number,
  context: CommandContext,
  options: PlanCommandOptions,
  ahead: ReadAhead,
): Promise<ExitCode> {
  const { host } = context;
  const timings = new Timings();
  const input = requireDesiredInput(context, options);
  const desired = (await loadDesired(input, timings)).state;
  // The inventory is the larger: it is not read in vain when the rules of the base are broken.
  const base = options.base === undefined ? null : (await loadRevision(context, input, options.base, timings)).state;
  const exitCode = await withObserved(context, options, clock, desired, timings, ahead, async ({ snapshot }) => {
    const result = timings.measureNow('plan', () =>
      planWithTests(desired, snapshot, {
        clock,
        decisions: options.decisions !== undefined,
        measure: timings.measureNow,
      }),
    );
    const change =
      base === null
        ? undefined
        : planChange(timings.measureNow('plan.base', () => makePlan(base, snapshot, { clock })).plan, result.plan);
    await timings.measure('output', async () => {
      if (options.decisions !== undefined) await writeDecisions(resolve(host.directory, options.decisions), result);
      await writePlan(context, result, options.output, change);
    });
    return planExitCode(result.plan);
  });
  if (options.timings !== undefined) await timings.write(resolve(host.directory, options.timings));
  return exitCode;
}

/** Writes a plan to stdout in one of the four forms. */
export async function writePlan(
  context: CommandContext,
  { plan }: Pick<PlanResult, 'plan'>,
  format: PlanFormat,
  change?: PlanChange,
): Promise<void> {
  const { terminal } = context;
  if (format === 'json') return terminal.result(planJson(plan, change));
  if (format === 'ndjson') return terminal.result(planNdjson(plan, change));
  if (format === 'markdown') return terminal.result(planMarkdown(plan, change));
  const options = { style: terminal.style, all: terminal.verbose };
  if (change !== undefined) await terminal.result(`${planChangeText(change, options)}\n`);
  return terminal.result(planText(plan, options));
}

/** Writes `--decisions FILE`. */
export async function writeDecisions(file: string, result: Pick<PlanResult, 'decisions'>): Promise<void> {
  try {
    await pipeline(Readable.from(decisionsTsv(result.decisions)), createWriteStream(file));
  } catch (error) {
    throw new StatorError({
      code: 'cannot-write',
      what: `cannot write the decisions: ${messageOf(error)}`,
      where: file,
      todo: 'check the path given with --decisions',
      cause: error,
    });
  }
}
