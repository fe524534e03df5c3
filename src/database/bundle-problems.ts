/** What is wrong with a bundle, as the person who made it must see it. */

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { StatorError } from '../error.js';
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
  #skipFile: WriteStream | undefined;
  #first: BundleProblem[] = [];
  #count = 0;
  #skipped = 0;

  constructor(directory: string, skipPath: string | undefined) {
    this.#directory = directory;
    this.#skipPath = skipPath;
  }

  readonly add = (problem: BundleProblem): void => {
    if (this.#skipPath !== undefined && problem.row !== null) {
      this.#skipped++;
      this.#skipFile ??= createWriteStream(this.#skipPath);
      const { file, line, reason, row } = problem;
      this.#skipFile.write(`${JSON.stringify({ file, line, reason, row })}\n`);
      return;
    }
    this.#count++;
    if (this.#first.length < shown) this.#first.push(problem);
  };

  get skipped(): number {
    return this.#skipped;
  }

  /** What must be written before more problems are added; undefined where nothing waits. */
  drain(): Promise<unknown> | undefined {
    return this.#skipFile?.writableNeedDrain ? once(this.#skipFile, 'drain') : undefined;
  }

  /** Writes out what was left out. @throws BundleError where there is a problem that was not left out */
  async finish(): Promise<void> {
    await this.close();
    if (this.#count > 0) throw new BundleError(this.#directory, this.#first, this.#count);
  }

  async close(): Promise<void> {
    if (this.#skipFile === undefined) return;
    this.#skipFile.end();
    await finished(this.#skipFile);
    this.#skipFile = undefined;
  }
}
