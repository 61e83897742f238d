import { appendFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** The effects that the writer of a journal needs; all reject with the error of the system. */
export interface JournalFile {
  /** Writes at the end of the file; a rejection may leave a part of the bytes there. */
  append(bytes: Buffer): Promise<void>;
  /** Resolves when everything is on the disk. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** A write that took longer than this, ms, was held up by its disk. */
const SLOW_MS = 20;

/** Two ways to write the same. */
export interface Ways {
  readonly direct: (bytes: Buffer) => void;
  readonly aside: (bytes: Buffer) => Promise<void>;
  /** Monotonic, ms. */
  readonly now: () => number;
}

/**
 * Writes at once while that only copies into the page cache, which takes a tenth of the way over a thread; aside from
 * the first time on that a disk held up the caller.
 */
export function appending({ direct, aside, now }: Ways): (bytes: Buffer) => Promise<void> {
  let isSlow = false;
  return async bytes => {
    if (isSlow) return await aside(bytes);
    const began = now();
    try {
      direct(bytes);
    } finally {
      isSlow = now() - began > SLOW_MS;
    }
  };
}

/** Opens a journal for writing at its end; it is made when missing, readable by this user only. */
export async function openJournalFile(path: string): Promise<JournalFile> {
  const handle = await open(path, 'a', 0o600);
  return {
    append: appending({
      direct: bytes => appendFileSync(handle.fd, bytes),
      aside: bytes => handle.appendFile(bytes),
      now: () => performance.now(),
    }),
    sync: () => handle.datasync(),
    truncate: length => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}
