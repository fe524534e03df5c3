import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { requiredLiteral } from '../../../src/policy/required-literal.js';
import { regexMatcher } from '../../../src/policy/text-match.js';

describe('the text that every match of a regular expression contains', () => {
  test.each([
    ['/Run2026\\w-Prompt-v\\d+/MINIAOD$', '-Prompt-v'],
    ['^/[^/]+/Run2026\\w-Prompt-v\\d+/', '-Prompt-v'],
    ['a\\.b', 'a.b'],
    ['abc?d', 'ab'],
    ['abc{0,2}de', 'ab'],
    ['(abcdef)?gh', 'gh'],
    ['[]xyz]ab', 'ab'],
    ['[[:alpha:]xyz]ab', 'ab'],
    ['ab+c', 'ab'],
  ])('%s: %s', (pattern, literal) => {
    expect(requiredLiteral(pattern)).toBe(literal);
  });

  test.each(['a|b', '(?i)abc', '\\Qa*\\E', '\\x41', '.*', 'é?', 'a{(x}y)?z'])('%s: none', (pattern) => {
    expect(requiredLiteral(pattern)).toBeNull();
  });

  test('looking for it first changes no answer', () => {
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
      '(ab.)',
      '(b[a(]?)',
      '^',
      '$',
      '{',
    );
    const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '??', '+?', '{2}', '{0,1}', '{0,}');
    const patterns = fc
      .array(fc.tuple(atom, quantifier), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.flat().join(''));
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'c', ']', '{'), maxLength: 8 });
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 5, maxLength: 5 }), (pattern, samples) => {
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
