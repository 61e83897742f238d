import { isIP } from 'node:net';

/** Longest name that DNS knows. */
const LONGEST = 253;

/**
 * A host as everything here compares it: lower case, no final dot, international names in their ASCII form, IPv4 in
 * four decimal parts however it was written (`0x7f.1` is 127.0.0.1 to a resolver), IPv6 shortened and without
 * brackets. Undefined for what is no host: with user, port, path, escapes or a zone.
 */
export function plainHost(text: string): string | undefined {
  if (text.length > 2 * LONGEST || /[\s/?#@%\\<>^|\x00-\x20\x7f]/.test(text)) return undefined;
  const bare = text.replace(/\.$/, '');
  const bracketed = isIP(bare) === 6 ? `[${bare}]` : bare;
  if (bare === '' || (!bracketed.startsWith('[') && bare.includes(':'))) return undefined;
  const url = `http://${bracketed}/`;
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return host.length > LONGEST || /^\.|\.\.|\.$/.test(host) ? undefined : host;
}

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Reads `HOST:PORT` or `[V6]:PORT`, as a CONNECT request names its target; undefined for anything else. */
export function parseTarget(text: string): Target | undefined {
  const [, name = '', digits = ''] = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? [];
  const host = plainHost(name);
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Host and port of an http or https URL; undefined for one of another scheme. */
export function targetOf(url: URL): Target | undefined {
  const usual = url.protocol === 'https:' ? 443 : url.protocol === 'http:' ? 80 : undefined;
  const host = plainHost(url.hostname);
  if (usual === undefined || host === undefined) return undefined;
  return { host, port: url.port === '' ? usual : Number(url.port) };
}

/** `HOST:PORT`, IPv6 in brackets; the host alone where the port is 0, which stands for any. */
export function authority({ host, port }: Target): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 0 ? name : `${name}:${port}`;
}
