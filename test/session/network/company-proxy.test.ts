import { expect, test } from 'vitest';
import { environmentProxies } from '../../../src/session/network/company-proxy.ts';
import { gitSettings, parseList } from '../../../src/session/network/git-settings.ts';
import { parseTarget, type Target } from '../../../src/session/network/host-name.ts';

const at = (text: string) => parseTarget(text) as Target;

test.each([
  ['', 'a.test:443', true],
  ['a.test', 'a.test:443', false],
  ['a.test', 'x.a.test:443', false],
  ['a.test', 'xa.test:443', true],
  ['.a.test', 'a.test:443', true],
  ['.a.test', 'x.a.test:443', false],
  ['*.a.test', 'x.a.test:443', false],
  ['*.a.test', 'a.test:443', true],
  ['A.Test', 'a.test:443', false],
  ['a.test:8443', 'a.test:443', true],
  ['a.test:8443', 'a.test:8443', false],
  ['*', 'a.test:443', false],
  ['b.test, a.test', 'a.test:443', false],
  ['10.0.0.0/8', '10.1.2.3:443', false],
  ['10.0.0.0/8', '11.1.2.3:443', true],
  ['10.0.0.0/99', '10.1.2.3:443', true],
  ['10.1.2.3', '10.1.2.3:443', false],
  ['10.1.2.3:80', '10.1.2.3:443', true],
  ['fd00::/8', '[fd12::1]:443', false],
  ['[::2]:443', '[::2]:443', false],
])('NO_PROXY=%s and %s: through the proxy %s', (list, target, through) => {
  const proxies = environmentProxies({ HTTPS_PROXY: 'http://proxy.test:3128', no_proxy: list });
  expect(proxies('https', at(target))?.href).toBe(through ? 'http://proxy.test:3128/' : undefined);
});

test('each scheme has its variable, upper case first, and this machine is never asked for through a proxy', () => {
  const proxies = environmentProxies({
    HTTPS_PROXY: 'proxy.test:1',
    https_proxy: 'proxy.test:2',
    http_proxy: 'http://u:p@proxy.test:3',
  });
  expect(proxies('https', at('a.test:443'))?.host).toBe('proxy.test:1');
  expect(proxies('http', at('a.test:80'))?.host).toBe('proxy.test:3');
  expect(proxies('https', at('127.0.0.1:443'))).toBeUndefined();
  expect(environmentProxies({ ALL_PROXY: 'http://all.test' })('http', at('a.test:80'))?.host).toBe(
    'all.test',
  );
  expect(environmentProxies({ ALL_PROXY: 'socks5://all.test' })('http', at('a.test:80'))).toBeUndefined();
});

test('the settings of git about the network', () => {
  const list = parseList(
    [
      'http.proxy\nhttp://one.test:3128',
      'http.https://git.test/.proxy\n',
      'http.https://*.wild.test/.proxy\nhttp://two.test',
      'url.https://user:pass@mirror.test/x/.insteadof\nhttps://github.com/',
      'url.git@ssh.test:.insteadof\nhttps://gitlab.com/',
      'http.https://git.test/.sslcainfo\n/etc/corp.pem',
      'http.sslverify\nfalse',
      'http.https://ok.test/.sslverify\ntrue',
      'http.https://odd.test/.sslverify',
      'core.multi\nline one\nline two',
      '',
    ].join('\0'),
  );
  const found = gitSettings(list);
  expect(found.leadsTo.has(at('mirror.test:443'))).toBe(true);
  expect(found.leadsTo.has(at('ssh.test:22'))).toBe(true);
  expect(found.leadsTo.has(at('github.com:443'))).toBe(false);
  expect(found.caFiles).toEqual(['/etc/corp.pem']);
  expect(found.unverified).toEqual(['http.sslverify']);
  expect(found.proxyFor(at('git.test:443'))).toEqual({ proxy: undefined });
  expect(found.proxyFor(at('a.wild.test:443'))?.proxy?.host).toBe('two.test');
  expect(found.proxyFor(at('a.b.wild.test:443'))?.proxy?.host).toBe('one.test:3128');
  expect(found.proxyFor(at('other.test:443'))?.proxy?.host).toBe('one.test:3128');
  expect(gitSettings([]).proxyFor(at('git.test:443'))).toBeUndefined();
});
