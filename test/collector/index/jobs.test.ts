import { describe, expect, it } from 'vitest';
import type { BatchFacts, JobState } from '../../../src/collector/types.ts';
import { ENGINES, engines } from './engines.ts';
import { batches, DAY, job, MINUTE, sha256, use, wholeJob } from './facts.ts';

const { fresh } = engines();
const HOUR = 60 * MINUTE;

const whole = () => wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']);
/** The batches of a job, one of them changed or left out. */
const but = (no: number, change: Partial<BatchFacts> | undefined): BatchFacts[] =>
  whole().flatMap(batch => {
    if (batch.no !== no) return [batch];
    return change === undefined ? [] : [{ ...batch, ...change }];
  });
const second = (plans: Parameters<typeof batches>[1]) => batches(job('a'), plans, 'two');

const STATES: readonly (readonly [string, JobState, () => readonly BatchFacts[]])[] = [
  ['has all its batches', 'closed', whole],
  ['has no close', 'open', () => but(3, undefined)],
  ['has neither close nor middle', 'open', () => whole().slice(0, 1)],
  ['lost a batch', 'gap', () => but(2, undefined)],
  ['lost its first batch', 'gap', () => but(1, undefined)],
  ['lost requests between two batches', 'gap', () => but(3, { firstSeq: 5, lastSeq: 4 })],
  ['counted requests twice', 'mismatch', () => but(3, { firstSeq: 1, lastSeq: 1 })],
  [
    'has two batches of one number',
    'mismatch',
    () => [...whole(), ...but(2, { digest: sha256('x') }).slice(1, 2)],
  ],
  ['has a batch that names another one before it', 'mismatch', () => but(3, { prev: sha256('x') })],
  ['has a later batch that names none before it', 'mismatch', () => but(2, { prev: undefined })],
  ['has a first batch that names one before it', 'mismatch', () => but(1, { prev: sha256('x') })],
  ['went on after its close', 'mismatch', () => but(2, { phase: 'close' })],
  [
    'says it is of two repositories',
    'mismatch',
    () => but(2, { job: { ...job('a'), repository: 'liar/liar', repositoryId: '666' } }),
  ],
  [
    'closed in both its instances',
    'closed',
    () => [
      ...whole(),
      ...second([
        { phase: 'open', at: DAY },
        { phase: 'close', at: DAY },
      ]),
    ],
  ],
  ['closed in one of its instances', 'open', () => [...whole(), ...second([{ phase: 'open', at: DAY }])]],
];

describe.each(ENGINES)('jobs on %s', engine => {
  it('are what their batches say, in any order', async () => {
    const index = await fresh(engine);
    const told: [string, JobState | undefined, JobState | undefined][] = [];
    for (const [what, , make] of STATES) {
      const renamed = (name: string) =>
        make().map(batch => {
          const uid = sha256(`${what} ${name}`);
          const digest = (old: string) => sha256(`${uid} ${old}`);
          const prev = batch.prev === undefined ? undefined : digest(batch.prev);
          return { ...batch, digest: digest(batch.digest), prev, job: { ...batch.job, uid } };
        });
      await index.apply(renamed('at once'));
      for (const batch of renamed('backwards').reverse()) await index.apply([batch]);
      const { jobs } = await index.jobs({ limit: 1000 });
      const state = (name: string) => jobs.find(one => one.job === sha256(`${what} ${name}`))?.state;
      told.push([what, state('at once'), state('backwards')]);
    }
    expect(told).toEqual(STATES.map(([what, state]) => [what, state, state]));
  });

  it('are listed with what is known of them', async () => {
    const index = await fresh(engine);
    const finding = {
      rule: 'bypass/vcs',
      level: 'error',
      module: 'example.com/x',
      message: "it's; --",
    } as const;
    const [open, data, close] = whole();
    if (open === undefined || data === undefined || close === undefined) throw new Error('A job has three.');
    await index.apply([
      open,
      { ...data, dropped: 4 },
      { ...close, findings: [finding, { ...finding, rule: 'z' }] },
    ]);
    expect(await index.jobs({})).toEqual({
      jobs: [
        {
          job: job('a').uid,
          repository: 'acme/app',
          ref: 'refs/heads/main',
          sha: job('a').sha,
          name: 'ci / build',
          actor: 'dev',
          url: job('a').url,
          state: 'closed',
          opened: new Date(DAY).toISOString(),
          last: new Date(DAY + 20_000).toISOString(),
          batches: 3,
          records: 1,
          dropped: 4,
          findings: [finding, { ...finding, rule: 'z' }],
        },
      ],
      next: null,
    });
  });

  it('are found by state, repository and age, by page', async () => {
    const index = await fresh(engine);
    for (let i = 0; i < 7; i++) {
      const facts = job(`${i}`, i < 4 ? {} : { repository: 'acme/lib', repositoryId: '2' });
      await index.apply(wholeJob(facts, DAY + i * HOUR, []).slice(0, i % 2 === 0 ? 3 : 1));
    }
    const found = async (question: Parameters<typeof index.jobs>[0]) =>
      (await index.jobs(question)).jobs.map(one => one.job);
    const uids = (...numbers: number[]) => numbers.map(i => job(`${i}`).uid);
    expect(await found({})).toEqual(uids(6, 5, 4, 3, 2, 1, 0));
    expect(await found({ states: ['open'] })).toEqual(uids(5, 3, 1));
    expect(await found({ states: ['open'], before: DAY + 3 * HOUR })).toEqual(uids(1));
    expect(await found({ states: ['mismatch'] })).toEqual([]);
    expect(await found({ states: [] })).toEqual([]);
    expect(await found({ states: ['mismatch', 'closed'] })).toEqual(uids(6, 4, 2, 0));
    expect(await found({ repository: 'acme/lib' })).toEqual(uids(6, 5, 4));
    expect(await found({ repository: 'acme/nobody' })).toEqual([]);
    const first = await index.jobs({ limit: 3 });
    expect(first.jobs.map(one => one.job)).toEqual(uids(6, 5, 4));
    const rest = await index.jobs({ limit: 5, after: first.next ?? '' });
    expect(rest.jobs.map(one => one.job)).toEqual(uids(3, 2, 1, 0));
    expect(rest.next).toBeNull();
  });

  it('and batches that are there already change nothing', async () => {
    const index = await fresh(engine);
    expect(await index.apply([])).toEqual([]);
    const all = whole();
    const digests = all.map(({ digest }) => digest);
    const [open, data] = all;
    if (open === undefined || data === undefined) throw new Error('A job has three batches.');
    expect((await index.apply([open, open, data])).map(one => one.dup)).toEqual([false, true, false]);
    expect((await index.apply(all)).map(one => one.dup)).toEqual([true, true, false]);
    expect(await index.known([...digests, sha256('x')])).toEqual(new Set(digests));
    expect((await index.jobs({})).jobs).toMatchObject([{ batches: 3, records: 1 }]);
  });

  it('that come late say so when they move first sightings', async () => {
    const index = await fresh(engine);
    await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0', 'example.com/y@v1.0.0']));
    const late = batches(job('b'), [
      {
        phase: 'open',
        at: DAY - HOUR,
        uses: [use('example.com/x@v0.9.0', DAY - HOUR), use('example.com/z@v1.0.0', DAY - HOUR)],
      },
      { phase: 'data', at: DAY + HOUR, uses: [use('example.com/y@v1.0.0', DAY + HOUR)] },
    ]);
    expect((await index.apply(late)).map(one => one.movedEarlier)).toEqual([['example.com/x'], []]);
  });

  describe('retention', () => {
    const EVIL = {
      seq: 1,
      time: DAY,
      op: 'zip',
      module: 'evil.example/x',
      version: 'v1.0.0',
      rule: 'r',
      reason: '',
    };

    it('drops old jobs with their batches and refusals, and keeps who was first and what is used', async () => {
      const index = await fresh(engine);
      const names = ['example.com/x@v1.0.0'];
      const first = wholeJob(job('first', { onDefault: false }), DAY, names);
      const between = wholeJob(job('between', { onDefault: false }), DAY + HOUR, names).map((batch, i) =>
        i === 1
          ? { ...batch, denials: [EVIL], findings: [{ rule: 'f', level: 'note' as const, message: '' }] }
          : batch,
      );
      const head = wholeJob(job('head'), DAY + 2 * HOUR, names);
      const young = wholeJob(
        job('young', { repositoryId: '2', repository: 'acme/lib' }),
        DAY + 24 * HOUR,
        names,
      );
      await index.apply([...first, ...between, ...head, ...young]);
      const before = {
        who: await index.who({ module: 'example.com/x' }),
        used: await index.used({ module: 'example.com/x' }),
      };
      const keys: string[] = [];
      let jobs = 0;
      for (let step = 0; ; step++) {
        const done = await index.retain({ jobsBefore: DAY + 12 * HOUR, limit: 1 });
        if (done.jobs === 0 && done.rawKeys.length === 0) break;
        expect(done.jobs).toBe(1);
        jobs += done.jobs;
        keys.push(...done.rawKeys);
        expect(step).toBeLessThan(10);
      }
      expect(jobs).toBe(3);
      expect(keys.sort()).toEqual([...first, ...between, ...head].map(batch => batch.rawKey).sort());
      expect(await index.who({ module: 'example.com/x' })).toEqual(before.who);
      expect(await index.used({ module: 'example.com/x' })).toEqual(before.used);
      expect((await index.jobs({})).jobs.map(one => one.job)).toEqual([job('young').uid]);
      expect((await index.candidates({ module: 'example.com/x' })).batches).toHaveLength(2);
      expect((await index.candidates({ decision: 'deny' })).batches).toEqual([]);
      expect(await index.known(first.map(({ digest }) => digest))).toEqual(new Set());
      const gone = index.diff({ from: job('between').uid, to: job('young').uid });
      await expect(gone).rejects.toMatchObject({ code: 'no-such-job' });
    });

    it('is not undone by a batch that comes again', async () => {
      const index = await fresh(engine);
      const head = wholeJob(job('head'), DAY, ['example.com/x@v1.0.0']);
      await index.apply(head);
      await index.retain({ jobsBefore: DAY + HOUR, limit: 10 });
      const used = await index.used({ module: 'example.com/x' });
      expect(used.uses).toHaveLength(1);
      await index.apply(head.slice(1, 2));
      expect(await index.used({ module: 'example.com/x' })).toEqual(used);
      expect((await index.jobs({})).jobs).toEqual([]);
      const again = await index.retain({ jobsBefore: DAY + HOUR, limit: 10 });
      expect(again.rawKeys).toEqual([head[1]?.rawKey]);
      expect(await index.retain({ jobsBefore: DAY + HOUR, limit: 10 })).toEqual({ jobs: 0, rawKeys: [] });
    });

    it('takes a job with very many batches in steps', async () => {
      const index = await fresh(engine);
      const many = batches(
        job('long', { onDefault: false }),
        Array.from({ length: 1200 }, (_, i) => ({
          phase: i === 0 ? ('open' as const) : ('data' as const),
          at: DAY + i,
        })),
      );
      await index.apply(many);
      const steps = [];
      for (let i = 0; i < 4; i++) steps.push(await index.retain({ jobsBefore: DAY + HOUR, limit: 10 }));
      expect(steps.map(step => step.rawKeys.length)).toEqual([500, 500, 200, 0]);
      expect(steps.map(step => step.jobs)).toEqual([0, 0, 1, 0]);
    });
  });
});
