import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { gone, makeJob } from '../support/session.ts';
import { removeTree } from '../support/temp.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';

/**
 * Kills the daemon again and again while `go mod download` runs through it, at moments spread over the download;
 * after each kill the store must hold nothing wrong, and the next session must be able to use it.
 *
 * @param project writes the checkout
 * @returns the number of kills that hit a download, and the module files in the store at the end
 */
export async function killAgainAndAgain(
  kills: number,
  project: (dir: string) => Promise<void>,
): Promise<{ hits: number; files: readonly string[] }> {
  await using upstream = await startUpstream({ latencyMs: 10 });
  await using job = await makeJob(upstream.url);
  await project(job.checkout);
  let hits = 0;
  let files: readonly string[] = [];
  for (let round = 0; round < kills; round++) {
    // Every third round starts from nothing, the others from what a killed daemon left.
    if (round % 3 === 0) await removeTree(job.store);
    await removeTree(job.modcache);
    await using session = await job.start(['--on-failure', 'fail', '--prefetch', String(1 + (round % 8))]);
    const before = upstream.requests.length;
    const download = session.go(['mod', 'download']);
    const wanted = before + ((round * 5) % 23);
    for (let wait = 0; upstream.requests.length < wanted && wait < 200; wait++) await delay(5);
    await delay((round * 13) % 40);
    process.kill(session.file.pid, 'SIGKILL');
    await gone(session.file.pid);
    if ((await download).code !== 0) hits++;
    const verified = await verifyStore(job.store);
    expect(verified.bad, `after kill ${round + 1}`).toEqual([]);
    await session.stop();
  }
  await removeTree(job.modcache);
  await using last = await job.start(['--on-failure', 'fail']);
  expect(await last.go(['mod', 'download'])).toMatchObject({ code: 0 });
  expect((await last.stop()).summary).toMatchObject({ failed: 0, daemonDied: false });
  const verified = await verifyStore(job.store);
  expect(verified.bad).toEqual([]);
  expect(await readdir(path.join(job.store, 'modgate', 'tmp'))).toEqual([]);
  files = verified.files;
  return { hits, files };
}
