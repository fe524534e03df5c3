/**
 * Weighted rendezvous hashing: every (placement, dataset, site) has a fixed pseudo-random number u in (0, 1), and the
 * site with the largest weight / -ln(u) is chosen. Sites are chosen in proportion to their weights, and a change of one
 * site's weight moves only data that goes to or leaves that site. (Thaler and Ravishankar 1998; the logarithmic weights
 * after Schindelhauer and Schomaker 2005.)
 */

/** 53 random-looking bits of a text: two 32-bit multiplicative hashes with a final avalanche. */
export function textHash(text: string, seed = 0): readonly [high: number, low: number] {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  return [avalanche(a ^ (b >>> 13)), avalanche(b ^ (a >>> 11))];
}

function avalanche(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Scores sites for one (placement, dataset); larger is better, a weight of 0 or less never wins (-Infinity). */
export function siteScore(key: readonly [number, number], site: readonly [number, number], weight: number): number {
  return weight > 0 ? weight / -Math.log(chance(key, site)) : Number.NEGATIVE_INFINITY;
}

/**
 * Whether a site could score more than that with a weight of 1 or less: where not, nothing else need be known of it,
 * which of a hundred sites spares all but a few.
 */
export function mayScoreAbove(score: number, key: readonly [number, number], site: readonly [number, number]): boolean {
  const u = chance(key, site);
  // -ln(u) is no less than 1 - u, which is enough for most; the margin is far more than what is rounded.
  if ((1 - u) * score > 1 + 1e-9) return false;
  return 1 / -Math.log(u) > score;
}

/** The number in (0, 1) that a site has for a key. */
function chance(key: readonly [number, number], site: readonly [number, number]): number {
  const high = avalanche(Math.imul(key[0], 0x9e3779b1) ^ site[0] ^ (key[1] >>> 7));
  const low = avalanche(Math.imul(key[1], 0x85ebca6b) ^ site[1] ^ high);
  return (high * 2 ** 21 + (low >>> 11) + 0.5) / 2 ** 53;
}
