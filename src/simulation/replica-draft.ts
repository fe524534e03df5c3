/** The replicas of a snapshot while changes are applied to them: what there was, at its new place, and what is new. */

import { findName } from '../snapshot/find-name.js';
import { IntColumn } from '../snapshot/growing-column.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/index.js';
import type { BlockReplicaColumns, ReplicaColumns, Snapshot } from '../snapshot/snapshot.js';
import type { ReplicaChange, SubscriptionChange } from './changes.js';
import type { MergedDatasets } from './merge-datasets.js';
import { Runs } from './runs.js';
import type { MergedNames } from './sorted-names.js';

/** A block replica that was not there: block, site and owner as places in the new order. */
interface FreshReplica {
  readonly block: number;
  readonly site: number;
  owner: number;
  /** Seconds since the epoch. */
  readonly at: number;
}

type WithoutRuns = Omit<BlockReplicaColumns, 'replica'>;

export class ReplicaDraft {
  readonly #old: Snapshot;
  readonly #merged: MergedDatasets;
  readonly #sites: MergedNames;
  readonly #owners: MergedNames;
  /** Old place of each dataset, or -1. */
  readonly #datasetBefore: Int32Array;
  // Of the block replicas that there were, in their old order; block and owner are new places already.
  readonly #block: Int32Array;
  readonly #owner: Uint16Array;
  readonly #size: Float64Array;
  readonly #complete: Uint8Array;
  readonly #custodial: Uint8Array;
  readonly #managed: Uint8Array;
  readonly #lastUpdate: Float64Array;
  readonly #removed: Uint8Array;
  /** Old replicas that lose or gain blocks. */
  readonly #touched = new Set<number>();
  /** By `block * sites + site`. */
  readonly #fresh = new Map<number, FreshReplica>();
  /** By `dataset * sites + site`. */
  readonly #subscriptions = new Map<number, { readonly owner: number; readonly growing: number }>();

  constructor(old: Snapshot, merged: MergedDatasets, sites: MergedNames, owners: MergedNames) {
    this.#old = old;
    this.#merged = merged;
    this.#sites = sites;
    this.#owners = owners;
    this.#datasetBefore = new Int32Array(merged.datasets.count).fill(-1);
    for (let d = 0; d < old.datasets.count; d++) this.#datasetBefore[intAt(merged.datasetMoved, d)] = d;
    const { count, block, owner, ...columns } = old.blockReplicas;
    this.#block = new Int32Array(count);
    this.#owner = new Uint16Array(count);
    for (let br = 0; br < count; br++) {
      this.#block[br] = intAt(merged.blockMoved, intAt(block, br));
      this.#owner[br] = intAt(owners.moved, shortAt(owner, br));
    }
    this.#size = columns.size.slice();
    this.#complete = columns.complete.slice();
    this.#custodial = columns.custodial.slice();
    this.#managed = columns.managed.slice();
    this.#lastUpdate = columns.lastUpdate.slice();
    this.#removed = new Uint8Array(count);
    this.#readSubscriptions();
  }

  change(change: ReplicaChange): void {
    const dataset = this.#findDataset(change.dataset);
    if (dataset < 0) return;
    const site = this.#findSite(change.site);
    const run = this.#runOf(dataset, site);
    if (change.type !== 'reassign' && run >= 0) this.#touched.add(run);
    const owner = change.type === 'remove' ? 0 : this.#findOwner(change.owner);
    for (const block of this.#blocksOf(dataset, change.blocks)) {
      const br = this.#find(run, block);
      const key = block * this.#sites.names.length + site;
      if (change.type === 'complete') {
        if (br >= 0) this.#completeOld(br, block, owner, change.at);
        else if (!this.#fresh.has(key)) this.#fresh.set(key, { block, site, owner, at: change.at });
      } else if (change.type === 'reassign') {
        const fresh = this.#fresh.get(key);
        if (fresh !== undefined) fresh.owner = owner;
        else if (br >= 0) this.#owner[br] = owner;
      } else {
        this.#fresh.delete(key);
        if (br >= 0) this.#removed[br] = 1;
      }
    }
    if (change.type === 'remove' && this.#isEmpty(dataset, site, run)) {
      this.#subscriptions.delete(dataset * this.#sites.names.length + site);
    }
  }

  subscribe(change: SubscriptionChange): void {
    const dataset = this.#findDataset(change.dataset);
    if (dataset < 0) return;
    const key = dataset * this.#sites.names.length + this.#findSite(change.site);
    if (change.owner === null) this.#subscriptions.delete(key);
    else this.#subscriptions.set(key, { owner: this.#findOwner(change.owner), growing: 1 });
  }

  /** What is left and what is new, in the canonical order. */
  blockReplicas(): WithoutRuns {
    const { dataset: datasetOf, size: sizeOf } = this.#merged.blocks;
    const fresh = [...this.#fresh.values()].sort(
      (a, b) => intAt(datasetOf, a.block) - intAt(datasetOf, b.block) || a.site - b.site || a.block - b.block,
    );
    const { runs, placeOf, count } = this.#arrange(fresh);
    const old = this.#old.blockReplicas;
    const site = runs.copy(old.site, new Uint16Array(count));
    if (this.#sites.names.length > this.#old.sites.length) {
      for (let br = 0; br < count; br++) site[br] = intAt(this.#sites.moved, shortAt(site, br));
    }
    const block = runs.copy(this.#block, new Int32Array(count));
    const owner = runs.copy(this.#owner, new Uint16Array(count));
    const size = runs.copy(this.#size, new Float64Array(count));
    const complete = runs.copy(this.#complete, new Uint8Array(count));
    const custodial = runs.copy(this.#custodial, new Uint8Array(count));
    const managed = runs.copy(this.#managed, new Uint8Array(count));
    const lastUpdate = runs.copy(this.#lastUpdate, new Float64Array(count));
    fresh.forEach((item, i) => {
      const to = intAt(placeOf, i);
      block[to] = item.block;
      site[to] = item.site;
      owner[to] = item.owner;
      size[to] = floatAt(sizeOf, item.block);
      complete[to] = 1;
      managed[to] = 1;
      lastUpdate[to] = item.at;
    });
    return { count, block, site, owner, size, complete, custodial, managed, lastUpdate };
  }

  /** Where everything goes: stretches of what is left, and each new block replica. */
  #arrange(fresh: readonly FreshReplica[]): {
    readonly runs: Runs;
    readonly placeOf: Int32Array;
    readonly count: number;
  } {
    const { dataset: datasetOf } = this.#merged.blocks;
    const { replicas } = this.#old;
    const runs = new Runs();
    const placeOf = new Int32Array(fresh.length);
    let next = 0;
    let place = 0;
    /** Places what comes before a block of a dataset at a site. */
    const placeBefore = (dataset: number, site: number, block: number): void => {
      for (let first = fresh[next]; first !== undefined; first = fresh[next]) {
        const order = intAt(datasetOf, first.block) - dataset || first.site - site || first.block - block;
        if (order > 0) return;
        placeOf[next++] = place++;
      }
    };
    for (let r = 0; r < replicas.count; r++) {
      const dataset = intAt(this.#merged.datasetMoved, intAt(replicas.dataset, r));
      const site = intAt(this.#sites.moved, shortAt(replicas.site, r));
      const from = intAt(replicas.start, r);
      const to = intAt(replicas.start, r + 1);
      placeBefore(dataset, site, -1);
      if (!this.#touched.has(r)) {
        runs.add(from, to, place);
        place += to - from;
        continue;
      }
      for (let br = from; br < to; br++) {
        if (flagAt(this.#removed, br) === 1) continue;
        placeBefore(dataset, site, intAt(this.#block, br));
        runs.add(br, br + 1, place++);
      }
    }
    placeBefore(Number.POSITIVE_INFINITY, 0, 0);
    return { runs, placeOf, count: place };
  }

  /** Runs of block replicas, and subscriptions that have none. */
  replicas({ count, block, site }: WithoutRuns): {
    readonly replicas: ReplicaColumns;
    readonly replicaOf: Int32Array;
    readonly replicaStart: Int32Array;
  } {
    const siteCount = this.#sites.names.length;
    const { dataset: datasetOf } = this.#merged.blocks;
    const subscribed = Float64Array.from(this.#subscriptions.keys()).sort();
    const dataset = new IntColumn();
    const where = new IntColumn();
    const start = new IntColumn();
    const growing = new IntColumn();
    const growingOwner = new IntColumn();
    const replicaOf = new Int32Array(count);
    const replicaStart = new Int32Array(this.#merged.datasets.count + 1);
    const none = Number.POSITIVE_INFINITY;
    const keyOf = (br: number): number =>
      br < count ? intAt(datasetOf, intAt(block, br)) * siteCount + shortAt(site, br) : none;
    let br = 0;
    let s = 0;
    while (br < count || s < subscribed.length) {
      const key = Math.min(keyOf(br), subscribed[s] ?? none);
      const subscription = this.#subscriptions.get(key);
      if (subscription !== undefined) s++;
      const d = Math.floor(key / siteCount);
      dataset.push(d);
      where.push(key % siteCount);
      growing.push(subscription?.growing ?? 0);
      growingOwner.push(subscription?.owner ?? 0);
      const r = start.push(br);
      replicaStart[d + 1] = intAt(replicaStart, d + 1) + 1;
      while (keyOf(br) === key) replicaOf[br++] = r;
    }
    for (let d = 1; d < replicaStart.length; d++) replicaStart[d] = intAt(replicaStart, d) + intAt(replicaStart, d - 1);
    const replicaCount = start.length;
    start.push(count);
    const replicas = {
      count: replicaCount,
      dataset: Int32Array.from(dataset.view()),
      site: Uint16Array.from(where.view()),
      start: Int32Array.from(start.view()),
      growing: Uint8Array.from(growing.view()),
      growingOwner: Uint16Array.from(growingOwner.view()),
    };
    return { replicas, replicaOf, replicaStart };
  }

  // ---- What there was ----------------------------------------------------------------------------------------------

  #readSubscriptions(): void {
    const { replicas } = this.#old;
    for (let r = 0; r < replicas.count; r++) {
      const isEmpty = intAt(replicas.start, r) === intAt(replicas.start, r + 1);
      const owner = shortAt(replicas.growingOwner, r);
      if (flagAt(replicas.growing, r) === 0 && owner === 0 && !isEmpty) continue;
      const dataset = intAt(this.#merged.datasetMoved, intAt(replicas.dataset, r));
      const site = intAt(this.#sites.moved, shortAt(replicas.site, r));
      this.#subscriptions.set(dataset * this.#sites.names.length + site, {
        owner: intAt(this.#owners.moved, owner),
        growing: flagAt(replicas.growing, r),
      });
    }
  }

  /** Completes what was a part; makes it anew where an earlier change removed it. */
  #completeOld(br: number, block: number, owner: number, time: number): void {
    if (flagAt(this.#removed, br) === 1) {
      this.#removed[br] = 0;
      this.#custodial[br] = 0;
      this.#managed[br] = 1;
    } else if (flagAt(this.#complete, br) === 1) return;
    this.#complete[br] = 1;
    this.#size[br] = floatAt(this.#merged.blocks.size, block);
    this.#owner[br] = owner;
    this.#lastUpdate[br] = time;
  }

  /** Nothing of the dataset is left at the site. */
  #isEmpty(dataset: number, site: number, run: number): boolean {
    if (run >= 0) {
      const { start } = this.#old.replicas;
      for (let br = intAt(start, run); br < intAt(start, run + 1); br++)
        if (flagAt(this.#removed, br) === 0) return false;
    }
    if (this.#fresh.size === 0) return true;
    for (const block of this.#blocksOf(dataset, null)) {
      if (this.#fresh.has(block * this.#sites.names.length + site)) return false;
    }
    return true;
  }

  // ---- Places ------------------------------------------------------------------------------------------------------

  #findDataset(name: string): number {
    const { datasets } = this.#merged;
    return findName(datasets.name, 0, datasets.count, name);
  }

  #findSite(name: string): number {
    return findName(this.#sites.names, 0, this.#sites.names.length, name);
  }

  #findOwner(name: string): number {
    return findName(this.#owners.names, 0, this.#owners.names.length, name);
  }

  /** The old replica of a dataset at a site, or -1. */
  #runOf(dataset: number, site: number): number {
    const old = intAt(this.#datasetBefore, dataset);
    if (old < 0) return -1;
    const { datasets, replicas } = this.#old;
    for (let r = intAt(datasets.replicaStart, old); r < intAt(datasets.replicaStart, old + 1); r++) {
      if (intAt(this.#sites.moved, shortAt(replicas.site, r)) === site) return r;
    }
    return -1;
  }

  /** The block replica of a block in an old replica, or -1; the blocks of a run are sorted. */
  #find(run: number, block: number): number {
    if (run < 0) return -1;
    let low = intAt(this.#old.replicas.start, run);
    const end = intAt(this.#old.replicas.start, run + 1);
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (intAt(this.#block, middle) < block) low = middle + 1;
      else high = middle;
    }
    return low < end && intAt(this.#block, low) === block ? low : -1;
  }

  *#blocksOf(dataset: number, names: readonly string[] | null): Generator<number> {
    const { datasets, blocks } = this.#merged;
    const from = intAt(datasets.blockStart, dataset);
    const to = intAt(datasets.blockStart, dataset + 1);
    if (names === null) {
      for (let b = from; b < to; b++) yield b;
      return;
    }
    for (const name of names) {
      const block = blocks.name.find(from, to, name);
      if (block >= 0) yield block;
    }
  }
}
