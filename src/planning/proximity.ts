/** Where copies may be with regard to each other: `spread` and `relativeTo` of a Placement. */
import type { Placement } from '../desired/state.js';
import type { World } from './world.js';

/** Whether a copy at a site keeps to the placement's `spread`, given the sites that have one already. */
export function spreadAllows(world: World, placement: Placement, sites: Iterable<number>, site: number): boolean {
  const { spread } = placement;
  if (spread === null) return true;
  const value = labelOf(world, site, spread.by);
  let count = 0;
  for (const other of sites) if (other !== site && labelOf(world, other, spread.by) === value) count++;
  return count < spread.max;
}

/** Whether a site is where `relativeTo` wants it, given the sites of the other placement's copies. */
export function relationAllows(world: World, placement: Placement, others: Iterable<number>, site: number): boolean {
  const { relativeTo } = placement;
  if (relativeTo === null) return true;
  const value = labelOf(world, site, relativeTo.label);
  const met = [...others].some((other) => labelOf(world, other, relativeTo.label) === value);
  return met === relativeTo.same;
}

function labelOf(world: World, site: number, key: string): string {
  return world.sites.documents[site]?.labels.get(key) ?? '';
}
