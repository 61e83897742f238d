import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { progressLine } from '../../src/cli/progress.ts';

function terminal(isTTY: boolean, columns: number): { stream: NodeJS.WriteStream; written: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY, columns });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    written: () => ((stream.read() as Buffer | null) ?? '').toString(),
  };
}

test('one line of a terminal, harmless, no longer than it is wide, and gone in the end', () => {
  const { stream, written } = terminal(true, 30);
  const progress = progressLine(stream, {});
  progress.show(`\u001b[2J${'x'.repeat(100)}`);
  const line = written();
  expect(line).toMatch(/^\r\\u001b\[2Jx+$/);
  expect(line).toHaveLength(30);
  progress.end();
  expect(written()).toBe(`\r${' '.repeat(29)}\r`);
});

test.each([
  [false, {}],
  [true, { CI: 'true' }],
  [true, { TERM: 'dumb' }],
] as const)('nothing where nobody watches: TTY %s, %j', (isTTY, env) => {
  const { stream, written } = terminal(isTTY, 80);
  const progress = progressLine(stream, env);
  progress.show('x');
  progress.end();
  expect(written()).toBe('');
});
