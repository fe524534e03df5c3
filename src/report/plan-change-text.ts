/** What a pull request changes, in front of the plan that it leads to. */
import type { PlannedAction } from '../planning/plan.js';
import { formatBytes } from '../policy/units.js';
import type { PlanChange } from './plan-change.js';
import { symbolOf } from './plan-groups.js';
import { plain, type Style } from './style.js';
import { count, printable, ruleAtPlace, shortCommit } from './wording.js';

const shownItems = 20;

export function planChangeText(
  change: PlanChange,
  options: { readonly style?: Style; readonly all?: boolean } = {},
): string {
  const style = options.style ?? plain;
  const limit = options.all === true ? Number.POSITIVE_INFINITY : shownItems;
  const base = baseName(change.base);
  const { added, removed, altered } = change;
  if (added.length + removed.length + altered.length === 0) {
    return `${style.bold(`Compared with ${base}: this change plans exactly the same actions.`)}\n`;
  }
  const lines = [style.bold(`Compared with ${base}`)];
  const list = (title: string, actions: readonly PlannedAction[]): void => {
    if (actions.length === 0) return;
    const bytes = actions.reduce((sum, action) => sum + action.bytes, 0);
    lines.push(`  ${title}: ${count(actions.length, 'action')}, ${formatBytes(bytes)}`);
    for (const action of actions.slice(0, limit)) lines.push(`    ${changedAction(action)}`);
    if (actions.length > limit) lines.push(`    ${style.dim(`and ${actions.length - limit} more (-v shows all)`)}`);
  };
  list('added by the change', added);
  list('no longer planned', removed);
  if (altered.length > 0) {
    lines.push(`  planned by both, but differently: ${count(altered.length, 'action')}`);
    for (const { before, after } of altered.slice(0, limit)) {
      lines.push(
        `    ${changedAction(after)}; was ${formatBytes(before.bytes)}, ${heldWord(before)}; is ${formatBytes(after.bytes)}, ${heldWord(after)}`,
      );
    }
    if (altered.length > limit) lines.push(`    ${style.dim(`and ${altered.length - limit} more (-v shows all)`)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `1a2b3c4d5e6f (main)`; the ref is left out where it is the commit itself. */
function baseName({ commit, ref }: PlanChange['base']): string {
  if (commit === null) return 'the base';
  return `${shortCommit(commit)}${ref === null || ref === commit ? '' : ` (${printable(ref)})`}`;
}

function changedAction(action: PlannedAction): string {
  const held = action.held === null ? '' : ` [${action.held.code}]`;
  return `${symbolOf(action)} ${action.type} ${printable(action.dataset)} at ${printable(action.site)}, ${formatBytes(action.bytes)}: ${ruleAtPlace(action.rule)}${held}`;
}

function heldWord(action: PlannedAction): string {
  return action.held === null ? 'not held' : `held (${action.held.code})`;
}
