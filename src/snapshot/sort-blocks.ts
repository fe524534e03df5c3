/** The order of the blocks of a dataset: by name. */
import { floatAt, intAt } from './column.js';
import { beginningOf, compareNames, type PackedNames } from './name-column.js';

/** Datasets of more blocks are left to the engine's sort; most have fewer. */
const fewBlocks = 64;

/**
 * Sorts the blocks of each dataset.
 *
 * @param order positions of blocks, those of a dataset together
 * @param start by dataset, where its blocks begin in `order`; one more at the end
 * @param names of blocks, by their position
 */
export function sortBlocks(order: Int32Array, start: Int32Array, names: PackedNames): void {
  const beginnings = new Float64Array(order.length);
  for (let place = 0; place < order.length; place++) beginnings[place] = beginningOf(names, intAt(order, place));
  const compare = (a: number, b: number): number => compareNames(names, a, b);
  for (let dataset = 0; dataset + 1 < start.length; dataset++) {
    const from = intAt(start, dataset);
    const to = intAt(start, dataset + 1);
    if (to - from <= fewBlocks) insertInOrder(order, beginnings, from, to, names);
    else order.set(order.slice(from, to).sort(compare), from);
  }
}

function insertInOrder(
  order: Int32Array,
  beginnings: Float64Array,
  from: number,
  to: number,
  names: PackedNames,
): void {
  for (let i = from + 1; i < to; i++) {
    const position = intAt(order, i);
    const beginning = floatAt(beginnings, i);
    let place = i;
    for (; place > from; place--) {
      const before = floatAt(beginnings, place - 1);
      if (before < beginning) break;
      if (before === beginning && compareNames(names, intAt(order, place - 1), position) <= 0) break;
      order[place] = intAt(order, place - 1);
      beginnings[place] = before;
    }
    order[place] = position;
    beginnings[place] = beginning;
  }
}
