import { createHttp } from '../http.ts';
import type { Env } from '../types.ts';
import { openDownload } from './download.ts';
import { failure } from './failure.ts';
import { type Found, isKey, type Protocol } from './protocol.ts';
import { type CacheLimits, LIMITS, type Service } from './service.ts';
import type { CacheClient, CacheClientOptions, CacheHit } from './types.ts';
import { withArchive } from './upload.ts';
import { createV1 } from './v1.ts';
import { createV2 } from './v2.ts';

/** The service takes no more in one look-up. */
const MAX_KEYS = 10;

/**
 * A client of the cache service that the job's variables name; v1 or v2 as GitHub's own client would choose. Asks
 * nothing yet, and never throws: without a service every method rejects with `unavailable`. Whether the job may use
 * the cache at all (ACTIONS_CACHE_MODE, trust) is the caller's to know, see `cacheUnavailable`.
 * `limits` replaces some of the limits of time and size.
 */
export function createCacheClient(
  options: CacheClientOptions,
  limits: Partial<CacheLimits> = {},
): CacheClient {
  const { env } = options;
  const service: Service = {
    send: createHttp(env, options.version),
    limits: { ...LIMITS, ...limits },
    signal: options.signal,
    secrets: [env.ACTIONS_RUNTIME_TOKEN ?? '', ...longSegments(env.ACTIONS_CACHE_URL)],
    log: options.log ?? (() => {}),
  };
  const protocol = chooseProtocol(service, env);
  const addresses = new WeakMap<CacheHit, URL>();

  const find = async (primary: string, prefixes: readonly string[]): Promise<Found | undefined> => {
    const found = await protocol.find(primary, prefixes);
    // Some servers fold case. Anything beyond that is another entry than the one that was asked for.
    const key = found?.key.toLowerCase() ?? '';
    if (found === undefined || [primary, ...prefixes].some(asked => key.startsWith(asked.toLowerCase()))) {
      return found;
    }
    throw failure('lookup', 'bad-answer', 'an entry with a key that was not asked for', found.url.host);
  };
  const exact = async (key: string): Promise<URL> => {
    const found = isKey(key) ? await find(key, []) : undefined;
    if (found?.key.toLowerCase() === key.toLowerCase()) return found.url;
    throw failure('lookup', 'gone', 'the entry is not there');
  };

  return {
    protocol: protocol.name,
    async lookup(keys) {
      const asked = keys.filter(isKey).slice(0, MAX_KEYS);
      const [primary] = asked;
      if (primary === undefined) return undefined;
      // The first key is a prefix too: named twice, because not every server takes `key` for one.
      const found = await find(primary, asked.length < MAX_KEYS ? asked : asked.slice(1));
      if (found === undefined) return undefined;
      const hit: CacheHit = { key: found.key };
      addresses.set(hit, found.url);
      return hit;
    },
    async open(hit) {
      const renew = (): Promise<URL> => exact(hit.key);
      return await openDownload(service, { url: addresses.get(hit) ?? (await renew()), renew });
    },
    async reserve(key) {
      if (!isKey(key))
        throw failure('reserve', 'denied', 'the key is longer than 512 characters or has a comma');
      const fill = await protocol.reserve(key);
      return {
        key,
        fill: (file, size) => withArchive(file, size, archive => fill(archive, size)),
      };
    },
  };
}

function chooseProtocol(service: Service, env: Env): Protocol {
  const name = env.ACTIONS_CACHE_SERVICE_V2 && !isEnterpriseServer(env.GITHUB_SERVER_URL) ? 'v2' : 'v1';
  const address = name === 'v2' ? env.ACTIONS_RESULTS_URL : env.ACTIONS_CACHE_URL || env.ACTIONS_RESULTS_URL;
  const base =
    address !== undefined && /^https?:/i.test(address) && URL.canParse(address)
      ? new URL(address)
      : undefined;
  const token = env.ACTIONS_RUNTIME_TOKEN || undefined;
  if (base === undefined) {
    const reject = (step: 'lookup' | 'reserve') => async (): Promise<never> => {
      throw failure(step, 'unavailable', 'this job has no cache service');
    };
    return { name, find: reject('lookup'), reserve: reject('reserve') };
  }
  return name === 'v2' ? createV2(service, base, token ?? '') : createV1(service, base, token);
}

/** act has the token of its service in the path, and a service may quote the path that was asked. */
function longSegments(address: string | undefined): string[] {
  return (address ?? '').split(/[/?#]/).filter(segment => /^[\w-]{16,}$/.test(segment));
}

/** Its cache has never had v2, whatever the job's variables say. */
function isEnterpriseServer(server: string | undefined): boolean {
  const { hostname } = new URL(server !== undefined && URL.canParse(server) ? server : 'https://github.com');
  return hostname !== 'github.com' && !hostname.endsWith('.ghe.com') && !hostname.endsWith('.localhost');
}
