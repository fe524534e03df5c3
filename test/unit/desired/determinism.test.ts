/** What changes a desired state, and what does not (S21, S27). */
import { describe, expect, test } from 'vitest';
import type { DesiredState, Origin } from '../../../src/desired/index.js';
import { compileDesired } from '../../../src/desired/index.js';
import { base, compile, document, noSource, sourceFiles } from './desired-files.js';

function state(files: Readonly<Record<string, string>>): DesiredState {
  const result = compile(files);
  if (result.state === null) throw new Error(JSON.stringify(result.diagnostics));
  return result.state;
}

/** A state as JSON; without the places of things where `placeless`. */
function json(desired: DesiredState, placeless = false): string {
  return JSON.stringify(desired, (key, value: unknown) => {
    if (placeless && (key === 'file' || key === 'line' || key === 'column')) return undefined;
    if (value instanceof Map || value instanceof Set) return [...value];
    return value;
  });
}

const rules = `partition: physics
sites: site.storage == "disk"
trigger: site.occupancy > 0.90
rules:
  - { id: old, action: delete, when: 'dataset.lastUpdate.olderThan("90d")' }
  - { id: keep, action: protect, when: dataset.is("keep") }`;

const files = {
  'base.yaml': base,
  'a/rules.yaml': [
    document('Retention', 'r', rules),
    document('Selector', 'keep', 'scope: dataset\nnamesFile: keep.txt'),
  ].join('---\n'),
  'a/keep.txt': '/a/b/c\n/d/e/f\n',
  'p.yaml': ['z', 'é', 'A', 'a', '😀', '\uffee']
    .map((name) => document('Placement', name, 'datasets: true\nto: true'))
    .join('---\n'),
};

test('S21 the same files give the same state, in any order', () => {
  const expected = json(state(files));
  expect(json(state(files))).toBe(expected);
  expect(json(state(Object.fromEntries(Object.entries(files).reverse())))).toBe(expected);
  expect(compileDesired(sourceFiles(files), noSource).diagnostics).toEqual(compile(files).diagnostics);
});

test('documents are sorted by the bytes of their names', () => {
  expect(state(files).placements.map(({ name }) => name)).toEqual(['A', 'a', 'z', 'é', '\uffee', '😀']);
});

test('S27 moving documents between files and changing comments changes nothing but positions', () => {
  const moved = {
    'sites/base.yaml': `# moved\n${base}`,
    'rules.yaml': `# a comment\n${document('Retention', 'r', rules).replace('rules:', 'rules: # first match wins')}`,
    'lists/keep.yaml': document('Selector', 'keep', 'scope: dataset\nnamesFile: here/keep.txt'),
    'lists/here/keep.txt': '# sorted otherwise\n/d/e/f\n/a/b/c\n',
    'q.yml': files['p.yaml'].split('---\n').reverse().join('---\n'),
  };
  const names = ({ selectors }: DesiredState): string[] =>
    selectors.flatMap((selector) => selector.names.map(({ text }) => text));
  const [before, after] = [state(files), state(moved)];
  expect(names(after).sort()).toEqual(names(before));
  expect(json({ ...after, selectors: [] }, true)).toBe(json({ ...before, selectors: [] }, true));
  expect(after.selectors[0]?.origin.hash).toBe(before.selectors[0]?.origin.hash);
  expect(after.retentions[0]?.rules[0]?.origin.ref).toEqual({
    kind: 'Retention',
    name: 'r',
    id: 'old',
    file: 'rules.yaml',
    line: 10,
  });
});

test('without a state, the diagnostics do not depend on the order of files', () => {
  const broken = { ...files, 'z.yaml': document('Lock', 'l', 'x: 1'), 'b.yaml': 'a: [', 'c.yaml': base };
  const reversed = Object.fromEntries(Object.entries(broken).reverse());
  expect(compile(reversed)).toEqual(compile(broken));
});

describe('the hash of a document', () => {
  const hashOf = (spec: string, kind: 'Retention' | 'Placement' = 'Retention'): Origin['hash'] => {
    const desired = state({
      ...files,
      'a/rules.yaml': [
        document(kind, 'r', spec),
        document('Selector', 'keep', 'scope: dataset\nnamesFile: keep.txt'),
      ].join('---\n'),
    });
    const found = kind === 'Retention' ? desired.retentions[0] : desired.placements.find(({ name }) => name === 'r');
    if (found === undefined) throw new Error('no document');
    return found.origin.hash;
  };
  const original = hashOf(rules);

  test.each([
    ['a description', `description: because\n${rules}`],
    ['who asked for it', `requestedBy: ann\nlink: https://example.org\n${rules}`],
    ['a description of a rule', rules.replace('{ id: old,', '{ id: old, description: because,')],
    ['white space of an expression', rules.replace('site.occupancy > 0.90', '"site.occupancy   >  0.90"')],
    ['parentheses that change nothing', rules.replace('site.occupancy > 0.90', '(site.occupancy > (0.90))')],
    ['a default that is written out', `${rules}\ndefault: protect\nmode: incremental\nslice: 1%`],
    [
      'block style for flow style',
      rules.replace(
        '{ id: keep, action: protect, when: dataset.is("keep") }',
        'id: keep\n    action: protect\n    when: |\n      dataset.is("keep")',
      ),
    ],
  ])('is not changed by %s', (_, spec) => {
    expect(hashOf(spec)).toBe(original);
  });

  test.each([
    ['an expression', rules.replace('0.90', '0.91')],
    ['the action of a rule', rules.replace('action: delete', 'action: dismiss')],
    ['the id of a rule', rules.replace('id: old', 'id: older')],
    ['a flag of a rule', rules.replace('{ id: old,', '{ id: old, allowLastCopy: true,')],
    ['the order of rules', rules.replace(/( {2}- .*)\n( {2}- .*)$/, '$2\n$1')],
    ['another field', `${rules}\ndefault: delete`],
  ])('is changed by %s', (_, spec) => {
    expect(hashOf(spec)).not.toBe(original);
  });

  test('does not depend on units', () => {
    const hash = (size: string): string | undefined =>
      state({ 'base.yaml': base, 'g.yaml': document('Group', 'g', `limit: ${size}`) }).groups.find(
        ({ name }) => name === 'g',
      )?.origin.hash;
    expect(hash('2TB')).toBe(hash('2000000000000'));
    expect(hash('2TB')).not.toBe(hash('2TiB'));
  });

  test('of a rule depends on what the rule does, not on its neighbours or its place', () => {
    const ruleHash = (spec: string): string | undefined =>
      state({
        ...files,
        'a/rules.yaml': [
          document('Retention', 'r', spec),
          document('Selector', 'keep', 'scope: dataset\nnames: [x]'),
        ].join('---\n'),
      }).retentions[0]?.rules[0]?.origin.hash;
    const hash = ruleHash(rules);
    expect(ruleHash(`description: x\n${rules.replace('id: keep, action: protect', 'id: keep, action: ignore')}`)).toBe(
      hash,
    );
    expect(ruleHash(rules.replace('90d', '91d'))).not.toBe(hash);
    expect(ruleHash(rules.replace('{ id: old,', '{ id: old, allowLastCopy: true,'))).not.toBe(hash);
    expect(ruleHash(rules.replace('{ id: old,', '{ id: old, expires: 2030-01-01,'))).not.toBe(hash);
  });

  test('of a Placement changes with the owner that the Federation gives it', () => {
    const hash = (owner: string): string | undefined =>
      state({
        'base.yaml': base.replace('spec: {}', `spec: { defaults: { owner: ${owner} } }`),
        'g.yaml': document('Group', 'Other', '{}'),
        'p.yaml': document('Placement', 'p', 'datasets: true\nto: true'),
      }).placements[0]?.origin.hash;
    expect(hash('AnalysisOps')).not.toBe(hash('Other'));
  });
});
