/** The order of block replicas in a snapshot, which they may be given in any other. */
import { intAt } from './column.js';

/** Blocks in their final order. */
interface OrderedBlocks {
  /** By dataset, its first block; one more at the end. */
  readonly start: Int32Array;
  readonly dataset: Int32Array;
  /** By the position among the rows, that in the final order. */
  readonly rank: Int32Array;
}

/** By row: the position of the block among the rows of blocks, and the site. */
interface CopyRows {
  readonly block: Int32Array;
  readonly site: Int32Array;
  /** By site as rows have it, its place in the order of sites. */
  readonly siteRank: Int32Array;
}

export interface CopyOrder {
  /** The row of each: by dataset, site and block. */
  readonly rows: Int32Array;
  /** By block, in `index`, where its copies begin; one more at the end. */
  readonly start: Int32Array;
  /** Places in `rows`, by block and site. */
  readonly index: Int32Array;
}

/**
 * Puts block replicas in order: a counting sort by dataset, and two within each, so that all of a dataset is near in memory
 * when it is sorted.
 *
 * @param start zeros, one more than blocks
 * @param index as many as rows
 */
export function orderCopies(
  blocks: OrderedBlocks,
  { block, site, siteRank }: CopyRows,
  start: Int32Array,
  index: Int32Array,
): CopyOrder {
  const count = block.length;
  const datasetCount = blocks.start.length - 1;
  for (let i = 0; i < count; i++) {
    const b = intAt(blocks.rank, intAt(block, i));
    start[b + 1] = intAt(start, b + 1) + 1;
  }
  for (let b = 1; b < start.length; b++) start[b] = intAt(start, b) + intAt(start, b - 1);
  const next = new Int32Array(datasetCount);
  for (let d = 0; d < datasetCount; d++) next[d] = intAt(start, intAt(blocks.start, d));
  const byDataset = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const d = intAt(blocks.dataset, intAt(blocks.rank, intAt(block, i)));
    const place = intAt(next, d);
    byDataset[place] = i;
    next[d] = place + 1;
  }
  const rows = new Int32Array(count);
  const nextInBlock = start.slice();
  /** By site: how many copies of the dataset it has, then where the next goes. Zeros between datasets. */
  const atSite = new Int32Array(siteRank.length);
  const met: number[] = [];
  for (let d = 0; d < datasetCount; d++) {
    const from = intAt(start, intAt(blocks.start, d));
    const to = intAt(start, intAt(blocks.start, d + 1));
    for (let k = from; k < to; k++) {
      const s = intAt(siteRank, intAt(site, intAt(byDataset, k)));
      const copies = intAt(atSite, s);
      if (copies === 0) met.push(s);
      atSite[s] = copies + 1;
    }
    // By block, into `index`, which is not filled yet.
    for (let k = from; k < to; k++) {
      const i = intAt(byDataset, k);
      const b = intAt(blocks.rank, intAt(block, i));
      const place = intAt(nextInBlock, b);
      index[place] = i;
      nextInBlock[b] = place + 1;
    }
    met.sort((a, b) => a - b);
    let begin = from;
    for (const s of met) {
      const copies = intAt(atSite, s);
      atSite[s] = begin;
      begin += copies;
    }
    for (let k = from; k < to; k++) {
      const i = intAt(index, k);
      const s = intAt(siteRank, intAt(site, i));
      const place = intAt(atSite, s);
      rows[place] = i;
      atSite[s] = place + 1;
    }
    for (const s of met) atSite[s] = 0;
    met.length = 0;
    // From the end, where each block's next place is after the sort by block.
    for (let k = to - 1; k >= from; k--) {
      const b = intAt(blocks.rank, intAt(block, intAt(rows, k)));
      const place = intAt(nextInBlock, b) - 1;
      index[place] = k;
      nextInBlock[b] = place;
    }
  }
  return { rows, start, index };
}
