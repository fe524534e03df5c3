/** The difference of two versions of the rules, for people, for forges and for programs. */
import { formatBytes } from '../policy/units.js';
import { code, fenceFor, LimitedPage } from './markdown.js';
import { planChangeText } from './plan-change-text.js';
import { deferredLines, unsatisfiedLines } from './plan-text.js';
import { type ChangedDecision, type Decided, isSame, type RulesDiff, type Version } from './rules-diff.js';
import { plain, type Style } from './style.js';
import { table } from './table.js';
import { count, printable, shortCommit } from './wording.js';

const shownItems = 20;

/** Forges refuse longer comments; see `plan-markdown.ts`. */
const maximumLength = 60_000;

export function rulesDiffText(
  diff: RulesDiff,
  options: { readonly style?: Style; readonly all?: boolean } = {},
): string {
  const style = options.style ?? plain;
  const limit = options.all === true ? Number.POSITIVE_INFINITY : shownItems;
  const head = [
    style.bold(`Rules ${versionText(diff.from)} -> ${versionText(diff.to)}`),
    `Inventory generation ${diff.inventory.generation} of ${diff.inventory.takenAt}, clock ${diff.clock}`,
  ];
  if (isSame(diff)) return `${[...head, '', 'Both do the same.'].join('\n')}\n`;
  const sections = [
    head,
    planChangeText(diff.actions, options).trimEnd().split('\n'),
    siteLines(diff, style),
    decisionLines(diff, limit, style),
    ...[
      ['Unsatisfied with the second only', unsatisfiedLines(diff.unsatisfied.added, limit, style)],
      ['Unsatisfied with the first only', unsatisfiedLines(diff.unsatisfied.removed, limit, style)],
      ['Deferred with the second only', deferredLines(diff.deferred.added, limit, style)],
      ['Deferred with the first only', deferredLines(diff.deferred.removed, limit, style)],
    ].map(([title, lines]) => (lines === undefined || lines.length === 0 ? [] : [style.bold(String(title)), ...lines])),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

export function rulesDiffMarkdown(diff: RulesDiff): string {
  const page = new LimitedPage(maximumLength);
  const { added, removed, altered } = diff.actions;
  const verdict = isSame(diff)
    ? 'Stator: both versions of the rules do the same'
    : `Stator: ${count(added.length, 'action')} added, ${removed.length} removed, ${altered.length} altered, ${count(diff.decisions.length, 'decision')} changed`;
  const about = `Rules ${code(versionText(diff.from))} to ${code(versionText(diff.to))}; clock ${diff.clock}`;
  page.add({ before: `## ${verdict}`, lines: ['', about], after: '', describeCut: () => 'the heading' });
  if (!isSame(diff)) {
    const lines = rulesDiffText(diff, { all: true }).trimEnd().split('\n').slice(3);
    const fence = fenceFor(lines);
    page.add({ before: fence, lines, after: fence, describeCut: (shown) => `all but ${shown} lines` });
  }
  return page.finish('`stator diff` prints all of it.');
}

/** Every field; exit code and `same` agree. */
export function rulesDiffJson(diff: RulesDiff): string {
  const { base: _, ...actions } = diff.actions;
  return `${JSON.stringify({ same: isSame(diff), ...diff, actions }, null, 2)}\n`;
}

/** `1a2b3c4d5e6f (main, Jane Doe)`. */
function versionText({ commit, ref, author }: Version): string {
  if (commit === null) return 'the given directory';
  const parts = [ref === commit ? null : ref, author].filter((part) => part !== null);
  return printable(`${shortCommit(commit)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`);
}

function siteLines({ sites }: RulesDiff, style: Style): string[] {
  if (sites.length === 0) return [];
  const change = ({ before, after }: { readonly before: number; readonly after: number }): string =>
    before === after ? formatBytes(before) : `${formatBytes(before)} -> ${formatBytes(after)}`;
  const rows = sites.map((line) => [printable(line.site), change(line.copyIn), change(line.delete), change(line.held)]);
  const columns = [
    { title: 'site' },
    { title: 'copied in', align: 'right' },
    { title: 'deleted', align: 'right' },
    { title: 'of it held', align: 'right' },
  ] as const;
  return [style.bold('Bytes per site'), ...table(columns, rows, style)];
}

function decisionLines({ decisions }: RulesDiff, limit: number, style: Style): string[] {
  if (decisions.length === 0) return [];
  const lines = decisions.slice(0, limit).map((change) => `  ${decisionLine(change)}`);
  if (decisions.length > limit) lines.push(`  ${style.dim(`and ${decisions.length - limit} more (-v shows all)`)}`);
  return [style.bold(`Decided otherwise: ${count(decisions.length, 'replica')}`), ...lines];
}

function decisionLine({ site, dataset, before, after }: ChangedDecision): string {
  return printable(`${dataset} at ${site}: ${decidedText(before)} -> ${decidedText(after)}`);
}

function decidedText(decided: readonly Decided[]): string {
  if (decided.length === 0) return 'undecided';
  return decided
    .map(({ decision, retention, rule, bytes }) => `${decision} by ${retention}/${rule} (${formatBytes(bytes)})`)
    .join(', ');
}
