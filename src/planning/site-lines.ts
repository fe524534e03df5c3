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
  const cells = world.used.length;
  const copyIn = new Float64Array(cells);
  const deleted = new Float64Array(cells);
  const usedAfter = world.usedBefore.slice();
  const projectedAfter = world.projectedBefore.slice();
  const { blockReplicas, blocks } = world.snapshot;
  const siteCount = world.sites.count;
  const cellOf = (partition: number, site: number): number => partition * siteCount + site;

  const newOwner = newOwners(world, ownerChanges, copies);
  /** @param br the block replica that is there already, or -1 */
  const arrive = (block: number, br: number, site: number, owner: string): void => {
    const size = floatAt(blocks.size, block);
    const present = br < 0 ? 0 : floatAt(blockReplicas.size, br);
    const before = br < 0 ? undefined : newOwner(br);
    const from = br < 0 ? [] : before === undefined ? world.partitionsOf(br) : world.partitionsUnder(br, before);
    for (const partition of from) {
      add(usedAfter, cellOf(partition, site), -present);
      add(projectedAfter, cellOf(partition, site), -size);
    }
    for (const partition of world.partitionsOfCopy(block, site, owner)) {
      add(copyIn, cellOf(partition, site), size - present);
      add(usedAfter, cellOf(partition, site), size);
      add(projectedAfter, cellOf(partition, site), size);
    }
  };
  for (const copy of copies) {
    const isEmpty = !hasAny(world, copy);
    const arriving = blocksOf(world, copy.dataset, copy.blocks);
    if (!isEmpty || !world.partitionsIgnoreBlocks) {
      for (const block of arriving) {
        arrive(block, isEmpty ? -1 : world.findCopy(block, copy.site), copy.site, copy.owner);
      }
      continue;
    }
    // Nothing is there, and all blocks go to the same partitions. Sums are of one block after another here too, so that
    // they are rounded alike.
    for (const partition of world.partitionsOfCopy(arriving[0] ?? 0, copy.site, copy.owner)) {
      const cell = cellOf(partition, copy.site);
      for (const block of arriving) {
        const size = floatAt(blocks.size, block);
        add(copyIn, cell, size);
        add(usedAfter, cell, size);
        add(projectedAfter, cell, size);
      }
    }
  }
  for (const deletion of deletions) {
    for (const br of deletion.blockReplicas) {
      const size = floatAt(blockReplicas.size, br);
      for (const partition of world.partitionsOf(br)) {
        const cell = cellOf(partition, world.siteOf(br));
        add(deleted, cell, size);
        add(usedAfter, cell, -size);
        add(projectedAfter, cell, -floatAt(blocks.size, intAt(blockReplicas.block, br)));
      }
    }
  }
  for (const change of ownerChanges) {
    // All of one replica.
    const site = world.siteOf(change.blockReplicas[0] ?? 0);
    let after: readonly number[] | null = null;
    for (const br of change.blockReplicas) {
      const size = floatAt(blockReplicas.size, br);
      const full = floatAt(blocks.size, intAt(blockReplicas.block, br));
      for (const partition of world.partitionsOf(br)) {
        add(usedAfter, cellOf(partition, site), -size);
        add(projectedAfter, cellOf(partition, site), -full);
      }
      if (after === null || !world.partitionsIgnoreBlocks) after = world.partitionsUnder(br, change.owner);
      for (const partition of after) {
        add(usedAfter, cellOf(partition, site), size);
        add(projectedAfter, cellOf(partition, site), full);
      }
    }
  }

  for (const { id } of calledOff) {
    const copy = world.openCopies.get(id);
    for (const [partition, bytes] of copy?.added ?? []) {
      add(projectedAfter, cellOf(partition, copy?.site ?? 0), -bytes);
    }
  }

  const isProtected = protectedBytes(world, retirement);
  const triggered = new Uint8Array(cells);
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
        floatAt(copyIn, cell) +
        floatAt(world.projectedBefore, cell) +
        floatAt(usedAfter, cell);
      const hasQuota =
        flagAt(world.quotas.limits, partition) === 1 && quota > 0 && world.sites.documents[site] !== null;
      if (!hasQuota && used === 0) continue;
      lines.push({
        site: world.siteName(site),
        partition: partitionName(world, partition),
        quota: quota === Number.POSITIVE_INFINITY ? null : quota,
        usedBefore: floatAt(world.usedBefore, cell),
        usedAfter: floatAt(usedAfter, cell),
        projectedBefore: floatAt(world.projectedBefore, cell),
        projectedAfter: floatAt(projectedAfter, cell),
        protected: floatAt(isProtected, cell),
        copyIn: floatAt(copyIn, cell),
        delete: floatAt(deleted, cell),
        triggered: triggered[cell] === 1,
      });
    }
  }
  return lines;
}

function add(column: Float64Array, cell: number, bytes: number): void {
  column[cell] = floatAt(column, cell) + bytes;
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
