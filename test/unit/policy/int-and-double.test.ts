/** Integers and floating-point numbers mix freely in arithmetic and comparison. */
import { describe, expect, test } from 'vitest';
import { compileExpression, type Expected, scopes, type Value, type VariableHost } from '../../../src/policy/index.js';

function host(values: Readonly<Record<string, Value>>): VariableHost {
  const refuse = (): never => {
    throw new Error('not asked for here');
  };
  return {
    now: 0,
    variable: (path) => () => values[path] ?? refuse(),
    label: refuse,
    selector: refuse,
    sitesWhere: refuse,
    siteLabels: refuse,
    onElement: refuse,
  };
}

const here = host({
  'site.quota': 0,
  'site.used': 2.5,
  'dataset.size': 3,
  'dataset.demand': 3,
  'dataset.accesses': 0.5,
});

function evaluate(text: string, expected: Expected): Value {
  return compileExpression(text, scopes.replica, expected).bind(here)();
}

describe('an int beside a double', () => {
  test.each([
    ['site.quota == 0', true],
    ['0 == site.quota', true],
    ['site.quota != 0', false],
    ['dataset.size == dataset.demand', true],
    ['dataset.demand == dataset.size', true],
    ['dataset.size != dataset.accesses', true],
    ['dataset.size == 1.5', false],
    ['site.used > 2', true],
    ['3 <= dataset.demand', true],
    ['dataset.size + 0.5 == 3.5', true],
    ['dataset.demand / 2 == 1.5', true],
    ['max(1, 0.5) == 1', true],
    ['dataset.demand in [1, 2, 3]', true],
    ['dataset.accesses in [1, 2]', false],
    ['dataset.size in [2.5, 3.0]', true],
    ['dataset.size / 2 == 1', true],
  ])('%s is %s', (text, value) => {
    expect(evaluate(text, 'bool')).toBe(value);
  });

  test('an int divided by an int truncates, also below zero; with a double it does not', () => {
    expect(evaluate('-7 / 2', 'number')).toBe(-3);
    expect(evaluate('-7 % 3', 'number')).toBe(-1);
    expect(evaluate('-7 / 2.0', 'number')).toBe(-3.5);
  });
});
