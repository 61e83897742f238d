import { expect, it } from 'vitest';
import { killTrail } from './audit-kill.ts';

it('daemons, their collector and its database are killed under load, and every answer is accounted for', async () => {
  const { kills, answered, others } = await killTrail(3);
  expect(kills).toEqual({ daemon: 3, collector: 3, database: 3 });
  expect(answered).toBeGreaterThan(150);
  expect(others).toBeGreaterThan(10);
});
