import { describe, expect, test } from 'vitest';
import { GoProxyError, parseGoProxy, withoutPassword } from '../../src/gomod/proxy-list.ts';
import { goWorld } from '../support/go.ts';
import { runOk } from '../support/process.ts';

describe('parseGoProxy', () => {
  test.each([
    ['https://a.test,direct', ['https://a.test absent', 'direct absent']],
    ['https://a.test|direct', ['https://a.test any-error', 'direct absent']],
    [
      ' https://a.test/x , http://b.test:8080 | off ',
      ['https://a.test/x absent', 'http://b.test:8080 any-error', 'off absent'],
    ],
    ['https://a.test,', ['https://a.test absent']],
    [',|,https://a.test||', ['https://a.test any-error']],
    ['direct,https://a.test', ['direct absent']],
    ['off|https://a.test', ['off absent']],
    ['direct,::::', ['direct absent']],
    ['a.test', ['https://a.test absent']],
    ['a.test/go', ['https://a.test/go absent']],
    ['file:///srv/goproxy,off', ['file:///srv/goproxy absent', 'off absent']],
    ['https://user:secret@a.test', ['https://user:secret@a.test absent']],
    ['http://[::1]:8080/t?q=1', ['http://[::1]:8080/t?q=1 absent']],
    ['HTTPS://a.test', ['HTTPS://a.test absent']],
  ])('%s', (value, want) => {
    expect(parseGoProxy(value).entries.map(({ url, fallBackOn }) => `${url} ${fallBackOn}`)).toEqual(want);
  });

  const refused = [
    ',',
    ' | ',
    'none',
    '/srv/goproxy',
    'ftp://a.test',
    'ftp://user:secret@a.test',
    'file://host/srv',
    'file:srv',
    'file:///srv?x=1',
    'http://a.test/%zz',
    'http://a.test:port',
    'http://a b.test',
    'http://[::1',
    '://a.test',
  ];
  test('refuses with the words of the real go', async () => {
    await using world = await goWorld('direct');
    await Promise.all(
      refused.map(async value => {
        let ours = 'accepted';
        try {
          parseGoProxy(value);
        } catch (error) {
          if (!(error instanceof GoProxyError)) throw error;
          ours = error.message;
        }
        const { code, stderr } = await world.go(['list', '-m', 'example.test/m@v1.0.0'], {
          env: { GOPROXY: value },
        });
        expect(code, value).not.toBe(0);
        expect(stderr, value).toContain(ours);
      }),
    );
  });

  test('shows no password in its errors, nor does withoutPassword', () => {
    for (const value of [
      'ftp://u:secret@a.test',
      'http://u:secret@a.test:port',
      'http://u:sec%ret@a.test',
      'x://u:se@cret@h',
    ]) {
      expect(() => parseGoProxy(value)).toThrow(GoProxyError);
      expect(() => parseGoProxy(value)).not.toThrow(/sec|cret/);
    }
    expect(withoutPassword('https://u:p@a.test/x')).toBe('https://u:xxxxx@a.test/x');
    expect(withoutPassword('https://u@a.test/x:y@z')).toBe('https://u@a.test/x:y@z');
  });

  test('takes the GOPROXY of this machine', async () => {
    const { stdout } = await runOk('go', ['env', 'GOPROXY']);
    expect(parseGoProxy(stdout.trim()).entries.length).toBeGreaterThan(0);
  });
});
