/**
 * Sums of bytes that are exact until they are read. Adding up numbers one after another is not beyond 2^53 (9 PB): what
 * comes out depends on the order then, and taking away does not give what was there before.
 */
import { floatAt } from '../snapshot/column.js';

/** What is kept of a sum: whole units, and the rest. Both are exact up to 2^103. */
const unit = 2 ** 50;

export class ByteSums {
  readonly #high: Float64Array;
  readonly #low: Float64Array;

  constructor(count: number) {
    this.#high = new Float64Array(count);
    this.#low = new Float64Array(count);
  }

  /** @param bytes a whole number between -2^53 and 2^53 */
  add(index: number, bytes: number): void {
    const low = floatAt(this.#low, index) + bytes;
    if (low >= 0 && low < unit) this.#low[index] = low;
    else this.#carry(index, bytes);
  }

  #carry(index: number, bytes: number): void {
    const rest = bytes % unit;
    const low = floatAt(this.#low, index) + rest;
    const units = Math.floor(low / unit);
    this.#low[index] = low - units * unit;
    this.#high[index] = floatAt(this.#high, index) + units + (bytes - rest) / unit;
  }

  /** Rounded to the next number there is. */
  at(index: number): number {
    return floatAt(this.#high, index) * unit + floatAt(this.#low, index);
  }

  /** All of them, rounded. */
  totals(): Float64Array {
    return this.#low.map((_, index) => this.at(index));
  }

  /** Makes them the same as others, as many as these. */
  set(others: ByteSums): void {
    this.#high.set(others.#high);
    this.#low.set(others.#low);
  }
}
