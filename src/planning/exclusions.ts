/** Which datasets must not be placed at which sites, and which of their copies are to go. */
import type { Exclusion } from '../desired/state.js';
import { at } from '../snapshot/column.js';
import type { World } from './world.js';

interface BoundExclusion {
  readonly exclusion: Exclusion;
  readonly isDataset: () => boolean;
  readonly isSite: () => boolean;
  readonly datasets: Map<number, boolean>;
}

export class Exclusions {
  readonly #world: World;
  readonly #bound: readonly BoundExclusion[];

  constructor(world: World) {
    this.#world = world;
    this.#bound = world.desired.exclusions.map((exclusion) => ({
      exclusion,
      isDataset: exclusion.datasets.bind(world.reader),
      isSite: exclusion.sites.bind(world.reader),
      datasets: new Map(),
    }));
  }

  /** The first Exclusion by name that keeps a dataset from a site, or null. */
  at(dataset: number, site: number): Exclusion | null {
    return this.#find(dataset, site, false);
  }

  /** The first that also removes what is there, or null. */
  removing(dataset: number, site: number): Exclusion | null {
    return this.#find(dataset, site, true);
  }

  #find(dataset: number, site: number, removing: boolean): Exclusion | null {
    const { reader } = this.#world;
    for (const bound of this.#bound) {
      if (removing && !bound.exclusion.remove) continue;
      let concerned = bound.datasets.get(dataset);
      if (concerned === undefined) {
        reader.moveToDataset(dataset);
        concerned = bound.isDataset();
        bound.datasets.set(dataset, concerned);
      }
      if (!concerned) continue;
      reader.moveToDatasetAndSite(dataset, site);
      if (bound.isSite()) return bound.exclusion;
    }
    return null;
  }

  /** Replicas that an Exclusion removes, in order. */
  *replicasToRemove(): Iterable<{ readonly replica: number; readonly exclusion: Exclusion }> {
    if (!this.#bound.some(({ exclusion }) => exclusion.remove)) return;
    const { replicas } = this.#world.snapshot;
    for (let r = 0; r < replicas.count; r++) {
      if (at(this.#world.present, r) === 0) continue;
      const exclusion = this.removing(at(replicas.dataset, r), at(this.#world.replicaSite, r));
      if (exclusion !== null) yield { replica: r, exclusion };
    }
  }
}
