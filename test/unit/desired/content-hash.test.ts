/** What is hashed is canonical JSON: approvals name these hashes, so that its bytes must not change. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { contentHash } from '../../../src/desired/content-hash.js';
import { compileExpression, scopes } from '../../../src/policy/index.js';

const condition = compileExpression<boolean>('( dataset.name   == "/é/\u{1F600}" )', scopes.dataset, 'bool');

test.each<[content: object, json: string]>([
  [{}, '{}'],
  [{ b: 1, a: 'x\n"é\u{1F600}', c: null }, '{"a":"x\\n\\"é\u{1F600}","b":1,"c":null}'],
  [{ a: undefined, b: true }, '{"b":true}'],
  [{ b: undefined, a: undefined }, '{}'],
  [{ size: Number.POSITIVE_INFINITY, other: 0.5, none: -0 }, '{"none":0,"other":0.5,"size":"unlimited"}'],
  [{ list: [{ z: 1, y: [2, []] }, 'a'] }, '{"list":[{"y":[2,[]],"z":1},"a"]}'],
  [{ set: new Set(['b', '\uFFFD', '\u{1F600}', 'a']) }, '{"set":["a","b","\uFFFD","\u{1F600}"]}'],
  [
    new Map([
      ['b', { y: 1, x: 2 }],
      ['a', { x: 3, y: 4 }],
    ]),
    '{"a":{"x":3,"y":4},"b":{"x":2,"y":1}}',
  ],
  [{ when: condition }, '{"when":{"cel":"dataset.name == \\"/é/\u{1F600}\\""}}'],
])('%o', (content, json) => {
  expect(contentHash(content)).toBe(createHash('sha256').update(json).digest('hex'));
});

test('objects of many shapes with as many fields each have their own order', () => {
  for (const round of [1, 2]) {
    for (let i = 0; i < 40; i++) {
      const [b, a] = [`b${i % 7}_${i}`, `a${i}`];
      const json = `{"${a}":2,"${b}":${round}}`;
      expect(contentHash({ [b]: round, [a]: 2 })).toBe(createHash('sha256').update(json).digest('hex'));
    }
  }
});
