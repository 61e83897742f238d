import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { RULE_IDS } from '../../src/config/rule-ids.ts';
import { modgate } from '../support/modgate.ts';
import type { Finished } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

type Files = Readonly<Record<string, string>>;

/** Runs `modgate config ARGS` in a repository with these files, as on a laptop. */
async function config(files: Files, args: readonly string[], env: Files = {}): Promise<Finished> {
  await using dir = await tempDir('config-verb');
  execFileSync('git', ['init', '-q'], { cwd: dir.path });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(dir.join(name)), { recursive: true });
    writeFileSync(dir.join(name), text);
  }
  mkdirSync(dir.join('sub'), { recursive: true });
  const { PATH, HOME = dir.path } = process.env;
  return await modgate(['config', ...args], { cwd: dir.join('sub'), env: { PATH, HOME, ...env } });
}

const FILE = `version: 1
extends: [ci/base.yaml]
hosts:
  allow: [github.com, corp.example.com]
rules:
  work/committed: note
proxy:
  upstream: ["https://u:s3cret@proxy.example.com"]
`;
const BASE =
  'rules: {work/committed: error}\nproxy: {modcache: isolated}\nhosts: {deny: [evil.example.com]}\n';

describe('modgate config validate', () => {
  it('says that a file is valid, wherever in the repository it is asked', async () => {
    const { code, stdout, stderr } = await config({ '.modgate.yaml': FILE, 'ci/base.yaml': BASE }, [
      'validate',
    ]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'ci/base.yaml, .modgate.yaml: valid\n',
      stderr: '',
    });
    const none = await config({}, ['validate']);
    expect(none.code).toBe(0);
    expect(none.stdout).toMatch(/^there is no .*: the default policy is in force\n$/);
  });

  it('prints every problem at its place, waivers that cannot count among them', async () => {
    const broken = await config({ '.modgate.yaml': 'hosst: {}\nrules:\n  replace/stal: off\n' }, [
      'validate',
    ]);
    expect(broken.code).toBe(2);
    expect(broken.stdout.split('\n')).toEqual([
      '.modgate.yaml:1:1: unknown key "hosst" here; did you mean hosts?',
      '.modgate.yaml:3:3: unknown rule "replace/stal"; did you mean replace/stale?',
      '',
    ]);
    const waivers =
      'waivers:\n  - {rule: replace/stale, owner: ann}\n  - {rule: sum/changed, file: go.sum}\n';
    const incomplete = await config({ '.modgate.yaml': waivers }, ['validate', '--format', 'json']);
    expect(incomplete.code).toBe(2);
    expect(JSON.parse(incomplete.stdout)).toMatchObject({
      schema: 1,
      valid: false,
      files: ['.modgate.yaml'],
      problems: [
        { where: '.modgate.yaml', line: 2, column: 5, message: expect.stringContaining('no reason') },
        { where: '.modgate.yaml', line: 3, column: 5, message: expect.stringContaining('no owner') },
      ],
    });
  });

  it('takes another file, and a floor', async () => {
    const files = {
      'other.yaml': 'fail-on: never',
      'floor.yaml': 'hosts: {allow: [GitHub.com]}',
      '.modgate.yaml': '',
    };
    const other = await config(files, ['validate', '../other.yaml']);
    expect(other.code).toBe(2);
    expect(other.stdout).toMatch(/^other\.yaml:1:10: fail-on: "never" is not one of/);
    const floor = await config(files, ['validate', '--floor', '../floor.yaml']);
    expect(floor.code).toBe(2);
    expect(floor.stdout).toMatch(/floor\.yaml:1:17: hosts\.allow\[0\]: "GitHub\.com" has an upper-case host/);
    expect((await config(files, ['validate', 'gone.yaml'])).code).toBe(2);
  });

  it('lets nothing of the file through as it is to a runner’s log', async () => {
    const text = 'rules: {"x\\n::error::pwned\\e[31m": off, "##[error]y": off}\n';
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: '', RUNNER_TEMP: '' };
    for (const more of [{}, env]) {
      const { stdout, stderr } = await config({ '.modgate.yaml': text }, ['validate'], more);
      expect(stdout + stderr).not.toMatch(/^::|\u001b/m);
      if (more === env) expect(stdout + stderr).not.toContain('##[error]');
    }
  });

  it('keeps warnings out of the result', async () => {
    const { code, stdout, stderr } = await config({ '.modgate.yaml': 'hosts: {deny: ["*"]}' }, ['validate']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '.modgate.yaml: valid\n' });
    expect(stderr).toMatch(/^modgate: warning: \.modgate\.yaml:1: hosts\.deny: "\*" matches every host/);
  });
});

describe('modgate config explain', () => {
  const files = { '.modgate.yaml': FILE, 'ci/base.yaml': BASE };

  it('shows each value with where it came from', async () => {
    const { code, stdout } = await config(
      files,
      ['explain', '--save', 'never', '--floor', '../ci/base.yaml'],
      {
        MODGATE_PREFETCH: '3',
      },
    );
    expect(code).toBe(0);
    const rows = Object.fromEntries(stdout.split('\n').map(line => [line.split(/ {2,}/)[0], line]));
    expect(rows['proxy.prefetch']).toMatch(/ 3 +environment variable MODGATE_PREFETCH$/);
    expect(rows['cache.save']).toMatch(/ never +--save$/);
    expect(rows['cache.max-size']).toMatch(/ 5GB +default$/);
    expect(rows['proxy.modcache']).toMatch(/ isolated +ci\/base\.yaml:2 \(extended\)$/);
    expect(rows['proxy.on-failure']).toMatch(/ fail +default, because there is a policy$/);
    expect(rows['rules.work/committed']).toMatch(/ error +ci\/base\.yaml:1$/);
    expect(rows['rules.replace/stale']).toMatch(/ off +default$/);
    expect(rows['rules.sum/changed']).toMatch(/ error +always$/);
    expect(stdout).toMatch(/^hosts\.deny +evil\.example\.com +\S*ci\/base\.yaml:3 \(floor\)$/m);
    expect(stdout).toMatch(/^hosts\.allow +corp\.example\.com +\.modgate\.yaml:4$/m);
    expect(stdout).not.toContain('s3cret');
  });

  it('shows one rule with what each file says of it', async () => {
    const { stdout } = await config(files, ['explain', 'work/committed']);
    expect(stdout).toBe(
      `work/committed: error (ci/base.yaml:1)
  reports go.work files in the repository
  ci/base.yaml: error (ci/base.yaml:1)
  .modgate.yaml: note (.modgate.yaml:6)
  the strictest of these counts
`,
    );
  });

  it('shows a part, also for scripts', async () => {
    const part = await config(files, ['explain', 'proxy', '--format', 'json']);
    const { values, rules, sources } = JSON.parse(part.stdout) as {
      values: { key: string; value: unknown; origin: object; from: string }[];
      rules: unknown[];
      sources: string[];
    };
    expect(sources).toEqual(['ci/base.yaml', '.modgate.yaml']);
    expect(rules).toEqual([]);
    expect(values.every(({ key }) => key.startsWith('proxy.'))).toBe(true);
    expect(values).toContainEqual({
      key: 'proxy.modcache',
      value: 'isolated',
      origin: { from: 'file', file: 'ci/base.yaml', line: 2, as: 'parent' },
      from: 'ci/base.yaml:2 (extended)',
    });
    const all = JSON.parse((await config({}, ['explain', 'rules', '--format', 'json'])).stdout) as {
      rules: { rule: string; about: string }[];
    };
    expect(all.rules.map(({ rule }) => rule)).toEqual(RULE_IDS);
    expect(all.rules.every(({ about }) => about.length > 10)).toBe(true);
    expect((await config({}, ['explain', 'waivers'])).stdout).toBe('the list is empty\n');
  });

  it.each([
    [['explain', 'hosst'], /there is no key or rule "hosst"; did you mean hosts\?/],
    [['explain', 'replace/stal'], /did you mean replace\/stale\?/],
    [['explain', 'proxy', 'cache'], /too many arguments/],
    [['validat'], /config cannot "validat"; did you mean validate\?/],
    [[], /config wants to know what/],
    [['explain', '--format', 'yaml'], /--format wants text or json/],
    [['explain', '--prefetch', '65'], /--prefetch wants a whole number/],
    [['validate', '--floor', 'gone.yaml'], /--floor gone\.yaml: there is no such file/],
  ])('modgate config %j is a usage error', async (args, message) => {
    const { code, stdout, stderr } = await config({}, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('in a pull request', () => {
  it('the configuration of the target branch is explained, and that of the checkout validated', async () => {
    await using dir = await tempDir('config-change');
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args], {
        cwd: dir.path,
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    writeFileSync(dir.join('.modgate.yaml'), 'fail-on: note\n');
    git('add', '.');
    git('commit', '-q', '-m', 'base');
    const base = git('rev-parse', 'HEAD');
    writeFileSync(dir.join('.modgate.yaml'), 'fail-on: error\nhosst: 1\n');
    git('commit', '-q', '-a', '-m', 'head');
    writeFileSync(
      dir.join('event.json'),
      JSON.stringify({
        pull_request: {
          number: 1,
          base: { sha: base, ref: 'main', repo: { full_name: 'acme/x' } },
          head: { sha: git('rev-parse', 'HEAD'), ref: 'change', repo: { full_name: 'acme/x' } },
        },
      }),
    );
    const env = {
      PATH: process.env.PATH,
      HOME: dir.path,
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: dir.join('event.json'),
      GITHUB_WORKSPACE: dir.path,
      GITHUB_REPOSITORY: 'acme/x',
      RUNNER_TEMP: dir.path,
    };
    const explained = await modgate(['config', 'explain', 'fail-on'], { cwd: dir.path, env });
    expect(explained.stderr).toContain(`commit ${base}`);
    expect(explained.stdout).toMatch(/^fail-on +note +\.modgate\.yaml:1$/m);
    expect(explained.code).toBe(0);
    const validated = await modgate(['config', 'validate'], { cwd: dir.path, env });
    expect(validated.code).toBe(2);
    expect(validated.stdout).toMatch(/^\.modgate\.yaml:2:1: unknown key "hosst"/);
  });
});

describe('modgate config schema', () => {
  it('prints a JSON Schema that fits the file', async () => {
    const { code, stdout } = await config({ '.modgate.yaml': 'broken: [' }, ['schema']);
    expect(code).toBe(0);
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(stdout) as object);
    expect(validate({ version: 1, rules: { 'replace/stale': 'error' } })).toBe(true);
    expect(validate({ version: 1, rules: { 'replace/stal': 'error' } })).toBe(false);
  });
});
