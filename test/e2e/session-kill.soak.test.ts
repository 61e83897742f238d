import { expect, it } from 'vitest';
import { killShared } from './kill-shared.ts';

it('a store survives 200 kills of daemons, prunes and saves that work on it at the same time', async () => {
  const { hits, kills } = await killShared(200);
  expect(kills).toBeGreaterThanOrEqual(200);
  expect(hits).toBeGreaterThan(kills / 4);
});
