import { describe, expect, it } from 'vitest';
import { makeJob } from '../support/session.ts';
import { type Fault, startUpstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';
import { smallProject } from './small-project.ts';

/** What an upstream can do wrong, each on the first and the second request of every single path; slowest first. */
const FAULTS: readonly (readonly [string, Fault])[] = [
  ['stall in mid-body', { kind: 'stall' }],
  ['429 with Retry-After', { kind: 'status', status: 429, retryAfter: '1' }],
  ['connection reset', { kind: 'reset' }],
  ['body cut with Content-Length', { kind: 'cut' }],
  ['chunked body that ends early and cleanly', { kind: 'cut-chunked', end: 'clean' }],
  ['chunked body that is aborted', { kind: 'cut-chunked', end: 'abort' }],
  ['500', { kind: 'status', status: 500 }],
  ['502', { kind: 'status', status: 502 }],
  ['503', { kind: 'status', status: 503 }],
  ['stray 403', { kind: 'status', status: 403 }],
  ['HTML page with 200', { kind: 'html' }],
  ['one flipped byte', { kind: 'flip-byte' }],
  ['empty body', { kind: 'empty' }],
  ['redirect loop', { kind: 'redirect-loop' }],
  ['Content-Encoding: gzip on a plain body', { kind: 'encoding', real: false }],
  ['Content-Encoding: gzip nobody asked for', { kind: 'encoding', real: true }],
];

/** Most faults are waits, so that several at once cost little more than one. */
describe.concurrent('a fault on the first and second request of every path fails no build', () => {
  it.each(FAULTS)('%s', async (_, fault) => {
    await using upstream = await startUpstream({ faults: ({ nth }) => (nth <= 2 ? fault : undefined) });
    await using job = await makeJob(upstream.url);
    await smallProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fail']);

    expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
    expect(await session.go(['list', '-mod=mod', '-deps', './...'])).toMatchObject({ code: 0 });
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
