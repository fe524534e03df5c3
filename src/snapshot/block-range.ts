/** The blocks in a part of their file, as columns that can go to another thread. */
import type { Buffer } from 'node:buffer';
import type { BundleFormat } from './bundle-columns.js';
import { checkedSlice, RowError } from './bundle-row.js';
import { BundleRows } from './bundle-rows.js';
import { ByteSlice, type HashedNames, hashBytes, MetNames, NameCollector } from './byte-names.js';
import { FloatColumn, IntColumn } from './growing-column.js';

export interface BlockRange {
  /** Names of the datasets that the blocks are of: not checked, perhaps unknown. */
  readonly datasets: readonly string[];
  /** By block, its place in `datasets`. */
  readonly dataset: Int32Array;
  readonly names: HashedNames;
  readonly size: Float64Array;
  readonly files: Int32Array;
  readonly open: Uint8Array;
  /** NaN: that of the dataset. */
  readonly lastUpdate: Float64Array;
}

export class BlockRangeReader {
  readonly #rows: BundleRows;
  readonly #take: () => void;
  #met = new MetNames();
  #dataset = new IntColumn();
  #names = new NameCollector();
  #size = new FloatColumn();
  #files = new IntColumn();
  #open = new IntColumn();
  #lastUpdate = new FloatColumn();

  constructor(format: BundleFormat, header: string | null) {
    this.#rows = new BundleRows('blocks', format, header);
    this.#take = this.#taker();
  }

  /**
   * Reads whole lines.
   *
   * @throws RowError where a row is not as it should be; what is wrong with the bundle, `readBundle` says
   */
  read(bytes: Buffer, first: boolean): void {
    this.#rows.each(bytes, first, this.#take);
  }

  /** What was read since the last call. */
  finish(): BlockRange {
    const { bytes, ends, hashes } = this.#names.view();
    const range: BlockRange = {
      datasets: this.#met.toStrings(),
      dataset: this.#dataset.view().slice(),
      names: { bytes: bytes.slice(), ends: ends.slice(), hashes: hashes.slice() },
      size: this.#size.view().slice(),
      files: this.#files.view().slice(),
      open: Uint8Array.from(this.#open.view()),
      lastUpdate: this.#lastUpdate.view().slice(),
    };
    this.#met = new MetNames();
    this.#names = new NameCollector();
    for (const column of [this.#dataset, this.#size, this.#files, this.#open, this.#lastUpdate]) column.clear();
    return range;
  }

  #taker(): () => void {
    const row = this.#rows.row;
    const dataset = row.column('dataset');
    const name = row.column('name');
    const size = row.column('size');
    const files = row.column('files');
    const open = row.column('open');
    const lastUpdate = row.column('lastUpdate');
    const slice = new ByteSlice();
    return () => {
      row.requiredSlice(dataset, slice);
      const known = this.#met.find(slice);
      this.#dataset.push(known < 0 ? this.#met.add(slice) : known);
      row.requiredSlice(name, slice);
      checkedSlice('name', slice);
      this.#names.add(slice, hashBytes(slice.bytes, slice.start, slice.end));
      const bytes = row.count(size);
      if (bytes === null) throw new RowError('size must not be null');
      this.#size.push(bytes);
      const fileCount = row.count(files) ?? 0;
      if (fileCount > 2 ** 31 - 1) throw new RowError(`files is above 2^31 - 1: ${fileCount}`);
      this.#files.push(fileCount);
      this.#open.push(row.flag(open) === true ? 1 : 0);
      this.#lastUpdate.push(row.time(lastUpdate) ?? Number.NaN);
    };
  }
}
