/** The canonical text of expressions: what content hashes, and approvals with them, are made of. */
import { describe, expect, test } from 'vitest';
import { compileExpression, type Expected, scopes } from '../../../src/policy/index.js';

const canonical = (text: string, expected: Expected = 'number'): string =>
  compileExpression(text, scopes.replica, expected).canonical;

describe('canonical text', () => {
  test.each([
    ['1 - (2 - dataset.files)', '1 - 2 - dataset.files'],
    ['1 - (2 + dataset.files)', '1 - 2 + dataset.files'],
    ['8 % (3 * dataset.files)', '8 % 3 * dataset.files'],
    ['dataset.files / (4 / 2)', 'dataset.files / 4 / 2'],
    ['-(1 + dataset.files)', '-1 + dataset.files'],
    ['dataset.open ? 1 : 2 + dataset.files', '(dataset.open ? 1 : 2) + dataset.files'],
    ['dataset.files', 'dataset.files + 0'],
    ['dataset.demand * 1.0', 'dataset.demand * 1'],
  ])('%s is not %s', (one, other) => {
    expect(canonical(one)).not.toBe(canonical(other));
  });

  test.each([
    ['dataset.open == (1 < 2)', '(dataset.open == true) == (1 < 2)', false],
    ['dataset.open || (dataset.open && true)', 'dataset.open || dataset.open && true', true],
    ['(dataset.open || dataset.open) && true', 'dataset.open || dataset.open && true', false],
    ['!(dataset.open && true)', '!dataset.open && true', false],
    ['dataset.open && (true && replica.full)', '(dataset.open && true) && replica.full', true],
  ])('%s beside %s', (one, other, same) => {
    expect(canonical(one, 'bool') === canonical(other, 'bool')).toBe(same);
  });

  test('comments, white space and superfluous parentheses do not show', () => {
    const plain = 'dataset.name.glob(["/a/*", "/b/*"]) && replica.size > 5';
    const written = `
      // What is large
      ( dataset.name.glob( [ '/a/*' , "/b/*" ] ) )
      && (replica.size) > 5   // and ours
    `;
    expect(canonical(written, 'bool')).toBe(canonical(plain, 'bool'));
    expect(canonical(plain, 'bool')).toBe(plain);
  });

  test('raw strings, escapes and numbers are written one way', () => {
    expect(canonical(String.raw`dataset.name.matches(r"\d+\"")`, 'bool')).toBe(
      String.raw`dataset.name.matches("\\d+\\\"")`,
    );
    expect(canonical('dataset.demand > 1e3', 'bool')).toBe('dataset.demand > 1000.0');
    expect(canonical('dataset.files > 0x10', 'bool')).toBe('dataset.files > 16');
  });
});

test('a constant expression that fails is an error at load', () => {
  expect(() => canonical('1 / 0')).toThrow('always fails: division by zero');
});
