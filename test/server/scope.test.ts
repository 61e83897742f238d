import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, denialOf, h1Of, zipOf } from '../support/audit-batch.ts';
import { ask, type Serve, send, serve, settled } from '../support/collector.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const TOKENS = { W: 'token-of-the-writer', ALL: 'token-of-all-readers', ACME: 'token-of-acme-alone' };

const CONFIG = `serve:
  writers: [{name: ci, token-env: W}]
  readers:
    - {name: security, token-env: ALL}
    - {name: acme, token-env: ACME, owners: [acme]}
`;

const T1 = '2026-11-10T10:00:00.000Z';
const T2 = '2026-11-11T10:00:00.000Z';
const shared = (t: string, h1?: string) =>
  zipOf('shared.example/x', 'v1.0.0', { t, ...(h1 === undefined ? {} : { h1 }) });
const BATCHES = [
  batchOf({
    job: 'theirs',
    repository: 'other/first',
    wall: T1,
    requests: [shared(T1), zipOf('secret.example/x'), denialOf('denied.example/x')],
  }),
  batchOf({ job: 'like', repository: 'acme-evil/app', wall: T1, requests: [shared(T1, h1Of('moved'))] }),
  batchOf({
    job: 'ours',
    repository: 'acme/app',
    wall: T2,
    requests: [shared(T2), denialOf('denied.example/x')],
  }),
  batchOf({ job: 'ours too', repository: 'acme/group/app', wall: T2, requests: [shared(T2)] }),
];

describe.each(['sqlite', 'postgres'] as const)('a reader of some owners, with %s', engine => {
  let dir: TempDir;
  let postgres: Postgres | undefined;
  let collector: Serve;

  beforeAll(async () => {
    dir = await tempDir('scope');
    const config = dir.join('config.yaml');
    await writeFile(config, CONFIG);
    postgres = engine === 'postgres' ? await startPostgres() : undefined;
    const database = postgres === undefined ? [] : ['--database', await postgres.database()];
    collector = await serve({ dir: dir.path, args: ['--config', config, ...database], env: TOKENS });
    for (const batch of BATCHES) expect((await send(collector.url, batch, TOKENS.W)).status).toBe(201);
    expect(await settled(collector.url)).toMatchObject({ engine });
  });
  afterAll(async () => {
    await collector[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  const both = async (question: string): Promise<[Record<string, unknown>, Record<string, unknown>]> => [
    await ask(collector.url, question, TOKENS.ALL),
    await ask(collector.url, question, TOKENS.ACME),
  ];

  it('learns who was first among its own', async () => {
    const [all, own] = await both('who?module=shared.example/x');
    expect(all.first).toMatchObject({ time: T1 });
    expect(own.first).toMatchObject({ time: T2 });
    expect(all.versions).toHaveLength(2);
    expect(own.versions).toMatchObject([{ version: 'v1.0.0', first: { time: T2 } }]);
    const [there, nowhere] = await both('who?module=secret.example/x');
    expect(there.versions).toHaveLength(1);
    expect(nowhere).toEqual({ module: 'secret.example/x', versions: [], next: null });
    const [, theirs] = await both('who?module=shared.example/x&repository=other/first');
    expect(theirs).toEqual({ module: 'shared.example/x', versions: [], next: null });
  });

  it.each([
    ['used?module=shared.example/x', 'uses', 4, ['acme/app', 'acme/group/app']],
    ['repositories', 'repositories', 4, ['acme/app', 'acme/group/app']],
    ['jobs?state=any&older=0', 'jobs', 4, ['acme/app', 'acme/group/app']],
    ['log', 'records', 7, ['acme/app', 'acme/group/app']],
    ['log?decision=deny', 'records', 2, ['acme/app']],
    ['log?module=secret.example/x', 'records', 1, []],
    ['conflicts', 'conflicts', 1, []],
  ])('%s shows its own alone', async (question, list, count, repositories) => {
    const [all, own] = await both(question);
    expect(all[list]).toHaveLength(count);
    const rows = own[list] as { repository: string }[];
    expect([...new Set(rows.map(row => row.repository))].toSorted()).toEqual(repositories);
    expect(JSON.stringify(own)).not.toMatch(/other\/first|acme-evil/);
  });

  it('is told of a conflict among its own', async () => {
    const batch = batchOf({ job: 'moved', repository: 'acme/app', requests: [shared(T2, h1Of('moved'))] });
    expect((await send(collector.url, batch, TOKENS.W)).status).toBe(201);
    await settled(collector.url);
    const [, own] = await both('conflicts');
    expect(own.conflicts).toMatchObject([
      { module: 'shared.example/x', hashes: [{ first: { time: T2 } }, { first: { time: T2 } }] },
    ]);
    expect(JSON.stringify(own)).not.toMatch(/other\/first|acme-evil/);
  });

  it('compares its own jobs, and no others', async () => {
    const [theirs, , ours, too] = BATCHES;
    const diff = (from = '', to = '', token: string): Promise<Response> =>
      fetch(`${collector.url}/v1/diff?from=${from}&to=${to}`, {
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await diff(ours?.jobUid, too?.jobUid, TOKENS.ACME)).status).toBe(200);
    expect((await diff(ours?.jobUid, theirs?.jobUid, TOKENS.ACME)).status).toBe(404);
    expect((await diff(ours?.jobUid, theirs?.jobUid, TOKENS.ALL)).status).toBe(200);
  });
});
