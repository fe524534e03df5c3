/** Compares the actions a test expects with those of a plan: these and no others. */
import type { Assertion, ExpectedAction } from '../desired/state.js';
import type { PlannedAction } from '../planning/plan.js';

type About = Extract<Assertion, { readonly actions: unknown }>['about'];

export interface Comparison {
  /** Expected, and not planned. */
  readonly missing: readonly ExpectedAction[];
  /** Planned, and not expected. */
  readonly unexpected: readonly PlannedAction[];
}

export function actionsAbout(about: About, actions: readonly PlannedAction[]): readonly PlannedAction[] {
  if (about === 'held') return actions.filter(({ held }) => held !== null);
  const type = { copies: 'copy', deletions: 'delete', reassignments: 'reassign' }[about];
  return actions.filter((action) => action.type === type && action.held === null);
}

export function compareActions(expected: readonly ExpectedAction[], actions: readonly PlannedAction[]): Comparison {
  const left = new Set(actions);
  // What says most is matched first, so that nothing vague takes what something exact is about.
  const exactness = (item: ExpectedAction): number =>
    [item.site, item.owner, item.code, item.blocks].filter((field) => field !== null).length;
  const missing = new Set(expected);
  for (const item of [...expected].sort((a, b) => exactness(b) - exactness(a))) {
    const found = [...left].find((action) => matches(item, action));
    if (found === undefined) continue;
    left.delete(found);
    missing.delete(item);
  }
  return { missing: [...missing], unexpected: [...left] };
}

function matches(expected: ExpectedAction, action: PlannedAction): boolean {
  return (
    expected.dataset === action.dataset &&
    (expected.site === null || expected.site === action.site) &&
    (expected.owner === null || expected.owner === action.owner) &&
    (expected.code === null || expected.code === action.held?.code) &&
    (expected.blocks === null || expected.blocks.join('\n') === action.blocks?.join('\n'))
  );
}

/** `copy of /A to south`, `deletion of /A#1,2 at north`. */
export function describeAction(action: PlannedAction): string {
  const blocks = action.blocks === null ? '' : `#${action.blocks.join(',')}`;
  const data = `${action.dataset}${blocks}`;
  const text = {
    copy: `copy of ${data} to ${action.site}`,
    delete: `deletion of ${data} at ${action.site}`,
    reassign: `change of owner of ${data} at ${action.site} to ${action.owner}`,
  }[action.type];
  return action.held === null ? text : `${text}, held: ${action.held.code}`;
}

export function describeExpected(about: About, { dataset, site, owner, code, blocks }: ExpectedAction): string {
  const data = `${dataset}${blocks === null ? '' : `#${blocks.join(',')}`}`;
  const where = site === null ? '' : `${about === 'copies' ? ' to' : ' at'} ${site}`;
  const noun = {
    copies: 'copy of',
    deletions: 'deletion of',
    reassignments: 'change of owner of',
    held: 'held action on',
  }[about];
  return `${noun} ${data}${where}${owner === null ? '' : ` to ${owner}`}${code === null ? '' : `, held: ${code}`}`;
}
