/** An explanation for people and for programs. */
import type {
  ExplainedAction,
  ExplainedPlacement,
  ExplainedReplica,
  ExplainedRule,
  Explanation,
  Subject,
  WaitsFor,
} from '../audit/explanation.js';
import type { ActionRecord } from '../audit/records.js';
import type { RetentionTrace } from '../planning/dataset-trace.js';
import { formatBytes, formatTime } from '../policy/units.js';
import { actionDocument, pastAction } from './action-record.js';
import { conditionDocument, conditionText } from './condition-text.js';
import { plain, type Style } from './style.js';
import { whyNotDocument, whyNotLines } from './why-not.js';
import { count, printable, ruleAtPlace, shortCommit } from './wording.js';

/** `DATASET[#BLOCK][@SITE]`. */
export function subjectText({ dataset, block, site }: Subject): string {
  return `${dataset}${block === null ? '' : `#${block}`}${site === null ? '' : `@${site}`}`;
}

/** Past actions that are shown when not all are asked for. */
const shownHistory = 20;

export function explanationText(
  explanation: Explanation,
  options: { readonly style?: Style; readonly all?: boolean } = {},
): string {
  const style = options.style ?? plain;
  const { subject, dataset, replicas, placements, planned, approvals, open, history, whyNot } = explanation;
  if (whyNot !== null && dataset !== null) {
    const there = replicas.filter((replica) => replica.site === whyNot.site);
    const title =
      there.length > 0 ? `It is at ${printable(whyNot.site)}` : `Why it is not at ${printable(whyNot.site)}`;
    const lines = [
      style.bold(printable(subjectText(subject))),
      `  ${datasetLine(dataset)}`,
      '',
      style.bold(title),
      ...there.flatMap((replica) => replicaLines(replica, style)),
      ...whyNotLines(whyNot),
    ];
    return `${lines.join('\n')}\n`;
  }
  const limit = options.all === true ? history.length : shownHistory;
  const blocks: string[][] = [
    [style.bold(printable(subjectText(subject))), `  ${datasetLine(dataset)}`],
    section(
      'Where it is',
      replicas.length === 0 ? [whereNot(explanation)] : replicas.flatMap((replica) => replicaLines(replica, style)),
      style,
    ),
    section(
      'Placements that want it',
      placements.flatMap((placement) => placementLines(placement, style)),
      style,
    ),
    section(
      'Planned now',
      planned.flatMap((item) => plannedLines(item, '  ', style)),
      style,
    ),
    section(
      'Waiting for approval',
      approvals.map(
        (approval) =>
          `  stator approve ${approval.hash} --reason 'why'   (${count(approval.actions, 'action')}, ${formatBytes(approval.bytes)})`,
      ),
      style,
    ),
    section(
      'Under way',
      open.flatMap((action) => pastAction(action, style)),
      style,
    ),
    section(
      'What was done',
      [
        ...history.slice(0, limit).flatMap((action) => pastAction(action, style)),
        ...(history.length > limit ? [`  ${style.dim(`and ${history.length - limit} earlier (-v shows all)`)}`] : []),
      ],
      style,
    ),
  ];
  if (!explanation.rulesKnown) {
    blocks.push([
      style.yellow('No desired state was given, so rules and plans are not shown: add --desired DIR or --repo URL.'),
    ]);
  }
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : [style.bold(title), ...lines];
}

function datasetLine(dataset: Explanation['dataset']): string {
  if (dataset === null) return 'not in the inventory any more';
  const labels = Object.entries(dataset.labels).map(([key, value]) => `${key}=${value}`);
  const parts = [
    dataset.status,
    ...(dataset.type === '' ? [] : [`type ${dataset.type}`]),
    dataset.open ? 'open' : 'closed',
    count(dataset.blocks, 'block'),
    count(dataset.files, 'file'),
    formatBytes(dataset.bytes),
    ...(labels.length === 0 ? [] : [`labels ${labels.join(', ')}`]),
  ];
  return printable(parts.join(', '));
}

function whereNot({ subject, dataset, planned, rulesKnown }: Explanation): string {
  if (dataset === null) return '  nowhere: the inventory does not know it';
  const place = subject.site === null ? 'at no site' : `not at ${printable(subject.site)}`;
  const hint = rulesKnown && subject.site !== null ? ` (--why-not ${printable(subject.site)} says why)` : '';
  return `  ${place}${planned.length === 0 ? `, and nothing is planned to bring it there${hint}` : ''}`;
}

function replicaLines(replica: ExplainedReplica, style: Style): string[] {
  const site = [replica.storage, replica.state].filter((part) => part !== null).join(', ');
  const owners = replica.owners.map((owner) => (owner === '' ? 'nobody' : owner)).join(', ');
  const incomplete = replica.blocks - replica.completeBlocks;
  const parts = [
    `${replica.blocks} of ${count(replica.blocksOfDataset, 'block')}`,
    ...(incomplete === 0 ? [] : [`${incomplete} incomplete`]),
    formatBytes(replica.bytes),
    ...(owners === '' ? [] : [`owned by ${owners}`]),
    ...(replica.custodial ? ['custodial'] : []),
    ...(replica.growing ? ['growing'] : []),
    ...(replica.managed ? [] : ['not managed: Stator never deletes it']),
  ];
  const lines = [
    `  ${style.bold(printable(replica.site))}${site === '' ? '' : ` (${site})`}: ${printable(parts.join(', '))}`,
  ];
  for (const rule of replica.requiredBy) lines.push(`    required by ${ruleText(rule)}`);
  for (const { decision, blocks, bytes, rule } of replica.decisions) {
    const colour = { protect: style.green, delete: style.red, dismiss: style.yellow }[decision];
    lines.push(`    ${colour(decision)} (${count(blocks, 'block')}, ${formatBytes(bytes)}) by ${ruleText(rule)}`);
  }
  for (const trace of replica.retentions) lines.push(...retentionLines(trace));
  for (const waits of replica.waitsFor) {
    const what = waitsForText(waits);
    if (what !== null) lines.push(`    ${style.yellow('waits')}: ${what}`);
  }
  for (const { rule, reason, expires } of replica.locks) {
    lines.push(`    locked until ${formatTime(expires)} by ${ruleText(rule)}: ${printable(reason)}`);
  }
  for (const item of replica.planned) lines.push(...plannedLines(item, '    ', style));
  return lines;
}

/** Every rule that was asked before one decided, and what it saw. */
function retentionLines({ retention, outside, rules }: RetentionTrace): string[] {
  if (outside !== null) {
    const why =
      outside.kind === 'partition' ? 'none of it is in its partition' : `its sites: ${conditionText(outside.sites)}`;
    return [`      ${ruleAtPlace(retention)} decides nothing here: ${why}`];
  }
  return rules.map((rule) => {
    const { condition, inert, asked, matched, block } = rule;
    const name = `      rule ${printable(rule.ref.id ?? '')} (${printable(`${rule.ref.file}:${rule.ref.line}`)}), ${rule.action}: `;
    if (condition === null || inert !== null) {
      const when = formatTime(inert?.at ?? 0);
      return `${name}not in force, ${inert?.kind === 'not-before' ? `it begins at ${when}` : `it ended at ${when}`}`;
    }
    const share = rule.scope === 'replica' || asked < 2 ? '' : `matched ${matched} of ${count(asked, 'block')}; `;
    const example = block === null || asked < 2 ? '' : `for ${printable(block)} `;
    return `${name}${share}${example}${conditionText(condition)}`;
  });
}

/** null for what the lines of the action say already. */
function waitsForText(waits: WaitsFor): string | null {
  if (waits.kind === 'held') {
    if (waits.approval === null) return null;
    return `for \`stator approve ${waits.approval} --reason 'why'\``;
  }
  const rule = ruleAtPlace(waits.retention);
  if (waits.kind === 'turn') return `until it is its turn: ${rule} reaches \`until\` at the site without it`;
  if (waits.trigger === null) return `${rule} has no trigger, so what it dismisses stays`;
  return `until the trigger of ${rule} holds: ${conditionText(waits.trigger)}`;
}

function placementLines(placement: ExplainedPlacement, style: Style): string[] {
  const lines = [`  ${ruleText(placement.rule)}`];
  if (placement.rule.description !== null) lines.push(`    ${style.dim(printable(placement.rule.description))}`);
  if (placement.requires.length > 0) lines.push(`    served by ${printable(placement.requires.join(', '))}`);
  if (placement.copies.length > 0) lines.push(`    copied to ${printable(placement.copies.join(', '))}`);
  for (const { site, limit, reason, bytes } of placement.deferred) {
    const where = site === null ? '' : ` to ${printable(site)}`;
    lines.push(`    deferred: ${formatBytes(bytes)}${where}, limit ${printable(limit)}: ${printable(reason)}`);
  }
  for (const { missing, code, reason } of placement.unsatisfied) {
    lines.push(
      `    ${style.red(`${count(missing, 'copy', 'copies')} missing [${printable(code)}]`)}: ${printable(reason)}`,
    );
  }
  return lines;
}

function plannedLines({ action, rule }: ExplainedAction, indent: string, style: Style): string[] {
  const from = action.type === 'copy' && action.sources.length > 0 ? ` from ${action.sources.join(', ')}` : '';
  const what = {
    copy: `copy to ${action.site}${from}`,
    delete: `delete at ${action.site}`,
    reassign: `give to ${action.owner} at ${action.site}`,
  }[action.type];
  const blocks = action.blocks === null ? '' : ` (${count(action.blocks.length, 'block')})`;
  const lines = [
    `${indent}planned: ${printable(what)}${blocks}, ${formatBytes(action.bytes)}, by ${ruleText(rule)}`,
    `${indent}  because ${printable(action.reason)}`,
  ];
  if (action.held !== null)
    lines.push(`${indent}  ${style.yellow(`held [${action.held.code}]`)}: ${printable(action.held.message)}`);
  return lines;
}

/** `Placement usa at rules/x.yaml:3 (1a2b3c4d5e6f, Jane Doe, 2026-11-21T10:00:00Z: Keep MINIAOD in the US)`. */
function ruleText(rule: ExplainedRule): string {
  const { origin } = rule;
  if (origin === null) return ruleAtPlace(rule.ref);
  const commit = `${shortCommit(origin.commit)}, ${origin.author}, ${origin.committedAt}: ${origin.summary}`;
  return `${ruleAtPlace(rule.ref)} (${printable(commit)})`;
}

/** The explanation with every field; times of the past as RFC 3339. */
export function explanationJson(explanation: Explanation): string {
  const past = (actions: readonly ActionRecord[]) => actions.map((action) => actionDocument(action));
  const document = {
    ...explanation,
    replicas: explanation.replicas.map((replica) => ({
      ...replica,
      retentions: replica.retentions.map(retentionDocument),
      waitsFor: replica.waitsFor.map((waits) =>
        waits.kind === 'trigger' && waits.trigger !== null
          ? { ...waits, trigger: conditionDocument(waits.trigger) }
          : waits,
      ),
      locks: replica.locks.map((lock) => ({ ...lock, expires: formatTime(lock.expires) })),
    })),
    whyNot: explanation.whyNot === null ? null : whyNotDocument(explanation.whyNot),
    open: past(explanation.open),
    history: past(explanation.history),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function retentionDocument(trace: RetentionTrace): object {
  return {
    ...trace,
    outside:
      trace.outside?.kind === 'sites'
        ? { ...trace.outside, sites: conditionDocument(trace.outside.sites) }
        : trace.outside,
    trigger: trace.trigger === null ? null : conditionDocument(trace.trigger),
    rules: trace.rules.map((rule) => ({
      ...rule,
      inert: rule.inert === null ? null : { ...rule.inert, at: formatTime(rule.inert.at) },
      condition: rule.condition === null ? null : conditionDocument(rule.condition),
    })),
  };
}
