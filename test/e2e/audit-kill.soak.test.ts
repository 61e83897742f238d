import { expect, it } from 'vitest';
import { killTrail } from './audit-kill.ts';

it('every answer is accounted for after 100 kills each of daemons, the collector and its database', async () => {
  const { kills, answered, others } = await killTrail(100);
  expect(kills.daemon).toBeGreaterThanOrEqual(100);
  expect(kills.collector).toBeGreaterThanOrEqual(100);
  expect(kills.database).toBeGreaterThanOrEqual(100);
  expect(answered).toBeGreaterThan(5_000);
  expect(others).toBeGreaterThan(500);
});
