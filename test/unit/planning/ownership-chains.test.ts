import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { actionsOf, diagnosticOf, finish, observed, perform, planFor, planOf } from '../../scenarios/loop.js';

const groups = ['old', 'new', 'newest'].map((name) => `kind: Group\nmetadata: { name: ${name} }\nspec: {}\n---\n`);

const ownership = (name: string, from: string, to: string): string =>
  `kind: Ownership\nmetadata: { name: ${name} }\nspec: { match: 'block.owner == "${from}"', owner: ${to} }\n---\n`;

test('Ownership documents that match what others make of a replica are followed to the last', () => {
  const state = desired(site('X'), ...groups, ownership('a', 'old', 'new'), ownership('b', 'new', 'newest'));
  expect(actionsOf(planOf(state, { '/A': { at: { X: { owner: 'old' } } } }))).toEqual(['reassign /A @ X to newest']);
});

test('Ownership documents that go round in a circle change nothing, and a diagnostic says so', () => {
  const state = desired(site('X'), ...groups, ownership('a', 'old', 'new'), ownership('b', 'new', 'old'));
  const plan = planOf(state, { '/A': { at: { X: { owner: 'old' } } } });
  expect(actionsOf(plan)).toEqual([]);
  expect(diagnosticOf(plan, 'owner-conflict')).toBe(
    'Ownership b and a change owners in a circle: old, new, old; nothing changes',
  );
});

test('what a copy is completing changes its owner when it is there, not before', () => {
  const copying = desired(
    site('X'),
    site('Y'),
    ...groups,
    "kind: Placement\nmetadata: { name: here }\nspec: { datasets: 'true', to: 'site.name == \"X\"' }",
  );
  const start = observed({ '/A': { at: { X: { owner: 'old', incomplete: { 1: 0 } }, Y: { owner: 'old' } } } });
  const first = planFor(copying, start);
  expect(actionsOf(first.plan)).toEqual(['copy /A#1 -> X']);
  const open = perform(copying, start, first, { leaveOpen: () => true, started: true });
  const given = desired(site('X'), site('Y'), ...groups, ownership('a', 'old', 'new'));
  expect(actionsOf(planFor(given, open).plan)).toEqual(['reassign /A @ Y to new']);
  expect(actionsOf(planFor(given, finish(open)).plan)).toEqual(['reassign /A @ X to new', 'reassign /A @ Y to new']);
});
