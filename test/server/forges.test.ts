import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, zipOf } from '../support/audit-batch.ts';
import { ask, type Serve, send, serve, settled } from '../support/collector.ts';
import { type GitHubForge, startGitHubForge } from '../support/forge/github-forge.ts';
import { type GitLabForge, startGitLabForge } from '../support/forge/gitlab-forge.ts';
import { modgate } from '../support/modgate.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const TOKENS = {
  HUB: 'token-for-github-alone',
  LAB: 'token-for-gitlab-alone',
  W: 'token-of-the-writer',
  R: 'token-of-the-reader',
  OTHER: 'token-of-some-others',
};
const ENV = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', CI: '1' };
const sha = (digit: string) => digit.repeat(40);
const DARK = { fork: false, goMod: 'go.mod', last: null };

describe('a collector that may ask forges', () => {
  let dir: TempDir;
  let config: string;
  let hub: GitHubForge;
  let lab: GitLabForge;
  let collector: Serve;

  beforeAll(async () => {
    dir = await tempDir('forges');
    hub = await startGitHubForge(TOKENS.HUB);
    lab = await startGitLabForge(TOKENS.LAB);
    hub.repos.push(
      {
        id: 1,
        full_name: 'acme/app',
        private: true,
        pulls: [
          {
            number: 12,
            title: 'Add x\u001b[31m',
            author: 'eve',
            mergedBy: 'bob',
            commits: [sha('a')],
            reviews: [['amy', 'APPROVED']],
          },
        ],
      },
      { id: 2, full_name: 'acme/dark', private: true, files: ['go.mod'] },
    );
    lab.projects.push(
      { id: 1, path: 'acme/lib', private: true, requests: [{ iid: 3, author: 'kim', commits: [sha('b')] }] },
      { id: 2, path: 'acme/tools/dark', private: true, files: ['go.mod'] },
    );
    config = dir.join('config.yaml');
    await writeFile(
      config,
      `serve:
  writers: [{name: ci, token-env: W}]
  readers: [{name: all, token-env: R}, {name: other, token-env: OTHER, owners: [other]}]
  forges:
    - {kind: github, url: "${hub.url}", token-env: HUB, owners: [acme]}
    - {kind: gitlab, url: "${lab.url}", token-env: LAB, owners: [acme]}
`,
    );
    await mkdir(dir.join('data'));
    collector = await serve({ dir: dir.join('data'), args: ['--config', config], env: TOKENS });
    const hubIss = `https://${new URL(hub.url).host}/_services/token`;
    const batches = [
      batchOf({
        job: 'hub',
        iss: hubIss,
        claimed: { sha: sha('a'), repository_id: '1' },
        requests: [zipOf('hub.example/x')],
      }),
      batchOf({
        job: 'lab',
        forge: 'gitlab',
        iss: lab.url,
        repository: 'acme/lib',
        claimed: { sha: sha('b'), repository_id: '1' },
        requests: [zipOf('lab.example/x')],
      }),
      batchOf({ job: 'elsewhere', claimed: { sha: sha('a') }, requests: [zipOf('else.example/x')] }),
    ];
    for (const batch of batches) expect((await send(collector.url, batch, TOKENS.W)).status).toBe(201);
    await settled(collector.url);
  });
  afterAll(async () => {
    await collector[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  const changeOf = async (module: string) => {
    const { first } = (await ask(collector.url, `who?module=${module}`, TOKENS.R)) as {
      first?: { change?: Record<string, unknown> };
    };
    return first?.change;
  };

  it('tells who is behind a first sighting', async () => {
    while ((await changeOf('hub.example/x')) === undefined) await delay(50);
    while ((await changeOf('lab.example/x')) === undefined) await delay(50);
    expect(await changeOf('hub.example/x')).toMatchObject({
      number: 12,
      url: `${hub.url}/acme/app/pull/12`,
      author: 'eve',
      mergedBy: 'bob',
      approvers: ['amy'],
    });
    expect(await changeOf('lab.example/x')).toMatchObject({ number: 3, author: 'kim', mergedBy: '' });
    expect(await changeOf('else.example/x')).toBeUndefined();
    const printed = await modgate(['audit', 'who', 'hub.example/x', '--store', collector.url], {
      env: { ...ENV, MODGATE_READ_TOKEN: TOKENS.R },
    });
    expect(printed.stdout).toMatch(/change +author +mergedBy +approvers/);
    expect(printed.stdout).toMatch(/ 12 +eve +bob +amy /);
    const plain = await modgate(['audit', 'who', 'else.example/x', '--store', collector.url], {
      env: { ...ENV, MODGATE_READ_TOKEN: TOKENS.R },
    });
    expect(plain.stdout).not.toContain('approvers');
  });

  it('lists repositories without records, to those who may see them', async () => {
    const answer = await ask(collector.url, 'uncovered?owner=acme', TOKENS.R);
    expect(answer).toMatchObject({
      uncovered: [
        { ...DARK, repository: 'acme/dark', forge: hub.url },
        { ...DARK, repository: 'acme/tools/dark', forge: lab.url },
      ],
      next: null,
    });
    const refused = async (path: string, token: string): Promise<number> =>
      (await fetch(`${collector.url}/v1/${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await refused('uncovered?owner=acme', TOKENS.OTHER)).toBe(400);
    expect(await refused('uncovered?owner=other', TOKENS.R)).toBe(400);
    expect(await refused('uncovered?owner=acme', TOKENS.W)).toBe(403);
    expect(await refused('uncovered', '')).toBe(401);
  });

  it('is asked on the command line, which asks the forges itself where there is only a directory', async () => {
    const options = ['audit', 'uncovered', '--owner', 'acme', '--since', '30d'];
    const remote = await modgate([...options, '--store', collector.url, '--format', 'csv'], {
      env: { ...ENV, MODGATE_READ_TOKEN: TOKENS.R },
    });
    expect(remote.stderr).toBe('');
    expect(remote.stdout.split('\r\n')).toEqual([
      'repository,fork,goMod,last,url,forge',
      `acme/dark,false,go.mod,,${hub.url}/acme/dark,${hub.url}`,
      `acme/tools/dark,false,go.mod,,${lab.url}/acme/tools/dark,${lab.url}`,
      '',
    ]);
    const local = await modgate(
      [...options, '--store', dir.join('data'), '--config', config, '--format', 'csv'],
      {
        env: { ...ENV, ...TOKENS },
        cwd: dir.path,
      },
    );
    expect(local.stdout).toBe(remote.stdout);
    const without = await modgate([...options, '--store', dir.join('data'), '--config', config], {
      env: { ...ENV, LAB: TOKENS.LAB },
      cwd: dir.path,
    });
    expect(without).toMatchObject({ code: 2, stderr: expect.stringMatching(/HUB, which is not set/) });
    const unknown = await modgate(['audit', 'uncovered', '--owner', 'nobody', '--store', collector.url], {
      env: { ...ENV, MODGATE_READ_TOKEN: TOKENS.R },
    });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/nobody is no owner/) });
  });

  it('takes batches and answers while a forge is away, and ends at once', async () => {
    expect([...hub.tokens]).toEqual([`Bearer ${TOKENS.HUB}`]);
    await hub[Symbol.asyncDispose]();
    const batch = batchOf({ job: 'later', requests: [zipOf('later.example/x')] });
    expect((await send(collector.url, batch, TOKENS.W)).status).toBe(201);
    await settled(collector.url);
    const away = await fetch(`${collector.url}/v1/uncovered`, {
      headers: { authorization: `Bearer ${TOKENS.R}` },
    });
    // What was listed before still counts.
    expect(away.status).toBe(200);
    expect(await collector.stop()).toBe(0);
    hub = await startGitHubForge(TOKENS.HUB);
  });

  it('sent each token to its own forge, and none to the log', () => {
    expect([...lab.tokens]).toEqual([`Bearer ${TOKENS.LAB}`]);
    for (const token of Object.values(TOKENS)) expect(collector.log()).not.toContain(token);
  });
});

it('a collector whose forge has no token does not start', async () => {
  await using dir = await tempDir('forges');
  await writeFile(dir.join('config.yaml'), 'serve: {forges: [{kind: github, token-env: NONE}]}\n');
  await expect(serve({ dir: dir.path, args: ['--config', dir.join('config.yaml')] })).rejects.toThrow(
    /NONE, which is not set/,
  );
});
