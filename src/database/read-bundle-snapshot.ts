import { BundleSnapshotSink, readBundle, type Snapshot } from '../snapshot/index.js';
import { openBundle } from './bundle-files.js';
import { ProblemCollector } from './bundle-problems.js';
import { bundleThread, type DivisionLimits, divideBundle, readBundleParts } from './read-bundle-parts.js';
import { Threads } from './threads.js';

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

export interface ThreadedOptions extends BundleSnapshotOptions {
  /** At most so many. */
  readonly threads: number;
  /** Default: those that pay. */
  readonly limits?: DivisionLimits;
  /** Ends the threads, and fails. */
  readonly signal?: AbortSignal;
}

/**
 * The same snapshot by several threads.
 *
 * @returns null where {@link readBundleSnapshot} has to read it: when it is too small for that, cannot be divided, or has
 *   anything wrong with it
 * @throws StatorError `no-bundle`, `ambiguous-bundle`, `thread-failed`
 */
export async function readBundleWithThreads(directory: string, options: ThreadedOptions): Promise<Snapshot | null> {
  const { files } = await openBundle(directory);
  const divided = await divideBundle(files, options.threads, options.limits);
  options.signal?.throwIfAborted();
  if (divided === null) return null;
  const threads = new Threads(bundleThread, divided.threads);
  const close = () => void threads.close();
  options.signal?.addEventListener('abort', close);
  try {
    return await readBundleParts(divided, threads, { managed: options.managed ?? true, clock: options.clock });
  } finally {
    options.signal?.removeEventListener('abort', close);
    await threads.close();
  }
}
