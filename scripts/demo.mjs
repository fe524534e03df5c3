#!/usr/bin/env node
/** `npm run demo [-- OPTIONS]`: everything a fresh clone needs, then `stator demo`. */
import { join } from 'node:path';
import { root, run, SetupError, setUp } from './setup.mjs';

try {
  setUp({ mariadb: false });
  process.exitCode = run(process.execPath, [join(root, 'bin', 'stator'), 'demo', ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
