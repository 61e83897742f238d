import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type Front, startFront } from './front.ts';

interface Row {
  readonly in: string;
  readonly error?: string;
}
interface Vectors {
  readonly paths: readonly (Row & { readonly escaped?: string; readonly wire?: string })[];
  readonly unescape_paths: readonly (Row & { readonly path?: string })[];
  readonly versions: readonly (Row & { readonly escaped?: string; readonly wire?: string })[];
}
const vectors = JSON.parse(
  await readFile(new URL('../fixtures/goproxy/escape.json', import.meta.url), 'utf8'),
) as Vectors;

const INFO = '{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}';
const ZIP = '/rsc.io/quote/@v/v1.5.2.zip';
const SUM = {
  zip: 'h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=',
  mod: 'h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=',
};

let upstream: Upstream;
let front: Front;
beforeAll(async () => {
  upstream = await startUpstream({
    made: path => {
      if (path.endsWith('/@v/list')) return { body: 'v1.0.0\n' };
      return path.startsWith('/rsc.io/') ? undefined : { body: INFO };
    },
  });
  front = await startFront([{ url: upstream.url, fallBackOn: 'absent' }], {
    vouch: (module, version, file) =>
      `${module}@${version}` === 'rsc.io/quote@v1.5.2'
        ? { state: 'known', by: 'gosum', h1s: [SUM[file]] }
        : { state: 'unknown', why: 'a test' },
    verdict: module =>
      module === 'rsc.io/refused'
        ? { decision: 'deny', rule: 'modules/deny', reason: 'no reason', fix: 'use another' }
        : { decision: 'allow' },
  });
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await upstream.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends the path as it is: no URL parser takes `..` out of it. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port, hostname } = new URL(front.url);
  return new Promise((resolve, reject) => {
    const req = request({ host: hostname, port, path, headers, method, agent: false }, res => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(parts) }),
      );
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end();
  });
}

const onWire = (text: string) => text.split('/').map(encodeURIComponent).join('/');

/** A busy machine may take its time. */
const WAIT = { timeout: 20_000 };

describe('module paths', () => {
  const valid = vectors.paths.filter(row => row.error === undefined);
  it.each(valid)(
    '$in is asked for as go writes it, with %21 or a bare mark',
    async ({ escaped = '', wire = '' }) => {
      const before = upstream.requests.length;
      for (const form of [wire, escaped]) {
        const answer = await ask(`/${form}/@v/list`);
        expect(answer.status).toBe(200);
      }
      const asked = upstream.requests.slice(before).map(one => one.path);
      expect(asked).toEqual([`/${escaped}/@v/list`, `/${escaped}/@v/list`]);
    },
  );

  const invalid = [
    // On the wire a mark before a letter is an upper-case letter, so such a path is another, valid one there.
    ...vectors.paths.filter(row => row.error !== undefined && !row.in.includes('!')),
    ...vectors.unescape_paths.filter(row => row.error !== undefined),
  ];
  it.each(invalid)('$in is 404 with a reason and reaches no upstream', async row => {
    const before = upstream.requests.length;
    for (const file of ['@v/list', '@latest', '@v/v1.0.0.mod']) {
      const answer = await ask(`/${onWire(row.in)}/${file}`);
      expect(answer.status).toBe(404);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.body.toString()).toMatch(/^not found: .+\n$/);
    }
    expect(upstream.requests.slice(before)).toEqual([]);
  });

  it.each(vectors.unescape_paths.filter(row => row.error === undefined))(
    '$in is $path',
    async ({ in: escaped, path }) => {
      await ask(`/${escaped}/@latest`);
      // Written down when the answer has gone out.
      await vi.waitFor(() => expect(front.records.at(-1)?.module).toBe(path), WAIT);
    },
  );
});

describe('versions', () => {
  const valid = vectors.versions.filter(row => row.error === undefined);
  it.each(valid)('$in is asked for as go writes it', async ({ in: version, escaped = '', wire = '' }) => {
    const before = upstream.requests.length;
    await ask(`/example.com/m/@v/${wire}.info`);
    expect(
      upstream.requests.slice(before).every(one => one.path === `/example.com/m/@v/${escaped}.info`),
    ).toBe(true);
    expect(upstream.requests.length).toBeGreaterThan(before);
    await vi.waitFor(() => {
      const { version: seen, query } = front.records.at(-1) ?? {};
      expect(seen ?? query).toBe(version);
    }, WAIT);
  });

  const invalid = vectors.versions.filter(row => row.error !== undefined && !row.in.includes('!'));
  it.each(invalid)('"$in" is 404 and reaches no upstream', async ({ in: version }) => {
    const before = upstream.requests.length;
    expect((await ask(`/example.com/m/@v/${onWire(version)}.info`)).status).toBe(404);
    expect(upstream.requests.slice(before)).toEqual([]);
  });
});

describe('a zip', () => {
  it('has its type, length, a strong ETag, and is immutable', async () => {
    const { status, headers, body } = await ask(ZIP);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/zip',
      'content-length': String(body.length),
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect(headers.etag).toMatch(/^"[0-9a-f]{64}"$/);
  });

  it('can be had in parts, and whole when the part asked for is of another file', async () => {
    const { body: whole, headers } = await ask(ZIP);
    const etag = String(headers.etag);
    const middle = await ask(ZIP, { range: 'bytes=100-299' });
    expect(middle.status).toBe(206);
    expect(middle.headers['content-range']).toBe(`bytes 100-299/${whole.length}`);
    expect(middle.body.equals(whole.subarray(100, 300))).toBe(true);
    const rest = await ask(ZIP, { range: 'bytes=100-', 'if-range': etag });
    expect(rest.status).toBe(206);
    expect(rest.body.equals(whole.subarray(100))).toBe(true);
    const tail = await ask(ZIP, { range: 'bytes=-22' });
    expect(tail.body.equals(whole.subarray(-22))).toBe(true);
    const other = await ask(ZIP, { range: 'bytes=100-', 'if-range': '"0"' });
    expect(other.status).toBe(200);
    expect(other.body.equals(whole)).toBe(true);
    const beyond = await ask(ZIP, { range: `bytes=${whole.length}-` });
    expect(beyond.status).toBe(416);
    expect(beyond.headers['content-range']).toBe(`bytes */${whole.length}`);
  });
});

describe('other requests', () => {
  it.each(['HEAD', 'POST', 'PUT', 'DELETE'])('%s is 405 and says what is allowed', async method => {
    const answer = await ask(ZIP, {}, method);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET');
  });

  it('a refusal of the policy is 403 with rule, reason and way out', async () => {
    const before = upstream.requests.length;
    const answer = await ask('/rsc.io/refused/@v/v1.0.0.zip');
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toBe('modgate: modules/deny: no reason\nfix: use another\n');
    await vi.waitFor(() =>
      expect(front.records.at(-1)).toMatchObject({
        decision: 'deny',
        rule: 'modules/deny',
        reason: 'no reason',
        status: 403,
      }),
    );
    expect(upstream.requests.slice(before)).toEqual([]);
  });

  it.each([
    ['/', 'not a path'],
    ['/example.com/m/@v/', 'unknown file'],
    ['/example.com/m/@v/v1.0.0.ziphash', 'unknown file'],
    ['/example.com/m/@v/v1.0.0.zip/../../x', 'unknown file'],
    ['/example.com/m/@v/v1.zip', 'not a canonical version'],
    ['/example.com/m/@v/main.mod', 'not a canonical version'],
    ['/example.com/%00/@v/list', 'control character'],
    ['/example.com/%zz/@v/list', 'percent escape'],
    ['/example.com%5cm/@v/list', 'backslash'],
    [`/example.com/${'a'.repeat(5000)}/@v/list`, 'longer than 4096 bytes'],
  ])('%s is not found', async (path, why) => {
    const before = upstream.requests.length;
    const answer = await ask(path);
    expect(answer.status).toBe(404);
    expect(answer.body.toString()).toContain(why);
    expect(upstream.requests.slice(before)).toEqual([]);
  });
});

it('a client that is gone before the answer is not recorded as served', async () => {
  const { port, hostname } = new URL(front.url);
  const path = '/example.com/left/@v/v1.0.0.info';
  let release: () => void = () => undefined;
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  upstream.setFaults(asked => {
    if (asked.path === path) release();
    return asked.path === path ? { kind: 'drip', pieces: 5, everyMs: 30 } : undefined;
  });
  const req = request({ host: hostname, port, path, agent: false });
  req.on('error', () => undefined);
  req.end();
  await held;
  req.destroy();
  await vi.waitFor(() => {
    const record = front.records.find(one => one.module === 'example.com/left');
    expect(record).toMatchObject({ bytes: 0, reason: 'client left' });
  });
});
