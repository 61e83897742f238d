import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { VERSION } from '../../src/session/version.ts';
import { gitlabProject, type Inputs, type Pipeline } from '../support/gitlab/pipeline.ts';
import { withoutGo } from '../support/go.ts';
import { type Finished, run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

const TEMPLATE = fileURLToPath(new URL('../../gitlab-ci/proxy.yml', import.meta.url));
const PATHS = ['.modgate/.gitignore', '.modgate/store/'];

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await gitlabProject();
});
afterAll(async () => {
  await pipeline[Symbol.asyncDispose]();
});

interface Job {
  readonly stage: string;
  readonly before_script: string[];
  readonly after_script: string[];
  readonly cache: Readonly<Record<string, unknown>>[];
}

/** The jobs of a pipeline as the runner gets them. */
async function expanded(jobs: string, ...inputs: readonly Inputs[]): Promise<(name: string) => Job> {
  await pipeline.define(jobs, ...inputs);
  const all = parse(await pipeline.preview()) as Record<string, Job>;
  return name => {
    const job = all[name];
    if (job === undefined) throw new Error(`there is no job ${name} in the preview`);
    return job;
  };
}

/** One job for each set of inputs. */
async function expandAll(inputs: readonly Inputs[]): Promise<Job[]> {
  const jobs = inputs.map((_, i) => `job${i}: {extends: .modgate${i}, script: [x]}\n`);
  const job = await expanded(jobs.join(''), ...inputs.map((given, i) => ({ ...given, job: `.modgate${i}` })));
  return inputs.map((_, i) => job(`job${i}`));
}

/** The two documents of the template: inputs and definitions. */
async function template(): Promise<unknown[]> {
  return parseAllDocuments(await readFile(TEMPLATE, 'utf8')).map(document => document.toJS() as unknown);
}

interface CacheFragment {
  readonly key: string;
  readonly fallback_keys?: readonly string[];
  readonly paths: readonly string[];
  readonly policy: string;
}

/** The entries of cache: that the template offers, as they stand in it: the preview drops some of their keys. */
async function cacheEntries(): Promise<Readonly<Record<string, CacheFragment>>> {
  const [, body] = await template();
  return (body as Record<string, Record<string, CacheFragment>>)['$[[ inputs.job ]]-cache'] ?? {};
}

describe('inputs of gitlab-ci/proxy.yml', () => {
  it('has defaults of this version for all of them', async () => {
    const [head] = await template();
    const { inputs } = (head as { spec: { inputs: Record<string, { default: string }> } }).spec;
    expect(Object.keys(inputs)).toEqual([
      'modgate',
      'job',
      'stage',
      'config',
      'save',
      'build-cache',
      'on-failure',
      'audit-store',
      'audit-required',
    ]);
    expect(inputs.modgate?.default).toBe(`npx --yes modgate@${VERSION}`);
    expect(inputs.job?.default).toBe('.modgate');
  });

  it('starts, stops and caches, and says which stage', async () => {
    const jobs =
      'test: {extends: .modgate, script: [x]}\nlate: {extends: .modgate, stage: deploy, script: [x]}';
    const job = await expanded(jobs, { modgate: 'mg', stage: 'build' });
    expect(job('test').stage).toBe('build');
    expect(job('late').stage).toBe('deploy');
    expect(job('test').before_script.join('\n')).toContain('modgate_env=$(mg "$@")');
    expect(job('test').after_script).toEqual([expect.stringMatching(/^mg stop --output /)]);
    expect(job('test').cache).toMatchObject([
      { key: 'modgate', paths: PATHS, when: 'always', policy: 'pull-push' },
      { key: 'modgate', paths: PATHS, when: 'always', policy: 'push' },
    ]);
  });

  it('leaves a copy where branches that are not protected find it, and nothing reads that copy but they', async () => {
    const entries = await cacheEntries();
    for (const name of ['own', 'branch', 'read', 'build-own', 'build-read'])
      expect(entries[name]).not.toHaveProperty('unprotect');
    for (const name of ['copy', 'branch-copy', 'build-copy']) {
      expect(entries[name]).toMatchObject({ unprotect: true, policy: 'push', when: 'always' });
    }
    // The same archive, or a job whose branch is not protected would upload it under its own name again.
    expect(entries.copy?.key).toBe(entries.own?.key);
    expect(entries['branch-copy']?.key).toBe(entries.branch?.key);
    expect(entries['build-copy']?.key).toBe(entries['build-own']?.key);
    for (const [name, { paths }] of Object.entries(entries)) {
      expect(paths).toEqual(name.startsWith('build-') ? ['.modgate/build/'] : PATHS);
    }
  });

  it('gives each branch an archive of its own where each writes, and falls back to that of the default branch', async () => {
    const { own, branch, read } = await cacheEntries();
    expect(own?.key).toBe('modgate');
    expect(branch?.key).toBe('modgate-$CI_COMMIT_REF_SLUG');
    expect(branch?.fallback_keys).toEqual(['modgate-$CI_DEFAULT_BRANCH', own?.key]);
    // After a change of `save` the archive of before is still found.
    for (const entry of [own, read]) expect(entry?.fallback_keys).toEqual(['modgate-$CI_DEFAULT_BRANCH']);
  });

  it('knows who writes the cache', async () => {
    const saves = ['auto', 'always', 'never'];
    const jobs = await expandAll(saves.map(save => ({ save })));
    expect(jobs.map(job => job.cache.map(entry => `${entry.key} ${entry.policy}`))).toEqual([
      ['modgate pull-push', 'modgate push'],
      ['modgate-$CI_COMMIT_REF_SLUG pull-push', 'modgate-$CI_COMMIT_REF_SLUG push'],
      ['modgate pull'],
    ]);
    for (const [i, job] of jobs.entries()) {
      expect(job.before_script.join('\n')).toContain(`--save '${saves[i]}'`);
    }
  });

  it('can be included twice, so that merge requests upload nothing', async () => {
    const page = await readFile(new URL('../../docs/gitlab.md', import.meta.url), 'utf8');
    const [example = ''] =
      /^include:\n(?: {2}.*\n)*?.*!= "merge_request_event".*\n(?: {2}.*\n)*/m.exec(page) ?? [];
    const local = example.replaceAll(/- project: .*\n.*ref: .*\n.*file: gitlab-ci/g, '- local: ci');
    expect(local.match(/local: ci\/proxy\.yml/g)).toHaveLength(2);
    await writeFile(
      path.join(pipeline.dir, '.gitlab-ci.yml'),
      `${local}test: {extends: .modgate, script: [x]}\n`,
    );
    const policies = async (source: string) => {
      const all = parse(await pipeline.preview({ CI_PIPELINE_SOURCE: source })) as Record<string, Job>;
      return all.test?.cache.map(entry => entry.policy);
    };
    expect(await policies('merge_request_event')).toEqual(['pull']);
    expect(await policies('push')).toEqual(['pull-push', 'push']);
  });

  it('has fragments for jobs with scripts of their own, under a name of the choice of the user', async () => {
    const jobs = `test:
  before_script: [echo first, !reference [.go-start, before_script]]
  script: [x]
  after_script: [!reference [.go-stop, after_script], echo last]
`;
    const test = (await expanded(jobs, { job: '.go', modgate: 'mg', config: 'ci/modgate.yaml' }))('test');
    expect(test.before_script[0]).toBe('echo first');
    expect(test.before_script[1]).toContain("modgate_config='ci/modgate.yaml'");
    expect(test.after_script).toEqual([expect.stringMatching(/^mg stop/), 'echo last']);
  });

  it.each(['save', 'on-failure'])('refuses a word for %s that it does not know', async name => {
    await pipeline.define('test: {extends: .modgate, script: [x]}', { [name]: 'sometimes' });
    await expect(pipeline.preview()).rejects.toThrow(name);
  });
});

describe('the shell of gitlab-ci/proxy.yml', () => {
  const shell = (
    job: Job | undefined,
    dir: string,
    command: readonly string[] = ['sh'],
  ): Promise<Finished> => {
    const [file = '', ...args] = command;
    const env = { ...withoutGo(process.env), CI_PROJECT_DIR: dir };
    // As the runner begins a job.
    const input = `set -e\necho "pid [$$]"\n${job?.before_script.join('\n')}\necho "it goes on, $GOPROXY"\n`;
    return run(file, args, { cwd: dir, env, input });
  };

  it('hands over the options and takes over the environment in every shell that an image may have', async () => {
    await using dir = await tempDir('shell');
    const modgate = `sh -c 'for a in "$@"; do echo "[$a]" >&2; done; echo "export GOPROXY='\\''a b'\\''"' modgate`;
    const [job] = await expandAll([
      {
        modgate,
        config: 'a dir/m.yaml',
        'on-failure': 'fail',
        save: 'always',
        'audit-store': 'https://audit.example.com',
        'audit-required': true,
      },
    ]);
    const ran: string[] = [];
    for (const command of [['sh'], ['bash'], ['bash', '--posix'], ['dash'], ['busybox', 'sh']]) {
      const done = await shell(job, dir.path, command).catch((error: unknown) => {
        if (command[0] === 'sh' || command[0] === 'bash') throw error;
        return undefined;
      });
      if (done === undefined) continue;
      ran.push(command.join(' '));
      expect(done).toMatchObject({ code: 0 });
      const pid = /pid (\[\d+\])/.exec(done.stdout)?.[1] ?? '';
      expect(done.stdout).toContain('it goes on, a b\n');
      const words = `[start] [--format] [shell] [--owner] ${pid} [--save] [always] [--config] [a dir/m.yaml] [--on-failure] [fail] [--audit-store] [https://audit.example.com] [--audit-required]`;
      expect(done.stderr.trim().replaceAll('\n', ' ')).toBe(words);
    }
    expect(ran).toEqual(expect.arrayContaining(['sh', 'bash', 'bash --posix']));
  });

  it('ends the job only when more than speed is lost', async () => {
    await using dir = await tempDir('shell');
    const cases = [
      { code: 0, mode: 'auto', configured: true, end: 0 },
      { code: 3, mode: 'auto', configured: false, end: 0 },
      { code: 2, mode: 'auto', configured: false, end: 2 },
      { code: 2, mode: 'fallback', configured: false, end: 2 },
      { code: 3, mode: 'fail', configured: false, end: 3 },
      { code: 3, mode: 'auto', configured: true, end: 3 },
      { code: 3, mode: 'fallback', configured: true, end: 0 },
      { code: 1, mode: 'fallback', configured: true, end: 1 },
      // A store of records that has to be there can be named by an input or a variable alone.
      { code: 4, mode: 'auto', configured: false, end: 4 },
      { code: 4, mode: 'fallback', configured: true, end: 4 },
    ];
    const jobs = await expandAll(
      cases.map(({ code, mode, configured }) => ({
        modgate: `sh -c 'exit ${code}'`,
        'on-failure': mode,
        ...(configured ? { config: 'm.yaml' } : {}),
      })),
    );
    const ends = await Promise.all(
      jobs.map(async job => {
        const { code, stdout, stderr } = await shell(job, dir.path);
        return { end: code, on: stdout.includes('it goes on'), told: stderr.includes('did not start') };
      }),
    );
    expect(ends).toEqual(cases.map(({ code, end }) => ({ end, on: end === 0, told: code !== 0 })));
  });

  it('takes a configuration file in its usual place for a policy', async () => {
    await using dir = await tempDir('shell');
    const [job] = await expandAll([{ modgate: "sh -c 'exit 3'" }]);
    expect(await shell(job, dir.path)).toMatchObject({ code: 0 });
    await writeFile(dir.join('.modgate.yaml'), '');
    expect(await shell(job, dir.path)).toMatchObject({ code: 3 });
  });
});
