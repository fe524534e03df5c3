/** At which sites a placement required copies in the last cycle: what it counts first now, and misses when it is gone. */
import { flagAt, intAt } from '../snapshot/column.js';
import type { World } from './world.js';

const nowhere: readonly string[] = [];

export class RequiredBefore {
  readonly #world: World;
  /** Names of sites by the name of the dataset; undefined: none at all. */
  readonly #sites: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(world: World, sites: ReadonlyMap<string, readonly string[]> | undefined) {
    this.#world = world;
    this.#sites = sites;
  }

  /** Names of sites. */
  of(dataset: number): readonly string[] {
    const world = this.#world;
    if (this.#sites === undefined) return nowhere;
    const name = world.datasetName(dataset);
    const sites = this.#sites.get(name);
    if (sites === undefined) return nowhere;
    // A finished rebalancing move hands the mark from its source to its target.
    return sites.map((site) => {
      const move = world.snapshot.memory.moves.find((each) => each.dataset === name && each.from === site);
      const target = move === undefined ? undefined : world.sites.indexOf.get(move.to);
      if (move === undefined || target === undefined || flagAt(world.sites.counts, target) === 0) return site;
      const replica = world.findReplica(dataset, target);
      return replica >= 0 && world.isFull(replica) ? move.to : site;
    });
  }

  /** Whether one of those sites has lost all of the dataset, and not by our doing. */
  isLost(dataset: number, candidates: readonly { readonly site: number }[]): boolean {
    const world = this.#world;
    const sites = this.of(dataset);
    if (sites.length === 0) return false;
    const name = world.datasetName(dataset);
    const here = new Set(candidates.map((candidate) => world.siteName(candidate.site)));
    return sites.some((siteName) => {
      if (here.has(siteName)) return false;
      const site = world.sites.indexOf.get(siteName);
      if (site === undefined || flagAt(world.sites.counts, site) === 0) return false;
      const replica = world.findReplica(dataset, site);
      if (replica >= 0 && intAt(world.present, replica) > 0) return false;
      return !world.snapshot.memory.deletions.some(
        (deletion) => deletion.dataset === name && deletion.site === siteName,
      );
    });
  }
}
