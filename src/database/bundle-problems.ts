/** What is wrong with a bundle, as the person who made it must see it. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { messageOf, StatorError } from '../error.js';
import type { BundleProblem } from '../snapshot/index.js';

/** How many problems are shown; the others are counted. */
const shown = 100;

/** A bundle with errors: nothing of it was imported. */
export class BundleError extends StatorError {
  /** The first hundred. */
  readonly problems: readonly BundleProblem[];
  /** How many there are. */
  readonly count: number;

  constructor(directory: string, problems: readonly BundleProblem[], count: number) {
    const skippable = problems.every((problem) => problem.row !== null);
    super({
      code: 'invalid-bundle',
      what: `the inventory bundle has ${count === 1 ? 'an error' : `${count} errors`}, nothing of it was imported`,
      where: directory,
      todo: skippable
        ? 'mend the rows, or leave them out with --skip-invalid FILE'
        : 'mend the bundle: what could not be read is not the same as empty',
    });
    this.problems = problems;
    this.count = count;
  }

  /** One line per problem, then the summary. */
  override format(): string {
    const lines = this.problems.map((problem) => `error: ${problem.reason}; ${positionOf(problem)}`);
    if (this.count > this.problems.length) lines.push(`error: and ${this.count - this.problems.length} more errors`);
    return [...lines, super.format()].join('\n');
  }
}

/** `file:line`, or the file where no line is at fault. */
export function positionOf(problem: BundleProblem): string {
  return problem.line === 0 ? problem.file : `${problem.file}:${problem.line}`;
}

/** Collects problems; with a path, writes rows that are left out to it (JSON lines of file, line, reason, row). */
export class ProblemCollector {
  readonly #directory: string;
  readonly #skipPath: string | undefined;
  readonly #skipFile: number | undefined;
  readonly #first: BundleProblem[] = [];
  #count = 0;
  #skipped = 0;

  /** The file is made, or emptied, at once: better to fail before a long import than in it. */
  constructor(directory: string, skipPath: string | undefined) {
    this.#directory = directory;
    this.#skipPath = skipPath;
    if (skipPath === undefined) return;
    try {
      this.#skipFile = openSync(skipPath, 'w');
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  readonly add = (problem: BundleProblem): void => {
    if (this.#skipFile !== undefined && problem.row !== null) {
      this.#skipped++;
      const { file, line, reason, row } = problem;
      try {
        writeSync(this.#skipFile, `${JSON.stringify({ file, line, reason, row })}\n`);
      } catch (error) {
        throw this.#unwritable(error);
      }
      return;
    }
    this.#count++;
    if (this.#first.length < shown) this.#first.push(problem);
  };

  /** How many rows were left out. */
  get skipped(): number {
    return this.#skipped;
  }

  /** @throws BundleError where there is a problem other than a row that is left out */
  refuse(): void {
    if (this.#count > 0) throw new BundleError(this.#directory, this.#first, this.#count);
  }

  close(): void {
    if (this.#skipFile !== undefined) closeSync(this.#skipFile);
  }

  #unwritable(error: unknown): StatorError {
    return new StatorError({
      code: 'skip-file',
      what: `the rows that are left out cannot be written: ${messageOf(error)}`,
      ...(this.#skipPath === undefined ? {} : { where: this.#skipPath }),
      todo: 'name a file that can be written',
      cause: error,
    });
  }
}
