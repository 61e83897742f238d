import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GIT_ENV, goMod, TestRepository } from '../check/repository.ts';
import { CLI, modgate } from '../support/modgate.ts';
import { giveToNobody, runAsNobody } from '../support/other-user.ts';
import type { Finished } from '../support/process.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempDir } from '../support/temp.ts';

const BROKEN = 'replace example.com/lib => ./lib';

function check(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return modgate(['check', ...args], { cwd, env: { ...GIT_ENV, ...env } });
}

function broken(dir: string): TestRepository {
  const repo = new TestRepository(dir);
  repo.commit({ 'go.mod': goMod('example.com/a', BROKEN) });
  return repo;
}

describe('exit codes', () => {
  it('0 and 1 by what is found', async () => {
    await using dir = await tempDir('cli');
    const repo = broken(dir.path);
    const failed = await check(dir.path, []);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/^go\.mod:5:\d+: error: .*\[replace\/local-broken\]/);
    expect(failed.stderr).toBe('');
    expect((await check(dir.path, ['--base', 'HEAD'])).code).toBe(0);
    expect((await check('/', [repo.dir])).code).toBe(1);
    for (const level of ['warn', 'warning', 'note', 'error']) {
      expect((await check(dir.path, ['--level', level])).code).toBe(0);
    }
    expect((await check(dir.path, ['--level', 'warn'])).stdout).toMatch(/^go\.mod:5:\d+: warning: /);
  });

  it.each([
    [['--base', 'nowhere'], /--base nowhere: there is no such commit/],
    [['nowhere'], /nowhere is no directory/],
    [['a', 'b'], /check takes one directory/],
    [['--', 'x'], /check takes one directory/],
    [['--format', 'yaml'], /--format wants text, json, .*not "yaml"/],
    [['--format', 'json='], /file name behind the sign/],
    [['--format', 'json', '--format', 'text'], /only one --format can go to stdout/],
    [['--format', 'json=a', '--output', 'b'], /--output names the file of one --format/],
    [['--level', 'fatal'], /--level wants error, warn or note/],
    [['--levle', 'warn'], /unknown option --levle; did you mean --level\?/],
    [['--config', 'nowhere.yaml'], /nowhere\.yaml: there is no such file/],
    [['--floor', 'nowhere.yaml'], /--floor nowhere\.yaml: there is no such file/],
    [['--update-baseline', '--base', 'HEAD'], /leave out --base/],
  ])('2 for %j', async (args, message) => {
    await using dir = await tempDir('cli');
    broken(dir.path);
    const finished = await check(dir.path, args);
    expect(finished.stderr).toMatch(message);
    expect(finished.code).toBe(2);
    expect(finished.stdout).toBe('');
  });

  it('2 for a policy that cannot be used, and for two of them', async () => {
    await using dir = await tempDir('cli');
    const repo = broken(dir.path);
    repo.write({ '.modgate.yaml': 'version: 1\nhots: {}\n' });
    const wrong = await check(dir.path, []);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/\.modgate\.yaml:2:1: unknown key "hots".*did you mean hosts/);
    repo.write({ '.modgate.yaml': 'version: 1\n', '.github/modgate.yaml': 'version: 1\n' });
    const both = await check(dir.path, []);
    expect(both.code).toBe(2);
    expect(both.stderr).toMatch(/keep one of them/);
    repo.write({ '.github/modgate.yaml': null, '.modgate-baseline.json': '{' });
    const baseline = await check(dir.path, []);
    expect(baseline.code).toBe(2);
    expect(baseline.stderr).toMatch(/\.modgate-baseline\.json: is not JSON/);
  });

  it('4 when the base of a pull request cannot be had, and no repository text is a command', async () => {
    await using dir = await tempDir('cli');
    const repo = new TestRepository(dir.join('repo'));
    const sha = repo.commit({ 'go.mod': goMod('example.com/a') });
    const event = { pull_request: { number: 7, base: { sha: '1'.repeat(40), ref: 'main' }, head: { sha } } };
    writeFileSync(dir.join('event.json'), JSON.stringify(event));
    const env = {
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: dir.join('event.json'),
      GITHUB_WORKSPACE: repo.dir,
    };
    const finished = await check(repo.dir, [], env);
    expect(finished.stdout).toMatch(/everything is checked, because the base could not be had/);
    expect(finished.code).toBe(4);
    const name = '::error file=x::hi ##[error]hi';
    repo.commit({ 'go.mod': goMod('example.com/a', `replace "${name}" => ../../x`) });
    const loud = await check(repo.dir, [], env);
    expect(loud.code).toBe(1);
    expect(loud.stdout).toContain('hi');
    expect(loud.stdout).not.toMatch(/^\s*::|##\[/m);
  });
});

describe('results', () => {
  it('each format goes to its file, one to stdout, and --output names the file of the one', async () => {
    await using dir = await tempDir('cli');
    broken(dir.join('repo'));
    const out = (name: string) => dir.join('out', name);
    const files = ['json', 'sarif', 'codequality', 'junit', 'markdown', 'github'];
    const args = files.flatMap(name => ['--format', `${name}=${out(name)}`]);
    const finished = await check(dir.join('repo'), ['--format', 'text', ...args]);
    expect(finished.code).toBe(1);
    expect(finished.stdout).toContain('[replace/local-broken]');
    expect(readdirSync(dir.join('out')).sort()).toEqual([...files].sort());
    const json = JSON.parse(readFileSync(out('json'), 'utf8'));
    expect(json).toMatchObject({ schema: 1, failed: true, summary: { errors: 1 } });
    expect(JSON.parse(readFileSync(out('sarif'), 'utf8')).version).toBe('2.1.0');
    expect(JSON.parse(readFileSync(out('codequality'), 'utf8'))).toHaveLength(1);
    expect(readFileSync(out('junit'), 'utf8')).toMatch(/^<\?xml/);
    expect(readFileSync(out('markdown'), 'utf8')).toContain('replace/local-broken');
    expect(readFileSync(out('github'), 'utf8')).toMatch(/^::error /m);

    const relative = await check(dir.join('repo'), ['--format', 'json', '--output', '../out/one.json']);
    expect(relative.stdout).toBe('');
    expect(relative.code).toBe(1);
    expect(JSON.parse(readFileSync(out('one.json'), 'utf8')).findings).toHaveLength(1);
    const piped = await check(dir.join('repo'), ['--format=json']);
    expect(JSON.parse(piped.stdout)).toEqual(json);
  });

  it('colours only when somebody wants them', async () => {
    await using dir = await tempDir('cli');
    broken(dir.path);
    const ansi = '\u001b[';
    expect((await check(dir.path, [])).stdout).not.toContain(ansi);
    expect((await check(dir.path, [], { FORCE_COLOR: '1' })).stdout).toContain(ansi);
    expect((await check(dir.path, [], { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout).not.toContain(ansi);
    expect((await check(dir.path, ['--no-color'], { FORCE_COLOR: '1' })).stdout).not.toContain(ansi);
  });

  it('a tree without Go passes and says so', async () => {
    await using dir = await tempDir('cli');
    new TestRepository(dir.path).commit({ README: 'x' });
    const finished = await check(dir.path, []);
    expect(finished.code).toBe(0);
    expect(finished.stdout).toMatch(/no go\.mod and no go\.work/);
  });

  it('--update-baseline writes the file, and the next check passes', async () => {
    await using dir = await tempDir('cli');
    broken(dir.path);
    const updated = await check(dir.path, ['--update-baseline']);
    expect(updated.code).toBe(0);
    expect(updated.stdout).toMatch(/1 added/);
    expect(existsSync(dir.join('.modgate-baseline.json'))).toBe(true);
    expect((await check(dir.path, [])).code).toBe(0);
  });
});

describe('a bad day', () => {
  it('a full disk: the file is not half there, the other results are, and it is said', async () => {
    await using dir = await tempDir('cli');
    const repo = new TestRepository(dir.join('repo'));
    const bad = Array.from({ length: 200 }, (_, i) => `replace example.com/lib${i} => ./lib${i}`);
    repo.commit({ 'go.mod': goMod('example.com/a', ...bad) });
    mkdirSync(dir.join('full'));
    await using _disk = await smallDisk(dir.join('full'), '16k');
    const full = dir.join('full', 'report.json');
    const ok = dir.join('ok.json');
    const finished = await check(repo.dir, [
      '--format',
      `sarif=${full}`,
      '--format',
      `json=${ok}`,
      '--format',
      'text',
    ]);
    expect(finished.code).toBe(3);
    expect(finished.stderr).toMatch(/report\.json cannot be written \(ENOSPC\)/);
    expect(readdirSync(dir.join('full'))).toEqual([]);
    expect(JSON.parse(readFileSync(ok, 'utf8')).summary.errors).toBe(200);
    expect(finished.stdout).toContain('[replace/local-broken]');
  });

  it('no git on PATH: what is on the disk is checked, loudly', async () => {
    await using dir = await tempDir('cli');
    broken(dir.path);
    const finished = await check(dir.path, [], { PATH: '/nonexistent' });
    expect(finished.code).toBe(1);
    expect(finished.stdout).toMatch(/git cannot be used \(there is no git on PATH\)/);
    expect(finished.stdout).toContain('[replace/local-broken]');
  });

  it('a corrupt index: the files of HEAD are checked', async () => {
    await using dir = await tempDir('cli');
    const repo = broken(dir.path);
    writeFileSync(repo.join('.git', 'index'), 'DIRC nonsense');
    const finished = await check(dir.path, []);
    expect(finished.code).toBe(1);
    expect(finished.stdout).toMatch(/the index cannot be read .*git reset/);
    expect(finished.stdout).toContain('[replace/local-broken]');
  });

  it('a corrupt repository: what is on the disk is checked', async () => {
    await using dir = await tempDir('cli');
    const repo = broken(dir.path);
    repo.git('pack-refs', '--all');
    writeFileSync(repo.join('.git', 'HEAD'), 'nonsense');
    const finished = await check(dir.path, []);
    expect(finished.code).toBe(1);
    expect(finished.stdout).toMatch(/git cannot be used .*the files on the disk are checked/);
  });

  it.each(['kill', 'fail', 'flood'])(
    'git that is killed, fails or floods (%s): what is on the disk is checked',
    async how => {
      await using dir = await tempDir('cli');
      const repo = broken(dir.join('repo'));
      mkdirSync(dir.join('bin'));
      const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
      const bad = { kill: 'kill -9 $$', fail: 'echo "fatal: no" >&2; exit 128', flood: 'yes' }[how];
      const script = `#!/bin/sh\ncase "$*" in *ls-files*|*ls-tree*) ${bad};; *) exec ${real} "$@";; esac\n`;
      writeFileSync(dir.join('bin', 'git'), script, { mode: 0o755 });
      const finished = await check(repo.dir, [], {
        PATH: `${dir.join('bin')}${path.delimiter}${GIT_ENV.PATH}`,
      });
      expect(finished.stdout).toContain('[replace/local-broken]');
      expect(finished.stdout).toMatch(/the files on the disk are checked/);
      expect(finished.code).toBe(1);
    },
  );

  it('files that are no go.mod: binary, empty, huge, a pipe', async () => {
    await using dir = await tempDir('cli');
    const repo = new TestRepository(dir.path);
    const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256));
    repo.commit({
      'go.mod': goMod('example.com/a'),
      'binary/go.mod': noise,
      'good/go.mod': goMod('example.com/a/good', BROKEN),
      'huge/go.mod': Buffer.alloc(17 * 2 ** 20, 'a'),
      'pipe/go.mod': goMod('example.com/a/pipe', BROKEN),
      'go.sum': noise,
    });
    repo.write({ 'pipe/go.mod': null });
    execFileSync('mkfifo', [repo.join('pipe', 'go.mod')]);
    const finished = await check(dir.path, ['--format', 'json']);
    expect(finished.code).toBe(1);
    const files = JSON.parse(finished.stdout).findings.map(
      (f: { rule: string; file: string }) => `${f.rule} ${f.file}`,
    );
    for (const expected of [
      'gomod/invalid binary/go.mod',
      'gomod/invalid huge/go.mod',
      'gomod/invalid go.sum',
      'replace/local-broken good/go.mod',
      'replace/local-broken pipe/go.mod',
    ]) {
      expect(files).toContain(expected);
    }
  });

  it('a checkout of another user is read, and a file that may not be read is a finding', async () => {
    await using dir = await tempDir('cli');
    const repo = broken(dir.join('repo'));
    repo.commit({ 'secret/go.mod': goMod('example.com/secret') });
    await giveToNobody(dir.path, 0o755);
    execFileSync('chmod', ['-R', 'a+rX', dir.path]);
    execFileSync('chmod', ['0600', repo.join('secret', 'go.mod')]);
    const args = [CLI, 'check', repo.dir, '--format', 'json'];
    const env = { ...GIT_ENV, HOME: dir.path };
    const finished = await runAsNobody(process.execPath, args, { cwd: '/', env });
    const found = JSON.parse(finished.stdout).findings as { rule: string; file: string; message: string }[];
    expect(found.map(({ rule, file }) => `${rule} ${file}`).sort()).toEqual([
      'gomod/invalid secret/go.mod',
      'replace/local-broken go.mod',
    ]);
    expect(found.find(({ file }) => file.startsWith('secret'))?.message).toMatch(/may not read it/);
    expect(JSON.parse(finished.stdout).notices).toEqual([]);
  });
});
