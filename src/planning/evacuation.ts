/**
 * Step 3 of a plan: what must leave draining sites. Everything there that has no other complete copy at a site that
 * counts is copied elsewhere first, unless it may go without: retention gives it up and its last copy may be removed.
 */
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import type { Need } from './needs.js';
import type { Retirement } from './retention/retire.js';
import type { Safety } from './safety.js';
import type { World } from './world.js';

export function findEvacuations(world: World, retirement: Retirement, safety: Safety): Need[] {
  const { replicas } = world.snapshot;
  const result: Need[] = [];
  if (!world.sites.draining.includes(1)) return result;
  // What stands at two draining sites leaves once.
  const leaving = new Set<number>();
  const deferred = new Set(
    world.snapshot.memory.deferred.filter(({ placement }) => placement === 'evacuation').map(({ dataset }) => dataset),
  );
  for (let r = 0; r < replicas.count; r++) {
    if (flagAt(world.sites.draining, shortAt(world.replicaSite, r)) === 0) continue;
    const stranded = strandedAt(world, retirement, safety, r);
    // An action has one owner: each owner's blocks are a need of their own.
    const byOwner = new Map<string, number[]>();
    for (const br of stranded) {
      const owner = world.ownerName(br);
      const block = intAt(world.snapshot.blockReplicas.block, br);
      if (leaving.has(block)) continue;
      leaving.add(block);
      const blocks = byOwner.get(owner) ?? [];
      blocks.push(block);
      byOwner.set(owner, blocks);
    }
    for (const [owner, blocks] of byOwner) result.push(evacuation(world, r, owner, blocks, deferred));
  }
  return result;
}

/** Block replicas that have no other complete copy, none on its way, and may not go without. */
function strandedAt(world: World, retirement: Retirement, safety: Safety, replica: number): number[] {
  const dataset = intAt(world.snapshot.replicas.dataset, replica);
  const dispensable = new Set<number>();
  for (const decisions of retirement.decisions) {
    for (const unit of decisions.units(replica)) {
      if (unit.action !== 'delete' && unit.action !== 'dismiss') continue;
      if (!safety.mayRemoveLastCopy(dataset, decisions.rules[unit.rule] ?? null)) continue;
      for (const br of unit.blockReplicas) dispensable.add(br);
    }
  }
  const site = shortAt(world.replicaSite, replica);
  return world.remaining(replica).filter((br) => {
    if (world.copiesBeside(br) > 0) return false;
    const block = intAt(world.snapshot.blockReplicas.block, br);
    const coming = (world.copiesUnderWay.get(dataset) ?? []).some(
      (copy) => copy.site !== site && (copy.blocks === null || copy.blocks.has(block)),
    );
    if (coming) return false;
    return (
      !dispensable.has(br) ||
      flagAt(world.required, br) === 1 ||
      world.locks.covers(br) ||
      retirement.isProtected(replica, br)
    );
  });
}

function evacuation(
  world: World,
  replica: number,
  owner: string,
  blocks: readonly number[],
  deferred: ReadonlySet<string>,
): Need {
  const dataset = intAt(world.snapshot.replicas.dataset, replica);
  const site = shortAt(world.replicaSite, replica);
  const document = world.sites.documents[site];
  // Only sites with a document drain.
  const origin = document?.origin ?? world.desired.federation.origin;
  const whole = blocks.length === world.blockCount(dataset);
  return {
    placement: null,
    rule: origin.ref,
    ruleHash: origin.hash,
    cause: 'evacuation',
    dataset,
    blocks: whole ? null : blocks,
    site: -1,
    to: destinations(world, site, dataset, blocks[0] ?? 0),
    from: null,
    priority: world.desired.federation.defaultPriority,
    round: 0,
    count: 1,
    deferredBefore: deferred.has(world.datasetName(dataset)),
    owner,
    growing: flagAt(world.snapshot.replicas.growing, replica) === 1,
    lostAt: -1,
    chooser: 'evacuation',
    occupied: [site],
    reason: `${world.siteName(site)} is draining and no other good copy exists`,
  };
}

/** `evacuateTo`, or sites of the same storage class; quota in the same partitions is asked when a copy is placed. */
function destinations(world: World, from: number, dataset: number, block: number): Uint8Array {
  const { evacuateTo } = world.desired.federation;
  const holds = evacuateTo?.bind(world.reader);
  const source = world.findCopy(block, from);
  const needed = source < 0 ? [] : world.partitionsOf(source).filter((p) => flagAt(world.quotas.limits, p) === 1);
  return Uint8Array.from(world.sites.names, (_, site) => {
    if (site === from || world.sites.documents[site] === null) return 0;
    if (holds !== undefined) {
      world.reader.moveToDatasetAndSite(dataset, site);
      return holds() ? 1 : 0;
    }
    if (world.sites.storage[site] !== world.sites.storage[from]) return 0;
    return needed.every((p) => floatAt(world.quotas.of, p * world.sites.count + site) > 0) ? 1 : 0;
  });
}
