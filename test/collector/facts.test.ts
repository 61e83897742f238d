import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatch } from '../../src/audit/decode.ts';
import { type BatchInput, encodeBatch, sealBatch } from '../../src/audit/encode.ts';
import { BatchError } from '../../src/audit/errors.ts';
import type { Batch, Receipt, Request } from '../../src/audit/record.ts';
import { factsOf } from '../../src/collector/facts.ts';
import type { BatchFacts } from '../../src/collector/types.ts';
import {
  batches,
  batchOf,
  H1,
  headerOf,
  inventoryOf,
  OTHER_H1,
  RECEIPT,
  receipts,
  requestOf,
  resealed,
  TIME,
} from '../support/audit.ts';

function facts(input: BatchInput, receipt: Receipt = RECEIPT): BatchFacts {
  const { gzip, key } = sealBatch(input);
  return factsOf(receipt, decodeBatch(gzip), key);
}

const ofRequests = (...some: Partial<Request>[]) =>
  facts(batchOf({ requests: some.map((over, at) => requestOf(at + 1, over)) }));
const ofJob = (forge: 'github' | 'gitlab' | 'local', claimed: Record<string, string>) =>
  facts(batchOf({ header: headerOf({ forge, claimed }) })).job;

/** Every text in a value, however deep. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

describe('facts', () => {
  it('come out of every batch that is taken, fit for any database', () => {
    fc.assert(
      fc.property(receipts, batches, (receipt, input) => {
        const { gzip, key } = sealBatch(input);
        const found = factsOf(receipt, decodeBatch(gzip), key);
        const received = Date.parse(receipt.received);
        for (const text of texts(found)) {
          expect(text).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202e]/u);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8192);
        }
        for (const name of [
          found.job.repository,
          ...found.modules.flatMap(use => [use.module, use.version]),
        ]) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(1000);
        }
        for (const { time } of [...found.modules, ...found.denials, { time: found.sealed }]) {
          expect(Number.isSafeInteger(time)).toBe(true);
          expect(time).toBeLessThanOrEqual(received);
        }
        const keys = found.modules.map(({ module, version, h1 }) => JSON.stringify([module, version, h1]));
        expect(new Set(keys).size).toBe(keys.length);
        expect(factsOf(receipt, decodeBatch(gzip), key)).toEqual(found);
      }),
      { numRuns: 300 },
    );
  });

  it('come out of what is left of a batch that somebody has changed', () => {
    fc.assert(
      fc.property(batches, fc.nat(), fc.integer({ min: 1, max: 255 }), (input, where, bits) => {
        const lines = encodeBatch(input).ndjson.toString().trimEnd().split('\n');
        const body = Buffer.from(lines.slice(0, -1).join('\n'));
        body[where % body.length] = (body[where % body.length] ?? 0) ^ bits;
        let batch: Batch;
        try {
          batch = decodeBatch(resealed([body, lines.at(-1) ?? '']));
        } catch (error) {
          expect(error).toBeInstanceOf(BatchError);
          return;
        }
        for (const text of texts(factsOf(RECEIPT, batch, ''))) expect(text).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }),
      { numRuns: 300 },
    );
  });

  it('tell what the batch and its receipt say', () => {
    const header = headerOf({ batch: 4, prev: 'c'.repeat(64), phase: 'close' });
    const input = batchOf({ header, requests: [requestOf(8), requestOf(10)], firstSeq: 7, dropped: 2 });
    expect(facts(input)).toMatchObject({
      digest: sealBatch(input).digest,
      rawKey: sealBatch(input).key,
      no: 4,
      prev: 'c'.repeat(64),
      phase: 'close',
      assurance: 'relayed',
      writer: 'ci',
      received: Date.parse(RECEIPT.received),
      sealed: Date.parse(TIME),
      firstSeq: 7,
      lastSeq: 10,
      records: 2,
      dropped: 2,
      hasInventory: false,
    });
  });
});

describe('a module', () => {
  const use = { module: 'example.com/mod', version: 'v1.0.0' };
  it.each<[string, Partial<Request>, boolean]>([
    ['a zip', { op: 'zip' }, true],
    ['a toolchain', { op: 'toolchain' }, true],
    ['a zip that was warned of', { op: 'zip', decision: 'warn' }, true],
    ['a zip that a dry run lets through', { op: 'zip', decision: 'would_deny' }, true],
    ['a refused zip', { op: 'zip', decision: 'deny', status: 403, bytes: 40 }, false],
    ['a zip that is nowhere', { op: 'zip', status: 404, bytes: 40 }, false],
    ['a zip that broke off', { op: 'zip', status: 200, bytes: 0, reason: 'client left' }, false],
    ['a go.mod', { op: 'mod' }, false],
    ['an info', { op: 'info' }, false],
  ])('comes in, or not, with %s', (_, over, code) => {
    const time = Date.parse(TIME);
    const h1 = over.op === 'zip' && code ? H1 : '';
    const found = ofRequests({ ...over, ...(h1 === '' ? {} : { h1 }) }).modules;
    expect(found).toEqual([{ ...use, h1, code, time }]);
  });

  it('is told without a version where only its versions were asked for', () => {
    const { version: _, ...bare } = requestOf(1, { op: 'list' });
    const { version: __, ...query } = requestOf(2, { op: 'info', query: 'main' });
    expect(facts(batchOf({ requests: [bare, query] })).modules).toEqual([
      { module: 'example.com/mod', version: '', h1: '', code: false, time: Date.parse(TIME) },
    ]);
  });

  it('is not what go only tries, and not the checksum database', () => {
    const { module: _, version: __, ...sumdb } = requestOf(2, { op: 'sumdb', query: 'latest' });
    const probe = requestOf(1, { op: 'list', module: 'example.com', status: 404, probe: true });
    expect(facts(batchOf({ requests: [probe, sumdb] })).modules).toEqual([]);
  });

  it('is told once, with its first time, and its look-ups only where its code is not there', () => {
    const later = '2026-11-23T15:31:25.000Z';
    const found = ofRequests(
      { op: 'info', t: TIME },
      { op: 'zip', h1: H1, t: later },
      { op: 'zip', h1: H1, t: TIME },
      { op: 'mod', version: 'v2.0.0', t: later },
      { op: 'info', version: 'v2.0.0', t: TIME },
    );
    expect(found.modules).toEqual([
      { ...use, h1: H1, code: true, time: Date.parse(TIME) },
      { ...use, version: 'v2.0.0', h1: '', code: false, time: Date.parse(TIME) },
    ]);
  });

  it('is two where it came with two hashes', () => {
    const found = ofRequests({ op: 'zip', h1: H1 }, { op: 'zip', h1: OTHER_H1 });
    expect(found.modules.map(({ h1 }) => h1)).toEqual([H1, OTHER_H1]);
  });

  it('comes from the inventory of the end, without any request, and not from that of the start', () => {
    const members = [`example.com/warm@v1.2.3 ${H1}`, `example.com/!upper@v2.0.0+incompatible ${OTHER_H1}`];
    const end = facts(batchOf({ requests: [], inventories: [inventoryOf({ members })] }));
    const time = Date.parse(TIME);
    expect(end).toMatchObject({
      hasInventory: true,
      modules: [
        { module: 'example.com/warm', version: 'v1.2.3', h1: H1, code: true, time },
        { module: 'example.com/!upper', version: 'v2.0.0+incompatible', h1: OTHER_H1, code: true, time },
      ],
    });
    const start = facts(batchOf({ requests: [], inventories: [inventoryOf({ phase: 'start' })] }));
    expect(start).toMatchObject({ hasInventory: false, modules: [] });
  });

  it('comes from a vendor directory, without a hash where no go.sum has one', () => {
    const vendored = ['example.com/mod@v1.0.0', 'example.com/vendored@v1.0.0', 'no version', '@v1', 'x@'];
    const found = facts(batchOf({ requests: [], inventories: [inventoryOf({ vendored })] }));
    const time = Date.parse(TIME);
    expect(found.modules).toEqual([
      { ...use, h1: H1, code: true, time, unasked: true },
      { module: 'example.com/vendored', version: 'v1.0.0', h1: '', code: true, time, unasked: true },
    ]);
  });

  it('is told from one that no request asked for, whose records nobody has to look for', () => {
    const members = ['served', 'looked', 'warm'].map(name => `example.com/${name}@v1.0.0 ${H1}`);
    const ask = (seq: number, name: string, over: Partial<Request>) =>
      requestOf(seq, { module: `example.com/${name}`, h1: H1, ...over });
    const found = facts(
      batchOf({
        requests: [ask(1, 'served', { op: 'zip' }), ask(2, 'looked', { op: 'mod' })],
        inventories: [inventoryOf({ members })],
      }),
    );
    expect(found.modules.map(({ module, code, unasked }) => [module, code, unasked === true])).toEqual([
      ['example.com/served', true, false],
      ['example.com/looked', true, false],
      ['example.com/warm', true, true],
    ]);
  });

  it('is cut to a key where its name is long, and stays another than its neighbours', () => {
    const [one, other] = ofRequests(
      { module: `${'é'.repeat(900)}a` },
      { module: `${'é'.repeat(900)}b` },
    ).modules;
    expect(one?.module).not.toBe(other?.module);
    expect(Buffer.byteLength(one?.module ?? '')).toBeLessThanOrEqual(1000);
    expect(one?.module).toMatch(/^é{300,}…[0-9a-f]{16}$/);
  });

  it('is shown as text, whatever it was', () => {
    const found = ofRequests({ module: 'x\u0000\u202e\ud800\n', version: "'; DROP TABLE job; --" });
    expect(found.modules[0]).toMatchObject({
      module: 'x\\u0000\\u202e\\ud800\\n',
      version: "'; DROP TABLE job; --",
    });
  });
});

describe('time', () => {
  const at = (t: string, offset?: number, received = RECEIPT.received) => {
    const clock = { wall: TIME, mono_ns: '1', ...(offset === undefined ? {} : { server_offset_ms: offset }) };
    const input = batchOf({ header: headerOf({ clock }), requests: [requestOf(1, { t })] });
    return new Date(facts(input, { ...RECEIPT, received }).modules[0]?.time ?? 0).toISOString();
  };
  it.each([
    ['is that of the record', [TIME], TIME],
    ['is that of the store where it is known', [TIME, 5000], '2026-11-23T15:31:27.123Z'],
    ['may be earlier by the clock of the store', [TIME, -5000], '2026-11-23T15:31:17.123Z'],
    ['is never after the batch was received', ['2027-01-01T00:00:00.000Z'], RECEIPT.received],
    ['is not of a clock that nobody set', ['1970-01-01T00:00:03.000Z'], RECEIPT.received],
    ['survives any offset', [TIME, Number.MIN_SAFE_INTEGER], RECEIPT.received],
    ['survives any offset ahead', [TIME, Number.MAX_SAFE_INTEGER], RECEIPT.received],
  ] as [string, Parameters<typeof at>, string][])('%s', (_, args, time) => {
    expect(at(...args)).toBe(time);
  });
});

describe('a denial', () => {
  it('is a refusal with its rule and reason', () => {
    const denied = { decision: 'deny', status: 403, rule: 'host/denied', reason: 'no' } as const;
    expect(ofRequests({ op: 'info' }, { ...denied, op: 'zip' }).denials).toEqual([
      {
        seq: 2,
        time: Date.parse(TIME),
        op: 'zip',
        module: 'example.com/mod',
        version: 'v1.0.0',
        rule: 'host/denied',
        reason: 'no',
      },
    ]);
  });

  it('names the query where there is no version', () => {
    const { version: _, ...request } = requestOf(1, { op: 'info', decision: 'deny', query: 'main' });
    expect(facts(batchOf({ requests: [request] })).denials).toMatchObject([{ version: 'main' }]);
  });

  it('is no path that is no module, no warning, and nothing that a dry run lets through', () => {
    const found = ofRequests(
      { op: 'list', decision: 'deny', probe: true },
      { decision: 'warn' },
      { decision: 'would_deny' },
      { status: 404 },
    );
    expect(found.denials).toEqual([]);
  });
});

describe('a job', () => {
  it('tells what its environment says', () => {
    const claimed = {
      repository: 'acme/demo',
      repository_id: '7',
      ref: 'refs/pull/42/merge',
      sha: 'f'.repeat(40),
      event: 'pull_request',
      actor: 'mona',
      workflow: 'ci',
      job: 'test',
      url: 'https://user:secret@forge.example.com/acme/demo/runs/1?check=2',
    };
    const { url, workflow: _, job: __, ...same } = claimed;
    const { repository_id, ...rest } = same;
    expect(ofJob('github', claimed)).toMatchObject({
      ...rest,
      repositoryId: repository_id,
      name: 'ci / test',
      url: url.replace('user:secret@', ''),
      change: '42',
      onDefault: false,
    });
  });

  it('without claims is one all the same', () => {
    expect(ofJob('local', {})).toMatchObject({
      repository: '',
      name: '',
      url: '',
      change: '',
      onDefault: false,
    });
  });

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    '//forge.example.com',
    'https://',
    'no link',
    `https://forge.example.com/${'é'.repeat(500)}`,
  ])('has no link that is no page, case %#', url => {
    expect(ofJob('github', { url }).url).toBe('');
  });

  it.each([
    ['change', { change: '12' }, '12'],
    ['ref of GitHub', { ref: 'refs/pull/12/merge' }, '12'],
    ['ref of GitLab', { ref: 'refs/merge-requests/12/head' }, '12'],
    ['text', { change: '=cmd()' }, ''],
    ['nothing', { ref: 'refs/heads/pull/12/merge' }, ''],
  ])('has the number of its change from the %s', (_, claimed, change) => {
    expect(ofJob('github', claimed).change).toBe(change);
  });
});

describe('the default branch', () => {
  const main = { ref: 'refs/heads/main', default_branch: 'main', event: 'push' };
  it.each([
    ['a push', main],
    ['a schedule', { ...main, event: 'schedule' }],
    ['a start by hand', { ...main, event: 'workflow_dispatch' }],
    ['a branch with a slash', { ...main, ref: 'refs/heads/release/1', default_branch: 'release/1' }],
    ['a push where it is not told', { ref: 'refs/heads/topic', event: 'push' }],
  ])('is that of a job of GitHub: %s', (_, claimed) => {
    expect(ofJob('github', claimed).onDefault).toBe(true);
  });

  it.each([
    ['another branch', { ...main, ref: 'refs/heads/topic' }],
    ['a branch that ends alike', { ...main, ref: 'refs/heads/x/main' }],
    ['a tag of its name', { ...main, ref: 'refs/tags/main' }],
    ['a tag where it is not told', { ref: 'refs/tags/v1', event: 'push' }],
    ['a pull request', { ...main, ref: 'refs/pull/1/merge', event: 'pull_request' }],
    ['a pull request that runs on its base', { ...main, event: 'pull_request_target' }],
    ['the end of another run, which may be of a fork', { ...main, event: 'workflow_run' }],
    ['a merge group', { ...main, ref: 'refs/heads/gh-readonly-queue/main/pr-1-a', event: 'merge_group' }],
    ['a job that names a change', { ...main, change: '3' }],
    ['a schedule where it is not told', { ref: 'refs/heads/main', event: 'schedule' }],
    ['nothing', {}],
  ])('is not that of a job of GitHub: %s', (_, claimed) => {
    expect(ofJob('github', claimed).onDefault).toBe(false);
  });

  const branch = { ref: 'main', default_branch: 'main', event: 'push' };
  it.each([
    ['a push', branch, true],
    ['a pipeline of another', { ...branch, event: 'pipeline' }, true],
    ['another branch', { ...branch, ref: 'topic' }, false],
    ['a tag of its name', { ...branch, tag: 'main' }, false],
    ['a merge request', { ...branch, event: 'merge_request_event' }, false],
    ['a merge request, told by its number', { ...branch, change: '3' }, false],
    ['an external pull request', { ...branch, event: 'external_pull_request_event' }, false],
  ])('of a job of GitLab: %s', (_, claimed, is) => {
    expect(ofJob('gitlab', claimed).onDefault).toBe(is);
  });

  it('of a job on a machine of its own is where its checkout says so', () => {
    expect(ofJob('local', { ref: 'refs/heads/main', default_branch: 'main' }).onDefault).toBe(true);
    expect(ofJob('local', { ref: 'main', default_branch: 'main' }).onDefault).toBe(true);
    expect(ofJob('local', { ref: 'main' }).onDefault).toBe(false);
  });
});
