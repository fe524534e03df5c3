import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { variables } from '../../../src/policy/variables.js';

const text = readFileSync(new URL('../../../docs/expressions.md', import.meta.url), 'utf8');

test('docs/expressions.md has every variable of the catalogue with its type, and no other', () => {
  const documented = [...text.matchAll(/^\| `((?:site|dataset|replica|block|plan)\.\w+)` \| ([\w<>]+) \|/gm)];
  const catalogue = variables.map((variable) => `${variable.path}: ${variable.type}`);
  expect(documented.map(([, path, type]) => `${path}: ${type}`).sort()).toEqual(catalogue.sort());
});
