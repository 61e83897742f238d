import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.soak.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    // The first run on a machine records the real mirror and checksum database while it tests; a hiccup of theirs is
    // no failure of ours. A second failure is.
    retry: process.env.CI === 'true' ? 1 : 0,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The end-to-end tests run real go builds; more workers than cores only makes each of them slower.
    maxWorkers: 2,
    // Tests that run concurrently in a file are those that wait: for retries, stalls and outages.
    maxConcurrency: 8,
  },
});
