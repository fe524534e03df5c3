/** What one cycle did, for people and for programs. */
import type { Plan } from '../planning/plan.js';
import { formatBytes } from '../policy/units.js';
import { summaryLine } from './plan-summary.js';
import { plain, type Style } from './style.js';
import { count, printable, ruleAtPlace } from './wording.js';

/** An action that came to an end, or to a halt, in a cycle. */
export interface SettledAction {
  readonly id: string;
  readonly type: 'copy' | 'delete' | 'reassign';
  readonly state: string;
  readonly dataset: string;
  readonly site: string;
  readonly owner: string;
  readonly bytes: number;
  readonly files: number;
  /** Why it is held, failed or was cancelled; null otherwise. */
  readonly message: string | null;
}

export interface CycleReport {
  readonly cycle: number | null;
  readonly plan: Plan | null;
  readonly actions: readonly SettledAction[];
  readonly moved: { readonly files: number; readonly bytes: number };
  readonly counts: {
    readonly done: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly held: number;
    readonly retrying: number;
    readonly underWay: number;
  };
}

/** Finished actions that are shown when not all are asked for. */
const shownActions = 30;

export function cycleText(
  report: CycleReport,
  options: { readonly style?: Style; readonly all?: boolean } = {},
): string {
  const style = options.style ?? plain;
  const limit = options.all === true ? Number.POSITIVE_INFINITY : shownActions;
  const { plan, counts } = report;
  const lines: string[] = [];
  if (plan !== null) lines.push(summaryLine(plan));
  const order: readonly string[] = ['failed', 'held', 'retrying', 'cancelled', 'done'];
  const shown = [...report.actions].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  lines.push(...shown.slice(0, limit).map((action) => `  ${settledLine(action, style)}`));
  if (shown.length > limit)
    lines.push(`  ${style.dim(`and ${count(shown.length - limit, 'more action')} (-v shows all)`)}`);
  for (const approval of plan?.approvals ?? []) {
    lines.push(
      `  ${style.yellow('!')} ${count(approval.actions, 'action')} at ${printable(approval.site)}, ${formatBytes(approval.bytes)}: ${ruleAtPlace(approval.rule)}`,
      `    stator approve ${approval.hash} --reason 'why'`,
    );
  }
  const parts = [
    `${counts.done} done`,
    ...(counts.failed > 0 ? [style.red(`${counts.failed} failed`)] : []),
    ...(counts.cancelled > 0 ? [`${counts.cancelled} cancelled`] : []),
    ...(counts.held > 0 ? [style.yellow(`${counts.held} held`)] : []),
    ...(counts.retrying > 0 ? [style.yellow(`${counts.retrying} to be tried again`)] : []),
    ...(counts.underWay > 0 ? [`${counts.underWay} under way`] : []),
  ];
  const moved =
    report.moved.files === 0 ? '' : `; ${count(report.moved.files, 'file')}, ${formatBytes(report.moved.bytes)}`;
  lines.push(style.bold(`Cycle ${report.cycle ?? '-'}: ${parts.join(', ')}${moved}.`));
  return `${lines.join('\n')}\n`;
}

function settledLine(action: SettledAction, style: Style): string {
  const done = action.state === 'done';
  const what = {
    copy: `${done ? 'copied' : 'copy'} ${action.dataset} to ${action.site}`,
    delete: `${done ? 'deleted' : 'delete'} ${action.dataset} at ${action.site}`,
    reassign: `${done ? 'gave' : 'give'} ${action.dataset} at ${action.site} to ${action.owner}`,
  }[action.type];
  const files = action.files === 0 ? '' : `${count(action.files, 'file')}, `;
  const text = `${printable(what)}, ${files}${formatBytes(action.bytes)}`;
  if (done) return `${style.green('done')}  ${text}`;
  const colour = action.state === 'failed' ? style.red : style.yellow;
  return `${colour(action.state)}  ${text}${action.message === null ? '' : `: ${printable(action.message)}`}`;
}

/** One object; `plan` is reduced to what names it and its summary. */
export function cycleDocument(report: CycleReport) {
  const { cycle, plan, actions, moved, counts } = report;
  return {
    cycle,
    commit: plan?.desired.commit ?? null,
    digest: plan?.digest ?? null,
    summary: plan?.summary ?? null,
    approvals: plan?.approvals ?? [],
    counts,
    moved,
    actions,
  };
}
