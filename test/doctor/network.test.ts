import { createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bounds } from '../../src/doctor/limits.ts';
import { systemNetwork } from '../../src/doctor/network/effects.ts';
import { Network } from '../../src/doctor/network/reach.ts';
import { judgeClock } from '../../src/doctor/probes/clock.ts';
import type { Check, Env, NetworkEffects } from '../../src/doctor/types.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { tempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { type Authority, makeAuthority } from '../support/vcs/authority.ts';
import { Repositories } from '../support/vcs/repositories.ts';
import { type Site, type SiteOptions, startSite } from '../support/vcs/site.ts';
import { startSshServer } from '../support/vcs/ssh.ts';

const HOUR = 3_600_000;
const CANARY = 'canary-password';

let good: Authority;
let expired: Authority;
let other: Authority;
beforeAll(async () => {
  [good, expired, other] = await Promise.all([
    makeAuthority(),
    makeAuthority(['localhost', '127.0.0.1'], 'expired'),
    makeAuthority(['other.example.test']),
  ]);
});
afterAll(async () => {
  await Promise.all([good, expired, other].map(one => one[Symbol.asyncDispose]()));
});

interface World {
  readonly env?: Env;
  readonly ca?: readonly string[];
  readonly effects?: Partial<NetworkEffects>;
  readonly probeMs?: number;
}

/** Tries one origin. */
async function reach(url: string, { env = {}, ca = [], effects = {}, probeMs = 5_000 }: World = {}) {
  const bounds = new Bounds({ probeMs, runMs: 30_000, parallel: 4 });
  const network = new Network({
    effects: { ...systemNetwork(), ...effects },
    bounds,
    env,
    authorities: async () => ({ pem: ca, own: ca.length === 0 ? [] : ['proxy.ca'] }),
    namedBy: () => ['proxy.private'],
  });
  try {
    const { usable } = await network.reach(new URL(url));
    const checks = await network.checks();
    expect(JSON.stringify(checks)).not.toContain(CANARY);
    return { usable, checks, last: checks.at(-1), clocks: await network.clocks() };
  } finally {
    bounds.close();
  }
}

const site = (tls: Authority | undefined, headers: Readonly<Record<string, string>> = {}): Promise<Site> => {
  const answer: SiteOptions['answer'] = (_, response) => void response.writeHead(404, headers).end();
  return startSite({ name: 'site', answer, ...(tls === undefined ? {} : { tls }) });
};
/** The same server by a name for which its certificate is. */
const byName = ({ port }: Site): string => `https://localhost:${port}`;
const failing = (code: string): NetworkEffects['resolve'] => {
  return () => Promise.reject(Object.assign(new Error(`getaddrinfo ${code} git.example.test`), { code }));
};
const found = (probe: Check['probe'], state: Check['state'], rest: object = {}) =>
  expect.objectContaining({ probe, state, ...rest });

describe('a name', () => {
  it('that resolves leads on, and what names the host is told', async () => {
    await using server = await site(undefined);
    const { usable, checks, clocks } = await reach(`http://localhost:${server.port}`);
    expect(usable).toBe(true);
    expect(checks).toEqual([
      found('dns', 'ok', {
        what: expect.stringMatching(/^resolves to .*127\.0\.0\.1.* \(proxy\.private\)$/),
      }),
      found('tcp', 'ok', { what: `port ${server.port} is open` }),
    ]);
    expect(clocks).toHaveLength(1);
    // Nothing but the front page is asked for, and nobody is named.
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['HEAD /']);
  });

  it.each([
    ['ENOTFOUND', /^the name does not resolve/],
    ['EAI_AGAIN', /^the name servers do not answer/],
  ])('that gives %s', async (code, what) => {
    const { usable, checks } = await reach('https://git.example.test', {
      effects: { resolve: failing(code) },
    });
    expect(usable).toBe(false);
    expect(checks).toEqual([
      found('dns', 'failed', {
        what: expect.stringMatching(what),
        why: expect.stringContaining(code),
        fix: expect.stringContaining('HTTPS_PROXY'),
      }),
    ]);
  });

  it('that nobody answers for is not waited for', async () => {
    const { last } = await reach('https://git.example.test', {
      probeMs: 50,
      effects: { resolve: () => new Promise(() => undefined) },
    });
    expect(last).toEqual(found('dns', 'failed', { why: 'no answer within 0.05 s' }));
  });

  it('that resolves to a private address is fine, and told', async () => {
    await using server = await site(undefined);
    const { usable, checks } = await reach(`http://git.example.test:${server.port}`, {
      effects: {
        resolve: async () => [{ address: '10.1.2.3', family: 4 }],
        connect: (_, port, signal) =>
          systemNetwork().connect([{ address: '127.0.0.1', family: 4 }], port, signal),
      },
    });
    expect(usable).toBe(true);
    expect(checks[0]).toEqual(
      found('dns', 'ok', { what: 'resolves to 10.1.2.3, a private address (proxy.private)' }),
    );
  });

  it.each(['0.0.0.0', '127.0.0.1', '169.254.169.254'])(
    'that resolves to %s is blocked somewhere',
    async address => {
      const { checks } = await reach((await deadUrl()).replace('127.0.0.1', 'git.example.test'), {
        effects: { resolve: async () => [{ address, family: 4 }] },
        probeMs: 500,
      });
      expect(checks[0]).toEqual(found('dns', 'warning', { fix: expect.stringContaining('/etc/hosts') }));
    },
  );
});

describe('a connection', () => {
  it('that is refused', async () => {
    const { usable, last } = await reach(await deadUrl());
    expect(usable).toBe(false);
    expect(last).toEqual(
      found('tcp', 'failed', { what: expect.stringMatching(/^port \d+ refuses connections/) }),
    );
  });

  it('to which nobody answers', async () => {
    const { last } = await reach('https://127.0.0.1:9', {
      probeMs: 50,
      effects: {
        connect: (_addresses, _port, signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
      },
    });
    expect(last).toEqual(found('tcp', 'failed', { what: 'port 9 does not answer (proxy.private)' }));
  });

  it('tries the addresses of a name one after the other', async () => {
    await using server = await site(undefined);
    const { usable } = await reach(`http://git.example.test:${server.port}`, {
      effects: {
        resolve: async () => [
          { address: '::1', family: 6 },
          { address: '127.0.0.1', family: 4 },
        ],
      },
    });
    expect(usable).toBe(true);
  });
});

describe('ssh', () => {
  async function greeting(text: string) {
    const server = createTcpServer(socket => socket.on('error', () => undefined).end(text));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    // No ssh goes through such a proxy.
    const tried = await reach(`ssh://127.0.0.1:${port}`, { env: { HTTPS_PROXY: await deadUrl() } });
    await new Promise(resolve => server.close(resolve));
    return tried;
  }

  it('that is there', async () => {
    await using repositories = await tempDir('ssh');
    await using server = await startSshServer(new Repositories(repositories.path));
    const { usable, checks } = await reach(`ssh://127.0.0.1:${server.port}`);
    expect(usable).toBe(true);
    expect(checks).toEqual([found('tcp', 'ok')]);
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n\r\n', ''])('on whose port somebody says %j', async text => {
    const { usable, last } = await greeting(text);
    expect(usable).toBe(false);
    expect(last).toEqual(found('tcp', 'failed', { what: expect.stringContaining('ssh server') }));
  });
});

describe('a proxy of the network', () => {
  const NAME = 'https://git.example.test';
  const proxied = (proxy: { url: string }, more: Env = {}) => ({
    ca: [good.ca],
    env: { HTTPS_PROXY: proxy.url.replace('//', `//robot:${CANARY}@`), ...more },
    effects: { resolve: failing('ENOTFOUND') },
  });

  it('leads to a name that only it resolves', async () => {
    await using server = await site(good);
    await using proxy = await startForwardProxy(server.port);
    const { usable, checks } = await reach(NAME, {
      ...proxied(proxy),
      // The proxy itself is reached by its address.
      effects: { resolve: failing('ENOTFOUND') },
    });
    expect(usable).toBe(true);
    expect(checks).toEqual([
      found('tcp', 'ok', {
        what: expect.stringMatching(/^reached through HTTPS_PROXY \(127\.0\.0\.1:\d+\)/),
      }),
      found('tls', 'ok'),
    ]);
    expect(proxy.asked).toEqual(['git.example.test:443']);
  });

  it('is the only way, and NO_PROXY bars it', async () => {
    await using server = await site(good);
    await using proxy = await startForwardProxy(server.port);
    const { usable, last } = await reach(NAME, proxied(proxy, { NO_PROXY: '.example.test' }));
    expect(usable).toBe(false);
    expect(last).toEqual(
      found('tcp', 'failed', {
        what: expect.stringContaining('only through HTTPS_PROXY'),
        fix: 'take git.example.test out of NO_PROXY',
      }),
    );
  });

  it('wants a login', async () => {
    await using proxy = await startForwardProxy(1, { login: 'robot:other' });
    const { last } = await reach(NAME, proxied(proxy));
    expect(last).toEqual(
      found('tcp', 'failed', { what: expect.stringContaining('does not take the credentials') }),
    );
    const without = await reach(NAME, { ...proxied(proxy), env: { https_proxy: proxy.url } });
    expect(without.last).toEqual(
      found('tcp', 'failed', {
        what: expect.stringMatching(/^the proxy of https_proxy .* wants credentials/),
        why: 'it answers 407',
      }),
    );
  });

  it('does not let the job through', async () => {
    await using proxy = await startForwardProxy(() => undefined);
    const { last } = await reach(NAME, proxied(proxy));
    expect(last).toEqual(
      found('tcp', 'failed', { what: expect.stringContaining('does not let this job reach it') }),
    );
  });

  it('does not lead to a host that can be reached without it', async () => {
    await using server = await site(good);
    await using proxy = await startForwardProxy(() => undefined);
    const { usable, last } = await reach(`https://git.example.test:${server.port}`, {
      ...proxied(proxy),
      effects: { resolve: async () => [{ address: '127.0.0.1', family: 4 }] },
    });
    expect(usable).toBe(false);
    expect(last).toEqual(
      found('tcp', 'failed', {
        what: expect.stringContaining('does not let this job reach it'),
        fix: 'name git.example.test in NO_PROXY: it can be reached without the proxy',
      }),
    );
    // Nothing is said to it: the job would not either.
    expect(server.seen).toEqual([]);
  });

  it('is not there', async () => {
    const { last } = await reach(NAME, proxied({ url: await deadUrl() }));
    expect(last).toEqual(
      found('tcp', 'failed', {
        what: expect.stringMatching(/^the proxy of HTTPS_PROXY .* cannot be reached/),
      }),
    );
  });
});

describe('TLS', () => {
  it('of a known authority', async () => {
    await using server = await site(good);
    const { usable, last } = await reach(byName(server), { ca: [good.ca] });
    expect(usable).toBe(true);
    expect(last).toEqual(
      found('tls', 'ok', {
        what: expect.stringMatching(/^TLSv1\.3, certificate from CN=Example Company Root, valid until /),
      }),
    );
  });

  it('of an unknown authority: it is named, and where to put it', async () => {
    await using server = await site(good);
    const { usable, last } = await reach(byName(server));
    expect(usable).toBe(false);
    expect(last).toEqual(
      found('tls', 'failed', {
        what: 'its certificate is from an unknown issuer: CN=Example Company Root',
        fix: expect.stringContaining('proxy: {ca: [{hosts: [localhost], file: ca.pem}]}'),
      }),
    );
    const wrongFile = await reach(byName(server), { ca: [other.ca] });
    expect(wrongFile.last?.why).toContain('proxy.ca does not have it either');
  });

  it('that has expired', async () => {
    await using server = await site(expired);
    const { usable, last } = await reach(byName(server), { ca: [expired.ca] });
    expect(usable).toBe(false);
    expect(last).toEqual(
      found('tls', 'failed', {
        what: expect.stringMatching(/^its certificate has expired on \d{4}-\d\d-\d\d$/),
      }),
    );
  });

  it('that is valid by the clock of the server: this one is wrong', async () => {
    await using server = await site(expired, { date: new Date(Date.now() - 36 * HOUR).toUTCString() });
    const { last, clocks } = await reach(byName(server), { ca: [expired.ca] });
    expect(last).toEqual(
      found('tls', 'failed', {
        what: 'its certificate is not valid by the clock of this machine',
        fix: 'set the clock of this machine',
      }),
    );
    expect(judgeClock(clocks)).toMatchObject({ state: 'failed', what: 'is 36 h ahead, as one server says' });
  });

  it('for another name', async () => {
    await using server = await site(other);
    const { last } = await reach(byName(server), { ca: [other.ca] });
    expect(last).toEqual(
      found('tls', 'failed', {
        what: 'its certificate is for another name',
        why: 'it is for other.example.test, and the host is localhost',
      }),
    );
  });

  it('where there is none', async () => {
    await using server = await site(undefined);
    const { last } = await reach(byName(server));
    expect(last).toEqual(found('tls', 'failed', { what: 'it does not speak TLS on that port' }));
  });

  it('that is cut as soon as it begins', async () => {
    const cutting = createTcpServer(socket => socket.once('data', () => socket.resetAndDestroy()));
    await new Promise<void>(resolve => cutting.listen(0, '127.0.0.1', resolve));
    const { port } = cutting.address() as { port: number };
    const { last } = await reach(`https://127.0.0.1:${port}`);
    await new Promise(resolve => cutting.close(resolve));
    expect(last).toEqual(found('tls', 'failed', { what: 'the connection is cut while TLS begins' }));
  });

  it('says nothing to a server that is not trusted but that it is there', async () => {
    await using server = await site(good);
    await reach(byName(server));
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['HEAD /']);
    expect(JSON.stringify(server.seen)).not.toMatch(/authorization/i);
  });
});

describe('the bounds', () => {
  it('let so many through at once and end all together', async () => {
    const bounds = new Bounds({ probeMs: 10_000, runMs: 100, parallel: 2 });
    let running = 0;
    let most = 0;
    const tries = Array.from({ length: 6 }, () =>
      bounds.try(async () => {
        most = Math.max(most, ++running);
        await new Promise(() => undefined);
      }),
    );
    const ends = await Promise.allSettled(tries);
    expect(most).toBe(2);
    expect(ends.map(end => end.status === 'rejected' && String(end.reason))).toEqual(
      Array(6).fill('TimeUp: the time for all tries was up'),
    );
    bounds.close();
  });
});

describe('the clock', () => {
  const at = (...seconds: number[]) => seconds.map(s => ({ here: 1e12 + s * 1000, there: 1e12 }));
  it.each([
    [[0, 2, -3], 'ok', 'as 3 servers say'],
    // One server that is wrong itself is none to go by.
    [[0, 90_000, 1], 'ok', 'as 3 servers say'],
    [[-90], 'warning', 'is 90 s behind, as one server says'],
    [[4000, 4001], 'failed', 'is 67 min ahead, as 2 servers say'],
    [[], 'skipped', 'nothing to compare it with'],
  ])('%j', (seconds, state, what) => {
    expect(judgeClock(at(...seconds))).toMatchObject({ state, what });
  });
});
