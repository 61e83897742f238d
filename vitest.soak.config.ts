import { defineConfig } from 'vitest/config';

// Long runs (`npm run test:soak`): the same tests' big brothers, too slow for every change.
export default defineConfig({
  test: {
    include: ['test/**/*.soak.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    passWithNoTests: true,
  },
});
