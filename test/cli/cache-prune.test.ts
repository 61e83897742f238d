import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import type { PruneReport } from '../../src/store/prune/types.ts';
import { GIT_ENV, goMod, TestRepository } from '../check/repository.ts';
import { DAY, fill, type MadeVersion, treeDigest } from '../store/prune/made-store.ts';
import { modgate } from '../support/modgate.ts';
import type { Finished } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

let hasher: Hasher;
beforeAll(() => {
  hasher = createHasher();
});
afterAll(() => hasher.close());

const VERSIONS: readonly MadeVersion[] = [
  { path: 'example.com/used', version: 'v1.0.0', usedAgo: 2 * DAY, seenAgo: 400 * DAY },
  { path: 'example.com/older', version: 'v1.0.0', usedAgo: 20 * DAY },
  { path: 'example.com/unused', version: 'v1.0.0', usedAgo: 40 * DAY },
  { path: 'example.com/kept', version: 'v1.0.0', usedAgo: 50 * DAY },
];

interface World {
  readonly store: string;
  readonly repo: TestRepository;
  run(...args: readonly string[]): Promise<Finished>;
  json(...args: readonly string[]): Promise<PruneReport>;
}

async function world(temp: TempDir, config = ''): Promise<World> {
  const store = temp.join('store');
  await fill(store, hasher, Date.now(), VERSIONS);
  const repo = new TestRepository(temp.join('repo'));
  repo.commit({
    'go.mod': goMod('example.com/p', 'require example.com/kept v1.0.0'),
    ...(config === '' ? {} : { '.modgate.yaml': config }),
  });
  const run = (...args: readonly string[]) =>
    modgate(['cache', 'prune', ...args], { cwd: repo.dir, env: { ...GIT_ENV, HOME: temp.path } });
  const json = async (...args: readonly string[]) => {
    const done = await run('--format', 'json', ...args);
    expect(done.code, done.stderr).toBe(0);
    return JSON.parse(done.stdout) as PruneReport;
  };
  return { store, repo, run, json };
}

describe('modgate cache prune', () => {
  it('tells in a dry run what it then does', async () => {
    await using temp = await tempDir('prune-cli');
    const { store, run, json } = await world(temp);
    const before = treeDigest(store);
    const dry = await run(store, '--dry-run', '--keep-ref', 'main');
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(/^.*store: 4 versions, /);
    expect(dry.stdout).toContain('Would remove 1 version, ');
    expect(dry.stdout).toMatch(/ {2}1 version, \d+ B: not used for 30d/);
    expect(dry.stdout).toMatch(/Keeps the 2 versions that main \([0-9a-f]{12}\) names/);
    expect(dry.stdout).toContain('example.com/unused');
    expect(
      Math.max(
        ...dry.stdout
          .split('\n')
          .slice(1)
          .map(line => line.length),
      ),
    ).toBeLessThanOrEqual(80);
    expect(treeDigest(store)).toBe(before);
    const report = await json('--store', store, '--keep-ref', 'main');
    expect(report).toMatchObject({
      schema: 1,
      dryRun: false,
      finished: true,
      deleted: { versions: 1, reasons: { unused: { versions: 1 } } },
      kept: { listed: { versions: 1 } },
      after: { versions: 3 },
      keepRefs: [{ ref: 'main', versions: 2 }],
    });
    expect((await run(store)).stdout).toContain('Removed 1 version, ');
    expect(existsSync(`${store}/example.com/kept`)).toBe(false);
  });

  it('takes the rules of the configuration, and flags before them', async () => {
    await using temp = await tempDir('prune-cli');
    const { store, json } = await world(
      temp,
      'version: 1\ncache: {store: ../store, keep-since: 10d, keep-refs: [main]}\n',
    );
    expect(await json('--dry-run')).toMatchObject({
      store,
      deleted: { versions: 2 },
      rules: { keepSinceMs: 10 * DAY },
    });
    const flags = ['--keep-since', '60d', '--max-age', '100d', '--max-size', '0', '--keep-ref', 'HEAD'];
    expect(await json('--dry-run', ...flags)).toMatchObject({
      deleted: {
        versions: 3,
        reasons: { age: { versions: 1 }, size: { versions: 2 }, unused: { versions: 0 } },
      },
      keepRefs: [{ ref: 'HEAD' }],
    });
    expect(await json('--budget', '0')).toMatchObject({ finished: false, deleted: { versions: 0 } });
  });

  it('removes nothing when a ref cannot be told, and exits with 4', async () => {
    await using temp = await tempDir('prune-cli');
    const { store, run } = await world(temp);
    const before = treeDigest(store);
    const done = await run(store, '--keep-ref', 'main', '--keep-ref', 'gone');
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr).toMatch(/gone could not be told, so nothing was removed/);
    expect(treeDigest(store)).toBe(before);
  });

  it.each([
    [['nowhere'], /there is no directory .*nowhere/],
    [['.'], /is no store of modgate.*nothing was changed/],
    [['go.mod'], /go\.mod is a file/],
    [['a', 'b'], /one store at a time/],
    [['a', '--store', 'b'], /named twice/],
    [['--store', ''], /empty/],
    [['--keep-since', 'long'], /--keep-since wants .* not "long"/],
    [['--max-age', '-1'], /--max-age/],
    [['--max-size', 'big'], /--max-size wants a size.*not "big"/],
    [['--keep-ref', '--upload-pack=x'], /keep-ref/],
    [['--keep-ref=-x'], /--keep-ref "-x" is not a branch, tag or commit/],
    [['--budget', '5'], /--budget wants/],
    [['--format', 'xml'], /--format wants text or json/],
    [['--output', ''], /--output wants the name/],
    [['--dry'], /unknown option --dry; did you mean --dry-run/],
    [['--', 'x'], /nothing to run/],
    [['gs://bucket/x'], /not a store that this version knows/],
  ])('2 for %j', async (args, message) => {
    await using temp = await tempDir('prune-cli');
    const repo = new TestRepository(temp.join('repo'));
    repo.commit({ 'go.mod': goMod('example.com/p') });
    const done = await modgate(['cache', 'prune', ...args], {
      cwd: repo.dir,
      env: { ...GIT_ENV, HOME: temp.path },
    });
    expect(done.stderr).toMatch(message);
    expect(done).toMatchObject({ code: 2, stdout: '' });
  });

  it('writes its report to a file, and no text of a store as it is', async () => {
    await using temp = await tempDir('prune-cli');
    const { store, run } = await world(temp);
    mkdirSync(`${store}/evil.example`);
    writeFileSync(`${store}/evil.example/\x1b[2J\n::error::x`, '');
    const done = await run(store, '--output', 'report.txt');
    expect(done).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const text = readFileSync(temp.join('repo', 'report.txt'), 'utf8');
    expect(text).toContain('1 not of a store and left as it is:');
    expect(text).not.toContain('\x1b');
    expect(text).not.toMatch(/^::/m);
  });
});
