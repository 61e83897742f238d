import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FileKind, StoredFile } from '../store/types.ts';
import { type ProxyError, statusOf } from './errors.ts';

const TYPES: Readonly<Record<FileKind, string>> = {
  info: 'application/json',
  mod: 'text/plain; charset=utf-8',
  zip: 'application/zip',
};

/** A file was there when it was looked up and could not be read when its first byte was to be sent. */
export class FileGone extends Error {
  override readonly name = 'FileGone';
}

/**
 * Sends a stored file, or the part of it that a Range header asks for. Resolves with the body bytes sent. Rejects with
 * FileGone before anything was sent, so that the caller can look the file up again.
 */
export async function sendFile(req: IncomingMessage, res: ServerResponse, file: StoredFile): Promise<number> {
  const etag = etagOf(file);
  const ifRange = req.headers['if-range'];
  const asked =
    file.kind === 'zip' && (ifRange === undefined || ifRange === etag) ? req.headers.range : undefined;
  const range = asked === undefined ? undefined : parseRange(asked, file.size);
  if (range === 'unsatisfiable') {
    describe(res, file, etag);
    res.writeHead(416, { 'Content-Range': `bytes */${file.size}`, 'Content-Length': 0 });
    res.end();
    return 0;
  }
  const start = range?.start ?? 0;
  const end = range?.end ?? file.size - 1;
  const length = end - start + 1;
  // A header is a promise, so the first bytes come before it.
  const opened = file.bytes === undefined && length > 0 ? await open(file, range) : undefined;
  describe(res, file, etag);
  if (range === undefined) res.writeHead(200, { 'Content-Length': file.size });
  else
    res.writeHead(206, { 'Content-Length': length, 'Content-Range': `bytes ${start}-${end}/${file.size}` });
  if (opened !== undefined) await sendParts(res, opened);
  else await ended(res, file.bytes?.subarray(start, end + 1) ?? Buffer.alloc(0));
  return length;
}

/** Two forms of one file are two entities: half of one with half of the other would be neither. */
function etagOf({ sha256, representation }: StoredFile): string | undefined {
  if (sha256 === undefined) return undefined;
  return representation === 'original' ? `"${sha256}"` : `"${sha256}-${representation}"`;
}

function describe(res: ServerResponse, file: StoredFile, etag: string | undefined): void {
  res.setHeader('Content-Type', TYPES[file.kind]);
  if (etag !== undefined) res.setHeader('ETag', etag);
  res.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
  if (file.kind === 'zip') res.setHeader('Accept-Ranges', 'bytes');
}

/** A file with its first bytes read. */
interface Opened {
  readonly first: Buffer;
  readonly rest: AsyncGenerator<Buffer, void, void>;
}

/** A store may lose a file at any moment, to a prune for one. */
async function open(file: StoredFile, range: Range | undefined): Promise<Opened> {
  const rest = file.parts(range);
  const step = await rest.next().catch((cause: unknown) => {
    throw new FileGone(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  if (step.done === true) throw new FileGone('the file has no bytes where it should have some');
  return { first: step.value, rest };
}

/** Each part is with the kernel before the next one is read into the same memory. */
async function sendParts(res: ServerResponse, { first, rest }: Opened): Promise<void> {
  let stop: (error: Error) => void = () => undefined;
  const failed = (error: Error) => stop(error);
  const left = () => stop(new Error('the client left'));
  res.on('error', failed);
  res.on('close', left);
  const send = (part: Buffer) =>
    new Promise<void>((resolve, reject) => {
      stop = reject;
      if (res.destroyed) left();
      else res.write(part, error => (error ? reject(error) : resolve()));
    });
  try {
    await send(first);
    for await (const part of rest) await send(part);
    res.off('close', left);
    await ended(res, Buffer.alloc(0));
  } catch (error) {
    // On a read error, too: go must see a broken body, never a short one.
    res.destroy();
    throw error;
  } finally {
    res.off('close', left);
    res.off('error', failed);
    await rest.return();
  }
}

/** Sends a small text body. Resolves with its size. */
export async function sendText(
  res: ServerResponse,
  bytes: Buffer,
  type = 'text/plain; charset=utf-8',
): Promise<number> {
  res.writeHead(200, { 'Content-Type': type, 'Content-Length': bytes.length, 'Cache-Control': 'no-cache' });
  await ended(res, bytes);
  return bytes.length;
}

/** Bytes of an error answer that go prints are 648, counted in whole lines. */
export const MAX_ERROR_BYTES = 640;

/**
 * What go prints of an error answer: at most 8 lines and 648 bytes, no control characters, no blank line. Beside
 * ASCII the arrow of a chain is let through: one byte that go takes for unprintable would cost the whole text.
 */
export function errorBody(message: string): Buffer {
  const lines = message
    .replace(/[^\x20-\x7e\n\u2192]/g, '?')
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => line !== '')
    .slice(0, 8);
  const whole = Buffer.from(lines.join('\n'));
  // A character cut in two is left out.
  const text = whole
    .subarray(0, MAX_ERROR_BYTES)
    .toString()
    .replace(/\ufffd+$/, '');
  return Buffer.from(`${text}\n`);
}

/**
 * Sends a refusal or an outage as text that go prints. Resolves with the body size.
 * @param redact takes secrets out of the message
 */
export async function sendError(
  res: ServerResponse,
  error: ProxyError,
  redact: (text: string) => string,
): Promise<number> {
  const body = errorBody(redact(error.message));
  res.writeHead(statusOf(error.code), {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  await ended(res, body);
  return body.length;
}

function ended(res: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    res.once('error', reject);
    res.once('close', () => (res.writableFinished ? resolve() : reject(new Error('the client left'))));
    res.end(bytes, () => resolve());
  });
}

type Range = { readonly start: number; readonly end: number };

/** One byte range of RFC 9110; several ranges or another unit are answered with the whole file. */
export function parseRange(header: string, size: number): Range | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (start >= size) return 'unsatisfiable';
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return end < start ? undefined : { start, end };
}
