/** Where the blocks of a copy can be read from. */
import { compareBytes } from '../order.js';
import { flagAt, intAt, shortAt } from '../snapshot/column.js';
import type { World } from './world.js';

export interface Sources {
  /** Disk before tape, then most of the needed blocks, then name. */
  readonly sites: readonly number[];
  /** Blocks with no complete copy at a readable (and allowed) site. */
  readonly missing: number;
}

export function findSources(
  world: World,
  blocks: readonly number[],
  destination: number,
  allowed: Uint8Array | null,
): Sources {
  const { blocks: columns, blockReplicas } = world.snapshot;
  const whole = ofWholeDataset(world, blocks, destination, allowed);
  const held = whole ?? new Map<number, number>();
  let missing = 0;
  for (const block of whole === null ? blocks : []) {
    let found = false;
    for (let k = intAt(columns.copyStart, block); k < intAt(columns.copyStart, block + 1); k++) {
      const br = intAt(columns.copyIndex, k);
      if (flagAt(world.gone, br) === 1 || flagAt(blockReplicas.complete, br) === 0) continue;
      const site = world.siteOf(br);
      if (site === destination || flagAt(world.sites.readable, site) === 0) continue;
      if (allowed !== null && flagAt(allowed, site) === 0) continue;
      held.set(site, (held.get(site) ?? 0) + 1);
      found = true;
    }
    if (!found) missing++;
  }
  const sites = [...held.keys()].sort(
    (a, b) =>
      flagAt(world.sites.disk, b) - flagAt(world.sites.disk, a) ||
      (held.get(b) ?? 0) - (held.get(a) ?? 0) ||
      compareBytes(world.siteName(a), world.siteName(b)),
  );
  return { sites, missing };
}

/**
 * Complete blocks per site, where all blocks of a dataset are needed and one site has all of them: known per replica.
 * Null where the blocks must be looked at one by one.
 */
function ofWholeDataset(
  world: World,
  blocks: readonly number[],
  destination: number,
  allowed: Uint8Array | null,
): Map<number, number> | null {
  const dataset = intAt(world.snapshot.blocks.dataset, blocks[0] ?? 0);
  if (blocks.length !== world.blockCount(dataset)) return null;
  const { replicaStart } = world.snapshot.datasets;
  const held = new Map<number, number>();
  let isComplete = false;
  for (let r = intAt(replicaStart, dataset); r < intAt(replicaStart, dataset + 1); r++) {
    const site = shortAt(world.replicaSite, r);
    const complete = intAt(world.complete, r);
    if (complete === 0 || site === destination || flagAt(world.sites.readable, site) === 0) continue;
    if (allowed !== null && flagAt(allowed, site) === 0) continue;
    held.set(site, complete);
    if (complete === blocks.length) isComplete = true;
  }
  return isComplete ? held : null;
}
