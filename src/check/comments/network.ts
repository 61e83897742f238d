import { machineAuthorities } from '../../platform/machine-authorities.ts';
import type { Env } from '../../platform/types.ts';

/** Longest that one request to a forge may take, ms. */
export const REQUEST_MS = 15_000;

/**
 * The network as the job has it: its proxies and the machine's own certificate authorities.
 * @param own PEM certificates to trust beside, for clients that ask one host only
 */
export async function dispatcherOf(env: Env, own: readonly string[] = []) {
  const { EnvHttpProxyAgent } = await import('undici');
  const ca = [...new Set([...machineAuthorities(), ...own])];
  const connect = { timeout: 10_000, ca };
  return new EnvHttpProxyAgent({
    httpProxy: env.HTTP_PROXY ?? env.http_proxy ?? '',
    httpsProxy: env.HTTPS_PROXY ?? env.https_proxy ?? '',
    noProxy: ['localhost', '127.0.0.1', '::1', env.NO_PROXY ?? env.no_proxy ?? ''].filter(Boolean).join(','),
    connect,
    requestTls: connect,
    headersTimeout: REQUEST_MS,
    bodyTimeout: REQUEST_MS,
  });
}
