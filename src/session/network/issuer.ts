import { connect } from 'node:net';
import { machineAuthorities } from '../../platform/machine-authorities.ts';
import { environmentProxies } from './company-proxy.ts';
import { shakeHands } from './handshake.ts';
import { targetOf } from './host-name.ts';
import { connectThrough } from './tunnel.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Longest that a server may take to show its certificates, with the way to it, ms. */
const SHOW_MS = 5_000;

/**
 * The name of the authority at the top of what an https server shows, over a connection of its own on which nothing is
 * said: an error of OpenSSL does not tell. Goes through the job's proxies. Undefined when it cannot be had; never
 * rejects.
 */
export async function issuerAt(url: URL, env: Env, showMs = SHOW_MS): Promise<string | undefined> {
  const target = targetOf(url);
  if (target === undefined) return undefined;
  // As the client of the delivery: where no proxy is named for https, that for http is asked.
  const HTTPS_PROXY = env.https_proxy || env.HTTPS_PROXY || env.http_proxy || env.HTTP_PROXY;
  const proxy = environmentProxies({ ...env, HTTPS_PROXY })('https', target);
  const signal = AbortSignal.timeout(showMs);
  try {
    const socket =
      proxy === undefined
        ? connect({ host: target.host, port: target.port })
        : await connectThrough(proxy, target, machine, signal);
    socket.on('error', () => undefined);
    try {
      const shaken = await shakeHands(socket, target.host, [], signal);
      shaken.socket.destroy();
      return shaken.chain.at(-1)?.issuer;
    } finally {
      socket.destroy();
    }
  } catch {
    return undefined;
  }
}

const machine = async (): Promise<readonly string[]> => machineAuthorities();
