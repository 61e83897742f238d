import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sealBatch } from '../../../src/audit/encode.ts';
import { DeliveryError } from '../../../src/audit/errors.ts';
import { unpackRaw } from '../../../src/audit/raw/object.ts';
import type { Request } from '../../../src/audit/record.ts';
import { openTarget, type TargetContext } from '../../../src/audit/targets/open.ts';
import type { AuditTarget, SealedBatch } from '../../../src/audit/types.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { answer, HEADER } from '../session-dir.ts';
import { type StoreServer, startStoreServer } from '../store-server.ts';

const T = '2026-01-02T03:04:05.000Z';
const TOKEN = 'a-token-of-the-writer';

function batch(no = 1): SealedBatch {
  const { job_uid, inst, tool, policy, claimed } = HEADER;
  return sealBatch({
    header: {
      job_uid,
      inst,
      tool,
      policy,
      claimed,
      batch: no,
      prev: no === 1 ? null : 'b'.repeat(64),
      phase: no === 1 ? 'open' : 'data',
      forge: 'github',
      iss: 'https://token.example.test',
      clock: { wall: T, mono_ns: '1' },
    },
    requests: [{ kind: 'req', seq: 1, t: T, mono_ns: '1', ...answer() } as Request],
    time: T,
  });
}

let dir: TempDir;
let server: StoreServer;
beforeEach(async () => {
  dir = await tempDir('targets');
  server = await startStoreServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

const open = (text: string, more: Partial<TargetContext> = {}): AuditTarget =>
  openTarget(text, {
    env: {},
    cwd: dir.path,
    version: '0.0.0-test',
    token: () => undefined,
    reportsDir: undefined,
    now: () => Date.parse(T),
    ...more,
  });
const put = (target: AuditTarget, one = batch()) => target.put(one, new AbortController().signal);
const failure = async (work: Promise<unknown>): Promise<DeliveryError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DeliveryError);
  return error as DeliveryError;
};

describe('a collector', () => {
  it('gets the batch as the contract says, and its acknowledgement comes back', async () => {
    const one = batch();
    const target = open(`${server.url}/`, { token: () => TOKEN });
    expect(await put(target, one)).toMatchObject({ digest: one.digest, dup: false, refused: [] });
    expect(await put(target, one)).toMatchObject({ digest: one.digest, dup: true });
    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'POST', path: '/v1/batches' });
    expect(asked?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'content-length': String(one.gzip.length),
      'modgate-batch': one.digest,
      'user-agent': 'modgate/0.0.0-test',
    });
    expect(asked?.body.equals(one.gzip)).toBe(true);
    expect(target.ownClock).toBe(true);
  });

  it('below a path gets it there, and without a token no authorization', async () => {
    await put(open(`${server.url}/audit`));
    expect(server.asked[0]?.path).toBe('/audit/v1/batches');
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
  });

  it('names lines that are no records', async () => {
    const { digest } = batch();
    const refused = [{ line: 2, why: 'has a wrong op' }, { line: 'x' }, null];
    server.say({ status: 201, body: JSON.stringify({ digest, dup: false, refused, time: T }) });
    expect((await put(open(server.url))).refused).toEqual([{ line: 2, why: 'has a wrong op' }]);
  });

  it('that says 401 is asked once more with a token that was read anew', async () => {
    let token = 'an-old-token-of-ours';
    server.say((_asked, res) => {
      token = 'a-new-token-of-ours';
      res.writeHead(401).end();
    });
    await put(open(server.url, { token: () => token }));
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer an-old-token-of-ours',
      'Bearer a-new-token-of-ours',
    ]);
  });

  it('that says 401 twice is asked no third time', async () => {
    server.say(
      { status: 401 },
      { status: 401, body: '{"error":{"code":"token","message":"unknown token"}}' },
    );
    const error = await failure(put(open(server.url, { token: () => TOKEN })));
    expect(error.code).toBe('unauthorized');
    expect(error.message).toContain(`${server.url} answered 401: unknown token; see to the token`);
    expect(error.message).not.toContain(TOKEN);
    expect(server.asked).toHaveLength(2);
  });

  it.each([
    [400, 'refused'],
    [403, 'unauthorized'],
    [404, 'target'],
    [405, 'target'],
    [408, 'retry'],
    [409, 'refused'],
    [413, 'too-large'],
    [415, 'target'],
    [422, 'refused'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [502, 'retry'],
    [503, 'retry'],
    [507, 'retry'],
    [204, 'target'],
  ])('that answers %i is understood as %s', async (status, code) => {
    server.say({ status });
    expect((await failure(put(open(server.url)))).code).toBe(code);
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ['7', 7_000],
    ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['soon', undefined],
  ])('that says when to come back (%s) is heard', async (after, ms) => {
    server.say({ status: 503, headers: { 'retry-after': after } });
    expect((await failure(put(open(server.url)))).retryAfterMs).toBe(ms);
  });

  it.each([301, 302, 303, 307, 308])('that sends us elsewhere by %i is not followed', async status => {
    await using other = await startStoreServer();
    server.say({ status, headers: { location: `${other.url}/v1/batches` } });
    const error = await failure(put(open(server.url, { token: () => TOKEN })));
    expect(error.code).toBe('target');
    expect(error.message).toContain(other.url);
    expect(other.asked).toEqual([]);
  });

  it.each([
    ['a page', '<html>Please log in</html>'],
    ['nothing', ''],
    ['another JSON', '{"ok":true}'],
    ['an acknowledgement without a digest', '{"dup":false,"refused":[],"time":"now"}'],
  ])('that answers 200 with %s is none', async (_what, body) => {
    server.say({ status: 200, body });
    const error = await failure(put(open(server.url)));
    expect(error.code).toBe('target');
    expect(error.message).toContain('no collector of modgate is there');
  });

  it('cannot write into our log what it likes', async () => {
    server.say({
      status: 400,
      body: JSON.stringify({ error: { message: `\u001b[2J\n::error::x${'y'.repeat(9999)}` } }),
    });
    const { message } = await failure(put(open(server.url)));
    expect(message).not.toMatch(/[\u0000-\u001f]/);
    expect(message.length).toBeLessThan(800);
  });

  it('that answers without an end is not listened to', async () => {
    server.say((_asked, res) => {
      res.writeHead(201);
      const more = () => {
        while (!res.destroyed && res.write('x'.repeat(64 * 1024)));
      };
      res.on('drain', more);
      more();
    });
    await expect(put(open(server.url))).rejects.toThrow('longer than');
  });

  it('that never answers is left when the signal says so', async () => {
    const stop = new AbortController();
    server.say(() => stop.abort());
    await expect(open(server.url).put(batch(), stop.signal)).rejects.toThrow();
  });

  it('is reached through the proxy of the job', async () => {
    await using proxy = await startForwardProxy(Number(new URL(server.url).port));
    const target = open('http://audit.example.test', { env: { http_proxy: proxy.url } });
    expect((await put(target)).dup).toBe(false);
    expect(proxy.asked).toEqual(['audit.example.test:80']);
    const tls = open('https://audit.example.test', { env: { HTTPS_PROXY: proxy.url }, token: () => TOKEN });
    await expect(put(tls)).rejects.toThrow();
    expect(proxy.asked.at(-1)).toBe('audit.example.test:443');
  });
});

describe('a directory', () => {
  it.each(['path', 'URL'])('gets the raw object, named as %s', async how => {
    const to = dir.join('a store');
    const one = batch();
    const target = open(how === 'path' ? './a store' : pathToFileURL(to).href);
    expect(await put(target, one)).toEqual({ digest: one.digest, dup: false, refused: [], time: T });
    const raw = await readFile(path.join(to, ...one.key.split('/')));
    const { receipt, batch: read } = unpackRaw(raw);
    expect(receipt).toEqual({ kind: 'rcpt', v: 1, received: T, writer: 'import', assurance: 'relayed' });
    expect(read.digest).toBe(one.digest);
    expect(await put(target, one)).toMatchObject({ dup: true });
    expect((await readFile(path.join(to, ...one.key.split('/')))).equals(raw)).toBe(true);
    expect(target.ownClock).toBeUndefined();
  });

  it('that cannot be written is tried again, and said by name', async () => {
    await writeFile(dir.join('file'), '');
    const error = await failure(put(open('./file/store')));
    expect(error.code).toBe('retry');
    expect(error.message).toContain(dir.join('file'));
  });
});

describe('artifacts of the job', () => {
  it('are files under the reports directory', async () => {
    const one = batch();
    const target = open('artifact', { reportsDir: dir.join('reports') });
    expect((await put(target, one)).dup).toBe(false);
    expect((await put(target, one)).dup).toBe(true);
    const [name, ...more] = await readdir(dir.join('reports', 'audit'));
    expect([name, more]).toEqual([`000001-${one.digest}.ndjson.gz`, []]);
    expect((await readFile(dir.join('reports', 'audit', name ?? ''))).equals(one.gzip)).toBe(true);
  });
});

describe('the package registry of a GitLab project', () => {
  const gitlab = (more: Partial<TargetContext> = {}, text = 'gitlab-package:') =>
    open(text, {
      env: { CI_API_V4_URL: `${server.url}/api/v4`, CI_PROJECT_ID: '42' },
      jobToken: () => 'the-job-token',
      ...more,
    });
  const created = { status: 201, body: '{"message":"201 Created"}' };
  const duplicate = { status: 400, body: '{"message":"Duplicate package is not allowed"}' };

  it('of the job itself gets the batch as a file of the day, with the token of the job', async () => {
    const one = batch();
    server.say(created);
    expect(await put(gitlab(), one)).toEqual({ digest: one.digest, dup: false, refused: [], time: T });
    const [asked] = server.asked;
    expect(asked).toMatchObject({
      method: 'PUT',
      path: `/api/v4/projects/42/packages/generic/modgate-audit/2026-01-02/${HEADER.inst}-000001-${one.digest}.ndjson.gz`,
    });
    expect(asked?.headers).toMatchObject({ 'job-token': 'the-job-token' });
    expect(asked?.headers['private-token']).toBeUndefined();
    expect(asked?.body.equals(one.gzip)).toBe(true);
  });

  it('of another project is named by its path, and gets the token that was made for it', async () => {
    server.say(created);
    await put(gitlab({ token: () => TOKEN }, 'gitlab-package:group/sub/audit'));
    expect(server.asked[0]?.path).toContain('/projects/group%2Fsub%2Faudit/packages/');
    expect(server.asked[0]?.headers).toMatchObject({ 'private-token': TOKEN });
    expect(server.asked[0]?.headers['job-token']).toBeUndefined();
  });

  it.each([400, 403, 409])('that forbids a second file of the name by %i has the batch', async status => {
    const one = batch();
    server.say({ ...duplicate, status }, (_asked, res) => res.end(one.gzip));
    expect(await put(gitlab(), one)).toMatchObject({ dup: true });
    expect(server.asked.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });

  it.each([
    [400, 'refused'],
    [403, 'unauthorized'],
  ])('that answers %i and has it not, or another file, did not take it', async (status, code) => {
    server.say({ ...duplicate, status }, { status: 404 });
    expect((await failure(put(gitlab()))).code).toBe(code);
    server.say({ ...duplicate, status }, { status: 200, body: 'another' });
    expect((await failure(put(gitlab()))).code).toBe(code);
  });

  it('that is not found is one that the token may not see', async () => {
    server.say({ status: 404, body: '{"message":"404 Project Not Found"}' });
    const error = await failure(put(gitlab()));
    expect(error.code).toBe('unauthorized');
    expect(error.message).toContain('404 Project Not Found');
    expect(error.message).toContain('allowlist');
  });

  it('is raced for by other jobs, and tried again', async () => {
    server.say({ status: 500 });
    expect((await failure(put(gitlab()))).code).toBe('retry');
  });
});

describe('a text that names no store that can be used here', () => {
  it.each([
    ['artefact', 'did you mean artifact?'],
    ['https://user:secret@audit.example.test', 'has credentials in it'],
    ['s3://bucket', 'is not a store that this version knows'],
    ['gitlab-package:', 'is for jobs of GitLab'],
    ['artifact', 'needs a directory for reports'],
    ['file://other-host/audit', 'does not name a directory of this machine'],
  ])('%s is refused', (text, why) => {
    const refused = () => open(text);
    expect(refused).toThrow(DeliveryError);
    expect(refused).toThrow(why);
    expect(refused).not.toThrow('secret');
  });

  it('a token does not go over plain http to another machine', () => {
    expect(() => open('http://audit.example.test', { token: () => TOKEN })).toThrow('write https://');
    expect(() => open('http://audit.example.test')).not.toThrow();
  });
});
