/** What the threads that read a bundle are told, and what they answer. */
import type { BlockRange } from '../snapshot/block-range.js';
import type { BundleFormat } from '../snapshot/index.js';
import type { KnownBlocks, ReplicaRange } from '../snapshot/replica-range.js';
import type { FileIdentity, FileRange } from './file-range.js';

/** A file that is read in parts. */
export interface DividedFile extends FileIdentity {
  readonly format: BundleFormat;
  /** The line with the column names; null for JSON lines. */
  readonly header: string | null;
  /** Where the first row begins. */
  readonly start: number;
  readonly ranges: readonly FileRange[];
  /** In shared memory: the number of the next range that nobody has taken. */
  readonly next: Int32Array;
}

export type BundleTask =
  | { readonly kind: 'blocks'; readonly file: DividedFile }
  | { readonly kind: 'replicas'; readonly file: DividedFile; readonly known: KnownBlocks };

/** What a thread has read, each with its place among the ranges; null where the file is not as it should be. */
export type BundleAnswer<Range extends BlockRange | ReplicaRange> = readonly (readonly [number, Range])[] | null;
