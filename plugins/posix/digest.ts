import { createHash, type Hash } from 'node:crypto';
import { type ChecksumName, type Checksums, checksumNames } from '../../src/plugin/index.js';
import { Adler32 } from './adler32.js';

/** Computes several checksums of one stream. */
export class Digests {
  readonly #adler32: Adler32 | null;
  readonly #hashes: readonly { readonly name: 'md5' | 'sha256'; readonly hash: Hash }[];

  constructor(names: ReadonlySet<ChecksumName>) {
    this.#adler32 = names.has('adler32') ? new Adler32() : null;
    this.#hashes = (['md5', 'sha256'] as const)
      .filter((name) => names.has(name))
      .map((name) => ({ name, hash: createHash(name) }));
  }

  update(bytes: Uint8Array): void {
    this.#adler32?.update(bytes);
    for (const { hash } of this.#hashes) hash.update(bytes);
  }

  finish(): Checksums {
    const result: Record<ChecksumName, string | null> = { adler32: null, md5: null, sha256: null };
    if (this.#adler32 !== null) result.adler32 = this.#adler32.digest();
    for (const { name, hash } of this.#hashes) result[name] = hash.digest('hex');
    return result;
  }
}

/** The checksums that `expected` has; MD5 where it has none, so that two readings can be compared. */
export function namesToCompute(expected: Checksums): ReadonlySet<ChecksumName> {
  const names = checksumNames.filter((name) => expected[name] !== null);
  return new Set(names.length === 0 ? ['md5'] : names);
}

/** The first checksum in which `actual` differs from what `expected` has, in words; null where there is none. */
export function mismatch(actual: Checksums, expected: Checksums): string | null {
  for (const name of checksumNames) {
    const want = expected[name];
    if (want === null) continue;
    const have = actual[name];
    if (have !== null && have !== want.toLowerCase()) return `${name} is ${have}, the catalogue says ${want}`;
  }
  return null;
}
