/**
 * Builds a {@link Snapshot} from rows in any order. Bundles, databases and tests all come through here, so that the
 * canonical order is made in one place. Rows must already be valid: references resolved, no duplicates.
 */
import { compareBytes } from '../order.js';
import { floatAt, intAt, shortAt } from './column.js';
import { ColumnMemory, columnBytes } from './column-memory.js';
import { FloatColumn, IntColumn } from './growing-column.js';
import type { LoopMemory, Snapshot } from './snapshot.js';

export interface DatasetRow {
  readonly name: string;
  readonly status: string;
  readonly type: string;
  readonly open: boolean;
  /** Seconds since the epoch, as all times here. */
  readonly created: number;
  readonly lastUpdate: number;
  readonly tapeRequested: boolean;
  readonly copyRequested: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export interface UsageRow {
  readonly lastAccess: number;
  readonly accesses: number;
  readonly usageRank: number;
  readonly demand: number;
}

export class SnapshotBuilder {
  readonly #datasets: DatasetRow[] = [];
  readonly #usage = new Map<number, UsageRow>();
  readonly #blockDataset = new IntColumn();
  readonly #blockName: string[] = [];
  readonly #blockSize = new FloatColumn();
  readonly #blockFiles = new IntColumn();
  readonly #blockOpen = new IntColumn();
  readonly #blockUpdate = new FloatColumn();
  readonly #copyBlock = new IntColumn();
  readonly #copySite = new IntColumn();
  readonly #copyOwner = new IntColumn();
  readonly #copySize = new FloatColumn();
  readonly #copyFlags = new IntColumn();
  readonly #copyUpdate = new FloatColumn();
  readonly #sites = new Map<string, number>();
  readonly #owners = new Map<string, number>([['', 0]]);
  readonly #subscriptions: { dataset: number; site: number; owner: number; growing: boolean }[] = [];

  /** Interns a site name; the number is only good for this builder. */
  site(name: string): number {
    return intern(this.#sites, name);
  }

  /** Interns an owner name; the empty string (nobody) is 0. */
  owner(name: string): number {
    return intern(this.#owners, name);
  }

  addDataset(row: DatasetRow): number {
    return this.#datasets.push(row) - 1;
  }

  setUsage(dataset: number, usage: UsageRow): void {
    this.#usage.set(dataset, usage);
  }

  addBlock(dataset: number, name: string, size: number, files: number, open: boolean, lastUpdate: number): number {
    this.#blockName.push(name);
    this.#blockSize.push(size);
    this.#blockFiles.push(files);
    this.#blockOpen.push(open ? 1 : 0);
    this.#blockUpdate.push(lastUpdate);
    return this.#blockDataset.push(dataset);
  }

  /** A block at a site. `size` is the present bytes. */
  addBlockReplica(
    block: number,
    site: number,
    owner: number,
    size: number,
    flags: { readonly complete: boolean; readonly custodial: boolean; readonly managed: boolean },
    lastUpdate: number,
  ): void {
    this.#copyBlock.push(block);
    this.#copySite.push(site);
    this.#copyOwner.push(owner);
    this.#copySize.push(size);
    this.#copyFlags.push((flags.complete ? 1 : 0) | (flags.custodial ? 2 : 0) | (flags.managed ? 4 : 0));
    this.#copyUpdate.push(lastUpdate);
  }

  addSubscription(dataset: number, site: number, owner: number, growing: boolean): void {
    this.#subscriptions.push({ dataset, site, owner, growing });
  }

  build(head: {
    readonly generation: number;
    readonly takenAt: number;
    readonly completeness: Snapshot['completeness'];
    readonly memory: LoopMemory;
  }): Snapshot {
    const sites = rank([...this.#sites.keys()]);
    const owners = rank([...this.#owners.keys()]);
    const datasets = rank(this.#datasets.map((row) => row.name));
    const datasetCount = this.#datasets.length;
    const blockCount = this.#blockName.length;
    const copyCount = this.#copyBlock.length;
    // Datasets at sites are counted below: few, with columns of their own.
    const memory = new ColumnMemory(
      columnBytes({ datasets: datasetCount, blocks: blockCount, replicas: 0, blockReplicas: copyCount }),
    );

    // Blocks by (dataset, name): count per dataset, then sort each dataset's few names.
    const blockDataset = this.#blockDataset.view();
    const blockStart = memory.ints(datasetCount + 1);
    for (let b = 0; b < blockCount; b++) {
      const d = intAt(datasets.rankOf, intAt(blockDataset, b));
      blockStart[d + 1] = intAt(blockStart, d + 1) + 1;
    }
    accumulate(blockStart);
    const blockOrder = bucket(blockStart, blockCount, datasets.rankOf, blockDataset);
    const names = this.#blockName;
    for (let d = 0; d < datasetCount; d++) {
      const from = intAt(blockStart, d);
      const to = intAt(blockStart, d + 1);
      if (to - from > 1) {
        const run = Array.from(blockOrder.subarray(from, to)).sort((x, y) =>
          compareBytes(names[x] ?? '', names[y] ?? ''),
        );
        blockOrder.set(run, from);
      }
    }
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
    this.#datasets.forEach((row, i) => {
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
      const usage = this.#usage.get(i);
      if (usage !== undefined) {
        lastAccess[d] = usage.lastAccess;
        accesses[d] = usage.accesses;
        usageRank[d] = usage.usageRank;
        demand[d] = usage.demand;
      }
    });

    const sortedBlockDataset = memory.ints(blockCount);
    const blockName = new Array<string>(blockCount);
    const blockSize = memory.floats(blockCount);
    const blockFiles = memory.ints(blockCount);
    const blockOpen = memory.flags(blockCount);
    const blockUpdate = memory.floats(blockCount);
    const datasetSize = memory.floats(datasetCount);
    const datasetFiles = memory.floats(datasetCount);
    const inputSize = this.#blockSize.view();
    const inputFiles = this.#blockFiles.view();
    const inputOpen = this.#blockOpen.view();
    const inputUpdate = this.#blockUpdate.view();
    for (let b = 0; b < blockCount; b++) {
      const i = intAt(blockOrder, b);
      const d = intAt(datasets.rankOf, intAt(blockDataset, i));
      sortedBlockDataset[b] = d;
      blockName[b] = names[i] ?? '';
      blockSize[b] = floatAt(inputSize, i);
      blockFiles[b] = intAt(inputFiles, i);
      blockOpen[b] = intAt(inputOpen, i);
      blockUpdate[b] = floatAt(inputUpdate, i);
      datasetSize[d] = floatAt(datasetSize, d) + floatAt(inputSize, i);
      datasetFiles[d] = floatAt(datasetFiles, d) + intAt(inputFiles, i);
    }

    // Block replicas by (dataset, site, block): a stable counting sort by site of the runs by block.
    const inBlock = this.#copyBlock.view();
    const inSite = this.#copySite.view();
    const siteCount = sites.names.length;
    const bySite = new Int32Array(siteCount + 1);
    const byBlock = memory.ints(blockCount + 1);
    for (let i = 0; i < copyCount; i++) {
      const s = intAt(sites.rankOf, intAt(inSite, i));
      const b = intAt(blockRank, intAt(inBlock, i));
      bySite[s + 1] = intAt(bySite, s + 1) + 1;
      byBlock[b + 1] = intAt(byBlock, b + 1) + 1;
    }
    accumulate(bySite);
    accumulate(byBlock);
    const siteOrder = bucket(bySite, copyCount, sites.rankOf, inSite);
    // By block, and within a block by site, because bucketing is stable.
    const blockMajor = bucketFrom(byBlock, siteOrder, blockRank, inBlock);
    // By dataset and site, and within that by block.
    const order = new Int32Array(copyCount);
    const counts = new Int32Array(siteCount + 1);
    for (let d = 0; d < datasetCount; d++) {
      const from = intAt(byBlock, intAt(blockStart, d));
      const to = intAt(byBlock, intAt(blockStart, d + 1));
      if (to === from) continue;
      counts.fill(0);
      for (let k = from; k < to; k++) {
        const s = intAt(sites.rankOf, intAt(inSite, intAt(blockMajor, k)));
        counts[s + 1] = intAt(counts, s + 1) + 1;
      }
      accumulate(counts);
      for (let k = from; k < to; k++) {
        const i = intAt(blockMajor, k);
        const s = intAt(sites.rankOf, intAt(inSite, i));
        const place = intAt(counts, s);
        order[from + place] = i;
        counts[s] = place + 1;
      }
    }
    const copyRank = invert(order);
    const copyIndex = memory.ints(copyCount);
    for (let k = 0; k < copyCount; k++) copyIndex[k] = intAt(copyRank, intAt(blockMajor, k));

    const block = memory.ints(copyCount);
    const site = memory.shorts(copyCount);
    const owner = memory.shorts(copyCount);
    const size = memory.floats(copyCount);
    const complete = memory.flags(copyCount);
    const custodial = memory.flags(copyCount);
    const managed = memory.flags(copyCount);
    const copyUpdate = memory.floats(copyCount);
    const inOwner = this.#copyOwner.view();
    const inSize = this.#copySize.view();
    const inFlags = this.#copyFlags.view();
    const inUpdate = this.#copyUpdate.view();
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
    const subscriptions = this.#subscriptions
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
        copyStart: byBlock,
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
}

function intern(map: Map<string, number>, name: string): number {
  let index = map.get(name);
  if (index === undefined) {
    index = map.size;
    map.set(name, index);
  }
  return index;
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

/** The same for elements given in an order to be kept within each bucket. */
function bucketFrom(starts: Int32Array, elements: Int32Array, rankOf: Int32Array, key: Int32Array): Int32Array {
  const next = starts.slice();
  const order = new Int32Array(elements.length);
  for (let k = 0; k < elements.length; k++) {
    const i = intAt(elements, k);
    const bucketIndex = intAt(rankOf, intAt(key, i));
    const place = intAt(next, bucketIndex);
    order[place] = i;
    next[bucketIndex] = place + 1;
  }
  return order;
}
