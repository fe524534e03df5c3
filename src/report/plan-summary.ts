/** The one line that sums up a plan; parts that are zero are left out. */
import type { Plan, Tally } from '../planning/plan.js';
import { formatBytes } from '../policy/units.js';
import { count, sourceLine, thousands } from './wording.js';

/** `rules` names the rules where nothing changes; Markdown passes them in code spans. */
export function summaryLine(plan: Plan, rules = sourceLine(plan.desired)): string {
  const { summary } = plan;
  const part = (tally: Tally, what: string): string[] =>
    tally.actions === 0 ? [] : [`${thousands(tally.actions)} ${what} (${formatBytes(tally.bytes)})`];
  const parts = [
    ...part(summary.copy, 'to copy'),
    ...part(summary.delete, 'to delete'),
    ...part(summary.reassign, 'to re-own'),
    ...part(summary.held, 'held'),
    ...part(summary.deferred, 'deferred'),
    ...(summary.unsatisfied === 0 ? [] : [`${thousands(summary.unsatisfied)} unsatisfied`]),
  ];
  if (parts.length === 0) {
    return `No changes: ${count(plan.inventory.replicas, 'block replica')} (${formatBytes(plan.inventory.bytes)}) agree with the rules of ${rules}.`;
  }
  return `Plan: ${[...parts, ...unchanged(plan)].join(', ')}.`;
}

function unchanged(plan: Plan): string[] {
  const { protect, keep } = plan.summary;
  return [
    ...(protect.actions === 0 ? [] : [`${thousands(protect.actions)} protected (${formatBytes(protect.bytes)})`]),
    ...(keep.actions === 0 ? [] : [`${thousands(keep.actions)} kept (${formatBytes(keep.bytes)})`]),
  ];
}
