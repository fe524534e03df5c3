/** Weighted rendezvous hashing, and what spares most of its arithmetic. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mayScoreAbove, siteScore, textHash } from '../../../src/planning/rendezvous.js';

describe('the score of a site', () => {
  test('is never above a bound that it may not be above, with any weight up to 1', () => {
    const weight = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
    let spared = 0;
    fc.assert(
      fc.property(fc.string(), fc.string(), weight, fc.double({ min: 0, noNaN: true }), (key, site, share, bound) => {
        const of = [textHash(key), textHash(site, 1)] as const;
        for (const above of [bound, siteScore(...of, 1), Number.NEGATIVE_INFINITY]) {
          if (mayScoreAbove(above, ...of)) continue;
          spared++;
          expect(siteScore(...of, share)).toBeLessThanOrEqual(above);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
    expect(spared).toBeGreaterThan(1000);
  });

  test('may be above anything that it is above', () => {
    const key = textHash('placement\n/a/b/RAW');
    for (let i = 0; i < 1000; i++) {
      const site = textHash(`site ${i}`, 1);
      const score = siteScore(key, site, 1);
      expect(mayScoreAbove(score, key, site)).toBe(false);
      expect(mayScoreAbove(score * (1 - 1e-12), key, site)).toBe(true);
    }
  });

  test('is that of no site where the weight is not above 0', () => {
    for (const weight of [0, -1, Number.NaN]) {
      expect(siteScore(textHash('a'), textHash('b'), weight)).toBe(Number.NEGATIVE_INFINITY);
    }
  });
});
