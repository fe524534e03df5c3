import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortFew } from '../../../src/planning/few.js';

test('a few entries are sorted as any are, in place, and those that are equal stay in their order', () => {
  const entries = fc.array(fc.record({ key: fc.nat(5), id: fc.nat() }), { maxLength: 40 });
  fc.assert(
    fc.property(entries, (list) => {
      const byKey = (a: { key: number }, b: { key: number }): number => a.key - b.key;
      const expected = [...list].sort(byKey);
      expect(sortFew(list, byKey)).toBe(list);
      expect(list).toEqual(expected);
    }),
    { seed: 1 },
  );
});
