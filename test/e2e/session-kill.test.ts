import { describe, expect, it } from 'vitest';
import { makeJob } from '../support/session.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';
import { killAgainAndAgain } from './kill.ts';
import { killShared } from './kill-shared.ts';
import { smallProject } from './small-project.ts';

describe.concurrent('one store', () => {
  it('survives kill -9 of its daemon in the middle of downloads', async () => {
    const { hits, files } = await killAgainAndAgain(6, smallProject);
    // Kills that came too late would have proved nothing.
    expect(hits).toBeGreaterThan(0);
    expect(files.filter(name => name.endsWith('.zip')).length).toBeGreaterThanOrEqual(6);
  });

  it('serves three daemons at the same time, one of them killed', async () => {
    await using upstream = await startUpstream({ latencyMs: 10 });
    await using first = await makeJob(upstream.url);
    await using second = await makeJob(upstream.url);
    await using third = await makeJob(upstream.url);
    const jobs = [first, second, third];
    await Promise.all(jobs.map(job => smallProject(job.checkout)));
    const args = ['--store', first.store, '--on-failure', 'fail'];
    const sessions = await Promise.all(jobs.map(job => job.start(args)));
    expect(new Set(sessions.map(session => session.file.pid)).size).toBe(3);
    const downloads = sessions.map(session => session.go(['mod', 'download']));
    while (upstream.requests.length < 12) await new Promise(resolve => setTimeout(resolve, 2));
    const [one, two, three] = sessions;
    if (one === undefined || two === undefined || three === undefined) throw new Error('three sessions');
    process.kill(three.file.pid, 'SIGKILL');
    expect(await downloads[0]).toMatchObject({ code: 0 });
    expect(await downloads[1]).toMatchObject({ code: 0 });
    await downloads[2];
    for (const session of [one, two]) expect((await session.stop()).summary.failed).toBe(0);
    const { files, bad } = await verifyStore(first.store);
    expect(bad).toEqual([]);
    expect(files.length).toBeGreaterThanOrEqual(20);
  });

  it('survives kill -9 of daemons, prunes and saves that work on it at the same time', async () => {
    const { hits, kills } = await killShared(20);
    expect(kills).toBeGreaterThanOrEqual(20);
    expect(hits).toBeGreaterThan(kills / 4);
  });
});
