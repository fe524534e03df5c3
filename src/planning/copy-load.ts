/** What a copy comes to at a site: which blocks, which bytes, and in which partitions they count. */
import { floatAt, intAt } from '../snapshot/column.js';
import type { World } from './world.js';

export interface CopyLoad {
  /** What would be copied. */
  readonly blocks: readonly number[];
  /** Where it would count. */
  readonly partitions: readonly number[];
  /** Bytes it adds to what is projected for each of those; 0 where it completes what is there. */
  readonly added: readonly number[];
  /** Bytes to be transferred. */
  readonly bytes: number;
  /** Bytes of the blocks of which nothing is at the site under the owner. */
  readonly newToOwner: number;
}

export class CopyLoads {
  readonly #world: World;
  /** The blocks that were last asked about, their bytes, and loads at sites that have none of the dataset. */
  #last: readonly number[] = [];
  #lastSize = 0;
  #ofLast: CopyLoad[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * @param blocks of one dataset, at least one; the same list for one site after another is answered quickly
   * @returns the same object for all sites that have none of the dataset and put it into the same partitions
   */
  at(blocks: readonly number[], site: number, owner: string): CopyLoad {
    const world = this.#world;
    if (!world.partitionsIgnoreBlocks || !this.#isEmptyAt(blocks, site)) return this.#oneByOne(blocks, site, owner);
    const partitions = world.partitionsOfCopy(blocks[0] as number, site, owner);
    if (this.#last === blocks) {
      for (const known of this.#ofLast) if (known.partitions === partitions) return known;
    }
    const size = this.#sizeOf(blocks);
    const load = { blocks, partitions, added: partitions.map(() => size), bytes: size, newToOwner: size };
    this.#ofLast.push(load);
    return load;
  }

  /** Where some of the dataset is at the site, or its blocks may be in different partitions. */
  #oneByOne(blocks: readonly number[], site: number, owner: string): CopyLoad {
    const isEmpty = this.#isEmptyAt(blocks, site);
    const added = this.#world.bytesOfCopies(blocks, site, owner);
    return {
      blocks,
      partitions: [...added.keys()],
      added: [...added.values()],
      bytes: isEmpty ? this.#sizeOf(blocks) : this.#bytesMissing(blocks, site),
      newToOwner: isEmpty ? this.#sizeOf(blocks) : this.#bytesNewTo(owner, blocks, site),
    };
  }

  /** Bytes to be transferred to a site; to any that has none of the dataset where that is -1. */
  bytes(blocks: readonly number[], site: number): number {
    return site < 0 || this.#isEmptyAt(blocks, site) ? this.#sizeOf(blocks) : this.#bytesMissing(blocks, site);
  }

  /** None of the dataset is at the site. */
  #isEmptyAt(blocks: readonly number[], site: number): boolean {
    const world = this.#world;
    const replica = world.findReplica(intAt(world.snapshot.blocks.dataset, blocks[0] as number), site);
    return replica < 0 || intAt(world.present, replica) === 0;
  }

  #sizeOf(blocks: readonly number[]): number {
    if (this.#last !== blocks) {
      this.#last = blocks;
      this.#lastSize = 0;
      this.#ofLast = [];
      for (const block of blocks) this.#lastSize += floatAt(this.#world.snapshot.blocks.size, block);
    }
    return this.#lastSize;
  }

  #bytesMissing(blocks: readonly number[], site: number): number {
    const { snapshot } = this.#world;
    let bytes = 0;
    for (const block of blocks) {
      const br = this.#world.findCopy(block, site);
      bytes += floatAt(snapshot.blocks.size, block) - (br < 0 ? 0 : floatAt(snapshot.blockReplicas.size, br));
    }
    return bytes;
  }

  #bytesNewTo(owner: string, blocks: readonly number[], site: number): number {
    let bytes = 0;
    for (const block of blocks) {
      if (!this.#world.isOwnedThere(block, site, owner)) bytes += floatAt(this.#world.snapshot.blocks.size, block);
    }
    return bytes;
  }
}
