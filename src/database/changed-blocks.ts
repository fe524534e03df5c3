/**
 * Datasets of which replicas of a few blocks alone have changed: what else there is of them is taken from the inventory
 * that was read before.
 */
import {
  findName,
  flagAt,
  floatAt,
  intAt,
  nameAt,
  type SnapshotBuilder,
  type SnapshotColumns,
  shortAt,
} from '../snapshot/index.js';
import type { InventoryChanges } from './change-log.js';
import type { RawRow } from './raw-reader.js';

/** A dataset as it was before, and what has changed of it. */
export interface ChangedBlocks {
  readonly dataset: number;
  /** Ids of the blocks whose replicas are to be read, by their positions before. */
  readonly ids: Map<number, number>;
}

export interface ChangedDatasets {
  /** Ids of those to be read as a whole. */
  readonly whole: readonly number[];
  /** The others by their ids. */
  readonly partly: ReadonlyMap<number, ChangedBlocks>;
}

/** Finds the blocks in the inventory before. A dataset that is not all there is read as a whole. */
export async function findChangedBlocks(
  { datasets, blocks }: InventoryChanges,
  before: SnapshotColumns,
  each: (sql: string, condition: string, ids: readonly number[], take: (row: RawRow) => void) => Promise<void>,
): Promise<ChangedDatasets> {
  const whole = new Set(datasets);
  const partly = new Map<number, ChangedBlocks>();
  const { name, count, blockStart } = before.datasets;
  await each(
    'select b.id, b.name, d.id, d.name from blocks b join datasets d on d.id = b.dataset',
    'b.id in (?)',
    blocks,
    (row) => {
      const id = row[2] as number;
      const dataset = partly.get(id)?.dataset ?? findName(name, 0, count, row[3] as string);
      const block =
        dataset < 0
          ? -1
          : before.blocks.name.find(intAt(blockStart, dataset), intAt(blockStart, dataset + 1), row[1] as string);
      if (block < 0) {
        whole.add(id);
        return;
      }
      const changed = partly.get(id) ?? { dataset, ids: new Map() };
      changed.ids.set(block, row[0] as number);
      partly.set(id, changed);
    },
  );
  for (const id of whole) partly.delete(id);
  return { whole: [...whole].sort((a, b) => a - b), partly };
}

/** Adds blocks, and replicas of those that have not changed, as they were before. */
export class RowsBefore {
  readonly #builder: SnapshotBuilder;
  readonly #before: SnapshotColumns;
  /** Numbers of the builder, by positions before. */
  readonly #sites: (number | undefined)[] = [];
  readonly #owners: (number | undefined)[] = [];

  constructor(builder: SnapshotBuilder, before: SnapshotColumns) {
    this.#builder = builder;
    this.#before = before;
  }

  /**
   * @param into the dataset in the builder
   * @param added told where each block that has changed is now; its replicas are missing
   */
  add({ dataset, ids }: ChangedBlocks, into: number, added: (id: number, block: number) => void): void {
    const { blocks, datasets } = this.#before;
    for (let b = intAt(datasets.blockStart, dataset); b < intAt(datasets.blockStart, dataset + 1); b++) {
      const block = this.#builder.addBlock(
        into,
        blocks.name.at(b),
        floatAt(blocks.size, b),
        intAt(blocks.files, b),
        flagAt(blocks.open, b) === 1,
        floatAt(blocks.lastUpdate, b),
      );
      const id = ids.get(b);
      if (id !== undefined) added(id, block);
      else this.#addReplicas(b, block);
    }
  }

  #addReplicas(before: number, block: number): void {
    const { blocks, blockReplicas, sites, owners } = this.#before;
    const { site, owner, size, complete, custodial, managed, lastUpdate } = blockReplicas;
    for (let k = intAt(blocks.copyStart, before); k < intAt(blocks.copyStart, before + 1); k++) {
      const br = intAt(blocks.copyIndex, k);
      const flags = {
        complete: flagAt(complete, br) === 1,
        custodial: flagAt(custodial, br) === 1,
        managed: flagAt(managed, br) === 1,
      };
      const s = shortAt(site, br);
      const o = shortAt(owner, br);
      this.#sites[s] ??= this.#builder.site(nameAt(sites, s));
      this.#owners[o] ??= this.#builder.owner(nameAt(owners, o));
      this.#builder.addBlockReplica(
        block,
        this.#sites[s],
        this.#owners[o],
        floatAt(size, br),
        flags,
        floatAt(lastUpdate, br),
      );
    }
  }
}
