import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fsp from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { type Buckets, buckets } from '../store/places.ts';
import { DAY, filesOf, type MadeVersion, namesIn, treeDigest } from '../store/prune/made-store.ts';
import { CLI, modgate } from '../support/modgate.ts';
import { startFaults } from '../support/s3/faults.ts';
import type { Who } from '../support/s3/gateway.ts';
import { realModules } from '../support/store-modules.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

let hasher: Hasher;
let place: Buckets;
let temp: TempDir;
beforeAll(async () => {
  hasher = createHasher();
  [place, temp] = await Promise.all([buckets(hasher), tempDir('cli')]);
});
afterAll(async () => {
  await place[Symbol.asyncDispose]();
  await temp[Symbol.asyncDispose]();
  await hasher.close();
});

function environment(who: Who = 'owner'): Record<string, string> {
  return { HOME: temp.path, PATH: process.env.PATH ?? '', ...place.gateway.env(who) };
}

async function cache(args: readonly string[], who: Who = 'owner') {
  const done = await modgate(['cache', ...args], { cwd: temp.path, env: environment(who) });
  const secret = place.gateway.env(who).AWS_SECRET_ACCESS_KEY ?? '';
  expect(secret).not.toBe('');
  expect(done.stdout + done.stderr).not.toContain(secret);
  return done;
}

const VERSIONS: readonly MadeVersion[] = Array.from({ length: 30 }, (_, i) => ({
  path: `example.com/m${i % 10}`,
  version: `v1.${Math.floor(i / 10)}.0`,
  usedAgo: i % 3 === 0 ? DAY : 40 * DAY,
}));

it('stats, verify, prune and forget work on a bucket, and say so as they do of a directory', async () => {
  await using store = await place.fresh();
  const [errors, uuid] = await realModules(['github.com/pkg/errors@v0.9.1', 'github.com/google/uuid@v1.6.0']);
  if (!errors || !uuid) throw new Error('modules are missing');
  await store.commit([errors, uuid]);
  const url = place.gateway.url(store.prefix);
  const location = `s3://${place.gateway.bucket}/${store.prefix}`;

  const stats = await cache(['stats', url, '--format', 'json']);
  expect(JSON.parse(stats.stdout)).toMatchObject({
    schema: 1,
    store: location,
    modules: { versions: 2, files: 6 },
  });
  const sound = await cache(['verify', '--store', url], 'reader');
  expect(sound).toMatchObject({ code: 0 });
  expect(sound.stdout).toContain('No damage was found.');

  await fsp.writeFile(filesOf(store.dir, uuid)[3], 'no zip');
  const damaged = await cache(['verify', url, '--format', 'json']);
  expect(damaged.code).toBe(1);
  expect(JSON.parse(damaged.stdout)).toMatchObject({ store: location, counts: { damaged: 1 } });
  expect(await cache(['verify', url, '--repair'])).toMatchObject({ code: 0 });
  expect(await cache(['verify', url])).toMatchObject({ code: 0 });

  const dry = await cache(['prune', url, '--keep-since', '1d', '--dry-run', '--format', 'json'], 'reader');
  expect(JSON.parse(dry.stdout)).toMatchObject({
    store: location,
    dryRun: true,
    kept: { recent: { versions: 2 } },
  });

  const forgotten = await cache(['forget', 'github.com/pkg/errors@v0.9.1', '--store', url]);
  expect(forgotten).toMatchObject({ code: 0 });
  expect(forgotten.stdout).toContain(`is forgotten by ${location}`);
  const names = namesIn(store.dir);
  expect(names.filter(name => name.includes('pkg/errors'))).toEqual([]);
  const log = names.find(name => name.startsWith('modgate/log/')) ?? '';
  expect(await fsp.readFile(`${store.dir}/${log}`, 'utf8')).toContain(
    '"forgot":"github.com/pkg/errors@v0.9.1"',
  );
  expect((await cache(['forget', 'github.com/pkg/errors@v0.9.1', url])).stdout).toContain('knows nothing of');
});

it('3 for credentials that may not, 2 for a place that is none, and nothing is changed', async () => {
  await using store = await place.fresh();
  await store.fill(Date.now(), VERSIONS);
  const before = treeDigest(store.dir);
  const { gateway } = place;
  const url = gateway.url(store.prefix);
  for (const args of [
    ['prune', url],
    ['forget', 'example.com/m1@v1.0.0', url],
  ]) {
    const denied = await cache(args, 'reader');
    expect(denied.code, denied.stderr).toBe(3);
    expect(denied.stderr).toContain('s3:PutObject');
  }
  for (const [args, words] of [
    [['prune', gateway.url('nothing')], 'there is nothing in'],
    [['stats', `s3://no-such-bucket/x?region=us-east-1&endpoint=${gateway.endpoint}`], 'has no bucket'],
    [['verify', `${url}&regio=x`], 'did you mean region?'],
    [['prune', `${url}&mode=read`], 'mode=read'],
  ] as const) {
    const refused = await cache(args);
    expect(refused.stderr).toContain(words);
    expect(refused.code, refused.stderr).toBe(words === 'mode=read' ? 3 : 2);
  }
  const foreign = gateway.prefix();
  await fsp.mkdir(`${gateway.dir}/${foreign}/photos`, { recursive: true });
  await fsp.writeFile(`${gateway.dir}/${foreign}/photos/a.zip`, 'mine');
  const other = await cache(['prune', gateway.url(foreign), '--keep-since', '1d']);
  expect(other).toMatchObject({ code: 2 });
  expect(other.stderr).toContain('is no store of modgate');
  expect(treeDigest(store.dir)).toBe(before);
});

it('a prune that is killed at any time is taken up by the next one', async () => {
  await using faults = await startFaults(place.gateway, { latencyMs: 2 });
  let amid = 0;
  for (const after of [8, 20, 32]) {
    await using store = await place.fresh();
    await store.fill(Date.now(), VERSIONS);
    const killed = spawn(
      process.execPath,
      [CLI, 'cache', 'prune', place.gateway.url(store.prefix, faults.endpoint), '--keep-since', '30d'],
      { cwd: temp.path, env: environment(), stdio: 'ignore' },
    );
    faults.forget();
    faults.set(({ index }) => {
      if (index === after) killed.kill('SIGKILL');
      return undefined;
    });
    await once(killed, 'close');
    if (namesIn(store.dir).some(name => name.startsWith('modgate/claims/'))) amid += 1;
    const done = await cache([
      'prune',
      place.gateway.url(store.prefix),
      '--keep-since',
      '30d',
      '--format',
      'json',
    ]);
    expect(done.code, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ finished: true, after: { versions: 10 } });
    const wanted = VERSIONS.filter(({ usedAgo }) => usedAgo === DAY).flatMap(made =>
      filesOf(store.dir, made),
    );
    const names = namesIn(store.dir).filter(name =>
      /\.(?:info|mod|zip)$|^modgate\/(?:index|claims)/.test(name),
    );
    expect(names).toEqual(wanted.map(file => file.slice(store.dir.length + 1)).toSorted());
  }
  // Kills that never fell into a removal would have proved nothing.
  expect(amid).toBeGreaterThan(0);
});
