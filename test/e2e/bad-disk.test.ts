import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI } from '../support/modgate.ts';
import { giveToNobody, runAsNobody } from '../support/other-user.ts';
import { type Job, makeJob } from '../support/session.ts';
import { smallDisk } from '../support/small-disk.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';
import { smallProject, tinyProject } from './small-project.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

async function smallJob(): Promise<Job> {
  const job = await makeJob(upstream.url);
  await smallProject(job.checkout);
  return job;
}

function download(store: string): string[] {
  return ['run', '--store', store, '--on-failure', 'fail', '--', 'go', 'mod', 'download'];
}

describe.concurrent('a store that cannot be used costs speed and not the job', () => {
  it('a file in its place', async () => {
    await using job = await smallJob();
    await writeFile(job.store, 'not a directory');
    const done = await job.modgate(download(job.store));
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(
      /warning: module store: .*store cannot be used because a file is in its place; remove that file/,
    );
    expect(done.stderr).toMatch(/this job uses .* instead and downloads what is missing/);
  });

  it.runIf(process.platform === 'linux')('one that this user cannot read', async () => {
    await using job = await makeJob(upstream.url);
    await tinyProject(job.checkout);
    await mkdir(job.store, { mode: 0o700 });
    for (const dir of [job.dir.path, job.dir.join('tmp'), job.checkout]) await giveToNobody(dir);
    const env = { ...job.env, HOME: job.dir.path, GOCACHE: job.dir.join('gocache') };
    const done = await runAsNobody(process.execPath, [CLI, ...download(job.store)], {
      cwd: job.checkout,
      env,
    });
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr).toMatch(/warning: module store: cannot read .*permission denied; check the owner/);
    expect(await readdir(job.store)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('a full disk, and one that becomes full', async () => {
    await using job = await smallJob();
    for (const size of ['16k', '200k']) {
      const store = job.dir.join(`disk-${size}`);
      await using _ = await smallDisk(store, size);
      const done = await job.modgate(download(store), {
        env: { GOMODCACHE: job.dir.join(`modcache-${size}`) },
      });
      expect(done.code, done.stderr).toBe(0);
      expect(done.stderr.match(/warning: .*the disk is full; free space/g), done.stderr).toHaveLength(1);
      expect((await verifyStore(store)).bad).toEqual([]);
    }
  });

  it.runIf(process.platform === 'linux')('a read-only one is still read', async () => {
    await using job = await smallJob();
    const disk = job.dir.join('disk');
    await using mounted = await smallDisk(disk, '20m');
    const store = path.join(disk, 'store');
    await using tiny = await makeJob(upstream.url);
    await tinyProject(tiny.checkout);
    expect(await tiny.modgate(download(store))).toMatchObject({ code: 0 });
    await mounted.readOnly();
    const done = await job.modgate(download(store));
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/warning: the module store .* cannot be written: modules are read from it/);
    // What the first job fetched ahead may have been written before the disk changed, too.
    const [, stored = '', fetched = ''] =
      /from the store +(\d+) [\s\S]*from upstream +(\d+) /.exec(done.stderr) ?? [];
    expect(Number(stored)).toBeGreaterThanOrEqual(1);
    expect(Number(stored) + Number(fetched)).toBe(7);
  });
});

describe('a session directory on a bad disk', () => {
  it.runIf(process.platform === 'linux')('that is full: the reason, and no daemon', async () => {
    await using job = await smallJob();
    const tmp = job.dir.join('full');
    await using _ = await smallDisk(tmp, '32k');
    await writeFile(path.join(tmp, 'fill'), Buffer.alloc(24 * 1024)).catch(() => undefined);
    await writeFile(path.join(tmp, 'more'), Buffer.alloc(8 * 1024)).catch(() => undefined);
    const done = await job.modgate(['start', '--store', job.store], { env: { TMPDIR: tmp } });
    expect(done).toMatchObject({ code: 3, stdout: '' });
    expect(done.stderr).toMatch(/ENOSPC|disk is full/);
    expect(done.stderr).toMatch(/RUNNER_TEMP or TMPDIR/);
    expect(done.stderr).not.toMatch(/\n.* {4}at /);
  });

  it.runIf(process.platform === 'linux')('that is read-only', async () => {
    await using job = await smallJob();
    const tmp = job.dir.join('fixed');
    await using mounted = await smallDisk(tmp, '1m');
    await mounted.readOnly();
    const done = await job.modgate(['start', '--store', job.store], { env: { TMPDIR: tmp } });
    expect(done).toMatchObject({ code: 3, stdout: '' });
    expect(done.stderr).toMatch(/cannot make the session directory .*\(EROFS\); .*RUNNER_TEMP or TMPDIR/);
  });
});
