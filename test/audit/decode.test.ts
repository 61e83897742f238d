import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatch, openSealed, refuseFuture } from '../../src/audit/decode.ts';
import { encodeBatch, sealBatch } from '../../src/audit/encode.ts';
import { BatchError } from '../../src/audit/errors.ts';
import { BATCH_LIMITS } from '../../src/audit/limits.ts';
import { batches, batchOf, H1, headerOf, inventoryOf, requestOf, resealed, TIME } from '../support/audit.ts';

const PLAIN = encodeBatch(
  batchOf({
    header: headerOf({ batch: 2, prev: 'd'.repeat(64) }),
    requests: [requestOf(5), requestOf(6, { op: 'mod', reason: 'é\u2028' }), requestOf(7)],
    inventories: [inventoryOf()],
    findings: [{ rule: 'bypass/vcs', level: 'warning', message: 'words' }],
  }),
);
const LINES = PLAIN.ndjson.toString().trimEnd().split('\n');

/** What a batch is refused with; undefined when it is taken. */
function refusal(bytes: Buffer, digest?: string): BatchError | undefined {
  try {
    decodeBatch(bytes, digest === undefined ? {} : { digest });
    return undefined;
  } catch (error) {
    if (error instanceof BatchError) return error;
    throw error;
  }
}

const withLine = (no: number, line: string | Buffer) => LINES.with(no - 1, line as string);
const json = (no: number) => JSON.parse(LINES[no - 1] ?? '') as Record<string, unknown>;
const edited = (no: number, fields: object) => withLine(no, JSON.stringify({ ...json(no), ...fields }));

describe('one byte of a batch that is another', () => {
  it('is noticed wherever it is, by who knows the name of the batch', () => {
    for (let at = 0; at < PLAIN.ndjson.length; at++) {
      const copy = Buffer.from(PLAIN.ndjson);
      copy[at] = (copy[at] ?? 0) ^ 1;
      expect(refusal(copy, PLAIN.digest), `byte ${at}`).toBeInstanceOf(BatchError);
    }
  });

  it('is noticed without the name, in all lines but the footer', () => {
    const footer = PLAIN.ndjson.length - (LINES.at(-1)?.length ?? 0) - 1;
    fc.assert(
      fc.property(fc.nat(footer - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const copy = Buffer.from(PLAIN.ndjson);
        copy[at] = (copy[at] ?? 0) ^ bits;
        expect(refusal(copy)).toBeInstanceOf(BatchError);
      }),
    );
  });

  it('of its gzip is noticed, or changes nothing', () => {
    const { gzip, digest } = sealBatch(batchOf());
    fc.assert(
      fc.property(fc.nat(gzip.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const copy = Buffer.from(gzip);
        copy[at] = (copy[at] ?? 0) ^ bits;
        if (refusal(copy) === undefined) expect(decodeBatch(copy).digest).toBe(digest);
      }),
      { numRuns: 500 },
    );
  });

  it('under a footer that agrees is a refused batch, a refused line or another right record', () => {
    fc.assert(
      fc.property(batches, fc.nat(), fc.integer({ min: 1, max: 255 }), (input, where, bits) => {
        const lines = encodeBatch(input).ndjson.toString().trimEnd().split('\n');
        const body = Buffer.from(lines.slice(0, -1).join('\n'));
        body[where % body.length] = (body[where % body.length] ?? 0) ^ bits;
        const bytes = resealed([body, lines.at(-1) ?? '']);
        if (refusal(bytes) !== undefined) return;
        const batch = decodeBatch(bytes);
        const told = batch.requests.length + batch.inventories.length + batch.refused.length;
        expect(told).toBe(bytes.toString('latin1').split('\n').length - 3);
        for (const { line, why } of batch.refused) {
          expect(line).toBeGreaterThan(1);
          expect(why).toMatch(/^[^\p{Cc}\p{Cs}\u2028\u2029]{5,300}$/u);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a line that is no record', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['no JSON', '{"kind":"req"', /no JSON/],
    ['nothing', '', /no JSON/],
    ['something before it', ' {}', /no JSON object/],
    ['a carriage return', `${LINES[2]}\r`, /no JSON object/],
    ['a mark of byte order', `\ufeff${LINES[2]}`, /no JSON object/],
    ['a raw NUL', '{"kind":"req\u0000"}', /no JSON/],
    ['a name twice', LINES[2]?.replace('{', '{"seq":6,') ?? '', /twice/],
    ['a prototype', LINES[2]?.replace('{', '{"__proto__":{},') ?? '', /__proto__/],
    ['deep', LINES[2]?.replace('{', `{"x":${'['.repeat(9999)}${']'.repeat(9999)},`) ?? '', /nested/],
    ['no kind', '{}', /kind/],
    ['a kind of a later format', '{"kind":"bin","path":"x"}', /kind/],
    ['a header', LINES[0] ?? '', /kind/],
    ['a footer', LINES.at(-1) ?? '', /kind/],
    ['no operation', JSON.stringify({ ...json(3), op: 'rm' }), /op/],
    ['text as a number', JSON.stringify({ ...json(3), bytes: '1' }), /bytes/],
    ['less than nothing', JSON.stringify({ ...json(3), bytes: -1 }), /bytes/],
    ['no number', LINES[2]?.replace('"ms":1', '"ms":1e999') ?? '', /ms/],
    ['a local time', JSON.stringify({ ...json(3), t: '2026-11-23T15:31:22.123+01:00' }), /wrong t/],
    ['a day that no month has', JSON.stringify({ ...json(3), t: '2026-02-30T15:31:22.123Z' }), /wrong t/],
    ['a name without end', JSON.stringify({ ...json(3), module: 'x'.repeat(10_240) }), /module/],
    ['no h1', JSON.stringify({ ...json(3), h1: 'h1:abc' }), /h1/],
    ['a part that there is not', JSON.stringify(inventoryOf({ part: 3, parts: 2 })), /part 3 of 2/],
    [
      'a member without a hash',
      JSON.stringify(inventoryOf({ members: ['example.com/mod@v1.0.0'] })),
      /members/,
    ],
    ['a member of two lines', JSON.stringify(inventoryOf({ members: [`a\nb@v1 ${H1}`] })), /members/],
  ])('is refused alone: %s', (_, line, why) => {
    const batch = decodeBatch(resealed(withLine(3, line)));
    expect(batch.refused).toEqual([{ line: 3, why: expect.stringMatching(why) }]);
    expect(batch.requests.map(({ seq }) => seq)).toEqual([5, 7]);
    expect(batch.inventories).toHaveLength(1);
  });

  it('may be one of a thousand, and no more', () => {
    const bad = (count: number) => [LINES[0] ?? '', ...Array(count).fill('{}'), LINES.at(-1) ?? ''];
    expect(decodeBatch(resealed(bad(1000))).refused).toHaveLength(1000);
    expect(refusal(resealed(bad(1001)))?.code).toBe('malformed');
  });
});

describe('what a later writer adds', () => {
  it('is passed over where it is a field', () => {
    const batch = decodeBatch(resealed(edited(3, { step: 'build', origin: { vcs: 'git' } })));
    expect(batch.refused).toEqual([]);
    expect(batch.requests).toHaveLength(3);
  });

  it('is told to be new where it is a version, whatever else it changes', () => {
    const bytes = Buffer.from(`{"kind":"hdr","v":2,"job":"x"}\n{"kind":"end"}\n`);
    expect(refusal(bytes)?.code).toBe('future-version');
    expect(refusal(bytes)?.message).toMatch(/modaudit\/2.*update the modgate that takes batches in/);
    expect(refusal(resealed(edited(1, { v: 2 })))?.code).toBe('future-version');
  });
});

describe('a batch is refused as a whole', () => {
  const footer = (fields: object) => resealed(LINES, before => ({ ...before, ...fields }));
  it.each<[string, Buffer, BatchError['code'], RegExp]>([
    ['for nothing', Buffer.alloc(0), 'malformed', /half a batch/],
    ['for one line', Buffer.from(`${LINES[0]}\n`), 'malformed', /fewer lines/],
    ['without a header', resealed(LINES.slice(1)), 'malformed', /line 1, the header/],
    [
      'without a footer',
      Buffer.from(`${LINES.slice(0, -1).join('\n')}\n`),
      'malformed',
      /line 5, the footer/,
    ],
    ['cut in a line', PLAIN.ndjson.subarray(0, -20), 'malformed', /half a batch/],
    ['without the last newline', PLAIN.ndjson.subarray(0, -1), 'malformed', /half a batch/],
    ['with a line behind the footer', Buffer.from(`${LINES.join('\n')}\n\n`), 'malformed', /footer/],
    ['that is two', Buffer.concat([PLAIN.ndjson, PLAIN.ndjson]), 'digest', /body_sha256/],
    ['with a mark of byte order', resealed(withLine(1, `\ufeff${LINES[0]}`)), 'malformed', /header/],
    ['of Latin-1', resealed(withLine(3, Buffer.from('{"kind":"é"}', 'latin1'))), 'not-utf8', /UTF-8/],
    ['of UTF-16', Buffer.from(PLAIN.ndjson.toString(), 'utf16le'), 'not-utf8', /UTF-8/],
    [
      'of halves of surrogate pairs',
      resealed(withLine(3, Buffer.from([0xed, 0xa0, 0x80]))),
      'not-utf8',
      /UTF-8/,
    ],
    ['of an old version', resealed(edited(1, { v: 0 })), 'malformed', /wrong v/],
    ['of no job', resealed(edited(1, { job_uid: 'x' })), 'malformed', /job_uid/],
    ['of a job that is a path', resealed(edited(1, { job_uid: '../../etc' })), 'malformed', /job_uid/],
    [
      'of an upper-case instance',
      resealed(edited(1, { inst: json(1).inst?.toString().toUpperCase() })),
      'malformed',
      /inst/,
    ],
    ['first, with one before', resealed(edited(1, { batch: 1 })), 'malformed', /prev/],
    ['not first, with none before', resealed(edited(1, { prev: null })), 'malformed', /prev/],
    [
      'with claims that are no text',
      resealed(edited(1, { claimed: { ref: 1 } })),
      'malformed',
      /claimed.ref/,
    ],
    [
      'with a prototype among its claims',
      resealed(withLine(1, LINES[0]?.replace('"claimed":{', '"claimed":{"__proto__":"x",') ?? '')),
      'malformed',
      /__proto__/,
    ],
    [
      'with two headers in one',
      resealed(withLine(1, LINES[0]?.replace('{', '{"v":1,') ?? '')),
      'malformed',
      /twice/,
    ],
    [
      'with another digest of its lines',
      Buffer.from(
        `${[...LINES.slice(0, -1), JSON.stringify({ ...json(6), body_sha256: '0'.repeat(64) })].join('\n')}\n`,
      ),
      'digest',
      /body_sha256/,
    ],
    ['whose range ends before it begins', footer({ first_seq: 9, last_seq: 7 }), 'malformed', /last_seq/],
    ['whose range is smaller', footer({ last_seq: 6 }), 'malformed', /request 7/],
    ['whose range begins later', footer({ first_seq: 6 }), 'malformed', /request 5/],
    ['whose range is larger', footer({ last_seq: 8 }), 'malformed', /1 of its requests/],
    [
      'whose range is far too large',
      footer({ first_seq: 1, last_seq: Number.MAX_SAFE_INTEGER }),
      'malformed',
      /missing/,
    ],
    ['with a request twice', resealed(LINES.toSpliced(2, 0, LINES[2] ?? '')), 'malformed', /request 6/],
    [
      'with requests in another order',
      resealed(LINES.with(1, LINES[2] ?? '').with(2, LINES[1] ?? '')),
      'malformed',
      /request/,
    ],
    ['without one of its requests', resealed(LINES.toSpliced(2, 1)), 'malformed', /1 of its requests/],
    ['with more dropped than can be', footer({ dropped: -1 }), 'malformed', /dropped/],
  ])('%s', (_, bytes, code, words) => {
    const error = refusal(bytes);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(words);
    expect(refusal(gzipSync(bytes))?.code).toBe(code);
  });

  it('under another name', () => {
    const error = refusal(PLAIN.ndjson, 'e'.repeat(64));
    expect(error?.code).toBe('digest');
    expect(error?.message).toContain(PLAIN.digest);
  });

  it('with something behind its gzip, or in two members', () => {
    const { gzip } = sealBatch(batchOf());
    expect(refusal(Buffer.concat([gzip, Buffer.from('x')]))?.code).toBe('malformed');
    expect(refusal(Buffer.concat([gzip, gzipSync('')]))?.code).toBe('malformed');
    expect(refusal(gzip.subarray(0, -1))?.code).toBe('not-gzip');
    expect(() => openSealed(PLAIN.ndjson)).toThrow('no gzip');
  });

  it.each([
    ['compressed bytes', { compressed: 10 }],
    ['bytes', { inflated: 100 }],
    ['lines', { lines: 5 }],
    ['bytes of a line', { line: 200 }],
    ['names in its inventories', { names: 0 }],
  ])('with too many %s', (_, limit) => {
    const limits = { ...BATCH_LIMITS, ...limit };
    const gzip = gzipSync(PLAIN.ndjson);
    expect(() => decodeBatch(gzip, { limits })).toThrow(expect.objectContaining({ code: 'too-large' }));
    expect(decodeBatch(gzip, { limits: { ...limits, ...BATCH_LIMITS } }).digest).toBe(PLAIN.digest);
  });

  it('that is a bomb, without inflating it', () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, '\n'));
    expect(bomb.length).toBeLessThan(BATCH_LIMITS.compressed);
    expect(refusal(bomb)?.code).toBe('too-large');
  });
});

describe('numbers without a request', () => {
  it('are taken where the footer tells that they were dropped', () => {
    const lines = LINES.toSpliced(2, 1);
    expect(decodeBatch(resealed(lines, footer => ({ ...footer, dropped: 1 }))).requests).toHaveLength(2);
    const more = resealed(lines, footer => ({ ...footer, dropped: 1, last_seq: 8 }));
    expect(refusal(more)?.code).toBe('malformed');
  });
});

describe('a batch of the future', () => {
  const batch = decodeBatch(PLAIN.ndjson);
  const day = 24 * 60 * 60 * 1000;
  it('is taken up to a day ahead', () => {
    expect(() => refuseFuture(batch, Date.parse(TIME) - day)).not.toThrow();
    expect(() => refuseFuture(batch, Date.parse(TIME) - day - 1)).toThrow(
      expect.objectContaining({ code: 'future-date' }),
    );
  });
});
