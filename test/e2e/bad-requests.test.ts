import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeZip } from '../gomod/make-zip.ts';
import { type Job, makeJob, type Session } from '../support/session.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';

interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends exactly these bytes as a request head; no client library mends the path on the way. */
async function raw(session: Session, head: string): Promise<RawAnswer> {
  const socket = connect(session.file.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  // A server that refuses a head in the middle resets the connection after its answer.
  const closed = new Promise(resolve => socket.on('error', () => undefined).on('close', resolve));
  socket.write(head, 'latin1');
  await closed;
  const [answer = '', ...rest] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]),
    head: answer,
    body: rest.join('\r\n\r\n'),
  };
}

function get(session: Session, target: string, headers = ''): Promise<RawAnswer> {
  return raw(
    session,
    `GET /${session.file.secret}/${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${headers}\r\n`,
  );
}

/** What follows the secret in the URL, as bytes on the wire, and the status that it deserves. */
const HOSTILE: readonly (readonly [string, number])[] = [
  ['../../etc/passwd/@v/list', 404],
  ['..%2f..%2fetc/@v/v1.0.0.mod', 404],
  ['%2e%2e/%2e%2e/x/@v/list', 404],
  ['example.test/../x/@v/list', 404],
  ['example.test/x/@v/../../../y.mod', 404],
  ['example.test/x/@v/v1.0.0%00.mod', 404],
  ['example.test/x%0d%0aX-Evil:%20yes/@v/list', 404],
  ['example.test/x/@v/v1.0.0%', 404],
  ['example.test/!!x/@v/list', 404],
  ['example.test/X/@v/list', 404],
  ['example.test/x!/@v/list', 404],
  ['example.test/x\\y/@v/list', 404],
  ['example.test//x/@v/list', 404],
  ['/@v/list', 404],
  ['@latest', 404],
  ['', 404],
  ['example.test/con/@v/list', 404],
  ['example.test/x/@v/v1.0.0.exe', 404],
  ['example.test/x/@v/main.zip', 404],
  ['sumdb/../x/lookup/a@v1', 404],
  ['sumdb/example.test/tile/9/0/000', 404],
  [`example.test/${'x'.repeat(4096)}/@v/list`, 404],
  [`example.test/${'x'.repeat(100 * 1024)}/@v/list`, 431],
];

describe('requests that go would never send', () => {
  let upstream: Upstream;
  let job: Job;
  let session: Session;
  beforeAll(async () => {
    upstream = await startUpstream();
    job = await makeJob(upstream.url);
    session = await job.start(['--on-failure', 'fail']);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await job[Symbol.asyncDispose]();
    await upstream.close();
  });

  it.each(HOSTILE.map(([target, status]) => [target.slice(0, 60), target, status] as const))(
    '%s',
    async (_, target, status) => {
      const answer = await get(session, target);
      expect(answer.status).toBe(status);
      if (status === 404) expect(answer.body).toMatch(/^(?:not found: |modgate does not proxy ).+\n$/);
      expect(answer.head).not.toMatch(/^X-Evil/m);
      expect(answer.head + answer.body).not.toContain(session.file.secret);
    },
  );

  it('a NUL, too many headers, another method, no secret, another protocol', async () => {
    const nul = await get(session, 'example.test/x\0y/@v/list');
    expect(nul.status).toBe(400);
    const many = Array.from({ length: 3000 }, (_, i) => `X-Header-${i}: ${i}\r\n`).join('');
    expect((await get(session, 'example.test/x/@v/list', many)).status).toBe(431);
    const post = await raw(
      session,
      `POST /${session.file.secret}/example.test/x/@v/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(post).toMatchObject({ status: 405, head: expect.stringMatching(/^Allow: GET$/m) });
    const open = 'GET /example.test/x/@v/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect((await raw(session, open)).status).toBe(404);
    expect(
      (
        await raw(
          session,
          'POST /-/stop HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
        )
      ).status,
    ).toBe(403);
    expect((await raw(session, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n')).status).toBe(400);
  });

  it('a client that says half a request and waits is in nobody’s way', async () => {
    const slow = Array.from({ length: 200 }, () => connect(session.file.port, '127.0.0.1'));
    for (const socket of slow) {
      socket.on('error', () => undefined);
      socket.write('GET /');
    }
    expect(await session.go(['mod', 'download', 'github.com/google/uuid@v1.6.0'])).toMatchObject({ code: 0 });
    for (const socket of slow) socket.destroy();
  });

  it('none of it reached the upstream, or ended the daemon', async () => {
    const asked = upstream.requests.map(request => request.path);
    expect(asked.filter(name => !/^\/(?:github\.com\/google\/uuid|sumdb)\//.test(name))).toEqual([]);
    expect((await session.stop()).summary).toMatchObject({ failed: 0, daemonDied: false });
  });
});

describe.concurrent('answers that are too large', () => {
  const BOMB = 'example.test/bomb';
  const info = '{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}';
  const mod = `module ${BOMB}\n`;
  /** What each file of the module is, unless a test says otherwise. */
  const healthy = (name: string): string | Buffer | undefined =>
    name.endsWith('/list')
      ? 'v1.0.0\n'
      : name.endsWith('.info') || name.endsWith('@latest')
        ? info
        : name.endsWith('.mod')
          ? mod
          : name.endsWith('.zip')
            ? makeZip([{ name: `${BOMB}@v1.0.0/go.mod`, data: Buffer.from(mod) }])
            : undefined;

  async function bombJob(made: (name: string) => string | Buffer | undefined) {
    const upstream = await startUpstream({
      made: name => {
        const body = name.startsWith(`/${BOMB}/`) ? (made(name) ?? healthy(name)) : undefined;
        return body === undefined ? undefined : { body };
      },
    });
    const job = await makeJob(upstream.url, { GOSUMDB: 'off', GOFLAGS: '-mod=mod -modcacherw' });
    const session = await job.start(['--on-failure', 'fail', '--prefetch', '0']);
    return {
      upstream,
      job,
      session,
      async [Symbol.asyncDispose]() {
        await session[Symbol.asyncDispose]();
        await job[Symbol.asyncDispose]();
        await upstream.close();
      },
    };
  }

  it('the same module without tricks is served and pinned', async () => {
    await using world = await bombJob(() => undefined);
    expect(await world.session.go(['mod', 'download', `${BOMB}@v1.0.0`])).toMatchObject({ code: 0 });
    const { files } = await verifyStore(world.job.store);
    expect(files).toEqual(['info', 'mod', 'zip'].map(ext => `${BOMB}/@v/v1.0.0.${ext}`));
  });

  const zeros = Buffer.alloc(20 * 1024 * 1024);
  it.each([
    [
      'an .info of 1 MiB',
      '.info',
      () => `{"Version":"v1.0.0","x":"${'y'.repeat(1 << 20)}"}`,
      /more than the 65536/,
    ],
    ['a .mod of 17 MiB', '.mod', () => `${mod}//${'y'.repeat(17 << 20)}\n`, /more than the 16777216/],
    [
      'a zip that claims 600 MiB inside',
      '.zip',
      () =>
        makeZip([
          { name: `${BOMB}@v1.0.0/go.mod`, data: Buffer.from(mod) },
          { name: `${BOMB}@v1.0.0/a.go`, data: zeros, size: 600 << 20 },
        ]),
      /too large|larger than|more than/,
    ],
    [
      'a zip that inflates to more than it claims',
      '.zip',
      () =>
        makeZip([
          { name: `${BOMB}@v1.0.0/go.mod`, data: Buffer.from(mod) },
          { name: `${BOMB}@v1.0.0/a.go`, data: zeros, size: 1000 },
        ]),
      /cannot be inflated to the declared size|not 1000|bytes long/,
    ],
  ] as const)('%s', async (_, ext, body, words) => {
    await using world = await bombJob(name => (name.endsWith(ext) ? body() : undefined));
    const done = await world.session.go(['mod', 'download', `${BOMB}@v1.0.0`]);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(words);
    expect(done.stderr).toMatch(/502 Bad Gateway/);
    expect(done.stderr).toMatch(/next: /);
    await world.session.stop();
    const stats = JSON.parse(await readFile(path.join(world.session.dir, 'stats.json'), 'utf8')) as {
      peakRss: number;
    };
    expect(stats.peakRss).toBeLessThan(300e6);
    const { files } = await verifyStore(world.job.store);
    expect(files.filter(file => file.endsWith(ext))).toEqual([]);
  });

  it('a list of 9 MiB', async () => {
    const line = 'v1.0.0-00000000000000000000000000000000000000000000000000\n';
    await using world = await bombJob(name =>
      name.endsWith('/list') ? line.repeat((9 << 20) / line.length) : undefined,
    );
    const done = await world.session.go(['list', '-m', '-versions', BOMB]);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/more than the 8388608 that go accepts/);
  });

  it.each(['declared', 'endless'] as const)('a zip of more than 500 MiB, %s', async how => {
    let sent = 0;
    const chunk = Buffer.alloc(1 << 20);
    const server = createServer((req, res) => {
      if (!(req.url ?? '').endsWith('.zip')) return void res.end(healthy(req.url ?? '') ?? '');
      if (how === 'declared') res.setHeader('Content-Length', 500 * 1024 * 1024 + 1);
      const more = () => {
        while (!res.destroyed) {
          sent += chunk.length;
          if (!res.write(chunk)) return void res.once('drain', more);
        }
      };
      more();
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await using job = await makeJob(url, { GOSUMDB: 'off' });
      await using session = await job.start(['--on-failure', 'fail', '--prefetch', '0']);
      const done = await session.go(['mod', 'download', `${BOMB}@v1.0.0`]);
      expect(done.code).toBe(1);
      expect(done.stderr).toMatch(/more than the 524288000 (?:bytes )?that go accepts/);
      // Once, and what lies in buffers on the way; none of it stays on the disk.
      expect(sent).toBeLessThan((how === 'declared' ? 50 : 560) * (1 << 20));
      await session.stop();
      const left = await readdir(job.store, { recursive: true });
      expect(left.filter(name => name.includes(`tmp${path.sep}`))).toEqual([]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
