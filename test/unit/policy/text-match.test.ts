/** Globs and regular expressions: what they match, and that no pattern takes long. */
import { describe, expect, test } from 'vitest';
import { anyGlobMatcher, globMatcher, regexGroupCount, regexMatcher } from '../../../src/policy/index.js';

describe('globs', () => {
  test.each([
    ['*', '', true],
    ['*', '/a/b', true],
    ['', '', true],
    ['', 'a', false],
    ['/*/*/RAW', '/a/b/RAW', true],
    ['/*/*/RAW', '/a/b/c/RAW', true],
    ['/*/*/RAW', '/a/RAW', false],
    ['T2_US_*', 'T2_US_MIT', true],
    ['T2_US_*', 'XT2_US_MIT', false],
    ['*_Disk', 'T1_US_FNAL_Disk', true],
    ['T?_US_*', 'T1_US_FNAL', true],
    ['T?_US_*', 'T_US_FNAL', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*a*b*', 'xbxaxb', true],
    ['*a*b*', 'xbxa', false],
    ['a[b]c', 'a[b]c', true],
    ['a[b]c', 'abc', false],
    ['a.c', 'abc', false],
    ['?', 'é', true],
    ['RAW', 'raw', false],
  ])('%s on "%s": %s', (glob, text, matches) => {
    expect(globMatcher(glob)(text)).toBe(matches);
    expect(anyGlobMatcher(['nothing', glob])(text)).toBe(matches);
  });

  test('none of no globs matches', () => {
    expect(anyGlobMatcher([])('a')).toBe(false);
  });

  test('a thousand exact names and globs are asked quickly', () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `/exact/${i}/RAW`);
    const matches = anyGlobMatcher([...names, '/glob/*/RAW']);
    const start = performance.now();
    for (let i = 0; i < 20_000; i++) if (!matches(`/exact/${i}/RAW`)) throw new Error('expected a match');
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('stars that would backtrack do not', () => {
    const start = performance.now();
    expect(globMatcher(`${'*a'.repeat(50)}b`)('a'.repeat(20_000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('regular expressions', () => {
  test('find anywhere, as in CEL', () => {
    expect(regexMatcher('B+')('aBBc')).toBe(true);
    expect(regexMatcher('^B')('aB')).toBe(false);
    expect(regexMatcher('')('')).toBe(true);
  });

  test.each([
    ['(a+)+$', `${'a'.repeat(50_000)}b`],
    ['(a|aa)+$', `${'a'.repeat(50_000)}b`],
    ['(.*)*x', 'y'.repeat(50_000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(50_000)],
  ])('%s ends quickly on a text made for it', (pattern, text) => {
    const start = performance.now();
    expect(regexMatcher(pattern)(text)).toBe(false);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test.each(['(', '[a', 'a{2,1}', '(?=a)', '\\1'])('%s is refused', (pattern) => {
    expect(() => regexMatcher(pattern)).toThrow();
  });

  test('groups are counted', () => {
    expect(regexGroupCount('^/(store)/(?:x)(.*)$')).toBe(2);
  });
});
