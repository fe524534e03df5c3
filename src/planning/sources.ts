/** Where the blocks of a copy can be read from. */
import { flagAt, intAt, shortAt } from '../snapshot/column.js';
import { sortFew } from './few.js';
import type { World } from './world.js';

export interface Sources {
  /** Disk before tape, then most of the needed blocks, then name. */
  readonly sites: readonly number[];
  /** Blocks with no complete copy at a readable (and allowed) site. */
  readonly missing: number;
}

/** Complete ones of the needed blocks at a site. */
interface Source {
  readonly site: number;
  blocks: number;
}

export function findSources(
  world: World,
  blocks: readonly number[],
  destination: number,
  allowed: Uint8Array | null,
): Sources {
  const whole = ofWholeDataset(world, blocks, destination, allowed);
  const { found, missing } = whole ?? ofBlocks(world, blocks, destination, allowed);
  const { disk } = world.sites;
  // Sites are in the order of their names.
  sortFew(found, (a, b) => flagAt(disk, b.site) - flagAt(disk, a.site) || b.blocks - a.blocks || a.site - b.site);
  return { sites: found.map(({ site }) => site), missing };
}

/** Looks at the blocks one by one. */
function ofBlocks(
  world: World,
  blocks: readonly number[],
  destination: number,
  allowed: Uint8Array | null,
): { readonly found: Source[]; readonly missing: number } {
  const { blocks: columns, blockReplicas } = world.snapshot;
  const held = new Map<number, Source>();
  let missing = 0;
  for (const block of blocks) {
    let isThere = false;
    for (let k = intAt(columns.copyStart, block); k < intAt(columns.copyStart, block + 1); k++) {
      const br = intAt(columns.copyIndex, k);
      if (flagAt(world.gone, br) === 1 || flagAt(blockReplicas.complete, br) === 0) continue;
      const site = world.siteOf(br);
      if (site === destination || flagAt(world.sites.readable, site) === 0) continue;
      if (allowed !== null && flagAt(allowed, site) === 0) continue;
      const known = held.get(site);
      if (known === undefined) held.set(site, { site, blocks: 1 });
      else known.blocks++;
      isThere = true;
    }
    if (!isThere) missing++;
  }
  return { found: [...held.values()], missing };
}

/**
 * The same where all blocks of a dataset are needed and one site has all of them: known per replica. Null where the
 * blocks must be looked at one by one.
 */
function ofWholeDataset(
  world: World,
  blocks: readonly number[],
  destination: number,
  allowed: Uint8Array | null,
): { readonly found: Source[]; readonly missing: number } | null {
  const dataset = intAt(world.snapshot.blocks.dataset, blocks[0] ?? 0);
  if (blocks.length !== world.blockCount(dataset)) return null;
  const { replicaStart } = world.snapshot.datasets;
  const found: Source[] = [];
  let isComplete = false;
  for (let r = intAt(replicaStart, dataset), end = intAt(replicaStart, dataset + 1); r < end; r++) {
    const site = shortAt(world.replicaSite, r);
    const complete = intAt(world.complete, r);
    if (complete === 0 || site === destination || flagAt(world.sites.readable, site) === 0) continue;
    if (allowed !== null && flagAt(allowed, site) === 0) continue;
    found.push({ site, blocks: complete });
    if (complete === blocks.length) isComplete = true;
  }
  return isComplete ? { found, missing: 0 } : null;
}
