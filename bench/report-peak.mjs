/** Preloaded into a measured process: writes its peak resident memory (bytes) to the file named by BENCH_PEAK. */
import { writeFileSync } from 'node:fs';

const file = process.env.BENCH_PEAK;
if (file !== undefined) {
  // `maxRSS` is in kilobytes.
  process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS * 1024)));
}
