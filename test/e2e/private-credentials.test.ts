import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesHolding, heldBy, processList } from '../support/canary.ts';
import { gone, type Job, makeJob, type Session } from '../support/session.ts';
import type { Token } from '../support/vcs/access.ts';
import { type Company, GITLAB, startCompany } from '../support/vcs/company.ts';
import { goModule } from '../support/vcs/repositories.ts';

/** Credentials that come, go and are wrong, as a job with the built program sees it. */
let company: Company;
let job: Job;
let token: Token;

const LIB = `${GITLAB}/group/lib`;

beforeAll(async () => {
  company = await startCompany();
  const { gitlab, authority, env } = company;
  await gitlab.publish('group/lib', [
    { files: goModule(LIB, 'first'), tags: ['v1.0.0'] },
    { files: goModule(LIB, 'second'), tags: ['v1.1.0'] },
  ]);
  const trust = { GIT_SSL_CAINFO: authority.caFile, SSL_CERT_FILE: authority.caFile };
  job = await makeJob('off', { ...env, ...trust, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' });
  await writeFile(
    join(job.checkout, '.modgate.yaml'),
    `proxy: {private: [${GITLAB}], credentials: [{host: ${GITLAB}, token-env: MODULES_TOKEN}]}\n`,
  );
});
beforeEach(() => {
  company.gitlab.revoke();
  token = company.gitlab.grant({ kind: 'personal', projects: ['group/'], scopes: ['read_api'] });
});
afterAll(async () => {
  await Promise.all([company, job].map(one => one[Symbol.asyncDispose]()));
});

async function download(session: Session, version: string) {
  return await session.go(['mod', 'download', '-json', `${LIB}@${version}`], { cwd: job.dir.path });
}

describe('a credential', () => {
  it('that is missing or refused is told, and a later start of the job hands over the right one', async () => {
    await using session = await job.start();
    expect(session.said).toMatch(/warning: .*names the variable MODULES_TOKEN/);
    const missing = await download(session, 'v1.0.0');
    expect(missing.stdout).toContain(`${GITLAB} asks for a credential, and this job has none`);
    expect(missing.stdout).toContain(
      `names the variable MODULES_TOKEN for ${GITLAB}, which is not set or empty`,
    );

    const old = company.gitlab.grant({ kind: 'personal', projects: ['group/'], expired: true });
    const later = async (secret: string) => {
      const joined = await job.modgate(['start', '--format', 'json'], {
        env: { ...session.env, MODULES_TOKEN: secret },
      });
      expect(JSON.parse(joined.stdout)).toEqual(session.env);
    };
    await later(old.secret);
    const refused = await download(session, 'v1.0.0');
    expect(refused.stdout).toMatch(
      /502 Bad Gateway.*refused the GitLab access token from MODULES_TOKEN \(proxy\.credentials\) \(HTTP 401\)/s,
    );
    await later(token.secret);
    expect(await download(session, 'v1.0.0')).toMatchObject({ code: 0 });

    const { summary, said } = await session.stop();
    expect(summary.warnings).toEqual([expect.stringContaining('MODULES_TOKEN')]);
    const records = JSON.stringify(await session.journal());
    expect(records).toContain('refused the GitLab access token');
    const secrets = [old.secret, token.secret];
    const told = JSON.stringify([summary, said, refused, missing]);
    expect(heldBy(told, secrets)).toEqual([]);
    expect(await filesHolding(job.dir.path, secrets)).toEqual([]);
  });

  it('is in one file of the session while that lives, and in no process', async () => {
    await using session = await job.start([], { env: { MODULES_TOKEN: token.secret } });
    expect(await download(session, 'v1.1.0')).toMatchObject({ code: 0 });
    const files = await filesHolding(job.dir.path, [token.secret]);
    for (const { file } of files)
      expect(join(job.dir.path, file)).toContain(join(session.dir, 'credentials'));
    expect(files.length).toBeGreaterThan(0);
    const processes = await processList();
    expect(processes.map(({ pid }) => pid)).toContain(session.file.pid);
    for (const { args, env } of processes) expect(heldBy(args + env, [token.secret])).toEqual([]);

    // A daemon that was killed leaves them to whoever comes next.
    process.kill(session.file.pid, 'SIGKILL');
    await gone(session.file.pid);
    await session.stop();
    expect(await filesHolding(job.dir.path, [token.secret])).toEqual([]);
  });
});
