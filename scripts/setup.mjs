#!/usr/bin/env node
/**
 * Brings a fresh clone to where its commands work: system packages, npm packages, the build.
 *
 * Runs before `node_modules` exists, so it uses nothing but Node itself. Every step looks first and says in one line
 * what it installs and why; what is there already is left alone, so running it again costs a second.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, buildIsFresh } from './build.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} SystemNeed
 * @property {string} program what must be there
 * @property {string[]} packages the Debian packages that bring it
 * @property {string} why
 */

/** @type {SystemNeed} */
const git = { program: 'git', packages: ['git'], why: 'the desired state is read from git repositories' };
/** @type {SystemNeed[]} */
const mariadb = [
  {
    program: 'mariadbd',
    packages: ['mariadb-server', 'mariadb-client'],
    why: 'the tests start a private MariaDB of their own',
  },
];
/** What node-gyp needs where no prebuilt binary of better-sqlite3 can be downloaded. @type {SystemNeed[]} */
const compiler = ['python3', 'make', 'g++'].map((program) => ({
  program,
  packages: [program],
  why: 'better-sqlite3, the embedded database, is compiled on installation',
}));

/** Something a person must do first; the message is all they need to see. */
export class SetupError extends Error {}

/**
 * @param {{ mariadb: boolean }} options
 * @throws {SetupError}
 */
export function setUp(options) {
  requireNode();
  requireSystem([git, ...(options.mariadb ? mariadb : []), ...(dependenciesAreFresh() ? [] : compiler)]);
  installDependencies();
  if (!buildIsFresh()) {
    say(`building dist/ (tsc): it ${existsSync(join(root, 'dist')) ? 'is older than the sources' : 'is missing'}`);
    if (build() !== 0) throw new SetupError('the build failed; see the messages of the compiler above');
  }
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(`Node ${process.versions.node} is too old; install Node 20.19 or newer`);
  }
}

/** @param {SystemNeed[]} needs */
function requireSystem(needs) {
  const missing = needs.filter((need) => !isInstalled(need.program));
  if (missing.length === 0) return;
  const packages = missing.flatMap((need) => need.packages);
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    for (const need of missing) say(`${need.program} is missing: ${need.why}`);
    throw new SetupError(`an administrator must run:  sudo sh -c 'apt-get update && ${install}'`);
  }
  for (const need of missing) say(`installing ${need.packages.join(' ')} (apt-get): ${need.why}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Its failure alone is no reason to stop: the lists that are there may do.
  run('apt-get', ['update', '-qq'], env);
  const [command = '', ...args] = install.split(' ');
  if (run(command, [...args, '-qq'], env) !== 0) throw new SetupError(`this failed:  ${install}`);
  const still = missing.find((need) => !isInstalled(need.program));
  if (still !== undefined) throw new SetupError(`${still.program} is still missing after:  ${install}`);
}

function installDependencies() {
  const fresh = dependenciesAreFresh();
  if (!fresh) {
    const state = existsSync(join(root, 'node_modules')) ? 'is not what package-lock.json says' : 'is missing';
    say(`installing npm packages (npm ci): node_modules ${state}; compiling better-sqlite3 can take two minutes`);
    if (run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']) !== 0) throw new SetupError('npm ci failed');
  }
  if (!sqliteLoads()) {
    say(
      `compiling better-sqlite3 (npm rebuild): it was built for another version of Node than ${process.versions.node}`,
    );
    if (run('npm', ['rebuild', 'better-sqlite3']) !== 0 || !sqliteLoads()) {
      throw new SetupError('better-sqlite3 could not be compiled; it needs python3, make and g++');
    }
  }
}

/** Whether every package of the lock file is installed in its version (optional ones for other platforms aside). */
function dependenciesAreFresh() {
  const wanted = lockedPackages(join(root, 'package-lock.json'));
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === null || installed === null) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined ? entry.optional === true : found.integrity === entry.integrity;
  });
}

/**
 * @param {string} path
 * @returns {Record<string, { integrity?: string, optional?: boolean }> | null} null where there is no such file
 */
function lockedPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null;
}

function sqliteLoads() {
  const script = "new (require('better-sqlite3'))(':memory:').close()";
  return spawnSync(process.execPath, ['-e', script], { cwd: root, stdio: 'ignore' }).status === 0;
}

/** @param {string} program */
function isInstalled(program) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  return directories.some((directory) => directory !== '' && existsSync(join(directory, program)));
}

/**
 * Runs a program in the root of the repository with its output shown, and returns its exit status.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function run(command, args, env = process.env) {
  const result = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  return result.error === undefined ? (result.status ?? 1) : 1;
}

/** @param {string} line */
export function say(line) {
  process.stdout.write(`set-up: ${line}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setUp({ mariadb: process.argv.includes('--mariadb') });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  }
}
