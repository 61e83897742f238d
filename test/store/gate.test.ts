import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/store/gate.ts';

describe('a gate', () => {
  it('lets so many through at once, in order, also past one that fails', async () => {
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const ends: (() => void)[] = [];
    const gate = new Gate(2);
    const task = async (number: number) => {
      order.push(number);
      running++;
      most = Math.max(most, running);
      await new Promise<void>(resolve => ends.push(resolve));
      running--;
      if (number === 1) throw new Error('no');
      return number;
    };
    const guarded = (number: number) => gate.run(() => task(number));
    const all = Promise.allSettled([0, 1, 2, 3, 4].map(guarded));
    while (order.length < 5 || ends.length > 0) {
      ends.shift()?.();
      await new Promise(resolve => setImmediate(resolve));
    }
    const settled = await all;
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    const again = guarded(5);
    ends.shift()?.();
    expect(await again).toBe(5);
  });
});
