/** Where the binary begins. */
import { runCommandLine } from './command-line.js';

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  directory: process.cwd(),
  environment: process.env,
  now: () => Math.floor(Date.now() / 1000),
});
