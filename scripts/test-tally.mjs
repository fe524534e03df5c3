/**
 * Counts what vitest ran, from its JSON report.
 *
 * @typedef {{ status: string, title: string, ancestorTitles: string[] }} Assertion
 * @typedef {{ name: string, status: string, message?: string, assertionResults: Assertion[] }} File
 * @typedef {{ passed: number, failed: number, skipped: number, mariadb: number, sqlite: number, notes: string[] }} Tally
 */

/**
 * A file that fails as a whole (it does not load, a hook throws) counts as one failed test; so does a run that vitest
 * calls failed for any other reason, and one without a single test. Tests of a database stand in a suite (or have a
 * title) with its name.
 *
 * @param {{ testResults: File[] }} report
 * @param {number} status vitest's exit status
 * @returns {Tally}
 */
export function tallyOf(report, status) {
  /** @type {Tally} */
  const tally = { passed: 0, failed: 0, skipped: 0, mariadb: 0, sqlite: 0, notes: [] };
  for (const file of report.testResults) {
    let failedInFile = 0;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') tally.passed++;
      else if (test.status === 'failed') failedInFile++;
      else {
        tally.skipped++;
        continue;
      }
      const names = [...test.ancestorTitles, test.title];
      if (names.some((name) => /\bmariadb\b/i.test(name))) tally.mariadb++;
      if (names.some((name) => /\bsqlite\b/i.test(name))) tally.sqlite++;
    }
    if (file.status === 'failed' && failedInFile === 0) {
      failedInFile = 1;
      tally.notes.push(`${file.name}${file.message ? `: ${file.message}` : ''}`);
    }
    tally.failed += failedInFile;
  }
  if (tally.passed + tally.failed === 0) {
    tally.failed++;
    tally.notes.push('no test ran');
  } else if (status !== 0 && tally.failed === 0) {
    tally.failed++;
    tally.notes.push(`vitest ended with ${status}, see above`);
  }
  return tally;
}
