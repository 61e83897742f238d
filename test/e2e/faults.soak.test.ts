import { describe, expect, it } from 'vitest';
import { copyProject } from '../support/go.ts';
import { makeJob } from '../support/session.ts';
import { type Fault, startUpstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';
import { FAULTS } from './faults-list.ts';
import { killAgainAndAgain } from './kill.ts';
import { tinyProject } from './small-project.ts';

const hello = (dir: string) => copyProject('examples/hello', dir);

const SLOW: readonly (readonly [string, Fault])[] = [['silence', { kind: 'silence' }]];

describe('the 35 modules of the example, every fault twice on every path', () => {
  it.each([...FAULTS, ...SLOW])('%s', async (_, fault) => {
    await using upstream = await startUpstream({ faults: ({ nth }) => (nth <= 2 ? fault : undefined) });
    await using job = await makeJob(upstream.url);
    await hello(job.checkout);
    await using session = await job.start(['--on-failure', 'fail']);
    expect(await session.go(['mod', 'download'], { timeoutMs: 600_000 })).toMatchObject({ code: 0 });
    expect(await session.go(['build', './...'], { timeoutMs: 600_000 })).toMatchObject({ code: 0 });
    expect((await session.stop()).summary.failed).toBe(0);
    const { files, bad } = await verifyStore(job.store);
    expect(bad).toEqual([]);
    expect(files.filter(name => name.endsWith('.zip')).length).toBeGreaterThanOrEqual(35);
  });
});

describe.concurrent('a silence that stays', () => {
  it.each([
    ['before the headers', { kind: 'silence' }],
    ['in mid-body', { kind: 'stall' }],
  ] as const)('%s ends in 504', async (_, fault) => {
    await using upstream = await startUpstream({ faults: () => fault });
    await using job = await makeJob(upstream.url);
    await tinyProject(job.checkout);
    await using session = await job.start(['--on-failure', 'fail']);
    const done = await session.go(['mod', 'download'], { timeoutMs: 600_000 });
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/could not deliver .*(?:no answer within|no byte for) \d+ s/);
    await session.stop();
    const answers = (await session.journal()).filter(record => record.kind === 'req');
    expect(new Set(answers.map(record => record.status))).toEqual(new Set([504]));
    expect(upstream.requests.length).toBeLessThanOrEqual(3 * (8 + 3));
    expect((await verifyStore(job.store)).files).toEqual([]);
  });
});

it('kill -9 of the daemon in the middle of downloads, 50 times', async () => {
  const { hits, files } = await killAgainAndAgain(50, hello);
  expect(hits).toBeGreaterThan(25);
  expect(files.filter(name => name.endsWith('.zip')).length).toBeGreaterThanOrEqual(35);
});
