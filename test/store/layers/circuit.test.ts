import { expect, it } from 'vitest';
import { Circuit } from '../../../src/store/layers/circuit.ts';

it('asks again after a while, one at a time, and is up again with any answer', () => {
  let now = 0;
  const circuit = new Circuit(() => now);
  expect(circuit.failed(true)).toBe(true);
  expect(circuit.mayAsk()).toBe(false);
  now = 30_000;
  expect([circuit.mayAsk(), circuit.mayAsk()]).toEqual([true, false]);
  // What fails then is no news.
  expect(circuit.failed(true)).toBe(false);
  now = 60_000;
  expect(circuit.mayAsk()).toBe(true);
  circuit.worked();
  expect([circuit.mayAsk(), circuit.mayAsk(), circuit.isDown]).toEqual([true, true, false]);
});

it('takes a failure that may be chance for an outage only when it goes on', () => {
  const circuit = new Circuit(() => 0);
  expect([circuit.failed(false), circuit.failed(false)]).toEqual([false, false]);
  circuit.worked();
  expect([circuit.failed(false), circuit.failed(false), circuit.failed(false)]).toEqual([false, false, true]);
});
