/** Which source a file is read from. */
import type { StorageClass } from '../desired/state.js';
import { compareBytes } from '../order.js';

export interface SourceCandidate {
  readonly site: string;
  readonly storage: StorageClass;
  /** Failures of this source for this file so far. */
  readonly failures: number;
  /** Never again for this action. */
  readonly out: boolean;
  /** Transfers that read from the site now. */
  readonly load: number;
}

/** Best first: least failed, disk before tape, least busy, name. Sources that are out are left out. */
export function rankSources(candidates: readonly SourceCandidate[]): readonly SourceCandidate[] {
  return candidates
    .filter((candidate) => !candidate.out)
    .sort(
      (a, b) =>
        a.failures - b.failures ||
        Number(a.storage === 'tape') - Number(b.storage === 'tape') ||
        a.load - b.load ||
        compareBytes(a.site, b.site),
    );
}
