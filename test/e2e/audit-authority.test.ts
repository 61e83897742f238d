import { execFileSync } from 'node:child_process';
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobsAnswer } from '../../src/collector/types.ts';
import type { Check } from '../../src/doctor/types.ts';
import type { SessionSummary } from '../../src/session/types.ts';
import { type Serve, serve } from '../support/collector.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { gone, type Job, type JobRun, type Session } from '../support/session.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type Authority, makeAuthority } from '../support/vcs/authority.ts';
import { journaled, tinyJobOn } from './tiny-job.ts';

const TOKEN = 'hidden-audit-token';
const READER = 'hidden-reader-token';
const ISSUER = 'CN=Example Company Root';

/** A job of a machine that knows no authority of the company. */
const KEYED: NonNullable<JobRun['env']> = {
  MODGATE_AUDIT_TOKEN: TOKEN,
  MODGATE_READ_TOKEN: READER,
  SSL_CERT_FILE: undefined,
  NODE_EXTRA_CA_CERTS: undefined,
};

let upstream: Upstream;
let authority: Authority;
let dir: TempDir;
let collector: Serve;

beforeAll(async () => {
  [upstream, authority, dir] = await Promise.all([startUpstream(), makeAuthority(), tempDir('collector')]);
  await Promise.all([
    writeFile(dir.join('cert.pem'), authority.cert),
    writeFile(dir.join('key.pem'), authority.key),
  ]);
  collector = await serve({
    dir: dir.join('data'),
    cwd: dir.path,
    args: ['--tls-cert', dir.join('cert.pem'), '--tls-key', dir.join('key.pem')],
    env: { MODGATE_WRITE_TOKEN: TOKEN, MODGATE_READ_TOKEN: READER },
  });
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
  await authority[Symbol.asyncDispose]();
  await upstream.close();
});

const port = () => new URL(collector.url).port;

/** A job whose configuration names the collector, and the company's authority for these hosts. */
async function jobOf(
  hosts: readonly string[],
  { store = collector.url, required = true }: { store?: string; required?: boolean } = {},
): Promise<Job> {
  const job = await tinyJobOn(upstream.url);
  const ca = `proxy:\n  ca: [{hosts: ${JSON.stringify(hosts)}, file: ca.pem}]\n`;
  const text = `audit: {store: "${store}", required: ${required}}\n${hosts.length === 0 ? '' : ca}`;
  await writeFile(path.join(job.checkout, '.modgate.yaml'), text);
  await writeFile(path.join(job.checkout, 'ca.pem'), authority.ca);
  return job;
}

/** What a step at the end of the job finds: nothing of the checkout, and none of the variables of the start. */
async function stopElsewhere(job: Job, session: Session, env: JobRun['env'] = {}) {
  for (const name of ['.modgate.yaml', 'ca.pem']) await rm(path.join(job.checkout, name), { force: true });
  const done = await job.modgate(['stop', '--session', session.dir, '--format', 'json'], {
    env: { ...KEYED, ...env },
  });
  return { ...done, audit: (JSON.parse(done.stdout) as SessionSummary).audit };
}

describe('an audit store behind the company’s own authority', () => {
  it('takes the records of a session that names it in proxy.ca, to the end', async () => {
    await using job = await jobOf(['127.0.0.1']);
    await using session = await job.start([], { env: KEYED });
    expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
    const file = path.join(session.dir, 'audit-authorities.pem');
    expect(await readFile(file, 'utf8')).toBe(`${authority.ca.trim()}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { code, stderr, audit } = await stopElsewhere(job, session);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(audit).toMatchObject({ store: collector.url, left: 0, lost: 0 });
    expect(audit?.records).toBeGreaterThan(0);
  });

  it('gets the rest of a session whose daemon was killed, by the authority that the runner told its job', async () => {
    await using job = await jobOf([]);
    const told = { CI_SERVER_TLS_CA_FILE: authority.caFile, CI_SERVER_URL: collector.url };
    await using session = await job.start([], { env: { ...KEYED, ...told } });
    expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
    await journaled(session);
    process.kill(session.file.pid, 'SIGKILL');
    await gone(session.file.pid);
    const { code, audit } = await stopElsewhere(job, session);
    expect({ code, audit }).toMatchObject({ code: 0, audit: { left: 0, lost: 0 } });
  });

  it('lets nothing start where its authority is named for another host, and says whose certificate it is', async () => {
    await using job = await jobOf(['audit.example.test']);
    const done = await job.modgate(['start', '--store', job.store], {
      // That of another server does not count either.
      env: {
        ...KEYED,
        CI_SERVER_TLS_CA_FILE: authority.caFile,
        CI_SERVER_URL: 'https://gitlab.example.test',
      },
    });
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr).toContain(
      `the audit store ${collector.url} shows a certificate that is not trusted: its issuer is ${ISSUER}`,
    );
    expect(done.stderr).toContain('name the PEM file of that authority for 127.0.0.1 under proxy.ca');
    expect(done.stderr).not.toContain('hidden');
  });

  it('is reached through the company’s proxy, which shows the same certificate', async () => {
    await using proxy = await startForwardProxy(target =>
      target === 'audit.example.test:443' ? Number(port()) : undefined,
    );
    const env = { ...KEYED, HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: '', no_proxy: '' };
    const store = 'https://audit.example.test';
    await using unknown = await jobOf([], { store });
    const refused = await unknown.modgate(['start', '--store', unknown.store], { env });
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain(`its issuer is ${ISSUER}`);
    await using job = await jobOf(['*.example.test'], { store });
    await using session = await job.start([], { env });
    const { code, audit } = await stopElsewhere(job, session, env);
    expect({ code, audit }).toMatchObject({ code: 0, audit: { store, left: 0 } });
  });
});

describe('in a pull request', () => {
  /** The job of one whose author changes `ca.pem`; its environment. */
  async function change(job: Job, base: string, head: string): Promise<NonNullable<JobRun['env']>> {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: job.checkout,
        encoding: 'utf8',
        env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1' },
      }).trim();
    const commit = async (ca: string) => {
      await writeFile(path.join(job.checkout, 'ca.pem'), ca);
      git('add', '.');
      git('commit', '-qm', 'ca.pem');
      return git('rev-parse', 'HEAD');
    };
    git('init', '-q', '-b', 'main');
    const repo = { full_name: 'acme/app', id: 1, fork: false };
    const pull = {
      number: 1,
      base: { sha: await commit(base), ref: 'main', repo },
      head: { sha: await commit(head), ref: 'change', repo },
    };
    const event = job.dir.join('event.json');
    await writeFile(event, JSON.stringify({ pull_request: pull }));
    return {
      ...KEYED,
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: 'acme/app',
      GITHUB_WORKSPACE: job.checkout,
      GITHUB_BASE_REF: 'main',
      GITHUB_SERVER_URL: 'https://github.example.test',
      RUNNER_TEMP: job.dir.path,
    };
  }

  it('the authority of the target branch counts, for audit’s verbs too, and one that its author brings does not', async () => {
    await using job = await jobOf(['127.0.0.1']);
    const env = await change(job, authority.ca, 'not what it was\n');
    const run = ['run', '--store', job.store, '--', process.execPath, '-e', ''];
    expect(await job.modgate(run, { env })).toMatchObject({ code: 0 });
    const ask = ['audit', 'repositories', '--format', 'json'];
    expect(await job.modgate(ask, { env })).toMatchObject({ code: 0 });

    await using other = await jobOf(['127.0.0.1']);
    const theirs = await change(other, 'none yet\n', authority.ca);
    const refused = await other.modgate(['run', '--store', other.store, ...run.slice(3)], { env: theirs });
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('shows a certificate that is not trusted');
    expect(refused.stderr).toContain('proxy.ca[0]: ca.pem has no certificate in it');
    const unasked = await other.modgate(ask, { env: theirs });
    expect(unasked).toMatchObject({ code: 3, stdout: '' });
    expect(unasked.stderr).toContain('shows a certificate that is not trusted');
  });
});

describe('modgate doctor behind the company’s own authority', () => {
  it('tries the audit store as a session would, and a vulnerability database that is none', async () => {
    await using job = await jobOf(['127.0.0.1']);
    const { stdout } = await job.modgate(['doctor', '--store', job.store, '--format', 'json'], {
      env: { ...KEYED, GOVULNDB: `${upstream.url}/vuln` },
    });
    const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
    expect(checks.filter(({ probe }) => probe === 'audit')).toMatchObject([
      { state: 'ok', what: 'takes batches with the token in MODGATE_AUDIT_TOKEN' },
    ]);
    const database = checks.find(({ subject }) => subject === `${upstream.url}/vuln`);
    expect(database).toMatchObject({
      probe: 'http',
      state: 'warning',
      what: 'it does not answer as a vulnerability database does',
    });
  });
});

describe('modgate audit behind the company’s own authority', () => {
  it('sends what a session left, and asks, where the checkout names the authority', async () => {
    await using job = await jobOf([], { required: false });
    await using session = await job.start([], { env: KEYED });
    const file = path.join(session.dir, 'audit-authorities.pem');
    await writeFile(file, authority.ca);
    await chmod(file, 0o666);
    const { stderr, audit } = await stopElsewhere(job, session);
    expect(stderr).toContain(`its issuer is ${ISSUER}`);
    expect(stderr).toContain('audit-authorities.pem does not count: another user could have written it');
    expect(stderr).toContain('under proxy.ca');
    const spool = audit?.spool ?? '';
    const upload = ['audit', 'upload', spool, '--store', collector.url, '--patience', '0'];
    const refused = await job.modgate(upload, { env: KEYED });
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.stderr).toMatch(/shows a certificate that is not trusted.*under proxy\.ca/);
    const ask = ['audit', 'jobs', '--state', 'any', '--format', 'json'];
    const unasked = await job.modgate([...ask, '--store', collector.url], { env: KEYED });
    expect(unasked).toMatchObject({ code: 3, stdout: '' });
    expect(unasked.stderr).toContain(`its issuer is ${ISSUER}`);

    await using named = await jobOf(['127.0.0.1']);
    expect(await named.modgate(upload, { env: KEYED })).toMatchObject({ code: 0, stderr: '' });
    for (const where of [[], ['--store', collector.url]]) {
      const asked = await named.modgate([...ask, ...where], { env: KEYED });
      expect(asked.code).toBe(0);
      expect(JSON.parse(asked.stdout) as JobsAnswer).toHaveProperty('jobs');
    }
  });
});
