import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchError } from '../../src/audit/errors.ts';
import { inflateMember } from '../../src/audit/gzip-member.ts';

const LIMIT = 1_000_000;

function codeOf(bytes: Buffer, limit = LIMIT): string | undefined {
  try {
    inflateMember(bytes, 0, limit);
  } catch (error) {
    if (error instanceof BatchError) return error.code;
    throw error;
  }
  return undefined;
}

/** A member with the optional fields of RFC 1952, in their order. */
function memberWith(flags: number, fields: Buffer, content: Buffer): Buffer {
  const head = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3]), fields]);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc32(head) & 0xffff);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(content));
  trailer.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, flags & 2 ? sum : Buffer.alloc(0), deflateRawSync(content), trailer]);
}

describe('a gzip member', () => {
  it('is inflated, and what follows it is not', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.uint8Array(),
        fc.uint8Array(),
        (content, before, after) => {
          const gzip = gzipSync(content);
          const found = inflateMember(Buffer.concat([before, gzip, after]), before.length, LIMIT);
          expect(found.content.equals(Buffer.from(content))).toBe(true);
          expect(found.end).toBe(before.length + gzip.length);
        },
      ),
    );
  });

  it.each([
    ['no fields', 0, ''],
    ['a name', 8, 'name\0'],
    ['a comment', 16, 'words\0'],
    ['an extra field', 4, '\u0003\0abc'],
    ['all of them and a checksum', 2 + 4 + 8 + 16, '\u0001\0xname\0words\0'],
  ])('may have %s', (_, flags, fields) => {
    const content = Buffer.from('content');
    const gzip = memberWith(flags, Buffer.from(fields, 'latin1'), content);
    expect(inflateMember(gzip, 0, LIMIT)).toEqual({ content, end: gzip.length });
    for (let end = 0; end < gzip.length; end++) expect(codeOf(gzip.subarray(0, end))).toBe('not-gzip');
  });

  it('is refused when any one bit of its data, checksum or length is another', () => {
    const gzip = gzipSync('some text, some text, some other text');
    for (let at = 10; at < gzip.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const copy = Buffer.from(gzip);
        copy[at] = (copy[at] ?? 0) ^ (1 << bit);
        expect(codeOf(copy), `bit ${bit} of byte ${at}`).toMatch(/not-gzip|too-large/);
      }
    }
  });

  it.each([
    ['another method', 2, 7],
    ['flags that RFC 1952 leaves open', 3, 0x20],
    ['a name that does not end', 3, 8],
    ['another beginning', 0, 0x1e],
  ])('is refused with %s', (_, at, byte) => {
    const gzip = gzipSync(Buffer.alloc(0));
    gzip[at] = byte;
    gzip.fill(1, 10);
    expect(codeOf(gzip)).toBe('not-gzip');
  });

  it('is inflated up to the limit and no further', () => {
    expect(codeOf(gzipSync(Buffer.alloc(LIMIT)), LIMIT)).toBeUndefined();
    expect(codeOf(gzipSync(Buffer.alloc(LIMIT + 1)), LIMIT)).toBe('too-large');
  });

  it('that is a bomb costs no more than the limit, whatever length it tells', () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    for (const told of [0, 1, 64, LIMIT - 1, 0xffff_ffff]) {
      bomb.writeUInt32LE(told, bomb.length - 4);
      const before = process.memoryUsage().arrayBuffers;
      expect(codeOf(bomb)).toBe('too-large');
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    }
  });
});
