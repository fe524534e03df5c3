import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes } from '../../../src/order.js';
import { ColumnMemory } from '../../../src/snapshot/column-memory.js';
import {
  beginningOf,
  compareNames,
  joinNames,
  NameColumn,
  NamePacker,
  reorderNames,
} from '../../../src/snapshot/name-column.js';

/** Of one to four bytes per character, alike at the beginning, and empty. */
const name = fc.string({ unit: fc.constantFrom('a', 'b', '0', 'ä', '日', '\uffee', '\u{1f600}'), maxLength: 6 });
const names = fc.array(name, { maxLength: 40 });

const strings = (column: NameColumn): string[] => Array.from({ length: column.length }, (_, i) => column.at(i));
const ownMemory = () => new ColumnMemory(0);

describe('a column of names', () => {
  test('gives the names that it was made of', () => {
    fc.assert(
      fc.property(names, (list) => {
        expect(strings(NameColumn.of(list))).toEqual(list);
      }),
    );
  });

  test('takes names as text and as bytes, however many', () => {
    const list = Array.from({ length: 5000 }, (_, i) => (i % 7 === 0 ? `日本 ${i}` : `block ${i}`));
    const [texts, slices] = [new NamePacker(), new NamePacker()];
    for (const [i, text] of list.entries()) {
      const bytes = Buffer.from(`<${text}>`, 'utf8');
      expect(texts.add(text)).toBe(i);
      expect(slices.addBytes(bytes, 1, bytes.length - 1)).toBe(i);
    }
    expect(strings(new NameColumn(texts.view()))).toEqual(list);
    expect(slices.view()).toEqual(texts.view());
  });

  test('orders names as their texts are ordered', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const column = NameColumn.of([a, b]);
        expect(Math.sign(compareNames(column, 0, 1))).toBe(compareBytes(a, b));
        // What begins with less comes first.
        const difference = beginningOf(column, 0) - beginningOf(column, 1);
        if (difference !== 0) expect(Math.sign(difference)).toBe(compareBytes(a, b));
      }),
    );
  });

  test('finds a name among those of a range, and only there', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 30 }), name, fc.nat(30), fc.nat(30), (list, wanted, x, y) => {
        const sorted = [...list].sort(compareBytes);
        const [from, to] = [Math.min(x, y, sorted.length), Math.min(Math.max(x, y), sorted.length)];
        const column = NameColumn.of(sorted);
        for (const text of [wanted, ...sorted]) {
          const place = sorted.slice(from, to).indexOf(text);
          expect(column.find(from, to, text)).toBe(place < 0 ? -1 : from + place);
        }
      }),
    );
  });

  test('knows the same name in another column', () => {
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(NameColumn.of([a, b]).isSame(1, NameColumn.of([c, a, b]), 2)).toBe(true);
        expect(NameColumn.of([a, b]).isSame(0, NameColumn.of([c, b]), 1)).toBe(a === b);
      }),
    );
  });

  test('is joined of ranges of others, and put in another order', () => {
    fc.assert(
      fc.property(names, names, fc.nat(40), fc.nat(40), (a, b, x, y) => {
        const [from, to] = [Math.min(x, y, a.length), Math.min(Math.max(x, y), a.length)];
        const [first, second] = [NameColumn.of(a), NameColumn.of(b)];
        const joined = joinNames(
          [
            { names: first, from, to },
            { names: second, from: 0, to: b.length },
            { names: first, from: 0, to: from },
          ],
          ownMemory(),
        );
        expect(strings(joined)).toEqual([...a.slice(from, to), ...b, ...a.slice(0, from)]);
        const backwards = Int32Array.from(a.keys()).reverse();
        expect(strings(reorderNames(first, backwards, ownMemory()))).toEqual([...a].reverse());
      }),
    );
  });
});
