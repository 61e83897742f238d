import { isIP } from 'node:net';
import { isLoopback } from '../../config/loopback.ts';
import type { Env } from '../types.ts';

/** A network proxy as the environment names it. */
export interface NetworkProxy {
  readonly url: URL;
  readonly variable: string;
}

/** How requests to a URL leave: straight, or through a proxy of the job's environment. */
export interface Way {
  readonly through: NetworkProxy | undefined;
  /** A proxy that is there and not asked, because NO_PROXY names the host. */
  readonly spared: NetworkProxy | undefined;
}

/** The way that the session's own client takes, which for https takes HTTP_PROXY where there is no HTTPS_PROXY. */
export function wayTo(url: URL, env: Env): Way {
  const host = bareHost(url);
  if (isLoopback(host)) return { through: undefined, spared: undefined };
  const plain = named(env, 'HTTP_PROXY');
  const proxy = url.protocol === 'https:' ? (named(env, 'HTTPS_PROXY') ?? plain) : plain;
  return excepted(url, env.NO_PROXY ?? env.no_proxy ?? '')
    ? { through: undefined, spared: proxy }
    : { through: proxy, spared: undefined };
}

/** A URL's host without the brackets of IPv6. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

function named(env: Env, name: string): NetworkProxy | undefined {
  const lower = name.toLowerCase();
  const variable = env[name] === undefined ? lower : name;
  const value = env[variable];
  if (value === undefined || value === '') return undefined;
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  return URL.canParse(whole) ? { url: new URL(whole), variable } : undefined;
}

/** NO_PROXY as the client reads it: hosts with all below them, `*` for all, a port where one is named. */
function excepted(url: URL, list: string): boolean {
  const host = bareHost(url).toLowerCase();
  return list
    .split(/[,\s]+/)
    .filter(entry => entry !== '')
    .some(entry => {
      if (entry === '*') return true;
      const [, name = entry, port] = isIP(entry) === 0 ? (/^(.+):(\d+)$/.exec(entry) ?? []) : [];
      if (port !== undefined && Number(port) !== portOf(url)) return false;
      const domain = name.toLowerCase().replace(/^\*?\.|^\[|\]$/g, '');
      return host === domain || host.endsWith(`.${domain}`);
    });
}
