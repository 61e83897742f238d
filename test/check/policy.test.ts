import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CheckError } from '../../src/check/errors.ts';
import type { CheckOutcome } from '../../src/check/types.ts';
import { ConfigError } from '../../src/config/errors.ts';
import { PolicyError } from '../../src/policy/errors.ts';
import { tempDir } from '../support/temp.ts';
import {
  type CheckSettings,
  checkDir,
  checkout,
  goMod,
  lines,
  notices,
  TestRepository,
} from './repository.ts';

const DENY = 'version: 1\nhosts: {deny: [evil.example]}\n';
const EVIL = 'require evil.example/lib v1.0.0';
const WAIVER = `${DENY}waivers:
  - {rule: host/not-allowed, module: evil.example/lib, owner: me, reason: I like it, expires: 2026-12-31}
`;

/** A pull request: what main has, what its author changes. The clone is complete, its remote does not matter. */
async function pullRequest(
  base: Readonly<Record<string, string | null>>,
  change: Readonly<Record<string, string | null>>,
  settings: CheckSettings = {},
): Promise<CheckOutcome> {
  await using dir = await tempDir('policy');
  const repo = new TestRepository(dir.path);
  const baseSha = repo.commit({ 'go.mod': goMod('example.com/a'), ...base });
  const headSha = repo.commit(change);
  return await checkDir(dir.path, { change: { baseSha, headSha }, ...settings });
}

function statuses({ report }: CheckOutcome): string[] {
  return report.findings.map(({ status, rule, level }) => `${status} ${rule} ${level}`);
}

const evilMod = { 'go.mod': goMod('example.com/a', EVIL) };

describe('in a pull request the policy of the base counts', () => {
  it.each([
    ['a waiver for itself', { '.modgate.yaml': WAIVER }],
    ['a policy without the rule', { '.modgate.yaml': `${DENY}rules: {host/not-allowed: off}\n` }],
    ['a policy that fails for nothing', { '.modgate.yaml': 'version: 1\n' }],
    ['no policy any more', { '.modgate.yaml': null }],
    ['the policy at another place', { '.modgate.yaml': null, '.github/modgate.yaml': 'version: 1\n' }],
    ['a directory that is skipped', { '.modgate.yaml': `${DENY}check: {skip: [sub]}\n` }],
  ])('%s changes nothing and is shown as a preview', async (_, change) => {
    const outcome = await pullRequest(
      { '.modgate.yaml': DENY },
      { ...change, 'sub/go.mod': goMod('example.com/a/sub', EVIL) },
    );
    expect(statuses(outcome)).toEqual(['new host/not-allowed error']);
    expect(outcome.exitCode).toBe(1);
    expect(outcome.report.policy.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(outcome.report.preview?.failed).toBe(false);
    expect(outcome.report.preview?.invalid).toBeUndefined();
  });

  it('a baseline that the change brings along does not count', async () => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.path);
    const baseSha = repo.commit({ 'go.mod': goMod('example.com/a'), '.modgate.yaml': DENY });
    const headSha = repo.commit(evilMod);
    await checkDir(dir.path, { updateBaseline: true });
    expect(readFileSync(repo.join('.modgate-baseline.json'), 'utf8')).toContain('evil.example/lib');
    for (const commit of [headSha, repo.commit()]) {
      const outcome = await checkDir(dir.path, { change: { baseSha, headSha: commit } });
      expect(statuses(outcome)).toEqual(['new host/not-allowed error']);
      expect(outcome.report.preview).toMatchObject({ file: '.modgate-baseline.json', failed: false });
      expect(outcome.report.preview?.findings.map(({ status }) => status)).toEqual(['baseline']);
    }
  });

  it('waivers and baseline of the base do count', async () => {
    const waived = await pullRequest({ '.modgate.yaml': WAIVER }, evilMod);
    expect(statuses(waived)).toEqual(['waived host/not-allowed error']);
    expect(waived.exitCode).toBe(0);
    expect(waived.report.preview).toBeUndefined();
  });

  it('the tip of the base counts and not what the branch left from', async () => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a') });
    repo.git('checkout', '--quiet', '-b', 'feature');
    const headSha = repo.commit(evilMod);
    repo.git('checkout', '--quiet', 'main');
    const baseSha = repo.commit({ '.modgate.yaml': DENY });
    repo.git('checkout', '--quiet', 'feature');
    const outcome = await checkDir(dir.path, { change: { baseSha, headSha } });
    expect(statuses(outcome)).toEqual(['new host/not-allowed error']);
    expect(outcome.report.policy).toEqual({ files: ['.modgate.yaml'], commit: baseSha });
    const explicit = await checkDir(dir.path, { base: 'main' });
    expect(statuses(explicit)).toEqual(['new host/not-allowed error']);
  });

  it('a policy that the change makes stricter is only a preview, with what it would say', async () => {
    const outcome = await pullRequest({}, { ...evilMod, '.modgate.yaml': DENY });
    expect(outcome.exitCode).toBe(0);
    expect(outcome.report.policy.files).toEqual([]);
    expect(outcome.report.preview).toMatchObject({ file: '.modgate.yaml', failed: true });
    expect(outcome.report.preview?.findings.map(({ rule }) => rule)).toEqual(['host/not-allowed']);
  });

  it.each([
    ['not YAML', { '.modgate.yaml': 'version: [' }],
    ['a wrong key', { '.modgate.yaml': 'version: 1\nhots: {}\n' }],
    ['two files', { '.github/modgate.yaml': 'version: 1\n' }],
    ['a broken baseline', { '.modgate-baseline.json': '{' }],
  ])('a policy that the change breaks (%s) is told and no reason to stop', async (_, change) => {
    const outcome = await pullRequest({ '.modgate.yaml': DENY }, change);
    expect(outcome.exitCode).toBe(0);
    expect(outcome.report.preview?.failed).toBe(true);
    expect(outcome.report.preview?.invalid).toBeTruthy();
    expect(notices(outcome)).toMatch(/warning: .* of this change cannot be used/);
  });

  it('a policy or baseline that is broken on the base itself stops the check', async () => {
    const mended = { '.modgate.yaml': DENY, '.modgate-baseline.json': null };
    await expect(pullRequest({ '.modgate.yaml': 'version: 2\n' }, mended)).rejects.toBeInstanceOf(
      ConfigError,
    );
    await expect(
      pullRequest({ '.modgate.yaml': DENY, '.github/modgate.yaml': DENY }, { '.github/modgate.yaml': null }),
    ).rejects.toMatchObject({ code: 'config-ambiguous' });
    await expect(pullRequest({ '.modgate-baseline.json': '{' }, mended)).rejects.toBeInstanceOf(PolicyError);
  });

  it('--config inside the repository is read from the base as well, outside from the disk', async () => {
    const other = 'policies/strict.yaml';
    const loosened = { ...evilMod, [other]: 'version: 1\n' };
    const inside = await pullRequest({ [other]: DENY }, loosened, { config: other });
    expect(statuses(inside)).toEqual(['new host/not-allowed error']);
    // The base does not know the file yet: the default policy, with a preview.
    const fresh = await pullRequest({}, { ...evilMod, [other]: DENY }, { config: other });
    expect(fresh.exitCode).toBe(0);
    expect(fresh.report.policy.files).toEqual([]);
    expect(fresh.report.preview?.failed).toBe(true);
    await expect(pullRequest({}, evilMod, { config: other })).rejects.toMatchObject({
      code: 'config-missing',
    });

    await using dir = await tempDir('policy');
    writeFileSync(dir.join('outside.yaml'), DENY);
    const outside = await pullRequest({}, evilMod, { config: dir.join('outside.yaml') });
    expect(statuses(outside)).toEqual(['new host/not-allowed error']);
    expect(outside.report.preview).toBeUndefined();
  });

  it('what a policy of the base extends comes from the base', async () => {
    const own = 'version: 1\nextends: [policies/shared.yaml]\n';
    const outcome = await pullRequest(
      { '.modgate.yaml': own, 'policies/shared.yaml': DENY },
      { ...evilMod, 'policies/shared.yaml': 'version: 1\n' },
    );
    expect(statuses(outcome)).toEqual(['new host/not-allowed error']);
    expect(outcome.report.policy.files).toEqual(['policies/shared.yaml', '.modgate.yaml']);
    expect(outcome.report.preview?.failed).toBe(false);
  });

  it('links of the base are followed inside the repository and no further', async () => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.path);
    const baseSha = repo.commit({
      'go.mod': goMod('example.com/a'),
      '.modgate.yaml': { link: 'policies/own.yaml' },
      'policies/own.yaml': DENY,
    });
    const headSha = repo.commit(evilMod);
    const outcome = await checkDir(dir.path, { change: { baseSha, headSha } });
    expect(statuses(outcome)).toEqual(['new host/not-allowed error']);
    const away = repo.commit({ '.modgate.yaml': { link: '../../etc/passwd' } });
    repo.commit(evilMod);
    await expect(checkDir(dir.path, { change: { baseSha: away } })).rejects.toThrow(
      /leads out of the repository/,
    );
  });
});

describe('without the base nothing of the change loosens the default policy', () => {
  const escaping = goMod('example.com/a', 'replace example.com/x => ../../x', EVIL);

  async function withoutBase(policy: string): Promise<CheckOutcome> {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.join('origin'));
    const headSha = repo.commit({ 'go.mod': escaping, '.modgate.yaml': policy, 'sub/go.mod': escaping });
    const job = checkout(repo.dir, dir.join('job'), headSha);
    job.git('remote', 'remove', 'origin');
    return await checkDir(job.dir, { change: { baseSha: '1'.repeat(40), headSha } });
  }

  it('rules that are off, waivers and skipped directories do not count', async () => {
    const outcome = await withoutBase(`version: 1
rules: {replace/local-escapes: off}
check: {skip: [sub]}
waivers:
  - {rule: replace/local-escapes, owner: me, reason: I like it, expires: 2026-12-31}
`);
    expect(lines(outcome)).toEqual([
      'new replace/local-escapes go.mod:5',
      'new replace/local-escapes sub/go.mod:5',
    ]);
    expect(notices(outcome)).toMatch(/no remote/);
    expect(notices(outcome)).toMatch(/waivers and baseline do not count/);
  });

  it('what is stricter counts', async () => {
    const outcome = await withoutBase(DENY);
    expect(lines(outcome)).toContain('new host/not-allowed go.mod:7');
  });
});

describe('a floor', () => {
  it('can be tightened and not loosened, also where there is no change', async () => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.join('repo'));
    repo.commit({
      ...evilMod,
      '.modgate.yaml': 'version: 1\nhosts: {deny: [other.example]}\nrules: {host/not-allowed: off}\n',
    });
    writeFileSync(dir.join('floor.yaml'), DENY);
    expect((await checkDir(repo.dir)).exitCode).toBe(0);
    const outcome = await checkDir(repo.dir, { floor: dir.join('floor.yaml') });
    expect(statuses(outcome)).toEqual(['new host/not-allowed error']);
    repo.write({ '.modgate.yaml': WAIVER });
    const waived = await checkDir(repo.dir, { floor: dir.join('floor.yaml') });
    expect(statuses(waived)).toContain('new host/not-allowed error');
    expect(waived.exitCode).toBe(1);
  });

  it('that cannot be read stops the check', async () => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a') });
    const withFloor = (floor: string) => checkDir(dir.path, { floor });
    await expect(withFloor('nowhere.yaml')).rejects.toThrow(/--floor nowhere\.yaml: there is no such file/);
    await expect(withFloor('acme/policies/p.yaml@main')).rejects.toThrow(/write the full commit/);
    await expect(withFloor(`acme/policies/p.yaml@${'1'.repeat(40)}`)).rejects.toThrow(/has no remote/);
    await expect(withFloor(`acme/policies/p.yaml@${'1'.repeat(40)}`)).rejects.toBeInstanceOf(CheckError);
  });
});

describe('--update-baseline', () => {
  it('takes in what is there, then only shrinks', async () => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.path);
    repo.commit({ 'go.mod': goMod('example.com/a', EVIL), '.modgate.yaml': DENY });
    const first = await checkDir(dir.path, { updateBaseline: true });
    expect(first.exitCode).toBe(0);
    expect(statuses(first)).toEqual(['baseline host/not-allowed error']);
    expect(notices(first)).toMatch(/\.modgate-baseline\.json: 0 kept, 1 added, 0 removed$/m);
    expect((await checkDir(dir.path)).exitCode).toBe(0);

    repo.write({ 'go.mod': goMod('example.com/a', 'require evil.example/other v1.0.0') });
    const stale = await checkDir(dir.path);
    expect(statuses(stale).sort()).toEqual(['new host/not-allowed error', 'new policy/baseline-stale error']);
    const second = await checkDir(dir.path, { updateBaseline: true });
    expect(notices(second)).toMatch(
      /warning: .*0 kept, 0 added, 1 removed; 1 new findings were not taken in: a baseline only shrinks/,
    );
    expect(statuses(second)).toEqual(['new host/not-allowed error']);
    expect(second.exitCode).toBe(1);
  });

  it('is about the whole repository, and about what is there now', async () => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.path);
    repo.commit({
      'go.mod': goMod('example.com/a', EVIL),
      'sub/go.mod': goMod('example.com/b'),
      '.modgate.yaml': DENY,
    });
    await expect(checkDir(repo.join('sub'), { updateBaseline: true })).rejects.toThrow(/whole repository/);
    await expect(checkDir(dir.path, { updateBaseline: true, base: 'main' })).rejects.toThrow(
      /leave out --base/,
    );
    expect(existsSync(repo.join('.modgate-baseline.json'))).toBe(false);
  });

  it('writes through no link, and tells when it cannot write', async () => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.join('repo'));
    repo.commit({
      'go.mod': goMod('example.com/a', EVIL),
      '.modgate.yaml': `${DENY}baseline: b/baseline.json\n`,
    });
    writeFileSync(dir.join('target'), 'untouched');
    repo.write({ 'b/baseline.json': { link: dir.join('target') } });
    await checkDir(repo.dir, { updateBaseline: true });
    expect(readFileSync(dir.join('target'), 'utf8')).toBe('untouched');
    repo.write({ b: null });
    mkdirSync(repo.join('b', 'baseline.json'), { recursive: true });
    await expect(checkDir(repo.dir, { updateBaseline: true })).rejects.toMatchObject({ code: 'io' });
  });
});

describe('--level', () => {
  it.each(['note', 'warning', 'error'] as const)('%s: nothing counts for more, nothing fails', async cap => {
    await using dir = await tempDir('policy');
    const repo = new TestRepository(dir.path);
    repo.commit({ ...evilMod, '.modgate.yaml': DENY });
    const outcome = await checkDir(dir.path, { cap });
    expect(statuses(outcome)).toEqual([`new host/not-allowed ${cap}`]);
    expect(outcome.report.failed).toBe(false);
    expect(outcome.exitCode).toBe(0);
  });
});
