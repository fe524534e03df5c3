/**
 * A seeded source of random numbers: the same seed gives the same bundle on every machine.
 *
 * The generator is xoshiro128** (Blackman and Vigna, 2018), its state filled by SplitMix32. `Random.of(seed, i)` makes
 * independent streams, so that dataset number i looks the same in a bundle of any size.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  private constructor(a: number, b: number, c: number, d: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  static of(seed: number, stream: number): Random {
    let state = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(stream | 0, 0x85ebca6b)) >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    return new Random(next(), next(), next(), next() | 1);
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    const scrambled = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return scrambled;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.bits() / 2 ** 32;
  }

  /** Uniform in [from, to). */
  between(from: number, to: number): number {
    return from + this.unit() * (to - from);
  }

  /** Uniform integer in [0, count). */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** Log-normal with the given mean; `sigma` is the deviation of the logarithm. */
  logNormal(mean: number, sigma: number): number {
    const u = 1 - this.unit();
    const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.unit());
    return Math.exp(Math.log(mean) - (sigma * sigma) / 2 + sigma * normal);
  }

  /** One of the values, with the chance its weight gives it. */
  weighted<T>(choices: Choices<T>): T {
    const target = this.unit() * choices.total;
    let low = 0;
    let high = choices.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((choices.cumulative[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    const value = choices.values[low];
    if (value === undefined) throw new RangeError('no choices');
    return value;
  }

  /** `n` hexadecimal digits. */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.bits().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }
}

export interface Choices<T> {
  readonly values: readonly T[];
  readonly cumulative: readonly number[];
  readonly total: number;
}

export function choices<T>(pairs: Iterable<readonly [value: T, weight: number]>): Choices<T> {
  const values: T[] = [];
  const cumulative: number[] = [];
  let total = 0;
  for (const [value, weight] of pairs) {
    total += weight;
    values.push(value);
    cumulative.push(total);
  }
  return { values, cumulative, total };
}

function rotate(x: number, by: number): number {
  return ((x << by) | (x >>> (32 - by))) >>> 0;
}
