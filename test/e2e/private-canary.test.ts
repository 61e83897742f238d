import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesHolding, heldBy, processList, type Spy, spyOn } from '../support/canary.ts';
import { gone } from '../support/session.ts';
import type { Login } from '../support/vcs/access.ts';
import {
  type Company,
  ELSEWHERE,
  GITHUB,
  GITLAB,
  MIRROR,
  startCompany,
  VANITY,
} from '../support/vcs/company.ts';
import { goModule } from '../support/vcs/repositories.ts';
import { netrcOf, type PrivateJob, privateJob, programOn } from './private-job.ts';

const CANARY = `canary-${randomBytes(6).toString('hex')}`;
const LIB = `${GITLAB}/${CANARY}/lib`;
const HUB = `${GITHUB}/${CANARY}/lib.git`;
const NAMED = `${VANITY}/${CANARY}`;
const MIRROR_LOGIN: Login = { username: 'robot', secret: `mirror-${randomBytes(12).toString('hex')}` };

/** Login of the company's proxy, which stands in HTTPS_PROXY of every step. */
const PROXY_LOGIN: Login = { username: 'corp', secret: `proxy-${randomBytes(12).toString('hex')}` };

let company: Company;
let job: PrivateJob;
let spy: Spy;
/** CI_JOB_TOKEN, a token of the configuration, one of the netrc. */
let tokens: { readonly job: Login; readonly configured: Login; readonly netrc: Login };
let secrets: string[];
/** What could be read of the session while it was at work. */
const during = {
  daemons: 0,
  /** Command lines of this machine, and environments of daemons, with a token in them. */
  telling: [] as string[],
  files: [] as { readonly file: string; readonly mode: number; readonly secrets: readonly string[] }[],
};

/**
 * One job in which as much as possible happens to as many secrets as possible: fetches that work, that are refused, that
 * are led elsewhere, modules that do not exist, errors everywhere; and its end. The tests look at what is left.
 */
beforeAll(async () => {
  const answered = { 'www-authenticate': `Basic realm="${ELSEWHERE}"`, 'content-type': 'text/plain' };
  company = await startCompany({
    mirrorLogin: { basic: `${MIRROR_LOGIN.username}:${MIRROR_LOGIN.secret}` },
    proxy: { login: `${PROXY_LOGIN.username}:${PROXY_LOGIN.secret}` },
    elsewhereAnswers: (_, response) => void response.writeHead(401, answered).end('who are you?\n'),
  });
  const { gitlab, github, authority, vanityPaths } = company;
  await gitlab.publish(`${CANARY}/lib`, [{ files: goModule(LIB, 'first'), tags: ['v1.0.0'] }]);
  await gitlab.publish(`${CANARY}/named`, [{ files: goModule(NAMED, 'first'), tags: ['v1.0.0'] }]);
  await gitlab.publish(`${CANARY}/forbidden`, [{ files: goModule(`${LIB}x`, 'first'), tags: ['v1.0.0'] }]);
  await github.publish(`${CANARY}/lib`, [{ files: goModule(HUB, 'first'), tags: ['v1.0.0'] }]);
  vanityPaths.set(CANARY, `https://${GITLAB}/${CANARY}/named.git`);
  vanityPaths.set('led-away', `https://${ELSEWHERE}/group/lib.git`);
  gitlab.moved.set(`${CANARY}/moved`, `https://${ELSEWHERE}/group/moved.git`);
  github.moved.set(`${CANARY}/moved`, `https://${ELSEWHERE}/group/moved.git`);
  tokens = {
    job: gitlab.grant({ kind: 'job', projects: [`${CANARY}/lib`, `${CANARY}/named`] }),
    configured: github.grant({ kind: 'personal', projects: [`${CANARY}/`] }),
    netrc: MIRROR_LOGIN,
  };
  secrets = [...Object.values(tokens), PROXY_LOGIN].map(({ secret }) => secret);
  job = await privateJob(company, {
    config: `private: ["*.example.test"]
ca: [{hosts: ["*.example.test"], file: ${JSON.stringify(authority.caFile)}}]
credentials: [{host: ${GITHUB}, token-env: HUB_READER}]`,
    files: programOn({ [LIB]: 'v1.0.0', [HUB]: 'v1.0.0', [NAMED]: 'v1.0.0', 'rsc.io/quote': 'v1.5.2' }),
    gitlab: tokens.job,
    env: { HUB_READER: tokens.configured.secret },
  });
  await mkdir(job.job.dir.join('bin'));
  spy = await spyOn(job.job.dir.join('bin'), ['git', 'go']);
  await writeFile(path.join(job.home, '.netrc'), netrcOf({ [MIRROR]: MIRROR_LOGIN }), { mode: 0o600 });
  const audit = job.job.dir.join('audit');
  await mkdir(audit);
  const session = await job.start({
    // Whoever looks for a fault lets git tell all, headers included.
    env: {
      ...spy.env,
      GIT_TRACE_CURL: '1',
      PATH: `${spy.bin}${path.delimiter}${job.job.env.PATH}`,
      MODGATE_AUDIT_STORE: audit,
    },
  });
  const watching = watch(session.dir);
  await job.goOk(['mod', 'tidy']);
  await job.goOk(['build', './...']);
  const failing = [
    `${GITLAB}/${CANARY}/forbidden@v1.0.0`,
    `${GITLAB}/${CANARY}/nothing/at/all@latest`,
    `${GITHUB}/${CANARY}/nothing.git@v1.0.0`,
    `${VANITY}/led-away@v1.0.0`,
    `${GITLAB}/${CANARY}/moved.git@v1.0.0`,
    `${GITHUB}/${CANARY}/moved.git@v1.0.0`,
    `${LIB}@no-such-branch`,
    `rsc.io/quote@v9.9.9`,
  ].map(async query => await job.go(['get', query]));
  for (const done of await Promise.all(failing)) expect(done.code).not.toBe(0);
  await Promise.all([
    job.go(['list', '-m', '-u', 'all']),
    job.modgate(['doctor']).then(({ stdout }) => expect(stdout).toContain(`ok       git          ${LIB} `)),
    job.modgate(['config', 'explain', '--format', 'json']),
  ]);
  await watching.stop();
  const { summary } = await job.stop();
  job.printed.push(JSON.stringify(summary));
});
afterAll(async () => {
  await job[Symbol.asyncDispose]();
  await company[Symbol.asyncDispose]();
});

/** Looks at the processes of the machine for as long as the job is at work, and at the session's files in the end. */
function watch(dir: string): { stop(): Promise<void> } {
  let going = true;
  const loop = async () => {
    while (going) {
      for (const { args, env } of await processList()) {
        const isDaemon = args.includes('daemon.js');
        if (isDaemon) during.daemons++;
        const seen = isDaemon ? `${args}\n${env}` : args;
        if (heldBy(seen, secrets).length > 0) during.telling.push(seen);
      }
      // What lives shorter is the spy's to see.
      await sleep(150);
    }
    for (const { file, secrets: held } of await filesHolding(dir, secrets)) {
      const { mode } = await stat(path.join(dir, file));
      during.files.push({ file, mode: mode & 0o777, secrets: held });
    }
  };
  const done = loop();
  return {
    stop: async () => {
      going = false;
      await done;
    },
  };
}

describe('a token', () => {
  it('was used where it belongs', () => {
    const { gitlab, github, mirror } = company;
    const at = (site: { readonly name: string }) =>
      company.traffic().filter(({ where }) => where === site.name);
    expect(at(gitlab).some(({ text }) => text.includes(tokens.job.secret))).toBe(true);
    expect(at(github).some(({ text }) => text.includes(tokens.configured.secret))).toBe(true);
    expect(at(mirror).some(({ text }) => text.includes(tokens.netrc.secret))).toBe(true);
  });

  it('reached no other host', () => {
    const others = (own: string, secret: string) =>
      company.traffic().filter(({ where, text }) => where !== own && heldBy(text, [secret]).length > 0);
    expect(others(GITLAB, tokens.job.secret)).toEqual([]);
    expect(others(GITHUB, tokens.configured.secret)).toEqual([]);
    expect(others(MIRROR, tokens.netrc.secret)).toEqual([]);
    expect(others('company proxy', PROXY_LOGIN.secret)).toEqual([]);
    // And that host was there to be told.
    expect(
      company.elsewhere.seen.length + company.proxy.asked.filter(one => one.startsWith(ELSEWHERE)).length,
    ).toBeGreaterThan(0);
  });

  it('was in nothing that was printed', () => {
    expect(heldBy(job.printed.join('\n'), secrets)).toEqual([]);
  });

  it('was in no command line, and in the environment of nothing that the session started', async () => {
    // The step itself, which has been given the tokens, asks for the settings of go.
    const started = (await spy.started()).filter(text => !text.includes('\nenv\n-json\n'));
    expect(started.length).toBeGreaterThan(5);
    expect(started.at(-1)).toContain('remote-https');
    expect(started.filter(text => heldBy(text, secrets).length > 0)).toEqual([]);
    expect(during.daemons).toBeGreaterThan(0);
    expect(during.telling).toEqual([]);
  });

  it('lay in files that only this user can read, for as long as the session was there', async () => {
    expect(during.files.length).toBeGreaterThan(0);
    expect(during.files.filter(({ mode }) => mode !== 0o600)).toEqual([]);
    // What the spy noted down of the step itself is not the session's doing.
    await rm(spy.bin, { recursive: true });
    const left = await filesHolding(job.job.dir.path, secrets);
    expect(left.map(({ file }) => file)).toEqual([path.join('home', '.netrc')]);
  });
});

/** Requests with the name that came to anybody but the forges. */
function toldToOthers() {
  const forges = new Set([GITLAB, GITHUB, VANITY]);
  return company
    .traffic()
    .filter(({ where, text }) => !forges.has(where) && heldBy(text, [CANARY]).length > 0);
}

describe('a token in a URL', () => {
  it('that the page of a vanity path has goes no further', async () => {
    const { username, secret } = company.gitlab.grant({ kind: 'personal', projects: [`${CANARY}/`] });
    const name = `embedded-${CANARY}`;
    await company.gitlab.publish(`${CANARY}/embedded`, [
      { files: goModule(`${VANITY}/${name}`, 'first'), tags: ['v1.0.0'] },
    ]);
    company.vanityPaths.set(name, `https://${username}:${secret}@${GITLAB}/${CANARY}/embedded.git`);
    await using other = await privateJob(company, {
      config: `private: ["*.example.test"]\nca: [{hosts: ["*.example.test"], file: ${JSON.stringify(company.authority.caFile)}}]`,
      files: programOn({ [`${VANITY}/${name}`]: 'v1.0.0' }),
    });
    await other.start();
    await other.goOk(['mod', 'tidy']);
    await other.goOk(['mod', 'download', '-json', `${VANITY}/${name}@main`]);
    await other.go(['mod', 'download', '-json', `${VANITY}/${name}@v1.0.9`]);
    await other.stop();
    expect(await filesHolding(other.job.dir.path, [secret])).toEqual([]);
    expect(heldBy(other.printed.join('\n'), [secret])).toEqual([]);
  });

  it('that the job lets git rewrite to, as many do, is in nothing that modgate writes or says', async () => {
    const token = company.gitlab.grant({ kind: 'personal', projects: [`${CANARY}/`] });
    const { username, secret } = token;
    await using other = await privateJob(company, {
      config: `private: ["*.example.test"]\nca: [{hosts: ["*.example.test"], file: ${JSON.stringify(company.authority.caFile)}}]`,
      files: programOn({ [LIB]: 'v1.0.0' }),
    });
    const rewritten = `[url "https://${username}:${secret}@${GITLAB}/"]\n\tinsteadOf = https://${GITLAB}/\n`;
    await writeFile(path.join(other.home, '.gitconfig'), rewritten, { mode: 0o600 });
    const { dir } = await other.start();
    await other.goOk(['mod', 'tidy']);
    company.gitlab.revoke(token);
    const refused = await other.go(['get', `${LIB}@main`]);
    expect(refused.stderr).toContain(`${GITLAB} refused`);
    expect(await filesHolding(dir, [secret])).toEqual([]);
    await other.stop();
    expect((await filesHolding(other.job.dir.path, [secret])).map(({ file }) => file)).toEqual([
      path.join('home', '.gitconfig'),
    ]);
    expect(heldBy(other.printed.join('\n'), [secret])).toEqual([]);
  });
});

describe('a password in GOPROXY', () => {
  it.each(['fail', 'fallback'])(
    'with on-failure: %s is in nothing that modgate writes or says',
    async mode => {
      const { username, secret } = MIRROR_LOGIN;
      await using other = await privateJob(company, {
        config: `on-failure: ${mode}\nca: [{hosts: ["*.example.test"], file: ${JSON.stringify(company.authority.caFile)}}]`,
        files: programOn({ 'rsc.io/quote': 'v1.5.2' }),
        proxy: `https://${username}:${secret}@${MIRROR}`,
      });
      const { env, dir } = await other.start();
      // What stands behind us is told to the later steps as the job had it.
      expect(heldBy(env.GOPROXY ?? '', [secret])).toEqual(mode === 'fail' ? [] : [secret]);
      await other.goOk(['mod', 'download', 'rsc.io/quote']);
      await other.go(['mod', 'download', 'rsc.io/quote@v9.9.9'], {
        env: { GOPROXY: env.GOPROXY?.split('|')[0] },
      });
      expect(await filesHolding(dir, secrets)).toEqual([]);
      const { summary } = await other.stop();
      expect(summary.modules).toBe(1);
      expect(await filesHolding(other.job.dir.path, secrets)).toEqual([]);
      expect(heldBy(other.printed.slice(2).join('\n'), secrets)).toEqual([]);
    },
  );
});

describe('the name of a private module', () => {
  it('reached its own forge only', () => {
    expect(toldToOthers()).toEqual([]);
    expect(company.mirror.seen.length).toBeGreaterThan(3);
  });

  it('nor does it when its store is compared with the checksum database, by whoever does that', async () => {
    const verify = ['cache', 'verify', '--store', job.store, '--sumdb'];
    // What was asked before would be known.
    await rm(path.join(job.store, 'sumdb'), { recursive: true });
    const before = company.mirror.seen.length;
    const known = await job.modgate(verify);
    await rm(path.join(job.checkout, '.modgate.yaml'));
    const ca = { SSL_CERT_FILE: company.authority.caFile };
    const unknown = await job.modgate(verify, { env: ca });
    expect([known, unknown].map(({ code }) => code)).toEqual([0, 0]);
    const lookups = company.mirror.seen.slice(before).filter(({ url }) => url.includes('/lookup/'));
    expect(lookups.length).toBeGreaterThan(0);
    expect(toldToOthers()).toEqual([]);
  });

  it('nor do the groups that it lies in, which go asks for one after the other', async () => {
    await using other = await privateJob(company, {
      config: `on-failure: fail
private: ["${GITLAB}/${CANARY}/*"]
ca: [{hosts: ["*.example.test"], file: ${JSON.stringify(company.authority.caFile)}}]`,
      files: programOn({}),
    });
    await other.start();
    await other.go(['get', `${LIB}/deep/below/pkg@v1.0.0`]);
    await other.stop();
    expect(company.gitlab.seen.some(({ url }) => url.startsWith(`/${CANARY}?go-get=1`))).toBe(true);
    expect(toldToOthers()).toEqual([]);
  });

  it('nor does it when somebody stands behind us, not even when the proxy is dead', async () => {
    await using other = await privateJob(company, {
      config: `on-failure: fallback\nprivate: ["${GITLAB}/${CANARY}/*"]`,
      files: programOn({ 'rsc.io/quote': 'v1.5.2' }),
      env: { SSL_CERT_FILE: company.authority.caFile, GIT_SSL_CAINFO: company.authority.caFile },
    });
    await writeFile(
      path.join(other.home, '.netrc'),
      netrcOf({ [MIRROR]: MIRROR_LOGIN, [GITLAB]: tokens.job }),
      { mode: 0o600 },
    );
    const session = await other.start();
    expect(session.env.GOPROXY).toContain(`|https://${MIRROR}`);
    await other.goOk(['get', `${LIB}@v1.0.0`]);
    process.kill(session.file.pid, 'SIGKILL');
    await gone(session.file.pid);
    expect((await other.go(['get', `${GITLAB}/${CANARY}/other/pkg@v1.0.0`])).code).not.toBe(0);
    const before = company.mirror.seen.length;
    await other.goOk(['mod', 'download', 'rsc.io/quote']);
    expect(company.mirror.seen.length).toBeGreaterThan(before);
    expect(toldToOthers()).toEqual([]);
    await other.stop();
    expect((await filesHolding(other.job.dir.path, secrets)).map(({ file }) => file)).toEqual([
      path.join('home', '.netrc'),
    ]);
  });
});
