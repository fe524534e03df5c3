/** `stator test`: what CI and a person at a terminal see of PolicyTests. */
import { describe, expect, test } from 'vitest';
import { type SmallFederation, smallFederation } from './small-federation.js';
import { readTree, scratch, stator } from './stator.js';

const document = (name: string, given: string, ...expectations: readonly string[]): string =>
  `apiVersion: stator/v1
kind: PolicyTest
metadata: { name: ${name} }
spec:
  given: { ${given} }
  expect:
${expectations.map((each) => `    - { ${each} }\n`).join('')}`;

const twice = 'description: twice, datasets: \'dataset.name.glob("/A/*")\', that: dataset.fullDiskCopies == 2';
const written = 'datasets: [{ name: /A/x, size: 100, at: [east] }]';
const live = document('live', 'live: true', twice);
const now = ['--now', '2026-07-01'];

/** The small federation with tests in `tests.yaml`. */
const withTests = (...tests: readonly string[]): Promise<SmallFederation> =>
  smallFederation({ 'tests.yaml': tests.join('---\n') });

describe('tests with an inventory of their own', () => {
  test('all pass: exit 0, from any directory, and nothing is written', async () => {
    const { rules, directory } = await withTests(
      document('copied', written, 'description: c, copies: [{ dataset: /A/x, to: west }]', twice),
      document(
        'withdrawn',
        'datasets: [{ name: /B/x, status: DEPRECATED, at: [west] }]',
        'description: g, deletions: [{ dataset: /B/x, at: west }]',
      ),
    );
    const before = await readTree(directory);
    const elsewhere = await scratch();
    expect(await stator(['test', rules, ...now], { cwd: elsewhere })).toEqual({
      code: 0,
      stdout: 'passed  copied (2 assertions)\npassed  withdrawn (1 assertion)\n\n2 tests: 2 passed, 0 failed\n',
      stderr: '',
    });
    expect(await readTree(directory)).toEqual(before);
    expect(await readTree(elsewhere)).toEqual({});
  });

  test('one that fails: exit 1, and from the assertion to the rule', async () => {
    const { rules } = await withTests(
      document('thrice', written, "description: three copies, datasets: 'true', that: dataset.fullCopies == 3"),
    );
    const { code, stdout } = await stator(['test', rules, ...now]);
    expect(code).toBe(1);
    expect(stdout).toBe(`FAILED  thrice (tests.yaml:1)
  tests.yaml:7: three copies: 1 of 1 dataset
    /A/x: \`dataset.fullCopies == 3\` does not hold
      dataset.fullCopies = 2
      cycle 1: copy to west by Placement twice at rules.yaml:1
        Placement twice wants 2 copies, 1 exist or are on their way
      cycle 2: counted at east by Placement twice at rules.yaml:1
      cycle 2: counted at west by Placement twice at rules.yaml:1
      cycle 2: protect at east by Retention disk/default at rules.yaml:9
      cycle 2: protect at west by Retention disk/default at rules.yaml:9

1 test: 0 passed, 1 failed
`);
  });

  test('--output json says the same to programs', async () => {
    const { rules } = await withTests(
      document(
        'thrice',
        written,
        "description: three copies, datasets: 'true', that: dataset.fullCopies == 3, when: before",
      ),
    );
    const { code, stdout } = await stator(['test', '--desired', rules, '--output', 'json', ...now]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
      tests: [
        {
          name: 'thrice',
          file: 'tests.yaml',
          line: 1,
          live: false,
          outcome: 'failed',
          reason: null,
          clock: '2026-07-01T00:00:00Z',
          cycles: 0,
          assertions: [
            {
              description: 'three copies',
              file: 'tests.yaml',
              line: 7,
              about: 'datasets',
              outcome: 'failed',
              checked: 1,
              failed: 1,
              failures: [
                {
                  subject: '/A/x',
                  what: '`dataset.fullCopies == 3` does not hold',
                  values: { 'dataset.fullCopies': 1 },
                  chain: [
                    {
                      cycle: 1,
                      what: 'copy to west',
                      rule: { kind: 'Placement', name: 'twice', id: null, file: 'rules.yaml', line: 1 },
                      reason: 'Placement twice wants 2 copies, 1 exist or are on their way',
                      code: null,
                    },
                    ...['east', 'west'].map((site) => ({
                      cycle: 1,
                      what: `counted at ${site}`,
                      rule: expect.objectContaining({ name: 'twice' }),
                      reason: null,
                      code: null,
                    })),
                    {
                      cycle: 1,
                      what: 'protect at east',
                      rule: { kind: 'Retention', name: 'disk', id: 'default', file: 'rules.yaml', line: 9 },
                      reason: null,
                      code: null,
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
  });

  test('rules that are not valid: exit 1 and every error, as for plan', async () => {
    const { rules } = await withTests(
      document('t', 'datasets: [{ name: /A/x, at: [nowhere] }]', 'description: d, nothing: true'),
    );
    const { code, stdout, stderr } = await stator(['test', rules]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: PolicyTest t: .*there is no Site `nowhere`; tests\.yaml:5:\d+\n$/);
  });

  test('no tests: exit 0, and it is said', async () => {
    const { rules } = await smallFederation();
    expect(await stator(['test', rules])).toEqual({
      code: 0,
      stdout: 'no PolicyTest in the desired state\n',
      stderr: '',
    });
  });

  test('a directory and --repo contradict each other: exit 4', async () => {
    const { rules } = await smallFederation();
    expect((await stator(['test', rules, '--repo', rules])).code).toBe(4);
  });
});

describe('live tests', () => {
  test('are skipped without an inventory, and a remark says so', async () => {
    const { rules } = await withTests(live);
    expect(await stator(['test', rules], { cwd: await scratch() })).toEqual({
      code: 0,
      stdout: 'skipped live: there is no live inventory to ask\n\n1 test: 0 passed, 0 failed, 1 skipped\n',
      stderr: '1 live test skipped: name an inventory with --inventory or --database to run them\n',
    });
  });

  test('ask a bundle or a database: once the rules have had their way, /A has two copies', async () => {
    const { rules, bundle, directory } = await withTests(live, document('now', 'live: true', `${twice}, when: before`));
    const database = `sqlite:${directory}/stator.db`;
    const imported = await stator(['inventory', 'import', bundle, '--database', database]);
    expect(imported.code, imported.stderr).toBe(0);
    for (const inventory of [
      ['--inventory', bundle],
      ['--database', database],
    ]) {
      const { code, stdout } = await stator(['test', rules, ...inventory, ...now]);
      expect(code).toBe(1);
      expect(stdout).toContain('passed  live (1 assertion, live)\n');
      expect(stdout).toContain('FAILED  now (tests.yaml:9, live)\n');
      expect(stdout).toContain('/A/one: `dataset.fullDiskCopies == 2` does not hold\n');
    }
  });

  test('an inventory that is named and cannot be read is an error', async () => {
    const { rules, directory } = await withTests(live);
    const { code, stdout, stderr } = await stator(['test', rules, '--inventory', `${directory}/none`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: /);
  });

  test('are part of every plan: an error diagnostic with the place of the assertion', async () => {
    const { rules, bundle } = await withTests(document('now', 'live: true', `${twice}, when: before`));
    const { code, stdout } = await stator([
      'plan',
      '--desired',
      rules,
      '--inventory',
      bundle,
      ...now,
      '--output',
      'json',
    ]);
    expect(code).toBe(2);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string }[] };
    expect(diagnostics.filter((diagnostic) => diagnostic.code === 'policy-test-failed')).toEqual([
      {
        severity: 'error',
        code: 'policy-test-failed',
        message:
          'PolicyTest now: twice: 1 of 1 datasets, the first is /A/one: `dataset.fullDiskCopies == 2` does not hold (dataset.fullDiskCopies = 1); `stator test` says more',
        file: 'tests.yaml',
        line: 7,
        column: 7,
      },
    ]);
  });
});
