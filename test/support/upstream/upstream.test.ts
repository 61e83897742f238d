import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { goWorld, sumdbName, writeProject } from '../go.ts';
import { deadUrl } from './dead.ts';
import type { Fault } from './types.ts';
import { startUpstream } from './upstream.ts';

const MOD = 'rsc.io/quote@v1.5.2';
const ZIP = '/rsc.io/quote/@v/v1.5.2.zip';
const INFO = '/rsc.io/quote/@v/v1.5.2.info';

/** What a client that trusts nothing sees of an answer: how it ended and what came until then. */
interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly error: string | undefined;
}

function get(url: string, headers: Record<string, string> = {}, rawPath?: string): Promise<Seen> {
  return new Promise(resolve => {
    const path = rawPath ?? new URL(url).pathname;
    const req = request(url, { headers, agent: false, path }, res => {
      const chunks: Buffer[] = [];
      const end = (error?: string) =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks), error });
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => end());
      res.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    });
    req.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ status: 0, headers: {}, body: Buffer.alloc(0), error: error.code }),
    );
    req.end();
  });
}

describe('a healthy mirror', () => {
  test('real go builds and verifies through it, over both protocols', async () => {
    for (const http2 of [false, true]) {
      await using upstream = await startUpstream({ http2 });
      const trust: Record<string, string> = upstream.caFile ? { SSL_CERT_FILE: upstream.caFile } : {};
      await using go = await goWorld(upstream.url, trust);
      const dir = go.dir.join('project');
      await writeProject(dir, {
        'go.mod': 'module example.com/m\n\ngo 1.24\n',
        'main.go': 'package main\n\nimport "rsc.io/quote"\n\nfunc main() { println(quote.Hello()) }\n',
      });
      await go.goOk(['get', MOD], { cwd: dir });
      await go.goOk(['build', '-o', go.dir.join('out'), '.'], { cwd: dir });
      expect(await readFile(`${dir}/go.sum`, 'utf8')).toContain('rsc.io/quote v1.5.2 h1:');
      const name = await sumdbName();
      const paths = upstream.requests.map(r => r.path);
      expect(paths).toContain(ZIP);
      expect(paths).toContain(`/sumdb/${name}/lookup/${MOD}`);
      expect(upstream.requests.find(r => r.path === ZIP)?.httpVersion).toBe(http2 ? '2.0' : '1.1');
      expect(upstream.requests.every(r => r.done)).toBe(true);
      expect(upstream.stats().bytes).toBeGreaterThan(1000);
    }
  });

  test('what was recorded is replayed without the real mirror, absences too', async () => {
    await using recording = await startUpstream();
    const absent = await get(`${recording.url}/rsc.io/@v/list`);
    const list = await get(`${recording.url}/golang.org/x/text/@v/list`);
    await using replay = await startUpstream({ behind: null });
    expect((await get(`${replay.url}/rsc.io/@v/list`)).status).toBe(404);
    expect(absent.status).toBe(404);
    expect((await get(`${replay.url}/golang.org/x/text/@v/list`)).body).toEqual(list.body);
    expect(list.body.toString()).toContain('v0.3.0\n');
    const unknown = await get(`${replay.url}/example.com/never/asked/@v/list`);
    expect(unknown.status).toBe(502);
  });

  test('Range and If-Range resume exactly, and can be switched off', async () => {
    await using upstream = await startUpstream();
    const whole = await get(upstream.url + ZIP);
    const etag = String(whole.headers.etag);
    const rest = await get(upstream.url + ZIP, { range: 'bytes=100-', 'if-range': etag });
    expect(rest.status).toBe(206);
    expect(rest.headers['content-range']).toBe(`bytes 100-${whole.body.length - 1}/${whole.body.length}`);
    expect(rest.body).toEqual(whole.body.subarray(100));
    expect((await get(upstream.url + ZIP, { range: 'bytes=-7' })).body).toEqual(whole.body.subarray(-7));
    expect((await get(upstream.url + ZIP, { range: 'bytes=100-', 'if-range': '"x"' })).status).toBe(200);
    expect((await get(upstream.url + ZIP, { range: `bytes=${whole.body.length}-` })).status).toBe(416);
    await using plain = await startUpstream({ ranges: false });
    expect((await get(plain.url + ZIP, { range: 'bytes=100-' })).body).toEqual(whole.body);
  });

  test('counts concurrency, maps absences and refuses what is no path', async () => {
    await using upstream = await startUpstream({ latencyMs: 100, absentStatus: 403 });
    await Promise.all(Array.from({ length: 5 }, () => get(upstream.url + INFO)));
    expect(upstream.stats()).toMatchObject({ requests: 5, peakConcurrency: 5, byStatus: { 200: 5 } });
    expect(upstream.requests.map(r => r.nth)).toEqual([1, 2, 3, 4, 5]);
    expect((await get(`${upstream.url}/rsc.io/@v/list`)).status).toBe(403);
    const raw = await get(upstream.url, {}, '/a/%2e%2e/%2e%2e/etc/passwd');
    expect(raw.status).toBe(400);
  });

  test('answers made up by a test come first', async () => {
    const made = (path: string) => (path === '/example.test/m/@v/list' ? { body: 'v1.0.0\n' } : undefined);
    await using upstream = await startUpstream({ made });
    expect((await get(`${upstream.url}/example.test/m/@v/list`)).body.toString()).toBe('v1.0.0\n');
  });

  test('killed, its port is dead', async () => {
    const upstream = await startUpstream();
    await upstream.kill();
    expect((await get(upstream.url + INFO)).error).toBe('ECONNREFUSED');
    expect((await get((await deadUrl()) + INFO)).error).toBe('ECONNREFUSED');
  });
});

describe('a broken mirror', () => {
  /** The first request of the path is broken, the second is not. */
  async function broken(fault: Fault, path = ZIP): Promise<{ bad: Seen; good: Seen }> {
    await using upstream = await startUpstream({ faults: asked => (asked.nth === 1 ? fault : undefined) });
    const bad = await get(upstream.url + path);
    const good = await get(upstream.url + path);
    expect(upstream.requests.map(r => r.fault)).toEqual([fault.kind, undefined]);
    expect(good).toMatchObject({ status: 200, error: undefined });
    return { bad, good };
  }

  test('a reset gives no answer at all', async () => {
    const { bad } = await broken({ kind: 'reset' });
    expect(bad).toMatchObject({ status: 0, error: 'ECONNRESET' });
  });

  test('a cut body has the right length header and half the bytes', async () => {
    const { bad, good } = await broken({ kind: 'cut' });
    expect(bad.headers['content-length']).toBe(String(good.body.length));
    expect(bad.error).toBe('ECONNRESET');
    expect(bad.body).toEqual(good.body.subarray(0, Math.floor(good.body.length / 2)));
  });

  test('a chunked body ends early, cleanly or not', async () => {
    const clean = await broken({ kind: 'cut-chunked', end: 'clean' });
    expect(clean.bad).toMatchObject({ status: 200, error: undefined });
    expect(clean.bad.headers['content-length']).toBeUndefined();
    expect(clean.bad.body).toHaveLength(Math.floor(clean.good.body.length / 2));
    const abort = await broken({ kind: 'cut-chunked', end: 'abort' });
    expect(abort.bad.error).toBe('ECONNRESET');
    expect(abort.bad.body).toHaveLength(Math.floor(abort.good.body.length / 2));
  });

  test('statuses with Retry-After, a portal page, an empty body', async () => {
    const { bad } = await broken({ kind: 'status', status: 429, retryAfter: '1' });
    expect(bad.status).toBe(429);
    expect(bad.headers['retry-after']).toBe('1');
    const portal = await broken({ kind: 'html' });
    expect(portal.bad.status).toBe(200);
    expect(portal.bad.headers['content-type']).toContain('text/html');
    const empty = await broken({ kind: 'empty' });
    expect(empty.bad).toMatchObject({ status: 200, error: undefined });
    expect(empty.bad.body).toHaveLength(0);
  });

  test('one flipped byte and only one', async () => {
    const { bad, good } = await broken({ kind: 'flip-byte', at: 40 });
    const wrong = [...bad.body].flatMap((byte, at) => (byte === good.body[at] ? [] : [at]));
    expect(bad.body).toHaveLength(good.body.length);
    expect(wrong).toEqual([40]);
  });

  test('gzip that is none, and gzip that is', async () => {
    const lie = await broken({ kind: 'encoding', real: false });
    expect(lie.bad.headers['content-encoding']).toBe('gzip');
    expect(() => gunzipSync(lie.bad.body)).toThrow();
    const real = await broken({ kind: 'encoding', real: true });
    expect(gunzipSync(real.bad.body)).toEqual(real.good.body);
  });

  test('a drip arrives whole, and an info speaks of another version', async () => {
    const drip = await broken({ kind: 'drip', pieces: 4, everyMs: 5 });
    expect(drip.bad.body).toEqual(drip.good.body);
    const info = await broken({ kind: 'wrong-version' }, INFO);
    expect(JSON.parse(info.bad.body.toString()).Version).not.toBe('v1.5.2');
    expect(JSON.parse(info.good.body.toString()).Version).toBe('v1.5.2');
  });

  test('a redirect loop has no end', async () => {
    await using upstream = await startUpstream({ faults: () => ({ kind: 'redirect-loop' }) });
    let url = upstream.url + ZIP;
    for (let i = 0; i < 25; i++) {
      const seen = await get(url);
      expect(seen.status).toBe(302);
      url = new URL(String(seen.headers.location), url).href;
    }
    await using go = await goWorld(upstream.url);
    const done = await go.go(['mod', 'download', MOD], { cwd: go.dir.path });
    expect(done.stderr).toContain('stopped after 10 redirects');
  });

  test('a stall says nothing more until the client leaves, which is logged', async () => {
    for (const kind of ['stall', 'silence'] as const) {
      await using upstream = await startUpstream({ faults: () => ({ kind }) });
      await new Promise<void>(resolve => {
        const req = request(upstream.url + ZIP, { agent: false }, res => {
          res.once('data', () => req.destroy());
          res.on('error', () => {});
        });
        req.on('close', () => resolve());
        req.on('error', () => {});
        // Silence gives nothing to wait for, so the client leaves once the request is known to be there.
        if (kind === 'silence') req.on('finish', () => void untilAsked(upstream).then(() => req.destroy()));
        req.end();
      });
      await expect.poll(() => upstream.requests[0]?.done).toBe(true);
      expect(upstream.requests[0]?.left).toBe(true);
    }
  });

  async function untilAsked(upstream: { readonly requests: readonly unknown[] }): Promise<void> {
    await expect.poll(() => upstream.requests.length).toBeGreaterThan(0);
  }
});
