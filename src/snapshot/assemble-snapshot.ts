/**
 * Rows in any order to a {@link Snapshot}: the canonical order is made here, in one place, wherever the rows come from.
 */
import { compareBytes } from '../order.js';
import type { DatasetRow, UsageRow } from './builder.js';
import { floatAt, intAt, shortAt } from './column.js';
import { ColumnMemory, columnBytes } from './column-memory.js';
import { IntColumn } from './growing-column.js';
import { type PackedNames, reorderNames } from './name-column.js';
import { orderCopies } from './order-copies.js';
import type { LoopMemory, Snapshot } from './snapshot.js';
import { sortBlocks } from './sort-blocks.js';

/**
 * Columns of valid rows: references are resolved to positions, nothing stands twice. Positions of datasets, blocks, sites and
 * owners are those in their lists; the first owner is nobody, the empty name.
 */
export interface SnapshotRows {
  readonly datasets: readonly DatasetRow[];
  /** By dataset. */
  readonly usage: ReadonlyMap<number, UsageRow>;
  readonly sites: readonly string[];
  readonly owners: readonly string[];
  readonly blocks: {
    readonly dataset: Int32Array;
    readonly names: PackedNames;
    readonly size: Float64Array;
    readonly files: Int32Array;
    readonly open: Int32Array;
    readonly lastUpdate: Float64Array;
  };
  readonly blockReplicas: {
    readonly block: Int32Array;
    readonly site: Int32Array;
    readonly owner: Int32Array;
    readonly size: Float64Array;
    /** See {@link flagBits}. */
    readonly flags: Int32Array;
    readonly lastUpdate: Float64Array;
  };
  readonly subscriptions: readonly SubscriptionColumns[];
}

export interface SubscriptionColumns {
  readonly dataset: number;
  readonly site: number;
  readonly owner: number;
  readonly growing: boolean;
}

/** What a snapshot says of itself. */
export interface SnapshotHead {
  readonly generation: number;
  readonly takenAt: number;
  readonly completeness: Snapshot['completeness'];
  readonly memory: LoopMemory;
}

/** The flags of a block replica as a number from 0 to 7. */
export function flagBits(flags: {
  readonly complete: boolean;
  readonly custodial: boolean;
  readonly managed: boolean;
}): number {
  return (flags.complete ? 1 : 0) | (flags.custodial ? 2 : 0) | (flags.managed ? 4 : 0);
}

export function assembleSnapshot(rows: SnapshotRows, head: SnapshotHead): Snapshot {
  const sites = rank(rows.sites);
  const owners = rank(rows.owners);
  const datasets = rank(rows.datasets.map((row) => row.name));
  const datasetCount = rows.datasets.length;
  const blockCount = rows.blocks.dataset.length;
  const copyCount = rows.blockReplicas.block.length;
  // Datasets at sites are counted below: few, with columns of their own.
  const memory = new ColumnMemory(
    columnBytes({
      datasets: datasetCount,
      blocks: blockCount,
      blockNameBytes: rows.blocks.names.bytes.length,
      replicas: 0,
      blockReplicas: copyCount,
    }),
  );

  // Blocks by (dataset, name): count per dataset, then sort each dataset's few names.
  const blockDataset = rows.blocks.dataset;
  const blockStart = memory.ints(datasetCount + 1);
  for (let b = 0; b < blockCount; b++) {
    const d = intAt(datasets.rankOf, intAt(blockDataset, b));
    blockStart[d + 1] = intAt(blockStart, d + 1) + 1;
  }
  accumulate(blockStart);
  const blockOrder = bucket(blockStart, blockCount, datasets.rankOf, blockDataset);
  sortBlocks(blockOrder, blockStart, rows.blocks.names);
  const blockRank = invert(blockOrder);

  const status = new Array<string>(datasetCount);
  const type = new Array<string>(datasetCount);
  const open = memory.flags(datasetCount);
  const created = memory.floats(datasetCount);
  const lastUpdate = memory.floats(datasetCount);
  const tapeRequested = memory.flags(datasetCount);
  const copyRequested = memory.flags(datasetCount);
  const lastAccess = memory.floats(datasetCount);
  const accesses = memory.floats(datasetCount);
  const usageRank = memory.floats(datasetCount);
  const demand = memory.floats(datasetCount);
  const labels = new Map<string, string[]>();
  rows.datasets.forEach((row, i) => {
    const d = intAt(datasets.rankOf, i);
    status[d] = row.status;
    type[d] = row.type;
    open[d] = row.open ? 1 : 0;
    created[d] = row.created;
    lastUpdate[d] = row.lastUpdate;
    tapeRequested[d] = row.tapeRequested ? 1 : 0;
    copyRequested[d] = row.copyRequested ? 1 : 0;
    for (const [key, value] of Object.entries(row.labels)) {
      // As if it were absent, so that a column is there only where some dataset has the label.
      if (value === '') continue;
      let column = labels.get(key);
      if (column === undefined) {
        column = new Array<string>(datasetCount).fill('');
        labels.set(key, column);
      }
      column[d] = value;
    }
    const usage = rows.usage.get(i);
    if (usage !== undefined) {
      lastAccess[d] = usage.lastAccess;
      accesses[d] = usage.accesses;
      usageRank[d] = usage.usageRank;
      demand[d] = usage.demand;
    }
  });

  const sortedBlockDataset = memory.ints(blockCount);
  const blockName = reorderNames(rows.blocks.names, blockOrder, memory);
  const blockSize = memory.floats(blockCount);
  const blockFiles = memory.ints(blockCount);
  const blockOpen = memory.flags(blockCount);
  const blockUpdate = memory.floats(blockCount);
  const datasetSize = memory.floats(datasetCount);
  const datasetFiles = memory.floats(datasetCount);
  const inputSize = rows.blocks.size;
  const inputFiles = rows.blocks.files;
  const inputOpen = rows.blocks.open;
  const inputUpdate = rows.blocks.lastUpdate;
  for (let b = 0; b < blockCount; b++) {
    const i = intAt(blockOrder, b);
    const d = intAt(datasets.rankOf, intAt(blockDataset, i));
    sortedBlockDataset[b] = d;
    blockSize[b] = floatAt(inputSize, i);
    blockFiles[b] = intAt(inputFiles, i);
    blockOpen[b] = intAt(inputOpen, i);
    blockUpdate[b] = floatAt(inputUpdate, i);
    datasetSize[d] = floatAt(datasetSize, d) + floatAt(inputSize, i);
    datasetFiles[d] = floatAt(datasetFiles, d) + intAt(inputFiles, i);
  }

  const inBlock = rows.blockReplicas.block;
  const inSite = rows.blockReplicas.site;
  const siteCount = sites.names.length;
  const {
    rows: order,
    start: copyStart,
    index: copyIndex,
  } = orderCopies(
    { start: blockStart, dataset: sortedBlockDataset, rank: blockRank },
    { block: inBlock, site: inSite, siteRank: sites.rankOf },
    memory.ints(blockCount + 1),
    memory.ints(copyCount),
  );

  const block = memory.ints(copyCount);
  const site = memory.shorts(copyCount);
  const owner = memory.shorts(copyCount);
  const size = memory.floats(copyCount);
  const complete = memory.flags(copyCount);
  const custodial = memory.flags(copyCount);
  const managed = memory.flags(copyCount);
  const copyUpdate = memory.floats(copyCount);
  const inOwner = rows.blockReplicas.owner;
  const inSize = rows.blockReplicas.size;
  const inFlags = rows.blockReplicas.flags;
  const inUpdate = rows.blockReplicas.lastUpdate;
  for (let k = 0; k < copyCount; k++) {
    const i = intAt(order, k);
    const flags = intAt(inFlags, i);
    block[k] = intAt(blockRank, intAt(inBlock, i));
    site[k] = intAt(sites.rankOf, intAt(inSite, i));
    owner[k] = intAt(owners.rankOf, intAt(inOwner, i));
    size[k] = floatAt(inSize, i);
    complete[k] = flags & 1;
    custodial[k] = (flags >> 1) & 1;
    managed[k] = (flags >> 2) & 1;
    copyUpdate[k] = floatAt(inUpdate, i);
  }

  // Replicas: the runs, merged with subscriptions, which may have no data yet.
  const subscriptions = rows.subscriptions
    .map((s) => ({
      dataset: intAt(datasets.rankOf, s.dataset),
      site: intAt(sites.rankOf, s.site),
      owner: intAt(owners.rankOf, s.owner),
      growing: s.growing,
    }))
    .sort((a, b) => a.dataset - b.dataset || a.site - b.site);
  const replicaDataset = new IntColumn();
  const replicaSite = new IntColumn();
  const replicaFirst = new IntColumn();
  const replicaGrowing = new IntColumn();
  const replicaOwner = new IntColumn();
  const replicaOf = memory.ints(copyCount);
  const replicaStart = memory.ints(datasetCount + 1);
  let k = 0;
  let s = 0;
  while (k < copyCount || s < subscriptions.length) {
    const subscription = subscriptions[s];
    const dataset = k < copyCount ? intAt(sortedBlockDataset, intAt(block, k)) : datasetCount;
    const where = k < copyCount ? shortAt(site, k) : siteCount;
    const subscribed =
      subscription !== undefined &&
      (subscription.dataset < dataset || (subscription.dataset === dataset && subscription.site <= where));
    const d = subscribed ? subscription.dataset : dataset;
    const w = subscribed ? subscription.site : where;
    replicaDataset.push(d);
    replicaSite.push(w);
    replicaGrowing.push(subscribed && subscription.growing ? 1 : 0);
    replicaOwner.push(subscribed ? subscription.owner : 0);
    const r = replicaFirst.push(k);
    replicaStart[d + 1] = intAt(replicaStart, d + 1) + 1;
    while (k < copyCount && shortAt(site, k) === w && intAt(sortedBlockDataset, intAt(block, k)) === d)
      replicaOf[k++] = r;
    if (subscribed) s++;
  }
  accumulate(replicaStart);
  const replicaCount = replicaFirst.length;
  replicaFirst.push(copyCount);

  return {
    generation: head.generation,
    takenAt: head.takenAt,
    completeness: head.completeness,
    sites: sites.names,
    owners: owners.names,
    datasets: {
      count: datasetCount,
      name: datasets.names,
      status,
      type,
      open,
      created,
      lastUpdate,
      tapeRequested,
      copyRequested,
      lastAccess,
      accesses,
      usageRank,
      demand,
      labels: new Map([...labels].sort(([a], [b]) => compareBytes(a, b))),
      blockStart,
      replicaStart,
      size: datasetSize,
      files: datasetFiles,
    },
    blocks: {
      count: blockCount,
      dataset: sortedBlockDataset,
      name: blockName,
      size: blockSize,
      files: blockFiles,
      open: blockOpen,
      lastUpdate: blockUpdate,
      copyStart,
      copyIndex,
    },
    replicas: {
      count: replicaCount,
      dataset: Int32Array.from(replicaDataset.view()),
      site: Uint16Array.from(replicaSite.view()),
      start: Int32Array.from(replicaFirst.view()),
      growing: Uint8Array.from(replicaGrowing.view()),
      growingOwner: Uint16Array.from(replicaOwner.view()),
    },
    blockReplicas: {
      count: copyCount,
      block,
      replica: replicaOf,
      site,
      owner,
      size,
      complete,
      custodial,
      managed,
      lastUpdate: copyUpdate,
    },
    memory: head.memory,
  };
}

function rank(input: readonly string[]): { readonly names: string[]; readonly rankOf: Int32Array } {
  const order = Int32Array.from(input.keys()).sort((a, b) => compareBytes(input[a] ?? '', input[b] ?? ''));
  return { names: Array.from(order, (i) => input[i] ?? ''), rankOf: invert(order) };
}

function invert(order: Int32Array): Int32Array {
  const inverse = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) inverse[intAt(order, i)] = i;
  return inverse;
}

/** Counts to starts, in place: `starts[i]` becomes the sum of everything before bucket i. */
function accumulate(starts: Int32Array): void {
  for (let i = 1; i < starts.length; i++) starts[i] = intAt(starts, i) + intAt(starts, i - 1);
}

/** Stable counting sort of 0..count-1 into buckets whose starts are known; element i goes into bucket `rankOf[key[i]]`. */
function bucket(starts: Int32Array, count: number, rankOf: Int32Array, key: Int32Array): Int32Array {
  const next = starts.slice();
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const bucketIndex = intAt(rankOf, intAt(key, i));
    const place = intAt(next, bucketIndex);
    order[place] = i;
    next[bucketIndex] = place + 1;
  }
  return order;
}
