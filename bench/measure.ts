/**
 * Runs the built program in a process of its own and measures it from outside: seconds on the wall, from start to exit,
 * seconds of its threads on a processor, and peak resident memory. What `--timings` says of the phases inside is read from the file it writes.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const reportUsage = fileURLToPath(new URL('report-usage.mjs', import.meta.url));

export interface Run {
  readonly exitCode: number;
  /** Start of the process to its exit. */
  readonly seconds: number;
  /** Of the process alone, all its threads; not of a database server. */
  readonly cpuSeconds: number;
  readonly peakResidentBytes: number;
}

export interface RunOptions {
  /** The checkout of the program. */
  readonly root: string;
  /** Where it is started. */
  readonly dir: string;
  readonly stdoutFile: string;
  readonly expected?: readonly number[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs `stator` with the arguments; its standard output goes to `stdoutFile`.
 *
 * @throws Error when it exits with a code that is not in `expected`
 */
export function runStator(args: readonly string[], options: RunOptions): Run {
  const usageFile = join(options.dir, 'usage.json');
  rmSync(usageFile, { force: true });
  const stdout = openSync(options.stdoutFile, 'w');
  const started = performance.now();
  const result = spawnSync(process.execPath, ['--import', reportUsage, join(options.root, 'bin/stator'), ...args], {
    cwd: options.dir,
    stdio: ['ignore', stdout, 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, ...options.env, BENCH_USAGE: usageFile },
  });
  const seconds = (performance.now() - started) / 1000;
  closeSync(stdout);
  const exitCode = result.status ?? -1;
  if (!(options.expected ?? [0]).includes(exitCode)) {
    throw new Error(`stator ${args.join(' ')} ended with ${exitCode}: ${result.stderr}`);
  }
  if (!existsSync(usageFile)) throw new Error(`stator ${args.join(' ')} did not report what it used`);
  const usage: Pick<Run, 'cpuSeconds' | 'peakResidentBytes'> = JSON.parse(readFileSync(usageFile, 'utf8'));
  return { exitCode, seconds, ...usage };
}
