import { describe, expect, test } from 'vitest';
import { tallyOf } from '../../../scripts/test-tally.mjs';

function file(status: string, tests: readonly (readonly [status: string, ...names: string[]])[], message = '') {
  return {
    name: 'some.test.ts',
    status,
    message,
    assertionResults: tests.map(([status, ...names]) => ({
      status,
      title: names.at(-1) ?? '',
      ancestorTitles: names.slice(0, -1),
    })),
  };
}

describe('tally of a test run', () => {
  test('counts tests and the databases their suites are named after', () => {
    const report = {
      testResults: [
        file('passed', [
          ['passed', 'on SQLite', 'imports a bundle'],
          ['passed', 'on MariaDB', 'imports a bundle'],
          ['failed', 'on MariaDB', 'exports it'],
          ['skipped', 'on MariaDB', 'not today'],
          ['passed', 'plain'],
        ]),
      ],
    };
    expect(tallyOf(report, 1)).toEqual({ passed: 3, failed: 1, skipped: 1, mariadb: 2, sqlite: 1, notes: [] });
  });

  test('a file that does not load is a failure, though none of its tests ran', () => {
    const tally = tallyOf({ testResults: [file('passed', [['passed', 'a']]), file('failed', [], 'SyntaxError')] }, 1);
    expect(tally).toMatchObject({ passed: 1, failed: 1, notes: ['some.test.ts: SyntaxError'] });
  });

  test('a hook that throws is a failure, though its tests are only skipped', () => {
    const tally = tallyOf({ testResults: [file('failed', [['skipped', 'a']], 'hook timed out')] }, 1);
    expect(tally).toMatchObject({ passed: 0, failed: 1, skipped: 1 });
  });

  test('an error outside of any test is a failure', () => {
    expect(tallyOf({ testResults: [file('passed', [['passed', 'a']])] }, 1)).toMatchObject({ passed: 1, failed: 1 });
  });

  test('a run without tests is a failure', () => {
    expect(tallyOf({ testResults: [] }, 0)).toMatchObject({ passed: 0, failed: 1, notes: ['no test ran'] });
  });
});
