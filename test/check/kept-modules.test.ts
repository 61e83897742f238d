import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type KeepRequest, keptModules } from '../../src/check/kept-modules.ts';
import { tempDir } from '../support/temp.ts';
import { checkout, clone, GIT_ENV, goMod, platformWith, TestRepository } from './repository.ts';

const H1 = 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
const sum = (...names: readonly string[]): string => names.map(name => `${name} ${H1}\n`).join('');

function kept(dir: string, refs: readonly string[], more: Partial<KeepRequest> = {}) {
  return keptModules({
    dir,
    env: GIT_ENV,
    platform: platformWith(),
    token: undefined,
    fetch: true,
    refs,
    ...more,
  });
}

function names(
  { keep }: { keep: (mv: { path: string; version: string }) => boolean },
  ...list: readonly string[]
): string[] {
  return list.filter(name => {
    const at = name.lastIndexOf('@');
    return keep({ path: name.slice(0, at), version: name.slice(at + 1) });
  });
}

/** main needs a and b, release needs old things, and a tag of each kind. */
function project(dir: string): TestRepository {
  const repo = new TestRepository(dir);
  repo.commit({
    'go.mod': goMod('example.com/p', 'require example.com/old v1.0.0', 'toolchain go1.24.3'),
    'go.sum': sum('example.com/old v1.0.0', 'example.com/deep v0.1.0/go.mod'),
  });
  repo.git('tag', 'v1');
  repo.git('tag', '--annotate', '--message', 'x', 'v1-annotated');
  repo.git('branch', 'release/1.x');
  repo.commit({
    'go.mod': goMod(
      'example.com/p',
      'require example.com/a v1.0.0',
      'replace example.com/r => example.com/fork v1.2.3',
    ),
    'go.sum': sum('example.com/a v1.0.0', 'example.com/Upper v2.0.0+incompatible'),
    'tools/go.mod': goMod('example.com/p/tools', 'require example.com/tool v1.0.0'),
    'go.work': 'go 1.24\n\nuse (\n\t.\n\t./tools\n)\n',
    'go.work.sum': sum('example.com/work v1.0.0'),
  });
  return repo;
}

const ALL = [
  'example.com/old@v1.0.0',
  'example.com/deep@v0.1.0',
  'golang.org/toolchain@v0.0.1-go1.24.3.linux-amd64',
  'golang.org/toolchain@v0.0.1-go1.24.3.windows-arm64',
  'golang.org/toolchain@v0.0.1-go1.25.0.linux-amd64',
  'example.com/a@v1.0.0',
  'example.com/a@v1.0.1',
  'example.com/Upper@v2.0.0+incompatible',
  'example.com/fork@v1.2.3',
  'example.com/tool@v1.0.0',
  'example.com/work@v1.0.0',
];
const OLD = ALL.slice(0, 4);
const NEW = ALL.slice(5).filter(name => name !== 'example.com/a@v1.0.1');

describe('the modules of refs', () => {
  it('are those of all module files of branches, tags and commits, without a checkout', async () => {
    await using temp = await tempDir('keep');
    const repo = project(temp.path);
    const first = repo.git('rev-parse', 'v1');
    const main = await kept(repo.dir, ['main']);
    expect(names(main, ...ALL)).toEqual(NEW);
    expect(main).toMatchObject({
      warnings: [],
      refs: [{ ref: 'main', commit: repo.git('rev-parse', 'HEAD') }],
    });
    for (const ref of ['v1', 'v1-annotated', 'release/1.x', first, first.slice(0, 10)]) {
      const found = await kept(repo.dir, [ref]);
      expect(names(found, ...ALL), ref).toEqual(OLD);
      expect(found.refs[0]?.commit, ref).toBe(first);
    }
    expect(names(await kept(repo.dir, ['HEAD', 'v1']), ...ALL)).toEqual([...OLD, ...NEW]);
    expect(names(await kept(join(repo.dir, 'tools'), ['main']), ...ALL)).toEqual(NEW);
    expect(names(await kept(repo.dir, []), ...ALL)).toEqual([]);
  });

  it('are looked up at the remote, of which a checkout of CI has one commit', async () => {
    await using temp = await tempDir('keep');
    const origin = project(temp.join('origin'));
    const job = checkout(origin.dir, temp.join('job'), origin.git('rev-parse', 'main'));
    for (const ref of ['release/1.x', 'origin/release/1.x', 'v1-annotated']) {
      expect(names(await kept(job.dir, [ref]), ...ALL), ref).toEqual(OLD);
    }
    expect(job.git('for-each-ref')).toBe('');
    await expect(kept(job.dir, ['release/1.x'], { fetch: false })).rejects.toMatchObject({
      code: 'keep-list',
    });
  });

  it('are those of the remote when the checkout is behind, and its own when the remote is gone', async () => {
    await using temp = await tempDir('keep');
    const origin = project(temp.join('origin'));
    const mine = clone(origin.dir, temp.join('mine'));
    origin.commit({ 'go.mod': goMod('example.com/p', 'require example.com/old v1.0.0') });
    expect(names(await kept(mine.dir, ['main']), 'example.com/old@v1.0.0')).toHaveLength(1);
    rmSync(origin.dir, { recursive: true });
    const found = await kept(mine.dir, ['main']);
    expect(names(found, ...ALL)).toEqual(NEW);
    expect(found.warnings).toEqual([expect.stringMatching(/as the checkout has them/)]);
  });
});

describe('what cannot be told', () => {
  it.each([
    ['a ref that nobody has', ['nowhere'], /has a branch, tag or commit nowhere; check its name/],
    ['a commit that nobody has', ['0123456789012345678901234567890123456789'], /0123456789|remote/],
  ])('%s stops it', async (_what, refs, message) => {
    await using temp = await tempDir('keep');
    const repo = project(temp.path);
    const failure = kept(repo.dir, ['main', ...refs]);
    await expect(failure).rejects.toMatchObject({
      code: 'keep-list',
      message: expect.stringMatching(message),
    });
    await expect(failure).rejects.toThrow(/so nothing was removed/);
  });

  it('no repository, or a damaged one, stops it', async () => {
    await using temp = await tempDir('keep');
    await expect(kept(temp.path, ['main'])).rejects.toThrow(/no git repository/);
    const repo = project(temp.join('p'));
    const oid = repo.git('rev-parse', 'main:go.sum');
    rmSync(repo.join('.git/objects', oid.slice(0, 2), oid.slice(2)));
    await expect(kept(repo.dir, ['main'])).rejects.toThrow(/go\.sum of .* cannot be read/);
  });

  it('a file that is broken is said, and stops it when nothing at all can be read', async () => {
    await using temp = await tempDir('keep');
    const repo = project(temp.path);
    appendFileSync(repo.join('go.sum'), 'what is this\n');
    repo.commit();
    const found = await kept(repo.dir, ['main']);
    expect(names(found, ...ALL)).toEqual(NEW);
    expect(found.warnings).toEqual([expect.stringMatching(/main: go\.sum: line 3: .*is kept/)]);
    repo.git('checkout', '--quiet', '--orphan', 'broken');
    repo.git('rm', '-rfq', '.');
    repo.commit({ 'go.mod': '<<<<<<< HEAD\n' });
    await expect(kept(repo.dir, ['broken'])).rejects.toThrow(/name no module at all, and go\.mod/);
  });

  it('a ref without go.mod, and one that needs nothing, are warned of', async () => {
    await using temp = await tempDir('keep');
    const repo = project(temp.path);
    repo.git('checkout', '--quiet', '--orphan', 'pages');
    repo.git('rm', '-rfq', '.');
    repo.commit({ 'index.html': 'hello' });
    expect((await kept(repo.dir, ['pages'])).warnings).toEqual([
      expect.stringMatching(/pages .* has no go\.mod/),
    ]);
    repo.commit({ 'go.mod': 'module example.com/std\n' });
    expect((await kept(repo.dir, ['pages'])).warnings).toEqual([expect.stringMatching(/needs no module/)]);
  });
});
