/**
 * At which occupancy a Retention begins to delete at a site, and at which it stops. The conditions may say anything; the
 * marks are found by asking them at every occupancy.
 */

import type { World } from '../planning/world.js';
import type { Condition } from '../policy/expression.js';
import { at } from '../snapshot/column.js';

export interface Watermark {
  readonly site: string;
  readonly partition: string;
  readonly retention: string;
  /** The lowest occupancy (fraction of quota) at which it is triggered; null where occupancy does not matter. */
  readonly high: number | null;
  /** The highest occupancy at which it is done. */
  readonly low: number | null;
}

/** Looked at from 0 to this occupancy, in so many steps. */
const highest = 1.5;
const steps = 150;

/** By site, partition and retention. What is used in `world` is changed while looking, and put back. */
export function findWatermarks(world: World): Watermark[] {
  const { desired, sites, reader } = world;
  const found: Watermark[] = [];
  for (const retention of desired.retentions) {
    const partition = world.partitionIndex.get(retention.partition);
    if (partition === undefined || retention.trigger === null) continue;
    const isCovered = retention.sites.bind(reader);
    for (let site = 0; site < sites.count; site++) {
      const quota = at(world.quotas.of, partition * sites.count + site);
      if (sites.documents[site] === null || !(quota > 0) || quota === Number.POSITIVE_INFINITY) continue;
      reader.partition = partition;
      reader.moveToSite(site);
      if (!isCovered()) continue;
      const high = edge(probe(world, retention.trigger, partition, site, quota), false);
      const low = retention.until === null ? high : edge(probe(world, retention.until, partition, site, quota), true);
      if (high === null && low === null) continue;
      found.push({ site: world.siteName(site), partition: retention.partition, retention: retention.name, high, low });
    }
  }
  return found;
}

/** The condition as a function of occupancy, projected and used alike. */
function probe(
  world: World,
  condition: Condition,
  partition: number,
  site: number,
  quota: number,
): (occupancy: number) => boolean {
  const holds = condition.bind(world.reader);
  const cell = partition * world.sites.count + site;
  return (occupancy) => {
    const used = at(world.used, cell);
    const projected = at(world.projected, cell);
    world.used[cell] = occupancy * quota;
    world.projected[cell] = occupancy * quota;
    world.reader.partition = partition;
    world.reader.moveToSite(site);
    const answer = holds();
    world.used[cell] = used;
    world.projected[cell] = projected;
    return answer;
  };
}

/** The lowest occupancy where the answer is no longer the one at 0, which has to be `first`; null where there is none. */
function edge(holds: (occupancy: number) => boolean, first: boolean): number | null {
  if (holds(0) !== first) return null;
  let below = 0;
  for (let i = 1; i <= steps; i++) {
    let above = (i * highest) / steps;
    if (holds(above) === first) {
      below = above;
      continue;
    }
    while (above - below > 1e-6) {
      const middle = (above + below) / 2;
      if (holds(middle) === first) below = middle;
      else above = middle;
    }
    return Math.round(above * 1e4) / 1e4;
  }
  return null;
}
