import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { READ_FLAGS } from './files.ts';

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes of one read; larger ones mean fewer turns of the loop and more memory a client. */
const CHUNK = 256 * 1024;

/** The bytes, or an inclusive range of them, as a stream. */
export function streamOfBytes(bytes: Buffer, range?: ByteRange): Readable {
  const part = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
  return Readable.from(part.length === 0 ? [] : [part], { objectMode: false });
}

/**
 * A file, or an inclusive range of it, as a stream. `accept` looks at the file as it was opened and rejects
 * when it is not the one that was verified: the stream then fails before its first byte.
 */
export function streamOfFile(
  file: string,
  accept: (stat: fs.Stats) => Promise<void>,
  range?: ByteRange,
): Readable {
  const open = (
    name: string,
    _flags: unknown,
    _mode: unknown,
    done: (error: Error | null, fd?: number) => void,
  ) => {
    fs.open(name, READ_FLAGS, (openError, fd) => {
      if (openError !== null) return done(openError);
      const refuse = (error: Error) => fs.close(fd, () => done(error));
      fs.fstat(fd, (statError, stat) => {
        if (statError !== null) return refuse(statError);
        accept(stat).then(() => done(null, fd), refuse);
      });
    });
  };
  return fs.createReadStream(file, {
    highWaterMark: CHUNK,
    fs: { open, read: fs.read, close: fs.close },
    ...(range === undefined ? {} : { start: range.start, end: range.end }),
  });
}
