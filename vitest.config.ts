import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'plugins/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two cores are what the smallest supported CI machine has.
    maxWorkers: 2,
    // Threads inherit it. The tests themselves are compiled by vitest.
    execArgv: ['--import', new URL('./test/typescript-threads.mjs', import.meta.url).href],
  },
});
