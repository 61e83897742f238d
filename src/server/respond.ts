import type { IncomingMessage, ServerResponse } from 'node:http';
import { oneLine } from '../platform/escape.ts';
import { failureOf } from './errors.ts';

const HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Bytes of a refused body that are still read, so that its sender gets to read why, and how long that may take. */
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 5_000;

/** Sends a value as JSON. */
export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { ...HEADERS, ...headers, 'Content-Length': body.length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Sends bytes as they are. */
export function answerBytes(response: ServerResponse, type: string, bytes: Uint8Array): void {
  response.writeHead(200, { ...HEADERS, 'Content-Type': type, 'Content-Length': bytes.length });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

/** Answers with `{error: {code, message}}`, and tells the collector's log in one line, which has no token in it. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  log: (line: string) => void,
): void {
  const { status, code, message, headers, detail } = failureOf(error);
  const path = (request.url ?? '').replace(/\?.*$/s, '').slice(0, 200);
  const from = request.socket.remoteAddress ?? 'nobody';
  log(oneLine(`${status} ${code} ${request.method ?? ''} ${path} from ${from}: ${detail ?? message}`));
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (!request.complete) drain(request, response);
  answerJson(response, status, { error: { code, message } }, headers);
}

/** A sender that is still writing would get a reset instead of the answer; one that goes on and on gets it yet. */
function drain(request: IncomingMessage, response: ServerResponse): void {
  let left = DRAIN_BYTES;
  const give = (): void => {
    request.destroy();
  };
  const timer = setTimeout(give, DRAIN_MS);
  timer.unref();
  request.on('error', () => {});
  request.on('data', (part: Buffer) => {
    left -= part.length;
    if (left < 0) give();
  });
  request.on('close', () => clearTimeout(timer));
  request.on('end', () => clearTimeout(timer));
  // One that waits for leave to send its body will not send it now.
  if (request.headers.expect !== undefined) response.shouldKeepAlive = false;
}
