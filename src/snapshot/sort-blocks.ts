/** The order of the blocks of a dataset: by name. */
import { floatAt, intAt } from './column.js';

/** Names of blocks, by their position among the rows. */
export interface BlockNames {
  /**
   * The first four bytes as a number, zeros behind the end. What is smaller comes first; what is equal says nothing. Bytes
   * above 0x7f may all be the highest, as long as what follows them is zeros.
   */
  beginning(position: number): number;
  /** The order of two names: that of their bytes. */
  compare(a: number, b: number): number;
  /** All of them. */
  strings(): readonly string[];
}

/** Datasets of more blocks are left to the engine's sort; most have fewer. */
const fewBlocks = 64;

/**
 * Sorts the blocks of each dataset.
 *
 * @param order positions of blocks, those of a dataset together
 * @param start by dataset, where its blocks begin in `order`; one more at the end
 */
export function sortBlocks(order: Int32Array, start: Int32Array, names: BlockNames): void {
  const beginnings = new Float64Array(order.length);
  for (let place = 0; place < order.length; place++) beginnings[place] = names.beginning(intAt(order, place));
  for (let dataset = 0; dataset + 1 < start.length; dataset++) {
    const from = intAt(start, dataset);
    const to = intAt(start, dataset + 1);
    if (to - from <= fewBlocks) insertInOrder(order, beginnings, from, to, names);
    else order.set(order.slice(from, to).sort(names.compare), from);
  }
}

function insertInOrder(order: Int32Array, beginnings: Float64Array, from: number, to: number, names: BlockNames): void {
  for (let i = from + 1; i < to; i++) {
    const position = intAt(order, i);
    const beginning = floatAt(beginnings, i);
    let place = i;
    for (; place > from; place--) {
      const before = floatAt(beginnings, place - 1);
      if (before < beginning) break;
      if (before === beginning && names.compare(intAt(order, place - 1), position) <= 0) break;
      order[place] = intAt(order, place - 1);
      beginnings[place] = before;
    }
    order[place] = position;
    beginnings[place] = beginning;
  }
}
