import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatch, openSealed } from '../../src/audit/decode.ts';
import { encodeBatch, sealBatch } from '../../src/audit/encode.ts';
import { BatchError } from '../../src/audit/errors.ts';
import { BATCH_LIMITS, MAX_FINDINGS } from '../../src/audit/limits.ts';
import { batches, batchOf, H1, headerOf, inventoryOf, requestOf, TIME } from '../support/audit.ts';

describe('a batch', () => {
  it('comes back from its bytes as it went in, sealed or plain', () => {
    fc.assert(
      fc.property(batches, input => {
        const sealed = sealBatch(input);
        const batch = decodeBatch(sealed.gzip, { digest: sealed.digest });
        const { clock, ...header } = input.header;
        expect(batch.header).toEqual({ kind: 'hdr', v: 1, ...header, clock });
        expect(batch.requests).toEqual(input.requests);
        expect(batch.inventories).toEqual(input.inventories);
        expect(batch.refused).toEqual([]);
        expect(batch.footer).toMatchObject({
          first_seq: input.firstSeq,
          dropped: input.dropped,
          findings: input.findings,
          reason: input.reason,
          drop_reason: input.dropReason,
        });
        expect(decodeBatch(encodeBatch(input).ndjson)).toEqual(batch);
      }),
    );
  });

  it('is named by the digest of its text', () => {
    const { digest, gzip } = sealBatch(batchOf());
    expect(createHash('sha256').update(gunzipSync(gzip)).digest('hex')).toBe(digest);
  });

  it('has the same bytes each time it is sealed', () => {
    const [first, second] = [sealBatch(batchOf()), sealBatch(batchOf())];
    expect(first.gzip.equals(second.gzip)).toBe(true);
    expect(first.gzip.subarray(4, 10).toString('hex')).toBe('0000000000ff');
  });

  it('is opened again from its file alone', () => {
    const sealed = sealBatch(
      batchOf({ header: headerOf({ phase: 'close', batch: 3, prev: 'c'.repeat(64) }) }),
    );
    expect(openSealed(sealed.gzip)).toEqual(sealed);
    expect(sealed).toMatchObject({ no: 3, phase: 'close', records: 1 });
  });

  it('counts what is in it', () => {
    const requests = [
      requestOf(1),
      requestOf(2, { op: 'mod', decision: 'deny', status: 403 }),
      requestOf(3, { op: 'mod', decision: 'warn' }),
    ];
    const { footer } = encodeBatch(batchOf({ requests, counts: { prefetched: 9 } }));
    expect(footer.counts).toEqual({ requests: 3, zip: 1, mod: 2, deny: 1, warn: 1, prefetched: 9 });
    expect(footer).toMatchObject({ first_seq: 1, last_seq: 3, dropped: 0 });
  });

  it('without requests tells where they go on', () => {
    const { footer } = encodeBatch(batchOf({ requests: [], firstSeq: 41 }));
    expect(footer).toMatchObject({ first_seq: 41, last_seq: 40 });
  });

  it('keeps every record that it is given, however long its texts are', () => {
    const long = 'x'.repeat(10_000);
    const requests = [
      requestOf(1, { module: long, version: long, query: long, rule: long, reason: long, upstream: long }),
      requestOf(2, { module: 'example.com/short', reason: long }),
    ];
    const finding = { rule: long, level: 'error', module: long, version: long, message: long } as const;
    const findings = Array.from({ length: MAX_FINDINGS + 3 }, () => finding);
    const header = headerOf({ claimed: { ref: long } });
    const input = batchOf({ header, requests, findings, reason: long, dropReason: long });
    const batch = decodeBatch(sealBatch(input).gzip);
    expect(batch.refused).toEqual([]);
    expect(batch.requests[0]?.module).toBe(`${'x'.repeat(1023)}…`);
    expect(batch.requests[1]?.module).toBe('example.com/short');
    expect(batch.footer.counts.findings).toBe(findings.length);
    expect(batch.footer.findings.length).toBeGreaterThan(50);
  });

  it('tells of findings that a footer has no room for', () => {
    const finding = { rule: 'bypass/unserved', level: 'error', message: 'short' } as const;
    const findings = Array.from({ length: MAX_FINDINGS + 3 }, () => finding);
    const { footer } = encodeBatch(batchOf({ findings }));
    expect(footer.findings).toHaveLength(MAX_FINDINGS);
    expect(footer.counts.findings).toBe(MAX_FINDINGS + 3);
  });
});

describe('what is no batch is not written', () => {
  const codeOf = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      if (error instanceof BatchError) return error.code;
      throw error;
    }
    return undefined;
  };

  it.each([
    ['out of order', [2, 1], {}],
    ['the same twice', [1, 1], {}],
    ['before the range', [1, 2], { firstSeq: 2 }],
    ['after the range', [1, 2], { lastSeq: 1 }],
  ])('requests %s', (_, seqs, range) => {
    const requests = seqs.map(seq => requestOf(seq));
    expect(codeOf(() => encodeBatch(batchOf({ requests, ...range })))).toBe('malformed');
  });

  it('more lines than a store takes, and exactly as many', () => {
    const requests = Array.from({ length: BATCH_LIMITS.lines - 2 }, (_, at) => requestOf(at + 1));
    const { ndjson } = encodeBatch(batchOf({ requests }));
    expect(decodeBatch(ndjson).requests).toHaveLength(requests.length);
    const more = [...requests, requestOf(requests.length + 1)];
    expect(codeOf(() => encodeBatch(batchOf({ requests: more })))).toBe('too-large');
  });

  it('more names in inventories than a store takes, and exactly as many', () => {
    const parts = (rest: number) =>
      [...Array.from({ length: 9 }, () => 2000), rest].map(length =>
        inventoryOf({ members: Array.from({ length }, (_, at) => `m.example/${at}@v1.0.0 ${H1}`) }),
      );
    const vendored = inventoryOf({ members: [], vendored: ['m.example/x@v1.0.0'] });
    const { ndjson } = encodeBatch(batchOf({ inventories: [...parts(1999), vendored] }));
    expect(decodeBatch(ndjson).inventories).toHaveLength(11);
    expect(codeOf(() => encodeBatch(batchOf({ inventories: [...parts(2000), vendored] })))).toBe('too-large');
  });

  it('a line longer than a store takes', () => {
    const member = `${'é'.repeat(600)}@v1.0.0 h1:${'A'.repeat(43)}=`;
    const inventories = [inventoryOf({ members: Array.from({ length: 1000 }, () => member) })];
    expect(codeOf(() => encodeBatch(batchOf({ inventories, time: TIME })))).toBe('too-large');
  });
});
