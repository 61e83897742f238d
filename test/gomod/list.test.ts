import { describe, expect, test } from 'vitest';
import { formatVersionList, ListError, MAX_LIST_BYTES, parseVersionList } from '../../src/gomod/list.ts';

describe('parseVersionList', () => {
  test('reads versions with and without times, and writes them back', () => {
    const text = 'v1.0.0\nv1.1.0-rc.1\nv0.0.0-20200101000000-abcdefabcdef 2020-01-01T00:00:00Z\n';
    const list = parseVersionList(Buffer.from(text));
    expect(list).toEqual([
      { version: 'v1.0.0' },
      { version: 'v1.1.0-rc.1' },
      { version: 'v0.0.0-20200101000000-abcdefabcdef', time: '2020-01-01T00:00:00Z' },
    ]);
    expect(formatVersionList(list).toString()).toBe(text);
  });

  test('an empty list is a list; blank lines, CRLF and a missing final newline do no harm', () => {
    expect(parseVersionList(Buffer.from(''))).toEqual([]);
    expect(formatVersionList([]).toString()).toBe('');
    expect(parseVersionList(Buffer.from('\r\nv1.0.0\r\n\n v1.0.1'))).toEqual([
      { version: 'v1.0.0' },
      { version: 'v1.0.1' },
    ]);
  });

  test.each([
    ['an HTML page', '<!doctype html>\n<html></html>\n', 1],
    ['an error in the middle', 'v1.0.0\nnot found: example.com\n', 2],
    ['a bare number', 'v1.0.0\n1.0.1\n', 2],
    ['a word behind the version', 'v1.0.0 soon\n', 1],
    ['a third field', 'v1.0.0 2020-01-01T00:00:00Z x\n', 1],
    ['a NUL', 'v1.0.0\u0000\n', 1],
  ])('refuses %s at its line', (_, text, line) => {
    let error: unknown;
    try {
      parseVersionList(Buffer.from(text));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ListError);
    expect(error).toMatchObject({ code: 'malformed', line });
  });

  test('refuses more than the limit before it reads anything', () => {
    expect(() => parseVersionList(Buffer.alloc(MAX_LIST_BYTES + 1, '\n'))).toThrow(/8388609 bytes long/);
    expect(parseVersionList(Buffer.alloc(MAX_LIST_BYTES / 8, '\n'))).toEqual([]);
  });
});
