/** A seeded source of random numbers: the same seed gives the same arrivals on every machine. */

const golden = 0x9e3779b9;

/** A counter whose every value is scrambled (the SplitMix construction of Steele, Lea and Flood, on 32 bits). */
export class Random {
  #state: number;

  /** @param stream tells apart what must not influence each other under one seed */
  constructor(seed: number, stream: number) {
    this.#state = scramble(scramble(seed | 0) ^ scramble((stream | 0) + golden));
  }

  /** Uniform integer from 0 to `count - 1`; `count` is far below 2^32. */
  below(count: number): number {
    this.#state = (this.#state + golden) | 0;
    return Math.floor((scramble(this.#state) / 2 ** 32) * count);
  }
}

/** Every bit of the result depends on every bit of the input. */
function scramble(input: number): number {
  let bits = input ^ (input >>> 16);
  bits = Math.imul(bits, 0x7feb352d);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}
