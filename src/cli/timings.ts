/** `--timings FILE`: how long each phase of a command took; never part of a result. */
import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { messageOf, StatorError } from '../error.js';

export class Timings {
  readonly #seconds = new Map<string, number>();

  /** Runs `work` and adds its duration to `phase`. */
  async measure<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#add(phase, start);
    }
  }

  /** The same for work that does not wait. Passed on as a function, so bound. */
  readonly measureNow = <T>(phase: string, work: () => T): T => {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.#add(phase, start);
    }
  };

  #add(phase: string, start: number): void {
    this.#seconds.set(phase, (this.#seconds.get(phase) ?? 0) + (performance.now() - start) / 1000);
  }

  /** One flat object: seconds per phase, and the most memory that the process has held. */
  async write(file: string): Promise<void> {
    const entries = [...this.#seconds].map(([phase, seconds]) => [phase, Math.round(seconds * 1e6) / 1e6] as const);
    // maxRSS is in kilobytes.
    const document = { ...Object.fromEntries(entries), peakResidentBytes: process.resourceUsage().maxRSS * 1024 };
    try {
      await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
    } catch (error) {
      throw new StatorError({
        code: 'cannot-write',
        what: `cannot write the timings: ${messageOf(error)}`,
        where: file,
        todo: 'check the path given with --timings',
        cause: error,
      });
    }
  }
}
