/**
 * The plan as data: the JSON document (`schemas/plan.schema.json`), and the same as one JSON object per line for
 * programs that stream. The order of fields is part of the contract, so every object is written out here field by field
 * and does not depend on how planning happened to build it.
 */
import type { RuleRef } from '../desired/state.js';
import type { Diagnostic } from '../diagnostic.js';
import type {
  Approval,
  Deferred,
  Plan,
  PlannedAction,
  SitePartitionLine,
  Tally,
  Unsatisfied,
} from '../planning/plan.js';
import type { PlanChange } from './plan-change.js';

/**
 * Pretty-printed with two spaces, ending in a newline; in pieces, because the plan of a large federation is longer than
 * the longest string. `change` (of `--base`) stands last and is not in the digest.
 */
export function* planJson(plan: Plan, change?: PlanChange): Generator<string> {
  const document = planDocument(plan);
  const fields = Object.entries(change === undefined ? document : { ...document, change: changeDocument(change) });
  let separator = '{';
  for (const [key, value] of fields) {
    yield `${separator}\n  ${JSON.stringify(key)}: `;
    separator = ',';
    if (Array.isArray(value)) yield* listJson(value);
    else yield indented(value, '  ');
  }
  yield '\n}\n';
}

/** Exactly as `JSON.stringify` would print it as a field of the outermost object. */
function* listJson(items: readonly unknown[]): Generator<string> {
  if (items.length === 0) {
    yield '[]';
    return;
  }
  let separator = '[';
  for (const item of items) {
    yield `${separator}\n    ${indented(item, '    ')}`;
    separator = ',';
  }
  yield '\n  ]';
}

function indented(value: unknown, indent: string): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`);
}

/** One record per line; `record` says which: header, site, action, approval, deferred, unsatisfied, diagnostic, summary. */
export function* planNdjson(plan: Plan, change?: PlanChange): Generator<string> {
  const document = planDocument(plan);
  const { apiVersion, kind, digest, desired, inventory, clock, engine } = document;
  const line = (record: string, fields: object): string => `${JSON.stringify({ record, ...fields })}\n`;
  yield line('header', { apiVersion, kind, digest, desired, inventory, clock, engine });
  for (const site of document.sites) yield line('site', site);
  for (const action of document.actions) yield line('action', action);
  for (const approval of document.approvals) yield line('approval', approval);
  for (const item of document.deferred) yield line('deferred', item);
  for (const item of document.unsatisfied) yield line('unsatisfied', item);
  for (const item of document.diagnostics) yield line('diagnostic', item);
  if (change !== undefined) {
    const { base, added, removed, altered } = changeDocument(change);
    yield line('change', { base, added: added.length, removed: removed.length, altered: altered.length });
    for (const action of added) yield line('added', action);
    for (const action of removed) yield line('removed', action);
    for (const pair of altered) yield line('altered', pair);
  }
  yield line('summary', document.summary);
}

function planDocument(plan: Plan) {
  const { desired, inventory, summary } = plan;
  return {
    apiVersion: plan.apiVersion,
    kind: plan.kind,
    digest: plan.digest,
    desired: {
      commit: desired.commit,
      tree: desired.tree,
      ref: desired.ref,
      author: desired.author,
      committedAt: desired.committedAt,
      signature: desired.signature,
    },
    inventory: {
      generation: inventory.generation,
      takenAt: inventory.takenAt,
      completeness: inventory.completeness,
      datasets: inventory.datasets,
      blocks: inventory.blocks,
      replicas: inventory.replicas,
      bytes: inventory.bytes,
    },
    clock: plan.clock,
    engine: plan.engine,
    summary: {
      copy: tally(summary.copy),
      delete: tally(summary.delete),
      reassign: tally(summary.reassign),
      held: tally(summary.held),
      deferred: tally(summary.deferred),
      unsatisfied: summary.unsatisfied,
      protect: tally(summary.protect),
      keep: tally(summary.keep),
    },
    sites: plan.sites.map(site),
    actions: plan.actions.map(action),
    approvals: plan.approvals.map(approval),
    deferred: plan.deferred.map(deferred),
    unsatisfied: plan.unsatisfied.map(unsatisfied),
    diagnostics: plan.diagnostics.map(diagnostic),
  };
}

const tally = ({ actions, datasets, blocks, bytes }: Tally): Tally => ({ actions, datasets, blocks, bytes });

const rule = ({ kind, name, id, file, line }: RuleRef): RuleRef => ({ kind, name, id, file, line });

const site = (line: SitePartitionLine): SitePartitionLine => ({
  site: line.site,
  partition: line.partition,
  quota: line.quota,
  usedBefore: line.usedBefore,
  usedAfter: line.usedAfter,
  projectedBefore: line.projectedBefore,
  projectedAfter: line.projectedAfter,
  protected: line.protected,
  copyIn: line.copyIn,
  delete: line.delete,
  triggered: line.triggered,
});

const action = (item: PlannedAction): PlannedAction => ({
  id: item.id,
  type: item.type,
  dataset: item.dataset,
  blocks: item.blocks,
  site: item.site,
  sources: item.sources,
  owner: item.owner,
  bytes: item.bytes,
  files: item.files,
  cause: item.cause,
  rule: rule(item.rule),
  reason: item.reason,
  held: item.held === null ? null : { code: item.held.code, message: item.held.message },
});

const approval = (item: Approval): Approval => ({
  hash: item.hash,
  rule: rule(item.rule),
  site: item.site,
  actions: item.actions,
  bytes: item.bytes,
});

const deferred = (item: Deferred): Deferred => ({
  rule: rule(item.rule),
  dataset: item.dataset,
  site: item.site,
  bytes: item.bytes,
  limit: item.limit,
  reason: item.reason,
});

const unsatisfied = (item: Unsatisfied): Unsatisfied => ({
  rule: rule(item.rule),
  dataset: item.dataset,
  missing: item.missing,
  code: item.code,
  reason: item.reason,
});

const diagnostic = (item: Diagnostic): Diagnostic => ({
  severity: item.severity,
  code: item.code,
  message: item.message,
  file: item.file,
  line: item.line,
  column: item.column,
});

function changeDocument(change: PlanChange) {
  return {
    base: { ref: change.base.ref, commit: change.base.commit, digest: change.base.digest },
    added: change.added.map(action),
    removed: change.removed.map(action),
    altered: change.altered.map(({ before, after }) => ({ before: action(before), after: action(after) })),
  };
}
