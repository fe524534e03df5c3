/** New blocks follow subscriptions (S19): what a growing replica lacks and no placement asks for already. */
import { flagAt, intAt, shortAt } from '../snapshot/column.js';
import { type Need, type Needs, plural } from './needs.js';
import type { World } from './world.js';

/** What needs that come from a subscription are called. */
export const subscription = 'subscription';

/** @param wouldGo whether retention is about to take the replica: then it is not filled up */
export function findGrowth(world: World, needs: Needs, wouldGo: (replica: number) => boolean): Need[] {
  const { replicas, datasets, owners } = world.snapshot;
  const { origin } = world.desired.federation;
  const asked = new Set(needs.counted.map((counted) => counted.replica));
  const result: Need[] = [];
  for (let r = 0; r < replicas.count; r++) {
    if (flagAt(replicas.growing, r) === 0) continue;
    const site = shortAt(world.replicaSite, r);
    const dataset = intAt(replicas.dataset, r);
    if (flagAt(world.sites.writable, site) === 0 || asked.has(r) || world.isFull(r)) continue;
    const absent: number[] = [];
    for (let b = intAt(datasets.blockStart, dataset); b < intAt(datasets.blockStart, dataset + 1); b++) {
      const br = world.findCopy(b, site);
      if (br >= 0 && flagAt(world.snapshot.blockReplicas.complete, br) === 1) continue;
      if (!world.isComing(b, site)) absent.push(b);
    }
    if (absent.length === 0 || wouldGo(r)) continue;
    result.push({
      placement: null,
      rule: { ...origin.ref, id: subscription },
      ruleHash: origin.hash,
      cause: 'placement',
      dataset,
      blocks: absent,
      site,
      to: null,
      from: null,
      priority: world.desired.federation.defaultPriority,
      round: 0,
      count: 1,
      deferredBefore: false,
      owner: shortAt(replicas.growingOwner, r) === 0 ? null : (owners[shortAt(replicas.growingOwner, r)] ?? null),
      growing: true,
      lostAt: -1,
      chooser: subscription,
      occupied: [],
      reason: `the dataset grows at this site, ${plural(absent.length, 'block is', 'blocks are')} missing`,
    });
  }
  return result;
}
