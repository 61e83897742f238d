import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { gone, makeJob } from '../support/session.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { type Fault, startUpstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';
import { smallProject, tinyProject } from './small-project.ts';

const RUN = ['run', '--on-failure', 'fail'];

/** A fault that stays, the status it ends in, and the words that say what it was. */
const LASTING: readonly (readonly [string, Fault, number, RegExp])[] = [
  ['503', { kind: 'status', status: 503 }, 503, /last: HTTP 503: simulated 503/],
  ['connection reset', { kind: 'reset' }, 503, /ECONNRESET|socket|closed/i],
  ['body cut short', { kind: 'cut' }, 503, /transfer broke after \d+ bytes/],
  ['403', { kind: 'status', status: 403 }, 502, /last: HTTP 403[\s\S]*absent-on-403/],
  ['401', { kind: 'status', status: 401 }, 502, /one attempt, last: HTTP 401/],
  ['HTML page', { kind: 'html' }, 502, /checksum mismatch|not a valid zip/],
  ['flipped byte', { kind: 'flip-byte' }, 502, /checksum mismatch|in zip/],
  ['empty body', { kind: 'empty' }, 502, /checksum mismatch|not a valid zip/],
  ['redirect loop', { kind: 'redirect-loop' }, 502, /10 redirects/],
];

describe.concurrent('a fault that stays ends in a clear error, soon, and nothing wrong is kept', () => {
  it.each(LASTING)('%s', async (_, fault, status, words) => {
    await using upstream = await startUpstream({ faults: () => fault });
    const address = new URL(upstream.url).host;
    await using job = await makeJob(`http://robot:s3cret-word@${address}`);
    await tinyProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fail']);
    const done = await session.go(['mod', 'download']);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(words);
    expect(done.stderr).toContain(`http://***@${address} could not deliver github.com/google/uuid@v1.6.0`);
    expect(done.stderr).toMatch(/next: .*\w/);
    expect(done.stderr).not.toContain('s3cret');

    const { summary } = await session.stop();
    expect(summary.failed).toBeGreaterThan(0);
    const answers = (await session.journal()).filter(record => record.kind === 'req');
    expect(answers.length).toBeGreaterThan(0);
    expect(new Set(answers.map(record => record.status))).toEqual(new Set([status]));
    // Three files, each once at full patience, once more for go; a redirect is followed ten times an attempt.
    const asked = upstream.requests.filter(request => request.path.includes('/@v/'));
    expect(asked.length).toBeLessThanOrEqual(3 * (8 + 3));
    expect(upstream.requests.length).toBeLessThanOrEqual(3 * (4 + 2) * 11);
    expect(await verifyStore(job.store)).toEqual({ files: [], bad: [] });
  });
});

describe.concurrent('an upstream that is gone', () => {
  it('from the start costs its patience once, not once a file', async () => {
    await using upstream = await startUpstream({ faults: () => ({ kind: 'reset' }) });
    await using job = await makeJob(upstream.url);
    await smallProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fail', '--prefetch', '0']);
    const first = await session.go(['mod', 'download']);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain(`${upstream.url} could not deliver`);
    const before = upstream.requests.length;
    const second = await session.go(['build', './...']);
    expect(second.code).toBe(1);
    // The outage is known by now: two attempts a file.
    const paths = upstream.requests.slice(before).map(request => request.path);
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths)
      expect(paths.filter(other => other === path).length, path).toBeLessThanOrEqual(2);
    expect(
      (await session.journal()).filter(record => record.kind === 'req' && record.status === 404),
    ).toEqual([]);
  });

  it('comes back in the middle of a build, and the build passes', async () => {
    await using world = await startUpstream();
    const port = Number(new URL(world.url).port);
    await using job = await makeJob(world.url);
    await smallProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fail', '--prefetch', '2']);
    const build = session.go(['mod', 'download']);
    while (world.requests.length < 5) await delay(5);
    await world.kill();
    await delay(1500);
    await using again = await startUpstream({ port });
    expect(await build).toMatchObject({ code: 0 });
    expect(again.requests.length).toBeGreaterThan(0);
    expect((await verifyStore(job.store)).bad).toEqual([]);
    expect((await session.stop()).summary.retriesSurvived).toBeGreaterThan(0);
  });

  it('is passed over by a | chain, and never by a comma', async () => {
    await using broken = await startUpstream({ faults: () => ({ kind: 'status', status: 500 }) });
    await using healthy = await startUpstream();
    await using pipe = await makeJob(`${broken.url}|${healthy.url}`);
    await tinyProject(pipe.checkout);
    const passes = await pipe.modgate(['run', '--store', pipe.store, '--', 'go', 'mod', 'download']);
    expect(passes).toMatchObject({ code: 0 });
    expect(healthy.requests.length).toBeGreaterThan(0);
    expect((await verifyStore(pipe.store)).files).toHaveLength(3);

    const before = healthy.requests.length;
    await using comma = await makeJob(`${broken.url},${healthy.url}`);
    await tinyProject(comma.checkout);
    const fails = await comma.modgate([...RUN, '--store', comma.store, '--', 'go', 'mod', 'download']);
    expect(fails.code).toBe(1);
    expect(fails.stderr).toContain(`${broken.url} could not deliver`);
    expect(healthy.requests.length).toBe(before);
  });

  it('is no matter to a job that falls back when the proxy is killed in the middle', async () => {
    await using upstream = await startUpstream({ latencyMs: 20 });
    await using job = await makeJob(upstream.url);
    await smallProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fallback', '--prefetch', '1']);
    expect(session.env.GOPROXY).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\|http:/);
    const build = session.go(['mod', 'download']);
    while (upstream.requests.length < 6) await delay(2);
    process.kill(session.file.pid, 'SIGKILL');
    expect(await build).toMatchObject({ code: 0 });
    const { summary } = await session.stop();
    expect(summary.daemonDied).toBe(true);
    const direct = upstream.requests.filter(request =>
      String(request.headers['user-agent']).startsWith('Go'),
    );
    expect(direct.length).toBeGreaterThan(0);
  });

  it('without a fallback a killed proxy stops the build', async () => {
    await using job = await makeJob(await deadUrl());
    await tinyProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fail']);
    process.kill(session.file.pid, 'SIGKILL');
    await gone(session.file.pid);
    const done = await session.go(['mod', 'download']);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/connection refused|actively refused/);
  });
});

describe.concurrent('the way to the upstream', () => {
  it('is HTTP/2 where offered, and HTTP/1.1 again after a broken stream', async () => {
    await using upstream = await startUpstream({
      http2: true,
      faults: ({ nth }) => (nth === 1 ? { kind: 'cut' } : undefined),
    });
    await using job = await makeJob(upstream.url, { SSL_CERT_FILE: upstream.caFile ?? '' });
    await smallProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fail']);
    expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
    const spoken = (nth: number) =>
      new Set(upstream.requests.filter(request => request.nth === nth).map(request => request.httpVersion));
    expect(spoken(1)).toEqual(new Set(['2.0']));
    expect(spoken(2)).toEqual(new Set(['1.1']));
    expect((await verifyStore(job.store)).bad).toEqual([]);
  });

  it('with a certificate that nobody signed is refused, and the error says how to trust it', async () => {
    await using upstream = await startUpstream({ http2: true });
    await using job = await makeJob(upstream.url);
    await tinyProject(job.checkout);
    const done = await job.modgate([...RUN, '--store', job.store, '--', 'go', 'mod', 'download']);
    expect(done.code).toBe(1);
    expect(upstream.requests).toEqual([]);
    expect(done.stderr).toMatch(/certificate.*\n.*proxy\.ca/);
  });

  it.each(['http', 'https'] as const)(
    'leads through %s_PROXY, but not to what NO_PROXY names',
    async scheme => {
      await using upstream = await startUpstream({ http2: scheme === 'https' });
      await using proxy = await startForwardProxy(Number(new URL(upstream.url).port));
      const settings = {
        [`${scheme.toUpperCase()}_PROXY`]: proxy.url,
        ...(upstream.caFile === undefined ? {} : { SSL_CERT_FILE: upstream.caFile }),
      };
      await using job = await makeJob(`${scheme}://mirror.example.test`, settings);
      await tinyProject(job.checkout);
      const run = [...RUN, '--store', job.store, '--', 'go', 'mod', 'download'];
      expect(await job.modgate(run)).toMatchObject({ code: 0 });
      const name = `mirror.example.test:${scheme === 'https' ? 443 : 80}`;
      expect(new Set(proxy.asked)).toEqual(new Set([name]));
      expect(upstream.requests.length).toBeGreaterThanOrEqual(3);

      const before = proxy.asked.length;
      await using past = await makeJob(`${scheme}://mirror.example.test`, {
        ...settings,
        NO_PROXY: 'other.example.test, .example.test',
      });
      await tinyProject(past.checkout);
      const done = await past.modgate([...RUN, '--store', past.store, '--', 'go', 'mod', 'download']);
      expect(done.code).toBe(1);
      expect(done.stderr).toMatch(/ENOTFOUND|EAI_AGAIN|getaddrinfo/);
      expect(proxy.asked.length).toBe(before);
    },
  );
});
