/** Looking for a name among others that are in their order. */
import { compareBytes } from '../order.js';
import { nameAt } from './column.js';

/** The first position from `from` on whose name does not come before `name`; `to` where all do. */
export function firstNotBefore(names: readonly string[], from: number, to: number, name: string): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(nameAt(names, middle), name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where a name is among those from `from` up to `to`, or -1. */
export function findName(names: readonly string[], from: number, to: number, name: string): number {
  const place = firstNotBefore(names, from, to, name);
  return place < to && names[place] === name ? place : -1;
}
