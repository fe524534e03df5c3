/** `stator reconcile`: the loop, one cycle of it, or what one would do. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Logger, pino } from 'pino';
import { describeHolder } from '../../database/index.js';
import { StatorError } from '../../error.js';
import {
  type CycleContext,
  type CycleEvent,
  type CycleOutcome,
  type CycleSource,
  InvalidDesiredState,
  makeRoute,
  reconcileLoop,
  runCycle,
  stopSignal,
} from '../../reconcile/index.js';
import { type CycleReport, cycleDocument, cycleText, type SettledAction } from '../../report/cycle-outcome.js';
import type { CommandContext, Run } from '../command-context.js';
import { databaseUrl } from '../database-url.js';
import { type DesiredInput, requireDesiredInput } from '../desired-input.js';
import { errorLines } from '../error-lines.js';
import { type ExitCode, exitCodes, InvalidInput, UsageError } from '../exit.js';
import { withInventoryDatabase } from '../inventory-input.js';
import { loadPlugins } from '../load-plugins.js';
import {
  type CacheOptions,
  type ClockOptions,
  type DatabaseOptions,
  type DesiredOptions,
  parseSpan,
  type TimingsOptions,
  withCache,
  withClock,
  withDatabase,
  withDesired,
  withOutput,
  withTimings,
} from '../options.js';
import { snapshotStore } from '../snapshot-cache.js';
import { Timings } from '../timings.js';
import { type PlanFormat, planFormats, writeDecisions, writePlan } from './plan.js';

interface ReconcileOptions extends DesiredOptions, DatabaseOptions, CacheOptions, ClockOptions, TimingsOptions {
  readonly output: PlanFormat;
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly decisions?: string;
  /** Seconds. */
  readonly poll?: number;
}

export function addReconcile(program: Command, run: Run): void {
  const command = program
    .command('reconcile')
    .summary('make it so: the loop, or one cycle')
    .description(
      'Reads the rules and the inventory, plans, records the actions, and drives them until nothing can make progress now;\n' +
        'again and again, or once. What a verified copy makes deletable goes in the next cycle.\n' +
        'Exit of --once: 0 all it started is done; 3 something waits for a person, failed, or has to be tried again.\n' +
        'Exit of --dry-run: as of plan.',
    )
    .option('--once', 'one cycle')
    .option('--dry-run', 'plan as a cycle would, and write nothing at all')
    .addOption(
      new Option('--poll <duration>', 'time between cycles (default: repository.poll, 1m)').argParser(parseSpan),
    )
    .option('--decisions <file>', 'write what each retention rule decides of each replica, as TSV')
    .addHelpText(
      'after',
      `
Examples:
  stator reconcile --once --desired rules/
  stator reconcile --dry-run --output json
  stator reconcile --repo https://git.example.org/rules.git --ref refs/heads/main --poll 5m`,
    );
  withTimings(withOutput(withClock(withCache(withDatabase(withDesired(command)))), planFormats)).action(run(reconcile));
}

async function reconcile(context: CommandContext, options: ReconcileOptions): Promise<ExitCode> {
  const loop = options.once !== true && options.dryRun !== true;
  if (loop && (options.now !== undefined || options.timings !== undefined || options.decisions !== undefined)) {
    throw new UsageError('--now, --timings and --decisions are for one cycle', 'add --once or --dry-run');
  }
  if (!loop && options.poll !== undefined)
    throw new UsageError('--poll is for the loop', 'leave out --once and --dry-run');
  if (options.dryRun !== true && (options.output === 'ndjson' || options.output === 'markdown')) {
    throw new UsageError(`--output ${options.output} is for plans`, 'add --dry-run, or choose text or json');
  }
  // A dry run writes nothing, so it does not make a database either.
  return withInventoryDatabase(context, options, options.dryRun === true ? 'read' : 'prepare', async (database) => {
    const { config, host } = context;
    const input = requireDesiredInput(context, options);
    const plugins = await loadPlugins(config);
    try {
      const common: CycleContext = {
        database,
        source: cycleSource(input),
        documents: input.documents === null ? null : { ...input.documents, readOnly: options.dryRun === true },
        plugins,
        limits: config.limits,
        route: makeRoute(config.routing),
        clock: () => options.now ?? host.now(),
      };
      return await (loop ? runLoop(context, options, common) : runOnce(context, options, common));
    } finally {
      await plugins.close();
    }
  });
}

function cycleSource(input: DesiredInput): CycleSource {
  if (input.kind === 'directory') return input;
  const { verify, documents: _, ...location } = input;
  return verify === null ? location : { ...location, verify };
}

/** Names of the parts in `--timings`, by step of a cycle. */
const phases: Readonly<Record<string, string>> = { read: 'desired', compile: 'desired' };

async function runOnce(context: CommandContext, options: ReconcileOptions, common: CycleContext): Promise<ExitCode> {
  const { terminal, host } = context;
  const timings = new Timings();
  const watcher = new Watcher(context);
  const stop = stopSignal();
  let outcome: CycleOutcome;
  try {
    outcome = await runCycle({
      ...common,
      snapshots: snapshotStore(context, databaseUrl(context, options), options),
      dryRun: options.dryRun === true,
      decisions: options.decisions !== undefined,
      signal: stop.signal,
      events: watcher.see,
      measure: (phase, work) => timings.measure(phases[phase] ?? phase, work),
      measurePart: timings.measureNow,
    });
  } finally {
    stop.dispose();
    watcher.end();
  }
  const { result } = outcome;
  await timings.measure('output', async () => {
    if (options.decisions !== undefined && result !== null) {
      await writeDecisions(resolve(host.directory, options.decisions), result);
    }
    if (options.dryRun === true && result !== null) await writePlan(context, result, options.output);
    else if (options.dryRun !== true) {
      const report = watcher.report(outcome);
      await terminal.result(
        options.output === 'json'
          ? `${JSON.stringify(cycleDocument(report), null, 2)}\n`
          : cycleText(report, { style: terminal.style, all: terminal.verbose }),
      );
    }
  });
  if (options.timings !== undefined) await timings.write(resolve(host.directory, options.timings));
  if (outcome.error !== null) throw thrownError(outcome);
  if (options.dryRun === true) return outcome.exitCode;
  // What has to be tried again is not done, though nobody needs to do anything: 0 would say that it is.
  return outcome.exitCode === exitCodes.done ? exitCodes.done : exitCodes.waits;
}

async function runLoop(context: CommandContext, options: ReconcileOptions, common: CycleContext): Promise<ExitCode> {
  const { terminal, config, host } = context;
  // A service's log goes to its supervisor: lines of JSON with times, on stderr.
  const level = terminal.quiet ? 'error' : terminal.verbose ? 'debug' : config.log.level;
  const log = pino({ level, base: null }, { write: (line: string) => host.err.write(line) });
  const stop = stopSignal();
  log.info({ poll: options.poll ?? config.repository.poll }, 'the loop begins');
  let watcher = new Watcher(context, false);
  const results: Promise<void>[] = [];
  try {
    await reconcileLoop({
      ...common,
      snapshots: snapshotStore(context, databaseUrl(context, options), options, (level, line) => log[level](line)),
      poll: options.poll ?? config.repository.poll,
      signal: stop.signal,
      events: (event) => {
        watcher.see(event);
        logEvent(log, event);
      },
      onCycle: (outcome) => {
        const { actions, moved, ...figures } = cycleDocument(watcher.report(outcome));
        watcher = new Watcher(context, false);
        if (outcome.error !== null) for (const line of errorLines(thrownError(outcome))) log.error(line);
        log.info({ ...figures, moved, exitCode: outcome.exitCode }, 'cycle');
        if (options.output === 'json')
          results.push(terminal.result(`${JSON.stringify({ ...figures, moved, actions })}\n`));
      },
      onWaiting: (state) => log.info({ holder: describeHolder(state) }, 'another process leads; standing by'),
      onError: (error) => {
        for (const line of errorLines(error)) log.error(line);
        if (!(error instanceof StatorError)) log.debug({ err: error }, 'the stack');
      },
    });
  } finally {
    stop.dispose();
  }
  await Promise.all(results);
  log.info('the loop ended');
  return exitCodes.done;
}

function logEvent(log: Logger, event: CycleEvent): void {
  if (event.type === 'action') {
    const { id, type, dataset, site } = event.action;
    const level = event.state === 'failed' ? 'error' : 'info';
    log[level]({ action: id, type, dataset, site, state: event.state, reason: event.message }, 'action');
  } else if (event.type === 'task-error') {
    const { type: _, message, ...fields } = event;
    log.warn({ ...fields, error: message }, 'attempt failed');
  } else if (event.type === 'step') log.debug({ step: event.step }, 'step');
}

/** The error that ended a cycle: every error of the desired state on its own line, where that is what it was. */
function thrownError(outcome: CycleOutcome): unknown {
  return outcome.error instanceof InvalidDesiredState
    ? new InvalidInput(outcome.diagnostics, 'the desired state')
    : outcome.error;
}

/** Follows a cycle: draws the progress, and keeps how each action came to its end. */
class Watcher {
  readonly #context: CommandContext;
  readonly #progress: ReturnType<CommandContext['terminal']['progress']> | null;
  readonly #settled = new Map<string, SettledAction>();

  constructor(context: CommandContext, draw = true) {
    this.#context = context;
    this.#progress = draw ? context.terminal.progress() : null;
  }

  readonly see = (event: CycleEvent): void => {
    if (event.type === 'progress') {
      const { filesDone, filesTotal } = event;
      this.#progress?.update(filesDone, filesTotal, 'files');
    } else if (event.type === 'step') {
      this.#context.terminal.detail(`step: ${event.step}`);
    } else if (event.type === 'action') {
      const { id, type, dataset, site, owner, bytes, files } = event.action;
      const { state, message } = event;
      if (['done', 'failed', 'held', 'cancelled', 'retrying'].includes(state)) {
        this.#settled.set(id, { id, type, state, dataset, site, owner, bytes, files, message });
      } else this.#settled.delete(id);
    }
  };

  end(): void {
    this.#progress?.stop();
  }

  report(outcome: CycleOutcome): CycleReport {
    const { done, failed, cancelled, held, retrying, underWay } = outcome.actions;
    return {
      cycle: outcome.cycle,
      plan: outcome.result?.plan ?? null,
      actions: [...this.#settled.values()],
      moved: { files: outcome.progress.filesDone, bytes: outcome.progress.bytesDone },
      counts: { done, failed, cancelled, held, retrying, underWay },
    };
  }
}
