/**
 * Plugins behind a wall: a plugin that throws, hangs or answers nonsense becomes an answer like any other, with a
 * classified error. Nothing a plugin does rejects a call made through here.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { messageOf } from '../error.js';
import { absenceAnswers, deleteAnswers, submitAnswers, transferStatuses } from './answer-schemas.js';
import { CircuitBreaker } from './circuit-breaker.js';
import type { AbsenceAnswer, DeleteAnswer, Deleter, DeletionJob } from './deleter.js';
import { PluginError, type PluginFailure } from './error.js';
import type { CallOptions, Mover, SchemePairs, SubmitAnswer, TransferJob, TransferStatus } from './mover.js';

const ajv = new Ajv2020({ allErrors: false, strict: false, validateSchema: false });

const validSubmit = ajv.compile<SubmitAnswer[]>(submitAnswers);
const validStatus = ajv.compile<TransferStatus[]>(transferStatuses);
const validDelete = ajv.compile<DeleteAnswer[]>(deleteAnswers);
const validAbsence = ajv.compile<AbsenceAnswer[]>(absenceAnswers);

export interface ContainmentOptions {
  /** How long one call may take, seconds. */
  readonly callTimeout: number;
  /** Failed calls in a row until the plugin is left alone for `coolDown` seconds. */
  readonly breakerThreshold: number;
  readonly coolDown: number;
  /** Seconds since the epoch. */
  readonly clock: () => number;
}

export const defaultContainment: Omit<ContainmentOptions, 'clock'> = {
  callTimeout: 60,
  breakerThreshold: 5,
  coolDown: 60,
};

/**
 * What became of a submission. `uncertain`: the plugin did not answer as it should, so the job may be under way;
 * `find` must be asked before it is submitted again.
 */
export type SubmitOutcome =
  | SubmitAnswer
  | { readonly key: string; readonly state: 'uncertain'; readonly failure: PluginFailure };

/** A status, or that the plugin could not be asked. */
export type StatusOutcome =
  | TransferStatus
  | { readonly key: string; readonly state: 'unanswered'; readonly failure: PluginFailure };

/** Why a plugin is left alone for now; null where it can be called. */
export type Unavailable = { readonly until: number; readonly reason: string } | null;

/** The answer for a key, where there is one; `failure` is what stands for those without. */
interface Answered<Answer> {
  of(key: string): Answer | undefined;
  readonly failure: PluginFailure;
}

class Wall {
  readonly name: string;
  readonly #options: ContainmentOptions;
  readonly #breaker: CircuitBreaker;

  constructor(name: string, options: ContainmentOptions) {
    this.name = name;
    this.#options = options;
    this.#breaker = new CircuitBreaker({
      threshold: options.breakerThreshold,
      coolDown: options.coolDown,
      clock: options.clock,
    });
  }

  unavailable(): Unavailable {
    return this.#breaker.open();
  }

  /** Calls and checks; answers by key, or the failure that stands for all of them. */
  async call<Answer extends { readonly key: string }>(
    what: string,
    keys: readonly string[],
    work: (options: CallOptions) => Promise<unknown>,
    valid: ValidateFunction<Answer[]>,
  ): Promise<Answered<Answer>> {
    const open = this.#breaker.open();
    if (open !== null) {
      return { of: () => undefined, failure: this.#failure('transient', `${what} was not called: ${open.reason}`) };
    }
    try {
      const answer = await this.#timed(what, work);
      if (!valid(answer)) {
        throw new PluginError('transient', 'plugin', `${what} answered nonsense: ${ajv.errorsText(valid.errors)}`);
      }
      const byKey = new Map(answer.map((one) => [one.key, one]));
      const failure = this.#failure('transient', `${what} gave no answer for this job`);
      if (keys.every((key) => byKey.has(key))) this.#breaker.succeeded();
      else this.#breaker.failed(failure.message);
      return { of: (key) => byKey.get(key), failure };
    } catch (error) {
      const failure =
        error instanceof PluginError
          ? this.#failure(error.class, error.message, error.code)
          : this.#failure('transient', `${what} failed: ${messageOf(error)}`);
      this.#breaker.failed(failure.message);
      return { of: () => undefined, failure };
    }
  }

  /** The same where no answer is expected. */
  async tell(what: string, work: (options: CallOptions) => Promise<void>): Promise<PluginFailure | null> {
    try {
      await this.#timed(what, work);
      return null;
    } catch (error) {
      return this.#failure('transient', `${what} failed: ${messageOf(error)}`);
    }
  }

  #failure(errorClass: PluginFailure['class'], message: string, code: PluginFailure['code'] = 'plugin'): PluginFailure {
    return { class: errorClass, code, message: `plugin ${this.name}: ${message}` };
  }

  async #timed<T>(what: string, work: (options: CallOptions) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const seconds = this.#options.callTimeout;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        abort.abort();
        reject(new PluginError('transient', 'plugin', `${what} did not answer within ${seconds} s`));
      }, seconds * 1000);
    });
    try {
      // The async wrapper makes a synchronous throw a rejection.
      return await Promise.race([(async () => await work({ signal: abort.signal }))(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

export class ContainedMover {
  readonly name: string;
  readonly pairs: readonly SchemePairs[];
  readonly maxBatch: number;
  /** Milliseconds. */
  readonly pollInterval: number;
  readonly #mover: Mover;
  readonly #wall: Wall;

  constructor(name: string, mover: Mover, options: ContainmentOptions) {
    this.name = name;
    this.pairs = mover.pairs;
    this.maxBatch = Math.max(1, mover.maxBatch);
    this.pollInterval = Math.max(1, mover.pollInterval);
    this.#mover = mover;
    this.#wall = new Wall(name, options);
  }

  canPair(sourceScheme: string, destinationScheme: string): boolean {
    return this.pairs.some(
      (pair) => pair.sources.includes(sourceScheme) && pair.destinations.includes(destinationScheme),
    );
  }

  unavailable(): Unavailable {
    return this.#wall.unavailable();
  }

  async submit(jobs: readonly TransferJob[]): Promise<SubmitOutcome[]> {
    const answers = await this.#wall.call(
      'submit',
      keysOf(jobs),
      (options) => this.#mover.submit(jobs, options),
      validSubmit,
    );
    return jobs.map(
      ({ key }): SubmitOutcome => answers.of(key) ?? { key, state: 'uncertain', failure: answers.failure },
    );
  }

  async poll(jobs: readonly TransferJob[]): Promise<StatusOutcome[]> {
    const answers = await this.#wall.call(
      'poll',
      keysOf(jobs),
      (options) => this.#mover.poll(jobs, options),
      validStatus,
    );
    return jobs.map(
      ({ key }): StatusOutcome => answers.of(key) ?? { key, state: 'unanswered', failure: answers.failure },
    );
  }

  async find(job: TransferJob): Promise<StatusOutcome> {
    const answers = await this.#wall.call(
      'find',
      [job.key],
      async (options) => [await this.#mover.find(job, options)],
      validStatus,
    );
    return answers.of(job.key) ?? { key: job.key, state: 'unanswered', failure: answers.failure };
  }

  async cancel(jobs: readonly TransferJob[]): Promise<PluginFailure | null> {
    return await this.#wall.tell('cancel', (options) => this.#mover.cancel(jobs, options));
  }

  async close(): Promise<PluginFailure | null> {
    return await this.#wall.tell('close', () => this.#mover.close());
  }
}

export class ContainedDeleter {
  readonly name: string;
  readonly schemes: readonly string[];
  readonly maxBatch: number;
  /** Milliseconds. */
  readonly confirmInterval: number;
  readonly #deleter: Deleter;
  readonly #wall: Wall;

  constructor(name: string, deleter: Deleter, options: ContainmentOptions) {
    this.name = name;
    this.schemes = deleter.schemes;
    this.maxBatch = Math.max(1, deleter.maxBatch);
    this.confirmInterval = Math.max(1, deleter.confirmInterval);
    this.#deleter = deleter;
    this.#wall = new Wall(name, options);
  }

  unavailable(): Unavailable {
    return this.#wall.unavailable();
  }

  async delete(jobs: readonly DeletionJob[]): Promise<DeleteAnswer[]> {
    const answers = await this.#wall.call(
      'delete',
      keysOf(jobs),
      (options) => this.#deleter.delete(jobs, options),
      validDelete,
    );
    return jobs.map(({ key }): DeleteAnswer => answers.of(key) ?? { key, state: 'failed', failure: answers.failure });
  }

  async confirm(jobs: readonly DeletionJob[]): Promise<AbsenceAnswer[]> {
    const answers = await this.#wall.call(
      'confirm',
      keysOf(jobs),
      (options) => this.#deleter.confirm(jobs, options),
      validAbsence,
    );
    return jobs.map(({ key }): AbsenceAnswer => answers.of(key) ?? { key, state: 'failed', failure: answers.failure });
  }

  async close(): Promise<PluginFailure | null> {
    return await this.#wall.tell('close', () => this.#deleter.close());
  }
}

function keysOf(jobs: readonly { readonly key: string }[]): string[] {
  return jobs.map(({ key }) => key);
}
