import { describe, expect, it } from 'vitest';
import type { Denial, Index } from '../../../src/collector/types.ts';
import { ENGINES, engines } from './engines.ts';
import { batches, DAY, h1, ISS, job, MINUTE, sha256, use, wholeJob } from './facts.ts';

const { fresh } = engines();
const HOUR = 60 * MINUTE;
const iso = (ms: number) => new Date(ms).toISOString();

function denial(module: string, over: Partial<Denial> = {}): Denial {
  return {
    seq: 1,
    time: DAY,
    op: 'zip',
    module,
    version: 'v1.0.0',
    rule: 'modules/deny',
    reason: 'known bad',
    ...over,
  };
}

/** Every page of a question. */
async function pages<T extends { next: string | null }>(ask: (after?: string) => Promise<T>): Promise<T[]> {
  const out: T[] = [];
  for (let after: string | undefined; ; ) {
    const page = await ask(after);
    out.push(page);
    if (page.next === null) return out;
    after = page.next;
  }
}

const from = (after: string | undefined) => (after === undefined ? {} : { after });

describe.each(ENGINES)('questions on %s', engine => {
  describe('who', () => {
    it('knows nothing of a module that no record names', async () => {
      const index = await fresh(engine);
      await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
      expect(await index.who({ module: 'example.com/y' })).toEqual({
        module: 'example.com/y',
        versions: [],
        next: null,
      });
      expect(await index.who({ module: 'example.com/X', version: 'v1.0.0' })).toMatchObject({ versions: [] });
    });

    it('tells the earliest job, whichever was heard of first', async () => {
      const index = await fresh(engine);
      const early = job('early', {
        repository: 'acme/lib',
        repositoryId: '7',
        actor: 'eve',
        ref: 'refs/heads/x',
      });
      await index.apply(wholeJob(job('late'), DAY + HOUR, ['example.com/x@v1.0.0', 'example.com/x@v1.1.0']));
      await index.apply(wholeJob(early, DAY, ['example.com/x@v1.0.0']));
      const answer = await index.who({ module: 'example.com/x' });
      expect(answer.first).toEqual({
        time: iso(DAY + 1000),
        repository: 'acme/lib',
        ref: 'refs/heads/x',
        sha: early.sha,
        actor: 'eve',
        job: early.uid,
        url: early.url,
        assurance: 'relayed',
      });
      expect(answer.versions.map(({ version, first }) => [version, first.job])).toEqual([
        ['v1.0.0', early.uid],
        ['v1.1.0', job('late').uid],
      ]);
      const one = await index.who({ module: 'example.com/x', version: 'v1.1.0' });
      expect(one).toMatchObject({ version: 'v1.1.0', first: { job: job('late').uid } });
      expect(one.versions).toHaveLength(1);
    });

    it('takes a look-up for no introduction', async () => {
      const index = await fresh(engine);
      const [open, ...rest] = wholeJob(job('a'), DAY, []);
      await index.apply([
        ...(open === undefined
          ? []
          : [{ ...open, modules: [use('example.com/x@v1.0.0', DAY, { code: false })] }]),
        ...rest,
      ]);
      expect((await index.who({ module: 'example.com/x' })).first).toBeUndefined();
      expect((await index.candidates({ module: 'example.com/x' })).batches).toHaveLength(1);
    });

    it('tells the first in one repository, under the name that it has now', async () => {
      const index = await fresh(engine);
      const before = job('b', { repository: 'acme/old', repositoryId: '9' });
      const after = job('c', { repository: 'acme/new', repositoryId: '9' });
      await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0', 'example.com/x@v0.9.0']));
      await index.apply(wholeJob(after, DAY + 2 * HOUR, ['example.com/x@v1.0.0']));
      await index.apply(wholeJob(before, DAY + HOUR, ['example.com/x@v1.0.0']));
      const answer = await index.who({ module: 'example.com/x', repository: 'acme/new' });
      expect(answer.first).toMatchObject({ job: before.uid, repository: 'acme/new' });
      expect(answer.versions).toHaveLength(1);
      expect(await index.who({ module: 'example.com/x', repository: 'acme/old' })).toMatchObject({
        versions: [],
      });
    });

    it('gives versions by page', async () => {
      const index = await fresh(engine);
      const names = Array.from({ length: 25 }, (_, i) => `example.com/x@v1.${i}.0`);
      await index.apply(wholeJob(job('a'), DAY, names));
      const all = await pages(after => index.who({ module: 'example.com/x', limit: 10, ...from(after) }));
      expect(all.map(page => page.versions.length)).toEqual([10, 10, 5]);
      expect(all.flatMap(page => page.versions.map(({ version }) => `example.com/x@${version}`))).toEqual(
        names.sort(),
      );
    });

    it('refuses a cursor that is none', async () => {
      const index = await fresh(engine);
      await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
      const cursors = [
        '',
        'x',
        Buffer.from('["a"]').toString('base64url'),
        Buffer.from('[1,{}]').toString('base64'),
      ];
      for (const after of cursors) {
        await expect(index.who({ module: 'example.com/x', after })).rejects.toMatchObject({ code: 'cursor' });
        await expect(index.jobs({ after })).rejects.toMatchObject({ code: 'cursor' });
      }
    });
  });

  describe('used', () => {
    const usesOf = async (index: Index, module: string, version?: string) =>
      (await index.used({ module, ...(version === undefined ? {} : { version }) })).uses.map(
        one => `${one.repository} ${one.version}`,
      );

    it('is what the newest closed job of the default branch had', async () => {
      const index = await fresh(engine);
      await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0', 'example.com/gone@v1.0.0']));
      await index.apply(wholeJob(job('b'), DAY + HOUR, ['example.com/x@v1.1.0']));
      await index.apply(wholeJob(job('pr', { onDefault: false }), DAY + 2 * HOUR, ['example.com/x@v9.0.0']));
      const running = wholeJob(job('running'), DAY + 3 * HOUR, ['example.com/x@v8.0.0']);
      await index.apply(running.slice(0, 2));
      // It came late, and is of yesterday.
      await index.apply(wholeJob(job('old'), DAY - 24 * HOUR, ['example.com/x@v0.1.0']));
      expect((await index.used({ module: 'example.com/x' })).uses).toEqual([
        {
          repository: 'acme/app',
          version: 'v1.1.0',
          h1: h1('example.com/x@v1.1.0'),
          first: iso(DAY + HOUR + 1000),
          last: iso(DAY + HOUR + 20_000),
          ref: 'refs/heads/main',
          job: job('b').uid,
        },
      ]);
      expect(await usesOf(index, 'example.com/gone')).toEqual([]);
      expect(await usesOf(index, 'example.com/x', 'v1.0.0')).toEqual([]);
      await index.apply(running.slice(2));
      expect(await usesOf(index, 'example.com/x')).toEqual(['acme/app v8.0.0']);
    });

    it('joins the jobs of a repository by name, and forgets one that has not run for a month', async () => {
      const index = await fresh(engine);
      const lint = job('lint', { name: 'ci / lint' });
      await index.apply(wholeJob(lint, DAY, ['example.com/x@v1.0.0', 'example.com/y@v1.0.0']));
      await index.apply(wholeJob(job('b'), DAY + HOUR, ['example.com/x@v1.0.0']));
      expect(await usesOf(index, 'example.com/y')).toEqual(['acme/app v1.0.0']);
      expect((await index.used({ module: 'example.com/x' })).uses).toMatchObject([{ job: job('b').uid }]);
      expect((await index.used({ module: 'example.com/y' })).uses).toMatchObject([{ job: lint.uid }]);
      await index.apply(wholeJob(job('c'), DAY + 31 * 24 * HOUR, ['example.com/x@v1.0.0']));
      expect(await usesOf(index, 'example.com/y')).toEqual([]);
      expect(await usesOf(index, 'example.com/x')).toEqual(['acme/app v1.0.0']);
    });

    it('of two jobs that ended in one moment is what the one with the higher uid had, in any order', async () => {
      const [low, high] = [job('a'), job('b')].sort((a, b) => (a.uid < b.uid ? -1 : 1));
      if (low === undefined || high === undefined) throw new Error('Two jobs were made.');
      const jobs = [
        wholeJob(low, DAY, ['example.com/x@v1.0.0']),
        wholeJob(high, DAY, ['example.com/x@v1.1.0']),
      ];
      for (const order of [jobs, jobs.toReversed()]) {
        const index = await fresh(engine);
        for (const batches of order) await index.apply(batches);
        expect(await usesOf(index, 'example.com/x')).toEqual(['acme/app v1.1.0']);
      }
    });

    it('does not take what a job without an inventory fetched for all that there is', async () => {
      const index = await fresh(engine);
      await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
      const blind = wholeJob(job('b'), DAY + HOUR, ['example.com/y@v1.0.0']);
      await index.apply(blind.map(batch => ({ ...batch, hasInventory: false })));
      expect(await usesOf(index, 'example.com/x')).toEqual(['acme/app v1.0.0']);
      expect(await usesOf(index, 'example.com/y')).toEqual([]);
    });

    it('counts a job with an inventory and no request', async () => {
      const index = await fresh(engine);
      const uses = [use('example.com/warm@v1.0.0', DAY + 1000)];
      await index.apply(
        batches(job('a'), [
          { phase: 'open', at: DAY },
          { phase: 'close', at: DAY + 1000, uses, records: 0 },
        ]),
      );
      expect(await usesOf(index, 'example.com/warm')).toEqual(['acme/app v1.0.0']);
    });

    it('falls back to the job before when a batch turns up that contradicts the newest', async () => {
      const index = await fresh(engine);
      await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
      const second = wholeJob(job('b'), DAY + HOUR, ['example.com/x@v1.1.0']);
      await index.apply(second);
      expect(await usesOf(index, 'example.com/x')).toEqual(['acme/app v1.1.0']);
      const [, data] = second;
      if (data === undefined) throw new Error('A job has three batches.');
      await index.apply([{ ...data, digest: sha256('forged') }]);
      expect(await usesOf(index, 'example.com/x')).toEqual(['acme/app v1.0.0']);
    });

    it('shows a version whose hash was not told with the hash of the inventory', async () => {
      const index = await fresh(engine);
      const whole = wholeJob(job('a'), DAY, ['example.com/x@v1.0.0', 'example.com/y@v1.0.0']);
      await index.apply(
        whole.map(batch =>
          batch.phase === 'data'
            ? { ...batch, modules: batch.modules.map(one => ({ ...one, h1: '' })) }
            : batch,
        ),
      );
      const { uses } = await index.used({ module: 'example.com/x' });
      expect(uses.map(one => one.h1)).toEqual([h1('example.com/x@v1.0.0')]);
    });

    it('gives repositories by page, by version and name', async () => {
      const index = await fresh(engine);
      for (let i = 0; i < 12; i++) {
        const facts = job(`${i}`, { repository: `acme/r${i}`, repositoryId: `${i}` });
        await index.apply(wholeJob(facts, DAY - i, [`example.com/x@v1.${i % 2}.0`]));
      }
      const all = await pages(after => index.used({ module: 'example.com/x', limit: 5, ...from(after) }));
      expect(all.map(page => page.uses.length)).toEqual([5, 5, 2]);
      const names = all.flatMap(page => page.uses.map(one => `${one.version} ${one.repository}`));
      expect(names).toEqual([...names].sort());
      expect(new Set(names).size).toBe(12);
    });
  });

  describe('the batches for log', () => {
    it('are found by module, version, refusal, repository, job and time', async () => {
      const index = await fresh(engine);
      const a = wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']);
      const b = wholeJob(job('b', { repository: 'acme/lib', repositoryId: '2' }), DAY + HOUR, [
        'example.com/x@v1.1.0',
        'example.com/y@v1.0.0',
      ]);
      const denied = batches(job('c'), [
        { phase: 'open', at: DAY + 2 * HOUR },
        {
          phase: 'data',
          at: DAY + 3 * HOUR,
          over: { denials: [denial('evil.example/x'), denial('evil.example/y', { seq: 2 })] },
        },
        {
          phase: 'data',
          at: DAY + 4 * HOUR,
          over: { denials: [denial('evil.example/x', { version: 'v2.0.0' })] },
        },
      ]);
      await index.apply([...a, ...b, ...denied]);
      const found = async (question: Parameters<Index['candidates']>[0]) =>
        (await index.candidates(question)).batches.map(({ digest }) => digest);
      const digests = (list: readonly ({ digest: string } | undefined)[]) => list.map(one => one?.digest);
      expect(await found({})).toEqual(digests([...a, ...b, ...denied].reverse()));
      expect(await found({ module: 'example.com/x' })).toEqual(digests([b[2], b[1], a[2], a[1]]));
      expect(await found({ module: 'example.com/x', version: 'v1.0.0' })).toEqual(digests([a[2], a[1]]));
      expect(await found({ module: 'example.com/x', version: 'v3.0.0' })).toEqual([]);
      expect(await found({ module: 'example.com/z' })).toEqual([]);
      expect(await found({ module: 'example.com/x', repository: 'acme/lib' })).toEqual(digests([b[2], b[1]]));
      expect(await found({ module: 'example.com/y', repository: 'acme/app' })).toEqual([]);
      expect(await found({ repository: 'acme/nobody' })).toEqual([]);
      expect(await found({ module: 'example.com/x', job: job('a').uid })).toEqual(digests([a[2], a[1]]));
      expect(await found({ job: job('a').uid })).toEqual(digests([a[2], a[1], a[0]]));
      expect(await found({ job: sha256('nobody') })).toEqual([]);
      expect(await found({ since: DAY + 2 * HOUR })).toEqual(digests([denied[2], denied[1], denied[0]]));
      expect(await found({ module: 'example.com/x', since: DAY + HOUR })).toEqual(digests([b[2], b[1]]));
      expect(await found({ decision: 'deny' })).toEqual(digests([denied[2], denied[1]]));
      expect(await found({ decision: 'deny', module: 'evil.example/y' })).toEqual(digests([denied[1]]));
      expect(await found({ decision: 'deny', module: 'evil.example/x', version: 'v2.0.0' })).toEqual(
        digests([denied[2]]),
      );
      expect(await found({ decision: 'deny', module: 'example.com/x' })).toEqual([]);
      expect(await found({ decision: 'deny', repository: 'acme/lib' })).toEqual([]);
      expect(await found({ decision: 'deny', repository: 'acme/app', since: DAY + 4 * HOUR })).toEqual(
        digests([denied[2]]),
      );
      expect((await index.candidates({ job: job('a').uid })).batches[0]).toEqual({
        digest: a[2]?.digest,
        rawKey: a[2]?.rawKey,
        received: a[2]?.received,
      });
    });

    it.each([
      ['of a module', { module: 'example.com/x' }],
      ['of a repository', { repository: 'acme/app' }],
      ['with refusals', { decision: 'deny' as const }],
    ])('%s come by page, also when all were received in one millisecond', async (_, question) => {
      const index = await fresh(engine);
      const all = Array.from({ length: 23 }, (_, i) => {
        const [batch] = batches(job(`${i}`), [
          { phase: 'open', at: DAY, uses: [use('example.com/x@v1.0.0', DAY)] },
        ]);
        if (batch === undefined) throw new Error('One batch was planned.');
        return { ...batch, received: DAY + Math.floor(i / 20), denials: [denial('evil.example/x')] };
      });
      // Numbers of batches follow from the order in which they came, digests do not.
      for (const batch of all) await index.apply([batch]);
      const given = await pages(after => index.candidates({ ...question, limit: 5, ...from(after) }));
      const expected = [...all].sort((a, b) => b.received - a.received || (a.digest < b.digest ? 1 : -1));
      expect(given.flatMap(page => page.batches.map(({ digest }) => digest))).toEqual(
        expected.map(({ digest }) => digest),
      );
    });

    it('of a module that was quiet for years come newest first, whatever clock a batch was received by', async () => {
      const index = await fresh(engine);
      const DAYS = 24 * HOUR;
      const ages = [-300_000, 0, 1, 6, 7, 8, 30, 31, 200, 201, 202, 400, 401, 2000, 2001, 19_000];
      const all = ages.flatMap((age, i) =>
        batches(job(`${i}`), [
          {
            phase: 'open',
            at: DAY - age * DAYS,
            uses: [use(`example.com/x@v1.${i % 3}.0`, DAY), use(`example.com/y${i}@v1.0.0`, DAY)],
          },
        ]),
      );
      await index.apply(all.toReversed());
      const digests = all.map(({ digest }) => digest);
      for (const place of [{}, { repository: 'acme/app' }]) {
        const ask = { module: 'example.com/x', ...place };
        for (const limit of [1, 4, 100]) {
          const given = await pages(after => index.candidates({ ...ask, limit, ...from(after) }));
          expect(given.flatMap(page => page.batches.map(({ digest }) => digest))).toEqual(digests);
        }
        const since = await index.candidates({ ...ask, since: DAY - 201 * DAYS });
        expect(since.batches.map(({ digest }) => digest)).toEqual(digests.slice(0, 10));
        const one = await index.candidates({ ...ask, version: 'v1.2.0' });
        expect(one.batches.map(({ digest }) => digest)).toEqual(digests.filter((_, i) => i % 3 === 2));
      }
    });
  });

  describe('conflicts', () => {
    it('are versions with two hashes, told by the batch that brought the second', async () => {
      const index = await fresh(engine);
      const name = 'example.com/x@v1.0.0';
      const first = wholeJob(job('a'), DAY, [name, 'example.com/y@v1.0.0']);
      expect((await index.apply(first)).flatMap(one => one.conflicts)).toEqual([]);
      const [moved] = batches(job('b'), [
        {
          phase: 'open',
          at: DAY + HOUR,
          uses: [
            use(name, DAY + HOUR, { h1: h1('moved') }),
            use('example.com/y@v1.0.0', DAY + HOUR, { h1: '' }),
            use('example.com/z@v1.0.0', DAY + HOUR),
          ],
        },
      ]);
      if (moved === undefined) throw new Error('One batch was planned.');
      expect(await index.apply([moved])).toEqual([
        { digest: moved.digest, dup: false, movedEarlier: [], conflicts: [name] },
      ]);
      expect((await index.apply([moved]))[0]).toMatchObject({ dup: true, conflicts: [] });
      expect(await index.conflicts({})).toEqual({
        conflicts: [
          {
            module: 'example.com/x',
            version: 'v1.0.0',
            hashes: [
              { h1: h1(name), first: expect.objectContaining({ job: job('a').uid }) },
              { h1: h1('moved'), first: expect.objectContaining({ job: job('b').uid }) },
            ],
          },
        ],
        next: null,
      });
    });

    it('within one transaction are told by the second of the two', async () => {
      const index = await fresh(engine);
      const of = (name: string, hash: string, at: number) =>
        batches(job(name), [
          { phase: 'open', at, uses: [use('example.com/x@v1.0.0', at, { h1: h1(hash) })] },
        ]);
      const applied = await index.apply([
        ...of('a', 'one', DAY),
        ...of('b', 'two', DAY + 1),
        ...of('c', 'one', DAY + 2),
      ]);
      expect(applied.map(one => one.conflicts)).toEqual([[], ['example.com/x@v1.0.0'], []]);
    });

    it('come by page', async () => {
      const index = await fresh(engine);
      for (const hash of ['one', 'two', 'three']) {
        const uses = Array.from({ length: 7 }, (_, i) =>
          use(`example.com/m${i}@v1.0.0`, DAY, { h1: h1(hash + i) }),
        );
        await index.apply(batches(job(hash), [{ phase: 'open', at: DAY, uses }]));
      }
      const all = await pages(after => index.conflicts({ limit: 3, ...from(after) }));
      expect(all.map(page => page.conflicts.length)).toEqual([3, 3, 1]);
      expect(all.flatMap(page => page.conflicts.map(one => one.hashes.length))).toEqual(Array(7).fill(3));
    });
  });

  describe('the difference of two jobs', () => {
    it('is what came, what went and what changed its version', async () => {
      const index = await fresh(engine);
      await index.apply(
        wholeJob(job('a'), DAY, [
          'm.example/same@v1.0.0',
          'm.example/up@v1.0.0',
          'm.example/gone@v1.0.0',
          'm.example/two@v1.0.0',
        ]),
      );
      const later = wholeJob(job('b'), DAY + HOUR, [
        'm.example/same@v1.0.0',
        'm.example/up@v1.1.0',
        'm.example/new@v1.0.0',
        'm.example/two@v1.1.0',
        'm.example/two@v1.2.0',
      ]);
      // Not closed yet: what came in so far counts.
      await index.apply(later.slice(0, 2));
      const named = (name: string) => ({
        module: name.split('@')[0],
        version: name.split('@')[1],
        h1: h1(name),
      });
      expect(await index.diff({ from: job('a').uid, to: job('b').uid })).toEqual({
        from: job('a').uid,
        to: job('b').uid,
        added: ['m.example/new@v1.0.0', 'm.example/two@v1.1.0', 'm.example/two@v1.2.0'].map(named),
        removed: ['m.example/gone@v1.0.0', 'm.example/two@v1.0.0'].map(named),
        changed: [{ module: 'm.example/up', from: 'v1.0.0', to: 'v1.1.0' }],
        truncated: false,
      });
    });

    it('shows a moved tag as gone and come', async () => {
      const index = await fresh(engine);
      await index.apply(wholeJob(job('a'), DAY, ['m.example/x@v1.0.0']));
      const uses = [use('m.example/x@v1.0.0', DAY, { h1: h1('moved') })];
      await index.apply(batches(job('b'), [{ phase: 'open', at: DAY, uses }]));
      expect(await index.diff({ from: job('a').uid, to: job('b').uid })).toMatchObject({
        added: [{ h1: h1('moved') }],
        removed: [{ h1: h1('m.example/x@v1.0.0') }],
        changed: [],
      });
    });

    it('says when a job is not known', async () => {
      const index = await fresh(engine);
      await index.apply(wholeJob(job('a'), DAY, []));
      const asked = index.diff({ from: job('a').uid, to: sha256('nobody') });
      await expect(asked).rejects.toMatchObject({ code: 'no-such-job' });
    });
  });

  describe('repositories and their commits', () => {
    it('lists who ever sent a record, by forge and page', async () => {
      const index = await fresh(engine);
      for (let i = 0; i < 5; i++) {
        const facts = job(`${i}`, {
          repository: `acme/r${i}`,
          repositoryId: i === 0 ? '' : `${i}`,
          forge: i < 2 ? 'gitlab' : 'github',
        });
        await index.apply(batches(facts, [{ phase: 'open', at: DAY + i }]));
      }
      const all = await pages(after => index.repositories({ limit: 2, ...from(after) }));
      expect(all.flatMap(page => page.repositories.map(one => one.repository)).sort()).toEqual([
        'acme/r0',
        'acme/r1',
        'acme/r2',
        'acme/r3',
        'acme/r4',
      ]);
      const { repositories } = await index.repositories({ forge: 'gitlab' });
      expect(repositories).toEqual([
        { iss: 'https://token.example.test', repository: 'acme/r1', repositoryId: '1', last: iso(DAY + 1) },
        { iss: 'https://token.example.test', repository: 'acme/r0', repositoryId: '', last: iso(DAY) },
      ]);
    });

    it('goes by the name of its newest batch; of two in one moment by the one that sorts last', async () => {
      const names = ['acme/a', 'acme/c', 'acme/b'];
      const jobs = names.map((repository, i) => wholeJob(job(`${i}`, { repository }), DAY, []));
      const index = await fresh(engine);
      await index.apply(wholeJob(job('old', { repository: 'acme/z' }), DAY - HOUR, []));
      for (const batches of jobs) await index.apply(batches);
      expect((await index.repositories({})).repositories.map(one => one.repository)).toEqual(['acme/c']);
    });

    it('asks again when it is time to, of the forges that may be asked and of their owners', async () => {
      const index = await fresh(engine);
      const other = { iss: 'https://other.example.test', repository: 'their/app', repositoryId: '7' };
      await index.apply(wholeJob(job('a', { change: '12' }), DAY, ['example.com/x@v1.0.0']));
      await index.apply(wholeJob(job('b', other), DAY + HOUR, ['example.com/y@v1.0.0']));
      const commits = async (now: number, ...forges: { iss: string; owners?: string[] }[]) =>
        (await index.unexplained({ forges, now, limit: 10 })).map(({ repository }) => repository);
      const both = [{ iss: ISS }, { iss: other.iss }];
      expect(await commits(DAY)).toEqual([]);
      expect(await commits(DAY, ...both)).toEqual(['their/app', 'acme/app']);
      expect(await commits(DAY, { iss: ISS })).toEqual(['acme/app']);
      expect(await commits(DAY, { iss: ISS, owners: ['their', 'ac'] })).toEqual([]);
      expect(await commits(DAY, { iss: ISS, owners: ['ACME'] })).toEqual(['acme/app']);

      const [a] = await index.unexplained({ forges: [{ iss: ISS }], now: DAY, limit: 10 });
      if (a === undefined) throw new Error('A commit was wanted.');
      expect(a).toMatchObject({ change: '12', seen: DAY, sha: job('a').sha });
      const change = (title: string) => ({
        number: 12,
        url: 'https://forge.example.test/12',
        title,
        author: 'eve',
        mergedBy: '',
        approvers: [],
      });
      const shown = async () => (await index.who({ module: 'example.com/x' })).first?.change?.title;
      await index.explain(a, undefined, DAY + HOUR);
      expect(await shown()).toBeUndefined();
      expect(await commits(DAY + HOUR - 1, ...both)).toEqual(['their/app']);
      expect(await commits(DAY + HOUR, ...both)).toEqual(['their/app', 'acme/app']);
      await index.explain(a, change('open'), DAY + 2 * HOUR);
      expect(await shown()).toBe('open');
      // Another job of the commit does not make it known for good.
      await index.apply(wholeJob(job('c', { sha: a.sha }), DAY + HOUR, ['example.com/z@v1.0.0']));
      await index.explain(a, undefined, DAY + 3 * HOUR);
      expect(await shown()).toBe('open');
      expect(await commits(DAY + 3 * HOUR, { iss: ISS })).toEqual(['acme/app']);
      await index.explain(a, change('merged'));
      expect(await shown()).toBe('merged');
      expect(await commits(DAY + 900 * HOUR, { iss: ISS })).toEqual([]);
    });

    it('asks about each commit that brought something once, and shows what the forge said', async () => {
      const index = await fresh(engine);
      await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
      await index.apply(wholeJob(job('same things'), DAY + HOUR, ['example.com/x@v1.0.0']));
      await index.apply(wholeJob(job('b'), DAY + 2 * HOUR, ['example.com/x@v1.1.0']));
      await index.apply(wholeJob(job('no commit', { sha: '' }), DAY + 3 * HOUR, ['example.com/y@v1.1.0']));
      const unexplained = (limit = 10, now = DAY) =>
        index.unexplained({ forges: [{ iss: ISS }], now, limit });
      const wanted = await unexplained();
      expect(wanted.map(one => one.sha)).toEqual([job('b').sha, job('a').sha]);
      expect(await unexplained(1)).toHaveLength(1);
      const change = {
        number: 12,
        url: 'https://forge.example.test/acme/app/pull/12',
        title: "Add x'; --",
        author: 'eve',
        mergedBy: 'bob',
        approvers: ['bob', 'amy'],
      };
      const [b, a] = wanted;
      if (a === undefined || b === undefined) throw new Error('Two commits were wanted.');
      await index.explain(a, change);
      await index.explain(b, undefined);
      await index.explain({ ...a, repository: 'acme/other', repositoryId: '404' }, change);
      expect(await unexplained()).toEqual([]);
      const { versions } = await index.who({ module: 'example.com/x' });
      expect(versions.map(({ first }) => first.change)).toEqual([change, undefined]);
      // Another job of a commit that is known.
      await index.apply(wholeJob(job('c', { sha: a.sha }), DAY + 4 * HOUR, ['example.com/z@v1.0.0']));
      expect(await unexplained()).toEqual([]);
      expect((await index.who({ module: 'example.com/z' })).first?.change).toEqual(change);
    });
  });
});
