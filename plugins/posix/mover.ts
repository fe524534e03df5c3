import {
  type Mover,
  type PluginContext,
  PluginError,
  type SubmitAnswer,
  type TransferJob,
  type TransferStatus,
} from '../../src/plugin/index.js';
import type { PosixConfig } from './config.js';
import { copyFile, removeRemains, type Verified, verifyInPlace } from './copy-file.js';
import { sideError } from './file-error.js';
import { Parallel } from './parallel.js';

/** How many results are kept for callers that ask again. */
const keptResults = 100_000;

interface Running {
  readonly abort: AbortController;
  ended: Promise<void>;
  bytes: number;
}

/** Copies in this process. It remembers nothing: what an earlier process did is read off the destination. */
export class PosixMover implements Mover {
  readonly pairs = [{ sources: ['file'], destinations: ['file'] }];
  readonly maxBatch = 1000;
  readonly pollInterval = 1000;
  readonly #parallel: Parallel;
  readonly #context: PluginContext;
  readonly #running = new Map<string, Running>();
  readonly #results = new Map<string, TransferStatus>();
  #closed = false;

  constructor(config: PosixConfig, context: PluginContext) {
    this.#parallel = new Parallel(config.parallel);
    this.#context = context;
  }

  async submit(jobs: readonly TransferJob[]): Promise<SubmitAnswer[]> {
    if (this.#closed) throw new PluginError('transient', 'plugin', 'the posix mover is closed');
    return jobs.map((job) => {
      if (!this.#running.has(job.key) && !this.#results.has(job.key)) {
        this.#start(job, async (running) => {
          const copied = await copyFile(job, running.abort.signal, (bytes) => {
            running.bytes = bytes;
          });
          return done(job, copied);
        });
      }
      return { key: job.key, state: 'accepted', externalId: null };
    });
  }

  async poll(jobs: readonly TransferJob[]): Promise<TransferStatus[]> {
    return jobs.map((job) => this.#known(job.key) ?? { key: job.key, state: 'unknown' });
  }

  async cancel(jobs: readonly TransferJob[]): Promise<void> {
    await Promise.all(
      jobs.map(async (job) => {
        const running = this.#running.get(job.key);
        running?.abort.abort();
        await running?.ended;
        await removeRemains(job, job.attempt);
      }),
    );
  }

  /** A job of an earlier process is done when its file is there and right; reading it through may take a while. */
  async find(job: TransferJob): Promise<TransferStatus> {
    const known = this.#known(job.key);
    if (known !== null) return known;
    this.#start(job, async (running) => {
      const present = await verifyInPlace(job, running.abort.signal);
      return present === null ? { key: job.key, state: 'unknown' } : done(job, present);
    });
    return { key: job.key, state: 'active', bytes: null };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  #known(key: string): TransferStatus | null {
    const running = this.#running.get(key);
    if (running !== undefined) return { key, state: 'active', bytes: running.bytes };
    return this.#results.get(key) ?? null;
  }

  #start(job: TransferJob, work: (running: Running) => Promise<TransferStatus>): void {
    const running: Running = { abort: new AbortController(), ended: Promise.resolve(), bytes: 0 };
    this.#running.set(job.key, running);
    running.ended = this.#parallel
      .run(async () => await work(running))
      .catch((error: unknown): TransferStatus => {
        const failure = sideError('destination', job.destination.url, 'copying', error).failure();
        return { key: job.key, state: 'failed', failure };
      })
      .then((status) => this.#finish(status));
  }

  #finish(status: TransferStatus): void {
    this.#running.delete(status.key);
    if (status.state !== 'unknown') {
      this.#results.set(status.key, status);
      if (this.#results.size > keptResults) {
        for (const oldest of this.#results.keys()) {
          this.#results.delete(oldest);
          break;
        }
      }
    }
    this.#context.notify();
  }
}

function done(job: TransferJob, verified: Verified): TransferStatus {
  return { key: job.key, state: 'done', size: verified.size, checksums: verified.checksums };
}
