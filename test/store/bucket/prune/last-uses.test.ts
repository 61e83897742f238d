import { expect, test } from 'vitest';
import { LastUses } from '../../../../src/store/bucket/prune/last-uses.ts';

const at = (i: number) => ({ path: `example.com/m${i}`, version: 'v1.0.0' });

test('the newest use counts, whatever the order in which it is told', () => {
  const uses = new LastUses();
  for (const time of [5, 9, 7]) uses.add(at(1), time);
  expect(uses.of(at(1))).toBe(9);
  expect(uses.of({ ...at(1), version: 'v1.0.1' })).toBeUndefined();
});

test('what does not fit in counts as used rather than as unused', () => {
  const uses = new LastUses(3);
  for (let i = 0; i < 10; i++) uses.add(at(i), 100 + i);
  uses.add(at(1), 500);
  expect([0, 1, 2].map(i => uses.of(at(i)))).toEqual([100, 500, 102]);
  expect(uses.of(at(3))).toBe(109);
  expect(uses.of(at(77))).toBe(109);
});
