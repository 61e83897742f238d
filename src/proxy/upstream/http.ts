import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { isPlainLoopback } from '../../config/loopback.ts';
import { redactUrl } from '../../config/redact.ts';
import { machineAuthorities } from '../../platform/machine-authorities.ts';
import { basicLogin } from '../../platform/url-login.ts';

/** One HTTP answer; `body` must be consumed or destroyed. Header names are lower case. */
export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Readable;
  /** Where the answer came from after redirects, redacted. */
  readonly from: string;
}

export interface HttpRequest {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** False after a failure: HTTP/2 faults of a middle box must not outlive one attempt. */
  readonly allowH2: boolean;
}

/** The effect the upstream code is given: one GET, redirects followed. Rejects with any Error on network trouble. */
export interface HttpClient {
  get(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Go follows ten. */
const MAX_REDIRECTS = 10;

/** A redirect that go would not follow either, or one too many. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';
}

/** A request that is not sent, because of what it would show on its way. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
}

/** A host that a rule keeps from being asked. */
export class HostRefused extends Error {
  override readonly name: string = 'HostRefused';
  /** What to do about it, a sentence part. */
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

/** Which addresses a host may have: `internet`, when none of them leads into a network of one's own. */
export type HostReach = 'any-address' | 'internet';

/** Which hosts may be asked, and whom to believe there. */
export interface NetworkGate {
  /** Asked for the first URL and for every redirect, before a request leaves. Throws HostRefused. */
  judge(url: URL, isRedirect: boolean): HostReach;
  /** Look up a host; fail with HostRefused for one that is to be in the Internet and is not. */
  readonly lookups: Readonly<Record<HostReach, LookupFunction>>;
  /** PEM certificates of authorities for this host alone. */
  authorities(url: URL): readonly string[];
}

export interface HttpSettings {
  /** HTTPS_PROXY, HTTP_PROXY, NO_PROXY as the job has them. */
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
  /** Extra PEM certificates (SSL_CERT_FILE), beside Node's own and the system's. */
  readonly extraCa?: string | undefined;
  readonly userAgent: string;
  readonly gate?: NetworkGate | undefined;
  /**
   * The Authorization header for a URL, which may hold user and password; asked once a request, and sent to the
   * origin of that URL alone. May reject with NotSent. Left out: what the URL itself holds.
   */
  readonly authorize?: (url: URL) => Promise<string | undefined>;
}

/**
 * The undici client: keep-alive, HTTP/2 where offered, proxies from the environment. Loads undici, so it is
 * created after the daemon listens.
 */
export async function createHttpClient(settings: HttpSettings): Promise<HttpClient> {
  const { Agent, EnvHttpProxyAgent, request } = await import('undici');
  // 64 sockets a host: twice the prefetch streams, so that go's own requests never queue behind them.
  const common = { connections: 64, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 };
  let everywhere: readonly string[] | undefined;
  const connect = (own: readonly string[]) => {
    // Company CAs live in the system's store, where go finds them; Node's bundled list has none of them.
    everywhere ??= [...machineAuthorities(), ...(settings.extraCa === undefined ? [] : [settings.extraCa])];
    // Said explicitly: a variable of the environment must not switch verification off without a word.
    return { timeout: 10_000, ca: [...everywhere, ...own], rejectUnauthorized: true };
  };
  type Dispatchers = { h1: InstanceType<typeof Agent>; h2: InstanceType<typeof Agent> };
  const makers = new Map<string, Promise<Dispatchers>>();
  const dispatchersFor = (url: URL, reach: HostReach): Promise<Dispatchers> => {
    // go never sends loopback traffic through HTTP_PROXY; a proxy could not reach it anyway.
    const kind = url.protocol === 'https:' ? 'tls' : isPlainLoopback(url) ? 'loopback' : 'plain';
    const own = kind === 'tls' ? (settings.gate?.authorities(url) ?? []) : [];
    const key = `${kind} ${reach} ${own.length === 0 ? '' : url.host}`;
    let made = makers.get(key);
    if (made === undefined) {
      made = (async () => {
        const lookup = settings.gate?.lookups[reach];
        const options = {
          ...(kind === 'tls' ? connect(own) : { timeout: 10_000 }),
          ...(lookup === undefined ? {} : { lookup }),
        };
        const make = (allowH2: boolean) => {
          if (kind === 'loopback') return new Agent({ ...common, allowH2, connect: options });
          return new EnvHttpProxyAgent({
            ...common,
            allowH2,
            connect: options,
            ...(kind === 'tls' ? { requestTls: options } : {}),
            httpProxy: settings.httpProxy ?? '',
            httpsProxy: settings.httpsProxy ?? '',
            noProxy: ['localhost', '127.0.0.1', '::1', settings.noProxy ?? ''].filter(Boolean).join(','),
          }) as unknown as InstanceType<typeof Agent>;
        };
        return { h1: make(false), h2: make(kind === 'tls') };
      })();
      makers.set(key, made);
    }
    return made;
  };

  const get = async (wanted: HttpRequest): Promise<HttpAnswer> => {
    let url = wanted.url;
    const firstOrigin = url.origin;
    const authorization = await (settings.authorize?.(url) ?? basicLogin(url));
    for (let hop = 0; ; hop++) {
      const reach = settings.gate?.judge(url, hop > 0) ?? 'any-address';
      const dispatchers = await dispatchersFor(url, reach);
      const headers: Record<string, string> = { 'user-agent': settings.userAgent, ...wanted.headers };
      // Credentials of an upstream belong to its own origin; a storage host it redirects to gets none.
      if (url.origin === firstOrigin && authorization !== undefined) headers.authorization = authorization;
      const bare = new URL(url);
      bare.username = '';
      bare.password = '';
      const answer = await request(bare, {
        method: 'GET',
        headers,
        signal: wanted.signal,
        dispatcher: wanted.allowH2 ? dispatchers.h2 : dispatchers.h1,
      });
      const header = (name: string): string | undefined => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value[0] : value;
      };
      const location = header('location');
      if (![301, 302, 303, 307, 308].includes(answer.statusCode) || location === undefined) {
        return { status: answer.statusCode, header, body: answer.body, from: redactUrl(bare.href) };
      }
      await answer.body.dump({ limit: 64 * 1024 }).catch(() => undefined);
      if (hop >= MAX_REDIRECTS) throw new RedirectError(`stopped after ${MAX_REDIRECTS} redirects`);
      const next = new URL(location, url);
      if (next.protocol !== 'https:' && !(next.protocol === 'http:' && url.protocol === 'http:')) {
        throw new RedirectError(`redirect from ${url.protocol}// to ${next.protocol}// is not followed`);
      }
      url = next;
    }
  };
  return {
    get,
    close: async () => {
      for (const made of makers.values()) {
        const { h1, h2 } = await made;
        await Promise.allSettled([h1.destroy(), h2.destroy()]);
      }
    },
  };
}

/** The same client, made with the first request: a warm job asks no upstream and need not load undici. */
export function lazyHttpClient(settings: HttpSettings): HttpClient {
  let made: Promise<HttpClient> | undefined;
  return {
    get: async request => {
      made ??= createHttpClient(settings);
      return await (await made).get(request);
    },
    close: async () => await (await made)?.close(),
  };
}
