import { expect, it } from 'vitest';
import { within } from '../../src/platform/within.ts';

it('what is done in time is waited for, and what is not is left', async () => {
  let isDone = false;
  const work = new Promise<void>(resolve => setImmediate(resolve)).then(() => {
    isDone = true;
  });
  await within(60_000, work);
  expect(isDone).toBe(true);
  await within(1, new Promise(() => undefined));
  await expect(within(60_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
});
