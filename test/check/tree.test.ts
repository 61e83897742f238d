import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp.ts';
import { checkDir, GIT_ENV, goMod, lines, notices, TestRepository } from './repository.ts';

const BROKEN = 'replace example.com/lib => ./lib';

describe('what of a repository is checked', () => {
  it('all module files that git tracks, nested modules included', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({
      'go.mod': goMod('example.com/a', 'require example.com/lib v1.0.0'),
      'deep/er/go.mod': goMod('example.com/a/deep', BROKEN),
      'go.work': 'go 1.24\n\nuse .\n',
    });
    const outcome = await checkDir(dir.path);
    expect(lines(outcome)).toEqual(['new replace/local-broken deep/er/go.mod:5']);
    expect(outcome.exitCode).toBe(1);
    expect(outcome.report.summary).toMatchObject({ files: 3, modules: 3, errors: 1 });
    expect(outcome.report.compared).toEqual({ mode: 'full' });
  });

  it('shows the checkout and not the index: an edit that is not added yet counts', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a') });
    expect((await checkDir(dir.path)).exitCode).toBe(0);
    repo.write({ 'go.mod': goMod('example.com/a', BROKEN) });
    expect(lines(await checkDir(dir.path))).toEqual(['new replace/local-broken go.mod:5']);
  });

  it('a file that was removed or left out of the checkout is read from git', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a'), 'sub/go.mod': goMod('example.com/a/sub', BROKEN) });
    rmSync(repo.join('sub'), { recursive: true });
    expect(lines(await checkDir(dir.path))).toEqual(['new replace/local-broken sub/go.mod:5']);
    repo.git('checkout', '--quiet', '.');
    repo.git('sparse-checkout', 'set', '--no-cone', '/go.mod');
    expect(lines(await checkDir(dir.path))).toEqual(['new replace/local-broken sub/go.mod:5']);
  });

  it('a directory that the checkout has replaced by a link is not followed out of it', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.join('repo'));
    repo.commit({ 'go.mod': goMod('example.com/a'), 'sub/go.mod': goMod('example.com/a/sub') });
    mkdirSync(dir.join('outside'));
    writeFileSync(dir.join('outside', 'go.mod'), goMod('example.com/secret', BROKEN));
    rmSync(repo.join('sub'), { recursive: true });
    symlinkSync(dir.join('outside'), repo.join('sub'));
    const outcome = await checkDir(repo.dir);
    expect(lines(outcome)).toEqual([]);
    expect(outcome.report.summary.files).toBe(2);
  });

  it('skipped directories are counted, their modules.txt and what a replace points to are read', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({
      'go.mod': goMod('example.com/a', 'replace example.com/t => ./testdata/t'),
      'testdata/t/go.mod': goMod('example.com/t', 'replace example.com/q => /abs'),
      'testdata/u/go.mod': goMod('example.com/u', 'replace example.com/q => /abs'),
      'node_modules/x/go.mod': goMod('example.com/x', 'replace example.com/q => /abs'),
      'vendor/modules.txt': '# example.com/v v1.0.0\n## explicit\nexample.com/v\n',
      '.modgate.yaml': 'version: 1\nrules: {vendor/inconsistent: error}\n',
    });
    const outcome = await checkDir(dir.path);
    expect(lines(outcome).filter(line => !line.includes('vendor'))).toEqual([]);
    expect(lines(outcome).some(line => line.includes('vendor/inconsistent'))).toBe(true);
    expect(outcome.report.skipped).toEqual([
      { why: 'in a directory called testdata', count: 2 },
      { why: 'in a directory called node_modules', count: 1 },
    ]);
    expect(outcome.report.summary.files).toBe(1);
  });

  it('skip of the policy says what is looked into', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({
      'go.mod': goMod('example.com/a'),
      'testdata/u/go.mod': goMod('example.com/u', 'replace example.com/q => /abs'),
      'old/go.mod': goMod('example.com/old', 'replace example.com/q => /abs'),
      '.modgate.yaml': 'version: 1\ncheck: {skip: [old]}\n',
    });
    const outcome = await checkDir(dir.path);
    expect(lines(outcome)).toEqual(['new replace/local-absolute testdata/u/go.mod:5']);
    expect(outcome.report.skipped).toEqual([{ why: 'in a directory called old', count: 1 }]);
  });

  it('a directory of the repository alone, with names from its root', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({
      'go.mod': goMod('example.com/a', BROKEN),
      'sub/go.mod': goMod(
        'example.com/a/sub',
        'replace example.com/lib => ../lib',
        'replace x.example/y => /y',
      ),
      'subway/go.mod': goMod('example.com/a/subway', BROKEN),
      'lib/go.mod': goMod('example.com/lib', 'replace example.com/q => /abs'),
    });
    const outcome = await checkDir(repo.join('sub'));
    expect(lines(outcome)).toEqual(['new replace/local-absolute sub/go.mod:7']);
    expect(outcome.source('sub/go.mod', 7)).toBe('replace x.example/y => /y');
  });

  it('what git does not track is told, and what git ignores is nobody’s business', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a'), '.gitignore': 'go.work\n' });
    repo.write({ 'new/go.mod': goMod('example.com/new', BROKEN), 'go.work': 'go 1.24\n' });
    const outcome = await checkDir(dir.path);
    expect(lines(outcome)).toEqual([]);
    expect(outcome.report.skipped).toEqual([{ why: 'not tracked by git', count: 1 }]);
    expect(notices(outcome)).toMatch(/warning: new\/go\.mod is not tracked by git .*git add new\/go\.mod/);
  });

  it('links: a tracked one is followed inside the repository, a dangling one is a finding', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({
      'real/go.mod': goMod('example.com/a', BROKEN),
      'linked/go.mod': { link: '../real/go.mod' },
      'dangling/go.mod': { link: '../nowhere/go.mod' },
      'out/go.mod': { link: '../../../etc/passwd' },
      'loop/go.mod': { link: 'go.mod' },
    });
    const outcome = await checkDir(dir.path);
    expect(lines(outcome).sort()).toEqual([
      'new gomod/invalid dangling/go.mod:1',
      'new gomod/invalid loop/go.mod:1',
      'new gomod/invalid out/go.mod:1',
      'new replace/local-broken linked/go.mod:5',
      'new replace/local-broken real/go.mod:5',
    ]);
  });

  it('submodules are counted and not entered', async () => {
    await using dir = await tempDir('check');
    const lib = new TestRepository(dir.join('lib'));
    lib.commit({ 'go.mod': goMod('example.com/lib', 'replace example.com/q => /abs') });
    const repo = new TestRepository(dir.join('repo'));
    repo.commit({ 'go.mod': goMod('example.com/a', BROKEN) });
    repo.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', lib.dir, 'lib');
    repo.commit();
    const outcome = await checkDir(repo.dir);
    expect(lines(outcome)).toEqual(['new replace/local-broken go.mod:5']);
    expect(outcome.report.findings[0]?.message).toMatch(/submodule/);
    expect(outcome.report.skipped).toEqual([{ why: expect.stringMatching(/submodule/), count: 1 }]);
  });

  it('a conflict that is not resolved is checked once, as it stands', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a') });
    repo.git('checkout', '--quiet', '-b', 'other');
    repo.commit({ 'go.mod': goMod('example.com/b') });
    repo.git('checkout', '--quiet', 'main');
    repo.commit({ 'go.mod': goMod('example.com/c') });
    expect(() => repo.git('merge', 'other')).toThrow();
    const outcome = await checkDir(dir.path);
    expect(lines(outcome)[0]).toBe('new gomod/invalid go.mod:1');
    expect(outcome.report.findings[0]?.message).toMatch(/<<<<<<</);
    expect(outcome.report.summary.files).toBe(1);
  });

  it.each([
    ['spaces and quotes', 'a "b" \'c\' $(d)'],
    ['a line break', 'a\nb'],
    ['a tab and a backslash', 'a\tb\\c'],
    ['other alphabets', 'мод/日本'],
    ['a dash in front', '-rf'],
  ])('paths with %s', async (_, name) => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({ [`${name}/go.mod`]: goMod('example.com/a', BROKEN) });
    const outcome = await checkDir(dir.path);
    expect(outcome.report.findings.map(({ rule, file }) => [rule, file])).toEqual([
      ['replace/local-broken', `${name}/go.mod`],
    ]);
    expect(outcome.source(`${name}/go.mod`, 5)).toBe(BROKEN);
  });

  it('paths that are no UTF-8 stay apart', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a') });
    const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], {
      cwd: dir.path,
      env: GIT_ENV,
      input: goMod('example.com/x', BROKEN),
      encoding: 'utf8',
    }).trim();
    const entry = (byte: number) =>
      Buffer.concat([Buffer.from(`100644 ${blob}\tdir`), Buffer.from([byte]), Buffer.from('/go.mod\0')]);
    execFileSync('git', ['update-index', '-z', '--index-info'], {
      cwd: dir.path,
      env: GIT_ENV,
      input: Buffer.concat([entry(0xff), entry(0xfe)]),
    });
    expect(lines(await checkDir(dir.path))).toEqual([
      'new replace/local-broken dir\\xfe/go.mod:5',
      'new replace/local-broken dir\\xff/go.mod:5',
    ]);
  });
});

describe('kinds of repositories', () => {
  it('before the first commit the index counts', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.write({ 'go.mod': goMod('example.com/a', BROKEN) });
    repo.git('add', '--all');
    expect(lines(await checkDir(dir.path))).toEqual(['new replace/local-broken go.mod:5']);
  });

  it('a worktree', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.join('repo'));
    repo.commit({ 'go.mod': goMod('example.com/a', BROKEN) });
    repo.git('worktree', 'add', '--quiet', dir.join('other'), '-b', 'other');
    const outcome = await checkDir(dir.join('other'), { base: 'main' });
    expect(lines(outcome)).toEqual(['existing replace/local-broken go.mod:5']);
  });

  it('a bare repository: the tree of HEAD, with its policy', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.join('repo'));
    repo.commit({
      'go.mod': goMod('example.com/a', BROKEN),
      '.modgate.yaml': 'version: 1\nrules: {replace/local-broken: warning}\n',
    });
    repo.git('clone', '--quiet', '--bare', '.', dir.join('bare.git'));
    const outcome = await checkDir(dir.join('bare.git'));
    expect(lines(outcome)).toEqual(['new replace/local-broken go.mod:5']);
    expect(outcome.report.findings[0]?.level).toBe('warning');
    expect(notices(outcome)).toMatch(/bare repository/);
  });

  it('object names of SHA-256', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path, ['--object-format=sha256']);
    const base = repo.commit({ 'go.mod': goMod('example.com/a', BROKEN) });
    expect(base).toHaveLength(64);
    repo.commit({ 'b/go.mod': goMod('example.com/b', BROKEN) });
    expect(lines(await checkDir(dir.path, { base }))).toEqual([
      'new replace/local-broken b/go.mod:5',
      'existing replace/local-broken go.mod:5',
    ]);
  });

  it('no repository: the files on the disk, with a word about it; links are not followed', async () => {
    await using dir = await tempDir('check');
    mkdirSync(dir.join('sub'));
    writeFileSync(dir.join('go.mod'), goMod('example.com/a', 'replace example.com/sub => ./sub'));
    writeFileSync(dir.join('sub', 'go.mod'), goMod('example.com/sub', BROKEN));
    symlinkSync(path.dirname(dir.path), dir.join('up'));
    const outcome = await checkDir(dir.path);
    expect(lines(outcome)).toEqual(['new replace/local-broken sub/go.mod:5']);
    expect(notices(outcome)).toMatch(/warning: this is no git repository/);
  });

  it('a repository that tracks nothing yet', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.write({ 'go.mod': goMod('example.com/a', BROKEN) });
    const outcome = await checkDir(dir.path);
    expect(lines(outcome)).toEqual(['new replace/local-broken go.mod:5']);
    expect(notices(outcome)).toMatch(/git tracks no file/);
  });

  it('no Go at all passes at once and says so, whatever the base and the policy', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'README.md': 'nothing', '.modgate.yaml': '[' });
    const outcome = await checkDir(dir.path, { change: { baseSha: '1'.repeat(40) } });
    expect(outcome.exitCode).toBe(0);
    expect(notices(outcome)).toMatch(/no go\.mod and no go\.work/);
    repo.commit({ 'sub/x': 'x', 'go.mod': goMod('example.com/a'), '.modgate.yaml': null });
    expect(notices(await checkDir(repo.join('sub')))).toMatch(/no go\.work in sub,/);
  });

  it('runs nothing of what the repository configures', async () => {
    await using dir = await tempDir('check');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a'), '.gitattributes': '*.mod filter=evil diff=evil\n' });
    const witness = dir.join('ran');
    const evil = `touch ${witness}; cat`;
    for (const key of [
      'core.fsmonitor',
      'filter.evil.smudge',
      'filter.evil.clean',
      'filter.evil.process',
      'diff.evil.textconv',
      'diff.external',
      'core.pager',
      'core.alternateRefsCommand',
      'alias.ls-files',
    ]) {
      repo.git('config', key, key.startsWith('alias') ? `!${evil}` : evil);
    }
    writeFileSync(repo.join('.git', 'hooks', 'post-index-change'), `#!/bin/sh\n${evil}\n`, { mode: 0o755 });
    repo.write({ 'go.mod': goMod('example.com/b') });
    expect((await checkDir(dir.path, { base: 'HEAD' })).exitCode).toBe(0);
    expect(existsSync(witness)).toBe(false);
  });
});
