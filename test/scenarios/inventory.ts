/**
 * Inventories as tests write them: datasets with their blocks, and what is where. `inventory` turns the compact form
 * into plain rows, which `toSnapshot` builds and `perform` (loop.ts) changes.
 */
import { type LoopMemory, type Snapshot, SnapshotBuilder } from '../../src/snapshot/index.js';

/** Everything happens at this moment unless a test says otherwise: 2026-07-01T00:00:00Z, seconds. */
export const clock = Date.UTC(2026, 6, 1) / 1000;

export const days = (count: number): number => count * 86_400;

/** A time that many days before the clock, seconds since the epoch. */
export const daysAgo = (count: number): number => clock - days(count);

/** A dataset at a site. */
export interface ReplicaSpec {
  /** Of all its blocks; default `grp`. The empty string is nobody. */
  readonly owner?: string;
  /** Owners of single blocks, where they differ. */
  readonly owners?: Readonly<Record<string, string>>;
  /** Only these blocks are there at all; default all. */
  readonly only?: readonly string[];
  /** Present bytes of blocks that are not complete. */
  readonly incomplete?: Readonly<Record<string, number>>;
  readonly custodial?: boolean;
  /** Whether the loop made it or was told to manage it; default true. */
  readonly managed?: boolean;
  /** Of all its blocks; default the block's. Seconds since the epoch. */
  readonly lastUpdate?: number;
  /** Last updates of single blocks, where they differ. */
  readonly lastUpdates?: Readonly<Record<string, number>>;
  /** A subscription: new blocks follow, under this owner. */
  readonly growing?: string;
}

export interface DatasetSpec {
  /** Bytes of its only block, named `1`; default 1. For more blocks, `blocks`. */
  readonly size?: number;
  /** Bytes of each block by name. */
  readonly blocks?: Readonly<Record<string, number>>;
  /** Files of each block by name; default 1 each. */
  readonly files?: Readonly<Record<string, number>>;
  readonly status?: string;
  readonly type?: string;
  readonly open?: boolean;
  /** Times are seconds since the epoch; both are two years ago by default. */
  readonly created?: number;
  readonly lastUpdate?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tapeRequested?: boolean;
  readonly copyRequested?: boolean;
  readonly lastAccess?: number;
  readonly accesses?: number;
  readonly usageRank?: number;
  readonly demand?: number;
  readonly at?: Readonly<Record<string, ReplicaSpec>>;
}

export type InventorySpec = Readonly<Record<string, DatasetSpec>>;

export interface DatasetLine {
  readonly name: string;
  readonly status: string;
  readonly type: string;
  readonly open: boolean;
  readonly created: number;
  readonly lastUpdate: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly tapeRequested: boolean;
  readonly copyRequested: boolean;
  readonly lastAccess: number;
  readonly accesses: number;
  readonly usageRank: number;
  readonly demand: number;
}

export interface BlockLine {
  readonly dataset: string;
  readonly name: string;
  readonly size: number;
  readonly files: number;
  readonly lastUpdate: number;
}

/** A block at a site. */
export interface ReplicaLine {
  readonly dataset: string;
  readonly block: string;
  readonly site: string;
  readonly owner: string;
  /** Present bytes. */
  readonly size: number;
  readonly complete: boolean;
  readonly custodial: boolean;
  readonly managed: boolean;
  readonly lastUpdate: number;
}

export interface SubscriptionLine {
  readonly dataset: string;
  readonly site: string;
  readonly owner: string;
}

/** The rows of an inventory, in any order. */
export interface Inventory {
  readonly datasets: readonly DatasetLine[];
  readonly blocks: readonly BlockLine[];
  readonly replicas: readonly ReplicaLine[];
  readonly subscriptions: readonly SubscriptionLine[];
}

/**
 * @example
 * inventory({
 *   '/A': { size: 100, at: { X: {}, Y: { owner: 'other' } } },
 *   '/B': { blocks: { b1: 10, b2: 20 }, at: { X: { incomplete: { b2: 5 } }, Y: { only: ['b1'] } } },
 * })
 */
export function inventory(spec: InventorySpec): Inventory {
  const datasets: DatasetLine[] = [];
  const blocks: BlockLine[] = [];
  const replicas: ReplicaLine[] = [];
  const subscriptions: SubscriptionLine[] = [];
  for (const [name, dataset] of Object.entries(spec)) {
    const lastUpdate = dataset.lastUpdate ?? daysAgo(730);
    datasets.push({
      name,
      status: dataset.status ?? 'VALID',
      type: dataset.type ?? '',
      open: dataset.open ?? false,
      created: dataset.created ?? daysAgo(730),
      lastUpdate,
      labels: dataset.labels ?? {},
      tapeRequested: dataset.tapeRequested ?? false,
      copyRequested: dataset.copyRequested ?? false,
      lastAccess: dataset.lastAccess ?? 0,
      accesses: dataset.accesses ?? 0,
      usageRank: dataset.usageRank ?? 0,
      demand: dataset.demand ?? 0,
    });
    const sizes = dataset.blocks ?? { '1': dataset.size ?? 1 };
    for (const [block, size] of Object.entries(sizes)) {
      blocks.push({ dataset: name, name: block, size, files: dataset.files?.[block] ?? 1, lastUpdate });
    }
    for (const [site, replica] of Object.entries(dataset.at ?? {})) {
      for (const [block, size] of Object.entries(sizes)) {
        if (replica.only !== undefined && !replica.only.includes(block)) continue;
        const present = replica.incomplete?.[block];
        replicas.push({
          dataset: name,
          block,
          site,
          owner: replica.owners?.[block] ?? replica.owner ?? 'grp',
          size: present ?? size,
          complete: present === undefined,
          custodial: replica.custodial ?? false,
          managed: replica.managed ?? true,
          lastUpdate: replica.lastUpdates?.[block] ?? replica.lastUpdate ?? lastUpdate,
        });
      }
      if (replica.growing !== undefined) subscriptions.push({ dataset: name, site, owner: replica.growing });
    }
  }
  return { datasets, blocks, replicas, subscriptions };
}

/** The inventory with more datasets. */
export function withDatasets(rows: Inventory, spec: InventorySpec): Inventory {
  const more = inventory(spec);
  return {
    datasets: [...rows.datasets, ...more.datasets],
    blocks: [...rows.blocks, ...more.blocks],
    replicas: [...rows.replicas, ...more.replicas],
    subscriptions: [...rows.subscriptions, ...more.subscriptions],
  };
}

export interface SnapshotHead {
  readonly generation?: number;
  readonly takenAt: number;
  readonly completeness?: Snapshot['completeness'];
  readonly memory: LoopMemory;
}

export function toSnapshot(rows: Inventory, head: SnapshotHead): Snapshot {
  const builder = new SnapshotBuilder();
  const datasetIndex = new Map<string, number>();
  for (const row of rows.datasets) {
    const index = builder.addDataset(row);
    datasetIndex.set(row.name, index);
    builder.setUsage(index, row);
  }
  const indexOf = (map: ReadonlyMap<string, number>, key: string): number => {
    const index = map.get(key);
    if (index === undefined) throw new Error(`the test's inventory has no ${key}`);
    return index;
  };
  const blockIndex = new Map<string, number>();
  for (const row of rows.blocks) {
    const dataset = indexOf(datasetIndex, row.dataset);
    const index = builder.addBlock(dataset, row.name, row.size, row.files, false, row.lastUpdate);
    blockIndex.set(`${row.dataset}#${row.name}`, index);
  }
  for (const row of rows.replicas) {
    const block = indexOf(blockIndex, `${row.dataset}#${row.block}`);
    builder.addBlockReplica(block, builder.site(row.site), builder.owner(row.owner), row.size, row, row.lastUpdate);
  }
  for (const row of rows.subscriptions) {
    const dataset = indexOf(datasetIndex, row.dataset);
    builder.addSubscription(dataset, builder.site(row.site), builder.owner(row.owner), true);
  }
  return builder.build({
    generation: head.generation ?? 0,
    takenAt: head.takenAt,
    completeness: head.completeness ?? { state: 'complete' },
    memory: head.memory,
  });
}
