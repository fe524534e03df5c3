/**
 * What must hold for every plan, on random small worlds.
 *
 * `STATOR_PROPERTY_RUNS` makes more of them, `STATOR_PROPERTY_SEED` other ones. A failure prints the smallest world
 * found that fails, as YAML and rows, and the cycles up to the failure; with the `STATOR_PROPERTY_PATH` that it prints,
 * that world is tried alone.
 */
import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { DesiredState, RuleRef } from '../../src/desired/index.js';
import { messageOf } from '../../src/error.js';
import type { Plan, PlannedAction } from '../../src/planning/index.js';
import { desiredFiles } from '../scenarios/desired.js';
import type { Inventory } from '../scenarios/inventory.js';
import { actionsOf, brief, finish, type Observed, perform, planFor, unheld } from '../scenarios/loop.js';
import { misstatements, violations } from './oracle.js';
import { documentsOf, observedOf, type WorldModel, worlds } from './world.js';

const parameters = {
  numRuns: Number(process.env.STATOR_PROPERTY_RUNS ?? 2000),
  seed: Number(process.env.STATOR_PROPERTY_SEED ?? 20260701),
  path: process.env.STATOR_PROPERTY_PATH ?? '',
};

/** More than any of these worlds needs. */
const mostCycles = 25;

function compile(world: WorldModel): DesiredState {
  return desiredFiles({ 'all.yaml': documentsOf(world).join('---\n') });
}

function check(property: (world: WorldModel, desired: DesiredState) => void): void {
  const outcome = fc.check(
    fc.property(worlds, (world) => property(world, compile(world))),
    parameters,
  );
  if (!outcome.failed) return;
  const [world] = outcome.counterexample ?? [];
  const shown = world === undefined ? '' : [...documentsOf(world), shownRows(world.inventory)].join('---\n');
  const again = `STATOR_PROPERTY_SEED=${outcome.seed} STATOR_PROPERTY_PATH=${outcome.counterexamplePath}`;
  throw new Error(`${messageOf(outcome.errorInstance)}\n${again}\n${shown}`);
}

function shownRows(rows: Inventory): string {
  return Object.entries(rows)
    .map(([name, list]) => `${name}\n${lines(list)}`)
    .join('\n');
}

function lines(rows: readonly object[]): string {
  return rows.map((row) => `  ${JSON.stringify(row)}`).join('\n');
}

function refuse(problems: readonly string[], history: readonly string[]): void {
  if (problems.length > 0) throw new Error([...history, ...problems].join('\n'));
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
      const files = (order: readonly string[]): Record<string, string> =>
        Object.fromEntries(order.map((document) => [`${documents.indexOf(document)}.yaml`, document]));
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
      const turned = desiredFiles({ 'all.yaml': [...documents].reverse().join('---\n') });
      if (withoutPlaces(first.plan) !== withoutPlaces(planFor(turned, state).plan)) throw new Error('documents turned');
    });
  });

  test('planning and executing again and again comes to rest, and reverses nothing on the way', () => {
    check((world, desired) => {
      let state = observedOf(world);
      const past = new Past();
      for (let cycle = 0; ; cycle++) {
        const result = planFor(desired, state);
        past.add(result.plan, state);
        refuse([...violations(world, state, result), ...past.reversals], past.history);
        if (unheld(result.plan).length === 0) return;
        if (cycle === mostCycles) refuse(['no rest'], past.history);
        state = perform(desired, state, result);
        refuse(misstatements(world, result, state.inventory), past.history);
      }
    });
  });

  test('the same with actions that take their time', () => {
    check((world, desired) => {
      let state = observedOf(world);
      const past = new Past();
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

/** What was done in a sequence of cycles, and what of it was undone. */
class Past {
  readonly history: string[] = [];
  readonly reversals: string[] = [];
  readonly #done = new Map<string, { readonly what: string; readonly rule: RuleRef }>();
  /** Copies that were made for a rule and deleted, until it shows whether the rule asks again. */
  #undone: { readonly what: string; readonly dataset: string; readonly rule: RuleRef }[] = [];

  add({ actions, unsatisfied }: Plan, state: Observed): void {
    this.history.push(`cycle ${this.history.length}: ${actions.map((action) => this.#told(action)).join('; ')}`);
    // A copy may go once others have made it superfluous; not where its rule lacks it then.
    const asked = [...actions.filter(({ type }) => type === 'copy'), ...unsatisfied];
    const lacks = (dataset: string, rule: RuleRef): boolean =>
      asked.some((each) => each.dataset === dataset && each.rule.kind === rule.kind && each.rule.name === rule.name);
    this.reversals.push(...this.#undone.filter((each) => lacks(each.dataset, each.rule)).map(({ what }) => what));
    this.#undone = [];
    for (const action of actions) {
      if (action.held !== null) continue;
      for (const row of state.inventory.blocks) {
        if (row.dataset !== action.dataset || !(action.blocks === null || action.blocks.includes(row.name))) continue;
        this.#note(action, `${row.dataset}#${row.name} @ ${action.site}`);
      }
    }
  }

  #told(action: PlannedAction): string {
    return `${brief(action)} (${action.rule.name} ${action.rule.id ?? ''})`;
  }

  #note(action: PlannedAction, where: string): void {
    const now = action.type === 'reassign' ? `owner ${action.owner}` : action.type;
    const kind = action.type === 'reassign' ? `${where} owner` : where;
    const before = this.#done.get(kind);
    this.#done.set(kind, { what: now, rule: action.rule });
    if (before === undefined || before.what === now) return;
    const what = `${before.what} then ${now}: ${where}`;
    if (now === 'delete') this.#undone.push({ what, dataset: action.dataset, rule: before.rule });
    else this.reversals.push(what);
  }
}

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
