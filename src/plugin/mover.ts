/**
 * The mover: makes copies of files between sites.
 *
 * The caller commits a job's `key` before it submits the job, and asks {@link Mover.find} about keys whose fate it does
 * not know (after a crash, or when `submit` did not answer). A mover therefore must be able to tell, from the job alone,
 * whether that key was ever submitted: a transfer service by a job id that is a function of `batch`, a mover without a
 * memory of its own by looking at the destination.
 */
import type { PluginFailure } from './error.js';
import type { Checksums, FileAt, Purpose } from './file.js';

/** One file to copy. */
export interface TransferJob {
  /** Idempotency key of this attempt: `task` and `attempt`; letters, digits and `-`, at most 80 characters. */
  readonly key: string;
  /** Jobs that are submitted in one call share it; it is never used again. Same alphabet and length as `key`. */
  readonly batch: string;
  /** The same for all attempts of one task. */
  readonly task: string;
  /** From 1. Of all attempts of a task at most one is under way at any time. */
  readonly attempt: number;
  /** What `submit` returned, or null where that was not recorded. */
  readonly externalId: string | null;
  readonly source: FileAt;
  readonly destination: FileAt;
  /** Bytes. */
  readonly size: number;
  readonly checksums: Checksums;
  /** 0 to 100, higher first. */
  readonly priority: number;
  readonly activity: string | null;
  readonly purpose: Purpose;
}

export type SubmitAnswer =
  /** The mover has taken the job over and `poll` knows it. */
  | { readonly key: string; readonly state: 'accepted'; readonly externalId: string | null }
  /** The job is certainly not under way. */
  | { readonly key: string; readonly state: 'rejected'; readonly failure: PluginFailure };

export type TransferStatus =
  /** Queued or moving; `bytes` so far, where the mover knows. */
  | { readonly key: string; readonly state: 'active'; readonly bytes: number | null }
  /**
   * The whole file stands under its final name at the destination, and the mover (or the service behind it) verified
   * there the size and at least one checksum of the job, if it has any. `size` and `checksums` are what was verified.
   */
  | { readonly key: string; readonly state: 'done'; readonly size: number; readonly checksums: Checksums }
  /** Over, and nothing of it is under way any more. */
  | { readonly key: string; readonly state: 'failed'; readonly failure: PluginFailure }
  /** The mover knows nothing of this key, and nothing of it is under way: it can be submitted. */
  | { readonly key: string; readonly state: 'unknown' };

/** Any of these sources with any of these destinations; URL schemes in lower case. */
export interface SchemePairs {
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
}

export interface CallOptions {
  /** Aborted when the caller no longer waits for the answer. */
  readonly signal: AbortSignal;
}

export interface Mover {
  readonly pairs: readonly SchemePairs[];
  /** How many jobs `submit` takes in one call, at most. They share source site, destination site, priority, activity. */
  readonly maxBatch: number;
  /** How often to poll, milliseconds, where nothing is announced by `PluginContext.notify`. */
  readonly pollInterval: number;
  /** Takes jobs over and returns at once, one answer per job; the copying goes on by itself. */
  submit(jobs: readonly TransferJob[], options: CallOptions): Promise<readonly SubmitAnswer[]>;
  /** One status per job. A terminal status is repeated for a while: the caller may ask again after a failure of its own. */
  poll(jobs: readonly TransferJob[], options: CallOptions): Promise<readonly TransferStatus[]>;
  /**
   * Asks to stop jobs. `poll` says what became of them: `failed` with code `cancelled`, or `done` if it was too late.
   * Remains of the jobs are removed, also of jobs that the mover does not know.
   */
  cancel(jobs: readonly TransferJob[], options: CallOptions): Promise<void>;
  /** What became of a job that may or may not have been submitted; afterwards `poll` agrees with the answer. */
  find(job: TransferJob, options: CallOptions): Promise<TransferStatus>;
  /** Ends the plugin: transfers of the process itself are stopped and tidied up, those of a service run on. */
  close(): Promise<void>;
}
