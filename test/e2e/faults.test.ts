import { describe, expect, it } from 'vitest';
import { makeJob } from '../support/session.ts';
import { type Fault, startUpstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';
import { FAULTS } from './faults-list.ts';
import { smallProject } from './small-project.ts';

/** A fault that is a wait comes once on every path here, and twice in the soak: the second is one more wait. */
const times = (fault: Fault): number =>
  fault.kind === 'stall' || (fault.kind === 'status' && fault.retryAfter !== undefined) ? 1 : 2;

/** Most faults are waits, so that several at once cost little more than one. */
describe.concurrent('a fault on the first and second request of every path fails no build', () => {
  it.each(FAULTS)('%s', async (_, fault) => {
    await using upstream = await startUpstream({
      faults: ({ nth }) => (nth <= times(fault) ? fault : undefined),
    });
    await using job = await makeJob(upstream.url);
    await smallProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fail']);

    expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
    expect(await session.go(['get', 'github.com/kr/text@latest'])).toMatchObject({ code: 0 });

    const { summary } = await session.stop();
    expect(summary.failed).toBe(0);
    // A wrong Content-Encoding is seen through at once.
    if (fault.kind !== 'encoding') expect(summary.retriesSurvived).toBeGreaterThan(0);
    const faulty = upstream.requests.filter(request => request.fault !== undefined);
    for (const kind of ['.mod', '.zip', '.info', '/@v/list']) {
      expect(
        faulty.some(request => request.path.endsWith(kind)),
        `no fault on a ${kind}`,
      ).toBe(true);
    }
    for (const part of ['/lookup/', '/tile/']) {
      expect(
        faulty.some(request => request.path.includes(part)),
        `no fault on a ${part}`,
      ).toBe(true);
    }
    const { files, bad } = await verifyStore(job.store);
    expect(bad).toEqual([]);
    expect(files.filter(name => name.endsWith('.zip')).length).toBeGreaterThanOrEqual(7);
  });
});
