/** What is known of an expression is kept without its tree; everything else is made again from the text when it is bound. */
import { describe, expect, test } from 'vitest';
import {
  compileExpression,
  type Expected,
  expressionFrom,
  keptExpression,
  type Scope,
  scopes,
  type VariableHost,
} from '../../../src/policy/index.js';

const cases: readonly (readonly [text: string, scope: Scope, expected: Expected])[] = [
  ['dataset.name == "/a/b/c"', scopes.dataset, 'bool'],
  ['dataset.name.glob(["/a/*", "/\u{1F600}*"]) && dataset.is("keep")', scopes.replica, 'bool'],
  ['site.labels["a\\nb"] == "\\U0001F600"  // why', scopes.partitionSite, 'bool'],
  ['dataset.is("keep") || replica.is("keep") || !site.is("ours")', scopes.block, 'bool'],
  ['(((site.quota)))', scopes.partitionSite, 'number'],
  ['site.quota / 2.5', scopes.partitionSite, 'number'],
  ['now - dataset.lastUpdate', scopes.replica, 'order'],
  ['dataset.size > 5 && dataset.size < 3', scopes.dataset, 'bool'],
  ['source.name == "A" && destination.labels.region != "x"', scopes.link, 'bool'],
  ['sites.exists(s, s.name == "A" && dataset.name == "x")', scopes.dataset, 'bool'],
];

test.each(cases)('%s', (text, scope, expected) => {
  const compiled = compileExpression(text, scope, expected);
  const kept = keptExpression(compiled, expected);
  expect(kept).not.toBeNull();
  if (kept === null) return;
  const made = expressionFrom(JSON.parse(JSON.stringify(kept)), scope);
  expect({ ...made, bind: null }).toStrictEqual({ ...compiled, bind: null });
});

describe('is not kept', () => {
  test.each([
    ['a constant', '1.0 / 0.0 > 3.0', 'bool'],
    ['a number that JSON does not have', '-1.0 / 0.0', 'number'],
    ['a text of many terms', Array.from({ length: 400 }, (_, i) => `dataset.size == ${i}`).join(' || '), 'bool'],
  ] as const)('%s', (_, text, expected) => {
    expect(keptExpression(compileExpression(text, scopes.dataset, expected), expected)).toBeNull();
  });
});

test('an expression that was bound once is bound to other hosts as well', () => {
  const host = (name: string): VariableHost => {
    const refuse = (): never => {
      throw new Error('not asked for here');
    };
    const none = { label: refuse, selector: refuse, sitesWhere: refuse, siteLabels: refuse, onElement: refuse };
    return { now: 0, variable: () => () => name, ...none };
  };
  const condition = compileExpression<boolean>('["/a", "/b"].exists(e, e == dataset.name)', scopes.dataset, 'bool');
  const [a, c] = [condition.bind(host('/a')), condition.bind(host('/c'))];
  expect([a(), c(), a(), condition.bind(host('/b'))()]).toEqual([true, false, true, true]);
});

describe('a condition contradicts itself', () => {
  test.each([
    ['dataset.size > 5 && dataset.size < 3', false],
    ['dataset.size > 5 || dataset.size < 3 && dataset.size > 4', false],
    ['dataset.status == "VALID" && dataset.status != "VALID"', false],
    ['false', false],
    ['true', true],
    ['dataset.size > 5 || dataset.size < 3', true],
    ['dataset.name.glob("/a/*") && !dataset.is("keep")', true],
  ])('%s: consistent %s', (text, consistent) => {
    expect(compileExpression<boolean>(text, scopes.dataset, 'bool').consistent).toBe(consistent);
  });
});
