import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalDigest, canonicalJson } from '../../../src/planning/canonical-json.js';

/** The definition, without regard to time. */
function defined(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(defined).join(',')}]`;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${defined(entry)}`).join(',')}}`;
}

function digest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

describe('canonical JSON', () => {
  test('has sorted keys, no white space, and nothing for what is undefined', () => {
    expect(canonicalJson({ b: 1, a: { d: undefined, c: [] }, e: {} })).toBe('{"a":{"c":[]},"b":1,"e":{}}');
    expect(canonicalJson({ 10: 'x', 9: 'y' })).toBe('{"10":"x","9":"y"}');
  });

  test('escapes what JSON escapes', () => {
    for (const text of ['"', '\\', '\u0000', '\n', '\u2028', '\ud800', '\ud83d\ude00', 'é', '/a/b#c', '']) {
      expect(canonicalJson([text, { [text]: text }])).toBe(defined([text, { [text]: text }]));
    }
  });

  test('is as defined for any value, and so is its digest', () => {
    const values = fc.object({ withNullPrototype: true, maxDepth: 4, key: fc.string({ unit: 'binary' }) });
    fc.assert(
      fc.property(values, fc.array(values), (value, list) => {
        const document = { value, list, same: [value, value, { value }] };
        expect(canonicalJson(document)).toBe(defined(document));
        expect(canonicalDigest(document)).toBe(digest(defined(document)));
      }),
      { seed: 1 },
    );
  });

  test.each([0, 1, 127, 128, 129, 256, 1000])(
    'the digest of a list of %d entries is that of the whole text',
    (length) => {
      const actions = Array.from({ length }, (_, i) => ({
        id: `${i}`,
        rule: { name: 'r', line: i % 3 },
        blocks: null,
      }));
      expect(canonicalDigest({ actions, none: [] })).toBe(digest(defined({ actions, none: [] })));
    },
  );
});
