import { writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatch } from '../../../src/audit/decode.ts';
import { sealBatch } from '../../../src/audit/encode.ts';
import { BatchError } from '../../../src/audit/errors.ts';
import { digestOfKey, isRawKey, rawKey } from '../../../src/audit/raw/key.ts';
import { unpackRaw } from '../../../src/audit/raw/object.ts';
import { packRaw } from '../../../src/audit/raw/pack.ts';
import { batches, batchOf, headerOf, INST, RECEIPT, receipts, requestOf, UID } from '../../support/audit.ts';
import { run } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

describe('the name of a raw object', () => {
  it('tells date, issuer, job, instance, number and digest', () => {
    const { key, digest } = sealBatch(batchOf({ header: headerOf({ batch: 12, prev: 'f'.repeat(64) }) }));
    // The first digits of: printf %s https://forge.example.com | sha256sum
    expect(key).toBe(`raw/v1/dt=2026-11-23/b3c9ca243e846f82/${UID}/${INST}-000012-${digest}.ndjson.gz`);
    expect(digestOfKey(key)).toBe(digest);
  });

  it('follows from the batch alone, and is a name whatever is in the batch', () => {
    fc.assert(
      fc.property(batches, input => {
        const { key, gzip } = sealBatch(input);
        expect(isRawKey(key)).toBe(true);
        expect(rawKey(decodeBatch(gzip))).toBe(key);
      }),
    );
  });

  it.each([
    ['nothing', () => ''],
    ['a way up', (key: string) => key.replace(/dt=[^/]*/, '..')],
    ['a way up behind it', (key: string) => `${key}/../x`],
    ['the root', (key: string) => `/${key}`],
    ['a drive', (key: string) => `C:/${key}`],
    ['other separators', (key: string) => key.replaceAll('/', '\\')],
    ['a NUL', (key: string) => `${key}\0`],
    ['a line', (key: string) => `${key}\n`],
    ['no digest', (key: string) => key.replace(/-[0-9a-f]{64}\./, '.')],
    ['upper case', (key: string) => key.toUpperCase()],
  ])('is not %s', (_, change) => {
    expect(isRawKey(change(sealBatch(batchOf()).key))).toBe(false);
  });
});

describe('a raw object', () => {
  it('comes back as its receipt and its batch', () => {
    fc.assert(
      fc.property(receipts, batches, (receipt, input) => {
        const { gzip } = sealBatch(input);
        expect(unpackRaw(packRaw(receipt, gzip))).toEqual({ receipt, batch: decodeBatch(gzip) });
      }),
    );
  });

  it('shows receipt and batch to zcat, and keeps the bytes that the sender named', async () => {
    await using dir = await tempDir('raw');
    const { gzip } = sealBatch(batchOf());
    const raw = packRaw(RECEIPT, gzip);
    expect(raw.subarray(-gzip.length).equals(gzip)).toBe(true);
    await writeFile(dir.join('raw.gz'), raw);
    const shown = await run('gzip', ['-dc', dir.join('raw.gz')]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toBe(`${JSON.stringify(RECEIPT)}\n${gunzipSync(gzip).toString()}`);
  });

  const { gzip } = sealBatch(batchOf({ requests: [requestOf(1), requestOf(2)] }));
  const raw = packRaw(RECEIPT, gzip);
  const first = (text: string | Buffer) => Buffer.concat([gzipSync(text), gzip]);
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['no gzip', Buffer.from('{"kind":"rcpt"}\n')],
    ['a batch without a receipt', gzip],
    ['a receipt without a batch', raw.subarray(0, -gzip.length)],
    ['a receipt and a plain batch', Buffer.concat([raw.subarray(0, -gzip.length), gunzipSync(gzip)])],
    ['a receipt of two lines', first(`${JSON.stringify(RECEIPT)}\n\n`)],
    ['a receipt without an end', first(JSON.stringify(RECEIPT))],
    ['a receipt of no kind', first('{"v":1}\n')],
    ['a receipt of a later format', first(`${JSON.stringify({ ...RECEIPT, v: 2 })}\n`)],
    [
      'a receipt of an assurance that nobody gave',
      first(`${JSON.stringify({ ...RECEIPT, assurance: 'x' })}\n`),
    ],
    ['a receipt that is a bomb', first(Buffer.alloc(10_000_000, 'x'))],
    ['two batches', Buffer.concat([raw, gzip])],
    ['something behind it', Buffer.concat([raw, Buffer.from([0])])],
  ])('is not %s', (_, bytes) => {
    expect(() => unpackRaw(bytes)).toThrow(BatchError);
  });

  it('is none when it is cut anywhere', () => {
    for (let length = 0; length < raw.length; length++) {
      expect(() => unpackRaw(raw.subarray(0, length))).toThrow(BatchError);
    }
  });
});
