/** What goes into the reader of a bundle (files as batches of lines) and what comes out of it (typed rows). */
import { messageOf } from '../error.js';
import type { DatasetRow, UsageRow } from './builder.js';
import type { BundleFormat, BundleTable } from './bundle-columns.js';
import type { BlockTable } from './bundle-lookup.js';

/** Whole lines, without the end of the last one: one `await` per line would cost more than the line. */
export type LineBatch = Uint8Array;

export interface BundleFile {
  readonly table: BundleTable;
  readonly format: BundleFormat;
  /** How errors name it. */
  readonly path: string;
  readonly batches: AsyncIterable<LineBatch>;
}

export interface BundleProblem {
  /** {@link BundleFile.path}, or the table where there is no file. */
  readonly file: string;
  /** From 1; 0 where it is about the file as a whole. */
  readonly line: number;
  readonly reason: string;
  /** The line as it stands; null where the problem is not one row's, so that leaving out a row does not help. */
  readonly row: string | null;
}

export interface BlockRow {
  /** Position of the dataset. */
  readonly dataset: number;
  readonly datasetName: string;
  readonly name: string;
  readonly size: number;
  readonly files: number;
  readonly open: boolean;
  readonly lastUpdate: number;
}

export interface FileRow {
  /** Position of the block. */
  readonly block: number;
  readonly datasetName: string;
  readonly blockName: string;
  readonly name: string;
  readonly size: number;
  /** Lower-case hexadecimal, as the others. */
  readonly adler32: string | null;
  readonly md5: string | null;
  readonly sha256: string | null;
}

export interface ReplicaRow {
  readonly block: number;
  readonly datasetName: string;
  readonly blockName: string;
  readonly site: number;
  readonly siteName: string;
  readonly owner: number;
  readonly ownerName: string;
  readonly size: number;
  readonly complete: boolean;
  readonly custodial: boolean;
  readonly lastUpdate: number;
  /** Sorted; null where nothing is said, and for complete ones. */
  readonly fileNames: readonly string[] | null;
}

export interface SubscriptionRow {
  readonly dataset: number;
  readonly datasetName: string;
  readonly site: number;
  readonly siteName: string;
  readonly owner: number;
  readonly ownerName: string;
  readonly growing: boolean;
}

/**
 * Takes the rows: first datasets, then usage and subscriptions, files, blocks, replicas. Positions are dense from 0;
 * those of {@link PreviousInventory} come first; `owner` 0 is nobody. Nothing is called any more after the first
 * problem, unless problems are skipped.
 */
export interface BundleSink {
  dataset(position: number, row: DatasetRow): void;
  usage(dataset: number, name: string, row: UsageRow): void;
  block(position: number, row: BlockRow): void;
  file(row: FileRow): void;
  replica(row: ReplicaRow): void;
  subscription(row: SubscriptionRow): void;
  /** Called between batches: something to wait for before more rows are sent, or undefined. */
  drain(): Promise<void> | undefined;
}

/** What a merge adds to: what a row leaves out keeps its value. */
export interface PreviousInventory {
  readonly datasets: readonly DatasetRow[];
  /** Dataset positions are those of `datasets`. */
  readonly blocks: BlockTable;
}

export interface BundleOptions {
  /** Whether datasets, blocks or replicas may have no row. */
  readonly allowEmpty: boolean;
  /** Go on delivering rows after a problem: the broken rows are left out. */
  readonly skipInvalid: boolean;
  readonly previous?: PreviousInventory;
  readonly onProblem: (problem: BundleProblem) => void;
}

/** Rows delivered per table. */
export type BundleCounts = Record<BundleTable, number>;

/** A file that ends early, cannot be decompressed, or cannot be read: the source throws this from its iterator. */
export class UnreadableFileError extends Error {
  constructor(cause: unknown) {
    super(`it cannot be read to its end: ${messageOf(cause)}`, { cause });
  }
}
