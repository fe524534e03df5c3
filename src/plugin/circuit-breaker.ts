/**
 * Keeps the program from calling a plugin that is broken: after `threshold` failed calls in a row it is left alone for
 * `coolDown` seconds; then one call is let through, and its outcome decides.
 */
export class CircuitBreaker {
  readonly #threshold: number;
  readonly #coolDown: number;
  readonly #clock: () => number;
  #failures = 0;
  #openUntil = 0;
  #lastMessage = '';

  /** @param clock seconds since the epoch */
  constructor(options: { readonly threshold: number; readonly coolDown: number; readonly clock: () => number }) {
    this.#threshold = options.threshold;
    this.#coolDown = options.coolDown;
    this.#clock = options.clock;
  }

  /** Until when (seconds) nothing should be asked of the plugin, with the reason; null where it may be called. */
  open(): { readonly until: number; readonly reason: string } | null {
    if (this.#openUntil <= this.#clock()) return null;
    return { until: this.#openUntil, reason: this.#lastMessage };
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntil = 0;
  }

  failed(message: string): void {
    this.#failures++;
    this.#lastMessage = message;
    if (this.#failures >= this.#threshold) this.#openUntil = this.#clock() + this.#coolDown;
  }
}
