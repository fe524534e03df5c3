/** What Guards and Groups allow to be brought to a site, counting what this plan already sends there. */
import type { Guard, RuleRef } from '../desired/state.js';
import { at, flagAt, floatAt } from '../snapshot/column.js';
import type { CopyLoad } from './copy-load.js';
import type { World } from './world.js';

interface BoundGuard {
  readonly guard: Guard;
  readonly atSite: Uint8Array;
  /** -1: every partition. */
  readonly partition: number;
  started: number;
}

export type LimitName = 'maxBytesPerCycle' | 'maxOccupancy' | 'maxPending';

/**
 * Why a site cannot take a copy now, with the bytes that decided it. Limits pass with time; the others are for the
 * operator to change.
 */
export type Refusal =
  | {
      readonly kind: 'limit';
      readonly limit: LimitName;
      readonly guard: RuleRef;
      /** What it would come to with this copy, and what the guard allows. */
      readonly would: number;
      readonly allowed: number;
    }
  | { readonly kind: 'too-large'; readonly guard: RuleRef; readonly size: number; readonly allowed: number }
  | { readonly kind: 'no-quota'; readonly partition: string }
  | { readonly kind: 'no-space'; readonly partition: string; readonly needed: number; readonly free: number }
  | { readonly kind: 'group-limit'; readonly group: string; readonly would: number; readonly allowed: number };

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
   * @param datasetSize bytes of the whole dataset
   */
  refusal(site: number, load: CopyLoad, datasetSize: number, owner: string): Refusal | null {
    const { quotas, sites, projected } = this.#world;
    const { partitions, added } = load;
    for (let i = 0; i < partitions.length; i++) {
      const partition = at(partitions, i);
      const size = at(added, i);
      if (size === 0 || flagAt(quotas.limits, partition) === 0) continue;
      const cell = partition * sites.count + site;
      const quota = floatAt(quotas.of, cell);
      if (quota === 0) return { kind: 'no-quota', partition: this.#partitionName(partition) };
      const free = quota - floatAt(projected, cell);
      if (size > free) return { kind: 'no-space', partition: this.#partitionName(partition), needed: size, free };
    }
    const group = this.#groupLimits.size === 0 ? undefined : this.#groupLimits.get(owner);
    if (group !== undefined) {
      const total = (this.#world.ownerBytes.get(owner) ?? 0) + load.newToOwner;
      if (total > group) return { kind: 'group-limit', group: owner, would: total, allowed: group };
    }
    for (const bound of this.#guards) {
      const refusal = this.#refusalOf(bound, site, load, datasetSize);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  #refusalOf(bound: BoundGuard, site: number, load: CopyLoad, datasetSize: number): Refusal | null {
    if (flagAt(bound.atSite, site) === 0) return null;
    const { quotas, sites, projected, used } = this.#world;
    const { partitions, added, bytes } = load;
    const { transfers, origin } = bound.guard;
    if (bound.partition >= 0 && !partitions.includes(bound.partition)) return null;
    if (transfers.maxDatasetSize !== null && datasetSize > transfers.maxDatasetSize) {
      return { kind: 'too-large', guard: origin.ref, size: datasetSize, allowed: transfers.maxDatasetSize };
    }
    const reached = (limit: LimitName, would: number, allowed: number): Refusal => {
      return { kind: 'limit', limit, guard: origin.ref, would, allowed };
    };
    for (let i = 0; i < partitions.length; i++) {
      const partition = at(partitions, i);
      const size = at(added, i);
      if (size === 0 || (bound.partition >= 0 && partition !== bound.partition)) continue;
      const cell = partition * sites.count + site;
      const quota = floatAt(quotas.of, cell);
      if (flagAt(quotas.limits, partition) === 0 || quota === Number.POSITIVE_INFINITY) continue;
      const after = floatAt(projected, cell) + size;
      if (transfers.maxOccupancy !== null && after > transfers.maxOccupancy * quota) {
        return reached('maxOccupancy', after, transfers.maxOccupancy * quota);
      }
      if (transfers.maxPending !== null && after - floatAt(used, cell) > transfers.maxPending * quota) {
        return reached('maxPending', after - floatAt(used, cell), transfers.maxPending * quota);
      }
    }
    if (transfers.maxBytesPerCycle !== null && bound.started + bytes > transfers.maxBytesPerCycle) {
      return reached('maxBytesPerCycle', bound.started + bytes, transfers.maxBytesPerCycle);
    }
    return null;
  }

  #partitionName(partition: number): string {
    return this.#world.desired.partitions[partition]?.name ?? '';
  }

  /** Counts the bytes of a copy that this plan starts. */
  start(site: number, { partitions, bytes }: CopyLoad): void {
    for (const bound of this.#guards) {
      if (flagAt(bound.atSite, site) === 0) continue;
      if (bound.partition >= 0 && !partitions.includes(bound.partition)) continue;
      bound.started += bytes;
    }
  }
}
