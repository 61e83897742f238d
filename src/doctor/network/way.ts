import { environmentProxies } from '../../session/network/company-proxy.ts';
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

/** The way of the session's own client, which for https takes HTTP_PROXY where there is no HTTPS_PROXY. */
export function wayTo(url: URL, env: Env): Way {
  // No ssh obeys these variables.
  if (url.protocol === 'ssh:') return { through: undefined, spared: undefined };
  const either = (name: string): string | undefined =>
    [name, name.toLowerCase()].find(variable => Boolean(env[variable]));
  const plain = either('HTTP_PROXY');
  const variable = url.protocol === 'https:' ? (either('HTTPS_PROXY') ?? plain) : plain;
  if (variable === undefined) return { through: undefined, spared: undefined };
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const target = { host: bareHost(url), port: portOf(url) };
  const given = { HTTP_PROXY: env[variable], HTTPS_PROXY: env[variable] };
  const always = environmentProxies(given)(scheme, target);
  if (always === undefined) return { through: undefined, spared: undefined };
  const excepted = environmentProxies({ ...given, NO_PROXY: env.NO_PROXY || env.no_proxy })(scheme, target);
  const proxy = { url: always, variable };
  return excepted === undefined
    ? { through: undefined, spared: proxy }
    : { through: proxy, spared: undefined };
}

/** A URL's host without the brackets of IPv6. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

export function portOf({ port, protocol }: URL): number {
  return Number(port) || USUAL[protocol] || 80;
}

const USUAL: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80, 'ssh:': 22 };

/** Scheme, host and port; URL itself knows no origin of ssh. */
export function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}
