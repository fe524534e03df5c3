#!/usr/bin/env node
/**
 * `npm run build`: compiles `src/` and `plugins/` into `dist/` and removes what has no source any more.
 *
 * `dist/inputs.sha256` remembers what was compiled, so that other scripts can tell whether a build is needed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stamp = join(dist, 'inputs.sha256');

export function buildIsFresh() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOfInputs();
}

/** @returns {number} the compiler's exit status */
export function build() {
  const inputs = hashOfInputs();
  rmSync(stamp, { force: true });
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.json'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) return status ?? 1;
  removeOrphans();
  writeFileSync(stamp, inputs);
  return 0;
}

function hashOfInputs() {
  const hash = createHash('sha256');
  const files = ['src', 'plugins', 'schemas'].flatMap((folder) => filesBelow(join(root, folder)));
  for (const file of [...files.sort(), join(root, 'tsconfig.json'), join(root, 'package-lock.json')]) {
    hash.update(`${relative(root, file)}\0`);
    hash.update(readFileSync(file));
    hash.update('\0');
  }
  return hash.digest('hex');
}

/** A renamed source would otherwise leave its old output behind, to be imported by mistake. */
function removeOrphans() {
  for (const folder of ['src', 'plugins']) {
    for (const file of filesBelow(join(dist, folder))) {
      const source = /^(.*?)(?:\.js|\.d\.ts)(?:\.map)?$/.exec(relative(dist, file).split(sep).join('/'))?.[1];
      if (source !== undefined && !existsSync(join(root, `${source}.ts`))) rmSync(file);
    }
  }
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build();
