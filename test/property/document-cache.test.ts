/**
 * A desired state is compiled to the same with and without a cache, whatever was done to the files in between: random trees
 * of sound, doubtful and broken files, edited, renamed, copied and removed, with a file as the cache.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkTree } from '../../src/cli/desired-input.js';
import { compileDesired, type SourceFile } from '../../src/desired/index.js';
import { DocumentStore } from '../../src/source/index.js';
import { stateJson } from '../document-cache.js';
import { base, document, federation, noSource } from '../unit/desired/desired-files.js';

const rule = (id: string, when: string) => `  - { id: ${id}, action: dismiss, when: '${when}' }`;
const retention = (...rules: string[]) =>
  document('Retention', 'r', ['partition: physics', 'sites: true', 'rules:', ...rules].join('\n'));

/** What a file may hold. Many refer to what others may or may not hold, and one in three has something wrong. */
const contents: readonly string[] = [
  base,
  base.replaceAll('T2_US_MIT', 'T2_US_MTI'),
  base.replaceAll('T1_DE_Disk', 'T1_DE_Dsk'),
  base.replaceAll('T1_DE_Disk', 'T1_DE_Dsk').replaceAll('T2_US_MIT', 'T2_US_MTI'),
  document('Placement', 'p', 'datasets: true\nto: site.name == "T2_US_MIT" || site.name == "T1_DE_Disk"'),
  base.replace(
    'spec: {}',
    'spec: { labels: { dataset: [tier], site: [country] }, defaults: { owner: ops, priority: 7 } }',
  ),
  federation,
  document('Placement', 'p', 'datasets: dataset.is("keep")\nto: site.name == "T2_US_MIT"\nowner: AnalysisOps'),
  document(
    'Placement',
    'p',
    'datasets: dataset.labels.tier == "RAW" && true || false\nto: site.labels.country == "DE"',
  ),
  document(
    'Placement',
    'q',
    'datasets: |\n  dataset.accesses > 0 &&\n  dataset.labels.era == "x"\nto: site.name.glob("T9_*")',
  ),
  document('Placement', 'q', 'datasets: {a: 1}\nto: site.nme == "T1_DE_Disk"'),
  document('Placement', 'q', 'datasets: true\nto: site.name == "T1_DE_Dsk"\nowner: AnalysisOp'),
  document('Selector', 'keep', 'scope: dataset\nnames: [/a/b/c, "/d/*/f"]'),
  document('Selector', 'keep', 'scope: dataset\nnamesFile: names.txt'),
  document('Selector', 'keep', 'scope: site\nwhen: site.is("keep")'),
  retention(rule('a', 'dataset.accesses > 5'), rule('b', 'dataset.accesses > 6'), rule('c', 'false')),
  retention(rule('a', 'dataset.is("keep")'), rule('a', 'dataset.lastAccess.olderThan("90d")')),
  retention(rule('a', 'site.name == "T2_US_MIT" && replica.size > 1'), rule('b', 'site.storage == "tape"')).replace(
    'sites: true',
    'sites: site.name == "T1_DE_Disk" && site.storage == "disk"',
  ),
  retention(rule('a', 'replica.is("keep")')),
  document('Placement', 'p', 'statuses: [INVALID]\ndatasets: dataset.status == "VALID"\nto: site.is("keep")'),
  document(
    'Placement',
    'p',
    'datasets: dataset.status == "VALID"\nto: site.is("keep")\nrelativeTo: { placement: q, label: country }',
  ),
  document(
    'Placement',
    'q',
    'datasets: dataset.size > 5 && dataset.size < 3\nto: true\nrelativeTo: { placement: p, label: country }',
  ),
  document('Placement', 'q', 'datasets: dataset.lastAccess.olderThan("1y")\nto: true\nowner: ops'),
  document('Selector', 'keep', 'scope: site\nwhen: site.free < 5'),
  document('Selector', 'keep', 'scope: site\nwhen: site.labels.country == "DE"'),
  document('Selector', 'keep', 'scope: replica\nwhen: dataset.is("kept")'),
  document('Selector', 'kept', 'scope: dataset\nwhen: replica.size > 3'),
  base.replace('spec: {}', 'spec: { labels: { dataset: [era] }, defaults: { owner: AnalysisOps } }'),
  document('Partition', 'physics', 'match: dataset.labels.tier == "RAW"'),
  document('Tenant', 't', "paths: ['b*']\nowners: [ops]\nsigners: [ann]"),
  document('PolicyTest', 't', 'expect:\n  - { datasets: "true", that: dataset.fullCopies > 0 }\n  - { nothing: true }'),
  document(
    'PolicyTest',
    't',
    'given: { datasets: [{ name: /a/b/c, at: [T1_DE_Disk] }] }\nexpect:\n  - { nothing: true }',
  ),
  '# nothing\n---\n',
  'kind: [\n',
  document('Group', 'g', 'ownership: &x dataset'),
  document('Group', 'g', 'ownership: dataset\nlimit: 1TB'),
  document('Lock', 'l', 'datasets: true\nexpires: 2027-01-01\nreason: "caf\u00e9 \u{1F600}"'),
  'a\u0007b: c\n',
  `${document('Group', 'x', 'ownership: block')}---\nkind: Site\nmetadata: { name: T2_US_MIT }\nspec: { storage: [\n`,
];

const paths = ['a.yaml', 'b.yaml', 'b/c.yml', 'd.yaml', 'e.yaml'] as const;

type Tree = ReadonlyMap<string, string>;

type Edit =
  | { readonly what: 'write'; readonly path: string; readonly parts: readonly number[] }
  | { readonly what: 'remove'; readonly path: string }
  | { readonly what: 'rename' | 'copy'; readonly path: string; readonly to: string };

const path = fc.constantFrom(...paths);
const parts = fc.array(fc.nat(contents.length - 1), { minLength: 1, maxLength: 3 });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { arbitrary: fc.record({ what: fc.constant('write' as const), path, parts }), weight: 4 },
  fc.record({ what: fc.constant('remove' as const), path }),
  fc.record({ what: fc.constantFrom('rename' as const, 'copy' as const), path, to: path }),
);

function textOf(indexes: readonly number[]): string {
  return indexes.map((index) => contents[index] ?? '').join('---\n');
}

function apply(tree: Tree, step: Edit): Tree {
  const changed = new Map(tree);
  if (step.what === 'write') return changed.set(step.path, textOf(step.parts));
  const text = changed.get(step.path);
  if (step.what !== 'copy') changed.delete(step.path);
  if (step.what !== 'remove' && text !== undefined) changed.set(step.to, text);
  return changed;
}

function filesOf(tree: Tree): SourceFile[] {
  const all = [...tree, ['names.txt', '/a/b/c\n/x/*/z\n'] as const];
  return all.map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }));
}

test('with a cache the result is that without one, through any edits', { timeout: 300_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stator-documents-'));
  try {
    let run = 0;
    const trees = fc.record({
      first: fc.dictionary(path, parts, { minKeys: 1 }),
      edits: fc.array(edit, { minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(trees, async ({ first, edits }) => {
        const options = { file: join(directory, String(run++)), program: 'test', smallest: 0 };
        // The rules that all others refer to are there most of the time.
        let tree: Tree = new Map([
          ['0.yaml', base],
          ...Object.entries(first).map(([path, text]) => [path, textOf(text)] as const),
        ]);
        for (const step of [null, ...edits]) {
          if (step !== null) tree = apply(tree, step);
          const files = filesOf(tree);
          const expected = compileDesired(files, noSource);
          for (const time of ['first', 'second']) {
            const found = await DocumentStore.using(options, (cache) => compileDesired(files, noSource, cache));
            expect(found.diagnostics, time).toEqual(expected.diagnostics);
            expect(stateJson(found.state), time).toBe(stateJson(expected.state));
            const checked = await checkTree({ source: noSource, files, repository: null, path: '' }, options);
            expect(checked, `report, ${time}`).toEqual(expected.diagnostics);
          }
        }
      }),
      { numRuns: 30 },
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
