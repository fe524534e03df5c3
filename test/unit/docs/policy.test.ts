/**
 * `docs/policy`: every variable of the catalogue is there, and every example finds what its page says, in the
 * federation and the inventory that `docs/policy/example.md` shows.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileDesired, type DesiredState } from '../../../src/desired/index.js';
import { plan } from '../../../src/planning/index.js';
import { variables } from '../../../src/policy/index.js';
import { runPolicyTest } from '../../../src/policy-test/index.js';
import { testSnapshot } from '../../../src/policy-test/test-snapshot.js';

const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/policy/${name}.md`, import.meta.url), 'utf8');

interface Row {
  readonly path: string;
  readonly type: string;
  readonly example: string;
  /** What the page says that the example finds; absent of a plan. */
  readonly finds: string | undefined;
}

function rowsOf(name: string): readonly Row[] {
  const cells = /^\| `([\w.]+)` \| ([\w<>]+) \| (?:.*?) \| `([^`]+)` \|(?: (.*) \|)?$/gm;
  return [...page(name).matchAll(cells)].map(([, path = '', type = '', example = '', finds]) => ({
    path,
    type,
    example: example.replaceAll('\\|', '|'),
    finds,
  }));
}

const pages = ['site', 'dataset', 'replica', 'block', 'plan'];

const example = /^```yaml\n(.*?)^```$/ms.exec(page('example'))?.[1] ?? '';

function compiled(more: string): DesiredState {
  const files = [{ path: 'example.yaml', bytes: Buffer.from(`${example}---\n${more}`) }];
  const source = {
    commit: null,
    tree: null,
    ref: null,
    author: null,
    committedAt: null,
    signature: 'unchecked',
  } as const;
  const { state, diagnostics } = compileDesired(files, source);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (state === null) throw new Error('the example does not compile');
  return state;
}

/** What a rule with the condition decides: datasets and sites, one for each block that it decides where asked for blocks. */
function decided(condition: string, block: string | null): { readonly dataset: string; readonly site: string }[] {
  const scope = block === null ? 'replica' : 'block';
  const when = block === null ? condition : `(${condition}) && block.name == "${block}"`;
  const state = compiled(`
apiVersion: stator/v1
kind: Retention
metadata: { name: look }
spec: { partition: all, sites: 'true', default: ignore, rules: [ { id: look, action: protect, scope: ${scope}, when: '${when}' } ] }
`);
  const [asked] = state.policyTests;
  const clock = asked?.now ?? 0;
  return plan(state, testSnapshot(asked?.given ?? [], clock), { clock, decisions: true }).decisions.map(
    ({ dataset, site }) => ({ dataset, site }),
  );
}

const listed = (names: readonly string[]): string =>
  names.length === 0
    ? 'none'
    : [...new Set(names)]
        .sort()
        .map((name) => `\`${name}\``)
        .join(', ');

const finders: Readonly<Record<string, (condition: string) => readonly string[]>> = {
  site: (condition) => decided(condition, null).map(({ site }) => site),
  dataset: (condition) => decided(condition, null).map(({ dataset }) => dataset),
  replica: (condition) => decided(condition, null).map(({ dataset, site }) => `${dataset} at ${site}`),
  block: (condition) =>
    ['a', 'b', 'c', '1'].flatMap((block) =>
      decided(condition, block).map(({ dataset, site }) => `${dataset}#${block} at ${site}`),
    ),
};

test('docs/policy has every variable of the catalogue with its type, and no other', () => {
  const documented = pages.flatMap(rowsOf).filter(({ path }) => !path.endsWith('.labels.KEY'));
  const catalogue = variables.map((variable) => `${variable.path}: ${variable.type}`);
  expect(documented.map(({ path, type }) => `${path}: ${type}`).sort()).toEqual(catalogue.sort());
});

test('every example asks for the variable that it is an example of', () => {
  for (const { path, example: condition } of pages.flatMap(rowsOf)) {
    expect(condition).toContain(path.replace('.KEY', '.'));
  }
});

describe.each(Object.entries(finders))('docs/policy/%s.md', (name, find) => {
  test.each(rowsOf(name).map((row) => [row.example, row.finds ?? ''] as const))('%s', (condition, finds) => {
    expect(listed(find(condition))).toBe(finds);
  });
});

test.each(rowsOf('plan').map((row) => row.example))('docs/policy/plan.md: %s', (condition) => {
  const state = compiled(`
apiVersion: stator/v1
kind: PolicyTest
metadata: { name: asked }
spec:
  now: 2026-07-01
  given: { datasets: [{ name: /beam/raw, labels: { tier: RAW }, size: 7GB, at: [{ site: geneva, owner: physics }] }] }
  expect: [{ description: it holds, plan: '${condition}' }]
`);
  const asked = state.policyTests.find(({ name }) => name === 'asked');
  if (asked === undefined) throw new Error('the test is gone');
  expect(runPolicyTest(state, asked, { clock: 0, live: null })).toMatchObject({ outcome: 'passed', reason: null });
});
