import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PruneReport } from '../../src/store/prune/types.ts';
import { type Job, makeJob } from '../support/session.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';
import { smallProject } from './small-project.ts';

const PRUNER = fileURLToPath(new URL('../support/store-pruner.ts', import.meta.url));

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

/** Prunes for ever with a clock that is ahead: everything is unused, and nothing in use is spared. */
function startPruner(store: string): { readonly child: ChildProcess; readonly reports: () => PruneReport[] } {
  const options = JSON.stringify({ aheadMs: 2 * 3_600_000, keepSinceMs: 0, rounds: 1e9 });
  const child = spawn(process.execPath, [PRUNER, store, options], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return {
    child,
    reports: () =>
      output
        .split('\n')
        .slice(1, -1)
        .map(line => JSON.parse(line) as PruneReport),
  };
}

it('two daemons on a store that is pruned away under them: go notices nothing, and nothing bad is in the store', async () => {
  await using one = await smallJob();
  await using two = await smallJob();
  const { store } = one;
  await using first = await one.start(['--on-failure', 'fail']);
  await using second = await two.start(['--on-failure', 'fail', '--store', store]);
  const pruner = startPruner(store);
  const closed = once(pruner.child, 'close');
  await once(pruner.child.stdout ?? pruner.child, 'data');
  try {
    for (let round = 0; round < 4; round++) {
      await Promise.all(
        [first, second].map(async (session, i) => {
          const modcache = path.join([one, two][i]?.dir.path ?? '', `modcache${round}`);
          const done = await session.go(['mod', 'download', 'all'], { env: { GOMODCACHE: modcache } });
          expect(done.code, done.stderr).toBe(0);
          await rm(modcache, { recursive: true, force: true });
        }),
      );
    }
  } finally {
    pruner.child.kill('SIGKILL');
    await closed;
  }
  const reports = pruner.reports();
  expect(reports.reduce((sum, { deleted }) => sum + deleted.versions, 0)).toBeGreaterThan(10);
  for (const { failed } of reports) expect(failed).toEqual({ count: 0, first: [] });
  for (const session of [first, second]) {
    const { said } = await session.stop();
    expect(said).not.toMatch(/store: |cannot write|goes on without/);
  }
  expect((await verifyStore(store)).bad).toEqual([]);
});
