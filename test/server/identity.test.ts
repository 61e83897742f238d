import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVerifier } from '../../src/collector/identity/open.ts';
import type { Issuer } from '../../src/collector/identity/types.ts';
import { verifyThen } from '../../src/collector/identity/verify.ts';
import { type Collector, startCollector } from '../../src/server/collector.ts';
import { batchOf, zipOf } from '../support/audit-batch.ts';
import { ask, send, settled } from '../support/collector.ts';
import { type FakeIssuer, fakeIssuer } from '../support/issuer.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const READ = 'read-token-for-the-tests';
const WRITE = 'write-token-for-the-tests';

describe('a collector that knows issuers', () => {
  let dir: TempDir;
  let hub: FakeIssuer;
  let lab: FakeIssuer;
  let dark: FakeIssuer;
  let collector: Collector;
  const log: string[] = [];
  let serial = 0;

  beforeAll(async () => {
    dir = await tempDir('identity');
    hub = await fakeIssuer();
    lab = await fakeIssuer();
    dark = await fakeIssuer();
    dark.mood = 'down';
    const issuers = [
      { kind: 'github', url: hub.url, audience: 'audit.example.com', owners: ['123456'] },
      { kind: 'gitlab', url: lab.url, audience: 'https://audit.example.com', owners: ['72'] },
      { kind: 'github', url: dark.url, audience: 'audit.example.com', owners: ['123456'] },
    ] as const;
    collector = await startCollector({
      at: { host: '127.0.0.1', port: 0 },
      dir: dir.path,
      database: undefined,
      tokens: [
        { name: 'reader', right: 'read', secret: READ },
        { name: 'writer', right: 'write', secret: WRITE },
      ],
      verify: openVerifier(issuers, { env: {}, version: 'test', now: Date.now }),
      tls: undefined,
      insecureHttp: false,
      retention: { jobs: 86_400_000, raw: null },
      forges: [],
      version: 'test',
      log: line => log.push(line),
    });
  });
  afterAll(async () => {
    await collector.stop();
    await hub[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
    await dark[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  const batch = (claimed: Readonly<Record<string, string>> = {}, forge: Issuer['kind'] = 'github') => {
    serial++;
    const own = { repository: 'octo-org/octo-repo', repository_id: '456789', ...claimed };
    return batchOf({ job: `job ${serial}`, forge, claimed: own, requests: [zipOf('a.example/x')] });
  };
  const hubToken = (digest: string, claims: Readonly<Record<string, unknown>> = {}) => {
    serial++;
    const seconds = Math.floor(Date.now() / 1000);
    return hub.sign({
      ...{ iss: hub.url, aud: `modgate:v1:audit.example.com:${digest}`, jti: `jti-${serial}` },
      ...{ iat: seconds, nbf: seconds - 600, exp: seconds + 300, sub: 'repo:a/b:ref:c' },
      ...{ repository: 'octo-org/octo-repo', repository_id: '456789', repository_owner_id: '123456' },
      ...{ run_id: '9', run_attempt: '1', check_run_id: '7', event_name: 'push' },
      ...{ ref: 'refs/heads/main', sha: 'c0ffee00'.repeat(5), actor: 'canary-actor' },
      ...claims,
    });
  };
  const receiptOf = async (key: string) => {
    const [line = ''] = gunzipSync(await readFile(dir.join(key)))
      .toString()
      .split('\n');
    return JSON.parse(line) as { writer: string; assurance: string; received: string };
  };
  const evidenceOf = (key: string) =>
    dir.join(key.replace(/^raw\//, 'identity/').replace(/\.ndjson\.gz$/, '.json'));

  it('takes a batch with the token of its job, says so, and keeps what proves it', async () => {
    const one = batch();
    const token = await hubToken(one.digest);
    expect((await send(collector.url, one, token)).status).toBe(201);
    expect((await send(collector.url, one, token)).status).toBe(200);
    expect((await send(collector.url, one, await hubToken(one.digest))).status).toBe(200);
    const receipt = await receiptOf(one.key);
    expect(receipt).toMatchObject({ writer: 'github:456789', assurance: 'asserted' });

    const file = evidenceOf(one.key);
    const kept = JSON.parse(await readFile(file, 'utf8')) as {
      readonly digest: string;
      readonly token: string;
      readonly jwks: JSONWebKeySet;
      readonly issuer: Issuer;
    };
    expect(kept).toMatchObject({ digest: one.digest, token });
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o077).toBe(0);
    const then = await verifyThen(kept.token, kept.jwks, Date.parse(receipt.received), kept);
    expect(then).toMatchObject({ repositoryId: '456789', eventClass: 'trusted-event' });

    await settled(collector.url);
    const answer = await ask(collector.url, 'who?module=a.example/x@v1.0.0', READ);
    expect(answer).toMatchObject({ first: { repository: 'octo-org/octo-repo', assurance: 'asserted' } });
    for (const text of [JSON.stringify(answer), log.join('\n')]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain('canary-actor');
    }
    const names = await readdir(join(dir.path, 'raw'), { recursive: true });
    expect(names.filter(name => name.includes('.json') || name.includes('.tmp'))).toEqual([]);
  });

  it('takes all batches of a job of GitLab, and vouches less where a fork may be behind it', async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: lab.url, aud: 'https://audit.example.com', jti: 'job', iat: seconds - 3000 },
      ...{ nbf: seconds - 3005, exp: seconds + 600, project_id: '20', project_path: 'corp/app' },
      ...{ namespace_id: '72', pipeline_id: '5', job_id: '302', pipeline_source: 'push' },
      ...{ ref: 'main', ref_protected: 'true', sha: 'c0ffee00'.repeat(5) },
    };
    const token = await lab.sign(claims);
    const own = { repository: 'corp/app', repository_id: '20' };
    for (const one of [batch(own, 'gitlab'), batch(own, 'gitlab')]) {
      expect((await send(collector.url, one, token)).status).toBe(201);
      expect(await receiptOf(one.key)).toMatchObject({ writer: 'gitlab:20', assurance: 'asserted' });
    }
    const fork = { ...claims, jti: 'fork', pipeline_source: 'merge_request_event', ref_protected: 'false' };
    const one = batch(own, 'gitlab');
    expect((await send(collector.url, one, await lab.sign(fork))).status).toBe(201);
    expect(await receiptOf(one.key)).toMatchObject({ writer: 'gitlab:20', assurance: 'relayed' });
  });

  it('refuses what the token does not prove, and stores nothing of it', async () => {
    const other = batch({ repository_id: '1' });
    const named = batch({ repository: 'corp/secret' });
    const foreign = batch();
    const swapped = batch();
    const lies = batch({}, 'gitlab');
    const cases = [
      [other, await hubToken(other.digest), 403, 'contradicts'],
      [named, await hubToken(named.digest), 403, 'contradicts'],
      [lies, await hubToken(lies.digest), 403, 'contradicts'],
      [foreign, await hubToken(foreign.digest, { repository_owner_id: '1' }), 403, 'foreign'],
      [swapped, await hubToken(foreign.digest), 401, 'refused'],
    ] as const;
    for (const [one, token, status, code] of cases) {
      const answer = await send(collector.url, one, token);
      expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
      await expect(readFile(dir.join(one.key))).rejects.toThrow('ENOENT');
      await expect(readFile(evidenceOf(one.key))).rejects.toThrow('ENOENT');
      expect(log.at(-1)).toContain(`${status} ${code} POST /v1/batches`);
      expect(log.join('\n')).not.toContain(token);
    }
    // Without the header there is nothing that a token could be bound to; asking takes the token of a reader.
    const token = await hubToken(foreign.digest);
    expect(
      (await fetch(`${collector.url}/v1/log`, { headers: { authorization: `Bearer ${token}` } })).status,
    ).toBe(401);
    expect((await send(collector.url, batch(), 'a.b.c')).status).toBe(401);
    // The static token still does.
    const relayed = batch();
    expect((await send(collector.url, relayed, WRITE)).status).toBe(201);
    expect(await receiptOf(relayed.key)).toMatchObject({ writer: 'writer', assurance: 'relayed' });
  });

  it('says when to come again where keys cannot be had yet, and takes nothing meanwhile', async () => {
    const one = batch();
    const dim = await send(collector.url, one, await hubToken(one.digest, { iss: dark.url }));
    expect(dim.status).toBe(503);
    expect(dim.headers.get('retry-after')).toBe('5');
    expect(await dim.json()).toMatchObject({ error: { code: 'unavailable' } });
    await hub.rotate();
    const early = await send(collector.url, one, await hubToken(one.digest));
    expect(early.status).toBe(401);
    expect(early.headers.get('retry-after')).toBe('30');
    expect(await early.json()).toMatchObject({ error: { code: 'unknown-key' } });
    await expect(readFile(dir.join(one.key))).rejects.toThrow('ENOENT');
  });
});
