import { expect, it } from 'vitest';
import { parseGoSum } from '../../../src/gomod/sum.ts';
import { parseSumInSteps } from '../../../src/session/fetch/read-sums.ts';

const line = (i: number) => `example.com/m${i} v1.0.${i} h1:${'A'.repeat(42)}${i % 10}=\n`;

it('reads a long go.sum in steps as it would in one', async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => (i % 20_000 === 7 ? 'broken line\n' : line(i)));
  const bytes = Buffer.from(lines.join(''));
  expect(bytes.length).toBeGreaterThan(3 * 1024 * 1024);
  const whole = parseGoSum(bytes, 'go.sum');
  const steps = await parseSumInSteps(bytes, 'go.sum');
  expect(steps.entries).toEqual(whole.entries);
  expect(steps.problems).toEqual(whole.problems);
  expect(steps.problems.map(problem => problem.line)).toEqual([8, 20_008, 40_008]);
});

it('stops at the limit of lines', async () => {
  const bytes = Buffer.from(Array.from({ length: 250_000 }, (_, i) => line(i)).join(''));
  const { entries } = await parseSumInSteps(bytes, 'go.sum');
  expect(entries.length).toBeLessThanOrEqual(220_000);
  expect(entries.length).toBeGreaterThan(100_000);
});

it('takes a file of one endless line for what it is', async () => {
  const { entries, problems } = await parseSumInSteps(Buffer.alloc(3 * 1024 * 1024, 'x'), 'go.sum');
  expect(entries).toEqual([]);
  expect(problems.length).toBeGreaterThan(0);
});
