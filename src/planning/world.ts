/**
 * The working picture of one plan: the snapshot's columns plus what changes while planning (what is gone, copy counts,
 * bytes per site and partition). Everything that reads or changes these numbers goes through this class, so that they
 * always agree with each other.
 *
 * Data whose deletion is open and not held is gone from the start; copies that are open are in `projected`.
 */
import type { DesiredState } from '../desired/state.js';
import { compareBytes } from '../order.js';
import { at, flagAt, floatAt, intAt, nameAt, shortAt } from '../snapshot/column.js';
import { findName } from '../snapshot/find-name.js';
import type { OpenAction, Snapshot } from '../snapshot/snapshot.js';
import {
  addBytesOf,
  type CountedBytes,
  type Counts,
  type CountsBefore,
  noBytes,
  type Range,
  takeOverBytes,
  takeOverCopies,
} from './counts.js';
import { DatasetAnswers } from './dataset-answers.js';
import { Locks } from './locks.js';
import type { Membership } from './membership.js';
import { PartitionClasses } from './partition-classes.js';
import type { PlanClock } from './plan-clock.js';
import type { Carried } from './plan-memory.js';
import { makeQuotas, type Quotas } from './quotas.js';
import { makeSiteTable, type SiteTable } from './site-table.js';
import { Tenancy } from './tenancy.js';
import { VariableReader } from './variable-reader.js';

/** A copy that is recorded and not finished, or planned in this plan. */
export interface CopyUnderWay {
  readonly dataset: number;
  readonly site: number;
  /** Block indexes; null: all blocks of the dataset. */
  readonly blocks: ReadonlySet<number> | null;
  /** Sites it may be read from; null: any with a complete copy. */
  readonly sources: readonly number[] | null;
  readonly action: OpenAction | null;
}

export class World {
  readonly desired: DesiredState;
  readonly snapshot: Snapshot;
  readonly clock: PlanClock;
  /** What conditions say that read nothing but a dataset's row. */
  readonly answers: DatasetAnswers;
  readonly sites: SiteTable;
  readonly reader: VariableReader;
  readonly quotas: Quotas;
  readonly tenancy: Tenancy;
  readonly locks: Locks;
  readonly partitionIndex: ReadonlyMap<string, number>;

  /** Site of each replica, in the order of {@link sites}. */
  readonly replicaSite: Uint16Array;
  /** 1: deleted, by an open action or by this plan. Per block replica. */
  readonly gone: Uint8Array;
  /** 1: deleted by an open action. Per block replica. */
  readonly goneBefore: Uint8Array;
  /** 1: handed to another owner in this plan; takes part in no further decision. Per block replica. */
  readonly handedOver: Uint8Array;
  /** 1: a placement needs it. Per block replica. */
  readonly required: Uint8Array;
  /** 1: this plan gives it another owner because a document wants it. Per block replica. */
  readonly reOwned: Uint8Array;
  /** Names of the placements that need a replica, sorted. */
  readonly requiredBy = new Map<number, readonly string[]>();
  /** Block replicas left, and those of them complete. Per replica. */
  readonly present: Int32Array;
  readonly complete: Int32Array;
  /** Block replicas that are neither gone nor handed over. Per replica. */
  readonly #left: Int32Array;
  /** Bytes of each replica before anything was planned. */
  readonly bytesOf: Float64Array;
  /** Complete copies of each block: at sites that count; of those on disk; anywhere; on tape that is not lost. */
  readonly copies: Uint16Array;
  readonly diskCopies: Uint16Array;
  readonly anyCopies: Uint16Array;
  readonly tapeCopies: Uint16Array;
  /** Bytes per partition and site: `[p * sites.count + s]`. */
  readonly used: Float64Array;
  readonly projected: Float64Array;
  /** The same before anything was planned. */
  readonly usedBefore: Float64Array;
  readonly projectedBefore: Float64Array;
  /** Bytes of everything per site before anything was planned, in partitions or not. */
  readonly bytesAtSite: Float64Array;
  /** Projected bytes over all sites of each group that has a `limit`. */
  readonly ownerBytes = new Map<string, number>();
  /** Open and planned copies per dataset. */
  readonly copiesUnderWay = new Map<number, CopyUnderWay[]>();

  readonly #onlyPlacement = new Map<string, readonly string[]>();
  /** By a list of placements and one more. */
  readonly #longerLists = new Map<readonly string[], Map<string, readonly string[]>>();
  readonly #classes: PartitionClasses;
  /** Groups that have a limit, numbered. */
  readonly #limited: ReadonlyMap<string, number>;
  /** Bytes per partition that open copies added to `projected`, by their ids. */
  readonly openCopies = new Map<string, { readonly site: number; readonly added: ReadonlyMap<number, number> }>();
  #lastDeletions: Map<string, number> | null = null;

  /** @param carried what the plan before knows, and where this one leaves what it knows; null: neither */
  constructor(desired: DesiredState, snapshot: Snapshot, clock: PlanClock, carried: Carried | null = null) {
    this.desired = desired;
    this.snapshot = snapshot;
    this.clock = clock;
    this.answers = carried?.answers ?? new DatasetAnswers(snapshot.datasets, clock, null, new Int32Array(0));
    this.sites = makeSiteTable(desired, snapshot, clock);
    carried?.unchanged.begin(this);
    const { replicas, blockReplicas, blocks } = snapshot;
    const limited = desired.groups.filter((group) => group.limit !== null);
    this.#limited = new Map(limited.map(({ name }, index) => [name, index]));
    this.replicaSite = this.#sitesOf(snapshot);
    this.gone = new Uint8Array(blockReplicas.count);
    this.handedOver = new Uint8Array(blockReplicas.count);
    this.required = new Uint8Array(blockReplicas.count);
    this.reOwned = new Uint8Array(blockReplicas.count);
    this.present = new Int32Array(replicas.count);
    this.complete = new Int32Array(replicas.count);
    this.bytesOf = new Float64Array(replicas.count);
    this.copies = new Uint16Array(blocks.count);
    this.diskCopies = new Uint16Array(blocks.count);
    this.anyCopies = new Uint16Array(blocks.count);
    this.tapeCopies = new Uint16Array(blocks.count);
    this.partitionIndex = new Map(desired.partitions.map((partition, index) => [partition.name, index]));
    const cells = desired.partitions.length * this.sites.count;
    this.used = new Float64Array(cells);
    this.projected = new Float64Array(cells);
    this.bytesAtSite = new Float64Array(this.sites.count);

    this.reader = new VariableReader(this);
    this.quotas = makeQuotas(desired, this.sites, this.reader, (site) => this.reader.moveToSite(site));
    this.#classes = new PartitionClasses(this);
    this.#removeOpenDeletions();
    this.goneBefore = this.gone.slice();
    const before = carried?.counts.takeBefore(carried.unchanged) ?? null;
    const changed = before?.changed ?? [{ from: 0, to: snapshot.datasets.count }];
    if (before !== null) takeOverCopies(this, before);
    for (const datasets of changed) this.#countCopies(datasets);
    this.#left = this.present.slice();
    this.tenancy = new Tenancy(this);
    this.locks = new Locks(this);
    if (before !== null) this.#classes.takeOver(before);
    for (const datasets of changed) this.#classes.find(datasets);
    const sums = this.#sumBytes(changed, before);
    if (carried !== null) carried.counts.keep(this.#counts(sums));
    this.#addOpenCopies();
    this.usedBefore = this.used.slice();
    this.projectedBefore = this.projected.slice();
  }

  // ---- Names -------------------------------------------------------------------------------------------------------

  datasetName(dataset: number): string {
    return nameAt(this.snapshot.datasets.name, dataset);
  }

  siteName(site: number): string {
    return nameAt(this.sites.names, site);
  }

  blockName(block: number): string {
    return this.snapshot.blocks.name.at(block);
  }

  ownerName(blockReplica: number): string {
    return nameAt(this.snapshot.owners, shortAt(this.snapshot.blockReplicas.owner, blockReplica));
  }

  /** Index of a dataset, or -1. */
  findDataset(name: string): number {
    return findName(this.snapshot.datasets.name, 0, this.snapshot.datasets.count, name);
  }

  /** Index of a block of a dataset, or -1. */
  findBlock(dataset: number, name: string): number {
    const { blockStart } = this.snapshot.datasets;
    return this.snapshot.blocks.name.find(intAt(blockStart, dataset), intAt(blockStart, dataset + 1), name);
  }

  /** The replica of a dataset at a site, or -1. */
  findReplica(dataset: number, site: number): number {
    const { replicaStart } = this.snapshot.datasets;
    for (let r = intAt(replicaStart, dataset); r < intAt(replicaStart, dataset + 1); r++) {
      if (shortAt(this.replicaSite, r) === site) return r;
    }
    return -1;
  }

  /** The block replica of a block at a site, or -1 (also when it is gone). */
  findCopy(block: number, site: number): number {
    const { copyStart, copyIndex } = this.snapshot.blocks;
    for (let k = intAt(copyStart, block); k < intAt(copyStart, block + 1); k++) {
      const br = intAt(copyIndex, k);
      if (flagAt(this.gone, br) === 0 && this.siteOf(br) === site) return br;
    }
    return -1;
  }

  siteOf(blockReplica: number): number {
    return shortAt(this.replicaSite, intAt(this.snapshot.blockReplicas.replica, blockReplica));
  }

  /** Block replicas of a replica that are neither gone nor handed over. */
  remaining(replica: number): number[] {
    const result: number[] = [];
    const { start } = this.snapshot.replicas;
    for (let br = intAt(start, replica); br < intAt(start, replica + 1); br++) {
      if (flagAt(this.gone, br) === 0 && flagAt(this.handedOver, br) === 0) result.push(br);
    }
    return result;
  }

  /** Whether a test holds for any of them; asks until it does. */
  anyRemaining(replica: number, test: (blockReplica: number) => boolean): boolean {
    const { start } = this.snapshot.replicas;
    for (let br = intAt(start, replica); br < intAt(start, replica + 1); br++) {
      if (flagAt(this.gone, br) === 0 && flagAt(this.handedOver, br) === 0 && test(br)) return true;
    }
    return false;
  }

  // ---- Derived figures ---------------------------------------------------------------------------------------------

  blockCount(dataset: number): number {
    const { blockStart } = this.snapshot.datasets;
    return intAt(blockStart, dataset + 1) - intAt(blockStart, dataset);
  }

  /** It has all blocks of the dataset, all complete. */
  isFull(replica: number): boolean {
    const blocks = this.blockCount(intAt(this.snapshot.replicas.dataset, replica));
    return blocks > 0 && intAt(this.complete, replica) === blocks;
  }

  /** Whether one more complete copy of the block exists at a site that counts, besides that block replica. */
  copiesBeside(blockReplica: number): number {
    const block = intAt(this.snapshot.blockReplicas.block, blockReplica);
    return shortAt(this.copies, block) - (this.countsAsCopy(blockReplica) ? 1 : 0);
  }

  countsAsCopy(blockReplica: number): boolean {
    return (
      flagAt(this.snapshot.blockReplicas.complete, blockReplica) === 1 &&
      flagAt(this.sites.counts, this.siteOf(blockReplica)) === 1
    );
  }

  occupancy(partition: number, site: number, bytes: Float64Array): number {
    const cell = partition * this.sites.count + site;
    const quota = floatAt(this.quotas.of, cell);
    if (quota === Number.POSITIVE_INFINITY) return 0;
    return quota === 0 ? Number.POSITIVE_INFINITY : floatAt(bytes, cell) / quota;
  }

  /** The fullest partition of a replica at its site, as a fraction; what placements compare sites by. */
  occupancyOfReplica(replica: number): number {
    let highest = 0;
    // Blocks of a replica are nearly always in the same partitions; the first speaks for all.
    this.anyRemaining(replica, (first) => {
      for (const partition of this.partitionsOf(first)) {
        if (flagAt(this.quotas.limits, partition) === 1) {
          highest = Math.max(highest, this.occupancy(partition, shortAt(this.replicaSite, replica), this.used));
        }
      }
      return true;
    });
    return highest;
  }

  /** Partitions (unions included) that a block replica is in. */
  partitionsOf(blockReplica: number): readonly number[] {
    return this.#classes.partitionsOf(blockReplica);
  }

  inPartition(blockReplica: number, partition: number): boolean {
    return this.partitionsOf(blockReplica).includes(partition);
  }

  /** Partitions that a block replica would be in under another owner. */
  partitionsUnder(blockReplica: number, owner: string): readonly number[] {
    return this.#classes.partitionsUnder(blockReplica, owner);
  }

  /** What of the inventory is in a partition. */
  membershipOf(partition: number): Membership {
    return this.#classes.membershipOf(partition);
  }

  /** Partitions that a copy of a block would be in, at a site, under an owner. */
  partitionsOfCopy(block: number, site: number, owner: string): readonly number[] {
    return this.#classes.partitionsOfCopy(block, site, owner);
  }

  /** Whether all blocks of a dataset would be in the same partitions. */
  get partitionsIgnoreBlocks(): boolean {
    return this.#classes.ignoreBlocks;
  }

  /** Nothing of a replica is gone or handed over. */
  isIntact(replica: number): boolean {
    const { start } = this.snapshot.replicas;
    return intAt(this.#left, replica) === intAt(start, replica + 1) - intAt(start, replica);
  }

  /** When the loop last deleted any of a dataset at a site, as far as it remembers (seconds); 0: never. Open: now. */
  lastDeletion(dataset: number, site: number): number {
    if (this.#lastDeletions === null) {
      const { deletions, openActions } = this.snapshot.memory;
      const open = openActions
        .filter(({ type, held }) => type === 'delete' && held === null)
        .map((action) => ({ ...action, at: this.clock.now }));
      this.#lastDeletions = new Map();
      for (const { at: when, dataset: name, site: where } of [...deletions, ...open]) {
        const key = `${where}\n${name}`;
        this.#lastDeletions.set(key, Math.max(when, this.#lastDeletions.get(key) ?? 0));
      }
    }
    if (this.#lastDeletions.size === 0) return 0;
    return this.#lastDeletions.get(`${this.siteName(site)}\n${this.datasetName(dataset)}`) ?? 0;
  }

  /** Hashes of what a person approved of, as long as that is valid. */
  approved(): ReadonlySet<string> {
    const { approvals } = this.snapshot.memory;
    return new Set(approvals.filter(({ expires }) => this.clock.beside(expires) < expires).map(({ hash }) => hash));
  }

  // ---- Changes -----------------------------------------------------------------------------------------------------

  /** Takes a block replica out of every count. */
  remove(blockReplica: number): void {
    if (flagAt(this.gone, blockReplica) === 1) return;
    this.gone[blockReplica] = 1;
    const { blockReplicas, blocks } = this.snapshot;
    const block = intAt(blockReplicas.block, blockReplica);
    const replica = intAt(blockReplicas.replica, blockReplica);
    const site = shortAt(this.replicaSite, replica);
    this.present[replica] = intAt(this.present, replica) - 1;
    if (flagAt(this.handedOver, blockReplica) === 0) this.#left[replica] = intAt(this.#left, replica) - 1;
    if (flagAt(blockReplicas.complete, blockReplica) === 1) {
      this.complete[replica] = intAt(this.complete, replica) - 1;
      this.#count(block, site, -1);
    }
    const size = floatAt(blockReplicas.size, blockReplica);
    this.addBytes(this.partitionsOf(blockReplica), site, -size, -floatAt(blocks.size, block));
    this.#addOwnerBytes(this.ownerName(blockReplica), -floatAt(blocks.size, block));
  }

  /** Moves the bytes of a block replica to the partitions it will be in under another owner. */
  handOver(blockReplica: number, owner: string): void {
    const { blockReplicas, blocks } = this.snapshot;
    const block = intAt(blockReplicas.block, blockReplica);
    const replica = intAt(blockReplicas.replica, blockReplica);
    if (flagAt(this.gone, blockReplica) === 0 && flagAt(this.handedOver, blockReplica) === 0)
      this.#left[replica] = intAt(this.#left, replica) - 1;
    this.handedOver[blockReplica] = 1;
    const site = shortAt(this.replicaSite, replica);
    const size = floatAt(blockReplicas.size, blockReplica);
    const full = floatAt(blocks.size, block);
    this.addBytes(this.partitionsOf(blockReplica), site, -size, -full);
    this.addBytes(this.partitionsUnder(blockReplica, owner), site, size, full);
    this.#addOwnerBytes(this.ownerName(blockReplica), -full);
    this.#addOwnerBytes(owner, full);
  }

  /**
   * Counts a copy on its way in `projected`.
   *
   * @param added what {@link bytesOfCopies} says of its blocks
   */
  addCopy(copy: CopyUnderWay, owner: string, added: Iterable<readonly [partition: number, bytes: number]>): void {
    const list = this.copiesUnderWay.get(copy.dataset);
    if (list === undefined) this.copiesUnderWay.set(copy.dataset, [copy]);
    else list.push(copy);
    for (const [partition, size] of added) this.addBytes([partition], copy.site, 0, size);
    for (const block of this.#limited.has(owner) ? this.blocksOfCopy(copy) : []) {
      if (this.isOwnedThere(block, copy.site, owner)) continue;
      this.#addOwnerBytes(owner, floatAt(this.snapshot.blocks.size, block));
    }
  }

  /** Something of the block is at the site under that owner. */
  isOwnedThere(block: number, site: number, owner: string): boolean {
    const br = this.findCopy(block, site);
    return br >= 0 && this.ownerName(br) === owner;
  }

  /**
   * Bytes per partition that copies of blocks add to `projected`. A block replica that exists is projected at its full
   * size already, where its present owner puts it: its partitions are there with 0.
   */
  bytesOfCopies(blocks: Iterable<number>, site: number, owner: string): Map<number, number> {
    const added = new Map<number, number>();
    for (const block of blocks) {
      const br = this.findCopy(block, site);
      const known = br < 0 ? [] : this.partitionsOf(br);
      const size = floatAt(this.snapshot.blocks.size, block);
      for (const partition of this.partitionsOfCopy(block, site, owner)) {
        added.set(partition, (added.get(partition) ?? 0) + (known.includes(partition) ? 0 : size));
      }
    }
    return added;
  }

  addBytes(partitions: readonly number[], site: number, used: number, projected: number): void {
    for (let i = 0; i < partitions.length; i++) {
      const cell = at(partitions, i) * this.sites.count + site;
      this.used[cell] = floatAt(this.used, cell) + used;
      this.projected[cell] = floatAt(this.projected, cell) + projected;
    }
  }

  *blocksOfCopy(copy: CopyUnderWay): Iterable<number> {
    if (copy.blocks !== null) {
      yield* copy.blocks;
      return;
    }
    const { blockStart } = this.snapshot.datasets;
    for (let b = intAt(blockStart, copy.dataset); b < intAt(blockStart, copy.dataset + 1); b++) yield b;
  }

  /** Whether a copy of the block to the site is open or planned. */
  isComing(block: number, site: number): boolean {
    const dataset = intAt(this.snapshot.blocks.dataset, block);
    return (this.copiesUnderWay.get(dataset) ?? []).some(
      (copy) => copy.site === site && (copy.blocks === null || copy.blocks.has(block)),
    );
  }

  /** All that remains of a replica, where anything does. */
  requireAll(replica: number, placement: string): void {
    const { start } = this.snapshot.replicas;
    let any = false;
    for (let br = intAt(start, replica), end = intAt(start, replica + 1); br < end; br++) {
      if (flagAt(this.gone, br) === 1 || flagAt(this.handedOver, br) === 1) continue;
      this.required[br] = 1;
      any = true;
    }
    if (any) this.requireReplica(replica, [], placement);
  }

  requireReplica(replica: number, blockReplicas: Iterable<number>, placement: string): void {
    for (const br of blockReplicas) this.required[br] = 1;
    const names = this.requiredBy.get(replica);
    if (names === undefined) this.requiredBy.set(replica, this.#only(placement));
    else if (!names.includes(placement)) this.requiredBy.set(replica, this.#withOneMore(names, placement));
  }

  /** The names and one more; the same list for all replicas that those need. */
  #withOneMore(names: readonly string[], placement: string): readonly string[] {
    let longer = this.#longerLists.get(names);
    if (longer === undefined) {
      longer = new Map();
      this.#longerLists.set(names, longer);
    }
    let list = longer.get(placement);
    if (list === undefined) {
      list = [...names, placement].sort(compareBytes);
      longer.set(placement, list);
    }
    return list;
  }

  /** A list of one placement; the same for all replicas that need it. */
  #only(placement: string): readonly string[] {
    let names = this.#onlyPlacement.get(placement);
    if (names === undefined) {
      names = [placement];
      this.#onlyPlacement.set(placement, names);
    }
    return names;
  }

  // ---- Building ----------------------------------------------------------------------------------------------------

  #removeOpenDeletions(): void {
    for (const action of this.snapshot.memory.openActions) {
      if (action.type !== 'delete' || action.held !== null) continue;
      for (const br of this.blockReplicasOf(action)) this.gone[br] = 1;
    }
  }

  /** The block replicas an open action is about; those the inventory no longer has are left out. */
  blockReplicasOf(action: OpenAction): number[] {
    const dataset = this.findDataset(action.dataset);
    const site = this.sites.indexOf.get(action.site);
    if (dataset < 0 || site === undefined) return [];
    const replica = this.findReplica(dataset, site);
    if (replica < 0) return [];
    const { start } = this.snapshot.replicas;
    const wanted = action.blocks === null ? null : new Set(action.blocks);
    const result: number[] = [];
    for (let br = intAt(start, replica); br < intAt(start, replica + 1); br++) {
      if (wanted === null || wanted.has(this.blockName(intAt(this.snapshot.blockReplicas.block, br)))) result.push(br);
    }
    return result;
  }

  #countCopies({ from, to }: Range): void {
    const { datasets, replicas, blockReplicas } = this.snapshot;
    const { block, complete } = blockReplicas;
    const { gone, copies, diskCopies, anyCopies, tapeCopies } = this;
    for (let r = intAt(datasets.replicaStart, from), last = intAt(datasets.replicaStart, to); r < last; r++) {
      const site = shortAt(this.replicaSite, r);
      const counts = flagAt(this.sites.counts, site);
      const onDisk = counts === 1 ? flagAt(this.sites.disk, site) : 0;
      const onTape = flagAt(this.sites.tape, site);
      let present = 0;
      let whole = 0;
      for (let br = intAt(replicas.start, r), end = intAt(replicas.start, r + 1); br < end; br++) {
        if (flagAt(gone, br) === 1) continue;
        present++;
        if (flagAt(complete, br) === 0) continue;
        whole++;
        const b = intAt(block, br);
        anyCopies[b] = shortAt(anyCopies, b) + 1;
        if (counts === 1) copies[b] = shortAt(copies, b) + 1;
        if (onDisk === 1) diskCopies[b] = shortAt(diskCopies, b) + 1;
        if (onTape === 1) tapeCopies[b] = shortAt(tapeCopies, b) + 1;
      }
      this.present[r] = present;
      this.complete[r] = whole;
    }
  }

  #count(block: number, site: number, change: number): void {
    const { counts, disk, tape } = this.sites;
    this.anyCopies[block] = shortAt(this.anyCopies, block) + change;
    if (flagAt(tape, site) === 1) this.tapeCopies[block] = shortAt(this.tapeCopies, block) + change;
    if (flagAt(counts, site) === 0) return;
    this.copies[block] = shortAt(this.copies, block) + change;
    if (flagAt(disk, site) === 1) this.diskCopies[block] = shortAt(this.diskCopies, block) + change;
  }

  #sumBytes(changed: readonly Range[], before: CountsBefore | null): CountedBytes {
    const { classes, partitions } = this.#classes;
    const counting = { partitions, siteCount: this.sites.count, limited: this.#limited };
    const sums = noBytes(this.used.length, this.sites.count, this.#limited.size);
    if (before !== null) {
      takeOverBytes(this, before, sums);
      const { snapshot, counts } = before;
      const rows = { snapshot, replicaSite: this.#sitesOf(snapshot), gone: counts.gone, classes: counts.classes };
      for (const datasets of before.changedBefore) addBytesOf(rows, datasets, -1, counting, sums, null);
    }
    const rows = { snapshot: this.snapshot, replicaSite: this.replicaSite, gone: this.gone, classes };
    for (const datasets of changed) addBytesOf(rows, datasets, 1, counting, sums, this.bytesOf);
    this.used.set(sums.used.totals());
    this.projected.set(sums.projected.totals());
    this.bytesAtSite.set(sums.atSite.totals());
    for (const [owner, index] of this.#limited) this.ownerBytes.set(owner, sums.ofOwner.at(index));
    return sums;
  }

  /** For the next plan. */
  #counts(sums: CountedBytes): Counts {
    return {
      present: this.present.slice(),
      complete: this.complete.slice(),
      bytesOf: this.bytesOf,
      copies: this.copies.slice(),
      diskCopies: this.diskCopies.slice(),
      anyCopies: this.anyCopies.slice(),
      tapeCopies: this.tapeCopies.slice(),
      classes: this.#classes.classes,
      gone: this.goneBefore,
      partitions: this.#classes.partitions.slice(),
      sums,
    };
  }

  #sitesOf({ replicas }: Snapshot): Uint16Array {
    const { fromSnapshot } = this.sites;
    // Without sites that only have a document.
    if (fromSnapshot.every((site, inSnapshot) => site === inSnapshot)) return replicas.site;
    return Uint16Array.from(replicas.site, (site) => shortAt(fromSnapshot, site));
  }

  #addOwnerBytes(owner: string, bytes: number): void {
    if (!this.#limited.has(owner)) return;
    this.ownerBytes.set(owner, (this.ownerBytes.get(owner) ?? 0) + bytes);
  }

  #addOpenCopies(): void {
    for (const action of this.snapshot.memory.openActions) {
      // One that waits for an approval is planned anew each time, like a deletion that does.
      if (action.type !== 'copy' || action.held === 'approval-required') continue;
      const dataset = this.findDataset(action.dataset);
      const site = this.sites.indexOf.get(action.site);
      if (dataset < 0 || site === undefined) continue;
      const blocks =
        action.blocks === null
          ? null
          : new Set(action.blocks.map((name) => this.findBlock(dataset, name)).filter((block) => block >= 0));
      const sources = action.sources.flatMap((name) => this.sites.indexOf.get(name) ?? []);
      const copy = { dataset, site, blocks, sources, action };
      const added = this.bytesOfCopies(this.blocksOfCopy(copy), site, action.owner);
      this.addCopy(copy, action.owner, added);
      this.openCopies.set(action.id, { site, added });
    }
  }
}
