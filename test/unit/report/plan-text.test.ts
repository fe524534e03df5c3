import { describe, expect, it } from 'vitest';
import { planChange } from '../../../src/report/plan-change.js';
import { planChangeText } from '../../../src/report/plan-change-text.js';
import { planText } from '../../../src/report/plan-text.js';
import { action, emptyPlan, samplePlan } from './sample-plan.js';

describe('the plan as text', () => {
  it('shows drift, sites worst first, approvals, what waits and what cannot be done', async () => {
    await expect(planText(samplePlan)).toMatchFileSnapshot('golden/plan.txt');
  });

  it('shows every item and every note when all is asked for', async () => {
    await expect(planText(samplePlan, { all: true })).toMatchFileSnapshot('golden/plan-all.txt');
  });

  it('says what was compared when there is nothing to do', async () => {
    await expect(planText(emptyPlan)).toMatchFileSnapshot('golden/plan-empty.txt');
  });

  it('explains only the symbols that it uses', () => {
    const plan = { ...emptyPlan, actions: [action({ type: 'delete', dataset: '/a', site: 'X', bytes: 1 })] };
    const legend = planText(plan)
      .split('\n')
      .find((line) => line.startsWith('Symbols:'));
    expect(legend).toBe('Symbols: - delete');
  });

  it('lets no control character of a name reach the terminal', () => {
    const plan = {
      ...emptyPlan,
      actions: [action({ type: 'delete', dataset: '/a\u001b[2J\u202e', site: 'X\r', bytes: 1 })],
    };
    const text = planText(plan);
    expect(text).toContain('/a\\x1b[2J\\u202e');
    expect(text).toContain('X\\x0d');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe('what a change of the rules does to the plan', () => {
  const copy = action({ type: 'copy', dataset: '/a', site: 'X', bytes: 5 });
  const deletion = action({ type: 'delete', dataset: '/b', site: 'Y', bytes: 7 });
  const held = { ...deletion, held: { code: 'approval-required', message: 'too much' } } as const;

  it('lists what is added, what is no longer planned, and what is held differently', async () => {
    const base = { ...emptyPlan, actions: [deletion, action({ type: 'copy', dataset: '/old', site: 'X', bytes: 3 })] };
    const head = { ...emptyPlan, actions: [copy, held] };
    const change = planChange(base, head);
    expect(change.added.map((item) => item.dataset)).toEqual(['/a']);
    expect(change.removed.map((item) => item.dataset)).toEqual(['/old']);
    expect(change.altered.map((item) => item.after.dataset)).toEqual(['/b']);
    await expect(planChangeText(change)).toMatchFileSnapshot('golden/plan-change.txt');
  });

  it('is nothing when only the rule that decides has moved to another line', () => {
    const moved = { ...copy, rule: { ...copy.rule, line: 99 } };
    const change = planChange({ ...emptyPlan, actions: [copy] }, { ...emptyPlan, actions: [moved] });
    expect(planChangeText(change)).toBe('Compared with the base: this change plans exactly the same actions.\n');
  });
});
