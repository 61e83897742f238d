import { mkdir, readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { gitlabProject } from '../support/gitlab/pipeline.ts';
import { commitModule, realModules } from '../support/store-modules.ts';

const DAY = 86_400_000;
const SCHEDULE = { CI_PIPELINE_SOURCE: 'schedule', CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main' };

describe('gitlab-ci/prune.yml on a runner', () => {
  // What a runner would have restored: gitlab-ci-local adds to a cache where a runner replaces it.
  it('takes what nobody used out of the store that the runner archives next', async () => {
    await using pipeline = await gitlabProject('prune.yml');
    const store = path.join(pipeline.dir, '.modgate', 'store');
    await mkdir(path.dirname(store));
    const modules = await realModules(['github.com/pkg/errors@v0.9.1', 'github.com/google/uuid@v1.6.0']);
    const hasher = createHasher();
    const disk = await openDiskStore(store, { hasher });
    for (const [i, module] of modules.entries()) {
      await commitModule(disk, module);
      const used = new Date(Date.now() - (i === 0 ? 90 : 10) * DAY);
      for (const file of await readdir(store, { recursive: true })) {
        if (file.includes(module.path)) await utimes(`${store}/${file}`, used, used);
      }
    }
    await hasher.close();
    await pipeline.define('other: {script: [x]}');
    const done = await pipeline.job('modgate-prune', { variables: SCHEDULE });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/Removed 1 version\b.*not used for 30d.*Leaves 1 version\b/s);
    const left = (await readdir(store, { recursive: true })).filter(file => file.endsWith('.zip'));
    expect(left).toEqual([path.join('github.com', 'google', 'uuid', '@v', 'v1.6.0.zip')]);
  });
});
