/** Which block replicas the locks in force cover (I3). A lock is in force until its `expires`. */
import type { Lock } from '../desired/state.js';
import { flagAt, intAt } from '../snapshot/column.js';
import type { Bounds } from './tenancy.js';
import type { World } from './world.js';

interface BoundLock {
  readonly lock: Lock;
  readonly atSite: Uint8Array;
  /** The lock's dataset condition holds; otherwise only blocks that it names are covered. */
  readonly wholeDataset: boolean;
  readonly bounds: Bounds | null;
}

export class Locks {
  readonly #world: World;
  /** Locks that cover (some of) a dataset. */
  readonly #ofDataset = new Map<number, BoundLock[]>();
  /** Locks in force that cover anything. */
  readonly matching = new Set<Lock>();

  constructor(world: World) {
    this.#world = world;
    for (const lock of world.desired.locks) if (world.clock.beside(lock.expires) < lock.expires) this.#add(lock);
  }

  #add(lock: Lock): void {
    const { reader, sites, snapshot, tenancy } = this.#world;
    const bounds = tenancy.of(lock);
    const covered = lock.sites?.bind(reader);
    const atSite = Uint8Array.from(sites.names, (name, site) => {
      if (covered === undefined) return bounds?.hasSite(site) === false ? 0 : 1;
      reader.moveToSite(site);
      if (!covered()) return 0;
      if (bounds === null || bounds.hasSite(site)) return 1;
      tenancy.note(lock, bounds, 'sites', name);
      return 0;
    });
    const wanted = lock.datasets?.bind(reader);
    const named = new Set([...(lock.blocks ?? [])].map((name) => name.slice(0, name.lastIndexOf('#'))));
    for (let d = 0; d < snapshot.datasets.count; d++) {
      reader.moveToDataset(d);
      const wholeDataset = wanted?.() === true;
      if (!wholeDataset && !named.has(this.#world.datasetName(d))) continue;
      if (bounds?.hasDataset(d) === false) {
        tenancy.note(lock, bounds, 'datasets', this.#world.datasetName(d));
        continue;
      }
      this.matching.add(lock);
      const bound = { lock, atSite, wholeDataset, bounds };
      const list = this.#ofDataset.get(d);
      if (list === undefined) this.#ofDataset.set(d, [bound]);
      else list.push(bound);
    }
  }

  covers(blockReplica: number): boolean {
    return this.lockOf(blockReplica) !== null;
  }

  /** The first lock by name that covers it, or null. Moves no cursor: rules read it while they are evaluated. */
  lockOf(blockReplica: number): Lock | null {
    if (this.#ofDataset.size === 0) return null;
    const { snapshot } = this.#world;
    const block = intAt(snapshot.blockReplicas.block, blockReplica);
    const dataset = intAt(snapshot.blocks.dataset, block);
    const locks = this.#ofDataset.get(dataset);
    if (locks === undefined) return null;
    const site = this.#world.siteOf(blockReplica);
    for (const { lock, atSite, wholeDataset, bounds } of locks) {
      if (flagAt(atSite, site) === 0) continue;
      if (bounds !== null && !bounds.hasOwner(this.#world.ownerName(blockReplica))) continue;
      if (lock.owners !== null && !lock.owners.has(this.#world.ownerName(blockReplica))) continue;
      if (wholeDataset || lock.blocks?.has(`${this.#world.datasetName(dataset)}#${this.#world.blockName(block)}`)) {
        return lock;
      }
    }
    return null;
  }
}
