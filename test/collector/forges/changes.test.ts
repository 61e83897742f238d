import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ForgeError } from '../../../src/collector/forges/errors.ts';
import { openForges } from '../../../src/collector/forges/open.ts';
import type { Commit, Forge } from '../../../src/collector/forges/types.ts';
import { type FakePull, startGitHubForge } from '../../support/forge/github-forge.ts';
import { type FakeMergeRequest, startGitLabForge } from '../../support/forge/gitlab-forge.ts';
import type { RestServer } from '../../support/forge/rest-server.ts';

const TOKEN = 'token-that-may-read';
const sha = (digit: string) => digit.repeat(40);
const SECRET = { title: 'A private plan', author: 'eve' };

/** The same repository on both forges. */
interface Both {
  readonly server: RestServer;
  readonly forge: Forge;
  readonly slept: number[];
}

interface Wish {
  readonly pulls?: readonly (FakePull & FakeMergeRequest)[];
  readonly commits?: readonly string[];
  readonly token?: string | undefined;
}

function open(kind: Forge['kind'], url: string, token: string | undefined) {
  const slept: number[] = [];
  const [forge] = openForges(
    [{ kind, url, 'token-env': token === undefined ? undefined : 'T', owners: [] }],
    {
      env: token === undefined ? {} : { T: token },
      version: '0.0.0',
      now: () => Date.now() + slept.reduce((sum, ms) => sum + ms, 0),
      // Time goes by as soon as somebody waits for it.
      sleep: async ms => {
        slept.push(ms);
        await delay(1);
      },
    },
  );
  if (forge === undefined) throw new Error('One forge was wanted.');
  return { forge, slept };
}

const START: Record<Forge['kind'], (wish: Wish) => Promise<Both>> = {
  github: async ({ pulls = [], commits = [], token = TOKEN }) => {
    const server = await startGitHubForge(TOKEN);
    server.repos.push({ id: 7, full_name: 'acme/app', private: true, pulls, commits });
    return { server, ...open('github', server.url, token) };
  },
  gitlab: async ({ pulls = [], commits = [], token = TOKEN }) => {
    const server = await startGitLabForge(TOKEN);
    server.projects.push({ id: 7, path: 'acme/app', private: true, requests: pulls, commits });
    return { server, ...open('gitlab', server.url, token) };
  },
};

const commit = (over: Partial<Commit> = {}): Commit => ({
  iss: '',
  repository: 'acme/app',
  repositoryId: '7',
  sha: sha('a'),
  change: '',
  seen: 0,
  ...over,
});

const failure = async (promise: Promise<unknown>): Promise<ForgeError> =>
  await promise.then(
    () => {
      throw new Error('It should have failed.');
    },
    (error: ForgeError) => error,
  );

const pull = (
  number: number,
  over: Partial<FakePull & FakeMergeRequest> = {},
): FakePull & FakeMergeRequest => ({
  number,
  iid: number,
  commits: [sha('a')],
  ...over,
});

describe.each(['github', 'gitlab'] as const)('a commit on %s', kind => {
  it('goes back to the change that was merged, with who wrote, merged and approved it', async () => {
    const approvals = {
      approvedBy: ['amy', 'bob'],
      reviews: [
        ['amy', 'CHANGES_REQUESTED'],
        ['amy', 'APPROVED'],
        ['bob', 'APPROVED'],
        ['bob', 'COMMENTED'],
        ['kim', 'APPROVED'],
        ['kim', 'DISMISSED'],
      ],
    } as const;
    const { server, forge } = await START[kind]({
      pulls: [
        pull(4),
        pull(12, { title: 'Add x\u202e\n; --', author: 'eve', mergedBy: 'bob', ...approvals }),
        pull(13, { mergedBy: 'kim' }),
      ],
    });
    await using _ = server;
    const found = await forge.changeOf(commit());
    expect(found).toMatchObject({
      change: { number: 12, author: 'eve', mergedBy: 'bob', approvers: ['amy', 'bob'] },
      settled: true,
    });
    expect(found?.change.title).toMatch(/^Add x/);
    expect(found?.change.title).not.toMatch(/[\n\u202e]/);
    expect(found?.change.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/acme\/app\/.*12$/);
    expect([...server.tokens]).toEqual([`Bearer ${TOKEN}`]);
  });

  it('goes back to the change that the job ran for, whose merge commit nobody else knows', async () => {
    const { server, forge } = await START[kind]({ pulls: [pull(5, { commits: [] })] });
    await using _ = server;
    const found = await forge.changeOf(commit({ change: '5', sha: sha('b') }));
    expect(found).toMatchObject({ change: { number: 5, mergedBy: '', approvers: [] }, settled: false });
    expect(server.asked.filter(path => path.includes(sha('b')))).toEqual([]);
  });

  it('without a change is told apart from one that is not there', async () => {
    const { server, forge } = await START[kind]({ commits: [sha('c')] });
    await using _ = server;
    expect(await forge.changeOf(commit({ sha: sha('c') }))).toBeUndefined();
    expect(await failure(forge.changeOf(commit({ sha: sha('d') })))).toMatchObject({ code: 'absent' });
    expect(await failure(forge.changeOf(commit({ repository: 'acme/other' })))).toMatchObject({
      code: 'absent',
    });
  });

  it('of a fork does not show the change of the repository that it goes to', async () => {
    const other = { id: 99, path: 'secret/plans', full_name: 'secret/plans' };
    const { server, forge } = await START[kind]({
      pulls: [pull(3, { ...SECRET, mergedBy: 'bob', base: other, target: other })],
    });
    await using _ = server;
    expect(await forge.changeOf(commit())).toBeUndefined();
  });

  it.each([
    '../../user',
    'acme/..',
    'acme/app/../../x',
    'acme/app?x=1',
    'acme/app#',
    'acme//app',
    'acme',
    '',
    'acme/a pp',
    'acme/%2e%2e',
  ])('of %j is nothing that a forge is asked', async repository => {
    const { server, forge } = await START[kind]({ pulls: [pull(3)] });
    await using _ = server;
    expect(await forge.changeOf(commit({ repository }))).toBeUndefined();
    expect(await forge.changeOf(commit({ repository, change: '3' }))).toBeUndefined();
    expect(await forge.changeOf(commit({ sha: '../../..' }))).toBeUndefined();
    expect(server.asked).toEqual([]);
  });

  it('is not told to a token that is wrong, and not asked again for it', async () => {
    const { server, forge } = await START[kind]({ pulls: [pull(3)], token: 'wrong-one' });
    await using _ = server;
    const error = await failure(forge.changeOf(commit()));
    expect(error).toMatchObject({ code: 'token', status: 401 });
    expect(error.message).toContain(server.url);
    expect(error.message).not.toContain('wrong-one');
    expect(server.asked).toHaveLength(1);
  });

  it('is asked about without a token where none is configured', async () => {
    const { server, forge } = await START[kind]({ pulls: [pull(3)] });
    await using _ = server;
    const anonymous = open(kind, server.url, undefined).forge;
    expect(await failure(anonymous.changeOf(commit()))).toMatchObject({ code: 'absent' });
    expect(server.tokens.size).toBe(0);
    expect(forge.pausedUntil()).toBe(0);
  });

  it('is asked about again after a short outage, and given up after a long one', async () => {
    const { server, forge, slept } = await START[kind]({ pulls: [pull(3)] });
    await using _ = server;
    const bad = ['cut', { status: 502, body: { message: 'Bad Gateway' } }] as const;
    const trouble = [...bad];
    server.fault = () => trouble.shift();
    expect(await forge.changeOf(commit())).toMatchObject({ change: { number: 3 } });
    expect(slept).toHaveLength(2);
    server.fault = () => bad[1];
    expect(await failure(forge.changeOf(commit()))).toMatchObject({ code: 'down', status: 502 });
    server.fault = () => 'cut';
    expect(await failure(forge.changeOf(commit()))).toMatchObject({ code: 'down' });
    server.fault = () => 'html';
    expect(await failure(forge.changeOf(commit()))).toMatchObject({ code: 'failed' });
  });

  it('waits as long as the forge says', async () => {
    const { server, forge, slept } = await START[kind]({ pulls: [pull(3)] });
    await using _ = server;
    const limits = [
      { status: 429, body: { message: 'Retry later' }, headers: { 'retry-after': '17' } },
      { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
      {
        status: 403,
        body: { message: 'API rate limit exceeded' },
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 1000),
        },
      },
    ];
    server.fault = () => limits.shift();
    expect(await forge.changeOf(commit())).toMatchObject({ change: { number: 3 } });
    const [first = 0, second = 0, third = 0] = slept;
    expect(first).toBeGreaterThan(16_000);
    expect(first).toBeLessThanOrEqual(17_000);
    expect(second).toBeGreaterThan(59_000);
    expect(third).toBeGreaterThan(900_000);
    expect(third).toBeLessThanOrEqual(1_000_000);
    expect(slept).toHaveLength(3);
  });

  it('gives up a forge that refuses for ever', async () => {
    const { server, forge } = await START[kind]({ pulls: [pull(3)] });
    await using _ = server;
    server.fault = () => ({ status: 429, body: {}, headers: { 'retry-after': '1' } });
    expect(await failure(forge.changeOf(commit()))).toMatchObject({ code: 'down', status: 429 });
    expect(server.asked.length).toBeLessThan(20);
  });

  it('sends its token to no other host, whatever redirects say', async () => {
    const { server, forge } = await START[kind]({ pulls: [pull(3)] });
    const elsewhere = await START[kind]({ pulls: [pull(3)] });
    await using _ = server;
    await using __ = elsewhere.server;
    server.fault = path => ({ status: 301, body: {}, headers: { location: elsewhere.server.url + path } });
    expect(await failure(forge.changeOf(commit()))).toMatchObject({ code: 'failed' });
    expect(elsewhere.server.asked).toEqual([]);
    // A repository that was renamed is at another path of the same host.
    let moved = 0;
    server.fault = path =>
      path.includes('old')
        ? { status: 301, body: {}, headers: { location: path.replace('old', 'app') } }
        : void moved++;
    expect(await forge.changeOf(commit({ repository: 'acme/old' }))).toMatchObject({ change: { number: 3 } });
    server.fault = path => ({ status: 302, body: {}, headers: { location: path } });
    expect(await failure(forge.changeOf(commit()))).toMatchObject({ status: 302 });
    expect(elsewhere.server.asked).toEqual([]);
  });

  it('takes its place: two questions at a time', async () => {
    const shas = Array.from({ length: 12 }, (_, index) => index.toString(16).padStart(40, '0'));
    const { server, forge } = await START[kind]({ commits: shas });
    await using _ = server;
    await Promise.all(shas.map(one => forge.changeOf(commit({ sha: one }))));
    expect(server.asked).toHaveLength(12);
    expect(server.most()).toBe(2);
  });

  it('ends at once when nobody waits for it any more', async () => {
    const { server } = await START[kind]({ pulls: [pull(3)] });
    await using _ = server;
    const [forge] = openForges([{ kind, url: server.url, owners: [] }], {
      env: {},
      version: '0.0.0',
      now: Date.now,
      sleep: async (ms, signal) => void (await delay(ms, undefined, { signal })),
    });
    server.fault = () => ({ status: 429, body: {}, headers: { 'retry-after': '3600' } });
    const asked = failure(forge?.changeOf(commit()) ?? Promise.resolve());
    while (server.asked.length === 0) await delay(5);
    while (forge?.pausedUntil() === 0) await delay(5);
    forge?.close();
    expect(await asked).toMatchObject({ code: 'closing' });
  });
});

describe('a forge of the configuration', () => {
  const effects = { env: { T: 'x' }, version: '0', now: Date.now, sleep: async () => {} };
  const entry = { kind: 'github', owners: [] } as const;

  it.each([
    [{ ...entry }, 'https://github.com', 'https://token.actions.githubusercontent.com'],
    [
      { ...entry, url: 'https://acme.ghe.com/' },
      'https://acme.ghe.com',
      'https://token.actions.acme.ghe.com',
    ],
    [
      { ...entry, url: 'https://Git.example.com' },
      'https://git.example.com',
      'https://git.example.com/_services/token',
    ],
    [{ ...entry, kind: 'gitlab' as const }, 'https://gitlab.com', 'https://gitlab.com'],
    [
      { ...entry, kind: 'gitlab' as const, url: 'https://example.com/git/?x#y' },
      'https://example.com/git',
      'https://example.com/git',
    ],
  ])('%j has its jobs known by their issuer', (one, url, issuer) => {
    expect(openForges([one], effects)).toMatchObject([{ url, issuer }]);
  });

  it('without its token, or with one that could be read on its way, is no setting', () => {
    const wrong = (url: string, variable: string) => () =>
      openForges([{ ...entry, url, 'token-env': variable }], effects);
    expect(wrong('https://example.com', 'NONE')).toThrow(/NONE, which is not set/);
    expect(wrong('http://example.com', 'T')).toThrow(/plain http/);
    expect(wrong('http://127.0.0.1:1', 'T')).not.toThrow();
  });
});
