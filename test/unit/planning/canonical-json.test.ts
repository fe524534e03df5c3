import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalDigest, canonicalJson, inKeyOrder } from '../../../src/planning/canonical-json.js';
import type { Plan, PlannedAction } from '../../../src/planning/plan.js';
import { planDigest } from '../../../src/planning/plan-digest.js';

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

  test('of what is flat, keys are in order', () => {
    expect(JSON.stringify(inKeyOrder({ b: 1, a: null, _: 'x', C: 'y' }))).toBe(
      canonicalJson({ b: 1, a: null, _: 'x', C: 'y' }),
    );
  });

  test('the digest of a plan is that of its canonical JSON', () => {
    const text = fc.string({ unit: 'binary' });
    const rule = fc.record({ kind: text, name: text, id: fc.option(text), file: text, line: fc.nat() });
    const action: fc.Arbitrary<PlannedAction> = fc.record({
      id: text,
      type: fc.constantFrom('copy', 'delete', 'reassign'),
      dataset: text,
      blocks: fc.option(fc.array(text, { maxLength: 3 })),
      site: text,
      sources: fc.array(text, { maxLength: 3 }),
      owner: text,
      bytes: fc.double({ noNaN: true, noDefaultInfinity: true }),
      files: fc.nat(),
      cause: fc.constantFrom('placement', 'retention'),
      rule,
      reason: text,
      held: fc.option(fc.record({ code: fc.constantFrom('locked', 'required'), message: text })),
    });
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 300 }),
        fc.array(fc.record({ rule }), { maxLength: 3 }),
        (actions, deferred) => {
          const document = { apiVersion: 'stator/v1', actions, deferred, sites: [] } as unknown as Omit<Plan, 'digest'>;
          expect(planDigest(document)).toBe(digest(defined(document)));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });
});
