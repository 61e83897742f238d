import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Lanes } from '../../../src/store/verify/lanes.ts';

test('never more than the width at once, and all of them in the end', async () => {
  const lanes = new Lanes(3);
  let [running, most, done] = [0, 0, 0];
  for (let at = 0; at < 50; at++) {
    await lanes.run(async () => {
      running += 1;
      most = Math.max(most, running);
      for (let turns = 0; turns <= at % 4; turns++) await turn();
      running -= 1;
      done += 1;
    });
  }
  await lanes.end();
  expect({ running, most, done }).toEqual({ running: 0, most: 3, done: 50 });
});

test('after a failure nothing is begun, and the end tells of it', async () => {
  const lanes = new Lanes(1);
  await lanes.run(async () => {
    await turn();
    throw new Error('the disk is gone');
  });
  let begun = false;
  await expect(
    lanes.run(async () => {
      begun = true;
    }),
  ).rejects.toThrow('the disk is gone');
  expect(begun).toBe(false);
  await expect(lanes.end()).rejects.toThrow('the disk is gone');
});
