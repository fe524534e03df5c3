/** The block replicas in a part of their file, as columns that can go to another thread. */
import type { Buffer } from 'node:buffer';
import type { BundleFormat } from './bundle-columns.js';
import { type BundleRow, checkedName, checkedSlice, RowError } from './bundle-row.js';
import { BundleRows } from './bundle-rows.js';
import { ByteSlice, MetNames, NameFinder, type NameTable } from './byte-names.js';
import { floatAt } from './column.js';
import { FloatColumn, IntColumn } from './growing-column.js';

/** What the rows refer to: may lie in shared memory. */
export interface KnownBlocks {
  readonly datasets: NameTable;
  /** Their groups are the positions of their datasets. */
  readonly blocks: NameTable;
  readonly size: Float64Array;
  readonly lastUpdate: Float64Array;
}

export interface ReplicaRange {
  readonly sites: readonly string[];
  readonly owners: readonly string[];
  /** Position among {@link KnownBlocks}. */
  readonly block: Int32Array;
  /** Place in `sites`. */
  readonly site: Uint16Array;
  /** Place in `owners`, + 1; 0: nobody. */
  readonly owner: Uint16Array;
  readonly size: Float64Array;
  /** 1: complete, 2: custodial. */
  readonly flags: Uint8Array;
  readonly lastUpdate: Float64Array;
}

export class ReplicaRangeReader {
  readonly #rows: BundleRows;
  readonly #known: KnownBlocks;
  readonly #take: () => void;
  #sites = new MetNames();
  #owners = new MetNames();
  readonly #block = new IntColumn();
  readonly #site = new IntColumn();
  readonly #owner = new IntColumn();
  readonly #size = new FloatColumn();
  readonly #flags = new IntColumn();
  readonly #lastUpdate = new FloatColumn();

  constructor(format: BundleFormat, header: string | null, known: KnownBlocks) {
    this.#rows = new BundleRows('replicas', format, header);
    this.#known = known;
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
  finish(): ReplicaRange {
    const range: ReplicaRange = {
      sites: this.#sites.toStrings(),
      owners: this.#owners.toStrings(),
      block: this.#block.view().slice(),
      site: Uint16Array.from(this.#site.view()),
      owner: Uint16Array.from(this.#owner.view()),
      size: this.#size.view().slice(),
      flags: Uint8Array.from(this.#flags.view()),
      lastUpdate: this.#lastUpdate.view().slice(),
    };
    this.#sites = new MetNames();
    this.#owners = new MetNames();
    for (const column of [this.#block, this.#site, this.#owner, this.#size, this.#flags, this.#lastUpdate]) {
      column.clear();
    }
    return range;
  }

  #taker(): () => void {
    const known = this.#known;
    const row = this.#rows.row;
    const dataset = row.column('dataset');
    const block = row.column('block');
    const site = row.column('site');
    const owner = row.column('owner');
    const size = row.column('size');
    const complete = row.column('complete');
    const custodial = row.column('custodial');
    const lastUpdate = row.column('lastUpdate');
    const fileNames = row.column('fileNames');
    const datasets = new NameFinder(known.datasets);
    const blocks = new NameFinder(known.blocks);
    const slice = new ByteSlice();
    return () => {
      row.requiredSlice(dataset, slice);
      const datasetPosition = datasets.find(0, slice);
      if (datasetPosition < 0) throw new RowError('unknown dataset');
      row.requiredSlice(block, slice);
      const position = blocks.find(datasetPosition, slice);
      if (position < 0) throw new RowError('unknown block');
      const blockSize = floatAt(known.size, position);
      const present = row.count(size) ?? blockSize;
      const isComplete = row.flag(complete) ?? present === blockSize;
      // A copy with missing bytes that counts would justify deleting the only whole one (I1).
      if (present > blockSize || (isComplete && present < blockSize)) throw new RowError('size does not fit the block');
      if (!isComplete) checkFileNames(row, fileNames);
      else row.list(fileNames);
      row.requiredSlice(site, slice);
      this.#site.push(met(this.#sites, 'site', slice));
      const owned = row.slice(owner, slice) && slice.end > slice.start;
      this.#owner.push(owned ? met(this.#owners, 'owner', slice) + 1 : 0);
      this.#block.push(position);
      this.#size.push(present);
      this.#flags.push((isComplete ? 1 : 0) | (row.flag(custodial) === true ? 2 : 0));
      this.#lastUpdate.push(row.time(lastUpdate) ?? floatAt(known.lastUpdate, position));
    };
  }
}

/** The number of a site or an owner. One more than there can be is told where all are counted. */
function met(names: MetNames, what: string, name: ByteSlice): number {
  const known = names.find(name);
  if (known >= 0) return known;
  checkedSlice(what, name);
  const added = names.add(name);
  if (added > 65_534) throw new RowError(`too many: ${what}`);
  return added;
}

function checkFileNames(row: BundleRow, column: number): void {
  const names = row.list(column);
  if (names === null) return;
  if (new Set(names).size !== names.length) throw new RowError('fileNames holds a name twice');
  for (const name of names) checkedName('a name of fileNames', name);
}
