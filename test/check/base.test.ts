import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CheckError } from '../../src/check/errors.ts';
import { tempDir } from '../support/temp.ts';
import { checkDir, checkout, clone, goMod, lines, notices, TestRepository } from './repository.ts';

const bad = (name: string) => `replace example.com/${name} => ../../${name}`;
const BAD = (name: string, line = 5) => `replace/local-escapes go.mod:${line} ${name}`;

/** Findings with the module they are about. */
function found(outcome: Awaited<ReturnType<typeof checkDir>>): string[] {
  return outcome.report.findings.map(
    ({ status, rule, file, line, module }) =>
      `${status} ${rule} ${file}:${line} ${module?.replace('example.com/', '')}`,
  );
}

/** A repository with one old finding, a branch `feature` that adds one, and a `main` that went on. */
function history(dir: string): { repo: TestRepository; left: string; head: string; tip: string } {
  const repo = new TestRepository(dir);
  const left = repo.commit({ 'go.mod': goMod('example.com/a', bad('old')) });
  repo.git('checkout', '--quiet', '-b', 'feature');
  const head = repo.commit({ 'go.mod': goMod('example.com/a', bad('old'), bad('new')) });
  repo.git('checkout', '--quiet', 'main');
  const tip = repo.commit({ 'b/go.mod': goMod('example.com/b', 'replace example.com/main => ../../../x') });
  return { repo, left, head, tip };
}

const EXPECTED = [`new ${BAD('new', 7)}`, `existing ${BAD('old')}`];

describe('--base', () => {
  it('compares with where the branch left, and tells what is fixed', async () => {
    await using dir = await tempDir('base');
    const { repo, left } = history(dir.path);
    repo.git('checkout', '--quiet', 'feature');
    const outcome = await checkDir(dir.path, { base: 'main' });
    expect(found(outcome)).toEqual(EXPECTED);
    expect(outcome.exitCode).toBe(1);
    expect(outcome.report.compared).toEqual({ mode: 'diff', base: 'main', commit: left });
    // On main itself nothing is new; its own finding is not one of the feature's.
    const other = await checkDir(dir.path, { base: 'HEAD' });
    expect(other.exitCode).toBe(0);
    repo.commit({ 'go.mod': goMod('example.com/a') });
    const mended = await checkDir(dir.path, { base: 'main' });
    expect(found(mended)).toEqual([]);
    expect(mended.report.fixed.map(({ module }) => module)).toEqual(['example.com/old']);
    expect(mended.exitCode).toBe(0);
  });

  it('a file that moved is new at its new place', async () => {
    await using dir = await tempDir('base');
    const { repo } = history(dir.path);
    repo.git('mv', 'b', 'c');
    repo.commit();
    const outcome = await checkDir(dir.path, { base: 'HEAD~1' });
    expect(lines(outcome)[0]).toBe('new replace/local-escapes c/go.mod:5');
    expect(outcome.report.fixed.map(({ file }) => file)).toEqual(['b/go.mod']);
  });

  it('takes the remote’s branch where there is no local one of the name', async () => {
    await using dir = await tempDir('base');
    const { repo, left } = history(dir.join('origin'));
    const job = clone(repo.dir, dir.join('job'), '--branch', 'feature');
    const outcome = await checkDir(job.dir, { base: 'main' });
    expect(outcome.report.compared).toEqual({ mode: 'diff', base: 'main', commit: left });
    expect(found(outcome)).toEqual(EXPECTED);
  });

  it.each([
    ['mian', /--base mian: there is no such commit .*did you mean main\?.*git fetch origin mian/],
    ['1234567', /no such commit/],
    ['--all', /--base --all: there is no such commit/],
    ['--upload-pack=touch x', /no such commit/],
    ['main:go.mod', /no such commit .*check how it is written/],
    ['', /no such commit/],
  ])('%j is no commit of a complete clone: wrong usage', async (base, message) => {
    await using dir = await tempDir('base');
    history(dir.path);
    await expect(checkDir(dir.path, { base })).rejects.toThrow(message);
    await expect(checkDir(dir.path, { base })).rejects.toBeInstanceOf(CheckError);
  });

  it('without a repository, or before the first commit, it is wrong usage', async () => {
    await using dir = await tempDir('base');
    const repo = new TestRepository(dir.join('new'));
    repo.write({ 'go.mod': goMod('example.com/a') });
    repo.git('add', '.');
    await expect(checkDir(repo.dir, { base: 'main' })).rejects.toThrow(/no commit yet/);
    mkdirSync(dir.join('plain'));
    writeFileSync(dir.join('plain', 'go.mod'), goMod('example.com/a'));
    await expect(checkDir(dir.join('plain'), { base: 'main' })).rejects.toThrow(/no git repository/);
  });

  it('a shallow clone fetches the base, branch or commit, and looks for the common ancestor', async () => {
    await using dir = await tempDir('base');
    const { repo, left, tip } = history(dir.join('origin'));
    repo.git('checkout', '--quiet', 'feature');
    for (let i = 0; i < 60; i++) repo.commit();
    for (const base of ['main', 'origin/main', tip]) {
      const job = clone(repo.dir, dir.join(`job-${base.slice(0, 6)}`), '--depth=1', '--branch=feature');
      const outcome = await checkDir(job.dir, { base });
      expect(outcome.report.compared).toEqual({ mode: 'diff', base, commit: left });
      expect(found(outcome)).toEqual(EXPECTED);
    }
    const job = clone(repo.dir, dir.join('job'), '--depth=1', '--branch=feature');
    await expect(checkDir(job.dir, { base: 'mian' })).rejects.toThrow(/no such commit/);
  });

  it('histories without a common ancestor are compared as they are, with a word about it', async () => {
    await using dir = await tempDir('base');
    const { repo, tip } = history(dir.path);
    repo.git('checkout', '--quiet', '--orphan', 'other');
    repo.commit({ 'go.mod': goMod('example.com/a', bad('old'), bad('new')) });
    const outcome = await checkDir(dir.path, { base: 'main' });
    expect(outcome.report.compared).toEqual({ mode: 'diff', base: 'main', commit: tip });
    expect(notices(outcome)).toMatch(/no common ancestor/);
  });
});

describe('the change of a pipeline', () => {
  it.each([1, 2])('the platform’s merge commit, fetched to a depth of %i', async depth => {
    await using dir = await tempDir('base');
    const { repo, head, tip } = history(dir.join('origin'));
    repo.git('checkout', '--quiet', '-b', 'merged');
    const merged = repo.merge('feature');
    repo.git('checkout', '--quiet', 'main');
    const job = checkout(repo.dir, dir.join('job'), merged, depth);
    const before = snapshot(job);
    const outcome = await checkDir(job.dir, { change: { baseSha: tip, headSha: head } });
    expect(outcome.report.compared).toEqual({ mode: 'diff', base: 'main', commit: tip });
    expect(lines(outcome)).toEqual([
      'new replace/local-escapes go.mod:7',
      'existing replace/local-escapes b/go.mod:5',
      'existing replace/local-escapes go.mod:5',
    ]);
    expect(outcome.exitCode).toBe(1);
    expect(snapshot(job)).toEqual(before);
  });

  it('a merge commit onto a newer base than the event names', async () => {
    await using dir = await tempDir('base');
    const { repo, left, head, tip } = history(dir.join('origin'));
    const merged = repo.merge('feature');
    const job = checkout(repo.dir, dir.join('job'), merged);
    const outcome = await checkDir(job.dir, { change: { baseSha: left, headSha: head } });
    expect(outcome.report.compared).toMatchObject({ commit: tip });
    expect(outcome.report.policy.commit).toBe(tip);
    expect(lines(outcome)[0]).toBe('new replace/local-escapes go.mod:7');
    expect(
      lines(outcome)
        .slice(1)
        .every(line => line.startsWith('existing')),
    ).toBe(true);
  });

  it('the head itself, to a depth of 1', async () => {
    await using dir = await tempDir('base');
    const { repo, left, head, tip } = history(dir.join('origin'));
    const job = checkout(repo.dir, dir.join('job'), head);
    const outcome = await checkDir(job.dir, { change: { baseSha: tip, headSha: head } });
    expect(outcome.report.compared).toEqual({ mode: 'diff', base: 'main', commit: left });
    expect(found(outcome)).toEqual(EXPECTED);
  });

  it('parents that the author of the head has chosen do not count', async () => {
    await using dir = await tempDir('base');
    const { repo, tip } = history(dir.join('origin'));
    // The author merges a commit with the finding and no history as first parent.
    repo.git('checkout', '--quiet', '--orphan', 'mine');
    repo.commit({ 'go.mod': goMod('example.com/a', bad('old'), bad('new')), 'b/go.mod': null });
    repo.git('merge', '--quiet', '--allow-unrelated-histories', '--strategy=ours', '--no-edit', 'main~1');
    const head = repo.git('rev-parse', 'HEAD');
    const job = checkout(repo.dir, dir.join('job'), head, 50);
    const outcome = await checkDir(job.dir, { change: { baseSha: tip, headSha: head } });
    expect(found(outcome)).toEqual(EXPECTED);
  });

  it('a merge group of one squashed commit', async () => {
    await using dir = await tempDir('base');
    const { repo, tip } = history(dir.join('origin'));
    repo.git('merge', '--quiet', '--squash', 'feature');
    const group = repo.commit();
    const job = checkout(repo.dir, dir.join('job'), group);
    const change = { kind: 'merge-group', baseSha: tip, headSha: group } as const;
    const outcome = await checkDir(job.dir, { change });
    expect(outcome.report.compared).toMatchObject({ commit: tip });
    expect(lines(outcome)[0]).toBe('new replace/local-escapes go.mod:7');
  });

  it('an event that names only the branch', async () => {
    await using dir = await tempDir('base');
    const { repo, left, head } = history(dir.join('origin'));
    const job = checkout(repo.dir, dir.join('job'), head);
    const outcome = await checkDir(job.dir, { change: {} });
    expect(outcome.report.compared).toEqual({ mode: 'diff', base: 'main', commit: left });
  });

  it('the pipeline of a fork: what its origin lacks comes from the target repository', async () => {
    await using dir = await tempDir('base');
    const { repo, left, head } = history(dir.join('acme.git'));
    const fork = clone(repo.dir, dir.join('fork'), '--branch=feature', '--single-branch');
    const tip = repo.commit({ '.modgate.yaml': 'version: 1\nrules: {replace/local-escapes: warning}\n' });
    const job = checkout(fork.dir, dir.join('job'), head);
    const target = `file://${repo.dir}`.replace(/\.git$/, '');
    const change = { baseSha: left, tipUnknown: true, headSha: head, repository: target, fork: true };
    const outcome = await checkDir(job.dir, { change });
    expect(found(outcome)).toEqual(EXPECTED);
    expect(outcome.report.findings[0]?.level).toBe('warning');
    expect(outcome.report.policy).toEqual({ files: ['.modgate.yaml'], commit: tip });
    // Where the target cannot be reached, the policy of the commit that was left is better than none, and said.
    const away = await checkDir(job.dir, { change: { ...change, repository: `${target}-gone` } });
    expect(found(away)).toEqual(EXPECTED);
    expect(away.report.findings[0]?.level).toBe('error');
    expect(away.report.policy).toEqual({ files: [], commit: left });
    expect(notices(away)).toMatch(/the policy is that of [0-9a-f]{12}, where the change left main/);
  });

  it('a partial clone gets what it lacks at once and stays as it was', async () => {
    await using dir = await tempDir('base');
    const { repo, head, tip } = history(dir.join('origin'));
    repo.git('config', 'uploadpack.allowFilter', 'true');
    repo.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    repo.git('checkout', '--quiet', 'feature');
    const job = clone(repo.dir, dir.join('job'), '--filter=blob:none', '--branch=feature');
    const before = snapshot(job);
    const outcome = await checkDir(job.dir, { change: { baseSha: tip, headSha: head } });
    expect(found(outcome)).toEqual(EXPECTED);
    expect(snapshot(job).config).toEqual(before.config);
    const shallow = checkout(repo.dir, dir.join('shallow'), head);
    expect(found(await checkDir(shallow.dir, { change: { baseSha: tip, headSha: head } }))).toEqual(EXPECTED);
  });
});

describe('a base that cannot be had', () => {
  it('everything is checked, loudly, and the check is incomplete', async () => {
    await using dir = await tempDir('base');
    const { repo, head } = history(dir.join('origin'));
    repo.git('checkout', '--quiet', 'feature');
    repo.commit({ 'go.mod': goMod('example.com/a') });
    const clean = repo.git('rev-parse', 'HEAD');
    for (const [sha, code] of [
      [clean, 4],
      [head, 1],
    ] as const) {
      const job = checkout(repo.dir, dir.join(`job-${code}`), sha);
      job.git('remote', 'set-url', 'origin', 'https://user:hunter2@127.0.0.1:9/acme/demo.git');
      const outcome = await checkDir(job.dir, { change: { baseSha: '1'.repeat(40), headSha: sha } });
      expect(outcome.exitCode).toBe(code);
      expect(outcome.report.compared).toEqual({ mode: 'full' });
      expect(notices(outcome)).toMatch(
        /everything is checked, because the base .*127\.0\.0\.1:9.*fetch-depth: 2/,
      );
      expect(notices(outcome)).not.toContain('hunter2');
    }
  });

  it('a base that was deleted since', async () => {
    await using dir = await tempDir('base');
    const { repo, head } = history(dir.join('origin'));
    const job = checkout(repo.dir, dir.join('job'), head);
    const outcome = await checkDir(job.dir, { change: { baseSha: '1'.repeat(40), headSha: head } });
    expect(outcome.exitCode).toBe(1);
    expect(notices(outcome)).toMatch(/everything is checked/);
    const named = await checkDir(job.dir, { change: { baseRef: 'gone', headSha: head } });
    expect(notices(named)).toMatch(/does not tell the target branch|gone/);
  });

  it.each(['tip', 'older'])(
    'a checkout of the target itself (%s) holds nothing of the change',
    async which => {
      await using dir = await tempDir('base');
      const { repo, left, head, tip } = history(dir.join('origin'));
      const job = clone(repo.dir, dir.join('job'));
      if (which === 'older') job.git('checkout', '--quiet', left);
      const outcome = await checkDir(job.dir, { change: { baseSha: tip, headSha: head } });
      expect(notices(outcome)).toMatch(/is the target branch itself/);
      // The old findings are all new now, since nothing tells them apart.
      expect(outcome.exitCode).toBe(1);
      const tidy = await checkDir(job.dir, {
        change: { baseSha: tip, headSha: head },
        cap: 'warning',
      });
      expect(tidy.exitCode).toBe(0);
    },
  );

  it('no repository and no git at all', async () => {
    await using dir = await tempDir('base');
    const { head } = history(dir.join('repo'));
    const outcome = await checkDir(dir.join('repo'), {
      change: { baseSha: head },
      env: { PATH: dir.path },
    });
    expect(outcome.exitCode).toBe(1);
    expect(notices(outcome)).toMatch(/there is no git on PATH/);
    expect(lines(outcome)).toContain('new replace/local-escapes go.mod:5');
  });
});

/** What a check must not touch. */
function snapshot(repo: TestRepository): Record<string, string> {
  const read = (name: string): string => {
    try {
      return readFileSync(repo.join('.git', name), 'utf8');
    } catch {
      return 'none';
    }
  };
  return {
    config: read('config'),
    shallow: read('shallow'),
    head: read('HEAD'),
    fetched: read('FETCH_HEAD'),
    index: read('index'),
    refs: repo.git('for-each-ref'),
    files: readdirSync(repo.join('.git')).join(' '),
    status: repo.git('status', '--porcelain'),
  };
}
