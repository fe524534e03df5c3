/** The `sites` of a plan: bytes per site and partition, before and after. */
import { compareBytes } from '../order.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import type { Cancellation } from './cancellations.js';
import type { PlannedCopy } from './copies.js';
import { blocksOf } from './needs.js';
import type { SitePartitionLine } from './plan.js';
import type { Deletion, Retirement } from './retention/retire.js';
import type { World } from './world.js';

/** Block replicas that change owner. */
export interface OwnerChange {
  readonly blockReplicas: readonly number[];
  readonly owner: string;
}

export function siteLines(
  world: World,
  retirement: Retirement,
  copies: readonly PlannedCopy[],
  deletions: readonly Deletion[],
  ownerChanges: readonly OwnerChange[],
  calledOff: readonly Cancellation[],
): SitePartitionLine[] {
  const bytes = new CellBytes(world);
  const newOwner = newOwners(world, ownerChanges, copies);
  for (const copy of copies) bytes.arrive(copy, newOwner);
  for (const deletion of deletions) bytes.remove(deletion);
  for (const change of ownerChanges) bytes.handOver(change);
  for (const { id } of calledOff) bytes.callOff(id);

  const isProtected = protectedBytes(world, retirement);
  const triggered = new Uint8Array(world.used.length);
  const cellOf = (partition: number, site: number): number => partition * world.sites.count + site;
  for (const [decisions, sites] of retirement.triggered) {
    for (let s = 0; s < sites.length; s++) if (sites[s] === 1) triggered[cellOf(decisions.partition, s)] = 1;
  }
  const lines: SitePartitionLine[] = [];
  const order = world.desired.partitions
    .map((_, p) => p)
    .sort((a, b) => compareBytes(partitionName(world, a), partitionName(world, b)));
  for (let site = 0; site < world.sites.count; site++) {
    for (const partition of order) {
      const cell = cellOf(partition, site);
      const quota = floatAt(world.quotas.of, cell);
      const used =
        floatAt(world.usedBefore, cell) +
        floatAt(bytes.copyIn, cell) +
        floatAt(world.projectedBefore, cell) +
        floatAt(bytes.usedAfter, cell);
      const hasQuota =
        flagAt(world.quotas.limits, partition) === 1 && quota > 0 && world.sites.documents[site] !== null;
      if (!hasQuota && used === 0) continue;
      lines.push({
        site: world.siteName(site),
        partition: partitionName(world, partition),
        quota: quota === Number.POSITIVE_INFINITY ? null : quota,
        usedBefore: floatAt(world.usedBefore, cell),
        usedAfter: floatAt(bytes.usedAfter, cell),
        projectedBefore: floatAt(world.projectedBefore, cell),
        projectedAfter: floatAt(bytes.projectedAfter, cell),
        protected: floatAt(isProtected, cell),
        copyIn: floatAt(bytes.copyIn, cell),
        delete: floatAt(bytes.deleted, cell),
        triggered: triggered[cell] === 1,
      });
    }
  }
  return lines;
}

function add(column: Float64Array, cell: number, bytes: number): void {
  column[cell] = floatAt(column, cell) + bytes;
}

/** What a plan makes of the bytes in each partition at each site. */
class CellBytes {
  readonly #world: World;
  readonly copyIn: Float64Array;
  readonly deleted: Float64Array;
  readonly usedAfter: Float64Array;
  readonly projectedAfter: Float64Array;

  constructor(world: World) {
    this.#world = world;
    this.copyIn = new Float64Array(world.used.length);
    this.deleted = new Float64Array(world.used.length);
    this.usedAfter = world.usedBefore.slice();
    this.projectedAfter = world.projectedBefore.slice();
  }

  #cell(partition: number, site: number): number {
    return partition * this.#world.sites.count + site;
  }

  /** @param newOwner the owner that this plan gives a block replica; undefined: the one it has */
  arrive(copy: PlannedCopy, newOwner: (blockReplica: number) => string | undefined): void {
    const world = this.#world;
    const { site, owner } = copy;
    const isEmpty = !hasAny(world, copy);
    const arriving = blocksOf(world, copy.dataset, copy.blocks);
    if (isEmpty && world.partitionsIgnoreBlocks) {
      for (const partition of world.partitionsOfCopy(arriving[0] ?? 0, site, owner)) {
        this.#arriveIn(this.#cell(partition, site), arriving);
      }
      return;
    }
    for (const block of arriving) {
      const br = isEmpty ? -1 : world.findCopy(block, site);
      this.#arriveAt(block, br, site, owner, br < 0 ? undefined : newOwner(br));
    }
  }

  /** Blocks of which nothing is there. Sums are of one block after another here too, so that they are rounded alike. */
  #arriveIn(cell: number, blocks: readonly number[]): void {
    const sizes = this.#world.snapshot.blocks.size;
    let copyIn = floatAt(this.copyIn, cell);
    let used = floatAt(this.usedAfter, cell);
    let projected = floatAt(this.projectedAfter, cell);
    for (const block of blocks) {
      const size = floatAt(sizes, block);
      copyIn += size;
      used += size;
      projected += size;
    }
    this.copyIn[cell] = copyIn;
    this.usedAfter[cell] = used;
    this.projectedAfter[cell] = projected;
  }

  /** @param br the block replica that is there already, or -1 */
  #arriveAt(block: number, br: number, site: number, owner: string, before: string | undefined): void {
    const world = this.#world;
    const size = floatAt(world.snapshot.blocks.size, block);
    const present = br < 0 ? 0 : floatAt(world.snapshot.blockReplicas.size, br);
    const from = br < 0 ? [] : before === undefined ? world.partitionsOf(br) : world.partitionsUnder(br, before);
    for (const partition of from) {
      add(this.usedAfter, this.#cell(partition, site), -present);
      add(this.projectedAfter, this.#cell(partition, site), -size);
    }
    for (const partition of world.partitionsOfCopy(block, site, owner)) {
      add(this.copyIn, this.#cell(partition, site), size - present);
      add(this.usedAfter, this.#cell(partition, site), size);
      add(this.projectedAfter, this.#cell(partition, site), size);
    }
  }

  remove(deletion: Deletion): void {
    const world = this.#world;
    const { blockReplicas, blocks } = world.snapshot;
    const site = shortAt(world.replicaSite, deletion.replica);
    const going = deletion.blockReplicas;
    // Nearly always all of them leave the same partitions.
    for (let from = 0, to = 0; from < going.length; from = to) {
      const partitions = world.partitionsOf(going[from] as number);
      to = from + 1;
      while (to < going.length && world.partitionsOf(going[to] as number) === partitions) to++;
      for (const partition of partitions) {
        const cell = this.#cell(partition, site);
        let deleted = floatAt(this.deleted, cell);
        let used = floatAt(this.usedAfter, cell);
        let projected = floatAt(this.projectedAfter, cell);
        for (let i = from; i < to; i++) {
          const size = floatAt(blockReplicas.size, going[i] as number);
          deleted += size;
          used -= size;
          projected -= floatAt(blocks.size, intAt(blockReplicas.block, going[i] as number));
        }
        this.deleted[cell] = deleted;
        this.usedAfter[cell] = used;
        this.projectedAfter[cell] = projected;
      }
    }
  }

  /** Block replicas of one replica get another owner. */
  handOver(change: OwnerChange): void {
    const world = this.#world;
    const { blockReplicas, owner } = change;
    const site = world.siteOf(blockReplicas[0] ?? 0);
    // Nearly always all of them leave the same partitions for the same others.
    for (let from = 0, to = 0; from < blockReplicas.length; from = to) {
      const before = world.partitionsOf(blockReplicas[from] as number);
      const after = world.partitionsUnder(blockReplicas[from] as number, owner);
      to = from + 1;
      while (
        to < blockReplicas.length &&
        world.partitionsIgnoreBlocks &&
        world.partitionsOf(blockReplicas[to] as number) === before
      ) {
        to++;
      }
      const moved = blockReplicas.slice(from, to);
      for (const partition of before) {
        this.#move(this.#cell(partition, site), moved, true, after.includes(partition));
      }
      for (const partition of after) {
        if (!before.includes(partition)) this.#move(this.#cell(partition, site), moved, false, true);
      }
    }
  }

  /** Takes block replicas out of a cell, puts them into it, or both, one after another. */
  #move(cell: number, moved: readonly number[], out: boolean, into: boolean): void {
    const { blockReplicas, blocks } = this.#world.snapshot;
    let used = floatAt(this.usedAfter, cell);
    let projected = floatAt(this.projectedAfter, cell);
    for (const br of moved) {
      const size = floatAt(blockReplicas.size, br);
      const full = floatAt(blocks.size, intAt(blockReplicas.block, br));
      if (out) {
        used -= size;
        projected -= full;
      }
      if (into) {
        used += size;
        projected += full;
      }
    }
    this.usedAfter[cell] = used;
    this.projectedAfter[cell] = projected;
  }

  /** An open copy is called off. */
  callOff(id: string): void {
    const copy = this.#world.openCopies.get(id);
    for (const [partition, bytes] of copy?.added ?? []) {
      add(this.projectedAfter, this.#cell(partition, copy?.site ?? 0), -bytes);
    }
  }
}

/** Whether anything of a dataset is where it is copied to. */
function hasAny(world: World, { dataset, site }: PlannedCopy): boolean {
  const replica = world.findReplica(dataset, site);
  return replica >= 0 && intAt(world.present, replica) > 0;
}

/**
 * The owner that changes give a block replica, the last of them; undefined where none does. Asked of what copies
 * complete only.
 */
function newOwners(
  world: World,
  changes: readonly OwnerChange[],
  copies: readonly PlannedCopy[],
): (blockReplica: number) => string | undefined {
  const { replica } = world.snapshot.blockReplicas;
  const byReplica = new Map<number, OwnerChange[]>();
  for (const copy of copies) if (hasAny(world, copy)) byReplica.set(world.findReplica(copy.dataset, copy.site), []);
  for (const change of changes) byReplica.get(intAt(replica, change.blockReplicas[0] ?? -1))?.push(change);
  return (br) => byReplica.get(intAt(replica, br))?.findLast((change) => change.blockReplicas.includes(br))?.owner;
}

function partitionName(world: World, partition: number): string {
  return world.desired.partitions[partition]?.name ?? '';
}

/** Bytes that a Retention of the partition protects; counted once where several do. */
function protectedBytes(world: World, retirement: Retirement): Float64Array {
  const result = new Float64Array(world.used.length);
  const byPartition = new Map<number, Retirement['decisions'][number][]>();
  for (const decisions of retirement.decisions) {
    const list = byPartition.get(decisions.partition);
    if (list === undefined) byPartition.set(decisions.partition, [decisions]);
    else list.push(decisions);
  }
  for (const [partition, list] of byPartition) {
    const [only] = list;
    if (list.length === 1 && only !== undefined) {
      result.set(only.protectedBytes, partition * world.sites.count);
      continue;
    }
    for (let r = 0; r < world.snapshot.replicas.count; r++) {
      const found = new Set<number>();
      for (const decisions of list) {
        if (!decisions.mayHave(r, 'protect')) continue;
        for (const unit of decisions.units(r))
          if (unit.action === 'protect') for (const br of unit.blockReplicas) found.add(br);
      }
      const cell = partition * world.sites.count + shortAt(world.replicaSite, r);
      for (const br of found) result[cell] = floatAt(result, cell) + floatAt(world.snapshot.blockReplicas.size, br);
    }
  }
  return result;
}
