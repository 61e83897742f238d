import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openForges } from '../../src/collector/forges/open.ts';
import type { Forge } from '../../src/collector/forges/types.ts';
import { openIndex } from '../../src/collector/index/open-index.ts';
import type { Index } from '../../src/collector/types.ts';
import { type UncoveredAnswer, type UncoveredParts, uncoveredFrom } from '../../src/collector/uncovered.ts';
import { type FakeRepo, startGitHubForge } from '../support/forge/github-forge.ts';
import { type FakeProject, startGitLabForge } from '../support/forge/gitlab-forge.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { DAY, job, MINUTE, wholeJob } from './index/facts.ts';

const TOKEN = 'token-that-may-read';
const HOUR = 60 * MINUTE;

type Repo = Omit<FakeRepo & FakeProject, 'path' | 'full_name'> & { readonly path: string };

const START = {
  github: async (repos: readonly Repo[]) => {
    const server = await startGitHubForge(TOKEN);
    for (const { path, ...repo } of repos) server.repos.push({ ...repo, full_name: path });
    return server;
  },
  gitlab: async (repos: readonly Repo[]) => {
    const server = await startGitLabForge(TOKEN);
    server.projects.push(...repos);
    return server;
  },
} as const;

const REPOS: readonly Repo[] = [
  { id: 1, path: 'Acme/covered', files: ['go.mod'] },
  { id: 2, path: 'Acme/dark', files: ['README.md', 'go.mod'], private: true },
  {
    id: 3,
    path: 'Acme/nested',
    files: ['web/package.json', 'tools/gen/go.mod', 'svc/go.mod', 'vendor/x/go.mod'],
  },
  {
    id: 4,
    path: 'Acme/web',
    files: ['index.html', 'go.mod.md', 'testdata/go.mod', 'a/_old/go.mod', 'xgo.mod'],
  },
  { id: 5, path: 'Acme/old', files: ['go.mod'], archived: true },
  { id: 6, path: 'Acme/empty', empty: true },
  { id: 7, path: 'Acme/fork', files: ['go.mod'], fork: true },
  { id: 8, path: 'Acme/renamed', files: ['go.mod'] },
  { id: 9, path: 'other/dark', files: ['go.mod'] },
];

let dir: TempDir;
let files = 0;
beforeAll(async () => {
  dir = await tempDir('uncovered');
});
afterAll(() => dir[Symbol.asyncDispose]());

/** A forge, an index that has records of it, and the question between them. */
async function world(kind: Forge['kind'], repos: readonly Repo[], over: Partial<UncoveredParts> = {}) {
  const server = await START[kind](repos);
  let now = DAY + 100 * 24 * HOUR;
  const forges = openForges([{ kind, url: server.url, 'token-env': 'T', owners: ['acme', 'nobody'] }], {
    env: { T: TOKEN },
    version: '0',
    now: () => now,
    sleep: async ms => {
      now += ms;
      await delay(1);
    },
  });
  const index: Index = await openIndex({ file: dir.join(`${++files}.db`) });
  const iss = forges[0]?.issuer ?? '';
  const record = async (repository: string, repositoryId: string, at: number, issuer = iss) =>
    await index.apply(
      wholeJob(
        job(`${repository} ${at} ${issuer}`, { forge: kind, iss: issuer, repository, repositoryId }),
        at,
        [],
      ),
    );
  const parts = { forges, index, now: () => now, patienceMs: 30_000, ...over };
  const ask = uncoveredFrom(parts);
  return {
    server,
    record,
    ask,
    acme: (more: { since?: number; limit?: number; after?: string } = {}): Promise<UncoveredAnswer> =>
      ask({ owner: 'acme', limit: 100, ...more }, {}),
    pass: (ms: number) => {
      now += ms;
    },
    async [Symbol.asyncDispose]() {
      await index.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const names = (answer: UncoveredAnswer): string[] => answer.uncovered.map(({ repository }) => repository);

describe.each(['github', 'gitlab'] as const)('repositories on %s without a record', kind => {
  it('are those with a go.mod that may be built, neither archived nor empty, forks told apart', async () => {
    await using at = await world(kind, REPOS);
    await at.record('acme/COVERED', '', DAY);
    // Under the name that it had then.
    await at.record('acme/before', '8', DAY);
    // Another forge has repositories of the same names and numbers.
    await at.record('acme/dark', '2', DAY, 'https://other.example.test');
    const answer = await at.acme();
    expect(answer).toMatchObject({
      uncovered: [
        { repository: 'Acme/dark', goMod: 'go.mod', fork: false, last: null, forge: at.server.url },
        { repository: 'Acme/fork', goMod: 'go.mod', fork: true, last: null },
        { repository: 'Acme/nested', goMod: 'svc/go.mod', fork: false, last: null },
      ],
      looked: { owners: ['acme'], repositories: 8, archived: 1, empty: 1 },
      next: null,
    });
    expect(answer.uncovered[0]?.url).toBe(`${at.server.url}/Acme/dark`);
    // Who sent records is not looked into, nor what is archived.
    expect(at.server.asked.filter(path => /covered|renamed|Acme(\/|%2F)old|other/i.test(path))).toEqual([]);
    expect([...at.server.tokens]).toEqual([`Bearer ${TOKEN}`]);
  });

  it('or none since a time', async () => {
    await using at = await world(kind, REPOS.slice(0, 2));
    await at.record('Acme/covered', '1', DAY);
    await at.record('Acme/dark', '2', DAY + HOUR);
    expect(names(await at.acme())).toEqual([]);
    expect((await at.acme({ since: DAY + HOUR })).uncovered).toMatchObject([
      { repository: 'Acme/covered', last: expect.stringMatching(/^2026-10-01T00:00:/) },
    ]);
    expect(names(await at.acme({ since: DAY + 2 * HOUR }))).toEqual(['Acme/covered', 'Acme/dark']);
  });

  it('come page by page from pages of the forge, which is asked once an hour', async () => {
    const many = Array.from({ length: 230 }, (_, n) => ({
      id: n + 1,
      path: `acme/r${String(n).padStart(3, '0')}`,
      files: n % 10 === 0 ? ['go.mod'] : ['README.md'],
    }));
    await using at = await world(kind, many);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const answer = await at.acme({ limit: 10, ...(after === undefined ? {} : { after }) });
      expect(answer.looked.repositories).toBe(230);
      found.push(...names(answer));
      after = answer.next ?? undefined;
    } while (after !== undefined);
    expect(found).toEqual(many.filter(repo => repo.files[0] === 'go.mod').map(repo => repo.path));
    const lists = () => at.server.asked.filter(path => /(orgs|groups)\/acme/.test(path)).length;
    expect(lists()).toBe(3);
    expect(at.server.most()).toBeLessThanOrEqual(2);
    const before = at.server.asked.length;
    at.pass(2 * HOUR);
    await at.acme();
    expect(lists()).toBe(6);
    // The code did not change meanwhile.
    expect(at.server.asked.length - before).toBe(3);
  });

  it('of a user are found, too', async () => {
    await using at = await world(kind, REPOS.slice(0, 2));
    at.server.users.add('acme');
    expect(names(await at.acme())).toEqual(['Acme/covered', 'Acme/dark']);
  });

  it('are only those of owners that are configured and that the reader may see', async () => {
    await using at = await world(kind, REPOS);
    const ask = (owner: string | undefined, owners?: string[]) =>
      at.ask(
        { limit: 100, ...(owner === undefined ? {} : { owner }) },
        owners === undefined ? {} : { owners },
      );
    await expect(ask('other')).rejects.toMatchObject({ code: 'question' });
    await expect(ask('acme', ['other'])).rejects.toMatchObject({ code: 'question' });
    await expect(ask(undefined, ['other'])).rejects.toMatchObject({ code: 'question' });
    await expect(ask('acme', ['ac'])).rejects.not.toThrow(/acme, /);
    expect(at.server.asked).toEqual([]);
    expect(names(await ask('ACME', ['Acme']))).toContain('Acme/dark');
    // An owner that the forge does not know.
    await expect(ask('nobody')).rejects.toMatchObject({ code: 'question' });
  });

  it('are waited for no longer than somebody wants to, and found all the same', async () => {
    const told: string[] = [];
    await using at = await world(kind, REPOS, { patienceMs: 1, onProgress: text => told.push(text) });
    const late = await at.acme().then(
      () => undefined,
      (error: { code: string; message: string }) => error,
    );
    expect(late).toMatchObject({
      code: 'looking',
      message: expect.stringMatching(/acme: listing repositories/),
    });
    let answer: UncoveredAnswer | undefined;
    while (answer === undefined) {
      await delay(5);
      answer = await at.acme().catch(() => undefined);
    }
    expect(answer.uncovered.length).toBeGreaterThan(3);
    expect(told.at(-1)).toMatch(/^acme: looked for go.mod in \d+ of \d+ repositories/);
  });

  it('wait for the limits of the forge; a forge that is away or takes no token is told', async () => {
    await using at = await world(kind, REPOS);
    const limits = [{ status: 429, body: {}, headers: { 'retry-after': '60' } }];
    at.server.fault = () => limits.shift();
    expect(names(await at.acme())).toContain('Acme/dark');
    at.pass(2 * HOUR);
    at.server.fault = () => 'cut';
    await expect(at.acme()).rejects.toMatchObject({ code: 'unreachable' });
    at.server.fault = () => ({ status: 401, body: { message: 'Bad credentials' } });
    await expect(at.acme()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/token/),
    });
    at.server.fault = undefined;
    expect(names(await at.acme())).toContain('Acme/dark');
  });

  it('are shown where the forge does not tell what is in them', async () => {
    await using at = await world(kind, [
      { id: 1, path: 'acme/huge', files: ['README.md'], truncated: true },
      { id: 2, path: 'acme/dark', files: ['go.mod'] },
    ]);
    at.server.fault = path =>
      /huge(\/|%2F)?.*(trees|search)/.test(path) && kind === 'gitlab'
        ? { status: 403, body: { message: '403 Forbidden' } }
        : undefined;
    expect((await at.acme()).uncovered).toMatchObject([
      { repository: 'acme/dark', goMod: 'go.mod' },
      { repository: 'acme/huge', goMod: null },
    ]);
  });
});

it('projects of groups within a group count', async () => {
  await using at = await world('gitlab', [
    { id: 1, path: 'acme/tools/gen', files: ['go.mod'] },
    { id: 2, path: 'acme-two/gen', files: ['go.mod'] },
  ]);
  expect(names(await at.acme())).toEqual(['acme/tools/gen']);
});

it('without forges there is nothing to be asked', async () => {
  const index = await openIndex({ file: dir.join('none.db') });
  const ask = uncoveredFrom({ forges: [], index, now: Date.now, patienceMs: 1000 });
  await expect(ask({ limit: 10 }, {})).rejects.toMatchObject({ code: 'question', message: /serve\.forges/ });
  await index.close();
});
