import { isRawKey } from '../../audit/raw/key.ts';

/**
 * One line of the log, which is a leaf of its tree with its newline. `batch`: a raw object came to lie in the store,
 * with the SHA-256 of all of its bytes, the receipt included. `gone`: the collector itself deleted it, by its retention.
 */
export type LogLine =
  | { readonly kind: 'batch'; readonly key: string; readonly sha256: string }
  | { readonly kind: 'gone'; readonly key: string };

/** Longest line, bytes: names of raw objects have about 220. */
export const MAX_LINE = 512;

const BATCH = /^modgate\/1 batch ([0-9a-f]{64}) (\S{1,400})\n$/;
const GONE = /^modgate\/1 gone (\S{1,400})\n$/;

/** The bytes of a line, which are what is hashed. */
export function formatLine(line: LogLine): string {
  return line.kind === 'batch'
    ? `modgate/1 batch ${line.sha256} ${line.key}\n`
    : `modgate/1 gone ${line.key}\n`;
}

/** Reads a line with its newline; undefined for anything that `formatLine` would not have written. */
export function parseLine(text: string): LogLine | undefined {
  const batch = BATCH.exec(text);
  if (batch?.[1] !== undefined && batch[2] !== undefined && isRawKey(batch[2]))
    return { kind: 'batch', sha256: batch[1], key: batch[2] };
  const gone = GONE.exec(text)?.[1];
  return gone !== undefined && isRawKey(gone) ? { kind: 'gone', key: gone } : undefined;
}
