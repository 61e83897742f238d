import { execFileSync } from 'node:child_process';
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Company, ELSEWHERE, GITLAB, MIRROR, startCompany, VANITY } from '../support/vcs/company.ts';
import { goModule } from '../support/vcs/repositories.ts';
import { type Site, startSite } from '../support/vcs/site.ts';
import { newSshKey, startSshAgent } from '../support/vcs/ssh.ts';
import { freshCaches, type Job, startJob } from './go-job.ts';

const NAMED = `${VANITY}/named`;
const SSH_ONLY = `${GITLAB}/group/lib`;
/** What images set, and what would hide the authority of a company. */
const AMBIENT = {
  SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
  GIT_SSL_CAINFO: '/etc/ssl/certs/ca-certificates.crt',
};

let company: Company;

beforeAll(async () => {
  company = await startCompany({ gitlabProtocol: 'ssh' });
  const { gitlab, vanityPaths } = company;
  await gitlab.publish('group/named', [{ files: goModule(NAMED, 'one'), tags: ['v1.0.0'] }], 'public');
  await gitlab.publish('group/lib', [{ files: goModule(SSH_ONLY, 'one'), tags: ['v1.0.0'] }]);
  vanityPaths.set('named', `https://${GITLAB}/group/named.git`);
  vanityPaths.set('stolen', `https://${ELSEWHERE}/stolen.git`);
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
});

/** A job in the company's network; `ca.pem` with its authority lies in the checkout. */
async function job(
  policy: string,
  env: Readonly<Record<string, string>> = {},
  goproxy = 'off',
): Promise<Job> {
  const made = await startJob(
    goproxy,
    { 'go.mod': 'module example.com/app\n\ngo 1.24\n', '.modgate.yaml': `version: 1\n${policy}` },
    { ...company.env, ...AMBIENT, GIT_CONFIG_NOSYSTEM: '1', ...env },
  );
  await copyFile(company.authority.caFile, path.join(made.project, 'ca.pem'));
  return made;
}

describe('a mirror behind the authority of a company', () => {
  it('is believed by proxy.ca, and without it the message names that key', async () => {
    const mirror = `https://${MIRROR}`;
    await using believed = await job(`proxy: {ca: [{hosts: [${MIRROR}], file: ca.pem}]}\n`, {}, mirror);
    await believed.fresh(['get', 'rsc.io/quote@v1.5.2']);
    expect(company.mirror.seen.length).toBeGreaterThan(0);
    await using other = await job('proxy: {ca: [{hosts: [other.example.test], file: ca.pem}]}\n', {}, mirror);
    const done = await other.run(['go', 'get', 'rsc.io/quote@v1.5.2'], { env: freshCaches(other.world) });
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('its certificate is not trusted');
    expect(done.stderr).toContain('under proxy.ca in .modgate.yaml');
  });
});

describe('an upstream that redirects', () => {
  let upstream: Site;
  let place = '';
  beforeAll(async () => {
    upstream = await startSite({
      name: 'upstream',
      answer: (_, response) => void response.writeHead(302, { location: place }).end(),
    });
  });
  afterAll(async () => {
    await upstream[Symbol.asyncDispose]();
  });

  it('into a network of ones own or to a denied host is not followed, to a configured one it is', async () => {
    const ask = async (to: string, policy = '') => {
      place = to;
      await using my = await job(policy, {}, upstream.url);
      await using session = await my.start();
      return await (await fetch(`${session.url}/example.com/lib/@v/v1.0.0.info`)).text();
    };
    const before = company.elsewhere.seen.length;
    expect(await ask('http://169.254.169.254/latest/meta-data')).toMatch(
      /169\.254\.169\.254:80 is not asked: it is a link-local address[\s\S]*next: add the host to proxy\.hosts/,
    );
    expect(await ask(`https://${ELSEWHERE}/x`, `hosts: {deny: [${ELSEWHERE}]}\n`)).toContain(
      'is a denied host',
    );
    expect(company.elsewhere.seen.length).toBe(before);
    const allowed = `hosts: {allow: [example.com]}\nproxy: {ca: [{hosts: [${ELSEWHERE}], file: ca.pem}]}\n`;
    await ask(`https://${ELSEWHERE}/x`, allowed);
    expect(company.elsewhere.seen.length).toBeGreaterThan(before);
  });
});

describe('modules from version control', () => {
  const policy = (more: string) =>
    `proxy: {private: [${VANITY}], ca: [{hosts: [${VANITY}], file: ca.pem}]}\n${more}`;

  it('the place that a vanity page names has to be allowed, and go shows who named it', async () => {
    await using my = await job(policy(`hosts: {allow: [${VANITY}]}\n`));
    const refused = await my.run(['go', 'get', `${NAMED}@v1.0.0`], { env: freshCaches(my.world) });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('403 Forbidden');
    expect(refused.stderr).toContain(`${GITLAB} is not an allowed host: hosts.allow does not have it`);
    expect(refused.stderr).toContain(`why asked: ${VANITY} named it`);
    const before = company.elsewhere.seen.length;
    await using open = await job(policy(`hosts: {deny: [${ELSEWHERE}]}\n`));
    await open.fresh(['get', `${NAMED}@v1.0.0`]);
    const stolen = await open.run(['go', 'get', `${VANITY}/stolen@v1.0.0`], { env: freshCaches(open.world) });
    expect(stolen.stderr).toContain(`${ELSEWHERE} is a denied host`);
    expect(company.elsewhere.seen.length).toBe(before);
  });

  it('over ssh by the agent of the job, where the host is listed', async () => {
    await using agent = await startSshAgent();
    const key = newSshKey();
    await agent.add(key);
    company.ssh.allow(key.publicKey, ['group/']);
    const env = { SSH_AUTH_SOCK: agent.socket, GIT_SSH_COMMAND: await company.ssh.command(GITLAB) };
    const base = `private: [${GITLAB}], ca: [{hosts: [${GITLAB}], file: ca.pem}]`;
    await using my = await job(`proxy: {${base}, ssh: [${GITLAB}]}\n`, env);
    await my.fresh(['get', `${SSH_ONLY}@v1.0.0`]);
    await using other = await job(`proxy: {${base}, ssh: [${ELSEWHERE}]}\n`, env);
    const refused = await other.run(['go', 'get', `${SSH_ONLY}@v1.0.0`], { env: freshCaches(other.world) });
    expect(refused.stderr).toContain(`${GITLAB} is not allowed over ssh: proxy.ssh does not have it`);
  });
});

describe('in a pull request', () => {
  it('the authorities are those of the target branch, too', async () => {
    await using my = await job(
      `proxy: {private: [${VANITY}], ca: [{hosts: ["*.example.test"], file: ca.pem}]}\n`,
    );
    const gitIn = (cwd: string, ...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1' },
      }).trim();
    const origin = my.world.dir.join('origin');
    await cp(my.project, origin, { recursive: true });
    gitIn(origin, 'init', '-q', '-b', 'main');
    gitIn(origin, 'add', '.');
    gitIn(origin, 'commit', '-qm', 'base');
    const base = gitIn(origin, 'rev-parse', 'HEAD');
    gitIn(origin, 'checkout', '-q', '-b', 'change');
    await writeFile(path.join(origin, 'ca.pem'), 'not what it was\n');
    gitIn(origin, 'commit', '-qam', 'change');
    gitIn(origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    const head = gitIn(origin, 'rev-parse', 'HEAD');
    // As a checkout step has it: the head alone, so that the target branch has to be fetched.
    const shallow = my.world.dir.join('shallow');
    await mkdir(shallow);
    gitIn(shallow, 'init', '-q');
    gitIn(shallow, 'remote', 'add', 'origin', pathToFileURL(origin).href);
    gitIn(shallow, 'fetch', '-q', '--depth', '1', 'origin', head);
    gitIn(shallow, 'checkout', '-q', head);
    const event = path.join(my.world.dir.path, 'event.json');
    await writeFile(
      event,
      JSON.stringify({
        pull_request: {
          number: 1,
          base: { sha: base, ref: 'main', repo: { full_name: 'acme/app', id: 1, fork: false } },
          head: {
            sha: head,
            ref: 'change',
            repo: { full_name: 'acme/app', id: 1, fork: false },
          },
        },
      }),
    );
    const env = {
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: 'acme/app',
      GITHUB_WORKSPACE: shallow,
      GITHUB_BASE_REF: 'main',
      GITHUB_SERVER_URL: 'https://github.example.test',
      RUNNER_TEMP: my.world.dir.path,
    };
    await my.fresh(['get', `${NAMED}@v1.0.0`], { env, cwd: shallow });
  });
});
