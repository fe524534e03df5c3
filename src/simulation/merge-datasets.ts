/** The dataset and block columns of a snapshot with new rows merged in, in linear time; the order stays canonical. */
import { compareBytes } from '../order.js';
import { ColumnMemory } from '../snapshot/column-memory.js';
import { findName } from '../snapshot/find-name.js';
import { floatAt, intAt } from '../snapshot/index.js';
import { joinNames, NameColumn, type NameRange } from '../snapshot/name-column.js';
import type { BlockColumns, DatasetColumns, Snapshot } from '../snapshot/snapshot.js';
import type { NewBlock, NewDataset, SnapshotChanges } from './changes.js';
import { runsOf } from './runs.js';
import { mergeNames } from './sorted-names.js';

export interface MergedDatasets {
  /** What speaks of replicas is made from the block replicas. */
  readonly datasets: Omit<DatasetColumns, 'replicaStart'>;
  readonly blocks: Omit<BlockColumns, 'copyStart' | 'copyIndex'>;
  /** Where each dataset and each block of the snapshot is now; both rise. */
  readonly datasetMoved: Int32Array;
  readonly blockMoved: Int32Array;
}

interface FreshBlock {
  readonly dataset: number;
  readonly block: NewBlock;
}

export function mergeDatasets(snapshot: Snapshot, changes: SnapshotChanges): MergedDatasets {
  const { datasets, blocks } = snapshot;
  const known = (name: string): boolean => findName(datasets.name, 0, datasets.count, name) >= 0;
  const fresh = changes.datasets.filter(({ row }) => !known(row.name));
  const { names, moved: datasetMoved } = mergeNames(
    datasets.name,
    fresh.map(({ row }) => row.name),
  );
  const freshBlocks = findFreshBlocks(snapshot, names, datasetMoved, fresh, changes.blocks);
  if (fresh.length === 0 && freshBlocks.length === 0) {
    return { datasets, blocks, datasetMoved, blockMoved: Int32Array.from({ length: blocks.count }, (_, b) => b) };
  }
  const merged = mergeBlocks(snapshot, datasetMoved, freshBlocks);
  return {
    datasets: { ...mergeRows(datasets, names, datasetMoved, fresh), ...sumBlocks(names.length, merged.blocks) },
    blocks: merged.blocks,
    datasetMoved,
    blockMoved: merged.moved,
  };
}

/** New blocks of new and of old datasets, sorted; the dataset is its new place. */
function findFreshBlocks(
  { datasets, blocks }: Snapshot,
  names: readonly string[],
  datasetMoved: Int32Array,
  fresh: readonly NewDataset[],
  more: SnapshotChanges['blocks'],
): FreshBlock[] {
  const found = new Map<string, FreshBlock>();
  const add = (dataset: number, block: NewBlock): void => {
    if (!found.has(`${dataset} ${block.name}`)) found.set(`${dataset} ${block.name}`, { dataset, block });
  };
  for (const { row, blocks: list } of fresh) {
    const dataset = findName(names, 0, names.length, row.name);
    for (const block of list) add(dataset, block);
  }
  for (const { dataset: name, block } of more) {
    const old = findName(datasets.name, 0, datasets.count, name);
    if (old < 0) continue;
    const from = intAt(datasets.blockStart, old);
    const to = intAt(datasets.blockStart, old + 1);
    if (blocks.name.find(from, to, block.name) < 0) add(intAt(datasetMoved, old), block);
  }
  return [...found.values()].sort((a, b) => a.dataset - b.dataset || compareBytes(a.block.name, b.block.name));
}

function mergeBlocks(
  { blocks }: Snapshot,
  datasetMoved: Int32Array,
  fresh: readonly FreshBlock[],
): { readonly blocks: MergedDatasets['blocks']; readonly moved: Int32Array } {
  const count = blocks.count + fresh.length;
  const moved = new Int32Array(blocks.count);
  const placeOf = new Int32Array(fresh.length);
  let next = 0;
  for (let b = 0; b < blocks.count; b++) {
    const dataset = intAt(datasetMoved, intAt(blocks.dataset, b));
    for (let first = fresh[next]; first !== undefined; first = fresh[next]) {
      const isBefore =
        first.dataset < dataset || (first.dataset === dataset && compareBytes(first.block.name, blocks.name.at(b)) < 0);
      if (!isBefore) break;
      placeOf[next] = b + next;
      next++;
    }
    moved[b] = b + next;
  }
  for (; next < fresh.length; next++) placeOf[next] = blocks.count + next;

  const runs = runsOf(moved);
  const name = mergedNames(blocks.name, placeOf, fresh);
  const dataset = new Int32Array(count);
  for (let b = 0; b < blocks.count; b++) dataset[intAt(moved, b)] = intAt(datasetMoved, intAt(blocks.dataset, b));
  const size = runs.copy(blocks.size, new Float64Array(count));
  const files = runs.copy(blocks.files, new Int32Array(count));
  const open = runs.copy(blocks.open, new Uint8Array(count));
  const lastUpdate = runs.copy(blocks.lastUpdate, new Float64Array(count));
  fresh.forEach(({ dataset: owner, block }, i) => {
    const b = intAt(placeOf, i);
    dataset[b] = owner;
    size[b] = block.size;
    files[b] = block.files;
    open[b] = block.open ? 1 : 0;
    lastUpdate[b] = block.lastUpdate;
  });
  return { blocks: { count, dataset, name, size, files, open, lastUpdate }, moved };
}

/** @param placeOf where each of the new ones is among all */
function mergedNames(old: NameColumn, placeOf: Int32Array, fresh: readonly FreshBlock[]): NameColumn {
  const names = NameColumn.of(fresh.map(({ block }) => block.name));
  const ranges: NameRange[] = [];
  let from = 0;
  for (let i = 0; i < fresh.length; i++) {
    const to = intAt(placeOf, i) - i;
    if (to > from) ranges.push({ names: old, from, to });
    ranges.push({ names, from: i, to: i + 1 });
    from = to;
  }
  ranges.push({ names: old, from, to: old.length });
  return joinNames(ranges, new ColumnMemory(0));
}

function mergeRows(
  old: DatasetColumns,
  names: readonly string[],
  moved: Int32Array,
  fresh: readonly NewDataset[],
): Omit<DatasetColumns, 'replicaStart' | 'blockStart' | 'size' | 'files'> {
  const count = names.length;
  const runs = runsOf(moved);
  const status = runs.copyNames(old.status, new Array<string>(count));
  const type = runs.copyNames(old.type, new Array<string>(count));
  const open = runs.copy(old.open, new Uint8Array(count));
  const created = runs.copy(old.created, new Float64Array(count));
  const lastUpdate = runs.copy(old.lastUpdate, new Float64Array(count));
  const tapeRequested = runs.copy(old.tapeRequested, new Uint8Array(count));
  const copyRequested = runs.copy(old.copyRequested, new Uint8Array(count));
  const lastAccess = runs.copy(old.lastAccess, new Float64Array(count));
  const accesses = runs.copy(old.accesses, new Float64Array(count));
  const usageRank = runs.copy(old.usageRank, new Float64Array(count));
  const demand = runs.copy(old.demand, new Float64Array(count));
  const labels = new Map(
    [...old.labels].map(([key, column]) => [key, runs.copyNames(column, new Array<string>(count).fill(''))]),
  );
  for (const { row, usage } of fresh) {
    const d = findName(names, 0, count, row.name);
    status[d] = row.status;
    type[d] = row.type;
    open[d] = row.open ? 1 : 0;
    created[d] = row.created;
    lastUpdate[d] = row.lastUpdate;
    tapeRequested[d] = row.tapeRequested ? 1 : 0;
    copyRequested[d] = row.copyRequested ? 1 : 0;
    lastAccess[d] = usage.lastAccess;
    accesses[d] = usage.accesses;
    usageRank[d] = usage.usageRank;
    demand[d] = usage.demand;
    for (const [key, value] of Object.entries(row.labels)) {
      let column = labels.get(key);
      if (column === undefined) {
        column = new Array<string>(count).fill('');
        labels.set(key, column);
      }
      column[d] = value;
    }
  }
  return {
    count,
    name: names,
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
  };
}

/** Where the blocks of each dataset start, and what they sum up to. */
function sumBlocks(
  count: number,
  blocks: MergedDatasets['blocks'],
): Pick<DatasetColumns, 'blockStart' | 'size' | 'files'> {
  const blockStart = new Int32Array(count + 1);
  const size = new Float64Array(count);
  const files = new Float64Array(count);
  for (let b = 0; b < blocks.count; b++) {
    const d = intAt(blocks.dataset, b);
    blockStart[d + 1] = intAt(blockStart, d + 1) + 1;
    size[d] = floatAt(size, d) + floatAt(blocks.size, b);
    files[d] = floatAt(files, d) + intAt(blocks.files, b);
  }
  for (let d = 0; d < count; d++) blockStart[d + 1] = intAt(blockStart, d + 1) + intAt(blockStart, d);
  return { blockStart, size, files };
}
