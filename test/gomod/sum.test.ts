import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isH1, parseGoSum, SumTable } from '../../src/gomod/sum.ts';

const A = `h1:${'A'.repeat(43)}=`;
const B = `h1:${'B'.repeat(43)}=`;

function parse(text: string, limits = {}) {
  return parseGoSum(Buffer.from(text), 'dir/go.sum', limits);
}

describe('parseGoSum', () => {
  test('reads both kinds of lines, with LF or CRLF, any Unicode space and no final newline', () => {
    const { entries, problems, unknown } = parse(
      `example.com/a v1.0.0 ${A}\r\n\n  example.com/a\u00a0v1.0.0/go.mod\t${B}  \nexample.com/b v1.0.0 ${A}`,
    );
    expect(problems).toEqual([]);
    expect(unknown).toEqual([]);
    expect(entries).toEqual([
      { module: 'example.com/a', version: 'v1.0.0', file: 'zip', h1: A, line: 1 },
      { module: 'example.com/a', version: 'v1.0.0', file: 'mod', h1: B, line: 3 },
      { module: 'example.com/b', version: 'v1.0.0', file: 'zip', h1: A, line: 4 },
    ]);
  });

  test('a malformed line is a problem at its number, and the rest is read', () => {
    const text = [
      'example.com/a v1.0.0',
      `example.com/a v1.0.0 ${A} more`,
      `<<<<<<< HEAD`,
      `nohost v1.0.0 ${A}`,
      `example.com/a main ${A}`,
      'example.com/a v1.0.0 h1:short',
      `\ufeffexample.com/a v1.0.0 ${A}`,
      `example.com/good v1.0.0 ${A}`,
    ].join('\n');
    const { entries, problems } = parse(text);
    expect(entries.map(entry => entry.module)).toEqual(['example.com/good']);
    expect(problems).toEqual([
      { file: 'dir/go.sum', line: 1, reason: 'wrong number of fields 2, not 3 (module, version, hash)' },
      { file: 'dir/go.sum', line: 2, reason: 'wrong number of fields 4, not 3 (module, version, hash)' },
      { file: 'dir/go.sum', line: 3, reason: 'wrong number of fields 2, not 3 (module, version, hash)' },
      {
        file: 'dir/go.sum',
        line: 4,
        reason: 'malformed module path "nohost": missing dot in first path element',
      },
      { file: 'dir/go.sum', line: 5, reason: 'the second field is not a semantic version' },
      { file: 'dir/go.sum', line: 6, reason: 'the hash is not h1: and 44 characters of base64' },
      {
        file: 'dir/go.sum',
        line: 7,
        reason: `malformed module path "\\ufeffexample.com/a": invalid char '\\ufeff'`,
      },
    ]);
  });

  test('unknown algorithms are told apart, the hash of an empty go.mod is dropped', () => {
    const { entries, problems, unknown } = parse(
      `example.com/a v1.0.0 h2:later\nexample.com/a v1.0.0/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\n`,
    );
    expect({ entries, problems }).toEqual({ entries: [], problems: [] });
    expect(unknown.map(entry => entry.h1)).toEqual(['h2:later']);
  });

  test('what exceeds the limits is cut off at a line and told', () => {
    const line = `example.com/a v1.0.0 ${A}\n`;
    const tooMany = parse(line.repeat(5), { maxLines: 3 });
    expect(tooMany.entries).toHaveLength(3);
    expect(tooMany.problems).toEqual([
      { file: 'dir/go.sum', line: 4, reason: 'more than 3 lines: the rest was not read' },
    ]);
    const tooLarge = parse(line.repeat(5), { maxBytes: line.length * 2 + 10 });
    expect(tooLarge.entries).toHaveLength(2);
    expect(tooLarge.problems).toEqual([
      {
        file: 'dir/go.sum',
        line: 0,
        reason: `larger than ${line.length * 2 + 10} bytes: the rest was not read`,
      },
    ]);
    const longLine = parse(`${'x'.repeat(9000)}\n${line}`);
    expect(longLine.entries).toHaveLength(1);
    expect(longLine.problems.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'longer than 8192 bytes'],
    ]);
    const bad = parse('x\n'.repeat(1000), { maxProblems: 10 });
    expect(bad.problems).toHaveLength(11);
    expect(bad.problems.at(-1)).toEqual({
      file: 'dir/go.sum',
      line: 0,
      reason: '990 more lines could not be used',
    });
  });

  test('any bytes are read without throwing, and no more entries come out than lines went in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), bytes => {
        const { entries, problems } = parseGoSum(bytes, 'go.sum');
        const lines = Buffer.from(bytes).toString('latin1').split('\n').length;
        expect(entries.length + problems.length).toBeLessThanOrEqual(lines);
      }),
    );
  });
});

test('SumTable keeps every hash of a file, in order, zip and go.mod apart', () => {
  const table = new SumTable();
  table.add(
    parse(`example.com/a v1.0.0 ${B}\nexample.com/a v1.0.0 ${A}\nexample.com/a v1.0.0/go.mod ${A}\n`).entries,
  );
  table.add(parse(`example.com/a v1.0.0 ${A}\n`).entries);
  table.add(parse('example.com/a v1.0.0 h2:x\n').unknown);
  expect(table.hashes('example.com/a', 'v1.0.0', 'zip')).toEqual([B, A]);
  expect(table.hashes('example.com/a', 'v1.0.0', 'mod')).toEqual([A]);
  expect(table.hashes('example.com/a', 'v1.0.1', 'zip')).toEqual([]);
  expect(table.size).toBe(2);
});

test('isH1 takes only the form that go writes', () => {
  expect([A, `${A} `, A.slice(0, -1), A.slice(3), `h1:${'A'.repeat(44)}`].map(isH1)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
