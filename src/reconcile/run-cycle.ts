/**
 * One cycle, as a list of named steps:
 *
 *     read      resolve the ref once and read the files of the commit (or a directory)
 *     compile   YAML to the desired state
 *     load      the inventory and what the loop remembers, as one snapshot
 *     plan      pure
 *     record    actions, marks and memory, in one transaction
 *     execute   drive actions until nothing can make progress now
 *     remember  what the inventory holds now
 *
 * Where the first steps fail nothing is planned and nothing is deleted: "I could not read it" is never "it is empty".
 * Copies that are recorded go on, at the sites as the last good cycle knew them.
 *
 * All of it is done by the process that holds the lead (see `lead.ts`); whatever it writes, it writes under its fencing
 * number.
 */
import {
  absenceError,
  beginCycle,
  changeCycle,
  closeDeadCycles,
  countActions,
  countHeld,
  type Database,
  isAbsence,
  LeaseLostError,
  loadMemory,
  loadSnapshot,
  openStates,
  readLoopState,
  saveBaseline,
} from '../database/index.js';
import type { DesiredState } from '../desired/state.js';
import { messageOf, StatorError } from '../error.js';
import {
  type DriveOptions,
  drive,
  type ExecutionSite,
  type ExecutionSites,
  executionSites,
  type Progress,
  type RecordOutcome,
  recordPlan,
} from '../execution/index.js';
import { actionId, actionKey, type PlanResult, planExitCode } from '../planning/index.js';
import { planWithTests } from '../policy-test/index.js';
import type { LoopMemory } from '../snapshot/index.js';
import type { CycleContext, CycleOutcome } from './cycle.js';
import { makeDeletionCheck } from './deletion-check.js';
import { type Lead, takeLead } from './lead.js';
import { thisProcess } from './process-identity.js';
import { compileTree, doubtSource, InvalidDesiredState, readSource } from './read-source.js';

/** How old (seconds) a snapshot or a commit may become before deletions stop, where no Guard says. */
const defaultStaleness = 86_400;

const nothingDone: Progress = { filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 };

/** Held for what only a person can mend. */
const personHolds = new Set(['approval-required', 'no-endpoint', 'no-files', 'no-mover', 'no-deleter']);

/** Of a cycle that writes: its database lets transactions through only while the lead is held. */
interface LeadContext extends CycleContext {
  readonly lead: Lead;
  readonly signal: AbortSignal;
}

interface Planned {
  readonly desired: DesiredState;
  readonly result: PlanResult;
  readonly memory: LoopMemory;
}

/**
 * Runs one cycle.
 *
 * @returns its outcome, also where the source cannot be read or is not valid
 * @throws LeaseHeldError where another process reconciles this database, LeaseLostError where it took over meanwhile;
 *   StatorError where the database fails
 */
export async function runCycle(context: CycleContext): Promise<CycleOutcome> {
  const { database, signal } = context;
  if (context.dryRun === true) return await dryRun(context, Math.floor(context.clock()));
  if (context.lead !== undefined) return await runAsLead(context, context.lead);
  const lead = await takeLead({ database, holder: thisProcess(), standby: false, signal });
  try {
    return await runAsLead(context, lead);
  } finally {
    await lead.release();
  }
}

async function runAsLead(given: CycleContext, lead: Lead): Promise<CycleOutcome> {
  const signal = given.signal === undefined ? lead.signal : AbortSignal.any([given.signal, lead.signal]);
  const { database } = lead;
  const context: LeadContext = { ...given, database, signal, lead };
  const started = context.clock();
  const clock = Math.floor(started);

  const cycle = await database.transaction((trx) => beginCycle(trx, started, clock));
  await database.transaction((trx) => closeDeadCycles(trx, cycle, started));
  let planned: Planned;
  try {
    await lead.beginPlanning();
    planned = await makePlan(context, clock);
    const { snapshots } = context;
    if (snapshots !== undefined) await step(context, 'cache', () => snapshots.save());
    await lead.endPlanning();
  } catch (error) {
    if (error instanceof LeaseLostError) throw error;
    return await withoutPlan(context, cycle, started, error);
  }
  const { desired, result, memory } = planned;
  const sites = executionSites(desired.sites);
  try {
    const recorded = await step(context, 'record', () =>
      recordPlan(database, {
        result,
        cycle,
        clock,
        sites,
        identity: { key: actionKey, id: actionId },
        verified: memory.sourceDoubt === null,
      }),
    );
    const blocked = deletionsBlocked(result, memory, recorded);
    const progress = await step(context, 'execute', () =>
      execute(context, {
        sites,
        check: makeDeletionCheck(desired, result, memory, clock),
        deletionsBlocked: blocked,
        generation: recorded.generation,
        deletionsUntil: clock + staleness(desired),
      }),
    );
    await step(context, 'remember', () =>
      database.transaction(async (trx) => {
        // An inventory that is in doubt is no measure for the next one.
        if (blocked === null) await saveBaseline(trx, context.clock());
        await changeCycle(trx, cycle, {
          finished: context.clock(),
          outcome: signal.aborted ? 'stopped' : 'done',
        });
      }),
    );
    const actions = await countOutcome(database, started);
    const waits = planExitCode(result.plan) === 3 || actions.waitingForPerson > 0 || actions.failed > 0;
    return {
      cycle,
      desired,
      result,
      error: null,
      diagnostics: [],
      recorded,
      progress,
      actions,
      exitCode: waits ? 3 : actions.retrying + actions.underWay > 0 ? 2 : 0,
    };
  } catch (error) {
    // Where the lead is lost, or the database, the cycle's row is closed by whoever runs the next one.
    await database
      .transaction((trx) =>
        changeCycle(trx, cycle, { finished: context.clock(), outcome: 'failed', error: messageOf(error) }),
      )
      .catch(() => {});
    throw isAbsence(error) ? absenceError(error) : error;
  }
}

async function makePlan(context: CycleContext, clock: number): Promise<Planned> {
  const { database, source } = context;
  const tree = await step(context, 'read', () => readSource(source));
  const desired = await step(context, 'compile', () => {
    const documents = context.documents ?? null;
    return context.rules?.of(tree, documents) ?? compileTree(tree, documents);
  });
  const sourceDoubt = await doubtSource(database, source, tree, clock);
  const windows = desired.guards.map((guard) => guard.deletions?.per ?? 0);
  const { memory, snapshot } = await step(context, 'load', async () => {
    const remembered = await loadMemory(database, { clock, sourceDoubt, deletionWindow: Math.max(0, ...windows) });
    const options = { clock, memory: remembered };
    const { snapshots } = context;
    return {
      memory: remembered,
      snapshot: await (snapshots === undefined ? loadSnapshot(database, options) : snapshots.load(database, options)),
    };
  });
  const result = await step(context, 'plan', async () =>
    planWithTests(desired, snapshot, {
      clock,
      ...(context.planMemory === undefined ? {} : { memory: context.planMemory }),
      ...(context.decisions === undefined ? {} : { decisions: context.decisions }),
      ...(context.measurePart === undefined ? {} : { measure: context.measurePart }),
    }),
  );
  context.events?.({ type: 'plan', result });
  return { desired, result, memory };
}

async function dryRun(context: CycleContext, clock: number): Promise<CycleOutcome> {
  const actions = { done: 0, failed: 0, cancelled: 0, held: 0, waitingForPerson: 0, retrying: 0, underWay: 0 };
  const nothing = { cycle: null, recorded: null, progress: nothingDone, actions };
  try {
    const { desired, result } = await makePlan(context, clock);
    return { ...nothing, desired, result, error: null, diagnostics: [], exitCode: planExitCode(result.plan) };
  } catch (thrown) {
    const error = asStatorError(thrown);
    return { ...nothing, desired: null, result: null, error, diagnostics: diagnosticsOf(error), exitCode: 1 };
  }
}

/** The source cannot be read or is not valid: what was begun goes on, but nothing is deleted. */
async function withoutPlan(
  context: LeadContext,
  cycle: number,
  started: number,
  thrown: unknown,
): Promise<CycleOutcome> {
  const { database } = context;
  const error = asStatorError(thrown);
  await context.lead.endPlanning();
  const text = error.format().replace(/^error: /, '');
  await database.transaction((trx) => changeCycle(trx, cycle, { error: text }));
  const sites = await lastKnownSites(database);
  const progress = await step(context, 'execute', () =>
    execute(context, {
      sites,
      check: null,
      deletionsBlocked: `there is no current desired state: ${error.message}`,
      generation: -1,
      deletionsUntil: 0,
    }),
  );
  await database.transaction((trx) => changeCycle(trx, cycle, { finished: context.clock(), outcome: 'failed' }));
  return {
    cycle,
    desired: null,
    result: null,
    error,
    diagnostics: diagnosticsOf(error),
    recorded: null,
    progress,
    actions: await countOutcome(database, started),
    exitCode: 1,
  };
}

async function lastKnownSites(database: Database): Promise<ExecutionSites> {
  const sites = await readLoopState<readonly ExecutionSite[]>(database.kysely, 'sites');
  return new Map((sites ?? []).map((site) => [site.name, site]));
}

async function execute(context: LeadContext, run: Omit<DriveOptions, 'signal' | 'grace' | 'atMost'>) {
  const { database, plugins, clock, random, limits, retry, route, events, signal, grace, atMost } = context;
  return await drive(
    {
      database,
      plugins,
      clock,
      random: random ?? Math.random,
      limits,
      retry,
      route,
      events,
      confirm: context.lead.confirm,
    },
    { ...run, signal, grace: grace ?? 10, atMost },
  );
}

function deletionsBlocked(result: PlanResult, memory: LoopMemory, recorded: RecordOutcome): string | null {
  if (memory.sourceDoubt !== null) return memory.sourceDoubt;
  if (result.plan.inventory.completeness !== 'complete') return 'the inventory is not complete';
  const stale = result.plan.diagnostics.find(({ code }) => code === 'stale');
  if (stale !== undefined) return stale.message;
  return recorded.asPlanned ? null : 'the inventory was changed after it was planned with';
}

function staleness(desired: DesiredState): number {
  const limits = desired.guards.flatMap(({ staleness: { inventory, source } }) => [inventory, source]);
  return Math.min(defaultStaleness, ...limits.filter((limit) => limit !== null));
}

async function countOutcome(database: Database, since: number): Promise<CycleOutcome['actions']> {
  const { kysely } = database;
  const finished = await kysely
    .selectFrom('actions')
    .select(['state', (eb) => eb.fn.countAll<number | string>().as('count')])
    .where('finished', '>=', since)
    .where('state', 'in', ['done', 'failed', 'cancelled'])
    .groupBy('state')
    .execute();
  const ended = new Map(finished.map((row) => [row.state, Number(row.count)]));
  const held = [...(await countHeld(kysely))];
  const counts = await countActions(kysely);
  const open = openStates.filter((state) => state !== 'held' && state !== 'retrying');
  return {
    done: ended.get('done') ?? 0,
    failed: ended.get('failed') ?? 0,
    cancelled: ended.get('cancelled') ?? 0,
    held: held.reduce((sum, [, count]) => sum + count, 0),
    waitingForPerson: held.reduce((sum, [code, count]) => sum + (personHolds.has(code) ? count : 0), 0),
    retrying: counts.get('retrying') ?? 0,
    underWay: open.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0),
  };
}

async function step<T>(context: CycleContext, name: string, work: () => Promise<T>): Promise<T> {
  context.events?.({ type: 'step', step: name });
  return await (context.measure === undefined ? work() : context.measure(name, work));
}

function asStatorError(thrown: unknown): StatorError {
  if (thrown instanceof StatorError) return thrown;
  if (isAbsence(thrown)) return absenceError(thrown);
  return new StatorError({
    code: 'cycle-failed',
    what: messageOf(thrown),
    todo: 'nothing was planned; please report this',
    actBy: 'developer',
    cause: thrown,
  });
}

function diagnosticsOf(error: StatorError) {
  return error instanceof InvalidDesiredState ? error.diagnostics : [];
}
