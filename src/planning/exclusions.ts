/** Which datasets must not be placed at which sites, and which of their copies are to go. */
import type { Exclusion } from '../desired/state.js';
import { intAt, shortAt } from '../snapshot/column.js';
import type { Bounds } from './tenancy.js';
import type { World } from './world.js';

interface BoundExclusion {
  readonly exclusion: Exclusion;
  readonly isDataset: () => boolean;
  readonly isSite: () => boolean;
  readonly datasets: Map<number, boolean>;
  readonly bounds: Bounds | null;
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
      bounds: world.tenancy.of(exclusion),
    }));
    // What a tenant's Exclusion matches beyond the tenant is an error, also where no placement asks for it.
    for (const bound of this.#bound) {
      if (bound.bounds === null) continue;
      for (let d = 0; d < world.snapshot.datasets.count; d++) this.#concerns(bound, d);
    }
  }

  /** Whether asking tells of Exclusions that match more than their tenants have: then all must be asked. */
  get areBound(): boolean {
    return this.#bound.some(({ bounds }) => bounds !== null);
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
    const { reader, tenancy } = this.#world;
    for (const bound of this.#bound) {
      if (removing && !bound.exclusion.remove) continue;
      if (!this.#concerns(bound, dataset)) continue;
      reader.moveToDatasetAndSite(dataset, site);
      if (!bound.isSite()) continue;
      if (bound.bounds === null || bound.bounds.hasSite(site)) return bound.exclusion;
      tenancy.note(bound.exclusion, bound.bounds, 'sites', this.#world.siteName(site));
    }
    return null;
  }

  #concerns(bound: BoundExclusion, dataset: number): boolean {
    const known = bound.datasets.get(dataset);
    if (known !== undefined) return known;
    const world = this.#world;
    world.reader.moveToDataset(dataset);
    let concerned = bound.isDataset();
    if (concerned && bound.bounds?.hasDataset(dataset) === false) {
      world.tenancy.note(bound.exclusion, bound.bounds, 'datasets', world.datasetName(dataset));
      concerned = false;
    }
    bound.datasets.set(dataset, concerned);
    return concerned;
  }

  /** Replicas that an Exclusion removes, in order. */
  *replicasToRemove(): Iterable<{ readonly replica: number; readonly exclusion: Exclusion }> {
    if (!this.#bound.some(({ exclusion }) => exclusion.remove)) return;
    const { replicas } = this.#world.snapshot;
    for (let r = 0; r < replicas.count; r++) {
      if (intAt(this.#world.present, r) === 0) continue;
      const exclusion = this.removing(intAt(replicas.dataset, r), shortAt(this.#world.replicaSite, r));
      if (exclusion !== null) yield { replica: r, exclusion };
    }
  }
}
