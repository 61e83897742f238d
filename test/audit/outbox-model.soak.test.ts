import fc from 'fast-check';
import { test } from 'vitest';
import { expectNothingLost, step } from './outbox-machine.ts';

test('a session whose process dies anywhere, on a disk that fails, with a store that answers anything, loses nothing uncounted', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 80 }), expectNothingLost), {
    numRuns: 1_000,
  });
});
