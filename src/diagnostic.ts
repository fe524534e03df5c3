/**
 * What a plan or a validation has to say about a place in the desired state (or in the inventory) without failing.
 * Diagnostics are data: they are printed by `report` and stand in the plan document.
 */
export type Severity = 'error' | 'warning' | 'info';

export interface Diagnostic {
  readonly severity: Severity;
  /** Stable identifier, kebab-case, e.g. `watermark-unreachable`. */
  readonly code: string;
  readonly message: string;
  /** Relative to the root of the desired state; null where it is not about a file. */
  readonly file: string | null;
  /** From 1; 0 where it is not about a file. */
  readonly line: number;
  readonly column: number;
}
