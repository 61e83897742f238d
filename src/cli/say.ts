import { oneLine } from '../platform/escape.ts';

/** Messages of a verb go to stderr, one harmless line each. */
export function say(line: string): void {
  process.stderr.write(`modgate: ${oneLine(line)}\n`);
}
