import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/planning/plan.js';
import { planChange } from '../../../src/report/plan-change.js';
import { planMarkdown } from '../../../src/report/plan-markdown.js';
import { action, emptyPlan, samplePlan } from './sample-plan.js';

/** The page without what stands in fences and code spans: what a forge would read as mark-up. */
function markup(page: string): string {
  const withoutFences: string[] = [];
  let fence: string | null = null;
  for (const line of page.split('\n')) {
    const run = /^(`{3,})/.exec(line)?.[1];
    if (fence === null && run !== undefined) fence = run;
    else if (fence !== null && line === fence) fence = null;
    else if (fence === null) withoutFences.push(line);
  }
  expect(fence, 'every fence is closed').toBeNull();
  return withoutFences
    .join('\n')
    .replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '')
    .replace(/<code>[^<>]*<\/code>/g, '');
}

describe('the plan as Markdown for a pull request', () => {
  it('has a verdict, a table of sites, approvals and folded details', async () => {
    await expect(planMarkdown(samplePlan, planChange(emptyPlan, samplePlan))).toMatchFileSnapshot('golden/plan.md');
  });

  it('says that nothing changes', async () => {
    await expect(planMarkdown(emptyPlan)).toMatchFileSnapshot('golden/plan-empty.md');
  });

  it('reads no name as mark-up, HTML, mention or end of a fence', () => {
    const evil = '/x`````/<img src=x>@team|**bold**[link](http://evil)\n```\n</details>--> #1';
    const line = samplePlan.sites[1];
    const plan: Plan = {
      ...samplePlan,
      desired: { ...samplePlan.desired, ref: evil },
      actions: [action({ type: 'delete', dataset: evil, site: evil, bytes: 1, reason: evil, sources: [evil] })],
      sites: line === undefined ? [] : [{ ...line, site: evil, partition: evil }],
      approvals: samplePlan.approvals.map((approval) => ({
        ...approval,
        site: evil,
        rule: { ...approval.rule, name: evil, file: evil },
      })),
      deferred: samplePlan.deferred.map((item) => ({ ...item, dataset: evil, reason: evil })),
      unsatisfied: samplePlan.unsatisfied.map((item) => ({ ...item, dataset: evil, reason: evil })),
      diagnostics: samplePlan.diagnostics.map((item) => ({ ...item, message: evil, file: evil })),
    };
    const page = planMarkdown(plan, planChange(emptyPlan, plan));
    expect(page).toContain('/x`````/');
    const read = markup(page);
    for (const piece of ['<img', '@team', '**bold', '[link]', 'evil', '-->', '#1']) expect(read).not.toContain(piece);
    expect(read.match(/<details>/g)?.length).toBe(read.match(/<\/details>/g)?.length);
  });

  it('stays below 60,000 characters, says what it cut, and closes what it opened', () => {
    const sites = Array.from({ length: 300 }, (_, i) => `T2_XX_Site${String(i).padStart(3, '0')}`);
    const first = samplePlan.sites[1];
    const plan: Plan = {
      ...samplePlan,
      sites: first === undefined ? [] : sites.map((site) => ({ ...first, site })),
      actions: sites.flatMap((site) =>
        Array.from({ length: 60 }, (_, i) =>
          action({ type: 'delete', dataset: `/Primary/Processed-v${i}/AOD`, site, bytes: 1e9 }),
        ),
      ),
      diagnostics: Array.from({ length: 5000 }, (_, i) => ({
        severity: 'warning' as const,
        code: 'dead-rule',
        message: `rule ${i} matches nothing`,
        file: 'a.yaml',
        line: i,
        column: 1,
      })),
    };
    const page = planMarkdown(plan);
    expect(page.length).toBeLessThanOrEqual(60_000);
    expect(page.length).toBeGreaterThan(40_000);
    expect(page).toMatch(/\*\*Cut to fit:\*\* \d+ rows of the table of sites; .*lines of diagnostics/);
    const read = markup(page);
    expect(read.match(/<details>/g)?.length).toBe(read.match(/<\/details>/g)?.length);
  });
});
