import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cutter, UseTimes } from '../../../src/store/prune/use-times.ts';

const uses = fc.array(fc.record({ time: fc.nat(5_000_000), bytes: fc.integer({ min: 1, max: 1000 }) }), {
  minLength: 1,
  maxLength: 60,
});

function takenOf(list: readonly { time: number; bytes: number }[], excess: number, maxSlots?: number) {
  const times = new UseTimes(maxSlots);
  for (const { time, bytes } of list) times.add(time, bytes);
  const cutter = new Cutter(times.cut(excess));
  return list.filter(({ time, bytes }) => cutter.takes(time, bytes));
}

test('frees what has to be freed, least recently used first, and no version more', () => {
  fc.assert(
    fc.property(uses, fc.nat(30_000), (list, excess) => {
      const total = list.reduce((sum, { bytes }) => sum + bytes, 0);
      const taken = takenOf(list, excess);
      const freed = taken.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(freed).toBeGreaterThanOrEqual(Math.min(excess, total));
      // Without any one of the newest second of them it would not have been enough.
      const newest = Math.max(-1, ...taken.map(({ time }) => Math.floor(time / 1000)));
      const spared = taken.filter(({ time }) => Math.floor(time / 1000) === newest).map(({ bytes }) => bytes);
      if (spared.length > 0) expect(freed - Math.max(...spared)).toBeLessThan(Math.max(1, excess));
      const stays = list.filter(use => !taken.includes(use));
      for (const { time } of stays) expect(Math.floor(time / 1000)).toBeGreaterThanOrEqual(newest);
    }),
  );
});

test('with few slots it is as right, and only less exact about who was first', () => {
  fc.assert(
    fc.property(uses, fc.nat(30_000), (list, excess) => {
      const total = list.reduce((sum, { bytes }) => sum + bytes, 0);
      const taken = takenOf(list, excess, 4);
      const freed = taken.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(freed).toBeGreaterThanOrEqual(Math.min(excess, total));
      const most = Math.max(...list.map(({ bytes }) => bytes));
      expect(freed).toBeLessThan(Math.max(excess, 0) + most);
    }),
  );
});

test('nothing is taken when nothing has to go', () => {
  expect(takenOf([{ time: 0, bytes: 5 }], 0)).toEqual([]);
});
