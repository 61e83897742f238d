import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createCacheClient } from '../../../src/platform/cache/client.ts';
import { cacheVersion } from '../../../src/platform/cache/version.ts';
import v2Exchanges from '../../fixtures/ci/cache-service/v2-exchanges.json' with { type: 'json' };
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { startCacheService } from '../../support/github/cache-service.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { loopbackCertificate } from '../../support/upstream/certificate.ts';
import { answering } from './answering.ts';
import { clientOf, errorOf, PREFIX, randomBytes, read, save } from './tools.ts';

const JOB = fileURLToPath(new URL('job-main.ts', import.meta.url));
const RESULTS = 'http://results.example.test/';
const CACHE = 'http://cache.example.test/';

describe('the choice of the protocol', () => {
  it.each([
    [{ ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RESULTS_URL: RESULTS }, 'v2'],
    [{ ACTIONS_RESULTS_URL: RESULTS, ACTIONS_CACHE_URL: CACHE }, 'v1'],
    [{ ACTIONS_CACHE_SERVICE_V2: '', ACTIONS_RESULTS_URL: RESULTS }, 'v1'],
    [{ ACTIONS_CACHE_SERVICE_V2: '1', GITHUB_SERVER_URL: 'https://github.com' }, 'v2'],
    [{ ACTIONS_CACHE_SERVICE_V2: '1', GITHUB_SERVER_URL: 'https://GitHub.com' }, 'v2'],
    [{ ACTIONS_CACHE_SERVICE_V2: '1', GITHUB_SERVER_URL: 'https://acme.ghe.com' }, 'v2'],
    [{ ACTIONS_CACHE_SERVICE_V2: '1', GITHUB_SERVER_URL: 'http://github.localhost' }, 'v2'],
    [{ ACTIONS_CACHE_SERVICE_V2: '1', GITHUB_SERVER_URL: 'https://git.example.com' }, 'v1'],
    [{ ACTIONS_CACHE_SERVICE_V2: '1', GITHUB_SERVER_URL: 'https://github.com.example.com' }, 'v1'],
    [{}, 'v1'],
  ] as const)('%j: %s', (env, protocol) => {
    expect(createCacheClient({ env, version: '1' }).protocol).toBe(protocol);
  });

  it.each([{}, { ACTIONS_CACHE_URL: 'not a URL' }, { ACTIONS_CACHE_URL: 'file:///etc/' }])(
    'without a service nothing can be done, and nothing is thrown outside a promise (%j)',
    async env => {
      const client = createCacheClient({ env, version: '1' });
      for (const work of [client.lookup(['a']), client.open({ key: 'a' }), client.reserve('a', 1)]) {
        expect(await errorOf(work)).toMatchObject({ code: 'unavailable' });
      }
    },
  );
});

describe('addresses', () => {
  it('of v1 keep a path, of v2 lose it, as with the real client', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const v1 = clientOf(service, { protocol: 'v1', env: { ACTIONS_CACHE_URL: `${service.url}some/path` } });
    await save(v1, dir, { key: `${PREFIX}a`, bytes: Buffer.from('a') });
    expect(service.paths[0]).toBe('/some/path/_apis/artifactcache/caches');
    const v2 = clientOf(service, {
      protocol: 'v2',
      env: { ACTIONS_RESULTS_URL: `${service.url}some/path/` },
    });
    expect(await v2.lookup([PREFIX])).toEqual({ key: `${PREFIX}a` });
    expect(service.paths.at(-1)).toMatch(/^\/twirp\//);
  });

  it('are reached through the proxies of the job, and loopback without', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    await using proxy = await startForwardProxy(Number(new URL(service.url).port));
    const named = { ACTIONS_RESULTS_URL: 'http://results.example.test:8080/' };
    const client = clientOf(service, { protocol: 'v2', env: { ...named, HTTP_PROXY: proxy.url } });
    await save(client, dir, { key: `${PREFIX}a`, bytes: Buffer.from('a') });
    expect(await client.lookup([PREFIX])).toEqual({ key: `${PREFIX}a` });
    // The blobs of this service are on loopback.
    expect([...new Set(proxy.asked)]).toEqual(['results.example.test:8080']);

    const env = { ...named, http_proxy: proxy.url, no_proxy: '.example.test' };
    const past = clientOf(service, { protocol: 'v2', env });
    expect(await errorOf(past.lookup([PREFIX]))).toMatchObject({ code: 'unavailable' });
  });

  it('with https go through a tunnel, and the certificate is checked', async () => {
    await using service = await startCacheService();
    const certificate = await loopbackCertificate();
    await using _ = certificate.dir;
    const onward = Number(new URL(service.url).port);
    const server = createServer({ cert: certificate.cert, key: certificate.key }, socket => {
      socket.on('error', () => {});
      socket.pipe(connect(onward, '127.0.0.1').on('error', () => socket.destroy())).pipe(socket);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    await using proxy = await startForwardProxy((server.address() as AddressInfo).port);

    const env = { ...service.env('v2'), ACTIONS_RESULTS_URL: 'https://mirror.example.test/' };
    const job = async (certificates: Record<string, string>): Promise<string> => {
      const input = JSON.stringify({ ...env, https_proxy: proxy.url });
      const finished = await runOk(process.execPath, [JOB], {
        env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, ...certificates },
        input,
      });
      return finished.stdout;
    };
    expect(await job({ NODE_EXTRA_CA_CERTS: certificate.caFile })).toBe('the same');
    expect(new Set(proxy.asked)).toEqual(new Set(['mirror.example.test:443']));
    service.asked.length = 0;
    expect(await job({})).toMatch(/^reserving .* failed: .*certificate/);
    expect(service.asked).toEqual([]);
    server.close();
  });
});

describe('keys', () => {
  it('that no entry can have are not asked for', async () => {
    await using service = await startCacheService();
    const client = clientOf(service, { protocol: 'v2' });
    expect(await client.lookup([])).toBeUndefined();
    expect(await client.lookup(['a,b', '', 'x'.repeat(513), 'a\nb'])).toBeUndefined();
    expect(await errorOf(client.reserve('a,b', 1))).toMatchObject({ code: 'denied' });
    expect(service.asked).toEqual([]);
  });

  it.each(['v1', 'v2'] as const)(
    'first the exact one, then the newest that begins so (%s)',
    async protocol => {
      await using service = await startCacheService();
      await using dir = await tempDir('cache');
      const client = clientOf(service, { protocol });
      for (const key of ['k-1', 'k-12', 'k-2', 'other'])
        await save(client, dir, { key, bytes: randomBytes(9) });
      expect(await client.lookup(['k-1', 'k-'])).toEqual({ key: 'k-1' });
      expect(await client.lookup(['k-'])).toEqual({ key: 'k-2' });
      expect(await client.lookup(['none', 'k-1'])).toEqual({ key: 'k-1' });
      expect(await client.lookup(['none'])).toBeUndefined();
      service.store.scopes = { write: undefined, read: ['refs/pull/1/merge', 'refs/heads/main'] };
      expect(await client.lookup(['other'])).toEqual({ key: 'other' });
      expect(await errorOf(client.reserve('new', 1))).toMatchObject({ code: 'denied' });
    },
  );
});

describe('the recorded exchanges of v2', () => {
  const outcomes: Record<string, unknown> = {
    miss: undefined,
    'prefix hit': { key: 'modgate-v1-1' },
    'read denied': 'denied',
    reserve: 'modgate-v1-2',
    'reserve, taken': 'taken',
    'reserve, denied': 'denied',
    'reserve, rate limited': 'limited',
    finalize: undefined,
  };

  it.each(v2Exchanges.exchanges)('$name', async exchange => {
    await using server = await answering(exchange);
    const client = createCacheClient({
      env: { ACTIONS_CACHE_SERVICE_V2: '1', ACTIONS_RESULTS_URL: server.url, ACTIONS_RUNTIME_TOKEN: 'a.b.c' },
      version: '1',
    });
    const { key, restore_keys: prefixes = [], size_bytes: size } = exchange.request;
    const work = async (): Promise<unknown> => {
      if (exchange.method === 'GetCacheEntryDownloadURL') return await client.lookup([key, ...prefixes]);
      const reservation = await client.reserve(key, 1);
      if (exchange.method === 'CreateCacheEntry') return reservation.key;
      await using dir = await tempDir('cache');
      return await save({ ...client, reserve: async () => reservation }, dir, {
        key,
        bytes: Buffer.alloc(Number(size)),
      });
    };
    const outcome = await work().catch((error: { code?: unknown }) => error.code);
    expect(outcome).toEqual(outcomes[exchange.name]);

    const sent = server.requests.find(request => request.path.endsWith(`/${exchange.method}`));
    expect(sent?.authorization).toBe('Bearer a.b.c');
    // Ours also names the first key as a prefix, as GitHub treats it anyway.
    const restore = 'restore_keys' in exchange.request ? { restore_keys: [key, ...prefixes] } : {};
    expect(sent?.json).toEqual({ ...exchange.request, ...restore, version: cacheVersion() });
  });
});

describe('answers that the protocol does not know', () => {
  const hit = { ok: true, signed_download_url: 'http://127.0.0.1:1/blob', matched_key: `${PREFIX}a` };
  it.each([
    ['another key', { ...hit, matched_key: 'passwords' }],
    ['a key that tears a line', { ...hit, matched_key: `${PREFIX}\n::error::` }],
    ['a key without end', { ...hit, matched_key: PREFIX.padEnd(600, 'x') }],
    ['no key', { ...hit, matched_key: 7 }],
    ['no address', { ...hit, signed_download_url: 'file:///etc/passwd' }],
    ['an address that is none', { ...hit, signed_download_url: {} }],
    ['ok as a text', { ...hit, ok: 'true' }],
    ['a list', [hit]],
    ['nothing', null],
  ])('a hit with %s', async (_, response) => {
    const method = 'GetCacheEntryDownloadURL';
    await using server = await answering({ method, status: 200, response });
    const client = clientOf({ env: () => server.env }, { protocol: 'v2' });
    const error = await errorOf(client.lookup([PREFIX]));
    expect(error).toMatchObject({ code: 'bad-answer' });
    expect(error.message).not.toMatch(/\n|passw/);
  });

  it('camel case is known, and so is a folded key', async () => {
    const response = { ok: true, signedDownloadUrl: hit.signed_download_url, matchedKey: 'modgate-v2-ab' };
    await using server = await answering({ method: 'GetCacheEntryDownloadURL', status: 200, response });
    const client = clientOf({ env: () => server.env }, { protocol: 'v2' });
    expect(await client.lookup(['modgate-v2-AB'])).toEqual({ key: 'modgate-v2-ab' });
  });
});

describe('a redirect of a download', () => {
  it('is followed, without any credential', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const client = clientOf(service, { protocol: 'v2' });
    const bytes = randomBytes(100_000);
    await save(client, dir, { key: `${PREFIX}a`, bytes });
    service.next.download = ['redirect', 'cut'];
    expect(await read(client, { key: `${PREFIX}a` })).toEqual(bytes);
    expect(service.leaked).toEqual([]);
  });
});
