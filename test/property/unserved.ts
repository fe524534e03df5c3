/** What placements lack and nobody says, once there is nothing left to do. */
import type { PlanResult } from '../../src/planning/index.js';
import { days } from '../scenarios/inventory.js';
import type { Observed } from '../scenarios/loop.js';
import { counting, sitesFor, wantedCopies, wants } from './scope.js';
import { downGraceDays, type WorldModel } from './world.js';

/** Missing copies that are neither on their way, nor held, deferred or unsatisfied; one line each. */
export function unserved(world: WorldModel, { inventory, memory, clock }: Observed, { plan }: PlanResult): string[] {
  const found: string[] = [];
  const told = [...plan.unsatisfied, ...plan.deferred];
  const coming = [...memory.openActions, ...plan.actions].filter(({ type }) => type === 'copy');
  for (const placement of world.placements) {
    // Where copies may be with regard to another placement's depends on what that counts.
    if (placement.sameRegion !== null) continue;
    for (const dataset of world.datasets) {
      if (!wants(world, placement, dataset, clock)) continue;
      if (told.some((each) => each.rule.name === placement.name && each.dataset === dataset.name)) continue;
      if (coming.some((each) => each.dataset === dataset.name)) continue;
      const matching = sitesFor(world, placement, dataset);
      const counted = matching.filter(({ name, state }) => {
        const since = memory.siteStates.get(name)?.since ?? clock;
        return state === 'ready' || state === 'readonly' || (state === 'down' && clock < since + days(downGraceDays));
      });
      const blocks = inventory.blocks.filter((row) => row.dataset === dataset.name).map(({ name }) => name);
      const wanted = wantedCopies(placement, dataset, matching);
      for (const item of placement.level === 'dataset' ? [blocks] : blocks.map((block) => [block])) {
        const has = (block: string, site: string, asItIs: boolean): boolean =>
          inventory.replicas.some(
            (row) =>
              row.dataset === dataset.name && row.block === block && row.site === site && (asItIs || row.complete),
          );
        // What is down for a moment is waited for, whole or not.
        const copies = counted.filter(({ name, state }) =>
          state === 'down'
            ? item.some((block) => has(block, name, true))
            : item.every((block) => has(block, name, false)),
        );
        const count = counting(placement, copies);
        if (count < wanted) {
          found.push(`${placement.name} has ${count} of ${wanted} copies of ${dataset.name}#${item.join()}`);
        }
      }
    }
  }
  return found;
}
