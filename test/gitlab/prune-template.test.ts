import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { VERSION } from '../../src/session/version.ts';
import { gitlabProject, type Inputs, type Pipeline } from '../support/gitlab/pipeline.ts';
import { withoutGo } from '../support/go.ts';
import { type Finished, run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

const TEMPLATES = fileURLToPath(new URL('../../gitlab-ci/', import.meta.url));

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await gitlabProject('prune.yml');
});
afterAll(async () => {
  await pipeline[Symbol.asyncDispose]();
});

interface Job {
  readonly stage: string;
  readonly script: string[];
  readonly cache: readonly Readonly<Record<string, unknown>>[];
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

/** The jobs as the runner gets them, one for each set of inputs. */
async function expanded(...inputs: readonly Inputs[]): Promise<Job[]> {
  const names = inputs.map((_, i) => `prune${i}`);
  await pipeline.define('', ...inputs.map((given, i) => ({ ...given, job: `prune${i}` })));
  const all = parse(await pipeline.preview()) as Record<string, Job>;
  // Whatever else the template defines must not run.
  const visible = Object.keys(all).filter(name => !name.startsWith('.') && name !== 'stages');
  expect(visible).toEqual(names);
  return names.map(name => all[name] as Job);
}

/** The two documents of a template: inputs and definitions. */
async function template(name: string): Promise<readonly unknown[]> {
  const text = await readFile(TEMPLATES + name, 'utf8');
  return parseAllDocuments(text).map(document => document.toJS() as unknown);
}

describe('inputs of gitlab-ci/prune.yml', () => {
  it('has defaults of this version for all of them', async () => {
    const [head] = await template('prune.yml');
    const { inputs } = (head as { spec: { inputs: Record<string, { default: unknown }> } }).spec;
    expect(Object.keys(inputs)).toEqual([
      ...['modgate', 'job', 'stage', 'config', 'save', 'store', 'keep-since', 'max-size', 'dry-run'],
    ]);
    for (const input of Object.values(inputs)) expect(input.default).toBeDefined();
    expect(inputs.modgate?.default).toBe(`npx --yes modgate@${VERSION}`);
  });

  it('runs on schedules of the default branch, and by hand', async () => {
    const [job] = await expanded({ stage: 'test' });
    expect(job?.rules).toEqual([
      { if: '$CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' },
      {
        if: '$CI_PIPELINE_SOURCE == "web" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH',
        when: 'manual',
        allow_failure: true,
      },
    ]);
  });

  it('cleans up the caches that gitlab-ci/proxy.yml fills, and saves no clean-up that failed', async () => {
    const [, body] = await template('prune.yml');
    const [, proxy] = await template('proxy.yml');
    type Entries = readonly Readonly<Record<string, unknown>>[];
    const saves = ['auto', 'always'];
    for (const save of saves) {
      const { cache } =
        (body as Record<string, { cache: Entries }>)[`.$[[ inputs.job ]]-cache-${save}`] ?? {};
      const filled = (proxy as Record<string, { cache: Entries }>)[`$[[ inputs.job ]]-cache-${save}-false`]
        ?.cache;
      expect(cache?.length).toBe(2);
      expect(cache).toEqual(filled?.map(({ when, ...entry }) => entry));
    }
    const jobs = await expanded(...[...saves, 'never'].map(save => ({ save })));
    expect(jobs.map(job => job.cache.map(entry => `${entry.key} ${entry.policy} ${entry.when}`))).toEqual([
      ['modgate pull-push on_success', 'modgate push on_success'],
      ['modgate-$CI_COMMIT_REF_SLUG pull-push on_success', 'modgate-$CI_COMMIT_REF_SLUG push on_success'],
      [],
    ]);
  });
});

describe('the shell of gitlab-ci/prune.yml', () => {
  const echo = `sh -c 'for a in "$@"; do printf "[%s] " "$a"; done' modgate`;
  const shell = (job: Job, dir: string): Promise<Finished> =>
    run('sh', [], {
      cwd: dir,
      env: { ...withoutGo(process.env), CI_PROJECT_DIR: dir },
      input: `set -e\n${job.script.join('\n')}\n`,
    });

  it('hands over what was given, and nothing else', async () => {
    await using dir = await tempDir('prune');
    const store = dir.join('.modgate', 'store');
    await mkdir(store, { recursive: true });
    const given = { store: '/srv/go store', 'keep-since': '60d', 'max-size': '5GB', 'dry-run': true };
    const jobs = await expanded({ modgate: echo }, { modgate: echo, config: 'a b.yaml', ...given });
    const [bare, full] = await Promise.all(jobs.map(job => shell(job, dir.path)));
    expect(bare).toMatchObject({ code: 0, stdout: `[cache] [prune] [--store] [${store}] ` });
    expect(full?.stdout).toBe(
      '[cache] [prune] [--store] [/srv/go store] [--config] [a b.yaml] [--keep-since] [60d] [--max-size] [5GB] [--dry-run] ',
    );
  });

  it('ends well where there is no cache yet, and as modgate does otherwise', async () => {
    await using dir = await tempDir('prune');
    const jobs = await expanded({ modgate: 'false' }, { modgate: "sh -c 'exit 4'", store: dir.path });
    const [nothing, failed] = await Promise.all(jobs.map(job => shell(job, dir.path)));
    expect(nothing?.code).toBe(0);
    expect(nothing?.stdout).toContain('no module store in the cache');
    expect(failed?.code).toBe(4);
  });
});
