import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { get } from '../../../src/platform/cache/redirect.ts';
import { LIMITS, type Service } from '../../../src/platform/cache/service.ts';
import type { HttpRequest } from '../../../src/platform/http.ts';
import { errorOf } from './tools.ts';

/** Follows redirects as `targets` tells them; where it ends is answered with 200. */
async function follow(from: string, targets: Readonly<Record<string, string>>) {
  const sent: Pick<HttpRequest, 'url' | 'headers'>[] = [];
  const service: Service = {
    send: async ({ url, headers }) => {
      sent.push({ url, headers });
      const location = targets[url.href];
      const told: Record<string, string> = location === undefined ? {} : { location };
      const status = location === undefined ? 200 : 302;
      return { status, header: name => told[name], headers: told, body: Readable.from([]) };
    },
    limits: LIMITS,
    signal: undefined,
    secrets: [],
    log: () => {},
  };
  const headers = { authorization: 'Bearer a.b.c', accept: 'x' };
  const work = get(service, 'lookup', { url: new URL(from), headers, signal: new AbortController().signal });
  return { work, sent };
}

const A = 'https://a.example.test/';

describe('a redirect', () => {
  it('keeps the authorization on the same host only, and never gives it back', async () => {
    const { work, sent } = await follow(A, {
      [A]: '/next',
      'https://a.example.test/next': 'https://b.example.test/',
      'https://b.example.test/': 'https://a.example.test/again',
    });
    expect(await work).toMatchObject({ status: 200 });
    expect(sent.map(request => [request.url.href, request.headers.authorization])).toEqual([
      [A, 'Bearer a.b.c'],
      ['https://a.example.test/next', 'Bearer a.b.c'],
      ['https://b.example.test/', undefined],
      ['https://a.example.test/again', undefined],
    ]);
    expect(sent.every(request => request.headers.accept === 'x')).toBe(true);
  });

  it('may go from http to https', async () => {
    const { work, sent } = await follow('http://a.example.test/', { 'http://a.example.test/': A });
    await work;
    expect(sent.at(-1)).toMatchObject({ headers: { accept: 'x' } });
    expect(sent.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['from https to http', 'http://a.example.test/'],
    ['to a file', 'file:///etc/passwd'],
    ['to nothing', ''],
    ['to no address', 'https://'],
  ])('%s is not followed', async (_, location) => {
    const { work, sent } = await follow(A, { [A]: location });
    expect(await errorOf(work)).toMatchObject({ code: 'bad-answer' });
    expect(sent).toHaveLength(1);
  });

  it('is followed three times', async () => {
    const hops = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${A}${i || ''}`, `${A}${i + 1}`]));
    expect(await (await follow(A, hops(3))).work).toMatchObject({ status: 200 });
    const endless = await follow(A, hops(4));
    expect(await errorOf(endless.work)).toMatchObject({ code: 'bad-answer' });
    expect(endless.sent).toHaveLength(4);
  });
});
