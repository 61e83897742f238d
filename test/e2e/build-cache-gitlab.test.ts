import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gitlabProject, type Pipeline } from '../support/gitlab/pipeline.ts';
import { writeProject } from '../support/go.ts';
import { runOk } from '../support/process.ts';

// Packages that import nothing need no standard library, so that compiling them takes no time.
const PACKAGES = Object.fromEntries(
  ['one', 'two', 'three'].map(name => [
    `${name}/${name}.go`,
    `package ${name}\n\nvar Table = [4096]int{${Array.from({ length: 4096 }, (_, at) => at * name.length)}}\n`,
  ]),
);
const BUILD = `
build:
  extends: .modgate
  script:
    - go build -x ./one/ ./two/ ./three/ 2> build.log
    - echo "compiled $(grep -c '/compile -o ' build.log || true), cache $GOCACHE"
`;

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await gitlabProject();
  await writeProject(pipeline.dir, PACKAGES);
  await pipeline.define(BUILD, { 'build-cache': true });
});
afterAll(async () => {
  await pipeline[Symbol.asyncDispose]();
});

const archived = (...parts: string[]) => path.join(pipeline.dir, '.modgate', 'build', ...parts);

/** As the runner does between two jobs: what the last one left is what the next one finds. */
const kept = () => path.join(pipeline.world.dir.path, 'kept');

// Jobs run in the checkout itself: a job of its own would run after_script in another one here, as no runner does.
it('build-cache: true hands what a job compiled to the next one, through what the runner archives', async () => {
  const cold = await pipeline.job('build');
  expect(cold).toMatchObject({ code: 0 });
  expect(cold.stdout).toMatch(/compiled 3, cache .*\.modgate\/gocache/);
  expect(cold.stderr).toMatch(/build cache: \d+ objects, \d+ bytes, are left for later jobs/);
  await cp(archived(), kept(), { recursive: true });

  const warm = await pipeline.job('build');
  expect(warm).toMatchObject({ code: 0 });
  expect(warm.stdout).toContain('compiled 0');
  expect(warm.stdout).toMatch(/build cache: \d+ objects .* restored in .*, which nobody verified/);
  expect(warm.stdout).toContain('(bypass/build-cache)');
  expect(warm.stderr).toContain('build cache: nothing new to save');
  // The runner finds nothing newer than its archive, and uploads nothing.
  expect(existsSync(archived())).toBe(false);
});

it('restores in a merge request, past what else is in the archive, and leaves nothing where the runner archives', async () => {
  await cp(kept(), archived(), { recursive: true });
  const [version = ''] = (await readdir(archived())).filter(name => name.startsWith('v1-linux-x64-go1.'));
  await mkdir(archived('v1-linux-x64-go1.9'));
  await writeFile(archived(version, 'testexpire.txt'), '1');
  await symlink('/etc', archived(version, 'fuzz'));
  await symlink('/etc/passwd', archived(version, '00', `${'0'.repeat(64)}-d`));
  const base = await runOk('git', ['rev-parse', 'HEAD~1'], { cwd: pipeline.dir });
  const request = {
    CI_PIPELINE_SOURCE: 'merge_request_event',
    CI_MERGE_REQUEST_IID: '42',
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: base.stdout.trim(),
  };
  await pipeline.define(BUILD, { 'build-cache': true, save: 'always' });
  const done = await pipeline.job('build', { variables: request });
  expect(done).toMatchObject({ code: 0 });
  expect(done.stdout).toContain('compiled 0');
  expect(done.stderr).toContain('build cache: not saved for later jobs: this job may not write');
  expect(existsSync(archived())).toBe(false);
  expect(existsSync(path.join(pipeline.dir, '.modgate', 'gocache'))).toBe(false);
  expect(existsSync('/etc/passwd')).toBe(true);
});
