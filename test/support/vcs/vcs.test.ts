import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GoWorld, goWorld } from '../go.ts';
import { type Finished, run, runOk } from '../process.ts';
import { type TempDir, tempDir } from '../temp.ts';
import type { Login, Token } from './access.ts';
import { type Company, GITHUB, GITLAB, startCompany, VANITY } from './company.ts';
import { goModule } from './repositories.ts';
import { basicOf, clearText } from './site.ts';
import { newSshKey, startSshAgent } from './ssh.ts';

let company: Company;
let dir: TempDir;
let world: GoWorld;
let home: TempDir;
/** Git as on a machine that trusts the company's authority and knows nothing else. */
let env: Record<string, string>;
let personal: Token;

const SHALLOW = 'group/lib';
const DEEP = 'group/sub/deep';

beforeAll(async () => {
  [company, dir, home] = await Promise.all([startCompany(), tempDir('vcs'), tempDir('home')]);
  const { gitlab, github, authority } = company;
  const versions = (module: string) => [
    {
      files: { ...goModule(module, 'first'), ...goModule(`${module}/tool`, 'nested', 'tool') },
      tags: ['v1.0.0'],
    },
    { files: goModule(module, 'second'), tags: ['v1.1.0', 'tool/v0.1.0'] },
    { files: goModule(`${module}/v2`, 'major', 'v2'), tags: ['v2.0.0'], branch: 'next' },
  ];
  await gitlab.publish(SHALLOW, versions(`${GITLAB}/${SHALLOW}`));
  await gitlab.publish(DEEP, versions(`${GITLAB}/${DEEP}`));
  await gitlab.publish('group/open', versions(`${GITLAB}/group/open`), 'public');
  await gitlab.publish('group/named', versions(`${VANITY}/named`));
  await github.publish('acme/lib', versions(`${GITHUB}/acme/lib`));
  company.vanityPaths.set('named', `https://${GITLAB}/group/named.git`);
  personal = gitlab.grant({ kind: 'personal', projects: ['group/'], scopes: ['read_api'] });
  world = await goWorld('direct', { ...company.env, GOPRIVATE: '*.example.test', HOME: home.path });
  env = {
    ...world.env,
    GIT_SSL_CAINFO: authority.caFile,
    SSL_CERT_FILE: authority.caFile,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
  };
});
afterAll(async () => {
  await Promise.all([company, dir, home, world].map(one => one[Symbol.asyncDispose]()));
});

/** git's own words for a clone with these credentials. */
async function clone(host: string, project: string, login?: Login): Promise<Finished> {
  const who = login === undefined ? '' : `${login.username}:${encodeURIComponent(login.secret)}@`;
  return await run('git', ['ls-remote', '--tags', `https://${who}${host}/${project}.git`], {
    env,
    cwd: dir.path,
  });
}

async function netrc(...logins: readonly Login[]): Promise<Record<string, string>> {
  const file = dir.join(`netrc-${logins.map(login => login.secret).join('')}`);
  await writeFile(
    file,
    logins.map(one => `machine ${GITLAB} login ${one.username} password ${one.secret}\n`).join(''),
  );
  // go reads NETRC; git only ~/.netrc.
  await writeFile(home.join('.netrc'), await readFile(file));
  return { ...env, NETRC: file };
}

describe('clones over https', () => {
  it('a token that may read gets the real repository', async () => {
    await runOk(
      'git',
      [
        'clone',
        '-q',
        `https://${personal.username}:${personal.secret}@${GITLAB}/${DEEP}.git`,
        dir.join('clone'),
      ],
      { env },
    );
    expect(await readFile(dir.join('clone', 'deep.go'), 'utf8')).toContain('second');
    expect((await runOk('git', ['-C', dir.join('clone'), 'tag'], { env })).stdout.split('\n')).toEqual([
      'tool/v0.1.0',
      'v1.0.0',
      'v1.1.0',
      'v2.0.0',
      '',
    ]);
    const sha = await company.gitlab.repositories.sha(DEEP, 'refs/tags/v1.1.0');
    expect((await runOk('git', ['-C', dir.join('clone'), 'rev-parse', 'HEAD'], { env })).stdout.trim()).toBe(
      sha,
    );
  });

  it('GitLab refuses as it does', async () => {
    const { gitlab } = company;
    const job = gitlab.grant({ kind: 'job', projects: [SHALLOW], from: 'group/app' });
    const deploy = gitlab.grant({ kind: 'deploy', projects: [DEEP] });
    const elsewhere = gitlab.grant({ kind: 'personal', projects: ['other/'] });
    const narrow = gitlab.grant({ kind: 'personal', projects: ['group/'], scopes: ['read_user'] });
    const old = gitlab.grant({ kind: 'personal', projects: ['group/'], expired: true });
    const said = async (project: string, login?: Login) => {
      const done = await clone(GITLAB, project, login);
      return done.code === 0 ? 'yes' : done.stderr;
    };
    expect(await said(SHALLOW, job)).toBe('yes');
    expect(await said('group/open')).toBe('yes');
    expect(await said(DEEP, job)).toMatch(/CI\/CD job token not allowed from app to deep[\s\S]*error: 403/);
    expect(await said(SHALLOW, { ...job, username: 'oauth2' })).toMatch(/HTTP Basic: Access denied/);
    expect(await said(DEEP, deploy)).toBe('yes');
    expect(await said(SHALLOW, deploy)).toMatch(/HTTP Basic: Access denied/);
    expect(await said(SHALLOW, elsewhere)).toMatch(/could not be found[\s\S]*not found/);
    expect(await said(SHALLOW, narrow)).toMatch(/not allowed to download code[\s\S]*error: 403/);
    expect(await said(SHALLOW, old)).toMatch(/HTTP Basic: Access denied/);
    expect(await said(SHALLOW)).toMatch(/could not read Username/);
    expect(await said('group/nothing')).toMatch(/could not read Username/);
  });

  it('GitHub has no such repository without access', async () => {
    const { github } = company;
    const mine = github.grant({ kind: 'installation', projects: ['acme/lib'] });
    const other = github.grant({ kind: 'installation', projects: ['acme/app'] });
    const narrow = github.grant({ kind: 'personal', projects: ['acme/'], scopes: ['metadata:read'] });
    expect((await clone(GITHUB, 'acme/lib', mine)).code).toBe(0);
    expect((await clone(GITHUB, 'acme/lib', other)).stderr).toMatch(/Repository not found/);
    expect((await clone(GITHUB, 'acme/lib', narrow)).stderr).toMatch(
      /access to repository not granted[\s\S]*403/,
    );
    expect((await clone(GITHUB, 'acme/lib', { ...mine, secret: 'ghs_wrong' })).stderr).toMatch(
      /Invalid username or token/,
    );
    expect((await clone(GITHUB, 'acme/lib')).stderr).toMatch(/could not read Username/);
  });

  it('every request is remembered with what it carried', () => {
    const carried = company.gitlab.seen.filter(seen => clearText(seen).includes(personal.secret));
    expect(carried.length).toBeGreaterThan(1);
    expect(basicOf(carried[0]?.headers.find(([name]) => name === 'authorization')?.[1])).toEqual({
      username: personal.username,
      secret: personal.secret,
    });
    expect(company.proxy.asked).toContain(`${GITLAB}:443`);
    expect(company.traffic([company.gitlab]).filter(({ text }) => text.includes(personal.secret))).toEqual(
      [],
    );
    expect(company.proxy.traffic.some(text => text.includes(GITLAB))).toBe(true);
  });

  it('without the authority nobody is believed', async () => {
    const { GIT_SSL_CAINFO: _, SSL_CERT_FILE: __, ...bare } = env;
    const done = await run('git', ['ls-remote', `https://${GITLAB}/group/open.git`], {
      env: bare,
      cwd: dir.path,
    });
    expect(done.stderr).toMatch(/certificate/);
  });
});

describe('go, straight from version control', () => {
  const list = async (module: string, own: Record<string, string>) =>
    await world.go(['list', '-m', '-versions', module], { env: own, cwd: dir.path });

  it('lists and downloads with a token that may see the project, subgroups and vanity paths too', async () => {
    const own = await netrc(personal);
    expect((await list(`${GITLAB}/${DEEP}`, own)).stdout).toBe(`${GITLAB}/${DEEP} v1.0.0 v1.1.0\n`);
    expect((await list(`${GITLAB}/${DEEP}/tool`, own)).stdout).toBe(`${GITLAB}/${DEEP}/tool v0.1.0\n`);
    expect((await list(`${VANITY}/named`, own)).stdout).toBe(`${VANITY}/named v1.0.0 v1.1.0\n`);
    const got = await world.goOk(
      [
        'mod',
        'download',
        '-json',
        `${GITLAB}/${DEEP}@v1.1.0`,
        `${GITLAB}/${DEEP}/v2@v2.0.0`,
        `${GITLAB}/${SHALLOW}@main`,
      ],
      { env: own, cwd: dir.path },
    );
    expect(got.stdout.match(/"Version": "[^"]+"/g)).toEqual([
      '"Version": "v1.1.0"',
      '"Version": "v2.0.0"',
      '"Version": "v1.1.0"',
    ]);
  });

  it('a token that may read code but see no project is told another path for a subgroup', async () => {
    const deploy = company.gitlab.grant({ kind: 'deploy', projects: [DEEP, SHALLOW] });
    const own = await netrc(deploy);
    expect((await list(`${GITLAB}/${SHALLOW}`, own)).stdout).toBe(`${GITLAB}/${SHALLOW} v1.0.0 v1.1.0\n`);
    expect((await list(`${GITLAB}/${DEEP}`, own)).stderr).toMatch(/group\/sub\.git/);
    expect((await list(`${GITLAB}/${DEEP}.git`, own)).stdout).toContain(
      `${GITLAB}/${DEEP}.git v1.0.0 v1.1.0`,
    );
  });
});

describe('clones over ssh', () => {
  it('the real ssh with the real agent, and nobody else', async () => {
    await using agent = await startSshAgent();
    const [mine, unknown] = [newSshKey(), newSshKey()];
    company.ssh.allow(mine.publicKey, ['group/']);
    const ask = async (project: string) =>
      await run('git', ['ls-remote', '--tags', `ssh://git@${GITLAB}/${project}.git`], {
        env: { ...env, SSH_AUTH_SOCK: agent.socket, GIT_SSH_COMMAND: await company.ssh.command(GITLAB) },
        cwd: dir.path,
      });
    expect((await ask(SHALLOW)).stderr).toMatch(/Permission denied \(publickey\)/);
    await agent.add(unknown);
    expect((await ask(SHALLOW)).stderr).toMatch(/Permission denied \(publickey\)/);
    await agent.add(mine);
    expect((await ask(SHALLOW)).stdout).toContain('refs/tags/v1.1.0');
    expect((await ask('other/lib')).stderr).toMatch(/could not be found/);
    expect(company.ssh.seen).toContain(`git-upload-pack '/${SHALLOW}.git'`);
  });
});
