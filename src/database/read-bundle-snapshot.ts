import { BundleSnapshotSink, readBundle, type Snapshot } from '../snapshot/index.js';
import { openBundle } from './bundle-files.js';
import { ProblemCollector } from './bundle-problems.js';

export interface BundleSnapshotOptions {
  /** Seconds since the epoch: when the snapshot counts as taken. */
  readonly clock: number;
  /** Whether the loop may delete what the bundle lists (I10); default true, as for an import. */
  readonly managed?: boolean;
  /** Whether datasets, blocks or replicas may be empty; default false. */
  readonly allowEmpty?: boolean;
}

/**
 * Reads a bundle straight into a snapshot, without a database: generation 0, complete, nothing remembered.
 *
 * @throws BundleError with every broken row; StatorError `no-bundle`, `ambiguous-bundle`
 */
export async function readBundleSnapshot(directory: string, options: BundleSnapshotOptions): Promise<Snapshot> {
  const bundle = await openBundle(directory);
  const problems = new ProblemCollector(directory, undefined);
  const sink = new BundleSnapshotSink(options.managed ?? true);
  await readBundle(bundle.files, sink, {
    allowEmpty: options.allowEmpty ?? false,
    skipInvalid: false,
    onProblem: problems.add,
  });
  problems.refuse();
  return sink.snapshot(options.clock);
}
