/**
 * What must hold for every plan, on random small worlds.
 *
 * `STATOR_PROPERTY_RUNS` makes more of them, `STATOR_PROPERTY_SEED` other ones. A failure prints the smallest world
 * found that fails, as YAML and rows, and the cycles up to the failure; with the `STATOR_PROPERTY_PATH` that it prints,
 * that world is tried alone.
 */
import { describe, test } from 'vitest';
import type { DesiredState } from '../../src/desired/index.js';
import type { Plan } from '../../src/planning/index.js';
import { desiredFiles } from '../scenarios/desired.js';
import type { Inventory } from '../scenarios/inventory.js';
import { actionsOf, finish, perform, planFor, unheld } from '../scenarios/loop.js';
import { checkWorlds, compile, parameters, refuse } from './check-worlds.js';
import { type Document, documentsOf, filesOf, observedOf } from './documents.js';
import { misstatements, violations } from './oracle.js';
import { Past } from './past.js';
import { unserved } from './unserved.js';
import { type WorldModel, worlds } from './world.js';

/** More than any of these worlds needs. */
const mostCycles = 25;

function check(property: (world: WorldModel, desired: DesiredState) => void): void {
  checkWorlds(
    worlds.map((world) => [world] as const),
    ([world]) => property(world, compile(world)),
  );
}

describe('plans of random worlds', { timeout: 60_000 + 100 * parameters.numRuns }, () => {
  test('deletions keep I1 to I5 and I10, copies I6 and the guards, and everything has its provenance', () => {
    check((world, desired) => {
      const state = observedOf(world);
      const result = planFor(desired, state);
      refuse(violations(world, state, result), actionsOf(result.plan));
    });
  });

  test('planning twice gives the same bytes', () => {
    check((world, desired) => {
      const [first, second] = [planFor(desired, observedOf(world)), planFor(compile(world), observedOf(world))];
      if (JSON.stringify(first.plan) !== JSON.stringify(second.plan)) throw new Error('not the same bytes');
    });
  });

  test('the order of files, documents and rows changes nothing', () => {
    check((world, desired) => {
      const state = observedOf(world);
      const first = planFor(desired, state);
      const documents = documentsOf(world);
      const files = (order: readonly Document[]): Record<string, string> =>
        Object.fromEntries(order.map((each) => [`${each.folder}${documents.indexOf(each)}.yaml`, each.text]));
      const rows = permuted(state.inventory);
      const [apart, shuffled] = [files(documents), files([...documents].reverse())];
      const [one, two] = [
        planFor(desiredFiles(apart), state),
        planFor(desiredFiles(shuffled), { ...state, inventory: rows }),
      ];
      if (JSON.stringify(one.plan) !== JSON.stringify(two.plan)) throw new Error('files or rows in another order');
      if (JSON.stringify(one.decisions) !== JSON.stringify(two.decisions)) throw new Error('other decisions');
      // Documents that stand elsewhere: nothing differs but where they stand.
      if (withoutPlaces(first.plan) !== withoutPlaces(one.plan)) throw new Error('documents in other files');
      const turned = desiredFiles(filesOf([...documents].reverse()));
      if (withoutPlaces(first.plan) !== withoutPlaces(planFor(turned, state).plan)) throw new Error('documents turned');
    });
  });

  test('planning and executing again and again comes to rest, reverses nothing on the way, and leaves no need untold', () => {
    check((world, desired) => {
      let state = observedOf(world);
      const past = new Past(world);
      for (let cycle = 0; ; cycle++) {
        const result = planFor(desired, state);
        past.add(result.plan, state);
        refuse([...violations(world, state, result), ...past.reversals], past.history);
        if (unheld(result.plan).length === 0) {
          refuse(unserved(world, state, result), past.history);
          return;
        }
        if (cycle === mostCycles) refuse(['no rest'], past.history);
        const next = perform(desired, state, result);
        refuse(misstatements(world, state, result, next.inventory), past.history);
        state = next;
      }
    });
  });

  test('the same with actions that take their time', () => {
    check((world, desired) => {
      let state = observedOf(world);
      const past = new Past(world);
      for (let cycle = 0; ; cycle++) {
        const result = planFor(desired, state);
        past.add(result.plan, state);
        refuse([...violations(world, state, result), ...past.reversals], past.history);
        const waiting = state.memory.openActions.filter(({ held }) => held === null);
        if (unheld(result.plan).length === 0 && waiting.length === 0) return;
        if (cycle === 3 * mostCycles) refuse(['no rest'], past.history);
        // By their ids: some are done at once, some stay open for a cycle or more.
        const slow = ({ id }: { readonly id: string }): boolean => Number.parseInt(id.slice(0, 2), 16) % 3 !== 0;
        state = perform(desired, state, result, { leaveOpen: slow, started: cycle % 2 === 0 });
        state = finish(state, ({ id }) => (Number.parseInt(id.slice(2, 4), 16) + cycle) % 2 === 0);
      }
    });
  });
});

function permuted(rows: Inventory): Inventory {
  const mix = <T>(list: readonly T[]): T[] => [...list].reverse().sort((_, b) => (list.indexOf(b) % 3) - 1);
  return {
    datasets: mix(rows.datasets),
    blocks: mix(rows.blocks),
    replicas: mix(rows.replicas),
    subscriptions: mix(rows.subscriptions),
  };
}

/** A plan as text, without its digest and the places of documents (by which diagnostics are sorted). */
function withoutPlaces(plan: Plan): string {
  const strip = (what: unknown): string =>
    JSON.stringify(what, (key, value: unknown) =>
      ['digest', 'file', 'line', 'column'].includes(key) ? undefined : value,
    );
  return strip({ ...plan, diagnostics: plan.diagnostics.map(strip).sort() });
}
