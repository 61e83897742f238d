import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { HttpAnswer, HttpRequest } from '../http.ts';
import { type ApiAnswer, readAnswer } from './api.ts';
import { failure } from './failure.ts';
import { refused } from './refusal.ts';
import { withRetry } from './retry.ts';
import type { Service } from './service.ts';

/** A range of a file, `end` exclusive, in bytes. */
export interface Part {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** Bytes read from the file at a time. */
const CHUNK = 256 * 1024;

/** As many as GitHub's own client has under way. */
const CONCURRENCY = 4;

/** Cuts `size` bytes into parts of at most `most` bytes; one empty part of nothing. */
export function partsOf(size: number, most: number): Part[] {
  const parts: Part[] = [];
  for (let start = 0; start < size || parts.length === 0; start += most) {
    parts.push({ index: parts.length, start, end: Math.min(start + most, size) });
  }
  return parts;
}

/** Opens an archive and checks its size, runs `work`, closes it. Rejects with code `local` when it cannot be read. */
export async function withArchive<T>(
  file: string,
  size: number,
  work: (archive: FileHandle) => Promise<T>,
): Promise<T> {
  let archive: FileHandle;
  try {
    archive = await open(file, 'r');
  } catch (error) {
    throw failure('upload', 'local', `its file cannot be opened (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    const found = (await archive.stat()).size;
    if (found !== size) throw failure('upload', 'local', `its file has ${found} bytes instead of ${size}`);
    return await work(archive);
  } finally {
    await archive.close().catch(() => {});
  }
}

/** Sends parts of the archive, at most four at once. Rejects with the first failure, when all have ended. */
export async function sendParts(
  service: Service,
  archive: FileHandle,
  parts: readonly Part[],
  signal: AbortSignal,
  request: (part: Part) => Omit<HttpRequest, 'body' | 'signal'>,
): Promise<void> {
  const queue = [...parts];
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const work = async (): Promise<void> => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      const range = part;
      await sendBody(service, request(range), both, touch =>
        Readable.from(readRange(archive, range, touch), { objectMode: false }),
      );
    }
  };
  let first: unknown;
  await Promise.all(
    Array.from({ length: Math.min(CONCURRENCY, parts.length) }, () =>
      work().catch((error: unknown) => {
        if (failed.signal.aborted) return;
        first = error;
        queue.length = 0;
        failed.abort();
      }),
    ),
  );
  if (failed.signal.aborted) throw first;
}

/**
 * Sends a body, which is made anew for the retry. It has to move: `touch` is called with every chunk that is taken,
 * and the answer has to follow the last in time. Rejects with CacheError for any answer but 2xx.
 */
export async function sendBody(
  service: Service,
  request: Omit<HttpRequest, 'body' | 'signal'>,
  signal: AbortSignal,
  body: (touch: () => void) => Readable | string,
): Promise<void> {
  const { uploadStallMs } = service.limits;
  const answer = await withRetry(service, 'upload', signal, async () => {
    const stalled = new AbortController();
    const timer = setTimeout(() => stalled.abort(), uploadStallMs);
    const made = body(() => timer.refresh());
    try {
      const sent = await service.send({
        ...request,
        body: made,
        signal: AbortSignal.any([signal, stalled.signal]),
      });
      return await readBriefly(sent, request.url.host);
    } catch (error) {
      if (!stalled.signal.aborted || signal.aborted) throw error;
      const why = `no byte was taken and no answer came for ${Math.ceil(uploadStallMs / 1000)} s`;
      throw failure('upload', 'unavailable', why, request.url.host);
    } finally {
      clearTimeout(timer);
      if (typeof made !== 'string') made.destroy();
    }
  });
  if (answer.status < 200 || answer.status > 299) {
    throw refused(service, 'upload', answer, request.url.host);
  }
}

/** The words of a refusal, when it is the service that refuses; whatever else is in a body does not matter. */
async function readBriefly(answer: HttpAnswer, host: string): Promise<ApiAnswer> {
  const { status, header } = answer;
  if (status >= 400) {
    return await readAnswer(answer, 'upload', host).catch(() => ({ status, header, json: undefined }));
  }
  // Read to its end the connection can be used again; what has no end is not waited for.
  let size = 0;
  answer.body
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > CHUNK) answer.body.destroy();
    });
  return { status, header, json: undefined };
}

async function* readRange(archive: FileHandle, part: Part, touch: () => void): AsyncGenerator<Buffer> {
  for (let at = part.start; at < part.end; ) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, part.end - at));
    const { bytesRead } = await archive.read(buffer, 0, buffer.length, at).catch((error: unknown) => {
      throw failure('upload', 'local', `its file cannot be read (${(error as NodeJS.ErrnoException).code})`);
    });
    if (bytesRead === 0) throw failure('upload', 'local', 'its file became shorter');
    touch();
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
