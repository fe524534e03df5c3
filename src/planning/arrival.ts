/**
 * A copy that does not exist yet, as it will be once it and every other copy of the dataset that is under way has
 * arrived: what rules will see then, so that nothing is copied only to be deleted.
 */
import { flagAt, intAt } from '../snapshot/column.js';
import { blocksOf } from './needs.js';
import type { World } from './world.js';

export interface Arrival {
  /** The blocks that arrive. */
  readonly blocks: readonly number[];
  /** Block replicas at the site beside them. */
  readonly beside: readonly number[];
  /** The site will have all blocks of the dataset, all complete. */
  readonly full: boolean;
  /** Other sites that will have all of it and do not yet. */
  readonly fullElsewhere: readonly number[];
  /** More full copies that will come to sites that are not chosen yet. */
  readonly ahead: number;
}

export function makeArrival(world: World, blocks: readonly number[], site: number, ahead: number): Arrival {
  const dataset = intAt(world.snapshot.blocks.dataset, blocks[0] as number);
  const arriving = new Set(blocks);
  const replica = world.findReplica(dataset, site);
  const present = replica < 0 ? [] : world.remaining(replica);
  const beside = present.filter((br) => !arriving.has(intAt(world.snapshot.blockReplicas.block, br)));
  const sites = new Set((world.copiesUnderWay.get(dataset) ?? []).map((copy) => copy.site));
  sites.delete(site);
  return {
    blocks,
    beside,
    full: blocksOf(world, dataset, null).every(
      (block) => arriving.has(block) || isComplete(world, block, site) || world.isComing(block, site),
    ),
    fullElsewhere: [...sites].filter((other) => willBeFull(world, dataset, other)),
    ahead,
  };
}

/** Complete copies of a block that will come to other sites that count. */
export function comingElsewhere(world: World, block: number, site: number, diskOnly: boolean): number {
  const dataset = intAt(world.snapshot.blocks.dataset, block);
  const sites = new Set((world.copiesUnderWay.get(dataset) ?? []).map((copy) => copy.site));
  let count = 0;
  for (const other of sites) {
    if (
      other === site ||
      flagAt(world.sites.counts, other) === 0 ||
      (diskOnly && flagAt(world.sites.disk, other) === 0)
    )
      continue;
    if (!isComplete(world, block, other) && world.isComing(block, other)) count++;
  }
  return count;
}

/** False also where all of it is complete already. */
function willBeFull(world: World, dataset: number, site: number): boolean {
  const missing = blocksOf(world, dataset, null).filter((block) => !isComplete(world, block, site));
  return missing.length > 0 && missing.every((block) => world.isComing(block, site));
}

function isComplete(world: World, block: number, site: number): boolean {
  const br = world.findCopy(block, site);
  return br >= 0 && flagAt(world.snapshot.blockReplicas.complete, br) === 1;
}
