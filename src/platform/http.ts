import type { Readable } from 'node:stream';
import { isPlainLoopback } from '../config/loopback.ts';
import { machineAuthorities } from './machine-authorities.ts';
import type { Env } from './types.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'HEAD' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  readonly signal: AbortSignal;
}

/** One answer; `body` must be consumed or destroyed. Header names are lower case. */
export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** All of them; the first of those that were given several times. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** The effect that the client is given: one request, no redirect followed. Rejects on network trouble. */
export type SendHttp = (request: HttpRequest) => Promise<HttpAnswer>;

const CONNECT_MS = 5_000;

/**
 * Sends over undici, through the job's proxies (`http_proxy`, `https_proxy`, `no_proxy` in either case), trusting
 * the system's certificates beside Node's own. undici is loaded with the first request: what never asks need not
 * pay for it. Waiting is limited by the request's signal alone, connecting by 5 s.
 * @param authorities PEM certificates to trust beside, for clients that ask one host only; asked once
 * @param connections to one host at a time
 */
export function createHttp(
  env: Env,
  version: string,
  authorities?: () => Promise<readonly string[]>,
  connections = 16,
): SendHttp {
  const common = { connections, headersTimeout: 0, bodyTimeout: 0 };
  const direct = lazily(async () => {
    const { Agent } = await import('undici');
    return new Agent({ ...common, connect: { timeout: CONNECT_MS } });
  });
  const proxied = lazily(async () => {
    const { EnvHttpProxyAgent } = await import('undici');
    const ca = [...new Set([...machineAuthorities(), ...((await authorities?.()) ?? [])])];
    const connect = { timeout: CONNECT_MS, ca };
    return new EnvHttpProxyAgent({
      ...common,
      connect,
      requestTls: connect,
      httpProxy: env.http_proxy || env.HTTP_PROXY || '',
      httpsProxy: env.https_proxy || env.HTTPS_PROXY || '',
      noProxy: ['localhost', '127.0.0.1', '::1', env.no_proxy || env.NO_PROXY || '']
        .filter(Boolean)
        .join(','),
    });
  });

  return async wanted => {
    const { request } = await import('undici');
    // A proxy could not reach it, and GitHub's own client does not try either.
    const near = isPlainLoopback(wanted.url);
    const answer = await request(wanted.url, {
      method: wanted.method,
      headers: { 'user-agent': `modgate/${version}`, ...wanted.headers },
      body: wanted.body ?? null,
      signal: wanted.signal,
      dispatcher: near ? await direct() : await proxied(),
      // undici would close the connection after each of these, for servers that send a body all the same.
      ...(wanted.method === 'HEAD' ? { reset: false } : {}),
    });
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers)) {
      const first = Array.isArray(value) ? value[0] : value;
      if (first !== undefined) headers[name] = first;
    }
    return { status: answer.statusCode, header: name => headers[name], headers, body: answer.body };
  };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
