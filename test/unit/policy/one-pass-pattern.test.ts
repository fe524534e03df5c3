/** Patterns that one look at each character decides: the same answers as from the general engine. */
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { onePassMatcher } from '../../../src/policy/one-pass-pattern.js';

const answer = (pattern: string, text: string): boolean | null | undefined => onePassMatcher(pattern)?.(text);

describe('one pass', () => {
  test.each([
    ['^/[^/]+/[^/]+/[^/]+$', '/a/b/c', true],
    ['^/[^/]+/[^/]+/[^/]+$', '/a/b/c/', false],
    ['^/[^/]+/[^/]+/[^/]+$', '/a//c', false],
    ['^(?:^/[^/]+/[A-Z0-9-]+$)$', '/a/RAW-2', true],
    ['^(?:/[^/]+/[A-Z0-9-]+)$', '/a/Raw', false],
    ['^a\\.b\\$$', 'a.b$', true],
    ['^a?b*c+$', 'bbc', true],
    ['^a?b*c+$', 'aab', false],
    ['^\\w+-v\\d+$', 'Run_2-v10', true],
    ['^.$', 'x', true],
    ['^$', '', true],
    ['^[a\\]b]$', ']', true],
  ])('%s on "%s": %s', (pattern, text, matches) => {
    expect(answer(pattern, text)).toBe(matches);
    expect(RE2JS.compile(pattern).test(text)).toBe(matches);
  });

  test.each([
    'a',
    '^a',
    'a$',
    '^a+a$',
    '^[ab]*b$',
    '^.*x$',
    '^a|b$',
    '^(?:a|b)$',
    '^(?i)a$',
    '^a{2}$',
    '^(?:a)b(?:c)$',
  ])('leaves %s to the general engine', (pattern) => {
    expect(onePassMatcher(pattern)).toBeNull();
  });

  test.each(['^[^]a[b]$', '^[^^]$', '^[[:alpha:]]$', '^\\pL$', '^\\Qa\\E$', '^é$', '^a\\b$'])(
    'leaves what it does not know well to the general engine: %s',
    (pattern) => {
      expect(onePassMatcher(pattern)).toBeNull();
    },
  );

  test('says nothing of a text whose characters beyond ASCII it would have to read', () => {
    expect(answer('^[^/]$', 'é')).toBeNull();
    expect(answer('^[^/]$', '\n')).toBeNull();
    expect(answer('^a$', 'a\n')).toBeNull();
    expect(answer('^a$', 'bé')).toBe(false);
  });

  test('gives what the general engine gives, for any pattern that it takes', () => {
    const place = fc
      .tuple(
        fc.constantFrom(
          'a',
          'b',
          '/',
          '.',
          '\\.',
          '-',
          '\\d',
          '\\W',
          '[ab]',
          '[^/]',
          '[a-c]',
          '[^a-b-]',
          '[+\\w-]',
          '[-.]',
        ),
        fc.constantFrom('', '', '+', '*', '?', '+?'),
      )
      .map(([what, count]) => what + count);
    const pattern = fc
      .tuple(
        fc.array(place, { maxLength: 5 }),
        fc.constantFrom(['^', '$'], ['^(?:', ')$'], ['^(?:^', '$)$'], ['', '$']),
      )
      .map(([places, [before, after]]) => `${before}${places.join('')}${after}`);
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', '/', '.', '-', '1', '_', 'é', '\n', '😀'),
      maxLength: 8,
    });
    let decided = 0;
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 8, maxLength: 8 }), (what, texts) => {
        const matches = onePassMatcher(what);
        const engine = RE2JS.compile(what);
        for (const each of matches === null ? [] : texts) {
          const quick = matches?.(each);
          if (quick === null) continue;
          decided++;
          expect(quick).toBe(engine.test(each));
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(decided).toBeGreaterThan(1000);
  });
});
