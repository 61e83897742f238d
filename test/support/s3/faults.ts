import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from './gateway.ts';
import { isSignedBy, type Signed, signedAnew } from './signature.ts';
import type { Sts } from './sts.ts';

/** What is done to one request instead of passing it on as it is. */
export type Fault =
  /** Passed on after a time. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** The connection is reset before the request is passed on, or once the service has carried it out. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'carried-out' }
  /** The connection is reset after this many bytes of the answer's body. */
  | { readonly kind: 'reset-body'; readonly after: number }
  /** The body ends early, with the connection in order: its length is that of what came. */
  | { readonly kind: 'short'; readonly bytes: number }
  /** The answer stands still after this many bytes of its body; 0: before its head. */
  | { readonly kind: 'stall'; readonly after: number }
  /** An error of the service, with its name. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** A request as rules see it. */
export interface Asked {
  readonly method: string;
  /** Of the object, prefix included, decoded; empty for the bucket as a whole. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Counted from 1 for all that this proxy saw. */
  readonly index: number;
}

/** Undefined: the request is passed on. */
export type Rule = (asked: Asked) => Fault | undefined;

/** A proxy before an object service, which passes requests on or breaks them. */
export interface Faults extends AsyncDisposable {
  /** The endpoint for the client. */
  readonly endpoint: string;
  /** Every request in order. */
  readonly asked: readonly Asked[];
  /** Most requests that were under way at one time. */
  readonly busiest: number;
  /** Replaces the rule; without one everything is passed on. */
  set(rule?: Rule): void;
  /** Forgets what was asked. */
  forget(): void;
}

export interface FaultsOptions {
  /** Added to each request, ms. */
  readonly latencyMs?: number;
  /** Whose sessions are let in, as the gateway's owner: versitygw knows no sessions itself. */
  readonly sessions?: Pick<Sts, 'sessions'>;
  /** PEM; the endpoint is then https. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** @param gateway where requests go on to */
export async function startFaults(
  gateway: Pick<Gateway, 'port' | 'bucket' | 'env'>,
  { latencyMs = 0, sessions, tls }: FaultsOptions = {},
): Promise<Faults> {
  let rule: Rule | undefined;
  let asked: Asked[] = [];
  let running = 0;
  let busiest = 0;
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  const handle = (req: IncomingMessage, res: ServerResponse) => {
    running++;
    busiest = Math.max(busiest, running);
    res.once('close', () => running--);
    const seen = askedOf(req, gateway.bucket, asked.length + 1);
    asked.push(seen);
    res.on('error', () => {});
    const fault = rule?.(seen) ?? sessionFault(req, sessions);
    const headers = sessions === undefined ? req.headers : asOwner(req, gateway);
    serve(req, res, fault, { agent, port: gateway.port, latencyMs, headers }).catch(() => res.destroy());
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  server.keepAliveTimeout = 60_000;
  server.on('connection', socket => {
    sockets.add(socket);
    socket.setNoDelay(true).on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    get busiest() {
      return busiest;
    },
    set: next => {
      rule = next;
    },
    forget: () => {
      asked = [];
      busiest = running;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** The fault for the first `times` requests that fit, and none for the rest. */
export function firstly(times: number, fits: (asked: Asked) => boolean, fault: Fault): Rule {
  let left = times;
  return asked => {
    if (left === 0 || !fits(asked)) return undefined;
    left--;
    return fault;
  };
}

/** What the service would say of the session that a request is signed with. */
function sessionFault(req: IncomingMessage, sts: Pick<Sts, 'sessions'> | undefined): Fault | undefined {
  const token = req.headers['x-amz-security-token'];
  if (sts === undefined || token === undefined) return undefined;
  const session = sts.sessions.find(({ sessionToken }) => sessionToken === token);
  if (session === undefined) return { kind: 'error', status: 400, code: 'InvalidToken' };
  if (!isSignedBy(session, signedOf(req)))
    return { kind: 'error', status: 403, code: 'SignatureDoesNotMatch' };
  const ended = session.revoked || session.expiration.getTime() < Date.now();
  return ended ? { kind: 'error', status: 400, code: 'ExpiredToken' } : undefined;
}

function asOwner(req: IncomingMessage, gateway: Pick<Gateway, 'env'>): IncomingHttpHeaders {
  if (req.headers['x-amz-security-token'] === undefined) return req.headers;
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = gateway.env();
  return signedAnew({ accessKeyId, secretAccessKey }, signedOf(req));
}

function signedOf({ method = '', url = '', headers }: IncomingMessage): Signed {
  return { method, url, headers };
}

interface Onward {
  readonly agent: Agent;
  readonly port: number;
  readonly latencyMs: number;
  readonly headers: IncomingHttpHeaders;
}

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  fault: Fault | undefined,
  { agent, port, latencyMs, headers }: Onward,
): Promise<void> {
  const latency = latencyMs + (fault?.kind === 'latency' ? fault.ms : 0);
  if (latency > 0) await sleep(latency);
  if (fault?.kind === 'reset' && fault.when === 'before') return void reset(res);
  if (fault?.kind === 'error') return await refuse(req, res, fault);
  if (fault?.kind === 'stall' && fault.after === 0) return void req.resume();
  const onward = request({
    host: '127.0.0.1',
    port,
    agent,
    method: req.method,
    path: req.url,
    // The signature covers the host that the client named, which is this one.
    headers,
    setHost: false,
  });
  req.pipe(onward);
  res.once('close', () => onward.destroy());
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    onward.once('response', resolve);
    onward.once('error', reject);
  });
  if (fault?.kind === 'reset') {
    for await (const _ of answer);
    return void reset(res);
  }
  await passBack(answer, res, fault);
}

async function passBack(
  answer: IncomingMessage,
  res: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  const headers = { ...answer.headers };
  if (fault?.kind === 'short') {
    headers['content-length'] = String(Math.min(fault.bytes, Number(headers['content-length'] ?? 0)));
  }
  res.writeHead(answer.statusCode ?? 502, headers);
  const most =
    fault?.kind === 'reset-body' || fault?.kind === 'stall'
      ? fault.after
      : fault?.kind === 'short'
        ? fault.bytes
        : Number.POSITIVE_INFINITY;
  let sent = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, Math.max(0, most - sent));
    sent += part.length;
    if (part.length > 0 && !res.write(part)) await drained(res);
    if (sent >= most && fault?.kind === 'stall') return;
    if (sent >= most) break;
  }
  if (fault?.kind !== 'reset-body') return void res.end();
  // What was written has to leave before the connection does.
  await new Promise<void>(resolve => void res.write('', () => resolve()));
  reset(res);
}

/** Also when the client has gone. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      res.off('drain', done);
      res.off('close', done);
      resolve();
    };
    res.on('drain', done).on('close', done);
  });
}

function reset(res: ServerResponse): void {
  res.socket?.resetAndDestroy();
}

async function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  { status, code, headers }: Extract<Fault, { kind: 'error' }>,
): Promise<void> {
  for await (const _ of req);
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>hostile\u001b[31m words of the service</Message><RequestId>1</RequestId></Error>`;
  const body = req.method === 'HEAD' ? '' : xml;
  res.writeHead(status, { 'content-type': 'application/xml', ...headers });
  res.end(body);
}

function askedOf(req: IncomingMessage, bucket: string, index: number): Asked {
  const url = new URL(req.url ?? '/', 'http://none.example.test');
  const path = decodeURIComponent(url.pathname);
  return {
    method: req.method ?? '',
    key: path.startsWith(`/${bucket}/`) ? path.slice(bucket.length + 2) : '',
    query: url.searchParams,
    headers: req.headers as Record<string, string | undefined>,
    index,
  };
}
