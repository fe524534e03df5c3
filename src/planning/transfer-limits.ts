/** What Guards and Groups allow to be brought to a site, counting what this plan already sends there. */
import type { Guard } from '../desired/state.js';
import { at } from '../snapshot/column.js';
import type { World } from './world.js';

interface BoundGuard {
  readonly guard: Guard;
  readonly atSite: Uint8Array;
  /** -1: every partition. */
  readonly partition: number;
  started: number;
}

/** Why a site cannot take a copy now. Limits pass with time; the others are for the operator to change. */
export type Refusal =
  | {
      readonly kind: 'limit';
      readonly limit: 'maxBytesPerCycle' | 'maxOccupancy' | 'maxPending';
      readonly guard: Guard;
    }
  | { readonly kind: 'too-large'; readonly guard: Guard }
  | { readonly kind: 'no-quota' }
  | { readonly kind: 'no-space' }
  | { readonly kind: 'group-limit'; readonly group: string };

export class TransferLimits {
  readonly #world: World;
  readonly #guards: readonly BoundGuard[];
  readonly #groupLimits: ReadonlyMap<string, number>;

  constructor(world: World) {
    this.#world = world;
    this.#guards = world.desired.guards.map((guard) => {
      const holds = guard.sites.bind(world.reader);
      const atSite = Uint8Array.from(world.sites.names, (_, site) => {
        world.reader.moveToSite(site);
        return holds() ? 1 : 0;
      });
      const partition = guard.partition === null ? -1 : (world.partitionIndex.get(guard.partition) ?? -1);
      return { guard, atSite, partition, started: 0 };
    });
    this.#groupLimits = new Map(
      world.desired.groups.flatMap((group) => (group.limit === null ? [] : [[group.name, group.limit] as const])),
    );
  }

  /**
   * Whether a copy may go to a site: quota first (I6), then guards.
   *
   * @param added bytes per partition it adds to `projected`; 0 where it completes what is there
   * @param bytes bytes to be transferred
   * @param ofOwner bytes it adds to those of the owner
   * @param datasetSize bytes of the whole dataset
   */
  refusal(
    site: number,
    added: ReadonlyMap<number, number>,
    bytes: number,
    ofOwner: number,
    datasetSize: number,
    owner: string,
  ): Refusal | null {
    const { quotas, sites, projected, used } = this.#world;
    for (const [partition, size] of added) {
      if (size === 0 || at(quotas.limits, partition) === 0) continue;
      const cell = partition * sites.count + site;
      const quota = at(quotas.of, cell);
      if (quota === 0) return { kind: 'no-quota' };
      if (at(projected, cell) + size > quota) return { kind: 'no-space' };
    }
    const group = this.#groupLimits.get(owner);
    if (group !== undefined) {
      const total = (this.#world.ownerBytes.get(owner) ?? 0) + ofOwner;
      if (total > group) return { kind: 'group-limit', group: owner };
    }
    for (const bound of this.#guards) {
      if (at(bound.atSite, site) === 0) continue;
      const { transfers } = bound.guard;
      if (bound.partition >= 0 && !added.has(bound.partition)) continue;
      if (transfers.maxDatasetSize !== null && datasetSize > transfers.maxDatasetSize) {
        return { kind: 'too-large', guard: bound.guard };
      }
      for (const [partition, size] of added) {
        if (size === 0 || (bound.partition >= 0 && partition !== bound.partition)) continue;
        const cell = partition * sites.count + site;
        const quota = at(quotas.of, cell);
        if (at(quotas.limits, partition) === 0 || quota === Number.POSITIVE_INFINITY) continue;
        const after = at(projected, cell) + size;
        if (transfers.maxOccupancy !== null && after > transfers.maxOccupancy * quota) {
          return { kind: 'limit', limit: 'maxOccupancy', guard: bound.guard };
        }
        if (transfers.maxPending !== null && after - at(used, cell) > transfers.maxPending * quota) {
          return { kind: 'limit', limit: 'maxPending', guard: bound.guard };
        }
      }
      if (transfers.maxBytesPerCycle !== null && bound.started + bytes > transfers.maxBytesPerCycle) {
        return { kind: 'limit', limit: 'maxBytesPerCycle', guard: bound.guard };
      }
    }
    return null;
  }

  /** Counts the bytes of a copy that this plan starts. */
  start(site: number, added: ReadonlyMap<number, number>, bytes: number): void {
    for (const bound of this.#guards) {
      if (at(bound.atSite, site) === 0) continue;
      if (bound.partition >= 0 && !added.has(bound.partition)) continue;
      bound.started += bytes;
    }
  }
}
