import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../../src/config/defaults.ts';
import { createDirect } from '../../../src/proxy/upstream/direct.ts';
import { createHttpClient, type HttpClient } from '../../../src/proxy/upstream/http.ts';
import { Credentials } from '../../../src/session/credentials/credentials.ts';
import { HandedSecrets } from '../../../src/session/credentials/handed.ts';
import { Redactor } from '../../../src/session/credentials/redactor.ts';
import { refusedChild } from '../../../src/session/credentials/refused-child.ts';
import type { ForgeToken } from '../../../src/session/credentials/types.ts';
import { childEnvironment } from '../../../src/session/fetch/children.ts';
import { filesHolding, heldBy } from '../../support/canary.ts';
import { type GoWorld, goWorld } from '../../support/go.ts';
import { run } from '../../support/process.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import type { Login, Token } from '../../support/vcs/access.ts';
import { type Company, GITHUB, GITLAB, startCompany } from '../../support/vcs/company.ts';
import { startForge } from '../../support/vcs/forge.ts';
import { goModule } from '../../support/vcs/repositories.ts';
import { basicOf, type Site, startSite } from '../../support/vcs/site.ts';

/** Real git and go as children of a session, and the real client of upstreams, against forges that want to know who asks. */
let company: Company;
let world: GoWorld;
let home: TempDir;
const parts: AsyncDisposable[] = [];
let n = 0;

const LIB = `${GITLAB}/group/lib`;
const DEEP = `${GITLAB}/group/sub/deep`;
const ACME = `${GITHUB}/acme/lib`;

beforeAll(async () => {
  [company, home] = await Promise.all([startCompany(), tempDir('home')]);
  for (const module of [LIB, DEEP]) {
    const files = goModule(module, 'first');
    await company.gitlab.publish(module.slice(GITLAB.length + 1), [{ files, tags: ['v1.0.0'] }]);
  }
  await company.github.publish('acme/lib', [{ files: goModule(ACME, 'first'), tags: ['v1.0.0'] }]);
  world = await goWorld('direct', { ...company.env, HOME: home.path, USERPROFILE: home.path });
});
afterAll(async () => {
  await Promise.all([company, world, home].map(one => one[Symbol.asyncDispose]()));
});
afterEach(async () => {
  for (const part of parts.splice(0)) await part[Symbol.asyncDispose]();
  company.gitlab.revoke();
  company.github.revoke();
});

interface Given {
  readonly named?: readonly { readonly host: string; readonly username?: string; readonly token: string }[];
  readonly insecure?: readonly string[];
  readonly forge?: Pick<ForgeToken, 'token' | 'source'> & {
    readonly url?: string;
    readonly username?: string;
  };
  readonly env?: Readonly<Record<string, string>>;
}

/** What a session with these credentials has. */
function session({ named = [], insecure = [], forge, env = {} }: Given) {
  const job = {
    ...world.env,
    GIT_SSL_CAINFO: company.authority.caFile,
    SSL_CERT_FILE: company.authority.caFile,
    GIT_CONFIG_NOSYSTEM: '1',
    ...env,
  };
  const redactor = new Redactor();
  const warnings: string[] = [];
  const secrets = new HandedSecrets({
    variables: Object.fromEntries(named.map(({ token }, i) => [`TOKEN_${i}`, token])),
    ...(forge === undefined
      ? {}
      : { forge: { url: `https://${GITLAB}`, username: 'gitlab-ci-token', ...forge } }),
  });
  // The directory of a session may have a name that a shell would act on.
  const dir = home.join(`it's $HOME; "session" ${n++}`, 'credentials');
  const credentials = new Credentials({
    config: {
      ...DEFAULTS.proxy,
      insecure: [...insecure],
      credentials: named.map(({ token: _, ...one }, i) => ({ ...one, 'token-env': `TOKEN_${i}` })),
    },
    secrets,
    env: job,
    goauth: '',
    dir,
    os: process.platform,
    redactor,
    warn: line => void warnings.push(line),
    now: () => performance.now(),
  });
  const childEnv = childEnvironment(job, [() => credentials.childPart()]);
  const direct = createDirect({
    childEnv,
    explain: failed => refusedChild(failed, output => credentials.explain(output)),
    redact: redactor.redact,
    goCommand: 'go',
    dir: path.join(path.dirname(dir), 'vcs'),
    parallel: 2,
    timeoutMs: 60_000,
  });
  return {
    credentials,
    secrets,
    warnings,
    redactor,
    dir,
    childEnv,
    /** The versions that a real `go` child finds, or what the user is told. */
    versions: async (module: string) => {
      const answer = await direct.list(module).catch((error: Error) => error.message);
      return typeof answer === 'string' ? answer : 'bytes' in answer ? answer.bytes.toString().trim() : '';
    },
    git: async (...args: string[]) => run('git', args, { env: await childEnv(''), cwd: home.path }),
  };
}

function job(token: Token): NonNullable<Given['forge']> {
  return { token: token.secret, source: 'CI_JOB_TOKEN' };
}

/** Logins that a site was shown. */
function shownTo(site: Site): string[] {
  return site.seen.flatMap(({ headers }) => {
    const login = basicOf(new Map(headers).get('authorization'));
    return login === undefined ? [] : [`${login.username}:${login.secret}`];
  });
}

describe('children', () => {
  it('show the job token to the GitLab of the job, go and git alike', async () => {
    const token = company.gitlab.grant({ kind: 'job', projects: ['group/'] });
    const { versions, dir, credentials, childEnv } = session({ forge: job(token) });
    expect(await versions(LIB)).toBe('v1.0.0');
    // GitLab tells where a project in a subgroup is only to those who log in at ?go-get=1.
    expect(await versions(DEEP)).toBe('v1.0.0');

    const files = await readdir(dir);
    expect(files).toHaveLength(2);
    for (const file of files) {
      if (process.platform !== 'win32') expect((await stat(path.join(dir, file))).mode & 0o777).toBe(0o600);
    }
    expect(heldBy(JSON.stringify(await childEnv('')), [token.secret])).toEqual([]);
    await credentials.close();
    await expect(stat(dir)).rejects.toThrow('ENOENT');
  });

  it('show a named credential before what the job itself gives git, and a job token behind it', async () => {
    const good = company.gitlab.grant({ kind: 'personal', projects: ['group/'], scopes: ['read_api'] });
    const stale = company.gitlab.grant({ kind: 'personal', projects: ['group/'], expired: true });
    const line = (login: Login) => `https://${login.username}:${login.secret}@${GITLAB}\n`;
    await writeFile(home.join('stored'), line(stale));
    const helper = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'credential.helper',
      GIT_CONFIG_VALUE_0: `store --file=${home.join('stored')}`,
    };
    const strong = session({ named: [{ host: GITLAB, token: good.secret }], env: helper });
    const repository = `https://${LIB}.git`;
    expect(await strong.git('ls-remote', '--tags', repository)).toMatchObject({ code: 0 });
    expect(shownTo(company.gitlab)).not.toContain(`${stale.username}:${stale.secret}`);

    await writeFile(home.join('stored'), line(good));
    const weak = session({ forge: { token: 'glcbt-none', source: 'CI_JOB_TOKEN' }, env: helper });
    expect(await weak.git('ls-remote', '--tags', repository)).toMatchObject({ code: 0 });
    expect(shownTo(company.gitlab).join()).not.toContain('glcbt-none');
    // git offers every helper what has worked.
    expect(await filesHolding(path.dirname(weak.dir), [good.secret])).toEqual([]);
  });

  it('take the logins of a netrc that git itself does not read, also those written later', async () => {
    const token = company.gitlab.grant({ kind: 'personal', projects: ['group/'], scopes: ['read_api'] });
    const file = home.join('later-netrc');
    const { versions, redactor } = session({ env: { NETRC: file } });
    expect(await versions(LIB)).toContain(`${GITLAB} asks for a credential, and this job has none for it`);
    await writeFile(file, `machine ${GITLAB} login someone password ${token.secret}\n`);
    expect(await versions(LIB)).toBe('v1.0.0');
    expect(redactor.redact(`x ${token.secret} y`)).toBe('x *** y');
  });

  it('show nothing to another host and port', async () => {
    const token = company.gitlab.grant({ kind: 'personal', projects: ['group/'] });
    const { git } = session({ named: [{ host: `${GITLAB}:8443`, token: token.secret }] });
    expect((await git('ls-remote', `https://${LIB}.git`)).code).not.toBe(0);
    expect((await git('ls-remote', `https://${ACME}.git`)).code).not.toBe(0);
    expect(shownTo(company.github)).toEqual([]);
    expect(shownTo(company.gitlab).join()).not.toContain(token.secret);
  });

  it('keep a credential that was refused once', async () => {
    const token = company.gitlab.grant({ kind: 'deploy', projects: ['group/lib'] });
    const { git } = session({ named: [{ ...token, host: GITLAB, token: token.secret }] });
    expect((await git('ls-remote', `https://${DEEP}.git`)).stderr).toContain('Authentication failed');
    expect(await git('ls-remote', `https://${LIB}.git`)).toMatchObject({ code: 0 });
  });

  it('log go in where GOAUTH of the job would not, and leave it its own way where only a job token is at hand', async () => {
    const token = company.gitlab.grant({ kind: 'personal', projects: ['group/'], scopes: ['read_api'] });
    // GitLab hides where a project in a subgroup is from those who do not log in at ?go-get=1.
    const off = session({ named: [{ host: GITLAB, token: token.secret }], env: { GOAUTH: 'off' } });
    expect(await off.versions(DEEP)).toBe('v1.0.0');

    const script = home.join('goauth.cjs');
    const basic = Buffer.from(`oauth2:${token.secret}`).toString('base64');
    await writeFile(script, `console.log('https://${GITLAB}\\n\\nAuthorization: Basic ${basic}\\n')`);
    await writeFile(home.join('stored'), `https://oauth2:${token.secret}@${GITLAB}\n`);
    const own = session({
      forge: { token: 'glcbt-none', source: 'CI_JOB_TOKEN' },
      env: {
        GOAUTH: `${process.execPath} ${script}`,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'credential.helper',
        GIT_CONFIG_VALUE_0: `store --file=${home.join('stored')}`,
      },
    });
    expect(await own.versions(DEEP)).toBe('v1.0.0');
    expect(shownTo(company.gitlab).join()).not.toContain('glcbt-none');
  });

  it('log in over plain http to hosts that are listed', async () => {
    const forge = await startForge({ kind: 'gitlab', host: 'plain.example.test' });
    parts.push(forge);
    await forge.publish('group/lib', [{ files: goModule(LIB, 'first'), tags: ['v1.0.0'] }]);
    const { secret } = forge.grant({ kind: 'personal', projects: ['group/'] });
    const host = `127.0.0.1:${forge.port}`;
    const named = [{ host, token: secret }];
    const repository = `http://${host}/group/lib.git`;
    const env = { NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
    const refused = session({ named, env });
    const { code, stderr } = await refused.git('ls-remote', repository);
    expect(code).not.toBe(0);
    expect(refused.credentials.explain(stderr)?.why).toContain('is not sent over plain http');
    expect(shownTo(forge)).toEqual([]);
    expect(await session({ named, insecure: [host], env }).git('ls-remote', repository)).toMatchObject({
      code: 0,
    });
  });
});

describe('a fetch that was refused says who refused what, and what that lacks', () => {
  const grants: [string, (c: Company) => { given: Given; module: string }, RegExp][] = [
    [
      'a job token that the project does not list',
      ({ gitlab }) => ({
        given: { forge: job(gitlab.grant({ kind: 'job', projects: ['other/'] })) },
        module: LIB,
      }),
      /gitlab\.example\.test refused the CI job token from CI_JOB_TOKEN \(HTTP 403\)\nnext: .*Job token permissions/,
    ],
    [
      'a deploy token of another project',
      ({ gitlab }) => {
        const { username, secret } = gitlab.grant({ kind: 'deploy', projects: ['other/x'] });
        return { given: { named: [{ host: GITLAB, username, token: secret }] }, module: LIB };
      },
      /refused the deploy token from TOKEN_0 \(proxy\.credentials\) \(HTTP 401\)\nnext: .*read_repository/,
    ],
    [
      'an access token without the right to read code',
      ({ gitlab }) => {
        const { secret } = gitlab.grant({ kind: 'personal', projects: ['group/'], scopes: ['read_user'] });
        return { given: { named: [{ host: GITLAB, token: secret }] }, module: LIB };
      },
      /refused the GitLab access token .*\(HTTP 403\)\nnext: .*read_repository/,
    ],
    [
      'a token of GitHub that may not see the repository',
      ({ github }) => ({
        given: {
          forge: {
            url: `https://${GITHUB}`,
            username: 'x-access-token',
            token: github.grant({ kind: 'installation', projects: ['acme/app'] }).secret,
            source: 'GITHUB_TOKEN',
          },
        },
        module: `${ACME}.git`,
      }),
      /has no such repository, or hides it from the GitHub App token from GITHUB_TOKEN\nnext: .*reads only its own repository/,
    ],
    [
      'a token that an organisation wants to authorize',
      ({ github }) => {
        const { secret } = github.grant({ kind: 'personal', projects: ['acme/'], scopes: ['repo', 'sso'] });
        return { given: { named: [{ host: GITHUB, token: secret }] }, module: `${ACME}.git` };
      },
      /refused the GitHub access token .*\(HTTP 403\)\nnext: .*SSO/,
    ],
    [
      'a token that has expired',
      ({ github }) => {
        const { secret } = github.grant({ kind: 'personal', projects: ['acme/'], expired: true });
        return { given: { named: [{ host: GITHUB, token: secret }] }, module: `${ACME}.git` };
      },
      /refused the GitHub access token from TOKEN_0 \(proxy\.credentials\) \(HTTP 401\)/,
    ],
    [
      'a variable that is empty',
      () => ({ given: { named: [{ host: GITLAB, token: '' }] }, module: LIB }),
      /asks for a credential, and this job has none\nnext: proxy\.credentials names the variable TOKEN_0 for gitlab\.example\.test, which is not set/,
    ],
  ];
  it.each(grants)('%s', async (_, make, message) => {
    const { given, module } = make(company);
    const { versions } = session(given);
    const told = await versions(module);
    expect(told).toMatch(message);
    const secrets = [given.forge?.token, ...(given.named ?? []).map(({ token }) => token)];
    expect(
      heldBy(
        told,
        secrets.filter((one): one is string => Boolean(one)),
      ),
    ).toEqual([]);
  });

  it('a key of ssh that nobody knows', async () => {
    const command = await company.ssh.command(GITLAB);
    const { versions, credentials } = session({
      env: {
        GIT_SSH_COMMAND: command,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.ssh://git@${GITLAB}/.insteadOf`,
        GIT_CONFIG_VALUE_0: `https://${GITLAB}/`,
      },
    });
    const told = await versions(LIB);
    expect(told).toMatch(/accepted no SSH key of this job, which has no SSH agent .*\nnext: load a key/);
    await credentials.close();
  });
});

describe('requests to a module proxy', () => {
  let http: HttpClient;
  const header = async (given: Given, url: string): Promise<string | undefined> =>
    await session(given).credentials.authorize(new URL(url));

  it('log in with a password where there is a user, else with a bearer token', async () => {
    const named = [
      { host: 'a.example.test', username: 'ci', token: 'pass word/1' },
      { host: 'b.example.test:8443', token: 'token-of-b' },
    ];
    const basic = `Basic ${Buffer.from('ci:pass word/1').toString('base64')}`;
    expect(await header({ named }, 'https://a.example.test/go')).toBe(basic);
    expect(await header({ named }, 'https://b.example.test:8443/go')).toBe('Bearer token-of-b');
    expect(await header({ named }, 'https://b.example.test/go')).toBeUndefined();
    expect(await header({ named }, 'https://c.example.test/go')).toBeUndefined();
    // What stands in the URL itself was meant for it.
    expect(await header({ named }, 'https://u:p%40w@a.example.test/go')).toBe(
      `Basic ${Buffer.from('u:p@w').toString('base64')}`,
    );
  });

  it('show nothing over plain http, unless the host is listed', async () => {
    const named = [{ host: 'a.example.test', token: 'token-of-a' }];
    expect(await header({ named }, 'http://a.example.test/go')).toBeUndefined();
    const listed = { named, insecure: ['a.example.test'] };
    expect(await header(listed, 'http://a.example.test/go')).toBe('Bearer token-of-a');
    expect(await header(listed, 'http://a.example.test:8080/go')).toBeUndefined();
    await expect(header({ named }, 'http://u:p@a.example.test/go')).rejects.toThrow(
      /not sent over plain http/,
    );
    expect(await header(listed, 'http://u:p@a.example.test/go')).toMatch(/^Basic /);
    expect(await header({}, 'http://u:p@127.0.0.1:8080/go')).toMatch(/^Basic /);
  });

  it('show it to their own origin alone, whereto ever they are redirected', async () => {
    const other = await startSite({ name: 'other.example.test', answer: (_, res) => void res.end('there') });
    const site = await startSite({
      name: 'site.example.test',
      answer: (request, response) => {
        const to = request.url === '/out' ? `http://127.0.0.1:${other.port}/file` : '/file';
        if (request.url === '/file') response.end('here');
        else response.writeHead(302, { location: to }).end();
      },
    });
    parts.push(site, other);
    const host = `127.0.0.1:${site.port}`;
    const { credentials } = session({
      named: [
        { host, token: 'token-of-site' },
        { host: `127.0.0.1:${other.port}`, token: 'token-of-other' },
      ],
      insecure: [host, `127.0.0.1:${other.port}`],
    });
    http = await createHttpClient({ userAgent: 'test', authorize: url => credentials.authorize(url) });
    for (const at of ['in', 'out']) {
      const { signal } = new AbortController();
      const answer = await http.get({ url: new URL(`http://${host}/${at}`), signal, allowH2: false });
      await answer.body.resume().toArray();
    }
    await http.close();
    const shown = ({ seen }: Site) => seen.map(({ headers }) => new Map(headers).get('authorization'));
    expect(shown(site)).toEqual(Array.from({ length: 3 }, () => 'Bearer token-of-site'));
    expect(shown(other)).toEqual([undefined]);
  });

  it('tell what a refusal was about', () => {
    const { credentials } = session({
      named: [
        { host: 'a.example.test', token: 'token-of-a' },
        { host: 'b.example.test', token: '' },
      ],
    });
    const told = (url: string, status: number) => credentials.explainStatus(new URL(url), status);
    expect(told('https://a.example.test/go', 401)?.why).toBe(
      'a.example.test refused the token from TOKEN_0 (proxy.credentials) (HTTP 401)',
    );
    expect(told('https://b.example.test/go', 401)?.next).toContain(
      'TOKEN_1 for b.example.test, which is not set',
    );
    expect(told('https://c.example.test/go', 401)?.next).toContain(
      'proxy.credentials: [{host: "c.example.test"',
    );
    expect(told('http://a.example.test/go', 401)?.why).toContain('is not sent over plain http');
    expect(told('https://u:p@c.example.test/go', 403)?.why).toContain('the user and password in its URL');
    expect(told('https://c.example.test/go', 403)).toBeUndefined();
    expect(told('https://a.example.test/go', 500)).toBeUndefined();
  });
});
