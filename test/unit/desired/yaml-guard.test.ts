/** The guard in front of the YAML parser: what would harm the process, or a reader, never gets further. */
import { describe, expect, test } from 'vitest';
import { compileDesired, limits } from '../../../src/desired/index.js';
import { base, compile, document, lines, noSource, sourceFiles } from './desired-files.js';

const broken = (text: string | Uint8Array): string[] => lines(compile({ 'base.yaml': base, 'x.yaml': text }));

const tooDeep = /^x\.yaml:\d+:\d+ nesting-too-deep: collections are nested deeper than 64 levels: flatten them$/;

describe('deep nesting', () => {
  const levels = 20_000;
  test.each([
    ['lists in flow style', '['.repeat(levels)],
    ['mappings in flow style', '{ a: '.repeat(levels)],
    ['lists in lists on one line', '- '.repeat(levels)],
    ['keys that are mappings', '? '.repeat(levels)],
    ['values of no key', ': '.repeat(levels)],
    ['a mixture', '- [? '.repeat(levels)],
    ['mappings by indentation', Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
    ['inside a document', document('Group', 'g', `limit: ${'['.repeat(levels)}`)],
  ])('%s', (_, text) => {
    expect(broken(text)).toEqual([expect.stringMatching(tooDeep)]);
  });

  test('is found twice in one process', () => {
    const text = `a: ${'['.repeat(1000)}${']'.repeat(1000)}\n`;
    for (let i = 0; i < 2; i++) {
      expect(broken(text)).toEqual([
        'x.yaml:1:66 nesting-too-deep: collections are nested deeper than 64 levels: flatten them',
      ]);
    }
  });

  test('up to the limit is read (a key and its value on one line count as two levels)', () => {
    const text = `a: ${'['.repeat(limits.nesting - 2)}${']'.repeat(limits.nesting - 2)}\n`;
    expect(broken(text)).toEqual([
      expect.stringContaining('x.yaml:1:1 missing-field: document: the field `kind` is missing'),
    ]);
  });

  test('does not add up over lines and documents', () => {
    const rules = Array.from({ length: 500 }, (_, i) => `  - { id: r${i}, action: protect, when: true }\n`).join('');
    const text = document('Retention', 'r', `partition: physics\nsites: true\nrules:\n${rules}`);
    expect(broken(Array.from({ length: 3 }, (_, i) => text.replace('name: r', `name: r${i}`)).join('---\n'))).toEqual(
      [],
    );
  });
});

test('an alias bomb is refused at each of its anchors and aliases, without being expanded', () => {
  const text = ['a: &a [x, x]', 'b: &b [*a, *a]', 'c: [*b, *b]', ''].join('\n');
  expect(broken(text).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'x.yaml:1:4 yaml-anchor:',
    'x.yaml:2:4 yaml-anchor:',
    'x.yaml:2:8 yaml-alias:',
    'x.yaml:2:12 yaml-alias:',
    'x.yaml:3:5 yaml-alias:',
    'x.yaml:3:9 yaml-alias:',
  ]);
});

test('what looks like an anchor, alias or tag inside of text is text', () => {
  const description = 'a & b, 5 * 3, wow! <<: "&x *y !z" [ {';
  const quoted = document('Group', 'g', `description: '${description}'`);
  const block = document('Group', 'h', `description: |\n  &a *b !c\n  ${'['.repeat(200)}`);
  expect(broken(`${quoted}---\n${block}`)).toEqual([]);
});

describe('size', () => {
  test('a file above 4 MiB is refused', () => {
    const text = `# ${'x'.repeat(limits.yamlFileBytes)}\n`;
    expect(broken(text)).toEqual(['x.yaml:1:1 file-too-large: the file has 4.19 MB, more than 4 MiB: split it']);
  });

  test('a file whose size alone is known is refused by it', () => {
    const file = { path: 'x.yaml', bytes: new Uint8Array(0), unreadSize: 5_000_000_000 };
    const result = compileDesired([...sourceFiles({ 'base.yaml': base }), file], noSource);
    expect(lines(result)).toEqual(['x.yaml:1:1 file-too-large: the file has 5.00 GB, more than 4 MiB: split it']);
  });

  test('a list above 64 MiB is refused at the Selector that names it', () => {
    const selector = document('Selector', 's', 'scope: dataset\nnamesFile: big.txt');
    const file = { path: 'big.txt', bytes: new Uint8Array(0), unreadSize: 70_000_000 };
    const result = compileDesired([...sourceFiles({ 'base.yaml': base, 'x.yaml': selector }), file], noSource);
    expect(lines(result)).toEqual([
      'x.yaml:6:14 file-too-large: Selector s: spec.namesFile: `big.txt` has 70.0 MB, more than 64 MiB',
    ]);
  });

  test.each([
    ['keys', document('Group', 'g', Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join('\n'))],
    ['duplicate keys', document('Group', 'g', 'ownership: block\n'.repeat(100_000).trimEnd())],
    [
      'quotas of unknown partitions',
      document(
        'Site',
        's',
        `storage: disk\nquotas:\n${Array.from({ length: 100_000 }, (_, i) => `  k${i}: 1`).join('\n')}`,
      ),
    ],
  ])('a hundred thousand %s take linear time', (_, text) => {
    const start = performance.now();
    expect(broken(text)).toHaveLength(1001);
    // Quadratic time would be minutes.
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});

describe('names mean nothing to JavaScript', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s', (key) => {
    expect(broken(document('Group', 'g', `${key}: 1`))).toEqual([
      `x.yaml:5:3 unknown-field: Group g: spec: unknown field \`${key}\`; known here: \`description\`, \`requestedBy\`, \`link\`, \`ownership\`, \`limit\``,
    ]);
    expect(broken(`apiVersion: stator/v1\nkind: ${key}\nmetadata: { name: x }\nspec: {}\n`)).toEqual([
      expect.stringMatching(/^x\.yaml:2:7 unknown-kind: /),
    ]);
    const named = document('Placement', key, `datasets: dataset.is("${key}")\nto: true\nowner: ${key}`);
    expect(broken(named).map((line) => line.split(' ')[1])).toEqual(['unknown-selector:', 'unknown-group:']);
  });
});

describe('text as people and editors write it', () => {
  test.each([
    ['CRLF line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['a document end marker', (text: string) => `${text}...\n`],
    ['empty documents', (text: string) => `---\n# nothing\n---\n${text}---\n`],
    [
      'JSON',
      () => JSON.stringify({ apiVersion: 'stator/v1', kind: 'Group', metadata: { name: 'g' }, spec: { limit: 5 } }),
    ],
    [
      'words that YAML 1.1 took for booleans',
      (text: string) => text.replace('name: g', 'name: g, labels: { country: NO, on: off }'),
    ],
  ])('%s', (_, change) => {
    expect(broken(change(document('Group', 'g', 'limit: 5')))).toEqual([]);
  });

  test('positions count the same with CRLF', () => {
    expect(broken(document('Group', 'g', 'limit: 5XB').replaceAll('\n', '\r\n'))).toEqual([
      expect.stringMatching(/^x\.yaml:5:10 wrong-value: /),
    ]);
  });
});
