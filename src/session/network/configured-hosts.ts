import { parseModuleStore, storeTexts } from '../../config/module-store.ts';
import type { Config } from '../../config/types.ts';
import { splitGlobs } from '../settings/private-paths.ts';
import type { GoSettings } from '../types.ts';
import { vulnDbOf } from '../vulndb.ts';
import { HostSet } from './host-set.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface Named {
  readonly config: Config;
  readonly go:
    | Pick<GoSettings, 'GOPROXY' | 'GOSUMDB' | 'GOPRIVATE' | 'GONOPROXY' | 'GONOSUMDB' | 'GOINSECURE'>
    | undefined;
  readonly env: Env;
  /** URLs of the upstream chain. */
  readonly upstreams: readonly string[];
}

/**
 * The hosts that the configuration, or the job's own settings of go, name: a word of the one or the other is enough
 * for a request to go there, and for an address inside the company. Pure.
 */
export function configuredHosts({ config, go, env, upstreams }: Named): HostSet {
  const set = new HostSet();
  const { proxy, audit, cache } = config;
  for (const url of [...upstreams, ...(go?.GOPROXY ?? env.GOPROXY ?? '').split(/[,|]/)])
    set.addUrl(url.trim());
  for (const upstream of proxy.upstream) set.addUrl(typeof upstream === 'string' ? upstream : upstream.url);
  const [database = '', url] = (go?.GOSUMDB ?? env.GOSUMDB ?? '').trim().split(/\s+/);
  if (url !== undefined) set.addUrl(url);
  else if (database !== 'off') set.add(database.split('+', 1)[0] ?? '');
  for (const { hosts } of proxy.ca) for (const host of hosts) set.add(host);
  for (const { host } of proxy.credentials) set.add(host);
  for (const host of [...proxy.hosts, ...proxy.ssh]) set.add(host);
  const vulndb = vulnDbOf(proxy.vulndb, env);
  if (vulndb !== undefined) set.addUrl(vulndb);
  set.addPathGlobs(proxy.private);
  for (const name of ['GOPRIVATE', 'GONOPROXY', 'GONOSUMDB', 'GOINSECURE'] as const) {
    set.addPathGlobs(splitGlobs(go?.[name] ?? env[name] ?? ''));
  }
  if (audit.store !== null) set.addUrl(audit.store);
  for (const text of storeTexts(cache.store)) {
    const store = parseModuleStore(text);
    if (typeof store === 'object' && store.kind === 'bucket' && store.place.endpoint !== undefined) {
      set.addUrl(store.place.endpoint);
    }
  }
  for (const server of [env.GITHUB_SERVER_URL, env.CI_SERVER_URL]) if (server) set.addUrl(server);
  return set;
}
