/**
 * The deleter: removes files at sites and confirms that they are gone.
 */
import type { PluginFailure } from './error.js';
import type { FileAt, Purpose } from './file.js';
import type { CallOptions } from './mover.js';

/** One file to delete. */
export interface DeletionJob {
  /** Idempotency key of this attempt, as in a transfer job. */
  readonly key: string;
  readonly target: FileAt;
  readonly purpose: Purpose;
}

export type DeleteAnswer =
  /** The deletion was carried out or is under way; `confirm` says when the file is gone. */
  | { readonly key: string; readonly state: 'accepted' }
  | { readonly key: string; readonly state: 'failed'; readonly failure: PluginFailure };

export type AbsenceAnswer =
  /** The storage answered, and the file is not there. Never said of a storage that could not be read. */
  | { readonly key: string; readonly state: 'absent' }
  | { readonly key: string; readonly state: 'present' }
  /** It could not be found out. */
  | { readonly key: string; readonly state: 'failed'; readonly failure: PluginFailure };

export interface Deleter {
  /** URL schemes in lower case. */
  readonly schemes: readonly string[];
  /** How many jobs one call takes, at most. */
  readonly maxBatch: number;
  /** How long to wait before asking again about a file that is still present, milliseconds. */
  readonly confirmInterval: number;
  /** Deletes, one answer per job. Idempotent: deleting what is not there is accepted. */
  delete(jobs: readonly DeletionJob[], options: CallOptions): Promise<readonly DeleteAnswer[]>;
  /** Whether the files are gone, one answer per job; tidies up what a deletion leaves behind (empty directories). */
  confirm(jobs: readonly DeletionJob[], options: CallOptions): Promise<readonly AbsenceAnswer[]>;
  close(): Promise<void>;
}
