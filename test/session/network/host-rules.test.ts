import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../../src/config/defaults.ts';
import type { Config } from '../../../src/config/types.ts';
import { configuredHosts } from '../../../src/session/network/configured-hosts.ts';
import { parseTarget, type Target } from '../../../src/session/network/host-name.ts';
import { HostRules, type HostRulesSettings, type ListWord } from '../../../src/session/network/host-rules.ts';
import { HostSet } from '../../../src/session/network/host-set.ts';

const at = (text: string): Target => {
  const target = parseTarget(text);
  if (target === undefined) throw new Error(`${text} is no target`);
  return target;
};

function setOf(...hosts: string[]): HostSet {
  const set = new HostSet();
  for (const host of hosts) set.add(host);
  return set;
}

describe('hosts that somebody named', () => {
  it('a name is the host on every port, an address and this machine the one port that was named', () => {
    const set = setOf('git.example.test', '10.0.0.5:8443', 'localhost:3000', '[fd00::1]:443', '10.0.0.6');
    expect(set.has(at('git.example.test:443'))).toBe(true);
    expect(set.has(at('git.example.test:8443'))).toBe(true);
    expect(set.has(at('x.git.example.test:443'))).toBe(false);
    expect(set.has(at('10.0.0.5:8443'))).toBe(true);
    expect(set.has(at('10.0.0.5:443'))).toBe(false);
    expect(set.has(at('0xa.5:8443'))).toBe(true);
    expect(set.has(at('localhost:3000'))).toBe(true);
    expect(set.has(at('localhost:22'))).toBe(false);
    expect(set.has(at('127.0.0.1:3000'))).toBe(false);
    expect(set.has(at('[fd00::1]:443'))).toBe(true);
    expect(set.has(at('10.0.0.6:9'))).toBe(true);
  });

  it('a glob is for names, never for addresses, and one without a letter is none', () => {
    const set = setOf('*.corp.example', '*', '*.*', '?', '1*');
    expect(set.has(at('git.corp.example:443'))).toBe(true);
    expect(set.has(at('git.team.corp.example:443'))).toBe(true);
    expect(set.has(at('corp.example:443'))).toBe(false);
    expect(set.has(at('git.corp.example.evil.test:443'))).toBe(false);
    expect(set.has(at('evil.test:443'))).toBe(false);
    expect(set.has(at('127.0.0.1:443'))).toBe(false);
  });

  it('what is no host is left out', () => {
    const set = setOf('https://a.test', 'a b', '@', 'a.test/b', '[fe80::1%eth0]');
    set.addUrl('no url');
    set.addUrl('file:///etc');
    expect(set.isEmpty).toBe(true);
  });
});

describe('what the configuration names', () => {
  const config = (proxy: Partial<Config['proxy']>, store: string | null = null): Config => ({
    ...DEFAULTS,
    proxy: { ...DEFAULTS.proxy, 'on-failure': 'fail', ...proxy },
    audit: { ...DEFAULTS.audit, store },
  });

  it('every key and setting that names a host', () => {
    const set = configuredHosts({
      config: config(
        {
          upstream: [
            { url: 'https://up.example.test:8443/x', 'absent-on-403': false },
            { url: 'direct', 'absent-on-403': false },
          ],
          private: ['private.example.test/team', '*.sub.example.test'],
          ca: [{ hosts: ['ca.example.test'], file: 'x' }],
          credentials: [{ host: 'login.example.test', 'token-env': 'X' }],
          hosts: ['more.example.test'],
          ssh: ['ssh.example.test'],
        },
        'https://audit.example.test',
      ),
      go: {
        GOPROXY: 'https://user:pass@goproxy.example.test|direct',
        GOSUMDB: 'sum.example.test+abc+def https://sumdb.example.test',
        GOPRIVATE: 'goprivate.example.test/*',
        GONOPROXY: 'none',
        GONOSUMDB: 'gonosumdb.example.test',
        GOINSECURE: 'goinsecure.example.test',
      },
      env: { CI_SERVER_URL: 'https://gitlab.example.test', GITHUB_SERVER_URL: 'https://github.example.test' },
      upstreams: ['http://127.0.0.1:3000', 'direct', 'off', 'file:///srv'],
    });
    const names =
      'up private a.sub ca login more ssh audit goproxy sumdb goprivate gonosumdb goinsecure gitlab github'.split(
        ' ',
      );
    expect(names.filter(name => !set.has(at(`${name}.example.test:443`)))).toEqual([]);
    expect(set.has(at('127.0.0.1:3000'))).toBe(true);
    for (const other of [
      '127.0.0.1:443',
      'sum.example.test:443',
      'none:443',
      'example.test:443',
      'direct:443',
    ]) {
      expect(set.has(at(other)), other).toBe(false);
    }
  });

  it('a database that is only named is meant by its name, and none at all names nothing', () => {
    const named = (GOSUMDB: string) =>
      configuredHosts({ config: config({}), go: undefined, env: { GOSUMDB }, upstreams: [] });
    expect(named('sum.example.test').has(at('sum.example.test:443'))).toBe(true);
    expect(named('off').isEmpty).toBe(true);
  });
});

describe('the rules', () => {
  const words: Readonly<Record<string, ListWord>> = {
    'denied.test': { kind: 'denied', reason: 'hosts.deny has it' },
    'absent.test': { kind: 'absent', reason: 'hosts.allow does not have it' },
    'named-denied.test': { kind: 'denied', reason: 'hosts.deny has it' },
    'named-absent.test': { kind: 'absent', reason: 'hosts.allow does not have it' },
  };
  const rules = (more: Partial<HostRulesSettings> = {}) =>
    new HostRules({
      configured: setOf('named-denied.test', 'named-absent.test', 'intranet.test', '10.0.0.5:8443'),
      lists: host => words[host],
      ...more,
    });
  const origin = (text: string) => {
    const judged = rules().origin(at(text));
    return judged.state === 'allowed' ? judged.reach : judged.refusal.reason;
  };
  const redirect = (text: string) => {
    const judged = rules().redirect(at(text));
    return judged.state === 'allowed' ? judged.reach : judged.refusal.reason;
  };

  it('where modules may come from', () => {
    expect(origin('public.test:443')).toBe('internet');
    expect(origin('intranet.test:443')).toBe('any-address');
    expect(origin('denied.test:443')).toContain('hosts.deny has it');
    expect(origin('DENIED.test.:443')).toContain('hosts.deny has it');
    expect(origin('named-denied.test:443')).toContain('hosts.deny has it');
    expect(origin('absent.test:443')).toContain('hosts.allow does not have it');
    expect(origin('named-absent.test:443')).toBe('any-address');
  });

  it('where an upstream may redirect to: lists of modules do not name its storage', () => {
    expect(redirect('absent.test:443')).toBe('internet');
    expect(redirect('denied.test:443')).toContain('hosts.deny has it');
    expect(redirect('10.0.0.5:8443')).toBe('any-address');
    expect(redirect('10.0.0.5:443')).toContain('private address');
    expect(redirect('169.254.169.254:80')).toContain('link-local');
  });

  it('addresses and ports that nobody named', () => {
    expect(origin('127.0.0.1:443')).toContain('loopback');
    expect(origin('2130706433:443')).toContain('loopback');
    expect(origin('[::ffff:10.0.0.1]:443')).toContain('private');
    expect(origin('1.1.1.1:443')).toBe('internet');
    expect(origin('public.test:80')).toBe('internet');
    expect(origin('public.test:8443')).toBe('internet');
    expect(origin('public.test:22')).toContain('port 22');
    expect(origin('public.test:25')).toContain('port 25');
    expect(origin('intranet.test:22')).toBe('any-address');
  });

  it('an accepted module excuses its host from the lists, and from nothing else', () => {
    expect(rules().origin(at('absent.test:443'), true)).toEqual({ state: 'allowed', reach: 'internet' });
    expect(rules().origin(at('127.0.0.1:443'), true).state).toBe('refused');
  });

  it('what git is led to by a setting of the job is named by it', () => {
    const led = rules({ alsoConfigured: ({ host }) => host === 'mirror.test' });
    expect(led.origin(at('mirror.test:443'))).toEqual({ state: 'allowed', reach: 'any-address' });
  });

  it('ssh has a list of its own', () => {
    const ask = (text: string, listed: HostSet, listsHosts: boolean) => {
      const judged = rules().ssh(at(text), { listed, listsHosts });
      return judged.state === 'allowed' ? judged.reach : judged.refusal.reason;
    };
    const [none, some] = [new HostSet(), setOf('git.test', 'denied.test')];
    expect(ask('public.test:22', none, false)).toBe('internet');
    expect(ask('127.0.0.1:22', none, false)).toContain('loopback');
    expect(ask('public.test:22', none, true)).toContain('not allowed over ssh');
    expect(ask('intranet.test:22', none, true)).toBe('any-address');
    expect(ask('git.test:22', some, true)).toBe('any-address');
    expect(ask('git.test:22', some, false)).toBe('any-address');
    expect(ask('intranet.test:22', some, false)).toContain('proxy.ssh does not have it');
    expect(ask('denied.test:22', some, false)).toContain('hosts.deny');
  });
});
