import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatInfo, InfoError, MAX_INFO_BYTES, parseInfo } from '../../src/gomod/info.ts';

function parse(value: unknown, version?: string) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return parseInfo(Buffer.from(text), version === undefined ? {} : { version });
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InfoError) return error.code;
    throw error;
  }
  return 'none';
}

const GOOD = {
  Version: 'v1.2.3',
  Time: '2024-05-06T07:08:09Z',
  Origin: {
    VCS: 'git',
    URL: 'https://example.com/a',
    Hash: '0123456789abcdef0123456789abcdef01234567',
    Ref: 'refs/tags/v1.2.3',
  },
};

describe('parseInfo', () => {
  test('reads what go writes and writes it back byte for byte', () => {
    const text = JSON.stringify(GOOD);
    const info = parse(text, 'v1.2.3');
    expect(info).toEqual({ version: 'v1.2.3', time: '2024-05-06T07:08:09Z', origin: GOOD.Origin });
    expect(formatInfo(info).toString()).toBe(text);
  });

  test('time and origin may be absent', () => {
    expect(parse({ Version: 'v1.2.3' })).toEqual({ version: 'v1.2.3' });
    expect(parse({ Version: 'v1.2.3', Time: null, Origin: null })).toEqual({ version: 'v1.2.3' });
    expect(formatInfo({ version: 'v1.2.3' }).toString()).toBe('{"Version":"v1.2.3"}');
  });

  test('unknown fields are dropped, the order is mended', () => {
    const { Version, Time, Origin } = GOOD;
    const info = parse({ Origin: { ...Origin, Subdir: 'sub' }, Evil: '<script>', Time, Version });
    expect(Object.keys(JSON.parse(formatInfo(info).toString()))).toEqual(['Version', 'Time', 'Origin']);
    expect(Object.keys(JSON.parse(formatInfo(info).toString()).Origin)).toEqual([
      'VCS',
      'URL',
      'Subdir',
      'Hash',
      'Ref',
    ]);
  });

  test.each([
    ['an unknown key', { VCS: 'git', Extra: 'x' }],
    ['a number', { VCS: 1 }],
    ['a control character', { URL: 'https://example.com/\u001b[31m' }],
    ['a space', { URL: 'https://example.com/a b' }],
    ['a quote', { Ref: 'refs/"x' }],
    ['an overlong value', { Hash: 'a'.repeat(3000) }],
    ['a password', { URL: 'https://user:secret@example.com/a' }],
    ['a list', ['git']],
    ['a text', 'git'],
  ])('an origin with %s is dropped whole, the rest stays', (_, Origin) => {
    expect(parse({ ...GOOD, Origin }, 'v1.2.3')).toEqual({ version: 'v1.2.3', time: GOOD.Time });
  });

  test.each([
    ['an HTML page', '<!doctype html><title>portal</title>', 'not-json'],
    ['an empty body', '', 'not-json'],
    ['a list', '[]', 'not-json'],
    ['null', 'null', 'not-json'],
    ['no version', '{}', 'bad-field'],
    ['an inherited name for a version', '{"__proto__":{"Version":"v1.2.3"}}', 'bad-field'],
    ['a short version', '{"Version":"v1.2"}', 'bad-field'],
    ['a version with build metadata', '{"Version":"v1.2.3+meta"}', 'bad-field'],
    ['a version that is a number', '{"Version":1}', 'bad-field'],
    ['a lower-case field name', '{"version":"v1.2.3"}', 'bad-field'],
    ['a time that is none', '{"Version":"v1.2.3","Time":"yesterday"}', 'bad-field'],
    ['a day that is none', '{"Version":"v1.2.3","Time":"2023-02-30T00:00:00Z"}', 'bad-field'],
    ['another version', '{"Version":"v1.2.4"}', 'wrong-version'],
    ['too many bytes', `{"Version":"v1.2.3","x":"${'x'.repeat(MAX_INFO_BYTES)}"}`, 'too-large'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => parse(text, 'v1.2.3'))).toBe(code);
  });

  test('refuses bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"Version":"v1.2.3","x":"'),
      Buffer.of(0xff),
      Buffer.from('"}'),
    ]);
    expect(codeOf(() => parseInfo(bytes))).toBe('not-json');
  });

  test('one flipped bit is refused, or does not show in what is written', () => {
    const clean = Buffer.from(JSON.stringify({ Version: 'v1.2.3', Time: GOOD.Time }));
    fc.assert(
      fc.property(fc.nat(clean.length - 1), fc.nat(7), (at, bit) => {
        const flipped = Buffer.from(clean);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
        let written: string | undefined;
        try {
          written = formatInfo(parseInfo(flipped, { version: 'v1.2.3' })).toString();
        } catch (error) {
          expect(error).toBeInstanceOf(InfoError);
        }
        if (written !== undefined)
          expect(written).toMatch(/^\{"Version":"v1\.2\.3"(,"Time":"[0-9TZ:+.-]+")?\}$/);
      }),
    );
  });
});
