import type { LookupAddress } from 'node:dns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient, HostRefused, type NetworkGate } from '../../../src/proxy/upstream/http.ts';
import { targetOf } from '../../../src/session/network/host-name.ts';
import { HostRules } from '../../../src/session/network/host-rules.ts';
import { HostSet } from '../../../src/session/network/host-set.ts';
import { addressesFor, lookupFor, RefusedHost, sharedResolve } from '../../../src/session/network/resolve.ts';
import { type Authority, makeAuthority } from '../../support/vcs/authority.ts';
import { type Site, startSite } from '../../support/vcs/site.ts';

let authority: Authority;
let site: Site;

beforeAll(async () => {
  authority = await makeAuthority();
  site = await startSite({
    name: 'upstream',
    tls: authority,
    answer: (request, response) => {
      const to = new URL(request.url ?? '/', 'https://none.example.test').searchParams.get('to');
      if (to === null) response.end('here');
      else response.writeHead(302, { location: to }).end();
    },
  });
});
afterAll(async () => {
  await Promise.all([site, authority].map(one => one[Symbol.asyncDispose]()));
});

/** A client whose names all resolve to the addresses that are given one after the other. */
async function clientWith(answers: readonly string[], more: Partial<NetworkGate> = {}) {
  const asked: string[] = [];
  const resolve = sharedResolve(async (host): Promise<LookupAddress[]> => {
    asked.push(host);
    return [{ address: answers[asked.length - 1] ?? '192.0.2.1', family: 4 }];
  });
  const configured = new HostSet();
  configured.add('upstream.example.test');
  const rules = new HostRules({ configured, lists: () => undefined });
  const gate: NetworkGate = {
    judge: (url, isRedirect) => {
      const target = targetOf(url);
      if (!isRedirect || target === undefined) return 'any-address';
      const judged = rules.redirect(target);
      if (judged.state === 'refused') throw new RefusedHost(judged.refusal);
      return judged.reach;
    },
    lookups: { 'any-address': lookupFor('any-address', resolve), internet: lookupFor('internet', resolve) },
    authorities: url => (url.hostname.endsWith('.example.test') ? [authority.ca] : []),
    ...more,
  };
  const client = await createHttpClient({ userAgent: 'test', gate });
  const get = async (url: string): Promise<string | Error> => {
    try {
      const answer = await client.get({
        url: new URL(url),
        signal: AbortSignal.timeout(20_000),
        allowH2: false,
      });
      return (await answer.body.toArray()).join('');
    } catch (error) {
      return error as Error;
    }
  };
  return { get, asked, [Symbol.asyncDispose]: () => client.close() };
}

const upstream = (to?: string) =>
  `https://upstream.example.test:${site.port}/${to === undefined ? '' : `?to=${encodeURIComponent(to)}`}`;

describe('the hosts of an upstream', () => {
  it('an upstream that is configured may have any address, and its own authority', async () => {
    await using client = await clientWith(['127.0.0.1']);
    expect(await client.get(upstream())).toBe('here');
    expect(client.asked).toEqual(['upstream.example.test']);
  });

  it('an authority counts for its own host alone, whatever the environment says', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      await using client = await clientWith(['127.0.0.1'], { authorities: () => [] });
      expect(await client.get(upstream())).toMatchObject({ code: expect.stringMatching(/CERT|VERIFY/) });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  it('a redirect to a name that leads into this network is refused, whatever it says the next time', async () => {
    await using client = await clientWith(['127.0.0.1', '127.0.0.1', '8.8.8.8']);
    const before = site.seen.length;
    const refused = await client.get(upstream(`https://rebind.example.test:${site.port}/`));
    expect(refused).toBeInstanceOf(HostRefused);
    expect(refused).toMatchObject({
      message: expect.stringContaining('rebind.example.test (127.0.0.1) is not asked'),
    });
    expect(client.asked).toEqual(['upstream.example.test', 'rebind.example.test']);
    expect(site.seen.length).toBe(before + 1);
  });

  it.each([
    'https://169.254.169.254/latest',
    'http://[::ffff:a00:1]/',
    'https://2130706433/',
    'https://1.1.1.1:22/',
  ])('nor is one to %s followed', async place => {
    await using client = await clientWith(['127.0.0.1']);
    // From https to http go follows none either.
    const refused = await client.get(upstream(place));
    expect(refused).toMatchObject({ message: expect.stringMatching(/is not asked: |is not followed/) });
  });

  it('one to a configured host is', async () => {
    await using client = await clientWith(['127.0.0.1', '127.0.0.1']);
    expect(await client.get(upstream(upstream()))).toBe('here');
  });
});

describe('look-ups', () => {
  it('are few at once, and one for all who ask for a name', async () => {
    const open: string[] = [];
    let most = 0;
    const free: (() => void)[] = [];
    const resolve = sharedResolve(async host => {
      open.push(host);
      most = Math.max(most, open.length);
      await new Promise<void>(done => free.push(done));
      open.splice(open.indexOf(host), 1);
      return [{ address: '192.0.2.1', family: 4 }];
    });
    const asking = ['a', 'a', 'b', 'c', 'd', 'a', 'e'].map(host => resolve(`${host}.test`));
    let ended = false;
    void Promise.all(asking).then(() => {
      ended = true;
    });
    let answered = 0;
    while (!ended) {
      const next = free.shift();
      if (next !== undefined) answered++;
      next?.();
      await new Promise(done => setImmediate(done));
    }
    expect(answered).toBe(5);
    expect(most).toBe(2);
  });

  it('that hang are waited for only so long, and keep no other caller', async () => {
    const resolve = sharedResolve(host =>
      host === 'a.test' ? new Promise(() => {}) : Promise.resolve([{ address: '192.0.2.1', family: 4 }]),
    );
    const at = (host: string) => ({ host, port: 443 });
    await expect(addressesFor(at('a.test'), 'internet', resolve, 20)).rejects.toMatchObject({
      code: 'EAI_AGAIN',
    });
    expect(await addressesFor(at('b.test'), 'internet', resolve, 20)).toHaveLength(1);
  });

  it('a failure is not remembered, an answer for a moment', async () => {
    let asked = 0;
    let now = 0;
    const resolve = sharedResolve(
      async () => {
        if (asked++ === 0) throw new Error('no');
        return [{ address: `192.0.2.${asked}`, family: 4 }];
      },
      () => now,
    );
    await expect(resolve('a.test')).rejects.toThrow('no');
    expect((await resolve('a.test'))[0]?.address).toBe('192.0.2.2');
    expect((await resolve('a.test'))[0]?.address).toBe('192.0.2.2');
    now = 60_000;
    expect((await resolve('a.test'))[0]?.address).toBe('192.0.2.3');
  });
});
