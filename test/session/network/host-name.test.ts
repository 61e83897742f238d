import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authority, parseTarget, plainHost, targetOf } from '../../../src/session/network/host-name.ts';

describe('hosts as everything compares them', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['git_server.corp', 'git_server.corp'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['0xA9FEA9FE', '169.254.169.254'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['::1', '::1'],
    ['[0:0:0:0:0:0:0:1]', '::1'],
    ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
    ['[FE80::1]', 'fe80::1'],
  ])('%s is %s', (text, host) => {
    expect(plainHost(text)).toBe(host);
  });

  it.each([
    '',
    '.',
    ' ',
    'a b',
    'user@example.com',
    'example.com@evil.test',
    'example.com:443',
    'example.com/path',
    'example.com#x',
    'example.com?x',
    'example.com\\evil.test',
    '%31%32%37.0.0.1',
    'exa%6dple.com',
    'example.com\0.evil.test',
    'example.com\r\nHost: evil.test',
    '[fe80::1%eth0]',
    'fe80::1%25eth0',
    '[::1',
    '::1]',
    '[127.0.0.1]',
    '256.256.256.256',
    '0x7f.1.2.3.4.5',
    'x'.repeat(300),
    `${'a'.repeat(60)}.`.repeat(6),
  ])('%j is none', text => {
    expect(plainHost(text)).toBeUndefined();
  });

  it('what was made plain stays as it is, whatever it was made of', () => {
    const pieces = fc.array(
      fc.constantFrom('0x7f', '1', '.', 'a', 'Ä', '[', ']', ':', 'ffff', '@', '%', '-', 'com', '。'),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map(all => all.join('')),
        ),
        text => {
          const host = plainHost(text);
          if (host === undefined) return;
          expect(plainHost(host)).toBe(host);
          expect(host).toMatch(/^[^\s/?#@%\\A-Z[\]]+$/);
        },
      ),
    );
  });
});

describe('the target of a CONNECT', () => {
  it.each([
    ['example.com:443', { host: 'example.com', port: 443 }],
    ['EXAMPLE.com.:8443', { host: 'example.com', port: 8443 }],
    ['[::1]:22', { host: '::1', port: 22 }],
    ['0x7f000001:1', { host: '127.0.0.1', port: 1 }],
  ])('%s', (text, target) => {
    expect(parseTarget(text)).toEqual(target);
  });

  it.each([
    'example.com',
    'example.com:',
    'example.com:0',
    'example.com:65536',
    'example.com:443:443',
    'example.com:+443',
    'example.com: 443',
    'example.com:0x1bb',
    'example.com:443/',
    'example.com:443@evil.test:443',
    'user@example.com:443',
    '::1:443',
    'fe80::1%eth0:443',
    '[fe80::1%eth0]:443',
    'https://example.com:443',
    '/path:443',
    ':443',
  ])('%j is none', text => {
    expect(parseTarget(text)).toBeUndefined();
  });

  it('a URL names its usual port by leaving it out', () => {
    expect(targetOf(new URL('https://Example.com/x'))).toEqual({ host: 'example.com', port: 443 });
    expect(targetOf(new URL('http://[::1]/x'))).toEqual({ host: '::1', port: 80 });
    expect(targetOf(new URL('https://example.com:8443/x'))).toEqual({ host: 'example.com', port: 8443 });
    expect(targetOf(new URL('file:///x'))).toBeUndefined();
    expect(authority({ host: '::1', port: 443 })).toBe('[::1]:443');
  });
});
