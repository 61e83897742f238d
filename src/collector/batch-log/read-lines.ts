import { createReadStream } from 'node:fs';
import { MAX_LINE } from './line.ts';

/** A line of the log's file with its newline, and where it ends there. */
export interface ReadLine {
  readonly bytes: Buffer;
  readonly end: number;
}

/**
 * The whole lines of a log's file, in order; what follows the last newline is left out. A line that is longer than any
 * can be comes cut to one byte more than that. Nothing where there is no such file. Throws what reading throws.
 */
export async function* readLines(file: string): AsyncGenerator<ReadLine> {
  let rest = Buffer.alloc(0);
  let at = 0;
  let tooLong = false;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      let bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      for (;;) {
        const newline = bytes.indexOf(0x0a);
        if (newline < 0) break;
        at += newline + 1;
        const line = bytes.subarray(0, newline + 1);
        yield { bytes: tooLong || line.length > MAX_LINE ? Buffer.alloc(MAX_LINE + 1) : line, end: at };
        tooLong = false;
        bytes = bytes.subarray(newline + 1);
      }
      if (bytes.length > MAX_LINE) {
        tooLong = true;
        at += bytes.length;
        bytes = Buffer.alloc(0);
      }
      rest = Buffer.from(bytes);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
