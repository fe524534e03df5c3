/**
 * How a plugin says that something did not work. The class decides what happens next:
 *
 * - `transient`: tried again later, from any source;
 * - `source`: the fault is at the source; another source is tried first;
 * - `destination`: the fault is at the destination (or where something is deleted); tried again later;
 * - `permanent`: this job can never work; it is not tried again between these two.
 */
export const errorClasses = ['transient', 'source', 'destination', 'permanent'] as const;

export type ErrorClass = (typeof errorClasses)[number];

/**
 * What went wrong, where the class alone does not say enough. With class `source`, the first three mean that this
 * source will never serve the file; it is not used again for the same action.
 */
export type ErrorCode =
  | 'checksum'
  | 'size'
  | 'not-found'
  | 'space'
  | 'permission'
  | 'symbolic-link'
  | 'outside-root'
  | 'cancelled'
  | 'plugin'
  | 'other';

export interface PluginFailure {
  readonly class: ErrorClass;
  readonly code: ErrorCode;
  /** One line for people: what, where, and the original text. No credentials. */
  readonly message: string;
}

/** Thrown inside a plugin, and turned into a {@link PluginFailure} at its edge. */
export class PluginError extends Error {
  readonly class: ErrorClass;
  readonly code: ErrorCode;

  constructor(errorClass: ErrorClass, code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PluginError';
    this.class = errorClass;
    this.code = code;
  }

  failure(): PluginFailure {
    return { class: this.class, code: this.code, message: this.message };
  }
}
