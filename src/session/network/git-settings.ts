import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { proxyUrl } from './company-proxy.ts';
import { plainHost, type Target, targetOf } from './host-name.ts';
import { HostSet } from './host-set.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the job told git about the network: by its files, and by `GIT_CONFIG_*`. */
export interface GitSettings {
  /** `http.proxy` and `http.URL.proxy`. */
  readonly proxies: readonly { readonly key: string; readonly value: string }[];
  /** The proxy that those settings name for a target; `undefined` answers: they do not speak of it. */
  readonly proxyFor: (target: Target) => { readonly proxy: URL | undefined } | undefined;
  /** Hosts that `url.BASE.insteadOf` leads to. */
  readonly leadsTo: HostSet;
  /** Files of `http.sslCAInfo`, which the variable GIT_SSL_CAINFO would hide. */
  readonly caFiles: readonly string[];
  /** Settings that switch verification off, as they are written. */
  readonly unverified: readonly string[];
  /** `protocol.git.allow`; undefined where the job says nothing. */
  readonly gitProtocol: string | undefined;
  /** `ssh.variant`; undefined where git is to find out. */
  readonly sshVariant: string | undefined;
}

/** Most bytes of settings that are read; what has more is read as if it had none. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/**
 * Asks git for all its settings outside any repository.
 * @param dir where children run; a repository above it is not looked into
 */
export async function readGitSettings(env: Env, dir: string): Promise<GitSettings> {
  const text = await new Promise<string>(done => {
    execFile(
      'git',
      ['config', '--includes', '--list', '-z'],
      {
        cwd: dir,
        env: { ...withoutProxies(env), GIT_CEILING_DIRECTORIES: dirname(dir) },
        maxBuffer: MAX_OUTPUT,
        timeout: 10_000,
        windowsHide: true,
      },
      // No git, or settings that it cannot read: the child that needs them says so.
      (error, stdout) => done(error === null ? stdout : ''),
    );
  });
  return gitSettings(parseList(text));
}

/** Nothing is fetched, and a proxy's variable may hold the password of the company's. */
function withoutProxies(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:https?|all|no)_proxy$/i.test(name)));
}

type Setting = readonly [key: string, value: string];

/** Reads the output of `git config --list -z`. A key without a value means true. */
export function parseList(text: string): Setting[] {
  return text
    .split('\0')
    .filter(entry => entry !== '')
    .map(entry => {
      const end = entry.indexOf('\n');
      return end < 0 ? ([entry, 'true'] as const) : ([entry.slice(0, end), entry.slice(end + 1)] as const);
    });
}

/** What settings say about the network; the later one of two wins. Pure. */
export function gitSettings(list: readonly Setting[]): GitSettings {
  const leadsTo = new HostSet();
  const proxies = new Map<string, string>();
  const caFiles = new Set<string>();
  const unverified = new Map<string, string>();
  let gitProtocol: string | undefined;
  let sshVariant: string | undefined;
  for (const [key, value] of list) {
    const base = /^url\.(.+)\.insteadof$/s.exec(key)?.[1];
    if (base !== undefined) addBase(leadsTo, base);
    else if (/^http\.(?:.+\.)?proxy$/s.test(key)) proxies.set(key, value);
    else if (/^http\.(?:.+\.)?sslcainfo$/s.test(key)) caFiles.add(value);
    else if (/^http\.(?:.+\.)?sslverify$/s.test(key)) unverified.set(key, value);
    else if (key === 'protocol.git.allow') gitProtocol = value;
    else if (key === 'ssh.variant') sshVariant = value === 'auto' ? undefined : value;
  }
  return {
    proxies: [...proxies].map(([key, value]) => ({ key, value })),
    proxyFor: proxyForOf(proxies),
    leadsTo,
    caFiles: [...caFiles].filter(file => file !== ''),
    unverified: [...unverified]
      .filter(([, value]) => /^(?:false|no|off|0|)$/i.test(value))
      .map(([key]) => key),
    gitProtocol,
    sshVariant,
  };
}

/** `https://HOST/`, `ssh://git@HOST:22/` or `git@HOST:`. */
function addBase(hosts: HostSet, base: string): void {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(base)) hosts.addUrl(base);
  else hosts.add(/^(?:[^@/]*@)?([^:/]+):/.exec(base)?.[1] ?? '');
}

/** Among the settings for a host the one with the longest URL counts, as git prefers the more specific one. */
function proxyForOf(proxies: ReadonlyMap<string, string>): GitSettings['proxyFor'] {
  if (proxies.size === 0) return () => undefined;
  const bySpeciality = [...proxies]
    .map(([key, value]) => ({ url: key.slice('http.'.length, -'.proxy'.length), value, key }))
    .sort((a, b) => b.url.length - a.url.length);
  return target => {
    const found = bySpeciality.find(({ key, url }) => key === 'http.proxy' || isFor(url, target));
    return found === undefined ? undefined : { proxy: proxyUrl(found.value) };
  };
}

function isFor(pattern: string, target: Target): boolean {
  const wild = /^https?:\/\/(?:[^@/]*@)?\*\.([^:/]+)/i.exec(pattern)?.[1];
  if (wild !== undefined) {
    const host = plainHost(wild);
    return (
      host !== undefined &&
      target.host.endsWith(`.${host}`) &&
      !target.host.slice(0, -host.length - 1).includes('.')
    );
  }
  const named = URL.canParse(pattern) ? targetOf(new URL(pattern)) : undefined;
  return named !== undefined && named.host === target.host && named.port === target.port;
}
