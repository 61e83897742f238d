import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../../config/loopback.ts';
import { plainHost, type Target } from './host-name.ts';

type Env = Readonly<Record<string, string | undefined>>;

export type Scheme = 'http' | 'https';

/** The network proxy that leads to a target; undefined for none. It may hold credentials. */
export type ProxyFor = (scheme: Scheme, target: Target) => URL | undefined;

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY as go reads them; git's library agrees. Pure. */
export function environmentProxies(env: Env): ProxyFor {
  const either = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  // go does not know ALL_PROXY, but whoever sets nothing else means it.
  const all = proxyUrl(either('ALL_PROXY'));
  const rest = all?.protocol === 'http:' || all?.protocol === 'https:' ? all : undefined;
  const http = proxyUrl(either('HTTP_PROXY')) ?? rest;
  const https = proxyUrl(either('HTTPS_PROXY')) ?? rest;
  const exempt = noProxy(either('NO_PROXY') ?? '');
  return (scheme, target) => {
    const proxy = scheme === 'https' ? https : http;
    return proxy === undefined || isLoopback(target.host) || exempt(target) ? undefined : proxy;
  };
}

/** A proxy as people write it, `http://` being left out often; undefined for none. */
export function proxyUrl(text: string | undefined): URL | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** The rules of `golang.org/x/net/http/httpproxy`: names with all below them, addresses, networks, ports, `*`. */
function noProxy(list: string): (target: Target) => boolean {
  const networks = new BlockList();
  const names: { readonly host: string; readonly itself: boolean; readonly port: number | undefined }[] = [];
  let all = false;
  for (const entry of list.toLowerCase().split(/[\s,]+/)) {
    if (entry === '') continue;
    if (entry === '*') all = true;
    const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
    const family = isIP(network);
    if (family !== 0) {
      if (Number(bits) <= (family === 4 ? 32 : 128))
        networks.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
      continue;
    }
    const [, name = '', port] =
      /^(\[[0-9a-f:.]+\]|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*|[^:]+)(?::(\d+))?$/.exec(entry) ?? [];
    const suffix = name.replace(/^\*(?=\.)/, '');
    const host = plainHost(suffix.replace(/^\./, ''));
    if (host !== undefined) {
      names.push({
        host,
        itself: !suffix.startsWith('.'),
        port: port === undefined ? undefined : Number(port),
      });
    }
  }
  return ({ host, port }) => {
    if (all) return true;
    const family = isIP(host);
    if (family !== 0 && networks.check(host, family === 4 ? 'ipv4' : 'ipv6')) return true;
    return names.some(
      name =>
        (name.port === undefined || name.port === port) &&
        ((name.itself && host === name.host) || (family === 0 && host.endsWith(`.${name.host}`))),
    );
  };
}
