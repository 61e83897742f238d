import { describe, expect, it } from 'vitest';
import { cleanKey } from '../../../src/collector/clean.ts';
import { ENGINES, engines } from './engines.ts';
import { batches, DAY, h1, job, sha256, use, wholeJob } from './facts.ts';
import { HOSTILE } from './worlds.ts';

const { fresh } = engines();

describe.each(ENGINES)('hostile texts on %s', engine => {
  it('are found by the name they came with, and do nothing else', async () => {
    const index = await fresh(engine);
    for (const [i, text] of HOSTILE.entries()) {
      const facts = job(`${i}`, {
        repository: text,
        repositoryId: '',
        name: text,
        ref: text,
        sha: text,
        event: text,
        actor: text,
        url: text,
        iss: text,
      });
      const uses = [
        use('x@y', DAY, { module: text, version: text }),
        use('x@y', DAY, { module: text, version: text, h1: h1('other') }),
      ];
      const denied = { seq: 1, time: DAY, op: text, module: text, version: text, rule: text, reason: text };
      const finding = { rule: text, level: 'error' as const, module: text, version: text, message: text };
      await index.apply(
        batches(facts, [
          {
            phase: 'open',
            at: DAY,
            uses,
            over: { denials: [denied], findings: [finding], rawKey: `raw/${i}` },
          },
          { phase: 'close', at: DAY, uses, records: 0, over: { writer: text } },
        ]),
      );
    }
    const listed = (await index.jobs({ limit: 1000 })).jobs;
    expect(listed).toHaveLength(HOSTILE.length);
    for (const [i, text] of HOSTILE.entries()) {
      const uid = job(`${i}`).uid;
      const first = { job: uid, repository: cleanKey(text) };
      expect(await index.who({ module: text, version: text, repository: text })).toMatchObject({
        first,
        versions: [{ first }, { first }],
      });
      const { uses } = await index.used({ module: text, version: text });
      expect(uses.map(one => one.job)).toEqual([uid, uid]);
      expect(
        (await index.candidates({ module: text, decision: 'deny', version: text })).batches,
      ).toMatchObject([{ rawKey: `raw/${i}` }]);
      expect((await index.jobs({ repository: text })).jobs.map(one => one.job)).toEqual([uid]);
      expect(listed.find(one => one.job === uid)?.findings).toHaveLength(1);
    }
    expect((await index.conflicts({})).conflicts).toHaveLength(HOSTILE.length);
    const texts = listed.flatMap(one => [one.repository, one.ref, one.sha, one.name, one.actor, one.url]);
    expect(texts.filter(text => text.includes('\0') || !text.isWellFormed())).toEqual([]);
    expect(await index.who({ module: '%' })).toMatchObject({ versions: [] });
    expect(await index.who({ module: "' or 1=1 --", repository: '%' })).toMatchObject({ versions: [] });
  });

  it('that are long stay apart', async () => {
    const index = await fresh(engine);
    const long = (end: string) => `evil.example/${'😀'.repeat(5000)}${end}`;
    const names = [`${long('a')}@v1`, `${long('b')}@v1`];
    await index.apply(wholeJob(job('a'), DAY, names));
    expect((await index.who({ module: long('a') })).versions).toHaveLength(1);
    expect((await index.who({ module: long('b') })).versions).toHaveLength(1);
    expect((await index.who({ module: long('c') })).versions).toHaveLength(0);
  });

  it('as cursors are refused or find nothing', async () => {
    const index = await fresh(engine);
    await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
    const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
    const refused = [cursor(['a\0', 'b']), cursor([1e300, 'x']), cursor({ length: 2 }), cursor(null), '\0'];
    for (const after of refused) {
      await expect(index.who({ module: 'example.com/x', after })).rejects.toMatchObject({ code: 'cursor' });
      await expect(index.candidates({ after })).rejects.toMatchObject({ code: 'cursor' });
    }
    const after = cursor(["' or 1=1", "'; drop table job"]);
    expect((await index.who({ module: 'example.com/x', after })).versions).toHaveLength(1);
    expect((await index.repositories({ after: cursor(['~', '~']) })).repositories).toEqual([]);
    expect(
      (await index.candidates({ after: cursor([Number.MAX_SAFE_INTEGER, sha256('')]) })).batches,
    ).toHaveLength(3);
  });

  it('and numbers are bounded', async () => {
    const index = await fresh(engine);
    const [batch] = batches(job('a'), [{ phase: 'open', at: DAY }]);
    if (batch === undefined) throw new Error('One batch was planned.');
    const huge = { dropped: Number.MAX_SAFE_INTEGER, lastSeq: Number.MAX_SAFE_INTEGER };
    await index.apply([
      { ...batch, ...huge },
      {
        ...batch,
        ...huge,
        digest: sha256('two'),
        no: 2,
        prev: batch.digest,
        firstSeq: Number.MAX_SAFE_INTEGER,
      },
    ]);
    expect((await index.jobs({ limit: Number.NaN })).jobs).toMatchObject([{ dropped: 2e9 }]);
    expect((await index.jobs({ limit: -5 })).jobs).toHaveLength(1);
    expect((await index.jobs({ limit: 1e9, before: Number.MAX_SAFE_INTEGER })).jobs).toHaveLength(1);
  });
});
