/**
 * Properties of random worlds, checked: `STATOR_PROPERTY_RUNS` makes more worlds, `STATOR_PROPERTY_SEED` other ones. A
 * failure prints the smallest world found that fails, as YAML and rows; with the `STATOR_PROPERTY_PATH` that it prints,
 * that world is tried alone.
 */
import fc from 'fast-check';
import type { DesiredState } from '../../src/desired/index.js';
import { messageOf } from '../../src/error.js';
import { desiredFiles } from '../scenarios/desired.js';
import type { Inventory } from '../scenarios/inventory.js';
import { documentsOf, filesOf } from './documents.js';
import type { WorldModel } from './world.js';

export const parameters = {
  numRuns: Number(process.env.STATOR_PROPERTY_RUNS ?? 2000),
  seed: Number(process.env.STATOR_PROPERTY_SEED ?? 20260701),
  path: process.env.STATOR_PROPERTY_PATH ?? '',
};

export function compile(world: WorldModel): DesiredState {
  return desiredFiles(filesOf(documentsOf(world)));
}

/** Checks a property of random worlds; the first of what is drawn is the world. */
export function checkWorlds<T extends readonly [WorldModel, ...unknown[]]>(
  drawn: fc.Arbitrary<T>,
  property: (drawn: T) => void,
): void {
  const outcome = fc.check(fc.property(drawn, property), parameters);
  if (!outcome.failed) return;
  const [found] = outcome.counterexample ?? [];
  const [world, ...rest] = found ?? [];
  const shown =
    world === undefined
      ? ''
      : [shownDocuments(world), shownRows(world.inventory), ...rest.map((each) => JSON.stringify(each))].join('---\n');
  const again = `STATOR_PROPERTY_SEED=${outcome.seed} STATOR_PROPERTY_PATH=${outcome.counterexamplePath}`;
  throw new Error(`${messageOf(outcome.errorInstance)}\n${again}\n${shown}`);
}

function shownDocuments(world: WorldModel): string {
  return documentsOf(world)
    .map(({ folder, text }) => `# in /${folder}\n${text}`)
    .join('---\n');
}

function shownRows(rows: Inventory): string {
  return Object.entries(rows)
    .map(([name, list]) => `${name}\n${lines(list)}`)
    .join('\n');
}

function lines(rows: readonly object[]): string {
  return rows.map((row) => `  ${JSON.stringify(row)}`).join('\n');
}

/** Throws where there is a problem, after what led to it. */
export function refuse(problems: readonly string[], history: readonly string[]): void {
  if (problems.length > 0) throw new Error([...history, ...problems].join('\n'));
}
