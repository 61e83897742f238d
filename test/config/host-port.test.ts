import { describe, expect, it } from 'vitest';
import { hostPortProblem, httpsHost, isAt, parseHostPort } from '../../src/config/host-port.ts';

function read(text: string) {
  const parsed = parseHostPort(text);
  if (typeof parsed === 'string') throw new Error(`${text} ${parsed}`);
  return parsed;
}

describe('a host of the configuration', () => {
  it.each([
    ['git.example.com', 'git.example.com', undefined],
    ['GIT.Example.COM:8443', 'git.example.com', 8443],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['[::1]:8443', '[::1]', 8443],
    ['[0:0::1]', '[::1]', undefined],
    ['bücher.example.com', 'xn--bcher-kva.example.com', undefined],
  ])('%s', (text, hostname, port) => {
    expect(read(text)).toEqual({ hostname, port });
  });

  it.each([
    ['https://git.example.com', 'is a URL'],
    ['ci@git.example.com', 'has an @'],
    ['git.example.com/group', 'without a path'],
    ['*.example.com', 'has a *'],
    ['git.example.com:', 'is not a host'],
    ['git.example.com:0', 'has a port that there is not'],
    ['git.example.com:70000', 'has a port that there is not'],
    ['git example.com', 'is not a host'],
    ['git.example.com%2f.evil.example', 'is not a host'],
    ['git.example.com#.evil.example', 'is not a host'],
    ['a:b:c', 'is not a host'],
    ['', 'is not a host'],
  ])('is not %s', (text, why) => {
    expect(hostPortProblem(text)).toContain(why);
  });

  it.each([
    ['git.example.com', 'https://git.example.com/a', true],
    ['git.example.com', 'https://git.example.com:443/a', true],
    ['git.example.com:443', 'https://git.example.com/a', true],
    ['git.example.com', 'https://GIT.EXAMPLE.COM/a', true],
    ['git.example.com', 'https://ci:x@git.example.com/a', true],
    ['git.example.com', 'https://git.example.com:8443/a', false],
    ['git.example.com:8443', 'https://git.example.com/a', false],
    ['git.example.com:443', 'http://git.example.com/a', false],
    ['git.example.com:80', 'http://git.example.com/a', true],
    ['git.example.com', 'https://git.example.com.evil.example/a', false],
    ['git.example.com', 'https://evil.example/git.example.com', false],
    ['git.example.com', 'https://git.example.com@evil.example/', false],
    ['git.example.com', 'https://sub.git.example.com/', false],
    ['git.example.com', 'https://git.example.com./', false],
    ['[::1]:8443', 'https://[0:0:0:0:0:0:0:1]:8443/', true],
    ['127.0.0.1', 'https://0x7f000001/', true],
  ])('%s is where %s is: %s', (host, url, yes) => {
    expect(isAt(new URL(url), read(host))).toBe(yes);
  });

  it('is spelled as go and git look it up', () => {
    const spelled = ['Git.example.com', 'git.example.com:443', 'git.example.com:8443'].map(text =>
      httpsHost(read(text)),
    );
    expect(spelled).toEqual(['git.example.com', 'git.example.com', 'git.example.com:8443']);
  });
});
