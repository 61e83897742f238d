import { describe, expect, it } from 'vitest';
import { credentialsIn, hasCredentials, redactText, redactUrl } from '../../src/config/redact.ts';

describe('redactUrl', () => {
  it.each([
    ['https://proxy.example.test/a/@v/list', 'https://proxy.example.test/a/@v/list'],
    ['https://u:p@proxy.example.test/a@v1', 'https://***@proxy.example.test/a@v1'],
    ['https://token@proxy.example.test', 'https://***@proxy.example.test'],
    ['https://proxy.example.test/x?token=s3cret#frag', 'https://proxy.example.test/x?***'],
    ['https://proxy.example.test/x#s3cret', 'https://proxy.example.test/x#***'],
    ['https://u:p@ss@proxy.example.test/x', 'https://***@proxy.example.test/x'],
    ['https://u:s3cret/more@proxy.example.test/x', 'https://***@proxy.example.test/x'],
    ['https://u:s3cret#x@proxy.example.test/x', 'https://***@proxy.example.test/x'],
    ['u:s3cret@proxy.example.test/x', '***@proxy.example.test/x'],
    ['https:\\\\u:s3cret@proxy.example.test\\x', 'https:\\\\***@proxy.example.test\\x'],
    ['http:u:s3cret@proxy.example.test', '***@proxy.example.test'],
    ['file:///srv/mirror', 'file:///srv/mirror'],
    ['direct', 'direct'],
    ['', ''],
  ])('%s is shown as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

it('redacts URLs inside a text', () => {
  expect(
    redactText('get "https://u:p@a.example.test/x?y=1": refused (see http://b.example.test/@v/list).'),
  ).toBe('get "https://***@a.example.test/x?***": refused (see http://b.example.test/@v/list).');
});

it('tells whether a URL has credentials', () => {
  expect(hasCredentials('https://u:p@a.example.test')).toBe(true);
  expect(hasCredentials('https://a.example.test/x@v1')).toBe(false);
});

it('finds what must be masked', () => {
  expect(
    credentialsIn(
      'http://127.0.0.1:1/x|https://u:p%40ss@a.example.test,https://tok@b.example.test/c@v1,direct',
    ),
  ).toEqual(['u:p%40ss', 'p%40ss', 'p@ss', 'tok']);
});
