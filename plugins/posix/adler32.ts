/** The largest prime below 2^16 (RFC 1950). */
const modulus = 65_521;

/** How many bytes can be added before the second sum could exceed 2^31. */
const run = 3800;

/** Adler-32 (RFC 1950) over a stream of chunks. */
export class Adler32 {
  #a = 1;
  #b = 0;

  update(bytes: Uint8Array): void {
    let a = this.#a;
    let b = this.#b;
    const length = bytes.length;
    for (let i = 0; i < length; ) {
      const end = Math.min(i + run, length);
      for (; i < end; i++) {
        a += bytes[i] ?? 0;
        b += a;
      }
      a %= modulus;
      b %= modulus;
    }
    this.#a = a;
    this.#b = b;
  }

  /** Eight lower-case hexadecimal digits. */
  digest(): string {
    return (this.#b * 65_536 + this.#a).toString(16).padStart(8, '0');
  }
}
