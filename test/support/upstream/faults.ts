import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Answer } from './recorded-tree.ts';
import { breakOff, contentType, head, type Meter, part, type Response, untilGone } from './send.ts';
import type { Fault } from './types.ts';

/** Where the endless redirects live; requests below it are answered by the next redirect. */
export const LOOP = '/redirect-loop/';

const PORTAL =
  '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n';

/** Sends a broken answer. `healthy` gives the right one; it is only asked when the fault needs its body. */
export async function sendFault(
  res: Response,
  meter: Meter,
  fault: Fault,
  key: string,
  healthy: () => Promise<Answer>,
): Promise<void> {
  switch (fault.kind) {
    case 'reset':
      return breakOff(res, true);
    case 'silence':
      return untilGone(res);
    case 'status': {
      const headers: OutgoingHttpHeaders = { 'content-type': 'text/plain; charset=UTF-8' };
      if (fault.retryAfter !== undefined) headers['retry-after'] = fault.retryAfter;
      return whole(
        res,
        meter,
        fault.status,
        headers,
        Buffer.from(fault.body ?? `simulated ${fault.status}\n`),
      );
    }
    case 'html':
      return whole(res, meter, 200, { 'content-type': 'text/html; charset=utf-8' }, Buffer.from(PORTAL));
    case 'empty':
      return whole(res, meter, 200, { 'content-type': contentType(key, 200) }, Buffer.alloc(0));
    case 'redirect-loop':
      return redirect(res, meter, 1);
  }

  const answer = await healthy();
  const body = 'file' in answer ? await readFile(answer.file) : answer.bytes;
  const type = { 'content-type': contentType(key, answer.status) };
  const sized = { ...type, 'content-length': body.length };
  const half = body.subarray(0, Math.floor(body.length / 2));
  switch (fault.kind) {
    case 'cut':
      head(res, meter, answer.status, sized);
      await part(res, meter, half);
      return breakOff(res, false);
    case 'cut-chunked':
      head(res, meter, answer.status, type);
      await part(res, meter, half);
      if (fault.end === 'clean') res.end();
      else breakOff(res, false);
      return;
    case 'stall':
      head(res, meter, answer.status, sized);
      await part(res, meter, half);
      return untilGone(res);
    case 'flip-byte':
      return whole(res, meter, answer.status, type, flipped(body, fault.at));
    case 'encoding':
      return whole(
        res,
        meter,
        answer.status,
        { ...type, 'content-encoding': 'gzip' },
        fault.real ? gzipSync(body) : body,
      );
    case 'drip':
      head(res, meter, answer.status, sized);
      return drip(res, meter, body, fault.pieces ?? 20, fault.everyMs ?? 50);
    case 'wrong-version':
      return whole(res, meter, answer.status, type, key.endsWith('.info') ? otherVersion(body) : body);
  }
}

/** Answers a request below LOOP with the way to the next one. */
export function redirect(res: Response, meter: Meter, next: number): Promise<void> {
  return whole(res, meter, 302, { location: `${LOOP}${next}` }, Buffer.from('Found\n'));
}

async function whole(
  res: Response,
  meter: Meter,
  status: number,
  headers: OutgoingHttpHeaders,
  body: Buffer,
): Promise<void> {
  head(res, meter, status, { ...headers, 'content-length': body.length });
  if (body.length > 0) await part(res, meter, body);
  res.end();
}

function flipped(body: Buffer, at = Math.floor(body.length / 2)): Buffer {
  const copy = Buffer.from(body);
  const byte = copy[at];
  if (byte !== undefined) copy[at] = byte ^ 1;
  return copy;
}

async function drip(
  res: Response,
  meter: Meter,
  body: Buffer,
  pieces: number,
  everyMs: number,
): Promise<void> {
  const size = Math.max(1, Math.ceil(body.length / pieces));
  for (let at = 0; at < body.length; at += size) {
    await sleep(everyMs);
    if (!(await part(res, meter, body.subarray(at, at + size)))) return;
  }
  res.end();
}

function otherVersion(info: Buffer): Buffer {
  const parsed = JSON.parse(info.toString()) as Record<string, unknown>;
  return Buffer.from(JSON.stringify({ ...parsed, Version: 'v0.0.0-20000101000000-000000000000' }));
}
