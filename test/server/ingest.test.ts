import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resealed } from '../support/audit.ts';
import { batchOf, denialOf, zipOf } from '../support/audit-batch.ts';
import { ask, post, type Serve, send, serve, settled } from '../support/collector.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const WRITE = 'write-token-for-the-tests';
const READ = 'read-token-for-the-tests';

/** Raw objects below a directory. */
async function objects(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true });
  return names.filter(name => name.endsWith('.ndjson.gz')).toSorted();
}

describe('modgate serve', () => {
  let dir: TempDir;
  let collector: Serve;

  beforeAll(async () => {
    dir = await tempDir('serve');
    collector = await serve({ dir: dir.path, env: { MODGATE_WRITE_TOKEN: WRITE, MODGATE_READ_TOKEN: READ } });
  });
  afterAll(async () => {
    await collector[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  it('takes a batch once, keeps it with its receipt, and answers from it', async () => {
    const batch = batchOf({
      job: 'first',
      requests: [zipOf('a.example/x'), denialOf('evil.example/x', 'v1.2.3')],
    });
    const first = await send(collector.url, batch, WRITE);
    expect(first.status).toBe(201);
    expect(await first.json()).toMatchObject({ digest: batch.digest, dup: false, refused: [] });
    const second = await send(collector.url, batch, WRITE);
    expect(second.status).toBe(200);
    expect(await second.json()).toMatchObject({ digest: batch.digest, dup: true });

    const raw = await readFile(dir.join(batch.key));
    const [receipt = '', ...lines] = gunzipSync(raw).toString().trimEnd().split('\n');
    expect(JSON.parse(receipt)).toMatchObject({ kind: 'rcpt', writer: 'writer', assurance: 'relayed' });
    expect(lines.join('\n')).toBe(gunzipSync(batch.gzip).toString().trimEnd());

    expect(await settled(collector.url)).toMatchObject({ engine: 'sqlite', rawWritable: true, setAside: 0 });
    expect(await ask(collector.url, 'who?module=a.example/x@v1.0.0', READ)).toMatchObject({
      module: 'a.example/x',
      version: 'v1.0.0',
      first: { repository: 'acme/app', actor: 'ann', assurance: 'relayed' },
      versions: [{ version: 'v1.0.0' }],
    });
    expect(await ask(collector.url, 'used?module=a.example/x', READ)).toMatchObject({
      module: 'a.example/x',
      uses: [{ repository: 'acme/app', version: 'v1.0.0', ref: 'refs/heads/main' }],
      next: null,
    });
    expect(await ask(collector.url, 'log?decision=deny', READ)).toMatchObject({
      records: [
        {
          module: 'evil.example/x',
          version: 'v1.2.3',
          rule: 'module/denied',
          reason: 'no',
          repository: 'acme/app',
          batch: batch.digest,
          seq: 2,
        },
      ],
      next: null,
    });
    const nothing = await ask(collector.url, 'who?module=nobody.example/x', READ);
    expect(nothing).toMatchObject({ module: 'nobody.example/x', versions: [] });
    expect(nothing.first).toBeUndefined();
  });

  it('pages through the log without losing or repeating a record', async () => {
    const modules = Array.from({ length: 25 }, (_, index) => `paged.example/m${index}`);
    for (const part of [modules.slice(0, 7), modules.slice(7, 20), modules.slice(20)]) {
      const batch = batchOf({ job: `paged ${part[0]}`, requests: part.map(module => denialOf(module)) });
      expect((await send(collector.url, batch, WRITE)).status).toBe(201);
    }
    await settled(collector.url);
    const seen: string[] = [];
    let after = '';
    do {
      const page = await ask(collector.url, `log?decision=deny&limit=4${after}`, READ);
      const records = page.records as { module: string }[];
      expect(records.length).toBeLessThanOrEqual(4);
      seen.push(...records.map(({ module }) => module));
      // What comes in between stands in front and moves nobody's place.
      const late = batchOf({ job: `late ${seen.length}`, requests: [denialOf('late.example/x')] });
      expect((await send(collector.url, late, WRITE)).status).toBe(201);
      await settled(collector.url);
      after = page.next === null ? '' : `&after=${String(page.next)}`;
    } while (after !== '');
    const paged = seen.filter(module => module.startsWith('paged.'));
    expect(paged.toSorted()).toEqual(modules.toSorted());
  });

  describe('refuses, and stores nothing:', () => {
    const good = batchOf({ job: 'refused', requests: [zipOf('refused.example/x')] });
    const text = gunzipSync(good.gzip).toString();
    const zip = (changed: string | Buffer): Buffer => gzipSync(changed);
    const lines = text.trimEnd().split('\n');
    const ahead = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const write = { authorization: `Bearer ${WRITE}` };
    const cases: readonly (readonly [string, Buffer, Record<string, string | undefined>, number, string])[] =
      [
        ['no token', good.gzip, {}, 401, 'unauthorized'],
        [
          'an unknown token',
          good.gzip,
          { authorization: 'Bearer something-else-entirely' },
          401,
          'unauthorized',
        ],
        [
          'a token that only begins alike',
          good.gzip,
          { authorization: `Bearer ${WRITE}x` },
          401,
          'unauthorized',
        ],
        ['another scheme', good.gzip, { authorization: `Basic ${WRITE}` }, 401, 'unauthorized'],
        ['the token of a reader', good.gzip, { authorization: `Bearer ${READ}` }, 403, 'forbidden'],
        ['another type', good.gzip, { ...write, 'content-type': 'application/json' }, 415, 'unsupported'],
        ['no encoding', good.gzip, { ...write, 'content-encoding': undefined }, 415, 'unsupported'],
        ['another encoding', good.gzip, { ...write, 'content-encoding': 'br' }, 415, 'unsupported'],
        ['what is no gzip', Buffer.from(text), write, 400, 'not-gzip'],
        ['an empty body', Buffer.alloc(0), write, 400, 'not-gzip'],
        ['half of the gzip', good.gzip.subarray(0, good.gzip.length / 2), write, 400, 'not-gzip'],
        ['half of the lines', zip(text.slice(0, text.length / 2)), write, 400, 'malformed'],
        ['no footer', zip(`${lines.slice(0, -1).join('\n')}\n`), write, 400, 'malformed'],
        [
          'an invented request',
          zip(text.replace('refused.example', 'another.example')),
          write,
          400,
          'digest',
        ],
        [
          'another digest than announced',
          good.gzip,
          { ...write, 'modgate-batch': 'a'.repeat(64) },
          400,
          'digest',
        ],
        ['a digest that is none', good.gzip, { ...write, 'modgate-batch': '../../etc' }, 400, 'malformed'],
        [
          'bytes that are no UTF-8',
          zip(Buffer.from(text.replace('acme', 'ac\u00e9e'), 'latin1')),
          write,
          400,
          'not-utf8',
        ],
        ['a later format', zip(text.replace('"v":1', '"v":99')), write, 422, 'future-version'],
        [
          'a date in the future',
          batchOf({ job: 'future', wall: ahead, requests: [zipOf('refused.example/x')] }).gzip,
          write,
          422,
          'future-date',
        ],
        ['more gzip than allowed', Buffer.alloc(8 * 1024 * 1024 + 1, 0x1f), write, 413, 'too-large'],
        ['a gzip bomb', zip(Buffer.alloc(100 * 1024 * 1024, 0x20)), write, 413, 'too-large'],
        ['too many lines', zip(`${'{}\n'.repeat(30_000)}`), write, 413, 'too-large'],
      ];

    it.each(cases)('%s', async (_name, body, headers, status, code) => {
      const before = await objects(dir.path);
      const told = collector.log().length;
      const response = await post(collector.url, body, headers);
      const answer = (await response.json()) as { error: { code: string; message: string } };
      expect({ status: response.status, code: answer.error.code }).toEqual({ status, code });
      expect(answer.error.message.length).toBeGreaterThan(10);
      expect(response.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer realm="modgate"' : null);
      expect(await objects(dir.path)).toEqual(before);
      await expect
        .poll(() => collector.log().slice(told))
        .toContain(` ${status} ${code} POST /v1/batches from `);
      expect(collector.log()).not.toContain(WRITE);
      expect(collector.log()).not.toContain(READ);
      const answered = await ask(collector.url, 'who?module=refused.example/x', READ);
      expect(answered.versions).toEqual([]);
    });

    it('millions of values in fields that nobody knows, in some KB of gzip', async () => {
      const values = (count: number) => `"extra":[${'{},'.repeat(count)}{}]`;
      const [header = '', request = '', footer = ''] = gunzipSync(
        batchOf({ job: 'values', requests: [zipOf('values.example/x')] }).gzip,
      )
        .toString()
        .trimEnd()
        .split('\n');
      const many = Array.from({ length: 60 }, (_, at) =>
        request.replace('"seq":1}', `"seq":${at + 1},${values(340_000)}}`),
      );
      const sealed = (requests: readonly string[]) =>
        zip(resealed([header, ...requests, footer], ftr => ({ ...ftr, last_seq: requests.length })));
      const bodies = [many, many, many.slice(0, 7), many.slice(0, 7)].map(sealed);
      const answers = await Promise.all(bodies.map(body => post(collector.url, body, write)));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 201, 413, 413]);
      expect(await settled(collector.url)).toMatchObject({ status: 'ok', setAside: 0 });
    });

    it('a sender that goes away in the middle', async () => {
      const before = await objects(dir.path);
      const told = collector.log().length;
      const { port } = new URL(collector.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(
        `POST /v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${WRITE}\r\nContent-Type: application/x-ndjson\r\nContent-Encoding: gzip\r\nContent-Length: ${good.gzip.length}\r\n\r\n`,
      );
      socket.write(good.gzip.subarray(0, 50), () => socket.destroy());
      await expect.poll(() => collector.log().slice(told)).toContain(' 400 malformed POST /v1/batches');
      expect(await objects(dir.path)).toEqual(before);
    });

    it('what is no HTTP', async () => {
      const { port } = new URL(collector.url);
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end('\x16\x03\x01 hello\r\n\r\n'));
        let text = '';
        socket.setEncoding('utf8').on('data', part => {
          text += part;
        });
        socket.on('close', () => resolve(text)).on('error', reject);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    });

    it('a body before it is sent, when the sender asks for leave', async () => {
      const { port } = new URL(collector.url);
      const outcome = await new Promise<{ status: number | undefined; leave: boolean }>((resolve, reject) => {
        let leave = false;
        const call = request(
          {
            port,
            host: '127.0.0.1',
            path: '/v1/batches',
            method: 'POST',
            headers: { expect: '100-continue', 'content-length': 1000 },
          },
          response => {
            response.resume();
            resolve({ status: response.statusCode, leave });
            call.destroy();
          },
        );
        call.on('continue', () => {
          leave = true;
        });
        call.on('error', reject);
        call.flushHeaders();
      });
      expect(outcome).toEqual({ status: 401, leave: false });
    });

    it.each([
      ['GET', 'batches', 405],
      ['PUT', 'batches', 405],
      ['DELETE', 'who?module=a', 405],
      ['GET', 'nothing', 404],
      ['GET', 'who/../../etc/passwd', 404],
      ['GET', 'who', 400],
      ['GET', 'who?module=a&module=b', 400],
      ['GET', 'who?module=a@v1&version=v2', 400],
      ['GET', 'used?module=a&limit=1001', 400],
      ['GET', 'used?module=a&limit=-1', 400],
      ['GET', 'used?module=a&after=nonsense', 400],
      ['GET', 'log?after=nonsense', 400],
      ['GET', 'log?decision=maybe', 400],
      ['GET', 'log?since=yesterday', 400],
      ['GET', 'log?modul=a', 400],
      ['GET', 'who?module=%00', 400],
      ['GET', `who?module=${'a'.repeat(2000)}`, 400],
      ['GET', 'diff?from=a&to=b', 404],
      ['GET', "who?module=a'%20OR%20'1'='1", 200],
    ])('%s /v1/%s with %i', async (method, path, status) => {
      const response = await fetch(`${collector.url}/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${READ}` },
      });
      expect(response.status).toBe(status);
      const body = (await response.json()) as { error?: unknown; versions?: unknown };
      if (status === 200) expect(body.versions).toEqual([]);
      else expect(body.error).toBeDefined();
    });

    it('a question with the token of a writer, and one without any', async () => {
      const url = `${collector.url}/v1/who?module=a.example/x`;
      expect((await fetch(url, { headers: { authorization: `Bearer ${WRITE}` } })).status).toBe(403);
      expect((await fetch(url)).status).toBe(401);
    });
  });

  it('keeps a record line that is none in raw, names it, and counts it nowhere', async () => {
    const { createHash } = await import('node:crypto');
    const whole = gunzipSync(
      batchOf({ job: 'partly', requests: [zipOf('whole.example/x'), zipOf('broken.example/x')] }).gzip,
    ).toString();
    const body = whole
      .replace(/"decision":"allow"(?=[^\n]*\n\{"kind":"ftr)/, '"decision":"nonsense"')
      .split('\n');
    const before = `${body.slice(0, -2).join('\n')}\n`;
    const footer = JSON.parse(body.at(-2) ?? '') as Record<string, unknown>;
    footer.body_sha256 = createHash('sha256').update(before).digest('hex');
    const response = await post(collector.url, gzipSync(`${before}${JSON.stringify(footer)}\n`), {
      authorization: `Bearer ${WRITE}`,
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ refused: [{ line: 3 }] });
    await settled(collector.url);
    expect(await ask(collector.url, 'who?module=whole.example/x', READ)).toMatchObject({ versions: [{}] });
    expect(await ask(collector.url, 'who?module=broken.example/x', READ)).toMatchObject({ versions: [] });
  });
});
