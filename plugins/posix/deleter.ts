import type { AbsenceAnswer, DeleteAnswer, Deleter, DeletionJob } from '../../src/plugin/index.js';
import type { PosixConfig } from './config.js';
import { confirmAbsence, deleteFile } from './delete-file.js';
import { sideError } from './file-error.js';
import { Parallel } from './parallel.js';

/** Deletes in this process; an answer means it is carried out. */
export class PosixDeleter implements Deleter {
  readonly schemes = ['file'];
  readonly maxBatch = 1000;
  readonly confirmInterval = 1000;
  readonly #parallel: Parallel;

  constructor(config: PosixConfig) {
    this.#parallel = new Parallel(config.parallel);
  }

  async delete(jobs: readonly DeletionJob[]): Promise<DeleteAnswer[]> {
    return await this.#each(jobs, async (job): Promise<DeleteAnswer> => {
      await deleteFile(job.target);
      return { key: job.key, state: 'accepted' };
    });
  }

  async confirm(jobs: readonly DeletionJob[]): Promise<AbsenceAnswer[]> {
    return await this.#each(jobs, async (job): Promise<AbsenceAnswer> => {
      return { key: job.key, state: (await confirmAbsence(job.target)) ? 'absent' : 'present' };
    });
  }

  async close(): Promise<void> {}

  async #each<T>(
    jobs: readonly DeletionJob[],
    work: (job: DeletionJob) => Promise<T>,
  ): Promise<(T | { key: string; state: 'failed'; failure: ReturnType<ReturnType<typeof sideError>['failure']> })[]> {
    return await Promise.all(
      jobs.map((job) =>
        this.#parallel.run(async () => {
          try {
            return await work(job);
          } catch (error) {
            const failure = sideError('destination', job.target.url, 'deleting', error).failure();
            return { key: job.key, state: 'failed' as const, failure };
          }
        }),
      ),
    );
  }
}
