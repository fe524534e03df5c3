#!/usr/bin/env node
/**
 * `npm test`: everything a fresh clone needs, then every check and every test.
 *
 * Each check (types, lint, ...) counts as one test. The last line is `N passed, N failed`; the exit code is 0 only when
 * nothing failed. Arguments go to vitest, e.g. `npm test -- test/unit`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, SetupError, setUp } from './setup.mjs';
import { tallyOf } from './test-tally.mjs';

const checks = [
  { name: 'types', command: ['typescript/bin/tsc', '--noEmit', '-p', 'test/tsconfig.json'] },
  { name: 'lint', command: ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'imports', command: ['dependency-cruiser/bin/dependency-cruise.mjs', '--no-progress', 'src', 'plugins'] },
];

let passed = 0;
let failed = 0;
let skipped = 0;

/** @param {string} name @param {boolean} ok */
function count(name, ok) {
  process.stdout.write(`${ok ? 'ok' : 'FAILED'}: ${name}\n`);
  if (ok) passed++;
  else failed++;
}

try {
  setUp({ mariadb: true });
  count('build', true);
  for (const { name, command } of checks) {
    const [program = '', ...args] = command;
    count(name, run(process.execPath, [join('node_modules', program), ...args]) === 0);
  }
  runTests();
} catch (error) {
  failed++;
  process.stderr.write(error instanceof SetupError ? `error: ${error.message}\n` : `${error}\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed === 0 ? 0 : 1;

function runTests() {
  const dir = mkdtempSync(join(tmpdir(), 'stator-test-'));
  const report = join(dir, 'report.json');
  try {
    const vitest = join('node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const status = run(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
      ...process.env,
      CI: 'true',
    });
    if (!existsSync(report)) throw new Error(`vitest ended with ${status} and without a report`);
    const tally = tallyOf(JSON.parse(readFileSync(report, 'utf8')), status);
    passed += tally.passed;
    failed += tally.failed;
    skipped += tally.skipped;
    for (const note of tally.notes) process.stdout.write(`FAILED: ${note}\n`);
    process.stdout.write(`${tally.mariadb} tests ran on MariaDB, ${tally.sqlite} on SQLite\n`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
