import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { goEnv, realUpstream } from '../go.ts';
import { type Certificate, loopbackCertificate } from './certificate.ts';
import { LOOP, redirect, sendFault } from './faults.ts';
import { type Answer, NotRecorded, RecordedTree } from './recorded-tree.ts';
import { Bandwidth, head, type Response, sendHealthy } from './send.ts';
import type { Fault, Faults, LoggedRequest, Upstream, UpstreamOptions, UpstreamStats } from './types.ts';

export type {
  Asked,
  Fault,
  Faults,
  LoggedRequest,
  Upstream,
  UpstreamOptions,
  UpstreamStats,
} from './types.ts';

type Logged = { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] };

const DEFAULT_TREE = fileURLToPath(new URL('../../../.tools/upstream', import.meta.url));

/**
 * Starts a simulated module mirror on loopback: real modules and the real checksum database, recorded
 * once, served with the delays and faults a test asks for.
 */
export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const tree = new RecordedTree(
    options.tree ?? DEFAULT_TREE,
    options.moduleCaches ?? [path.join((await goEnv()).GOMODCACHE ?? '', 'cache', 'download')],
    options.behind === undefined ? await realUpstream() : options.behind,
  );
  const certificate = options.http2 ? await loopbackCertificate() : undefined;
  const bandwidth = new Bandwidth(options.bytesPerSecond);
  const began = performance.now();
  const requests: Logged[] = [];
  const sockets = new Set<Socket>();
  let counts = new Map<string, number>();
  let faults = options.faults;
  let [active, peak, connections] = [0, 0, 0];

  async function handle(req: IncomingMessage | Http2ServerRequest, res: Response): Promise<void> {
    const asked = decodedPath(req.url ?? '/');
    const nth = (counts.get(asked) ?? 0) + 1;
    counts.set(asked, nth);
    const fault = asked.startsWith(LOOP) ? undefined : faults?.({ path: asked, nth, headers: req.headers });
    const entry = newEntry(req, asked, nth, performance.now() - began, fault);
    requests.push(entry);
    peak = Math.max(peak, ++active);
    res.once('close', () => {
      active--;
      entry.done = true;
      entry.left = !res.writableEnded;
      entry.ms = performance.now() - began - entry.at;
    });
    res.on('error', () => {});
    if (options.latencyMs) await sleep(options.latencyMs);
    await answer(req, res, asked, fault, entry);
  }

  async function answer(
    req: IncomingMessage | Http2ServerRequest,
    res: Response,
    asked: string,
    fault: Fault | undefined,
    entry: Logged,
  ): Promise<void> {
    const key = asked.slice(1);
    if (asked.startsWith(LOOP)) return redirect(res, entry, Number(asked.slice(LOOP.length)) + 1);
    if (req.method !== 'GET' && req.method !== 'HEAD') return refuse(res, entry, 405, 'GET only');
    if (!/^[^/\\\0]+(\/[^/\\\0]+)*$/.test(key) || key.split('/').some(p => p === '.' || p === '..')) {
      return refuse(res, entry, 400, 'not a path of a module mirror');
    }
    const healthy = () => theAnswer(key);
    if (fault) return sendFault(res, entry, fault, key, healthy);
    const ranges = options.ranges ?? true;
    return sendHealthy(res, entry, await healthy(), { key, headers: req.headers, ranges }, bandwidth);
  }

  async function theAnswer(key: string): Promise<Answer> {
    const made = options.made?.(`/${key}`);
    const found = made
      ? { status: made.status ?? 200, bytes: Buffer.from(made.body) }
      : await tree.answer(key);
    if (made || 'file' in found) return found;
    // Whichever way the mirror behind says it, a test sees the same absence everywhere.
    const plain = found.status === 410 ? 410 : 404;
    return { status: options.absentStatus ?? plain, bytes: found.bytes };
  }

  const listener = (req: IncomingMessage | Http2ServerRequest, res: Response) => {
    handle(req, res).catch((error: unknown) => {
      if (res.headersSent) return res.destroy();
      const status = error instanceof NotRecorded ? 502 : 500;
      refuse(res, requests.at(-1) ?? { status: 0, bytes: 0 }, status, String(error));
    });
  };
  const server = makeServer(certificate, listener);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    closing ??= new Promise<void>(resolve => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }).then(() => certificate?.dir[Symbol.asyncDispose]());
    return closing;
  }

  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caFile: certificate?.caFile,
    requests,
    stats: () => summary(requests, peak, connections, tree.fetched),
    setFaults(next: Faults | undefined) {
      faults = next;
      counts = new Map();
    },
    kill: close,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function makeServer(
  certificate: Certificate | undefined,
  listener: (req: IncomingMessage | Http2ServerRequest, res: Response) => void,
): Pick<Server, 'on' | 'once' | 'listen' | 'close' | 'address'> {
  if (!certificate) {
    return createServer({ keepAliveTimeout: 60_000 }, (req: IncomingMessage, res: ServerResponse) =>
      listener(req, res),
    );
  }
  const { cert, key } = certificate;
  return createSecureServer({ cert, key, allowHTTP1: true }, (req, res: Http2ServerResponse) =>
    listener(req, res),
  ) as unknown as Server;
}

function decodedPath(url: string): string {
  const raw = url.replace(/[?#].*$/, '');
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

function newEntry(
  req: IncomingMessage | Http2ServerRequest,
  asked: string,
  nth: number,
  at: number,
  fault: Fault | undefined,
): Logged {
  return {
    path: asked,
    nth,
    at,
    headers: { ...req.headers },
    method: req.method ?? '',
    httpVersion: req.httpVersion,
    ...(fault ? { fault: fault.kind } : {}),
    status: 0,
    bytes: 0,
    ms: 0,
    done: false,
    left: false,
  };
}

function refuse(res: Response, meter: { status: number; bytes: number }, status: number, why: string): void {
  const body = Buffer.from(`${why}\n`);
  head(res, meter, status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length });
  meter.bytes = body.length;
  res.end(body);
}

function summary(
  requests: readonly LoggedRequest[],
  peakConcurrency: number,
  connections: number,
  recorded: number,
): UpstreamStats {
  const byStatus: Record<string, number> = {};
  let bytes = 0;
  for (const request of requests) {
    byStatus[request.status] = (byStatus[request.status] ?? 0) + 1;
    bytes += request.bytes;
  }
  return { requests: requests.length, bytes, peakConcurrency, connections, byStatus, recorded };
}
