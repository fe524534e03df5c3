/**
 * Errors as the people who meet them need them: what happened, where, and what to do.
 *
 * Every error that can reach a user is a {@link StatorError}; anything else that reaches the command line is a defect.
 */

/** Who can mend it: whoever writes the rules, runs the process, runs a site, or writes Stator. */
export type ActBy = 'operator' | 'admin' | 'site' | 'developer';

/** A place in a text file; lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface StatorErrorOptions {
  /** Stable identifier, kebab-case, e.g. `unknown-site`. */
  readonly code: string;
  /** What happened, one sentence without a full stop. */
  readonly what: string;
  /** Where: `file:line:column`, a row, a table, a URL without credentials. */
  readonly where?: string;
  /** What to do about it. */
  readonly todo?: string;
  readonly actBy?: ActBy;
  readonly cause?: unknown;
}

export class StatorError extends Error {
  readonly code: string;
  readonly where: string | undefined;
  readonly todo: string | undefined;
  readonly actBy: ActBy;

  constructor(options: StatorErrorOptions) {
    super(options.what, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StatorError';
    this.code = options.code;
    this.where = options.where;
    this.todo = options.todo;
    this.actBy = options.actBy ?? 'operator';
  }

  /** The line a user sees: `error: what; where; what to do` (absent parts are left out). */
  format(): string {
    return `error: ${[this.message, this.where, this.todo].filter((part) => part !== undefined && part !== '').join('; ')}`;
  }
}

/** `file:line:column`. */
export function formatPosition(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
