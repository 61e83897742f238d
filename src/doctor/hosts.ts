import { parseAuditStore } from '../config/audit-store.ts';
import { originOf } from './network/way.ts';
import type { Situation } from './situation.ts';
import { type Check, skipped } from './types.ts';

/** Origins that are to be reached, with what names each; and names that no request can be made of. */
export interface NamedHosts {
  readonly origins: ReadonlyMap<string, readonly string[]>;
  readonly untried: readonly Check[];
}

/**
 * The hosts that configuration and job name, each once. Pure. The checksum database is not among them: whether it is
 * asked itself is known only when the upstreams have been.
 */
export function namedHosts({
  config,
  entries,
  private: { globs },
  vulndb,
}: Pick<Situation, 'config' | 'entries' | 'private' | 'vulndb'>): NamedHosts {
  const origins = new Map<string, string[]>();
  const untried: Check[] = [];
  const add = (url: URL, by: string): void => {
    const origin = originOf(url);
    const all = origins.get(origin) ?? [];
    if (!all.includes(by)) all.push(by);
    origins.set(origin, all);
  };
  const addHost = (host: string, by: string, scheme: 'https' | 'ssh' = 'https'): void => {
    const url = `${scheme}://${host}`;
    if (!/[*?[\]\\]/.test(host.replace(/^\[[0-9a-f:.]+\]/i, '')) && URL.canParse(url)) add(new URL(url), by);
    else untried.push({ probe: 'dns', subject: host, ...skipped(`${by} names no single host with it`) });
  };
  const upstreams = config.proxy.upstream.length > 0 ? 'proxy.upstream' : 'GOPROXY';
  for (const { url } of entries) if (/^https?:/.test(url)) add(new URL(url), upstreams);
  const own = new Set(config.proxy.private);
  for (const glob of globs)
    addHost(glob.split('/', 1)[0] ?? '', own.has(glob) ? 'proxy.private' : 'GOPRIVATE');
  for (const { host } of config.proxy.credentials) addHost(host, 'proxy.credentials');
  for (const { hosts } of config.proxy.ca) for (const host of hosts) addHost(host, 'proxy.ca');
  for (const host of config.proxy.hosts) addHost(host, 'proxy.hosts');
  for (const host of config.proxy.ssh) addHost(host, 'proxy.ssh', 'ssh');
  if (vulndb !== undefined) add(new URL(vulndb), config.proxy.vulndb === null ? 'GOVULNDB' : 'proxy.vulndb');
  const { store } = config.audit;
  const parsed = store === null ? undefined : parseAuditStore(store);
  if (typeof parsed === 'object' && parsed.kind === 'collector') add(new URL(parsed.url), 'audit.store');
  return { origins, untried };
}
