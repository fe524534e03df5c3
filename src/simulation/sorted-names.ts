/** Sorted lists of names: merging with a few more names in linear time. */
import { compareBytes } from '../order.js';
import { nameAt } from '../snapshot/column.js';
import { findName } from '../snapshot/find-name.js';

export interface MergedNames {
  readonly names: readonly string[];
  /** Where each of the old names is now; rises with them. */
  readonly moved: Int32Array;
}

/** @param added sorted or not; what is there already is not added again */
export function mergeNames(old: readonly string[], added: Iterable<string>): MergedNames {
  const fresh = [...new Set(added)].filter((name) => findName(old, 0, old.length, name) < 0).sort(compareBytes);
  const moved = new Int32Array(old.length);
  if (fresh.length === 0) {
    for (let i = 0; i < old.length; i++) moved[i] = i;
    return { names: old, moved };
  }
  const names = new Array<string>(old.length + fresh.length);
  let next = 0;
  let place = 0;
  for (let i = 0; i < old.length; i++) {
    const name = nameAt(old, i);
    while (next < fresh.length && compareBytes(nameAt(fresh, next), name) < 0) names[place++] = nameAt(fresh, next++);
    moved[i] = place;
    names[place++] = name;
  }
  while (next < fresh.length) names[place++] = nameAt(fresh, next++);
  return { names, moved };
}

/** The place of a dataset in a snapshot, or -1. */
export function findDataset(
  snapshot: { readonly datasets: { readonly name: readonly string[] } },
  name: string,
): number {
  return findName(snapshot.datasets.name, 0, snapshot.datasets.name.length, name);
}
