/** A site that is declared lost: what it held is made again elsewhere, once a person has approved of that. */
import { describe, expect, test } from 'vitest';
import { planExitCode } from '../../src/planning/index.js';
import { desired, site } from './desired.js';
import { days } from './inventory.js';
import { actionsOf, observed, perform, planFor } from './loop.js';

const copies = (count: number | 'all'): string => `
  kind: Placement
  metadata: { name: wanted }
  spec: { datasets: "true", to: "true", copies: ${count} }
`;
const sites = [site('GONE', 'state: lost'), site('X'), site('Y'), site('Z', 'state: readonly')];

describe('a site that is lost', () => {
  const state = desired(copies(2), ...sites);
  const start = observed({ '/a': { size: 5, at: { GONE: {}, X: {} } }, '/b': { size: 7, at: { GONE: {}, X: {} } } });

  test('what it held is not made again without an approval', () => {
    const { plan } = planFor(state, start);
    expect(actionsOf(plan)).toEqual(['copy /a -> Y [approval-required]', 'copy /b -> Y [approval-required]']);
    expect(plan.approvals).toMatchObject([
      {
        site: 'GONE',
        rule: { kind: 'Site', name: 'GONE' },
        actions: 2,
        bytes: 12,
        hash: expect.stringMatching(/^sha256:/),
      },
    ]);
    expect(plan.actions[0]?.held?.message).toContain('GONE is declared lost');
    expect(planExitCode(plan)).toBe(3);
  });

  test('one approval is for all of it, whatever is made first', () => {
    const first = planFor(state, start);
    const held = perform(state, start, first);
    const approvals = first.plan.approvals.map(({ hash }) => ({ hash, expires: start.clock + days(7) }));
    const approved = { ...held, memory: { ...held.memory, approvals } };
    const second = planFor(state, approved);
    expect(actionsOf(second.plan)).toEqual(['copy /a -> Y', 'copy /b -> Y']);
    expect(second.plan.actions.map(({ id }) => id)).toEqual(first.plan.actions.map(({ id }) => id));
    expect(second.plan.approvals).toEqual([]);

    const partly = perform(state, approved, second, { leaveOpen: ({ dataset }) => dataset === '/b' });
    expect(actionsOf(planFor(state, partly).plan)).toEqual([]);
    const third = planFor(state, perform(state, approved, second));
    expect([third.plan.actions, third.plan.approvals]).toEqual([[], []]);
  });

  test('an approval of another loss is none of this', () => {
    const approvals = planFor(
      desired(copies(2), site('GONE', 'state: lost, storage: tape'), ...sites.slice(1)),
      start,
    ).plan.approvals.map(({ hash }) => ({ hash, expires: start.clock + days(7) }));
    const { plan } = planFor(state, { ...start, memory: { ...start.memory, approvals } });
    expect(plan.actions.every(({ held }) => held?.code === 'approval-required')).toBe(true);
  });

  test('what was missing before is made without one', () => {
    const more = desired(copies(3), ...sites, site('W'));
    expect(
      actionsOf(planFor(more, start).plan)
        .filter((each) => each.startsWith('copy /a'))
        .sort(),
    ).toEqual([
      expect.stringMatching(/^copy \/a -> [WY]( \[approval-required\])?$/),
      expect.stringMatching(/^copy \/a -> [WY]( \[approval-required\])?$/),
    ]);
    expect(
      planFor(more, start)
        .plan.actions.map(({ held }) => held?.code ?? null)
        .sort(),
    ).toEqual(['approval-required', 'approval-required', null, null]);
  });

  test('with a copy at every site, those that lack one get it', () => {
    expect(actionsOf(planFor(desired(copies('all'), ...sites), start).plan)).toEqual(['copy /a -> Y', 'copy /b -> Y']);
  });

  test('a loss that is taken back asks for nothing', () => {
    const held = perform(state, start, planFor(state, start));
    const back = desired(copies(2), site('GONE'), ...sites.slice(1));
    const { plan, cancellations } = planFor(back, held);
    expect([plan.actions, plan.approvals, cancellations]).toEqual([[], [], []]);
  });
});
