import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { requiredLiterals } from '../../../src/policy/required-literals.js';
import { regexMatcher } from '../../../src/policy/text-match.js';

describe('texts that every match of a regular expression contains', () => {
  test.each([
    ['/Run2026\\w-Prompt-v\\d+/MINIAOD$', ['/Run2026', '-Prompt-v', '/MINIAOD']],
    ['^/[^/]+/Run2026\\w-Prompt-v\\d+/', ['/Run2026', '-Prompt-v']],
    ['abc\\.d', ['abc.d']],
    ['abcd?e', ['abc']],
    ['abcd{0,2}efg', ['abc', 'efg']],
    ['(abcdef)?ghi', ['ghi']],
    ['[]xyz]abc', ['abc']],
    ['[[:alpha:]xyz]abc', ['abc']],
    ['abc+d', ['abc']],
  ])('%s: %s', (pattern, literals) => {
    expect(requiredLiterals(pattern)).toEqual(literals);
  });

  test.each(['abc|def', '(?i)abc', '\\Qabc*\\E', '\\x41bcd', '.*', 'ééé?', 'abc{(x}yyy)?z'])('%s: none', (pattern) => {
    expect(requiredLiterals(pattern)).toEqual([]);
  });

  test('looking for them first changes no answer', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      'ab',
      '.',
      '\\.',
      '\\w',
      '[ab]',
      '[^a]',
      '[]a]',
      '(a)',
      '(abc.)',
      '(b[a(]?)',
      '^',
      '$',
      '{',
    );
    const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '??', '+?', '{2}', '{0,1}', '{0,}');
    const patterns = fc
      .array(fc.tuple(atom, quantifier), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.flat().join(''));
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'c', ']', '{'), maxLength: 12 });
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 8, maxLength: 8 }), (pattern, samples) => {
        let plain: RE2JS;
        try {
          plain = RE2JS.compile(pattern);
        } catch {
          return;
        }
        const matches = regexMatcher(pattern);
        for (const text of samples) expect(matches(text)).toBe(plain.test(text));
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});
