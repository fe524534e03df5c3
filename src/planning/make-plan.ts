/**
 * `plan(desired, snapshot, options)`: one deterministic plan for copies, deletions and ownership together. A pure
 * function: no clock, no randomness, no I/O. The steps and their order are told in `docs/planning.md`.
 */
import type { DesiredState, Exclusion } from '../desired/state.js';
import { compareBytes } from '../order.js';
import { regexMatcher } from '../policy/text-match.js';
import { formatTime } from '../policy/units.js';
import { floatAt, intAt, shortAt } from '../snapshot/column.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { ActionMaker, type ActionRecord } from './actions.js';
import { findCancellations } from './cancellations.js';
import type { DigestHead } from './canonical-json.js';
import { CopyPlanner, type PlannedCopy } from './copies.js';
import { DatasetWatch } from './dataset-trace.js';
import { applyBrakes, type DeletionSet } from './deletion-guards.js';
import { Diagnoses } from './diagnoses.js';
import { findDoubts, totalBytes } from './doubts.js';
import { engine } from './engine.js';
import { findEvacuations } from './evacuation.js';
import { withPlace } from './evaluation-failure.js';
import { Exclusions } from './exclusions.js';
import { findGrowth } from './growing.js';
import { lintPlan } from './lint/lint-plan.js';
import { Losses } from './losses.js';
import { findNeeds } from './needs.js';
import { findReOwnings, markReOwned, Ownerships } from './ownership.js';
import type { DecisionRow, Held, Plan, PlanOptions, PlanResult } from './plan.js';
import { PlanClock } from './plan-clock.js';
import { planDigest } from './plan-digest.js';
import type { Carried } from './plan-memory.js';
import { rebalance } from './rebalance.js';
import { recordingOf } from './recording.js';
import { findEndings, removalsDue, seenPlacements } from './removals.js';
import { byDefault } from './retention/decisions.js';
import { type Deletion, Retirement } from './retention/retire.js';
import { Safety } from './safety.js';
import { siteLines } from './site-lines.js';
import { summarize } from './summary.js';
import { Windows } from './windows.js';
import { World } from './world.js';

/** Days before its end that the end of a protect rule is announced. */
const announcedBefore = 14 * 86_400;

/**
 * Plans one cycle.
 *
 * @throws StatorError where an expression fails on a value: nothing is planned then
 */
export function plan(desired: DesiredState, snapshot: Snapshot, options: PlanOptions): PlanResult {
  try {
    return makePlan(desired, snapshot, options);
  } catch (error) {
    throw withPlace(error, desired);
  }
}

/** What was planned before, where it is the same question; otherwise a plan made now. */
function makePlan(desired: DesiredState, snapshot: Snapshot, options: PlanOptions): PlanResult {
  const { memory, watch } = options;
  const clock = new PlanClock(options.clock);
  if (memory === undefined || watch !== undefined) return planNow(desired, snapshot, clock, options, null);
  const decisions = options.decisions === true;
  const last = memory.sameAsLast(desired, snapshot, clock, decisions);
  if (last !== null) return withTimes(last, snapshot, options.clock, memory.digestHead);
  const carried = memory.carry(snapshot, clock);
  const result = planNow(desired, snapshot, clock, options, carried);
  memory.keep({ desired, snapshot, decisions, clock, result }, carried);
  return result;
}

/** A plan of the same at another time. */
function withTimes(last: PlanResult, snapshot: Snapshot, clock: number, head: DigestHead): PlanResult {
  const { digest: _, inventory, ...rest } = last.plan;
  const times = { generation: snapshot.generation, takenAt: formatTime(snapshot.takenAt) };
  const document = { ...rest, inventory: { ...inventory, ...times }, clock: formatTime(clock) };
  const digest = planDigest(document, head);
  // Fields keep their places.
  return { ...last, plan: { ...last.plan, ...document, digest } };
}

/** @param carried null: nothing is known, and nothing is kept */
function planNow(
  desired: DesiredState,
  snapshot: Snapshot,
  clock: PlanClock,
  options: PlanOptions,
  carried: Carried | null,
): PlanResult {
  const measure = options.measure ?? (<T>(_: string, work: () => T): T => work());
  const diagnoses = new Diagnoses();
  const world = measure('plan.world', () => new World(desired, snapshot, clock, carried));
  const safety = new Safety(world);
  const maker = new ActionMaker(world, carried?.actions ?? null);
  maker.countOpenDeletions();
  const ownerships = new Ownerships(world);
  const retirement = new Retirement(world, safety, ownerships, diagnoses);

  const watch =
    options.watch === undefined ? null : new DatasetWatch(world, options.watch.dataset, options.watch.block);
  const exclusions = new Exclusions(world);
  const needs = measure('plan.needs', () => findNeeds(world, exclusions, diagnoses, watch));
  safety.remember(needs.counted);
  const endings = findEndings(world, needs);
  measure('plan.evaluation', () => retirement.evaluate(carried?.evaluations ?? null));
  carried?.unchanged.forgetBefore();
  watch?.evaluated(retirement);
  const decisions = options.decisions === true ? decisionRows(world, retirement) : [];
  const reOwnings = findReOwnings(world, needs.counted, diagnoses);
  const transfers = ownerships.changes(needs.counted, reOwnings, diagnoses);
  markReOwned(world, [...reOwnings, ...transfers]);

  const planner = new CopyPlanner(world, exclusions, needs.counted, (copy) => retirement.takerOfCopy(copy), watch);
  measure('plan.copies', () => {
    planner.serve([...needs.needs, ...findGrowth(world, needs, (replica) => retirement.wouldGo(replica))]);
    // What placements copy need not be evacuated; so these come after.
    planner.serve(findEvacuations(world, retirement, safety));
  });
  watch?.askElsewhere((need, site) => planner.objection(need, site));
  const moves = measure('plan.rebalance', () => rebalance(world, retirement, planner, needs.counted));

  const complete = snapshot.completeness.state === 'complete';
  if (complete) {
    measure('plan.retention', () => retirement.run());
    for (const { replica, exclusion } of exclusions.replicasToRemove()) {
      retirement.remove(excluded(world, replica, exclusion));
    }
    for (const removal of removalsDue(world, endings)) retirement.remove(removal);
  }
  if (!complete) diagnoses.add('error', 'inventory-partial', partialMessage(snapshot), null);
  const doubts = findDoubts(desired, snapshot, clock);
  for (const doubt of doubts) diagnoses.warn('stale', `nothing is deleted: ${doubt}`, null);

  const { deletions, held, handOvers } = retirement.result;
  const sets = applyBrakes(world, deletions, (deletion) => {
    const { id, bytes } = maker.deletion(deletion, null).action;
    return { id, bytes };
  });
  const windows = new Windows(world);
  const losses = new Losses(world, planner.result.copies);
  const copyWaits = (copy: PlannedCopy): Held | null => losses.holds(copy) ?? windows.holds('transfers', copy.site);
  const stale: Held | null = doubts.length === 0 ? null : { code: 'stale', message: doubts.join('; ') };
  const records: ActionRecord[] = [
    ...reOwnings.map((reOwning) => maker.reOwning(reOwning)),
    ...transfers.map((change) => maker.ownership(change)),
    // A hand-over belongs to a deletion: in doubt it waits like one.
    ...handOvers.map((handOver) => maker.handOver(handOver, stale)),
    ...planner.result.copies.map((copy) => maker.copy(copy, copyWaits(copy))),
    ...sets.flatMap((set) => {
      const waiting = stale ?? set.held ?? windows.holds('deletions', set.site);
      return set.deletions.map((deletion) => maker.deletion(deletion, waiting));
    }),
    ...held.map((deletion) => maker.deletion(deletion, deletion.held)),
  ];
  const known = new Set(snapshot.memory.openActions.filter((open) => open.held === null).map((open) => open.id));
  const actions = sorted(unique(records).filter(({ action }) => !known.has(action.id)));

  const happening = sets
    .filter((set) => stale === null && set.held === null && windows.holds('deletions', set.site) === null)
    .flatMap((set) => set.deletions);
  const starting = planner.result.copies.filter((copy) => copyWaits(copy) === null);
  const cancellations = findCancellations(world, safety, needs.counted);
  const lines = siteLines(
    world,
    retirement,
    starting,
    happening,
    [...reOwnings, ...transfers, ...(stale === null ? handOvers : [])],
    cancellations,
  );
  diagnose(world, diagnoses);
  world.tenancy.diagnose(diagnoses);
  measure('plan.lint', () => lintPlan({ world, retirement, exclusions, needs, copies: planner.result, diagnoses }));

  const document: Omit<Plan, 'digest'> = {
    apiVersion: 'stator/v1',
    kind: 'Plan',
    desired: {
      commit: desired.source.commit,
      tree: desired.source.tree,
      ref: desired.source.ref,
      author: desired.source.author,
      committedAt: desired.source.committedAt,
      signature: desired.source.signature,
    },
    inventory: {
      generation: snapshot.generation,
      takenAt: formatTime(snapshot.takenAt),
      completeness: snapshot.completeness.state,
      datasets: snapshot.datasets.count,
      blocks: snapshot.blocks.count,
      replicas: snapshot.blockReplicas.count,
      bytes: totalBytes(snapshot),
    },
    clock: formatTime(options.clock),
    engine,
    summary: summarize(world, retirement, actions, planner.result),
    sites: lines,
    actions: actions.map(({ action }) => action),
    approvals: [...approvalsOf(world, stale === null ? sets : []), ...losses.approvals()],
    deferred: [...planner.result.deferred].sort(byRuleAndDataset),
    unsatisfied: [...planner.result.unsatisfied].sort(byRuleAndDataset),
    diagnostics: diagnoses.sorted(desired.diagnostics),
  };
  const digest = measure('plan.digest', () =>
    planDigest(document, options.memory?.digestHead ?? null, carried?.actions.texts ?? null),
  );
  const { apiVersion, kind, ...rest } = document;
  return {
    plan: { apiVersion, kind, digest, ...rest },
    cancellations,
    deferred: uniqueDeferred(planner.result.deferredNeeds),
    placements: seenPlacements(world),
    endings,
    moves,
    recording: recordingOf({
      datasets: snapshot.datasets.name,
      sites: world.sites.names,
      actions,
      marks: [...needs.marks, ...planner.placed.filter((mark) => !losses.holdsAt(mark))],
      copies: planner.result.copies.map((copy) => ({
        id: maker.copy(copy, null).action.id,
        copy,
        isGrowing: copy.need.growing && losses.holds(copy) === null,
      })),
    }),
    decisions,
    watched: watch === null ? null : watch.trace,
  };
}

/** 3: something waits for a person; 2: there are changes; 0: nothing to do. */
export function planExitCode(plan: Plan): 0 | 2 | 3 {
  const waits =
    plan.actions.some(({ held }) => held?.code === 'approval-required' || held?.code === 'stale') ||
    plan.diagnostics.some(({ code }) => code === 'watermark-unreachable');
  if (waits) return 3;
  return plan.actions.some(({ held }) => held === null) ? 2 : 0;
}

function excluded(world: World, replica: number, exclusion: Exclusion): Omit<Deletion, 'held'> {
  const bounds = world.tenancy.of(exclusion);
  const blockReplicas = world.remaining(replica).filter((br) => {
    if (bounds === null || bounds.outside(br) === null) return true;
    world.tenancy.noteBlockReplica(exclusion, bounds, br);
    return false;
  });
  return {
    replica,
    blockReplicas,
    ref: exclusion.origin.ref,
    ruleHash: exclusion.origin.hash,
    rule: null,
    cause: 'exclusion',
    reason: `Exclusion ${exclusion.name}: ${exclusion.reason}`,
  };
}

function partialMessage(snapshot: Snapshot): string {
  const reason = snapshot.completeness.state === 'partial' ? snapshot.completeness.reason : '';
  return `the inventory is not complete, so nothing is deleted: ${reason}`;
}

/** What several rules want is one action: what happens before what is held, then the first to say so. */
function unique(records: readonly ActionRecord[]): ActionRecord[] {
  const byId = new Map<string, ActionRecord>();
  for (const record of records) if (!byId.has(record.action.id)) byId.set(record.action.id, record);
  return [...byId.values()];
}

const typeOrder = { reassign: 0, copy: 1, delete: 2 } as const;

function sorted(records: readonly ActionRecord[]): ActionRecord[] {
  return [...records].sort(
    (a, b) =>
      typeOrder[a.action.type] - typeOrder[b.action.type] ||
      a.site - b.site ||
      a.dataset - b.dataset ||
      compareBytes(a.action.id, b.action.id) ||
      compareBytes(a.action.rule.id ?? '', b.action.rule.id ?? ''),
  );
}

function byRuleAndDataset(
  a: { rule: { kind: string; name: string }; dataset: string },
  b: { rule: { kind: string; name: string }; dataset: string },
): number {
  return (
    compareBytes(a.rule.kind, b.rule.kind) ||
    compareBytes(a.rule.name, b.rule.name) ||
    compareBytes(a.dataset, b.dataset)
  );
}

function approvalsOf(world: World, sets: readonly DeletionSet[]): Plan['approvals'] {
  return sets
    .filter((set) => set.held !== null)
    .map((set) => ({
      hash: set.hash,
      rule: set.ref,
      site: world.siteName(set.site),
      actions: set.deletions.length,
      bytes: set.bytes,
    }));
}

function uniqueDeferred(deferred: PlanResult['deferred']): PlanResult['deferred'] {
  const unique = new Map(deferred.map((entry) => [`${entry.placement}\n${entry.dataset}`, entry]));
  return [...unique.keys()].sort(compareBytes).map((key) => unique.get(key) as PlanResult['deferred'][number]);
}

function diagnose(world: World, diagnoses: Diagnoses): void {
  const { sites, snapshot, desired, clock } = world;
  const bytes = new Map<number, number>();
  for (let r = 0; r < snapshot.replicas.count; r++) {
    const site = shortAt(world.replicaSite, r);
    if (sites.documents[site] === null) bytes.set(site, (bytes.get(site) ?? 0) + intAt(world.present, r));
  }
  for (const [site, count] of bytes) {
    const message = `site ${world.siteName(site)} holds ${count} block replicas but has no document; no action touches it`;
    diagnoses.warn('undeclared-site', message, null);
  }
  if (desired.federation.datasetName !== null) {
    const pattern = `^(?:${desired.federation.datasetName})$`;
    const isName = world.answers.ofName(pattern, () => regexMatcher(pattern));
    const strange = snapshot.datasets.name.filter((_, dataset) => !isName(dataset));
    if (strange.length > 0) {
      const message = `${strange.length} dataset names do not match \`datasetName\`, the first is ${strange[0]}`;
      diagnoses.warn('dataset-name', message, desired.federation.origin);
    }
  }
  for (const retention of desired.retentions) {
    for (const rule of retention.rules) {
      if (rule.action !== 'protect' || rule.expires === null) continue;
      const { expires } = rule;
      if (clock.beside(expires) >= expires || expires - clock.beside(expires - announcedBefore) > announcedBefore)
        continue;
      const message = `protect rule ${rule.id} of Retention ${retention.name} ends at ${formatTime(rule.expires)}`;
      diagnoses.warn('protect-ending', message, rule.origin);
    }
  }
}

/** What the first evaluation decided, one row per rule and replica, sorted bytewise. */
function decisionRows(world: World, retirement: Retirement): DecisionRow[] {
  const rows: { row: DecisionRow; text: string }[] = [];
  const { size } = world.snapshot.blockReplicas;
  for (const decisions of retirement.decisions) {
    for (let r = 0; r < world.snapshot.replicas.count; r++) {
      for (const unit of decisions.firstEvaluation(r)) {
        if (unit.action === 'ignore') continue;
        let bytes = 0;
        for (const br of unit.blockReplicas) bytes += floatAt(size, br);
        const row: DecisionRow = {
          retention: decisions.retention.name,
          site: world.siteName(shortAt(world.replicaSite, r)),
          dataset: world.datasetName(intAt(world.snapshot.replicas.dataset, r)),
          rule: unit.rule === byDefault ? 'default' : (decisions.rules[unit.rule]?.id ?? 'default'),
          decision: unit.action,
          blocks: unit.blockReplicas.length,
          bytes,
        };
        rows.push({ row, text: Object.values(row).join('\t') });
      }
    }
  }
  return rows.sort((a, b) => compareBytes(a.text, b.text)).map(({ row }) => row);
}
