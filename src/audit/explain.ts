/** Puts an {@link Explanation} together from the inventory, the plan, and the record of the past. */
import type { DesiredState, Origin, RuleRef } from '../desired/state.js';
import { compareBytes } from '../order.js';
import type { RetentionTrace } from '../planning/dataset-trace.js';
import type { PlannedAction, PlanResult } from '../planning/plan.js';
import { findName } from '../snapshot/find-name.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type {
  ExplainedAction,
  ExplainedLock,
  ExplainedPlacement,
  ExplainedReplica,
  ExplainedRule,
  Explanation,
  LineOrigin,
  Subject,
  WaitsFor,
  WhyNot,
} from './explanation.js';
import type { ActionRecord } from './records.js';

export interface ExplainInput {
  readonly subject: Subject;
  readonly snapshot: Snapshot;
  /** The rules and the plan they lead to (the dataset watched); null where no desired state was given. */
  readonly rules: { readonly desired: DesiredState; readonly result: PlanResult } | null;
  /** The site of `--why-not`, or null. */
  readonly whyNot: string | null;
  /** Actions on the dataset, the newest first; empty where there is no database. */
  readonly actions: readonly ActionRecord[];
  /** Locks in force that cover any of the dataset, with the site. */
  readonly locks: readonly {
    readonly rule: RuleRef;
    readonly site: string;
    readonly reason: string;
    readonly expires: number;
  }[];
  /** Who last changed the line of a rule; null outside git. */
  readonly originOf: (rule: RuleRef) => Promise<LineOrigin | null>;
}

const openStates = new Set(['planned', 'ready', 'running', 'retrying', 'held']);

export async function explain(input: ExplainInput): Promise<Explanation> {
  const { subject, snapshot, rules } = input;
  const explainer = new RuleExplainer(rules?.desired ?? null, input.originOf);
  const concerned = (action: { readonly site: string; readonly blocks: readonly string[] | null }): boolean =>
    (subject.site === null || action.site === subject.site) &&
    (subject.block === null || action.blocks === null || action.blocks.includes(subject.block));
  const planned = (rules?.result.plan.actions ?? []).filter(
    (action) => action.dataset === subject.dataset && concerned(action),
  );
  const held = await explainHoldings(input, planned, explainer);
  const sites = new Set(held.map((replica) => replica.site));
  const approvalHashes = new Set(planned.filter((action) => action.held?.code === 'approval-required').map(groupOf));
  return {
    subject,
    dataset: describeDataset(snapshot, subject),
    rulesKnown: rules !== null,
    replicas: held,
    placements: rules === null ? [] : await explainPlacements(subject, rules.result, explainer),
    whyNot: input.whyNot === null || rules === null ? null : await explainWhyNot(input.whyNot, rules, explainer),
    planned: await explainActions(
      planned.filter((action) => !sites.has(action.site)),
      explainer,
    ),
    approvals: (rules?.result.plan.approvals ?? []).filter((approval) => approvalHashes.has(groupOf(approval))),
    open: input.actions.filter((action) => openStates.has(action.state) && concerned(action)),
    history: input.actions.filter((action) => !openStates.has(action.state) && concerned(action)),
  };
}

/** What an approval covers: the held actions of one rule at one site. */
function groupOf(item: { readonly rule: RuleRef; readonly site: string }): string {
  return JSON.stringify([item.rule.kind, item.rule.name, item.rule.id, item.site]);
}

/** Index of a dataset, or -1. */
export function findDataset({ datasets }: Snapshot, name: string): number {
  return findName(datasets.name, 0, datasets.count, name);
}

/** Blocks of a dataset that the subject means: one, or all. */
function blocksOf(snapshot: Snapshot, dataset: number, subject: Subject): number[] {
  const { blockStart } = snapshot.datasets;
  const blocks: number[] = [];
  for (let b = blockStart[dataset] ?? 0; b < (blockStart[dataset + 1] ?? 0); b++) {
    if (subject.block === null || snapshot.blocks.name.at(b) === subject.block) blocks.push(b);
  }
  return blocks;
}

function describeDataset(snapshot: Snapshot, subject: Subject): Explanation['dataset'] {
  const { datasets, blocks } = snapshot;
  const d = findDataset(snapshot, subject.dataset);
  if (d < 0) return null;
  const meant = blocksOf(snapshot, d, subject);
  const sum = (column: ArrayLike<number>): number => meant.reduce((total, b) => total + (column[b] ?? 0), 0);
  const labels: Record<string, string> = {};
  for (const key of [...datasets.labels.keys()].sort(compareBytes)) {
    const value = datasets.labels.get(key)?.[d];
    if (value !== undefined && value !== '') labels[key] = value;
  }
  return {
    status: datasets.status[d] ?? '',
    type: datasets.type[d] ?? '',
    open: datasets.open[d] === 1,
    blocks: meant.length,
    files: sum(blocks.files),
    bytes: sum(blocks.size),
    labels,
  };
}

async function explainHoldings(
  input: ExplainInput,
  planned: readonly PlannedAction[],
  explainer: RuleExplainer,
): Promise<ExplainedReplica[]> {
  const { subject, snapshot, rules } = input;
  const { datasets, replicas, blockReplicas } = snapshot;
  const d = findDataset(snapshot, subject.dataset);
  if (d < 0) return [];
  const meant = new Set(blocksOf(snapshot, d, subject));
  const result: ExplainedReplica[] = [];
  for (let r = datasets.replicaStart[d] ?? 0; r < (datasets.replicaStart[d + 1] ?? 0); r++) {
    const site = snapshot.sites[replicas.site[r] ?? 0] ?? '';
    if (subject.site !== null && site !== subject.site) continue;
    const there: number[] = [];
    for (let i = replicas.start[r] ?? 0; i < (replicas.start[r + 1] ?? 0); i++) {
      if (meant.has(blockReplicas.block[i] ?? -1)) there.push(i);
    }
    // A subscription that is still empty is shown for the dataset, not for one block of it.
    if (there.length === 0 && subject.block !== null) continue;
    const document = rules?.desired.sites.find((candidate) => candidate.name === site);
    const here = planned.filter((action) => action.site === site);
    const retentions = (rules?.result.watched?.retentions ?? []).filter((trace) => trace.site === site);
    const owners = new Set(there.map((i) => snapshot.owners[blockReplicas.owner[i] ?? 0] ?? ''));
    result.push({
      site,
      state: document?.state ?? null,
      storage: document?.storage ?? null,
      blocks: there.length,
      blocksOfDataset: meant.size,
      completeBlocks: there.filter((i) => blockReplicas.complete[i] === 1).length,
      bytes: there.reduce((total, i) => total + (blockReplicas.size[i] ?? 0), 0),
      owners: [...owners].sort(compareBytes),
      custodial: there.some((i) => blockReplicas.custodial[i] === 1),
      managed: there.every((i) => blockReplicas.managed[i] === 1),
      growing: replicas.growing[r] === 1,
      decisions: await explainDecisions(retentions, explainer),
      retentions,
      requiredBy: await explainer.placements(
        (rules?.result.recording().requiredMarks ?? [])
          .filter((mark) => mark.dataset === subject.dataset && mark.site === site)
          .map((mark) => mark.placement),
      ),
      locks: await explainLocks(input.locks, site, explainer),
      planned: await explainActions(here, explainer),
      waitsFor: waitsFor(retentions, here, rules?.result ?? null),
    });
  }
  return result;
}

async function explainDecisions(
  retentions: readonly RetentionTrace[],
  explainer: RuleExplainer,
): Promise<ExplainedReplica['decisions']> {
  const result = [];
  for (const { decided } of retentions) {
    for (const { ref, action, blocks, bytes } of decided) {
      if (action === 'ignore') continue;
      result.push({ decision: action, blocks: blocks.length, bytes, rule: await explainer.rule(ref) });
    }
  }
  return result;
}

/** What has to happen before the rules have their way with a replica. */
function waitsFor(
  retentions: readonly RetentionTrace[],
  planned: readonly PlannedAction[],
  result: PlanResult | null,
): WaitsFor[] {
  const waits: WaitsFor[] = [];
  for (const action of planned) {
    if (action.held === null) continue;
    const { code, message } = action.held;
    const approval =
      code === 'approval-required'
        ? (result?.plan.approvals.find((candidate) => groupOf(candidate) === groupOf(action))?.hash ?? null)
        : null;
    waits.push({ kind: 'held', action: action.id, code, message, approval });
  }
  const goes = planned.some((action) => action.type === 'delete');
  for (const { retention, trigger, decided } of retentions) {
    if (goes || !decided.some(({ action }) => action === 'dismiss')) continue;
    waits.push(trigger?.held === true ? { kind: 'turn', retention } : { kind: 'trigger', retention, trigger });
  }
  return waits;
}

async function explainWhyNot(
  site: string,
  { desired, result }: NonNullable<ExplainInput['rules']>,
  explainer: RuleExplainer,
): Promise<WhyNot> {
  const placements: WhyNot['placements'][number][] = [];
  for (const trace of result.watched?.placements ?? []) {
    placements.push({ ...trace, rule: await explainer.rule(trace.placement) });
  }
  placements.sort((a, b) => Number(a.against !== null) - Number(b.against !== null));
  const state = desired.sites.find((document) => document.name === site)?.state ?? null;
  return { site, state, placements };
}

async function explainLocks(
  locks: ExplainInput['locks'],
  site: string,
  explainer: RuleExplainer,
): Promise<ExplainedLock[]> {
  const result: ExplainedLock[] = [];
  for (const lock of locks) {
    if (lock.site !== site) continue;
    result.push({ rule: await explainer.rule(lock.rule), reason: lock.reason, expires: lock.expires });
  }
  return result;
}

async function explainActions(actions: readonly PlannedAction[], explainer: RuleExplainer): Promise<ExplainedAction[]> {
  const result: ExplainedAction[] = [];
  for (const action of actions) result.push({ action, rule: await explainer.rule(action.rule) });
  return result;
}

/** Every placement that wants the dataset, by what it requires, copies, puts off, or cannot have. */
async function explainPlacements(
  subject: Subject,
  result: PlanResult,
  explainer: RuleExplainer,
): Promise<ExplainedPlacement[]> {
  const { plan } = result;
  const ofSubject = <T extends { readonly dataset: string; readonly rule: RuleRef }>(
    items: readonly T[],
    name: string,
  ): T[] =>
    items.filter(
      (item) => item.dataset === subject.dataset && item.rule.kind === 'Placement' && item.rule.name === name,
    );
  const names = new Set([
    ...result
      .recording()
      .requiredMarks.filter((mark) => mark.dataset === subject.dataset)
      .map((mark) => mark.placement),
    ...[...plan.actions, ...plan.deferred, ...plan.unsatisfied]
      .filter((item) => item.dataset === subject.dataset && item.rule.kind === 'Placement')
      .map((item) => item.rule.name),
  ]);
  const placements: ExplainedPlacement[] = [];
  for (const name of [...names].sort(compareBytes)) {
    const [rule] = await explainer.placements([name]);
    if (rule === undefined) continue;
    placements.push({
      rule,
      requires: result
        .recording()
        .requiredMarks.filter((mark) => mark.dataset === subject.dataset && mark.placement === name)
        .map((mark) => mark.site),
      copies: ofSubject(plan.actions, name)
        .filter((action) => action.type === 'copy')
        .map((action) => action.site),
      deferred: ofSubject(plan.deferred, name).map(({ site, limit, reason, bytes }) => ({
        site,
        limit,
        reason,
        bytes,
      })),
      unsatisfied: ofSubject(plan.unsatisfied, name).map(({ missing, code, reason }) => ({ missing, code, reason })),
    });
  }
  return placements;
}

/** Finds the documents behind rules, and asks once per line where it comes from. */
class RuleExplainer {
  readonly #desired: DesiredState | null;
  readonly #originOf: ExplainInput['originOf'];
  readonly #origins = new Map<string, Promise<LineOrigin | null>>();

  constructor(desired: DesiredState | null, originOf: ExplainInput['originOf']) {
    this.#desired = desired;
    this.#originOf = originOf;
  }

  async rule(ref: RuleRef): Promise<ExplainedRule> {
    const document = this.#find(ref);
    const key = `${ref.file}:${ref.line}`;
    let origin = this.#origins.get(key);
    if (origin === undefined) {
      origin = ref.file === '' ? Promise.resolve(null) : this.#originOf(ref);
      this.#origins.set(key, origin);
    }
    return {
      ref,
      description: document?.description ?? null,
      requestedBy: document?.requestedBy ?? null,
      link: document?.link ?? null,
      origin: await origin,
    };
  }

  /** Names that no document has any more are left out. */
  async placements(names: readonly string[]): Promise<ExplainedRule[]> {
    const result: ExplainedRule[] = [];
    for (const name of names) {
      const placement = this.#desired?.placements.find((candidate) => candidate.name === name);
      if (placement !== undefined) result.push(await this.rule(placement.origin.ref));
    }
    return result;
  }

  #find(ref: RuleRef): Origin | null {
    const desired = this.#desired;
    if (desired === null) return null;
    if (ref.kind === 'Retention') {
      const document = desired.retentions.find((candidate) => candidate.name === ref.name);
      return document?.rules.find((rule) => rule.id === ref.id)?.origin ?? document?.origin ?? null;
    }
    const lists: Readonly<Record<string, readonly { readonly name: string; readonly origin: Origin }[]>> = {
      Federation: [desired.federation],
      Site: desired.sites,
      Group: desired.groups,
      Partition: desired.partitions,
      Placement: desired.placements,
      Lock: desired.locks,
      Exclusion: desired.exclusions,
      Ownership: desired.ownerships,
      Rebalance: desired.rebalances,
      Guard: desired.guards,
      Window: desired.windows,
    };
    return lists[ref.kind]?.find((document) => document.name === ref.name)?.origin ?? null;
  }
}
