/**
 * Every document shown anywhere in the documentation compiles without an error or a warning. The documents of a page stand
 * together with a small federation (`test/fixtures/docs-examples`), where they replace those of the same kind and name.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { compileDesired } from '../../../src/desired/index.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const base = join(root, 'test/fixtures/docs-examples');

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].sort();

/** Fenced blocks that are documents of the desired state. */
function examplesOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map((match) => match[1] ?? '')
    .filter((block) => block.startsWith('apiVersion: stator/'));
}

function identities(text: string): readonly string[] {
  return parseAllDocuments(text).map((document) => {
    const kind = String(document.get('kind'));
    return kind === 'Federation' ? kind : `${kind} ${String(document.getIn(['metadata', 'name']))}`;
  });
}

const withExamples = pages.filter((page) => examplesOf(page).length > 0);

test('every kind has an example, and so has the README', () => {
  expect(withExamples).toEqual(
    expect.arrayContaining(['README.md', ...pages.filter((page) => page.includes('kinds/'))]),
  );
});

test.each(withExamples)('%s', (page) => {
  const examples = examplesOf(page).join('---\n');
  const replaced = new Set(identities(examples));
  expect(replaced.size, 'documents of one page are different').toBe(identities(examples).length);
  const federation = readFileSync(join(base, 'federation.yaml'), 'utf8')
    .split('---\n')
    .filter((document) => !replaced.has(identities(document)[0] ?? ''))
    .join('---\n');
  const files = [
    { path: 'example.yaml', bytes: Buffer.from(examples) },
    { path: 'federation.yaml', bytes: Buffer.from(federation) },
    { path: 'keep.txt', bytes: readFileSync(join(base, 'keep.txt')) },
  ];
  const source = {
    commit: '1111111111111111111111111111111111111111',
    tree: null,
    ref: null,
    author: null,
    committedAt: null,
    signature: 'good',
  } as const;

  const { state, diagnostics } = compileDesired(files, source);

  const wrong = diagnostics.filter(({ severity }) => severity !== 'info');
  expect(wrong.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([]);
  expect(state).not.toBeNull();
});
