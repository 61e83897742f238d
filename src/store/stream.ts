import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { READ_FLAGS } from './files.ts';

const openFile = promisify(fs.open);
const readFile = promisify(fs.read);
const closeFile = promisify(fs.close);
const statFile = promisify(fs.fstat);

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes of one read; larger ones mean fewer turns of the loop and more memory a client. */
export const CHUNK = 1024 * 1024;

/** Buffers that wait for their next file: more than go has connections. */
const MAX_SPARE = 16;
const spare: Buffer[] = [];
/** What the files get that are read beside so many others: memory must not grow with clients by a megabyte each. */
const SMALL_CHUNK = 128 * 1024;
let reading = 0;

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

/** The bytes, or an inclusive range of them, in one part. */
export async function* partsOfBytes(bytes: Buffer, range?: ByteRange): AsyncGenerator<Buffer, void, void> {
  const part = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
  if (part.length > 0) yield part;
}

/**
 * `streamOfFile` in parts whose memory is used again: each is valid until the next one is asked for. A fresh chunk for
 * each read would have the garbage collector run through the whole heap every 64 MB. Rejects with code EIO when the
 * file is shorter than it was when it was opened.
 */
export async function* partsOfFile(
  file: string,
  accept: (stat: fs.Stats) => Promise<void>,
  range?: ByteRange,
): AsyncGenerator<Buffer, void, void> {
  const fd = await openFile(file, READ_FLAGS);
  const few = ++reading <= MAX_SPARE;
  try {
    const stat = await statFile(fd);
    await accept(stat);
    const end = Math.min(range?.end ?? Number.POSITIVE_INFINITY, stat.size - 1);
    const buffer = (few ? spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(few ? CHUNK : SMALL_CHUNK);
    for (let at = range?.start ?? 0; at <= end; ) {
      const { bytesRead } = await readFile(fd, buffer, 0, Math.min(buffer.length, end + 1 - at), at);
      if (bytesRead === 0) throw endsEarly(file, at);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
    // Whoever stops before the end may have left a part with the kernel: its memory is nobody's to use again.
    if (few && spare.length < MAX_SPARE) spare.push(buffer);
  } finally {
    reading--;
    await closeFile(fd);
  }
}

function endsEarly(file: string, at: number): Error {
  return Object.assign(new Error(`${file} ends before byte ${at + 1}, it was longer when it was opened`), {
    code: 'EIO',
  });
}
