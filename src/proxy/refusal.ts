import { ProxyError } from './errors.ts';
import { MAX_ERROR_BYTES } from './respond.ts';
import type { Denial } from './types.ts';

const CUT = '...';

/**
 * The policy's refusal as go prints it: rule and what is wrong, why, who needs it, what to do.
 * @param chain who requires the module, from the main module on
 */
export function refused(denial: Denial, chain?: string): ProxyError {
  const lines = [
    `modgate: ${denial.rule}: ${denial.reason}`,
    ...(denial.why === undefined ? [] : [`why: ${denial.why}`]),
    ...(chain === undefined ? [] : [`required by: ${chain}`]),
    `fix: ${denial.fix}`,
  ];
  const whole = denial.why === undefined ? denial.reason : `${denial.reason}: ${denial.why}`;
  const [reason = ''] = fitLines([whole], MAX_ERROR_BYTES);
  return new ProxyError('denied', fitLines(lines, MAX_ERROR_BYTES).join('\n'), { rule: denial.rule, reason });
}

/**
 * Lines that together take at most `max` bytes, line ends counted: the longest ones lose their middle, so that
 * every line stays, and of each its beginning and its end.
 */
export function fitLines(lines: readonly string[], max: number): string[] {
  const sizes = lines.map(line => Buffer.byteLength(line));
  let cap = max;
  while (cap > CUT.length && sizes.reduce((sum, size) => sum + Math.min(size, cap) + 1, 0) > max) cap--;
  return lines.map((line, at) => ((sizes[at] ?? 0) <= cap ? line : withoutMiddle(line, cap)));
}

function withoutMiddle(line: string, max: number): string {
  const bytes = Buffer.from(line);
  const head = Math.ceil((max - CUT.length) * 0.6);
  const tail = max - CUT.length - head;
  const start = bytes
    .subarray(0, head)
    .toString()
    .replace(/\ufffd+$/, '');
  const end = bytes
    .subarray(bytes.length - tail)
    .toString()
    .replace(/^\ufffd+/, '');
  return `${start}${CUT}${end}`;
}
