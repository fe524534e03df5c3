/**
 * Random worlds in which time passes and documents change: windows open, rules and placements end, graces run out, what
 * is held is approved, a site begins to drain. Every plan on the way keeps the invariants, and once nothing changes any
 * more, the loop comes to rest.
 *
 * `STATOR_PROPERTY_RUNS`, `STATOR_PROPERTY_SEED` and `STATOR_PROPERTY_PATH` as in `planning.test.ts`.
 */
import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { PlanResult } from '../../src/planning/index.js';
import { days } from '../scenarios/inventory.js';
import { finish, later, type Observed, perform, planFor, unheld } from '../scenarios/loop.js';
import { checkWorlds, compile, parameters, refuse } from './check-worlds.js';
import { observedOf } from './documents.js';
import { violations } from './oracle.js';
import { Past } from './past.js';
import { mayStart } from './scope.js';
import { type WorldModel, worlds } from './world.js';

/** What happens to a world besides its plans. */
interface Course {
  /** Days between one cycle and the next. */
  readonly steps: readonly number[];
  /** The cycle before which documents change. */
  readonly at: number;
  /** Kinds whose last document is removed then. */
  readonly removed: readonly (typeof removable)[number][];
  /** Which site has this state from then on. */
  readonly site: number;
  readonly state: 'ready' | 'draining' | 'down' | null;
  /** Whether everything that waits for an approval gets it. */
  readonly approves: boolean;
}

const removable = ['placements', 'locks', 'guards', 'exclusions', 'ownerships', 'windows', 'retentions'] as const;

const courses: fc.Arbitrary<Course> = fc.record({
  steps: fc.array(fc.constantFrom(0, 0.25, 0.5, 1, 1, 3, 8), { minLength: 5, maxLength: 9 }),
  at: fc.integer({ min: 1, max: 5 }),
  removed: fc.oneof(
    fc.constant([]),
    fc.constant(['placements' as const]),
    fc.subarray([...removable], { minLength: 1, maxLength: 3 }),
  ),
  site: fc.integer({ min: 0, max: 4 }),
  state: fc.constantFrom(null, null, 'ready' as const, 'draining' as const, 'down' as const),
  approves: fc.boolean(),
});

const mostCycles = 25;

function changed(world: WorldModel, { removed, site, state }: Course): WorldModel {
  const shorter = Object.fromEntries(removed.map((kind) => [kind, world[kind].slice(0, -1)]));
  const sites = world.sites.map((each, index) => (state !== null && index === site ? { ...each, state } : each));
  return { ...world, ...shorter, sites };
}

/** The next cycle's world: what waited for a window that is open now is done, what waited for approvals is approved. */
function onwards(world: WorldModel, state: Observed, { plan }: PlanResult, approves: boolean): Observed {
  const openActions = state.memory.openActions.map((action) => {
    const site = world.sites.find(({ name }) => name === action.site);
    if (action.held !== 'window' || action.type !== 'copy' || site?.state !== 'ready') return action;
    return mayStart(world, 'transfers', site, state.clock) ? { ...action, held: null } : action;
  });
  const expires = state.clock + days(7);
  const approvals = approves ? plan.approvals.map(({ hash }) => ({ hash, expires })) : [];
  return finish({ ...state, memory: { ...state.memory, openActions, approvals } }, ({ type }) => type === 'copy');
}

describe('random worlds that change', { timeout: 60_000 + 100 * parameters.numRuns }, () => {
  test('every plan keeps the invariants while time passes and documents change, and rest comes after', () => {
    checkWorlds(fc.tuple(worlds, courses), ([world, course]) => {
      let now = world;
      let desired = compile(now);
      let state = observedOf(now);
      const story = new Past(world);
      const cycle = (): PlanResult => {
        const result = planFor(desired, state);
        story.add(result.plan, state);
        refuse(violations(now, state, result), story.history);
        return result;
      };
      course.steps.forEach((step, index) => {
        if (index === course.at) {
          now = changed(world, course);
          desired = compile(now);
        }
        const result = cycle();
        state = onwards(now, later(perform(desired, state, result), days(step)), result, course.approves);
      });
      // Nothing changes from here on: neither time nor documents nor approvals.
      const past = new Past(world);
      for (let count = 0; ; count++) {
        const result = cycle();
        past.add(result.plan, state);
        refuse(past.reversals, story.history);
        if (unheld(result.plan).length === 0) return;
        if (count === mostCycles) refuse(['no rest'], story.history);
        state = onwards(now, perform(desired, state, result), result, course.approves);
      }
    });
  });
});
