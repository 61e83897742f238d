import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/doctor/types.ts';
import { serve } from '../support/collector.ts';
import { writeProject } from '../support/go.ts';
import { type Job, makeJob } from '../support/session.ts';
import { tempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { type Company, GITLAB, MIRROR, startCompany } from '../support/vcs/company.ts';
import { goModule } from '../support/vcs/repositories.ts';
import { startSite } from '../support/vcs/site.ts';
import { TEST_KEY, TestLog } from '../tlog/test-log.ts';

/** It must be in no output. */
const CANARY = 'canary-c0ffee-secret';
const LIB = `${GITLAB}/group/lib`;

let company: Company;
const log = new TestLog().growTo(10);

beforeAll(async () => {
  company = await startCompany({
    mirrorLogin: { basic: `robot:${CANARY}` },
    upstream: {
      behind: null,
      made: asked => {
        if (asked.endsWith('/supported')) return { body: '' };
        if (asked.endsWith('/latest')) return { body: log.head() };
        return asked === '/golang.org/x/xerrors/@v/list' ? { body: 'v0.1.0\n' } : { status: 404, body: '' };
      },
    },
  });
  await company.gitlab.publish('group/lib', [
    { files: goModule(LIB, 'first'), tags: ['v1.0.0'] },
    { files: goModule(LIB, 'second'), tags: ['v1.1.0'] },
  ]);
});
afterAll(() => company[Symbol.asyncDispose]());

/** A job of the company with a private module in its go.mod, and a configuration file. */
async function companyJob(config: string, env: Readonly<Record<string, string>> = {}): Promise<Job> {
  const job = await makeJob(`https://robot:${CANARY}@${MIRROR}`, {
    ...company.env,
    GOSUMDB: TEST_KEY,
    GIT_CONFIG_NOSYSTEM: '1',
    ...env,
  });
  await writeProject(job.checkout, {
    'go.mod': `module example.com/app\n\ngo 1.24\n\nrequire ${LIB} v1.1.0\n`,
    'main.go': 'package main\n\nfunc main() {}\n',
    '.modgate.yaml': config,
  });
  return job;
}

interface Told {
  readonly schema: number;
  readonly checks: readonly Check[];
  readonly summary: Readonly<Record<string, number>>;
}

async function doctor(job: Job, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const done = await job.modgate(['doctor', '--store', job.store, '--format', 'json', ...args], { env });
  expect(done.stdout + done.stderr).not.toContain(CANARY);
  const told = JSON.parse(done.stdout) as Told;
  const of = (probe: Check['probe'], subject = '') =>
    told.checks.filter(check => check.probe === probe && check.subject.includes(subject));
  return { ...done, ...told, of };
}

describe.concurrent('modgate doctor in a company network', () => {
  it('finds nothing wrong where everything is set', async () => {
    const token = company.gitlab.grant({ kind: 'personal', projects: ['group/'] });
    await using job = await companyJob(
      `proxy:\n  private: ["${GITLAB}/*"]\n  ca: [{hosts: [${GITLAB}, ${MIRROR}], file: ca.pem}]\n`,
    );
    await writeFile(path.join(job.checkout, 'ca.pem'), company.authority.ca);
    const netrc = path.join(job.dir.path, 'netrc');
    await writeFile(netrc, `machine ${GITLAB} login ${token.username} password ${token.secret}\n`, {
      mode: 0o600,
    });
    const home = { NETRC: netrc, HOME: job.dir.path };
    await writeFile(
      path.join(job.dir.path, '.netrc'),
      `machine ${GITLAB} login ${token.username} password ${token.secret}\n`,
      { mode: 0o600 },
    );
    const { code, checks, summary, of, stdout } = await doctor(job, [], home);
    expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(code).toBe(0);
    expect(summary).toMatchObject({ failed: 0 });
    expect(
      of('tls')
        .map(({ subject, state }) => `${subject} ${state}`)
        .toSorted(),
    ).toEqual([`https://${GITLAB} ok`, `https://${MIRROR} ok`]);
    expect(of('http')).toMatchObject([{ state: 'ok', subject: `https://***@${MIRROR}` }]);
    expect(of('sumdb')).toMatchObject([{ state: 'ok', what: expect.stringMatching(/^tree of 10 records/) }]);
    expect(of('git')).toMatchObject([
      { state: 'ok', subject: 'git' },
      { state: 'ok', subject: LIB, what: 'git lists its versions (2 tagged)' },
    ]);
    expect(of('credentials')).toMatchObject([
      { state: 'ok', subject: `https://${GITLAB}`, what: 'is shown the password of the netrc of the job' },
    ]);
    expect(of('disk')).toHaveLength(3);
    expect(of('clock')).toMatchObject([{ state: 'ok' }]);
    expect(stdout).not.toContain(token.secret);
    // Nobody outside of the company heard of its module.
    for (const { where, text } of company.traffic([company.gitlab])) {
      if (where !== 'company proxy') expect(text).not.toContain('group/lib');
    }
  });

  it('names what is missing, and how to mend it', async () => {
    await using job = await companyJob(
      `proxy:\n  private: ["${GITLAB}/*", "*.corp.example.test/*"]\n  credentials: [{host: ${GITLAB}, token-env: FORGE_KEY}]\n`,
    );
    const { code, of, stdout } = await doctor(job);
    expect(code).toBe(1);
    expect(of('tls', GITLAB)).toMatchObject([
      {
        state: 'failed',
        what: 'its certificate is from an unknown issuer: CN=Example Company Root',
        fix: expect.stringContaining('proxy: {ca: '),
      },
    ]);
    expect(of('http', MIRROR)).toMatchObject([{ state: 'skipped' }]);
    expect(of('sumdb')).toMatchObject([{ state: 'skipped' }]);
    expect(of('credentials', GITLAB)).toMatchObject([
      { state: 'failed', why: expect.stringContaining('the variable FORGE_KEY') },
    ]);
    expect(of('git', LIB)).toMatchObject([{ state: 'failed' }]);
    expect(of('dns', '*.corp')).toMatchObject([{ state: 'skipped' }]);
    expect(stdout).not.toMatch(/"fix": ""/);
  });

  it('says which credential a forge refuses, and what that lacks', async () => {
    const token = company.gitlab.grant({ kind: 'personal', projects: ['elsewhere/'] });
    await using job = await companyJob(
      `proxy:\n  private: ["${GITLAB}/*"]\n  credentials: [{host: ${GITLAB}, token-env: FORGE_KEY}]\n`,
      { SSL_CERT_FILE: company.authority.caFile, GIT_SSL_CAINFO: company.authority.caFile },
    );
    const { code, of, stdout } = await doctor(job, [], { FORGE_KEY: token.secret });
    expect(code).toBe(1);
    expect(of('credentials')).toMatchObject([
      { state: 'ok', what: 'is shown the GitLab access token of FORGE_KEY (proxy.credentials)' },
    ]);
    expect(of('git', LIB)).toMatchObject([
      { state: 'failed', why: expect.stringContaining('FORGE_KEY'), fix: expect.stringContaining('read_') },
    ]);
    expect(stdout).not.toContain(token.secret);
  });

  it('is for people, too', async () => {
    await using job = await companyJob('audit: {store: "http://127.0.0.1:9"}\n');
    const { code, stdout } = await job.modgate(['doctor', '--store', job.store]);
    expect(code).toBe(1);
    expect(stdout).not.toContain(CANARY);
    expect(stdout).toMatch(
      /^FAILED +tls +https:\/\/mirror\.example\.test +its certificate is from an unknown issuer/m,
    );
    expect(stdout).toMatch(/^ +fix: .*PEM file/m);
    expect(stdout).toMatch(/^warning +audit +http:\/\/127\.0\.0\.1:9 +cannot be reached/m);
    expect(stdout).toMatch(/^\d+ failed, 1 warning, \d+ ok, \d+ not tried \([\d.]+ s\)$/m);
  });

  it('says which login an upstream does not take', async () => {
    await using job = await companyJob('', { SSL_CERT_FILE: company.authority.caFile });
    const wrong = `https://robot:${CANARY}-old@${MIRROR}`;
    const { of } = await doctor(job, [], { GOPROXY: wrong });
    expect(of('http')).toMatchObject([
      { state: 'failed', why: expect.stringContaining('refused the user and password in its URL') },
    ]);
    const none = await doctor(job, [], { GOPROXY: `https://${MIRROR}` });
    expect(none.of('http')).toMatchObject([
      { state: 'failed', why: expect.stringContaining('asks for a credential, and this job has none') },
    ]);
  });
});

describe.concurrent('modgate doctor', () => {
  it('asks a real collector without writing into it', async () => {
    await using dir = await tempDir('collector');
    const env = { MODGATE_WRITE_TOKEN: CANARY, MODGATE_READ_TOKEN: `${CANARY}-reader` };
    await using collector = await serve({ dir: dir.path, env });
    await using job = await makeJob('off', { GOSUMDB: 'off' });
    await writeFile(
      path.join(job.checkout, '.modgate.yaml'),
      `audit: {store: "${collector.url}", required: true}\n`,
    );
    const right = await doctor(job, [], { MODGATE_AUDIT_TOKEN: CANARY });
    expect(right.of('audit')).toMatchObject([
      { state: 'ok', what: 'takes batches with the token in MODGATE_AUDIT_TOKEN' },
    ]);
    expect(right.code).toBe(0);
    const reader = await doctor(job, [], { MODGATE_AUDIT_TOKEN: `${CANARY}-reader` });
    expect(reader.of('audit')).toMatchObject([{ state: 'failed', why: expect.stringContaining('403') }]);
    expect((await doctor(job, [], { MODGATE_AUDIT_TOKEN: 'canary-nobody' })).code).toBe(1);
  });

  it('tells of hosts that are not there, of settings of go, and of GOPROXY=off', async () => {
    await using job = await makeJob(await deadUrl(), { GONOPROXY: '*', GOSUMDB: 'off' });
    const { code, of } = await doctor(job);
    expect(code).toBe(1);
    expect(of('tcp')).toMatchObject([
      { state: 'failed', what: expect.stringContaining('refuses connections') },
    ]);
    expect(of('go', 'GONOPROXY')).toMatchObject([{ state: 'failed' }]);
    expect(of('go', 'GOSUMDB')).toMatchObject([{ state: 'warning' }]);
    const off = await doctor(job, [], { GOPROXY: 'off', GONOPROXY: 'none' });
    expect(off.of('go', 'GOPROXY')).toMatchObject([{ state: 'warning' }]);
    expect(off.code).toBe(0);
  });

  it('does not follow an upstream to a host that nobody named', async () => {
    const inner = await startSite({ name: 'inner', answer: (_, response) => void response.end() });
    const upstream = await startSite({
      name: 'upstream',
      answer: ({ url }, response) => void response.writeHead(302, { location: `${inner.url}${url}` }).end(),
    });
    await using job = await makeJob(upstream.url, { GOSUMDB: 'off' });
    expect((await doctor(job)).of('http')).toMatchObject([
      {
        state: 'failed',
        what: 'it leads to a host that is not asked',
        fix: expect.stringContaining('proxy.hosts'),
      },
    ]);
    expect(inner.seen).toEqual([]);
    await Promise.all([inner, upstream].map(site => site[Symbol.asyncDispose]()));
  });

  it('in a change sends nothing where only the change says to', async () => {
    const evil = await startSite({ name: 'evil', answer: (_, response) => void response.end() });
    await using job = await makeJob('off', { GOSUMDB: 'off' });
    const file = `proxy: {upstream: ["${evil.url}"], credentials: [{host: "127.0.0.1:${evil.port}", token-env: KEY}]}\n`;
    await writeFile(path.join(job.checkout, '.modgate.yaml'), file);
    for (const args of [
      ['init', '-q'],
      ['add', '.'],
      ['-c', 'user.name=a', '-c', 'user.email=a@example.test', 'commit', '-qm', 'x'],
    ]) {
      expect(await job.run('git', args)).toMatchObject({ code: 0 });
    }
    const { code, of, checks } = await doctor(job, [], {
      GITLAB_CI: 'true',
      CI_PROJECT_DIR: job.checkout,
      CI_MERGE_REQUEST_IID: '7',
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      CI_MERGE_REQUEST_TARGET_BRANCH_SHA: '1'.repeat(40),
      KEY: CANARY,
    });
    expect(code).toBe(1);
    expect(of('config')).toMatchObject([
      { state: 'failed', what: expect.stringContaining('the rest is tried with the defaults') },
    ]);
    expect(JSON.stringify(checks)).not.toContain(String(evil.port));
    expect(evil.seen).toEqual([]);
    await evil[Symbol.asyncDispose]();
  });

  it('in a session that runs does not take its proxy for an upstream', async () => {
    await using job = await makeJob('off', { GOSUMDB: 'off' });
    await using session = await job.start(['--on-failure', 'fail']);
    const { of, stdout } = await doctor(job, [], { ...session.env, HTTPS_PROXY: await deadUrl() });
    expect(of('go', 'GOPROXY')).toMatchObject([
      { state: 'warning', fix: 'run modgate doctor before modgate starts' },
    ]);
    expect(stdout).not.toContain(session.env.GOPROXY);
  });

  it('cannot be asked for what it does not know, nor with a file that is wrong', async () => {
    await using job = await makeJob('off');
    expect(await job.modgate(['doctor', '--fromat', 'json'])).toMatchObject({ code: 2, stdout: '' });
    expect(await job.modgate(['doctor', 'x'])).toMatchObject({ code: 2, stdout: '' });
    expect(await job.modgate(['doctor', '--format', 'xml'])).toMatchObject({ code: 2, stdout: '' });
    await writeFile(path.join(job.checkout, '.modgate.yaml'), 'proxi: {}\n');
    const wrong = await job.modgate(['doctor']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/\.modgate\.yaml:1:1: unknown key .*did you mean/);
  });
});
