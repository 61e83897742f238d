import { afterEach, describe, expect, it } from 'vitest';
import { Bounds } from '../../src/doctor/limits.ts';
import { placeOfSumDb, probeSumDb } from '../../src/doctor/probes/sumdb.ts';
import { type AskDeps, probeUpstream } from '../../src/doctor/probes/upstream.ts';
import { probeVulnDb } from '../../src/doctor/probes/vulndb.ts';
import type { Verdict } from '../../src/doctor/types.ts';
import { createHttpClient } from '../../src/proxy/upstream/http.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { type Site, startSite } from '../support/vcs/site.ts';
import { TEST_KEY, TestLog } from '../tlog/test-log.ts';

type Said = {
  readonly status: number;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
};

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

/** A module proxy that says what it is told to, by path. */
async function proxy(say: (path: string, authorization: string | undefined) => Said): Promise<Site> {
  const site = await startSite({
    name: 'proxy',
    answer: (request, response) => {
      const { status, body = '', headers = {} } = say(request.url ?? '', request.headers.authorization);
      response.writeHead(status, headers).end(body);
    },
  });
  open.push(site);
  return site;
}

async function asking<T>(work: (deps: AskDeps) => Promise<T>, probeMs = 5_000): Promise<T> {
  const bounds = new Bounds({ probeMs, runMs: 30_000, parallel: 4 });
  const http = await createHttpClient({ userAgent: 'test' });
  try {
    return await work({ http, bounds });
  } finally {
    bounds.close();
    await http.close();
  }
}

interface Settings {
  readonly absentOn403?: boolean;
  /** What is known of a credential that is refused. */
  readonly refusal?: { readonly why: string; readonly next: string };
  readonly alone?: boolean;
  readonly probeMs?: number;
}

function probe(url: string, settings: Settings = {}): Promise<Verdict> {
  const { absentOn403 = false, refusal, alone = false, probeMs } = settings;
  return asking(
    deps =>
      probeUpstream({ url, fallBackOn: 'absent', absentOn403 }, { refusal: () => refusal, alone }, deps),
    probeMs,
  );
}

const list = (path: string): Said =>
  path === '/golang.org/x/xerrors/@v/list' ? { status: 200, body: 'v0.1.0\n' } : { status: 404 };
const PAGE = {
  status: 200,
  body: '<!doctype html><title>Log in</title>',
  headers: { 'content-type': 'text/html' },
};

describe('a module proxy', () => {
  it('that works', async () => {
    expect(await probe((await proxy(list)).url)).toEqual({
      state: 'ok',
      what: 'answers as a module proxy does',
    });
  });

  it('that has private modules only works where it is not alone', async () => {
    const { url } = await proxy(() => ({ status: 404 }));
    expect(await probe(url)).toMatchObject({ state: 'ok' });
    expect(await probe(url, { alone: true })).toMatchObject({
      state: 'warning',
      why: expect.stringContaining('its URL is not that of a module proxy'),
    });
  });

  it.each([
    ['a portal page', PAGE, 'a web page comes instead of an answer'],
    ['401', { status: 401 }, 'it takes no request without a valid credential (401)'],
    ['403', { status: 403 }, 'it forbids what is asked (403)'],
    ['500', { status: 500 }, 'it has trouble of its own (500)'],
    ['503', { status: 503 }, 'it has trouble of its own (503)'],
    ['400', { status: 400 }, 'it does not answer as a module proxy does (400)'],
  ])('that says %s', async (_, said, what) => {
    const { url } = await proxy(() => said);
    const verdict = await probe(url);
    expect(verdict).toMatchObject({ state: 'failed', what });
    expect(verdict.why).toBeTruthy();
    expect(verdict.fix).toBeTruthy();
  });

  it.each([401, 403])('that refuses a credential with %i: which one, and what it lacks', async status => {
    const { url } = await proxy(() => ({ status }));
    const refusal = { why: 'the deploy token was refused', next: 'it needs a right' };
    expect(await probe(url, { refusal })).toMatchObject({
      state: 'failed',
      why: 'the deploy token was refused',
      fix: 'it needs a right',
    });
  });

  it('that is over its limit is a warning', async () => {
    expect(await probe((await proxy(() => ({ status: 429 }))).url)).toMatchObject({ state: 'warning' });
  });

  it('that says 403 of what it lacks wants absent-on-403', async () => {
    const { url } = await proxy(path => {
      const said = list(path);
      return said.status === 404 ? { status: 403 } : said;
    });
    expect(await probe(url)).toMatchObject({
      state: 'warning',
      fix: expect.stringContaining(`{url: ${url}, absent-on-403: true}`),
    });
    expect(await probe(url, { absentOn403: true })).toMatchObject({ state: 'ok' });
  });

  it('that never says that something is not there', async () => {
    const { url } = await proxy(path => (list(path).status === 404 ? { status: 502 } : list(path)));
    expect(await probe(url)).toMatchObject({ state: 'warning', why: expect.stringContaining('502') });
  });

  it('that redirects without end, is gone, or says nothing', async () => {
    const { url } = await proxy(path => ({ status: 302, headers: { location: path } }));
    expect(await probe(url)).toMatchObject({ state: 'failed', what: 'its redirects cannot be followed' });
    expect(await probe(await deadUrl())).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('ECONNREFUSED'),
    });
    const silent = await startSite({ name: 'silent', answer: () => undefined });
    open.push(silent);
    expect(await probe(silent.url, { probeMs: 50 })).toMatchObject({
      state: 'failed',
      why: 'no answer within 0.05 s',
    });
  });

  it('is told by the place where the page came from, without what is secret in it', async () => {
    const portal = await proxy(() => PAGE);
    const location = `${portal.url}/login?session=canary-session`;
    const { url } = await proxy(() => ({ status: 302, headers: { location } }));
    const verdict = await probe(url.replace('//', '//robot:canary-password@'));
    expect(verdict.why).toContain(`${portal.url}/login?***`);
    expect(JSON.stringify(verdict)).not.toContain('canary');
    expect(JSON.stringify(portal.seen)).not.toContain(
      Buffer.from('robot:canary').toString('base64').slice(0, 12),
    );
  });
});

describe('the checksum database', () => {
  const log = new TestLog().growTo(1234);
  const database = (url?: string) => ({ name: 'sum.example.test', key: TEST_KEY, url });
  const serving = (head: Said) => (path: string) =>
    path.endsWith('/supported') ? { status: 200 } : path.endsWith('/latest') ? head : { status: 404 };
  const ask = (urls: readonly string[], url?: string): Promise<Verdict> =>
    asking(async deps => {
      const entries = urls.map(one => ({ url: one, fallBackOn: 'absent' as const }));
      const place = await placeOfSumDb(database(url), entries, deps);
      return place.state === 'failed' ? place.verdict : await probeSumDb(database(url), place, deps);
    });

  it('through the first upstream that serves it', async () => {
    const first = await proxy(() => ({ status: 404 }));
    const second = await proxy(serving({ status: 200, body: log.head() }));
    const base = `${second.url}/go`;
    expect(await ask([first.url, base])).toEqual({
      state: 'ok',
      what: `tree of 1,234 records, signature verified (through ${base})`,
    });
    expect(second.seen.map(({ url }) => url)).toEqual([
      '/go/sumdb/sum.example.test/supported',
      '/go/sumdb/sum.example.test/latest',
    ]);
  });

  it('itself, where GOSUMDB says so', async () => {
    const { url } = await proxy(serving({ status: 200, body: log.head() }));
    expect(await ask([await deadUrl()], url)).toMatchObject({
      state: 'ok',
      what: expect.stringContaining('(asked itself)'),
    });
  });

  it.each([
    [
      'a head that somebody changed',
      { status: 200, body: log.head().toString().replace('1234', '1235') },
      /is not signed by/,
    ],
    ['a web page', PAGE, /gives no tree head/],
    ['403', { status: 403 }, /gives no tree head/],
  ])('with %s', async (_, head, what) => {
    const { url } = await proxy(serving(head));
    expect(await ask([url])).toMatchObject({ state: 'failed', what: expect.stringMatching(what) });
  });

  it('is not looked for behind an upstream that fails', async () => {
    const { url } = await proxy(() => ({ status: 500 }));
    expect(await ask([url, 'direct'])).toMatchObject({
      state: 'failed',
      what: expect.stringContaining('does not say whether it serves'),
    });
  });
});

describe('a vulnerability database', () => {
  const database = async (say: (path: string) => Said): Promise<Verdict> => {
    const { url } = await proxy(say);
    const refusal = (_: URL, status: number) =>
      status === 401 ? { why: 'no token', next: 'give one' } : undefined;
    return await asking(deps => probeVulnDb(`${url}/vuln/`, refusal, deps));
  };

  it('that works says when it was changed', async () => {
    const db = '{"modified":"2026-11-20T12:00:00Z"}';
    expect(
      await database(path => (path === '/vuln/index/db.json' ? { status: 200, body: db } : { status: 404 })),
    ).toEqual({ state: 'ok', what: 'answers as a vulnerability database does, changed 2026-11-20' });
  });

  it.each([
    ['a portal page', PAGE, 'it does not answer as a vulnerability database does'],
    ['other JSON', { status: 200, body: '{"modified":1}' }, /^it does not answer as/],
    ['no such path', { status: 404 }, /^it does not answer as/],
    ['a log-in', { status: 401 }, 'it takes no request without a valid credential (401)'],
    ['an outage', { status: 503 }, 'it has trouble of its own (503)'],
  ])('with %s is a warning', async (_, said, what) => {
    expect(await database(() => said)).toMatchObject({
      state: 'warning',
      what: typeof what === 'string' ? what : expect.stringMatching(what),
      why: expect.any(String),
      fix: expect.any(String),
    });
  });

  it('that is not there is a warning', async () => {
    const verdict = await asking(async deps => await probeVulnDb(await deadUrl(), () => undefined, deps));
    expect(verdict).toMatchObject({
      state: 'warning',
      fix: expect.stringContaining('a vulnerability database'),
    });
  });
});
