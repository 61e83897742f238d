import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Seen {
  /** The site it arrived at. */
  readonly site: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** Names in lower case and values, in their order. */
  readonly headers: readonly (readonly [string, string])[];
  /** Up to 64 KiB of what was sent, latin1. */
  readonly body: string;
  /** 0 as long as nothing was answered. */
  readonly status: number;
}

/** A server on loopback that remembers every request with all its headers. */
export interface Site extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** `http(s)://127.0.0.1:PORT`. */
  readonly url: string;
  readonly seen: readonly Seen[];
}

export interface SiteOptions {
  /** What it is called in the log, usually the host name it plays. */
  readonly name: string;
  /** Without it the site speaks plain http. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  /** How long a request is on its way, ms; for measurements. */
  readonly latencyMs?: number;
}

const KEPT_BODY = 64 * 1024;

export async function startSite({ name, tls, answer, latencyMs = 0 }: SiteOptions): Promise<Site> {
  const seen: Seen[] = [];
  const handle: RequestListener = (request, response) => {
    const entry = {
      site: name,
      method: request.method ?? '',
      url: request.url ?? '',
      headers: pairs(request.rawHeaders),
      body: '',
      status: 0,
    };
    seen.push(entry);
    request.on('data', (chunk: Buffer) => {
      if (entry.body.length < KEPT_BODY) entry.body += chunk.toString('latin1');
    });
    response.on('finish', () => {
      entry.status = response.statusCode;
    });
    response.on('error', () => {});
    Promise.resolve(answer(request, response)).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(String(error));
    });
  };
  const listener: RequestListener =
    latencyMs === 0 ? handle : (...both) => void setTimeout(handle, latencyMs, ...both);
  const server =
    tls === undefined ? createServer(listener) : createTlsServer({ cert: tls.cert, key: tls.key }, listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name,
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function pairs(raw: readonly string[]): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) out.push([(raw[i] ?? '').toLowerCase(), raw[i + 1] ?? '']);
  return out;
}

/** Username and password of a Basic header; undefined without one. */
export function basicOf(header: string | undefined): { username: string; secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** All that a request carried, in clear: Basic headers are decoded. For searches. */
export function clearText(seen: Seen): string {
  const headers = seen.headers.map(([name, value]) => {
    const basic = basicOf(value);
    return `${name}: ${value}${basic === undefined ? '' : ` (${basic.username}:${basic.secret})`}`;
  });
  return [`${seen.method} ${seen.url}`, ...headers, '', seen.body].join('\n');
}
