/** Exit codes and the errors that carry them: scripts and CI rely on these. */
import type { Diagnostic } from '../diagnostic.js';
import { StatorError } from '../error.js';

export const exitCodes = {
  /** Done; for `plan` and `reconcile --dry-run`: nothing to do. */
  done: 0,
  /** An error that is not one of usage. */
  error: 1,
  /** `plan` and `reconcile --dry-run`: there are changes; `validate`: the desired state has errors. */
  changes: 2,
  /** Something waits for a person, or failed for good. */
  waits: 3,
  usage: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command line itself cannot be understood or contradicts itself. */
export class UsageError extends StatorError {
  constructor(what: string, todo: string) {
    super({ code: 'usage', what, todo });
    this.name = 'UsageError';
  }
}

/** Something that was read has errors; each is told on its own line. */
export class InvalidInput extends Error {
  readonly diagnostics: readonly Diagnostic[];

  /** `what` names what was read, e.g. `the desired state`. */
  constructor(diagnostics: readonly Diagnostic[], what: string) {
    super(`${what} has ${diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length} errors`);
    this.name = 'InvalidInput';
    this.diagnostics = diagnostics;
  }
}
