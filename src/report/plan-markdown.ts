/**
 * A plan for a pull request: a verdict, a table of what each site gains and loses, what needs a person, and the
 * details folded away. At most {@link maximumLength} characters, because forges refuse longer comments.
 */
import type { Plan } from '../planning/plan.js';
import { formatBytes } from '../policy/units.js';
import { diagnosticCounts, diagnosticLine } from './diagnostics.js';
import { code, fenceFor, htmlCode, LimitedPage } from './markdown.js';
import type { PlanChange } from './plan-change.js';
import { planChangeText } from './plan-change-text.js';
import { siteSections, symbolOf } from './plan-groups.js';
import { summaryLine } from './plan-summary.js';
import { deferredLines, groupLines, legendText, unsatisfiedLines } from './plan-text.js';
import { plain } from './style.js';
import { count, percent, ruleName, rulePlace, shortCommit } from './wording.js';

/** Forges cut or refuse comments above 65,536 characters; a margin is left for what they add. */
const maximumLength = 60_000;

/** The most characters that the table of sites may take, so that the reasons below it have room. */
const tableShare = 15_000;
const shownItems = 50;

export function planMarkdown(plan: Plan, change?: PlanChange): string {
  const page = new LimitedPage(maximumLength);
  page.add({ before: `## ${verdict(plan)}`, lines: headLines(plan), after: '', describeCut: () => 'the heading' });
  addTable(page, plan);
  addApprovals(page, plan);
  if (change !== undefined) {
    const lines = planChangeText(change, { all: true }).trimEnd().split('\n');
    const { added, removed, altered } = change;
    const title = `What this change does: ${added.length} added, ${removed.length} removed, ${altered.length} altered`;
    addDetails(page, title, lines, 'what the change adds and removes', 20_000);
  }
  addDiagnostics(page, plan);
  addDetails(
    page,
    `Unsatisfied: ${count(plan.summary.unsatisfied, 'need')}`,
    unsatisfiedLines(plan.unsatisfied, shownItems, plain),
    'unsatisfied needs',
  );
  addDetails(
    page,
    `Deferred: ${formatBytes(plan.summary.deferred.bytes)}`,
    deferredLines(plan.deferred, shownItems, plain),
    'deferred copies',
  );
  for (const section of siteSections(plan, plan.actions)) {
    if (section.groups.length === 0) continue;
    const sum = (type: string): number =>
      section.groups.reduce(
        (total, group) => total + (group.type === type && group.heldCode === null ? group.bytes : 0),
        0,
      );
    const figures = [
      ...(sum('delete') > 0 ? [`${formatBytes(sum('delete'))} deleted`] : []),
      ...(sum('copy') > 0 ? [`${formatBytes(sum('copy'))} copied in`] : []),
    ];
    const lines = section.groups
      .flatMap((group) => groupLines(group, shownItems, plain))
      .map((line) => line.replace(/^ {2}/, ''));
    const title = `${htmlCode(section.site)}${figures.length === 0 ? '' : `: ${figures.join(', ')}`}`;
    // Forges colour lines of a diff by their first character, which here is the symbol.
    addDetails(page, title, lines, `details of ${code(section.site)}`, Number.POSITIVE_INFINITY, 'diff');
  }
  const legend = legendText(plan.actions, plain);
  page.add({
    before: `Digest ${code(plan.digest)}`,
    lines: legend === '' ? [] : [legend],
    after: '',
    describeCut: () => 'the legend',
  });
  return page.finish('`stator plan` prints all of it.');
}

function verdict(plan: Plan): string {
  if (plan.approvals.length > 0)
    return `Stator: ${count(plan.approvals.length, 'group')} of actions would wait for approval`;
  if (plan.actions.some((action) => action.held === null)) return 'Stator: this would change data';
  if (plan.actions.some((action) => symbolOf(action) === '.')) return 'Stator: changes would wait';
  return 'Stator: no changes';
}

function headLines(plan: Plan): string[] {
  const { desired, inventory } = plan;
  const rules =
    desired.commit === null
      ? 'the given directory'
      : `${code(shortCommit(desired.commit))}${desired.ref === null ? '' : ` (${code(desired.ref)})`}`;
  return [
    '',
    `**${summaryLine(plan, rules)}**`,
    '',
    `Rules ${rules}; inventory generation ${inventory.generation} of ${inventory.takenAt} (${code(inventory.completeness)}): ` +
      `${count(inventory.datasets, 'dataset')}, ${count(inventory.replicas, 'block replica')}, ${formatBytes(inventory.bytes)}; clock ${plan.clock}`,
  ];
}

function addTable(page: LimitedPage, plan: Plan): void {
  const order = new Map(siteSections(plan, plan.actions).map((section, index) => [section.site, index]));
  const lines = plan.sites
    .filter((line) => order.has(line.site))
    .sort((a, b) => (order.get(a.site) ?? 0) - (order.get(b.site) ?? 0));
  if (lines.length === 0) return;
  const rows = lines.map((line) => {
    const { quota } = line;
    const share = (bytes: number): string => (quota === null || quota === 0 ? '' : ` (${percent(bytes / quota)})`);
    return `| ${[
      code(line.site),
      code(line.partition),
      quota === null ? 'none' : formatBytes(quota),
      `${formatBytes(line.usedBefore)}${share(line.usedBefore)}`,
      `${formatBytes(line.usedAfter)}${share(line.usedAfter)}`,
      formatBytes(line.copyIn),
      formatBytes(line.delete),
      line.triggered ? 'yes' : '',
    ].join(' | ')} |`;
  });
  page.add(
    {
      before:
        '| site | partition | quota | used before | used after | copied in | deleted | over watermark |\n|---|---|--:|--:|--:|--:|--:|---|',
      lines: rows,
      after: '',
      describeCut: (shown) => `${count(rows.length - shown, 'row')} of the table of sites`,
    },
    tableShare,
  );
}

function addApprovals(page: LimitedPage, plan: Plan): void {
  if (plan.approvals.length === 0) return;
  const rows = plan.approvals.map(
    (approval) =>
      `| ${[
        code(approval.site),
        code(ruleName(approval.rule)),
        code(rulePlace(approval.rule)),
        String(approval.actions),
        formatBytes(approval.bytes),
        code(`stator approve ${approval.hash} --reason 'why'`),
      ].join(' | ')} |`,
  );
  page.add(
    {
      before:
        '### Would wait for approval\n\n| site | rule | place | actions | bytes | command |\n|---|---|---|--:|--:|---|',
      lines: rows,
      after: '',
      describeCut: (shown) => count(rows.length - shown, 'approval'),
    },
    tableShare,
  );
}

function addDiagnostics(page: LimitedPage, plan: Plan): void {
  const lines = plan.diagnostics.map((diagnostic) => diagnosticLine(diagnostic));
  addDetails(page, `Diagnostics: ${diagnosticCounts(plan.diagnostics)}`, lines, 'diagnostics', 10_000);
}

/** A folded fence. `title` is HTML; the blank lines around the fence make forges render it as Markdown. */
function addDetails(
  page: LimitedPage,
  title: string,
  lines: readonly string[],
  what: string,
  share = Number.POSITIVE_INFINITY,
  language = 'text',
): void {
  if (lines.length === 0) return;
  const fence = fenceFor(lines);
  page.add(
    {
      before: `<details><summary>${title}</summary>\n\n${fence}${language}`,
      lines,
      after: `${fence}\n\n</details>`,
      describeCut: (shown) => `${count(lines.length - shown, 'line')} of ${what}`,
    },
    share,
  );
}
