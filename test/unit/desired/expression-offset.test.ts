/** Every character of an expression is found again in the file, however YAML wrote it. */
import { describe, expect, test } from 'vitest';
import { isScalar, parseDocument } from 'yaml';
import { offsetInSource } from '../../../src/desired/expression-offset.js';

const styles: readonly (readonly [name: string, text: string])[] = [
  ['plain', 'when: a == b && c\n'],
  ['plain over lines', 'when: a == b\n  && c\n\n  && d\n'],
  ['plain in a flow mapping', '{ x: 1, when: a == b , y: 2 }\n'],
  ['single quotes', "when: 'a == \"it''s\" && b'\n"],
  ['single quotes over lines', "when: 'a == \"it''s\"\n  && b\n\n  && c'\n"],
  ['double quotes', 'when: "a == \\"x\\" && \\u0062 && c"\n'],
  ['double quotes over lines', 'when: "a == \\"x\\" \\\n  && b\n  && c"\n'],
  ['literal block', 'when: |\n  a == "x"\n    && b\n\n  && c\n'],
  ['literal block with indicators and a comment', 'x:\n  when: |2-  # why\n      a\n    && b\n'],
  ['folded block', 'when: >-\n  a == "x"\n  && b\n\n    || c\n  && d\n'],
  ['CRLF', 'when: |\r\n  a\r\n  && b\r\n'],
];

describe.each(styles)('%s', (_, text) => {
  const document = parseDocument(text);
  const scalar = document.getIn(text.startsWith('x:') ? ['x', 'when'] : ['when'], true);
  if (!isScalar(scalar) || typeof scalar.value !== 'string') throw new Error('no scalar');
  const value = scalar.value;

  test('visible characters', () => {
    for (let offset = 0; offset < value.length; offset++) {
      const character = value[offset] ?? '';
      if (/\s/.test(character)) continue;
      const found = text.slice(offsetInSource(text, scalar, offset));
      const escaped = { '"': '\\"', "'": "''", b: '\\u0062' }[character] ?? character;
      expect(found.startsWith(character) || found.startsWith(escaped), `${offset}: ${found}`).toBe(true);
      // The n-th occurrence of a character in the value is the n-th in the source.
      const before = value.slice(0, offset).split(character).length;
      const end = offsetInSource(text, scalar, offset);
      const start = scalar.range?.[0] ?? 0;
      if (/[a-d&=]/.test(character) && !text.includes('\\u')) {
        const body = text.slice(start, end).replace(/#.*$/m, '');
        expect(body.split(character).length, `${offset}: ${found}`).toBe(before);
      }
    }
  });

  test('the end', () => {
    const end = offsetInSource(text, scalar, value.length);
    expect(end).toBeGreaterThan(scalar.range?.[0] ?? 0);
    expect(end).toBeLessThanOrEqual(scalar.range?.[1] ?? 0);
  });
});
