/** What is wrong with the input: everything of all files in one run. */
import type { Diagnostic } from '../../diagnostic.js';
import type { Position } from '../../error.js';
import { compareBytes } from '../../order.js';

export class Findings {
  readonly #errors: Diagnostic[] = [];

  error(code: string, at: Position, message: string): void {
    this.#errors.push({ severity: 'error', code, message, file: at.file, line: at.line, column: at.column });
  }

  get failed(): boolean {
    return this.#errors.length > 0;
  }

  /** By file, line and column. */
  sorted(): readonly Diagnostic[] {
    return [...this.#errors].sort(
      (a, b) => compareBytes(a.file ?? '', b.file ?? '') || a.line - b.line || a.column - b.column,
    );
  }
}

/** What a parser throws where it cannot go on; caught where the next line, or the next predicate, begins. */
export class BrokenInput extends Error {
  constructor(
    readonly code: string,
    readonly at: Position,
    message: string,
  ) {
    super(message);
    this.name = 'BrokenInput';
  }
}

/** Runs a parser; what it throws becomes an error and null. */
export function attempt<T>(findings: Findings, parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    findings.error(error.code, error.at, error.message);
    return null;
  }
}
