/** Collects what is wrong with the desired state: everything of all files in one run, each thing once. */
import type { Diagnostic, Severity } from '../diagnostic.js';
import type { Position } from '../error.js';
import { compareBytes } from '../order.js';
import { limits } from './limits.js';

/** The stand-in for a place where there is no file to point at. */
export const nowhere: Position = { file: '', line: 0, column: 0 };

export class Problems {
  readonly #found = new Map<string, Diagnostic>();
  readonly #errorsOfFile = new Map<string, number>();
  #reported = 0;

  /** A message that is costly to make is given as a function: of a file full of errors only some are shown. */
  error(code: string, place: Position, message: string | (() => string)): void {
    this.#reported++;
    const count = (this.#errorsOfFile.get(place.file) ?? 0) + 1;
    this.#errorsOfFile.set(place.file, count);
    if (count > limits.errorsPerFile) return;
    this.#add('error', code, place, typeof message === 'string' ? message : message());
  }

  warning(code: string, place: Position, message: string): void {
    this.#reported++;
    this.#add('warning', code, place, message);
  }

  info(code: string, place: Position, message: string): void {
    this.#reported++;
    this.#add('info', code, place, message);
  }

  /** How often something was reported: unchanged where nothing was found. */
  get reported(): number {
    return this.#reported;
  }

  get failed(): boolean {
    return this.#errorsOfFile.size > 0;
  }

  /** By file, line and column; independent of the order in which things were found. */
  sorted(): Diagnostic[] {
    for (const [file, count] of this.#errorsOfFile) {
      const more = count - limits.errorsPerFile;
      if (more > 0) this.#add('error', 'too-many-errors', { ...nowhere, file }, `${file}: ${more} more errors`);
    }
    return [...this.#found.values()].sort(
      (a, b) =>
        compareBytes(a.file ?? '', b.file ?? '') ||
        a.line - b.line ||
        a.column - b.column ||
        compareBytes(a.code, b.code) ||
        compareBytes(a.message, b.message),
    );
  }

  #add(severity: Severity, code: string, place: Position, message: string): void {
    const file = place.file === '' ? null : place.file;
    const key = `${place.file}\0${place.line}\0${place.column}\0${message}`;
    if (!this.#found.has(key)) {
      this.#found.set(key, { severity, code, message, file, line: place.line, column: place.column });
    }
  }
}
