/**
 * From a plan to rows: its actions, what it calls off, and what the loop must remember, in one transaction. Recording
 * the same plan twice changes nothing (I8).
 */
import type { Transaction } from 'kysely';
import {
  type ActionRow,
  blocksOf,
  changeAction,
  changeCycle,
  type Database,
  finishedOfKeys,
  insertActions,
  inventoryGeneration,
  listActions,
  type NewAction,
  openStates,
  openSubscription,
  type Schema,
  saveDeferred,
  saveMarks,
  saveSiteStates,
  writeLoopState,
} from '../database/index.js';
import type { PlannedAction, PlanResult } from '../planning/plan.js';
import { defaultRetry, pauseAfterFailedActions, type RetryPolicy } from './backoff.js';
import type { ExecutionSites } from './site.js';

/** How planning names actions; passed in, because it is planning's. */
export interface ActionIdentity {
  key(type: ActionRow['type'], dataset: string, site: string, owner: string, blocks: readonly string[] | null): string;
  id(key: string, epoch: number): string;
}

export interface RecordedPlan {
  readonly result: PlanResult;
  /** The cycle's row. */
  readonly cycle: number;
  /** The clock it was planned at, seconds. */
  readonly clock: number;
  readonly sites: ExecutionSites;
  readonly identity: ActionIdentity;
  /** Whether the desired state is the verified current one; later ones must descend from it. */
  readonly verified: boolean;
  readonly retry?: RetryPolicy | undefined;
}

export interface RecordOutcome {
  readonly recorded: number;
  readonly released: number;
  readonly held: number;
  readonly calledOff: number;
  /** The generation of the inventory when the transaction ended, and whether it was that of the plan when it began. */
  readonly generation: number;
  readonly asPlanned: boolean;
}

export async function recordPlan(database: Database, plan: RecordedPlan): Promise<RecordOutcome> {
  return await database.transaction((trx) => record(trx, plan));
}

async function record(trx: Transaction<Schema>, input: RecordedPlan): Promise<RecordOutcome> {
  const { result, cycle, clock } = input;
  const { plan } = result;
  const generation = await inventoryGeneration(trx);
  const open = new Map((await listActions(trx, { states: openStates })).map((row) => [row.id, row]));
  const outcome = { recorded: 0, released: 0, held: 0, calledOff: 0 };

  const calledOff = new Set([...open.values()].filter((row) => row.cancel_reason !== null).map(({ id }) => id));
  const stop = async (row: ActionRow, reason: string): Promise<void> => {
    if (calledOff.has(row.id)) return;
    calledOff.add(row.id);
    await callOff(trx, row, reason, clock);
    outcome.calledOff++;
  };

  for (const { id, reason } of result.cancellations) {
    const row = open.get(id);
    if (row !== undefined) await stop(row, reason);
  }

  const fresh: { readonly action: PlannedAction; readonly key: string }[] = [];
  const named = new Set<string>();
  for (const action of plan.actions) {
    if (named.has(action.id)) continue;
    named.add(action.id);
    const row = open.get(action.id);
    if (row === undefined) {
      const { type, dataset, site, owner, blocks } = action;
      fresh.push({ action, key: input.identity.key(type, dataset, site, owner, blocks) });
      continue;
    }
    // One that is being called off runs out; the next plan may begin another.
    if (calledOff.has(row.id)) continue;
    const change = await update(trx, row, action, input);
    if (change === 'released') outcome.released++;
    if (change === 'held') outcome.held++;
  }

  // A plan names what it holds every time; what it does not name any more, nobody wants to delete now.
  if (plan.inventory.completeness === 'complete') {
    for (const row of open.values()) {
      const isNamed = row.type !== 'copy' || row.held_code === 'approval-required';
      const forgotten = row.state === 'held' && isNamed && row.started === null && !named.has(row.id);
      if (forgotten) await stop(row, 'no rule decides it any more');
    }
  }

  const finished = await finishedOfKeys(
    trx,
    fresh.map(({ key }) => key),
  );
  const openAt = new Map<string, ActionRow[]>();
  for (const row of open.values()) {
    const place = placeOf(row);
    const list = openAt.get(place);
    if (list === undefined) openAt.set(place, [row]);
    else list.push(row);
  }
  const rows: NewAction[] = [];
  for (const { action, key } of fresh) {
    const past = finished.get(key);
    const epoch = past?.finished ?? 0;
    // Finished since the snapshot was taken: the plan speaks of one that is over.
    if (input.identity.id(key, epoch) !== action.id) continue;
    for (const other of action.held === null ? (openAt.get(placeOf(action)) ?? []) : []) {
      if (areOpposites(other, action)) await stop(other, `the opposite was planned: ${action.type} ${action.id}`);
    }
    const pause = pauseAfterFailedActions(past?.failures ?? 0, input.retry ?? defaultRetry);
    rows.push(newRow(action, key, epoch, pause === 0 ? 0 : (past?.lastFinished ?? 0) + pause, input));
    if (action.held === null) outcome.recorded++;
    else outcome.held++;
  }
  await insertActions(trx, rows);

  for (const { dataset, site, owner } of result.recording().subscriptions) {
    await openSubscription(trx, { dataset, site, owner, at: clock });
  }
  await saveMarks(trx, result.recording().requiredMarks);
  await saveDeferred(trx, result.deferred);
  await writeLoopState(trx, 'placements', result.placements);
  await writeLoopState(trx, 'endings', result.endings);
  await writeLoopState(trx, 'moves', result.moves);
  await saveSiteStates(trx, new Map([...input.sites.values()].map((site) => [site.name, site.state])), clock);
  await writeLoopState(trx, 'sites', [...input.sites.values()]);
  if (input.verified) await writeLoopState(trx, 'applied', { commit: plan.desired.commit, verifiedAt: clock });
  await writeLoopState(
    trx,
    'watermarks',
    plan.sites
      .filter((line) => line.triggered)
      .map(({ site, partition, quota, usedAfter }) => ({ site, partition, quota, used: usedAfter })),
  );
  await changeCycle(trx, cycle, {
    commit_id: plan.desired.commit,
    tree: plan.desired.tree,
    ref: plan.desired.ref,
    author: plan.desired.author,
    committed_at: plan.desired.committedAt,
    digest: plan.digest,
    generation: plan.inventory.generation,
    summary: JSON.stringify(plan.summary),
  });
  return {
    ...outcome,
    generation: await inventoryGeneration(trx),
    asPlanned: generation === plan.inventory.generation,
  };
}

/** Brings an open action up to date with what the plan says of it now. */
async function update(
  trx: Transaction<Schema>,
  row: ActionRow,
  action: PlannedAction,
  input: RecordedPlan,
): Promise<'released' | 'held' | 'same'> {
  const hint = input.result.recording().transferHints.get(action.id);
  const said = {
    sources: JSON.stringify(action.sources),
    rule_kind: action.rule.kind,
    rule_name: action.rule.name,
    rule_id: action.rule.id,
    rule_file: action.rule.file,
    rule_line: action.rule.line,
    rule_hash: input.result.recording().ruleHashes.get(action.id) ?? row.rule_hash,
    reason: action.reason,
    priority: hint?.priority ?? row.priority,
    activity: hint?.activity ?? row.activity,
  };
  if (action.held !== null) {
    // What has begun is not held any more: its files are going.
    if (row.started !== null && row.type === 'delete') return 'same';
    const { code, message } = action.held;
    await changeWhereDifferent(trx, row, { ...said, state: 'held', held_code: code, held_message: message });
    return row.state === 'held' ? 'same' : 'held';
  }
  if (row.state !== 'held') {
    await changeWhereDifferent(trx, row, said);
    return 'same';
  }
  await changeAction(trx, row.id, {
    ...said,
    state: row.expanded === 1 ? 'ready' : 'planned',
    held_code: null,
    held_message: null,
    // From here on it is what this commit wants.
    commit_id: input.result.plan.desired.commit,
    commit_author: input.result.plan.desired.author,
    cycle: input.cycle,
    plan_digest: input.result.plan.digest,
  });
  return 'released';
}

/** Held actions are named by every plan, and hardly ever change. */
async function changeWhereDifferent(
  trx: Transaction<Schema>,
  row: ActionRow,
  change: Partial<ActionRow>,
): Promise<void> {
  const fields = Object.keys(change) as (keyof ActionRow)[];
  if (fields.some((field) => row[field] !== change[field])) await changeAction(trx, row.id, change);
}

function newRow(
  action: PlannedAction,
  key: string,
  epoch: number,
  notBefore: number,
  { result, cycle, clock }: RecordedPlan,
): NewAction {
  const hint = result.recording().transferHints.get(action.id);
  return {
    id: action.id,
    action_key: key,
    epoch,
    type: action.type,
    dataset: action.dataset,
    blocks: action.blocks === null ? null : JSON.stringify(action.blocks),
    site: action.site,
    sources: JSON.stringify(action.sources),
    owner: action.owner,
    bytes: action.bytes,
    files: action.files,
    cause: action.cause,
    rule_kind: action.rule.kind,
    rule_name: action.rule.name,
    rule_id: action.rule.id,
    rule_file: action.rule.file,
    rule_line: action.rule.line,
    rule_hash: result.recording().ruleHashes.get(action.id) ?? '',
    reason: action.reason,
    commit_id: result.plan.desired.commit,
    commit_author: result.plan.desired.author,
    cycle,
    plan_digest: result.plan.digest,
    state: action.held === null ? 'planned' : 'held',
    held_code: action.held?.code ?? null,
    held_message: action.held?.message ?? null,
    cancel_reason: null,
    error: null,
    priority: hint?.priority ?? 50,
    activity: hint?.activity ?? null,
    not_before: notBefore,
    created: clock,
    started: null,
    finished: null,
    expanded: 0,
    removed: null,
  };
}

/** Asks for the end of an action; at once where nothing of it has begun. */
async function callOff(trx: Transaction<Schema>, row: ActionRow, reason: string, clock: number): Promise<void> {
  if (row.expanded === 0 && row.started === null) {
    await changeAction(trx, row.id, { cancel_reason: reason, state: 'cancelled', finished: clock });
  } else {
    await changeAction(trx, row.id, { cancel_reason: reason });
  }
}

function placeOf({ dataset, site }: { readonly dataset: string; readonly site: string }): string {
  return JSON.stringify([dataset, site]);
}

/** A copy and a deletion of (some of) the same data; both are of one dataset at one site. */
function areOpposites(row: ActionRow, action: PlannedAction): boolean {
  const types = new Set([row.type, action.type]);
  return types.has('copy') && types.has('delete') && overlap(blocksOf(row), action.blocks);
}

export function overlap(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return true;
  const names = new Set(a);
  return b.some((name) => names.has(name));
}
