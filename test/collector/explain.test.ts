import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Explainer, startExplainer } from '../../src/collector/explain.ts';
import { openForges } from '../../src/collector/forges/open.ts';
import { openIndex } from '../../src/collector/index/open-index.ts';
import type { Index } from '../../src/collector/types.ts';
import { startGitHubForge } from '../support/forge/github-forge.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { DAY, job, MINUTE, wholeJob } from './index/facts.ts';

const TOKEN = 'token-that-may-read';
const HOUR = 60 * MINUTE;

let dir: TempDir;
let files = 0;
beforeAll(async () => {
  dir = await tempDir('explain');
});
afterAll(() => dir[Symbol.asyncDispose]());

/** A forge, an index and the explainer between them, in a time that the test makes. */
async function start(at = DAY) {
  const index = await openIndex({ file: dir.join(`${++files}.db`) });
  const server = await startGitHubForge(TOKEN);
  const iss = `${server.url}/_services/token`.replace('http:', 'https:');
  let now = at;
  const naps: { ms: number; wake: () => void }[] = [];
  const log: string[] = [];
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    naps.push({ ms, wake: resolve });
    signal.addEventListener('abort', () => resolve());
    await promise;
  };
  const entry = { kind: 'github', url: server.url, 'token-env': 'T', owners: ['acme'] } as const;
  const forges = openForges([entry], {
    env: { T: TOKEN },
    version: '0',
    now: () => now,
    sleep: async ms => {
      now += Math.ceil(ms);
      await delay(1);
    },
  });
  let explainer: Explainer | undefined;
  return {
    server,
    index,
    iss,
    log,
    /** Starts it, or goes on by as long as it sleeps and `more`; resolves when it sleeps again. */
    async round(more = 0): Promise<number> {
      const slept = naps.shift();
      if (slept === undefined)
        explainer = startExplainer({ forges, index, now: () => now, sleep, log: line => log.push(line) });
      else {
        now += Math.ceil(slept.ms) + more;
        slept.wake();
      }
      while (naps.length === 0) await delay(2);
      return naps[0]?.ms ?? 0;
    },
    async [Symbol.asyncDispose]() {
      await explainer?.close();
      await index.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const first = async (index: Index, module: string) => (await index.who({ module })).first?.change;

describe('what the forge knows of first sightings', () => {
  it('is asked once for what is settled, again for what is open, and only of the owners that are named', async () => {
    await using world = await start();
    const { server, iss, index } = world;
    const of = (name: string, repository = 'acme/app') => job(name, { iss, repository, repositoryId: '' });
    const pull = { number: 2, title: 'Later', author: 'eve', commits: [of('open').sha] };
    server.repos.push({
      id: 7,
      full_name: 'acme/app',
      pulls: [
        { number: 1, title: 'Add x', author: 'amy', mergedBy: 'bob', commits: [of('merged').sha] },
        pull,
      ],
    });
    await index.apply(wholeJob(of('merged'), DAY - MINUTE, ['example.com/x@v1.0.0']));
    await index.apply(wholeJob(of('open'), DAY - MINUTE, ['example.com/y@v1.0.0']));
    await index.apply(wholeJob(of('theirs', 'other/app'), DAY - MINUTE, ['example.com/z@v1.0.0']));
    await index.apply(wholeJob(job('elsewhere'), DAY - MINUTE, ['example.com/w@v1.0.0']));

    await world.round();
    expect(await first(index, 'example.com/x')).toMatchObject({ number: 1, author: 'amy', mergedBy: 'bob' });
    expect(await first(index, 'example.com/y')).toMatchObject({ number: 2, mergedBy: '' });
    expect(await first(index, 'example.com/z')).toBeUndefined();
    expect(server.asked.filter(path => !path.includes('/acme/app/'))).toEqual([]);

    server.asked.length = 0;
    await world.round();
    expect(server.asked).toEqual([]);
    Object.assign(pull, { mergedBy: 'mel' });
    await world.round(11 * MINUTE);
    expect(await first(index, 'example.com/y')).toMatchObject({ number: 2, mergedBy: 'mel' });
    expect(server.asked.filter(path => path.includes(of('merged').sha))).toEqual([]);
    server.asked.length = 0;
    await world.round(100 * 24 * HOUR);
    expect(server.asked).toEqual([]);
    expect(world.log).toEqual([]);
  });

  it('that knows nothing yet is asked more and more seldom, and not for ever', async () => {
    await using world = await start();
    const { server, iss, index } = world;
    server.repos.push({ id: 7, full_name: 'acme/app', commits: [job('pushed').sha] });
    await index.apply(
      wholeJob(job('pushed', { iss, repositoryId: '7' }), DAY - MINUTE, ['example.com/x@v1.0.0']),
    );
    await index.apply(
      wholeJob(job('gone', { iss, repository: 'acme/gone', repositoryId: '8' }), DAY - MINUTE, [
        'example.com/y@v1.0.0',
      ]),
    );
    await world.round();
    for (let half = 0; half < 2 * 60; half++) await world.round(12 * HOUR);
    expect(world.log).toEqual([]);
    expect(server.asked.length).toBeGreaterThan(10);
    expect(server.asked.length).toBeLessThan(60);
    server.asked.length = 0;
    for (let day = 0; day < 10; day++) await world.round(24 * HOUR);
    expect(server.asked).toEqual([]);
  });

  it('and cannot be asked just now comes when it answers again; one bad commit holds up no other', async () => {
    await using world = await start();
    const { server, iss, index } = world;
    const bad = job('bad', { iss, repositoryId: '7' });
    const good = job('good', { iss, repositoryId: '7' });
    server.repos.push({
      id: 7,
      full_name: 'acme/app',
      pulls: [{ number: 3, commits: [good.sha], mergedBy: 'bob' }],
    });
    await index.apply(wholeJob(good, DAY - HOUR, ['example.com/x@v1.0.0']));
    await index.apply(wholeJob(bad, DAY - MINUTE, ['example.com/y@v1.0.0']));
    server.fault = () => ({ status: 503, body: { message: 'Service Unavailable' } });
    const pauses = [await world.round(), await world.round(), await world.round()];
    expect(pauses[0]).toBeGreaterThanOrEqual(15_000);
    expect(world.log[0]).toMatch(/changes are not looked up for now: http.* answered 503/);
    expect(world.log.join()).not.toContain(TOKEN);
    server.fault = path => (path.includes(bad.sha) ? { status: 502, body: {} } : undefined);
    for (let tried = 0; tried < 6; tried++) await world.round(2 * HOUR);
    expect(await first(index, 'example.com/x')).toMatchObject({ number: 3 });
    expect(world.log.filter(line => !line.includes(server.url))).toEqual([]);
    server.fault = undefined;
    await world.round(2 * HOUR);
  });

  it('is not asked for an hour with a token that it does not take', async () => {
    await using world = await start();
    const { server, iss, index } = world;
    server.repos.push({ id: 7, full_name: 'acme/app' });
    for (const name of ['a', 'b', 'c', 'd']) {
      await index.apply(
        wholeJob(job(name, { iss, repositoryId: '7' }), DAY - MINUTE, [`example.com/${name}@v1.0.0`]),
      );
    }
    server.fault = () => ({ status: 401, body: { message: 'Bad credentials' } });
    expect(await world.round()).toBe(HOUR);
    expect(server.asked.length).toBeLessThanOrEqual(2);
    expect(world.log).toEqual([expect.stringMatching(/401.*Bad credentials/)]);
    await world.round();
    expect(world.log).toHaveLength(1);
  });
});
