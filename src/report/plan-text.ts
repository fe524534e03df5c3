/**
 * A plan for people at a terminal, in the order in which they decide: what drifted, what happens at each site (worst
 * first), what waits for somebody, what could not be done, one line of sums, and the digest that names all of it.
 *
 * Unchanged data is a count. Long groups are cut to their largest items unless everything is asked for; the JSON
 * document always has all of it.
 */
import type { Diagnostic } from '../diagnostic.js';
import { compareBytes } from '../order.js';
import type { Deferred, Plan, PlannedAction, SitePartitionLine, Unsatisfied } from '../planning/plan.js';
import { formatBytes } from '../policy/units.js';
import { diagnosticLine } from './diagnostics.js';
import {
  type ActionGroup,
  type ActionSymbol,
  reasonsOf,
  siteSections,
  symbolMeanings,
  symbolOf,
} from './plan-groups.js';
import { summaryLine } from './plan-summary.js';
import { plain, type Style } from './style.js';
import { count, percent, printable, ruleAtPlace, sourceLine } from './wording.js';

export interface PlanTextOptions {
  readonly style?: Style;
  /** Every item of every group, and every diagnostic, however many. */
  readonly all?: boolean;
}

/** Items of one group that are shown when not all are asked for. */
const shownItems = 10;

export function planText(plan: Plan, options: PlanTextOptions = {}): string {
  const style = options.style ?? plain;
  const limit = options.all === true ? Number.POSITIVE_INFINITY : shownItems;
  const drift = plan.actions.filter((action) => action.cause === 'drift');
  const others = plan.actions.filter((action) => action.cause !== 'drift');
  const blocks = [
    head(plan, style),
    driftBlock(drift, limit, style),
    legendBlock(plan.actions, style),
    ...siteSections(plan, others).map((section) => [
      style.bold(printable(section.site)),
      ...section.partitions.map((line) => `  ${occupancy(line, style)}`),
      ...section.groups.flatMap((group) => groupLines(group, limit, style)),
    ]),
    approvalBlock(plan, style),
    deferredBlock(plan.deferred, limit, style),
    unsatisfiedBlock(plan.unsatisfied, limit, style),
    diagnosticBlock(plan.diagnostics, options.all === true, style),
    [style.bold(summaryLine(plan)), `Digest ${plan.digest}`],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function head(plan: Plan, style: Style): string[] {
  const { inventory } = plan;
  const contents = [
    count(inventory.datasets, 'dataset'),
    count(inventory.blocks, 'block'),
    count(inventory.replicas, 'block replica'),
    formatBytes(inventory.bytes),
  ].join(', ');
  const completeness =
    inventory.completeness === 'complete' ? 'complete' : style.red(printable(inventory.completeness));
  return [
    style.bold(`Plan at ${plan.clock}`),
    `  rules      ${sourceLine(plan.desired)}`,
    `  inventory  generation ${inventory.generation} of ${inventory.takenAt}, ${completeness}: ${contents}`,
  ];
}

function driftBlock(drift: readonly PlannedAction[], limit: number, style: Style): string[] {
  if (drift.length === 0) return [];
  const bytes = drift.reduce((sum, action) => sum + action.bytes, 0);
  return [
    style.bold(
      `Drift: ${count(drift.length, 'action')}, ${formatBytes(bytes)}, for what was lost or changed behind our back`,
    ),
    ...itemLines(drift, limit, '  ', (action) => [paint(symbolOf(action), style), printable(action.site)], style),
  ];
}

function legendBlock(actions: readonly PlannedAction[], style: Style): string[] {
  const text = legendText(actions, style);
  return text === '' ? [] : [text];
}

/** The symbols that these actions use, and no others; empty without actions. */
export function legendText(actions: readonly PlannedAction[], style: Style): string {
  const used = new Set(actions.map(symbolOf));
  const entries = (Object.keys(symbolMeanings) as ActionSymbol[])
    .filter((symbol) => used.has(symbol))
    .map((symbol) => `${paint(symbol, style)} ${symbolMeanings[symbol]}`);
  return entries.length === 0 ? '' : `Symbols: ${entries.join('   ')}`;
}

function paint(symbol: ActionSymbol, style: Style): string {
  if (symbol === '-') return style.red(symbol);
  if (symbol === '+') return style.green(symbol);
  if (symbol === '=') return style.dim(symbol);
  return style.yellow(symbol);
}

function occupancy(line: SitePartitionLine, style: Style): string {
  const triggered = line.triggered ? `, ${style.yellow('over its watermark')}` : '';
  const moved = `${formatBytes(line.usedBefore)} -> ${formatBytes(line.usedAfter)}`;
  const name = printable(line.partition);
  if (line.quota === null) return `${name}: ${moved}, no quota${triggered}`;
  const share = (bytes: number): string =>
    line.quota === 0 || line.quota === null ? (bytes === 0 ? '0.0%' : 'over') : percent(bytes / line.quota);
  const projected =
    line.projectedAfter === line.usedAfter ? '' : `, ${share(line.projectedAfter)} when all copies have arrived`;
  return (
    `${name}: ${share(line.usedBefore)} -> ${share(line.usedAfter)} of ${formatBytes(line.quota)} ` +
    `(${moved}, protected ${formatBytes(line.protected)})${projected}${triggered}`
  );
}

const verbs: Readonly<Record<PlannedAction['type'], readonly [string, string]>> = {
  copy: ['copy', 'copies'],
  delete: ['deletion', 'deletions'],
  reassign: ['change of owner', 'changes of owner'],
};

/** A group as lines, indented by two: what, how much, which rule; why; the items. */
export function groupLines(group: ActionGroup, limit: number, style: Style): string[] {
  const [one, many] = verbs[group.type];
  const held = group.heldCode === null ? '' : ` ${style.yellow(`[${group.heldCode}]`)}`;
  const title = `  ${paint(group.symbol, style)} ${count(group.actions.length, one, many)}, ${formatBytes(group.bytes)}: ${ruleAtPlace(group.rule)}${held}`;
  // What an invariant keeps needs nobody: the line says how much and which rule would have deleted it.
  if (group.symbol === '=' && limit !== Number.POSITIVE_INFINITY) return [title];
  const reasons = reasonsOf(group);
  const common = reasons.length === 1 ? reasons[0] : undefined;
  return [
    title,
    ...(common === undefined ? [] : [`    because ${printable(common)}`]),
    ...itemLines(group.actions, limit, '      ', () => [], style, common === undefined),
  ];
}

/** One line per action: bytes, what, where from. */
function itemLines(
  actions: readonly PlannedAction[],
  limit: number,
  indent: string,
  before: (action: PlannedAction) => readonly string[],
  style: Style,
  withReason = false,
): string[] {
  const shown = actions.slice(0, limit);
  const width = shown.reduce((widest, action) => Math.max(widest, formatBytes(action.bytes).length), 0);
  const lines = shown.map((action) => {
    const blocks = action.blocks === null ? '' : ` (${count(action.blocks.length, 'block')})`;
    const from =
      action.type === 'copy' && action.sources.length > 0 ? ` <- ${printable(action.sources.join(', '))}` : '';
    const owner = action.type === 'reassign' ? ` -> ${printable(action.owner)}` : '';
    const why = withReason ? style.dim(`  because ${printable(action.held?.message ?? action.reason)}`) : '';
    const parts = [
      ...before(action),
      formatBytes(action.bytes).padStart(width),
      `${printable(action.dataset)}${blocks}${from}${owner}${why}`,
    ];
    return `${indent}${parts.join('  ')}`;
  });
  const rest = actions.slice(shown.length);
  if (rest.length > 0) {
    const bytes = rest.reduce((sum, action) => sum + action.bytes, 0);
    lines.push(
      `${indent}${style.dim(`and ${count(rest.length, 'more', 'more')}, ${formatBytes(bytes)} (-v shows all)`)}`,
    );
  }
  return lines;
}

function approvalBlock(plan: Plan, style: Style): string[] {
  if (plan.approvals.length === 0) return [];
  const lines = [style.bold('Waiting for approval')];
  for (const approval of [...plan.approvals].sort((a, b) => b.bytes - a.bytes || compareBytes(a.hash, b.hash))) {
    lines.push(
      `  ${paint('!', style)} ${count(approval.actions, 'action')} at ${printable(approval.site)}, ${formatBytes(approval.bytes)}: ${ruleAtPlace(approval.rule)}`,
      `    stator approve ${approval.hash} --reason 'why'`,
    );
  }
  return lines;
}

function deferredBlock(deferred: readonly Deferred[], limit: number, style: Style): string[] {
  if (deferred.length === 0) return [];
  const bytes = deferred.reduce((sum, item) => sum + item.bytes, 0);
  return [
    style.bold(`Deferred to a later cycle: ${count(deferred.length, 'copy', 'copies')}, ${formatBytes(bytes)}`),
    ...deferredLines(deferred, limit, style),
  ];
}

/** What did not fit, by the limit that deferred it. */
export function deferredLines(deferred: readonly Deferred[], limit: number, style: Style): string[] {
  const lines: string[] = [];
  for (const group of grouped(deferred, (item) => [item.limit, item.reason, item.rule])) {
    const sum = group.reduce((total, item) => total + item.bytes, 0);
    const first = group[0];
    if (first === undefined) continue;
    lines.push(
      `  . ${count(group.length, 'copy', 'copies')}, ${formatBytes(sum)}: ${ruleAtPlace(first.rule)}, limit ${printable(first.limit)}`,
      `    because ${printable(first.reason)}`,
      ...nameLines(
        group.map((item) => `${printable(item.dataset)}${item.site === null ? '' : ` -> ${printable(item.site)}`}`),
        limit,
        style,
      ),
    );
  }
  return lines;
}

function unsatisfiedBlock(unsatisfied: readonly Unsatisfied[], limit: number, style: Style): string[] {
  if (unsatisfied.length === 0) return [];
  return [
    style.bold(`Cannot be satisfied: ${count(unsatisfied.length, 'need')}`),
    ...unsatisfiedLines(unsatisfied, limit, style),
  ];
}

/** Needs that nothing can serve now, by what is missing. */
export function unsatisfiedLines(unsatisfied: readonly Unsatisfied[], limit: number, style: Style): string[] {
  const lines: string[] = [];
  for (const group of grouped(unsatisfied, (item) => [item.code, item.reason, item.rule])) {
    const first = group[0];
    if (first === undefined) continue;
    const missing = group.reduce((total, item) => total + item.missing, 0);
    lines.push(
      `  ${style.red('x')} ${count(missing, 'copy', 'copies')} missing: ${ruleAtPlace(first.rule)} ${style.red(`[${printable(first.code)}]`)}`,
      `    because ${printable(first.reason)}`,
      ...nameLines(
        group.map((item) => printable(item.dataset)),
        limit,
        style,
      ),
    );
  }
  return lines;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function nameLines(names: readonly string[], limit: number, style: Style): string[] {
  const lines = names.slice(0, limit).map((name) => `      ${name}`);
  if (names.length > lines.length)
    lines.push(`      ${style.dim(`and ${names.length - lines.length} more (-v shows all)`)}`);
  return lines;
}

function diagnosticBlock(diagnostics: readonly Diagnostic[], all: boolean, style: Style): string[] {
  const shown = all ? diagnostics : diagnostics.filter((diagnostic) => diagnostic.severity !== 'info');
  const hidden = diagnostics.length - shown.length;
  if (shown.length === 0 && hidden === 0) return [];
  const lines = [style.bold('Diagnostics'), ...shown.map((diagnostic) => `  ${diagnosticLine(diagnostic, style)}`)];
  if (hidden > 0) lines.push(`  ${style.dim(`and ${count(hidden, 'note')} (-v shows all)`)}`);
  return lines;
}
