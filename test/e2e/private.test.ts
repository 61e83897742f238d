import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldBy } from '../support/canary.ts';
import { type Company, GITHUB, GITLAB, MIRROR, startCompany, VANITY } from '../support/vcs/company.ts';
import { goModule } from '../support/vcs/repositories.ts';
import { newSshKey, startSshAgent } from '../support/vcs/ssh.ts';
import { netrcOf, type PrivateJob, privateJob, programOn } from './private-job.ts';

const LIB = `${GITLAB}/group/lib`;
const DEEP = `${GITLAB}/group/sub/deep`;
const HUB = `${GITHUB}/acme/lib.git`;
const NAMED = `${VANITY}/named`;
const BY_SSH = `${VANITY}/byssh`;
const MIRROR_LOGIN = { username: 'robot', secret: 'mirror-pa55word' };

let company: Company;
/** Line of the configuration that lets a job believe the company's servers. */
let ca: string;

beforeAll(async () => {
  company = await startCompany({
    mirrorLogin: { basic: `${MIRROR_LOGIN.username}:${MIRROR_LOGIN.secret}` },
  });
  const { gitlab, github, authority, vanityPaths } = company;
  ca = `ca: [{hosts: ["*.example.test"], file: ${JSON.stringify(authority.caFile)}}]`;
  await gitlab.publish('group/lib', [
    { files: goModule(LIB, 'first'), tags: ['v1.0.0'] },
    { files: goModule(LIB, 'second'), tags: ['v1.1.0'] },
    { files: goModule(`${LIB}/v2`, 'major', 'v2'), tags: ['v2.0.0'] },
    { files: goModule(LIB, 'topic'), branch: 'topic' },
  ]);
  await gitlab.publish('group/sub/deep', [
    {
      files: { ...goModule(DEEP, 'first'), ...goModule(`${DEEP}/tool`, 'nested', 'tool') },
      tags: ['v1.0.0'],
    },
    { files: goModule(DEEP, 'second'), tags: ['v1.1.0', 'tool/v0.1.0'] },
  ]);
  await gitlab.publish('group/named', [{ files: goModule(NAMED, 'first'), tags: ['v1.0.0'] }]);
  await gitlab.publish('group/byssh', [{ files: goModule(BY_SSH, 'first'), tags: ['v1.0.0'] }]);
  await github.publish('acme/lib', [{ files: goModule(HUB, 'first'), tags: ['v1.0.0'] }]);
  vanityPaths.set('named', `https://${GITLAB}/group/named.git`);
  vanityPaths.set('byssh', `ssh://git@${GITLAB}/group/byssh.git`);
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
});

/** What a go command has come to want of a module. */
async function required(job: PrivateJob, module: string): Promise<string | undefined> {
  const text = await readFile(path.join(job.checkout, 'go.mod'), 'utf8');
  return text
    .split('\n')
    .find(line => line.includes(`${module} `))
    ?.trim()
    .split(' ')
    .at(-1);
}

/** Nothing of git was set up for the job, neither in its files nor in what it was given. */
async function hasNoGitSettings(job: PrivateJob, env: Readonly<Record<string, string>>): Promise<void> {
  await expect(readFile(path.join(job.home, '.gitconfig'))).rejects.toThrow('ENOENT');
  expect(Object.keys(env).filter(name => /^(GIT_|NETRC$|GOAUTH$)/.test(name))).toEqual([]);
}

describe('a job of a GitLab behind an authority of its own', () => {
  it('needs one line, and fetches subgroups, nested modules, majors, vanity paths, branches and hashes', async () => {
    const { gitlab, authority } = company;
    const token = gitlab.grant({ kind: 'job', projects: ['group/'], from: 'group/app' });
    const modules = {
      [LIB]: 'v1.1.0',
      [`${LIB}/v2`]: 'v2.0.0',
      [DEEP]: 'v1.1.0',
      [`${DEEP}/tool`]: 'v0.1.0',
      [NAMED]: 'v1.0.0',
    };
    await using job = await privateJob(company, {
      config: 'private: ["*.example.test"]',
      files: programOn(modules),
      gitlab: token,
      proxy: 'off',
      env: { CI_SERVER_TLS_CA_FILE: authority.caFile },
    });
    const session = await job.start();
    expect(session.env.GOPROXY).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[^|,]+$/);
    await hasNoGitSettings(job, session.env);
    await job.goOk(['mod', 'tidy']);
    await job.goOk(['build', './...']);
    await job.goOk([
      'get',
      `${LIB}@topic`,
      `${DEEP}@${(await gitlab.repositories.sha('group/sub/deep', 'v1.0.0')).slice(0, 10)}`,
    ]);
    expect(await required(job, LIB)).toMatch(/^v1\.1\.1-0\.\d{14}-[0-9a-f]{12}$/);
    expect(await required(job, DEEP)).toBe('v1.0.0');
    const ended = await job.stop();
    expect(ended.code).toBe(0);
    const zips = (await session.journal()).flatMap(r =>
      r.kind === 'req' && r.op === 'zip' ? [r.source] : [],
    );
    expect(new Set(zips)).toEqual(new Set(['vcs']));
  });
});

describe('credentials that the job has', () => {
  it('a deploy token and a login of the mirror, named in the configuration', async () => {
    const deploy = company.gitlab.grant({ kind: 'deploy', projects: ['group/lib'], username: 'reader' });
    await using job = await privateJob(company, {
      config: `private: [${GITLAB}]
${ca}
credentials:
  - {host: ${GITLAB}, username: reader, token-env: LIB_TOKEN}
  - {host: ${MIRROR}, username: ${MIRROR_LOGIN.username}, token-env: MIRROR_PASSWORD}`,
      files: programOn({ [LIB]: 'v1.1.0', 'rsc.io/quote': 'v1.5.2' }),
      env: { LIB_TOKEN: deploy.secret, MIRROR_PASSWORD: MIRROR_LOGIN.secret },
    });
    const session = await job.start();
    await hasNoGitSettings(job, session.env);
    await job.goOk(['mod', 'tidy']);
    await job.goOk(['build', './...']);
    // GitLab tells no deploy token that there is a project in a subgroup.
    const hidden = await job.go(['mod', 'download', `${DEEP}@v1.1.0`]);
    expect(hidden.stderr).toContain(`${GITLAB} has no such repository, or hides it from the deploy token`);
    expect(hidden.stderr).toContain('read_api');
    expect((await job.stop()).code).toBe(0);
  });

  it('the netrc of its home, for GitHub and the mirror', async () => {
    const token = company.github.grant({ kind: 'personal', projects: ['acme/'] });
    await using job = await privateJob(company, {
      config: `private: ["${GITHUB}/*"]\n${ca}`,
      files: programOn({ [HUB]: 'v1.0.0', 'rsc.io/quote': 'v1.5.2' }),
    });
    await writeFile(path.join(job.home, '.netrc'), netrcOf({ [GITHUB]: token, [MIRROR]: MIRROR_LOGIN }), {
      mode: 0o600,
    });
    await job.start();
    await job.goOk(['mod', 'tidy']);
    expect((await job.goOk(['list', '-m', '-versions', HUB])).stdout).toBe(`${HUB} v1.0.0\n`);
    await job.stop();
  });

  it('one that is refused for a path that names its repository itself, where go only says that no protocol worked', async () => {
    const narrow = company.github.grant({ kind: 'personal', projects: ['acme/'], scopes: ['metadata:read'] });
    await using job = await privateJob(company, {
      config: `private: ["${GITHUB}/*"]
${ca}
credentials: [{host: ${GITHUB}, token-env: HUB_READER}]`,
      files: programOn({ [HUB]: 'v1.0.0' }),
      env: { HUB_READER: narrow.secret },
    });
    await job.start();
    const refused = await job.go(['mod', 'download', HUB]);
    expect(refused.stderr).toContain(`${GITHUB} refused the GitHub access token from HUB_READER`);
    expect(refused.stderr).toContain('contents: read');
    expect(refused.stderr).not.toMatch(/404/);
    await job.stop();
    expect(heldBy(job.printed.join('\n'), [narrow.secret])).toEqual([]);
  });

  it('an agent with a key that a later step starts', async () => {
    await using agent = await startSshAgent();
    const key = newSshKey();
    company.ssh.allow(key.publicKey, ['group/']);
    await using job = await privateJob(company, {
      config: `private: [${VANITY}]\n${ca}`,
      files: programOn({ [BY_SSH]: 'v1.0.0' }),
      env: { GIT_SSH_COMMAND: await company.ssh.command(GITLAB) },
    });
    await job.start();
    const refused = await job.go(['mod', 'download', BY_SSH]);
    expect(refused.stderr).toMatch(/accepted no SSH key/);
    expect(refused.stderr).toContain(GITLAB);
    await agent.add(key);
    await job.start({ env: { SSH_AUTH_SOCK: agent.socket } });
    await job.goOk(['mod', 'download', BY_SSH]);
    await job.stop();
  });

  it('a git credential helper that a later step sets up', async () => {
    const token = company.gitlab.grant({
      kind: 'personal',
      projects: ['group/'],
      scopes: ['read_repository'],
    });
    await using job = await privateJob(company, {
      config: `private: [${GITLAB}]\n${ca}`,
      files: programOn({ [LIB]: 'v1.1.0' }),
    });
    await job.start();
    const refused = await job.go(['mod', 'download', LIB]);
    expect(refused.stderr).toContain(GITLAB);
    expect(refused.stderr).toMatch(/this job has none for it/);
    const store = path.join(job.home, 'credentials');
    await writeFile(store, `https://${token.username}:${token.secret}@${GITLAB}\n`, { mode: 0o600 });
    await writeFile(path.join(job.home, '.gitconfig'), `[credential]\n\thelper = store --file=${store}\n`);
    await job.goOk(['mod', 'download', LIB]);
    await job.stop();
    await rm(store);
  });
});

describe('a mirror that wants a login', () => {
  it('says who refused which credential when there is none', async () => {
    await using job = await privateJob(company, {
      config: `on-failure: fail\n${ca}`,
      files: programOn({ 'rsc.io/quote': 'v1.5.2' }),
    });
    await job.start();
    const failed = await job.go(['mod', 'download', 'rsc.io/quote']);
    expect(failed.stderr).toContain(MIRROR);
    expect(failed.stderr).toMatch(/proxy\.credentials/);
    expect(failed.stderr).not.toMatch(/404/);
    await job.stop();
  });
});
