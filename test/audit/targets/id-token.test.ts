import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTarget } from '../../../src/audit/targets/open.ts';
import { batchOf, zipOf } from '../../support/audit-batch.ts';

interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
}

describe('a collector that is shown a token of the forge', () => {
  const seen: Seen[] = [];
  let mode: 'well' | 'garbage' | 'refuses' | 'moved' = 'well';
  let url = '';
  const server = createServer((request, response) => {
    const { url: path = '', headers } = request;
    seen.push({ path, authorization: headers.authorization });
    request.resume();
    request.on('end', () => {
      if (path.startsWith('/token')) {
        const value = Buffer.from(path).toString('base64url');
        if (mode === 'moved') response.writeHead(302, { location: `${url}/elsewhere` }).end();
        else if (mode === 'garbage') response.end('canary-answer');
        else response.end(JSON.stringify({ value: `head.${value}.sign` }));
      } else if (mode === 'refuses') {
        response.writeHead(401, { 'retry-after': '30' }).end('{"error":{"message":"a new key"}}');
      } else {
        const digest = headers['modgate-batch'];
        response.writeHead(201).end(JSON.stringify({ digest, dup: false, refused: [], time: 'now' }));
      }
    });
  });
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>(resolve => server.close(() => resolve())));

  const SECRET = 'canary-request-token';
  const batch = batchOf({ job: 'id', requests: [zipOf('a.example/x')] });
  const put = async (env: Readonly<Record<string, string>>, token?: string) => {
    seen.length = 0;
    const context = { env, cwd: '/', version: 'test', token: () => token, reportsDir: undefined };
    return await openTarget(url, context).put(batch, AbortSignal.timeout(10_000));
  };
  const hub = () => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: SECRET,
  });

  it('gets one for this batch from GitHub, and the request token stays with GitHub', async () => {
    mode = 'well';
    expect(await put(hub())).toMatchObject({ digest: batch.digest });
    const [asked, sent] = seen;
    expect(asked?.authorization).toBe(`Bearer ${SECRET}`);
    const query = new URL(asked?.path ?? '', url).searchParams;
    expect(query.get('api-version')).toBe('2.0');
    expect(query.get('audience')).toBe(`modgate:v1:127.0.0.1:${batch.digest}`);
    expect(sent?.authorization).toMatch(/^Bearer head\.[\w-]+\.sign$/);
    expect(sent?.authorization).not.toContain(SECRET);
  });

  it('gets the one of GitLab, and a static one before any other', async () => {
    mode = 'well';
    await put({ MODGATE_ID_TOKEN: 'of.git.lab' });
    expect(seen.map(one => one.authorization)).toEqual(['Bearer of.git.lab']);
    await put({ ...hub(), MODGATE_ID_TOKEN: 'of.git.lab' }, 'static');
    expect(seen.map(one => one.authorization)).toEqual(['Bearer static']);
    await put({});
    expect(seen.map(one => one.authorization)).toEqual([undefined]);
    await put({ ...hub(), ACTIONS_ID_TOKEN_REQUEST_URL: 'http://forge.example.test/token' });
    expect(seen.map(one => one.authorization)).toEqual([undefined]);
  });

  it.each(['garbage', 'moved', 'refuses'] as const)('comes again later: %s', async how => {
    mode = how;
    const error = await put(hub()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'DeliveryError', code: 'retry' });
    expect(String(error)).not.toContain('canary');
    expect(seen.some(({ path }) => path === '/elsewhere')).toBe(false);
    expect(
      seen.filter(({ authorization }) => authorization?.includes(SECRET)).map(({ path }) => path.slice(0, 6)),
    ).toEqual(Array.from({ length: how === 'refuses' ? 2 : 1 }, () => '/token'));
  });
});
