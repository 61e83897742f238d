import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSend } from '../../../src/audit/targets/http.ts';
import { AUDIT_TOKEN_ENV } from '../../../src/config/defaults.ts';
import { Bounds } from '../../../src/doctor/limits.ts';
import { probeAudit } from '../../../src/doctor/probes/audit.ts';
import { probeCache } from '../../../src/doctor/probes/cache.ts';
import { type CacheService, startCacheService } from '../../support/github/cache-service.ts';
import { tempDir } from '../../support/temp.ts';
import { deadUrl } from '../../support/upstream/dead.ts';
import { makeAuthority } from '../../support/vcs/authority.ts';
import { startSite } from '../../support/vcs/site.ts';

const CANARY = 'canary-token-of-the-store';

const bounds = new Bounds({ probeMs: 5_000, runMs: 60_000, parallel: 4 });
afterAll(() => bounds.close());

describe('the cache service', () => {
  let service: CacheService;
  beforeAll(async () => {
    service = await startCacheService();
  });
  afterAll(() => service[Symbol.asyncDispose]());
  const ask = (env: Readonly<Record<string, string>>, name: 'github' | 'gitlab' | 'local' = 'github') =>
    probeCache({ platform: { name }, env, version: '0', bounds });

  it('answers a look-up', async () => {
    expect(await ask(service.env('v2'))).toMatchObject({
      state: 'ok',
      what: expect.stringContaining('(v2)'),
    });
    expect(await ask(service.env('v1'))).toMatchObject({
      state: 'ok',
      what: expect.stringContaining('(v1)'),
    });
    expect(service.log.map(({ step }) => step)).toEqual(['lookup', 'lookup']);
  });

  it('refuses, and the token is in no message', async () => {
    service.faults.lookup = 'denied';
    const verdict = await ask({ ...service.env('v2') });
    expect(verdict).toMatchObject({ state: 'warning', what: 'does not answer a look-up' });
    delete service.faults.lookup;
    expect(JSON.stringify(verdict)).not.toContain(service.token);
  });

  it('is not there for a step without its variables, nor on other platforms', async () => {
    expect(await ask({})).toMatchObject({ state: 'warning', why: 'this job has no cache service' });
    expect(await ask({ ...service.env('v2'), ACTIONS_CACHE_MODE: 'none' })).toMatchObject({
      why: expect.stringContaining('cache-mode: none'),
    });
    expect(await ask({}, 'gitlab')).toMatchObject({ state: 'skipped' });
    expect(await ask({}, 'local')).toMatchObject({ state: 'skipped' });
  });
});

describe('the audit store', () => {
  const ask = async (
    store: string,
    {
      required = true,
      token,
      env = {},
    }: { required?: boolean; token?: string; env?: Record<string, string> } = {},
  ) => {
    await using dir = await tempDir('audit');
    const given = { ...env, ...(token === undefined ? {} : { [AUDIT_TOKEN_ENV]: token }) };
    const verdict = await probeAudit(
      { store, required, tokenEnv: AUDIT_TOKEN_ENV, env: given, cwd: dir.path },
      { send: createSend({}, '0'), bounds, reach: async () => true },
    );
    expect(JSON.stringify(verdict)).not.toContain(CANARY);
    return verdict;
  };
  const answering = (status: number, body = '') =>
    startSite({ name: 'store', answer: (_, response) => void response.writeHead(status).end(body) });

  it.each([
    [401, undefined, /^wants a token, and there is none/],
    [401, CANARY, /^does not know the token/],
    [403, CANARY, /^does not take batches with this token/],
    [404, CANARY, /^does not answer as a collector does/],
    [200, undefined, /^does not answer as a collector does/],
  ])('that says %i to a token %s', async (status, token, what) => {
    await using site = await answering(status, '<html>');
    const given = token === undefined ? {} : { token };
    expect(await ask(site.url, given)).toMatchObject({ state: 'failed', what: expect.stringMatching(what) });
    // Where records may be missed it stops nobody.
    expect(await ask(site.url, { ...given, required: false })).toMatchObject({ state: 'warning' });
  });

  it('that is not there', async () => {
    expect(await ask(await deadUrl())).toMatchObject({ state: 'failed', what: 'does not answer' });
  });

  it('with a certificate that the machine does not trust', async () => {
    await using authority = await makeAuthority();
    await using site = await startSite({
      name: 'store',
      tls: authority,
      answer: (_, response) => void response.writeHead(415).end(),
    });
    expect(await ask(site.url, { token: CANARY })).toMatchObject({
      state: 'failed',
      fix: expect.stringContaining('proxy.ca'),
    });
    expect(site.seen).toEqual([]);
  });

  it('gets no token over plain http', async () => {
    expect(await ask('http://audit.example.test', { token: CANARY })).toMatchObject({
      state: 'failed',
      what: 'the token of MODGATE_AUDIT_TOKEN would go over plain http',
    });
  });

  it('is a directory, files of the job, or packages of a GitLab', async () => {
    expect(await ask('./audit')).toMatchObject({ what: expect.stringMatching(/^writable/) });
    expect(await ask('artifact')).toMatchObject({ state: 'ok' });
    expect(await ask('gitlab-package:')).toMatchObject({ state: 'warning' });
    const gitlab = await startSite({
      name: 'gitlab',
      answer: (request, response) => {
        const known =
          request.headers['job-token'] === CANARY && request.url?.startsWith('/api/v4/projects/7/packages');
        response.writeHead(known ? 200 : 404).end('[]');
      },
    });
    const env = { CI_API_V4_URL: `${gitlab.url}/api/v4`, CI_PROJECT_ID: '7', CI_JOB_TOKEN: CANARY };
    expect(await ask('gitlab-package:', { env })).toMatchObject({ state: 'ok' });
    expect(await ask('gitlab-package:8', { env })).toMatchObject({
      state: 'failed',
      fix: expect.stringContaining('job token allowlist'),
    });
    await gitlab[Symbol.asyncDispose]();
  });
});
