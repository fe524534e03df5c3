/** Threads that do the same kind of work, each at its own pace, and answer once for every task. */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { messageOf, StatorError } from '../error.js';

/** What a thread is given to do, and with it whatever else a message can hold. */
export interface Task {
  readonly kind: string;
}

/**
 * The address of a module that threads run: a file of this folder, as it was built or as it is written.
 *
 * Threads have the `--import` options of the process, by which a process that runs the sources makes them run these too.
 */
export function threadModule(name: string): URL {
  return new URL(`${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}

export class Threads {
  readonly #workers: readonly Worker[];
  readonly #failed: Promise<never>;
  #fail: (error: Error) => void = () => undefined;

  /** @param limits of the memory of each; default: the engine's */
  constructor(module: URL, count: number, limits: ResourceLimits = {}) {
    this.#workers = Array.from({ length: count }, () => new Worker(module, { resourceLimits: limits }));
    this.#failed = new Promise((_, fail) => {
      this.#fail = fail;
      for (const worker of this.#workers) {
        worker.on('error', (error) => fail(failure(messageOf(error), error)));
        worker.on('messageerror', (error) => fail(failure(messageOf(error), error)));
        worker.on('exit', (code) => fail(failure(`it ended with code ${code}`, undefined)));
      }
    });
    // Told to whoever waits for an answer; nobody may be waiting yet.
    this.#failed.catch(() => undefined);
  }

  /**
   * Gives a task to every thread; the next only after all have answered.
   *
   * @returns the answers, which the caller must know the type of
   * @throws StatorError `thread-failed` as soon as one of them has failed, and when they are closed
   */
  async all<Answer>(task: Task): Promise<Answer[]> {
    const answers = this.#workers.map(
      (worker) => new Promise<Answer>((done) => worker.once('message', (answer: Answer) => done(answer))),
    );
    for (const worker of this.#workers) worker.postMessage(task);
    return Promise.race([Promise.all(answers), this.#failed]);
  }

  /** Ends them, whatever they are doing. */
  async close(): Promise<void> {
    this.#fail(failure('it was ended', undefined));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function failure(what: string, cause: unknown): StatorError {
  return new StatorError({
    code: 'thread-failed',
    what: `a thread that reads the inventory has failed: ${what}`,
    todo: 'run again with --threads 1',
    cause,
  });
}

/** The memory of all columns in an answer, which moves to whoever gets it. What is shared stays. */
export function buffersOf(answer: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(answer)) return answer.buffer instanceof ArrayBuffer ? [answer.buffer] : [];
  return typeof answer === 'object' && answer !== null ? Object.values(answer).flatMap(buffersOf) : [];
}
