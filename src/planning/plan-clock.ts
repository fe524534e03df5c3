/**
 * The clock of one plan, which knows how long what was asked of it stays true.
 *
 * A plan compares the time with moments: a lock's end, an age limit. Until the next of those moments every answer is
 * the same, and so is whatever was made of the answers. Code that needs the time itself, to write it down or to
 * calculate with it, makes what it gives true for no other time.
 */
export class PlanClock {
  readonly #seconds: number;
  #steadyUntil = Number.POSITIVE_INFINITY;

  /** @param seconds since the epoch */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** The time itself, seconds since the epoch: true now and at no other time. */
  get now(): number {
    this.#steadyUntil = Math.min(this.#steadyUntil, this.#seconds);
    return this.#seconds;
  }

  /**
   * The time, for a comparison whose outcome stays as it is until `edge`, and for good after it.
   *
   * @param edge seconds since the epoch
   */
  beside(edge: number): number {
    this.holdsUntil(edge);
    return this.#seconds;
  }

  /** The time, for what stays as it is up to a moment that follows from the time: that of `edgeOf`, the time itself or later. */
  upTo(edgeOf: (now: number) => number): number {
    this.#steadyUntil = Math.min(this.#steadyUntil, edgeOf(this.#seconds) - 1);
    return this.#seconds;
  }

  /**
   * Something else turns at a moment; one that has passed turns nothing any more.
   *
   * A second is taken off, so that it does not matter how a sum of times was rounded. What is not a number lets nothing
   * stay true, and so does the moment itself: some things turn at it, and some only behind it.
   */
  holdsUntil(edge: number): void {
    if (!(edge < this.#seconds)) this.#steadyUntil = Math.min(this.#steadyUntil, edge - 1);
  }

  /** All that was asked so far would be answered the same from now on until before this time, seconds since the epoch. */
  get steadyUntil(): number {
    return this.#steadyUntil;
  }

  /** Whether what held from an earlier clock on, until a time, holds now. */
  isBetween(earlier: PlanClock, until: number): boolean {
    return earlier.#seconds <= this.#seconds && this.#seconds < until;
  }

  /** What some work gives that asks for the time, where that turns nothing: the age of what arrives now is always the same. */
  unnoted<T>(work: () => T): T {
    const before = this.#steadyUntil;
    const result = work();
    this.#steadyUntil = before;
    return result;
  }

  /** What some work asks, apart: its result, and until when that stays true. The clock takes both into account. */
  during<T>(work: () => T): { readonly result: T; readonly until: number } {
    const before = this.#steadyUntil;
    this.#steadyUntil = Number.POSITIVE_INFINITY;
    try {
      const result = work();
      return { result, until: this.#steadyUntil };
    } finally {
      this.#steadyUntil = Math.min(before, this.#steadyUntil);
    }
  }
}
