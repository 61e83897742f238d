import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SealedBatch } from '../../src/audit/types.ts';
import { batchOf, denialOf, zipOf } from '../support/audit-batch.ts';
import { ask, send, serve, settled } from '../support/collector.ts';
import { modgate } from '../support/modgate.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { tempDir } from '../support/temp.ts';

const CERT = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url));
const KEY = fileURLToPath(new URL('../fixtures/tls/key.pem', import.meta.url));
const TOKENS = { MODGATE_WRITE_TOKEN: 'write-token-0123456789', MODGATE_READ_TOKEN: 'read-token-0123456789' };

const jobs = (from: number, count: number): SealedBatch[] =>
  Array.from({ length: count }, (_, index) =>
    batchOf({
      job: `job ${from + index}`,
      repository: `acme/r${(from + index) % 5}`,
      requests: [
        zipOf('shared.example/x'),
        zipOf(`own.example/m${from + index}`),
        denialOf('evil.example/x'),
      ],
    }),
  );

/** Everything that can be asked, with neither what differs from index to index nor the time of asking. */
async function answers(url: string): Promise<unknown[]> {
  const asked = [
    'who?module=shared.example/x',
    'used?module=shared.example/x&limit=1000',
    'log?decision=deny&limit=1000',
    'jobs?state=any&older=0&limit=1000',
    'repositories',
    'conflicts',
  ];
  return await Promise.all(asked.map(question => ask(url, question)));
}

async function environment(): Promise<Record<string, string>> {
  return { PATH: process.env.PATH ?? '' };
}

describe('the life of a collector', () => {
  it('a killed one has all that it acknowledged, in raw and in the index, after the next start', async () => {
    await using dir = await tempDir('kill');
    const acked = new Set<string>();
    let next = 0;
    for (let round = 0; round < 3; round++) {
      const collector = await serve({ dir: dir.path });
      const batches = jobs(next, 80);
      next += batches.length;
      const killAt = 20 + 15 * round;
      let done = 0;
      const senders = Array.from({ length: 8 }, async () => {
        for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
          const response = await send(collector.url, batch).catch(() => undefined);
          if (response?.status !== 201) return;
          acked.add(batch.key);
          if (++done === killAt) await collector.kill();
        }
      });
      await Promise.all(senders);
      await collector.kill();
      expect(done).toBeGreaterThanOrEqual(killAt);
    }
    await using collector = await serve({ dir: dir.path });
    await settled(collector.url);
    const names = await readdir(dir.join('raw', 'v1'), { recursive: true });
    const raw = new Set(
      names.filter(name => name.endsWith('.gz')).map(name => `raw/v1/${name.replaceAll('\\', '/')}`),
    );
    expect([...acked].filter(key => !raw.has(key))).toEqual([]);
    const told = await ask(collector.url, 'jobs?state=any&older=0&limit=1000');
    expect((told.jobs as unknown[]).length).toBe(raw.size);
    expect(raw.size).toBeGreaterThanOrEqual(acked.size);
  });

  it('an index that is gone or made anew answers as the one that grew', async () => {
    await using dir = await tempDir('rebuild');
    let grown: unknown[];
    {
      await using collector = await serve({ dir: dir.path });
      for (const batch of jobs(0, 12)) expect((await send(collector.url, batch)).status).toBe(201);
      await settled(collector.url);
      grown = await answers(collector.url);
      expect(JSON.stringify(grown)).toContain('evil.example');
      expect(await collector.stop()).toBe(0);
    }
    await rm(dir.join('index.db'));
    {
      await using collector = await serve({ dir: dir.path });
      await settled(collector.url);
      expect(await answers(collector.url)).toEqual(grown);
      expect(existsSync(dir.join('rebuilding'))).toBe(false);
      expect(await collector.stop()).toBe(0);
    }
    await writeFile(dir.join('index.db'), 'this is no database, it only has the name of one'.repeat(100));
    const broken = await modgate(['serve', '--listen', '127.0.0.1:0', '--data', dir.path], {
      env: await environment(),
    });
    expect(broken.code).toBe(3);
    const made = await modgate(['audit', 'rebuild', '--data', dir.path], { env: await environment() });
    expect(made).toMatchObject({ code: 0 });
    await using collector = await serve({ dir: dir.path });
    await settled(collector.url);
    expect(await answers(collector.url)).toEqual(grown);
  });

  it('passes over a raw object that is damaged, and says so', async () => {
    await using dir = await tempDir('damaged');
    const [good, bad, swapped] = jobs(0, 3);
    {
      await using collector = await serve({ dir: dir.path });
      for (const batch of [good, bad, swapped]) if (batch) await send(collector.url, batch);
      await collector.stop();
    }
    await writeFile(dir.join(bad?.key ?? ''), 'damaged');
    await writeFile(dir.join('raw', 'v1', 'README'), 'not ours');
    await cp(dir.join(good?.key ?? ''), dir.join(swapped?.key ?? ''));
    await rm(dir.join('index.db'));
    await using collector = await serve({ dir: dir.path });
    expect(await settled(collector.url)).toMatchObject({ setAside: 2 });
    const told = await ask(collector.url, 'jobs?state=any&older=0');
    expect(told.jobs as unknown[]).toHaveLength(1);
    expect(collector.log()).toContain(
      `${dir.join('raw', 'v1', 'README')} is no raw batch and is passed over`,
    );
    expect(collector.log()).toContain(`${bad?.key} is in raw and not in the index: `);
    expect(collector.log()).toContain(`${swapped?.key} is in raw and not in the index: `);
  });

  it('has its directory for itself, and gives it up when it is killed', async () => {
    await using dir = await tempDir('lock');
    await using first = await serve({ dir: dir.path });
    const second = await modgate(['serve', '--listen', '127.0.0.1:0', '--data', dir.path], {
      env: await environment(),
    });
    expect(second.code).toBe(3);
    expect(second.stderr).toContain('another modgate serve works on');
    await first.kill();
    await using third = await serve({ dir: dir.path });
    expect(await third.stop()).toBe(0);
  });

  it('ends in order: what it acknowledged is in the index', async () => {
    await using dir = await tempDir('order');
    const batches = jobs(0, 40);
    {
      await using collector = await serve({ dir: dir.path });
      await Promise.all(batches.map(batch => send(collector.url, batch)));
      expect(await collector.stop()).toBe(0);
      await expect(fetch(`${collector.url}/healthz`)).rejects.toThrow();
    }
    const told = await modgate(['audit', 'repositories', '--store', dir.path, '--format', 'json'], {
      env: await environment(),
    });
    expect(JSON.parse(told.stdout).repositories).toHaveLength(5);
  });

  it('speaks TLS', async () => {
    await using dir = await tempDir('tls');
    const config = dir.join('modgate.yaml');
    await mkdir(dir.join('data'));
    await cp(CERT, dir.join('c.pem'));
    await cp(KEY, dir.join('k.pem'));
    await writeFile(config, 'serve: {tls: {cert: c.pem, key: k.pem}}\n');
    await using collector = await serve({ dir: dir.join('data'), args: ['--config', config], env: TOKENS });
    expect(collector.url).toMatch(/^https:/);
    const ca = await readFile(CERT);
    const status = await new Promise((resolve, reject) => {
      request(`${collector.url}/healthz`, { ca }, response => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    const who = ['audit', 'who', 'a.example/x', '--store', collector.url, '--format', 'json'];
    const stranger = await modgate(who, { env: { ...(await environment()), ...TOKENS } });
    expect(stranger).toMatchObject({ code: 3 });
    expect(stranger.stderr).toContain('shows a certificate that is not trusted');
    const friend = await modgate(who, {
      env: { ...(await environment()), ...TOKENS, NODE_EXTRA_CA_CERTS: CERT },
    });
    expect(friend).toMatchObject({ code: 0, stdout: '{"module":"a.example/x","versions":[],"next":null}\n' });
  });

  it.each([
    ['without tokens beyond loopback', ['--listen', '0.0.0.0:0'], {}, 'no token is configured'],
    ['with a short token', [], { MODGATE_WRITE_TOKEN: 'short' }, 'has only 5'],
    ['with a key for another certificate', ['--tls-cert', KEY, '--tls-key', KEY], {}, 'cannot be used'],
    ['with a database that is none', ['--database', 'mysql://u:secret@h/d'], {}, '--database wants'],
  ] as const)('is not started %s', async (_name, args, env, words) => {
    await using dir = await tempDir('refused');
    const done = await modgate(['serve', '--data', dir.path, '--listen', '127.0.0.1:0', ...args], {
      env: { ...(await environment()), ...env },
    });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain(words);
    expect(done.stderr).not.toContain('secret');
  });

  it('without tokens answers programs on its machine, and no web page that resolves to it', async () => {
    await using dir = await tempDir('open');
    await using collector = await serve({ dir: dir.path });
    const [batch] = jobs(0, 1);
    if (batch === undefined) throw new Error('no batch');
    expect((await send(collector.url, batch)).status).toBe(201);
    const { port } = new URL(collector.url);
    const { request: plain } = await import('node:http');
    const status = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        plain({ host: '127.0.0.1', port, path: '/v1/repositories', headers }, response => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    expect(await status({ host: `localhost:${port}` })).toBe(200);
    expect(await status({ host: 'evil.example.com' })).toBe(403);
    expect(await status({ host: `127.0.0.1:${port}`, origin: 'https://evil.example.com' })).toBe(403);
  });
});

describe('a collector with PostgreSQL', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await postgres[Symbol.asyncDispose]();
  });

  it('keeps taking batches while the database is away, and has them all when it is back', async () => {
    await using dir = await tempDir('away');
    const database = await postgres.database();
    const env = { INDEX: database };
    await using collector = await serve({ dir: dir.path, args: ['--database', 'env:INDEX'], env });
    for (const batch of jobs(0, 5)) expect((await send(collector.url, batch)).status).toBe(201);
    expect(await settled(collector.url)).toMatchObject({ engine: 'postgres' });
    await postgres.stop('kill');
    for (const batch of jobs(5, 5)) expect((await send(collector.url, batch)).status).toBe(201);
    await expect
      .poll(async () => (await (await fetch(`${collector.url}/healthz`)).json()) as unknown)
      .toMatchObject({
        status: 'degraded',
        index: 'away',
      });
    const refused = await fetch(`${collector.url}/v1/repositories`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.text()).not.toContain(postgres.password);
    await postgres.start();
    await settled(collector.url);
    const told = await ask(collector.url, 'jobs?state=any&older=0');
    expect(told.jobs as unknown[]).toHaveLength(10);
    expect(collector.log()).not.toContain(postgres.password);
    await collector.stop();

    const grown = await modgate(
      ['audit', 'jobs', '--state', 'any', '--older', '0', '--store', dir.path, '--format', 'json'],
      {
        env: await environment(),
      },
    );
    expect(JSON.parse(grown.stdout)).toEqual(told);
    const made = await modgate(['audit', 'rebuild', '--data', dir.path, '--database', 'env:INDEX'], {
      env: { ...(await environment()), ...env },
    });
    expect(made).toMatchObject({ code: 0 });
    await using again = await serve({ dir: dir.path, args: ['--database', 'env:INDEX'], env });
    await settled(again.url);
    expect(await ask(again.url, 'jobs?state=any&older=0')).toEqual(told);
  });

  it('starts while the database is away', async () => {
    await using dir = await tempDir('late');
    const database = await postgres.database();
    await postgres.stop();
    await using collector = await serve({ dir: dir.path, args: ['--database', database] });
    expect((await fetch(`${collector.url}/healthz`)).status).toBe(503);
    for (const batch of jobs(0, 3)) expect((await send(collector.url, batch)).status).toBe(201);
    await postgres.start();
    await settled(collector.url);
    expect((await ask(collector.url, 'jobs?state=any&older=0')).jobs as unknown[]).toHaveLength(3);
  });
});
