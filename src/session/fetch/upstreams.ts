import { readFile } from 'node:fs/promises';
import { redactUrl } from '../../config/redact.ts';
import type { Config } from '../../config/types.ts';
import { parseGoProxy } from '../../gomod/proxy-list.ts';
import type { ChainDeps, ChainEntry } from '../../proxy/upstream/chain.ts';
import { Health } from '../../proxy/upstream/health.ts';
import { type HttpClient, lazyHttpClient, type NetworkGate } from '../../proxy/upstream/http.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { withoutOurs } from '../environment.ts';

/** What asking upstreams takes. */
export interface Upstreams {
  readonly http: HttpClient;
  readonly health: Health;
  readonly chainDeps: ChainDeps;
}

export interface UpstreamsRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly credentials: Pick<Credentials, 'authorize' | 'explainStatus'>;
  /** Which hosts may be asked, and whom to believe. */
  readonly gate: NetworkGate;
  readonly redact: (text: string) => string;
  readonly log: (line: string) => void;
}

/** The network as the job's environment has it: its proxies, its extra certificates. */
export async function openUpstreams(request: UpstreamsRequest): Promise<Upstreams> {
  const { env, version, credentials, gate, redact, log } = request;
  const now = () => performance.now();
  const http = lazyHttpClient({
    httpProxy: env.HTTP_PROXY ?? env.http_proxy,
    httpsProxy: env.HTTPS_PROXY ?? env.https_proxy,
    noProxy: env.NO_PROXY ?? env.no_proxy,
    extraCa: env.SSL_CERT_FILE === undefined ? undefined : await readText(env.SSL_CERT_FILE),
    userAgent: `modgate/${version}`,
    gate,
    authorize: url => credentials.authorize(url),
  });
  const health = new Health(now);
  const chainDeps: ChainDeps = {
    http,
    health,
    now,
    random: Math.random,
    sleep,
    redact,
    explain: (url, status) => credentials.explainStatus(url, status),
    onFailure: (what, upstream, failure) => log(`${upstream} ${what}: ${failure.message}`),
  };
  return { http, health, chainDeps };
}

/** The chain: `proxy.upstream`, else the job's own GOPROXY without anything of ours. */
export function upstreamEntries(
  config: Config,
  goproxy: string | undefined,
  warn: (line: string) => void,
): ChainEntry[] {
  const configured = config.proxy.upstream;
  if (configured.length > 0) {
    return configured.map(upstream =>
      typeof upstream === 'string'
        ? { url: upstream, fallBackOn: 'absent' as const }
        : { url: upstream.url, fallBackOn: 'absent' as const, absentOn403: upstream['absent-on-403'] },
    );
  }
  const value = withoutOurs(goproxy ?? '');
  try {
    return [...parseGoProxy(value).entries];
  } catch (error) {
    warn(
      `GOPROXY cannot be used (${redactUrl(error instanceof Error ? error.message : String(error))}): nothing can be fetched`,
    );
    return [];
  }
}

async function readText(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined);
}

/** Resolves after `ms`, or at once when aborted. */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await new Promise<void>(resolve => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}
