/** Where the binary begins. */
import { runCommandLine } from './command-line.js';
import { errorLines } from './error-lines.js';
import { exitCodes } from './exit.js';

// What nobody waits for (an error event without a listener) must not print a stack that nobody asked for.
process.on('uncaughtException', (error) => {
  for (const line of errorLines(error)) process.stderr.write(`${line}\n`);
  if (process.argv.includes('-v') || process.argv.includes('--verbose')) process.stderr.write(`${error.stack ?? ''}\n`);
  process.exit(exitCodes.error);
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  directory: process.cwd(),
  environment: process.env,
  now: () => Math.floor(Date.now() / 1000),
});
