import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './recorded-tree.ts';

/** An answer of either protocol; both have the same methods for what is used here. */
export type Response = ServerResponse | Http2ServerResponse;

/** Where a connection's progress is written down. */
export interface Meter {
  status: number;
  bytes: number;
}

/** A cap on the bytes a second of all answers together. */
export class Bandwidth {
  #perSecond: number;
  #freeAt = 0;

  constructor(bytesPerSecond = Number.POSITIVE_INFINITY) {
    this.#perSecond = bytesPerSecond;
  }

  /** Resolves when `bytes` more may be sent. */
  async take(bytes: number): Promise<void> {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes / this.#perSecond) * 1000;
    if (this.#freeAt - now > 1) await sleep(this.#freeAt - now);
  }
}

/** Writes status and headers. */
export function head(res: Response, meter: Meter, status: number, headers: OutgoingHttpHeaders): void {
  meter.status = status;
  if (res instanceof Http2ServerResponse) res.writeHead(status, headers);
  else res.writeHead(status, headers);
}

/** Writes a part of the body and waits until the connection has taken it. False when the client is gone. */
export function part(res: Response, meter: Meter, chunk: Buffer): Promise<boolean> {
  return new Promise(resolve => {
    if (res.destroyed || res.writableEnded) return resolve(false);
    const gone = () => resolve(false);
    res.once('close', gone);
    const taken = (error?: Error | null) => {
      res.off('close', gone);
      if (!error) meter.bytes += chunk.length;
      resolve(!error);
    };
    if (res instanceof Http2ServerResponse) res.write(chunk, 'utf8', taken);
    else res.write(chunk, 'utf8', taken);
  });
}

/** Ends the connection (one stream of it over HTTP/2); `hard` sends a reset and may drop what was written. */
export function breakOff(res: Response, hard: boolean): void {
  if (res instanceof Http2ServerResponse) res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else if (hard) res.socket?.resetAndDestroy();
  else res.socket?.destroySoon();
}

/** Resolves when the client has left. */
export function untilGone(res: Response): Promise<void> {
  return new Promise(resolve => (res.destroyed ? resolve() : res.once('close', () => resolve())));
}

/** Sends the answer as a good mirror does, a Range and If-Range of one span included. */
export async function sendHealthy(
  res: Response,
  meter: Meter,
  answer: Answer,
  asked: { readonly key: string; readonly headers: IncomingHttpHeaders; readonly ranges: boolean },
  bandwidth: Bandwidth,
): Promise<void> {
  const headers: OutgoingHttpHeaders = { 'content-type': contentType(asked.key, answer.status) };
  if (!('file' in answer)) {
    head(res, meter, answer.status, { ...headers, 'content-length': answer.bytes.length });
    await bandwidth.take(answer.bytes.length);
    if (answer.bytes.length > 0) await part(res, meter, answer.bytes);
    res.end();
    return;
  }
  headers.etag = answer.etag;
  if (asked.ranges) headers['accept-ranges'] = 'bytes';
  const ifRange = asked.headers['if-range'];
  const wanted = asked.ranges && (ifRange === undefined || ifRange === answer.etag);
  const span = wanted ? parseRange(asked.headers.range, answer.size) : undefined;
  if (span === 'unsatisfiable') {
    head(res, meter, 416, { 'content-range': `bytes */${answer.size}`, 'content-length': 0 });
    res.end();
    return;
  }
  const { start, end } = span ?? { start: 0, end: answer.size - 1 };
  if (span) headers['content-range'] = `bytes ${start}-${end}/${answer.size}`;
  head(res, meter, span ? 206 : 200, { ...headers, 'content-length': end - start + 1 });
  if (end >= start) {
    for await (const chunk of createReadStream(answer.file, { start, end, highWaterMark: 256 * 1024 })) {
      await bandwidth.take((chunk as Buffer).length);
      if (!(await part(res, meter, chunk as Buffer))) return;
    }
  }
  res.end();
}

/** The type that the real mirror gives. */
export function contentType(key: string, status: number): string {
  if (status !== 200) return 'text/plain; charset=UTF-8';
  if (key.endsWith('.zip')) return 'application/zip';
  if (key.endsWith('.info') || key.endsWith('/@latest')) return 'application/json';
  return key.includes('/tile/') ? 'application/octet-stream' : 'text/plain; charset=UTF-8';
}

function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const last = match[2] === '' ? size - 1 : Number(match[2]);
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' ? size - 1 : Math.min(last, size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}
