import { oneLine } from '../platform/escape.ts';

/** A line on a terminal that tells how far something is. Elsewhere, and in CI, it says nothing. */
export interface ProgressLine {
  show(text: string): void;
  /** Takes the line away. */
  end(): void;
}

const EVERY_MS = 100;

export function progressLine(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): ProgressLine {
  if (stream.isTTY !== true || env.CI || env.TERM === 'dumb') {
    return { show: () => undefined, end: () => undefined };
  }
  let next = 0;
  let width = 0;
  return {
    show: text => {
      const now = performance.now();
      if (now < next) return;
      next = now + EVERY_MS;
      const line = oneLine(text).slice(0, Math.max(20, (stream.columns || 80) - 1));
      stream.write(`\r${line.padEnd(width)}`);
      width = line.length;
    },
    end: () => {
      if (width > 0) stream.write(`\r${' '.repeat(width)}\r`);
      width = 0;
    },
  };
}
