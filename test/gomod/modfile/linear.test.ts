import { describe, expect, it } from 'vitest';
import { GoModError, readGoMod, readGoWork, tokensOf } from '../../../src/gomod/index.ts';
import { parseModulesTxt } from '../../../src/gomod/modfile/modules-txt.ts';

const MIB = 1 << 20;

/** What the processor did for this thread, in microseconds: other programs on the machine do not count into it. */
function work(bytes: Uint8Array): number {
  const before = process.threadCpuUsage();
  readAll(bytes);
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

/** Reads a file and looks at all that it gives, every place and message. */
function readAll(bytes: Uint8Array): unknown {
  const { mod, problems, syntax } = readGoMod(bytes);
  let sum = 0;
  for (const { span } of tokensOf(syntax)) sum += span.start.utf16 + span.end.column;
  for (const { span, words } of mod.rejected) sum += span.end.column + words.length;
  for (const { span, comments } of mod.require) sum += span.end.column + comments.length;
  for (const { span, message } of problems) sum += span.end.column + message.length;
  const [first, ...rest] = problems;
  if (first !== undefined) sum += new GoModError('invalid-go-mod', 'go.mod', [first, ...rest]).message.length;
  return sum;
}

/** Files of a size in characters that try to make a reader slow. */
const HOSTILE: readonly (readonly [string, (size: number) => string])[] = [
  ['a long word', size => `module ${'a'.repeat(size)}`],
  ['a long line of words', size => `require${' a'.repeat(size / 2)}\n`],
  ['a long line of words beyond ASCII', size => `require${' é😀'.repeat(size / 4)}\n`],
  ['a long line of invalid bytes', size => `require ${'\u{dc80}'.repeat(size)}\n`],
  ['opening parentheses', size => '('.repeat(size)],
  ['opening parentheses and a line end', size => `${'('.repeat(size)}\n`],
  ['closing parentheses', size => ')'.repeat(size)],
  ['blocks in blocks', size => 'require (\n'.repeat(size / 10)],
  ['empty blocks', size => 'require ()\n'.repeat(size / 11)],
  ['line ends', size => '\n'.repeat(size)],
  ['carriage returns', size => '\r'.repeat(size)],
  ['blank lines in a block', size => `require (\n${'\n'.repeat(size)})\n`],
  ['comments', size => '//\n'.repeat(size / 3)],
  ['a long comment with spaces inside', size => `require a.b/c v1.0.0 // ${' '.repeat(size)}x\n`],
  ['a long reason with spaces inside', size => `retract v1.0.0 // ${' '.repeat(size)}x\n`],
  ['paragraphs of a deprecation', size => `${'//\n//Deprecated:\n'.repeat(size / 16)}module m\n`],
  ['comments behind strings over lines', size => 'foo "\\\nx" // c\n'.repeat(size / 15)],
  ['strings', size => `module ${'""'.repeat(size / 2)}\n`],
  ['strings that are refused', size => `foo\n${'use "\\q"\n'.repeat(size / 9)}`],
  ['an open string', size => `module "${'a'.repeat(size)}`],
  ['an open string of backslashes', size => `module "${'\\'.repeat(size)}`],
  ['a string of escapes', size => `module "${'\\u00e9'.repeat(size / 6)}"\n`],
  ['a pre-release of many parts', size => `require a.b/c v1.0.0-${'a.'.repeat(size / 2)}\n`],
  ['a pre-release of digits', size => `require a.b/c v1.0.0-${'1'.repeat(size)}_\n`],
  ['metadata of many parts', size => `require a.b/c v1.0.0+${'a.'.repeat(size / 2)}a\n`],
  ['a path of digits', size => `require a.b/${'1'.repeat(size)} v1.0.0\n`],
  ['a path of version suffixes', size => `require gopkg.in/${'.v1'.repeat(size / 3)}_ v1.0.0\n`],
  ['a go version', size => `go 1.${'1'.repeat(size)}_\n`],
  ['a go version of letters', size => `go 1.1${'a'.repeat(size)}\n`],
  ['refused lines', size => 'x\n'.repeat(size / 2)],
  ['a refused block', size => `x (\n${'y\n'.repeat(size / 2)})\n`],
  ['an interval', size => `retract [${'v1,'.repeat(size / 3)}]\n`],
  ['requirements', size => `require (\n${'\ta.b/c v1.0.0 // indirect\n'.repeat(size / 27)})\n`],
  ['requirements beyond ASCII', size => `require (\n${'\ta.b/é v1.0.0 // 😀\n'.repeat(size / 24)})\n`],
  ['replaces', size => 'replace a.b/c => ../c\n'.repeat(size / 22)],
];

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, text.includes('\u{dc80}') ? 'latin1' : 'utf8');
}

describe('the work of reading', () => {
  it.each(HOSTILE)('grows with the size and no faster: %s', (_name, make) => {
    const [small, large] = [bytesOf(make(MIB / 16)), bytesOf(make(MIB))];
    const one = Math.min(work(small), work(small));
    // A square would be 256 times the work of the small one; the two milliseconds make up for a clock that is coarse.
    expect(work(large)).toBeLessThan(64 * (one + 2000));
  });

  it('is the same for go.work and modules.txt', () => {
    for (const [, make] of HOSTILE) {
      const bytes = bytesOf(make(MIB / 4));
      expect(() => [readGoWork(bytes), parseModulesTxt(bytes)]).not.toThrow();
    }
  });
});

describe('a large file', () => {
  it('of 100,000 requirements is read whole', () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `\texample.com/m${i} v1.${i}.0 // indirect`);
    const { mod, problems } = readGoMod(Buffer.from(`module m\n\nrequire (\n${lines.join('\n')}\n)\n`));
    expect(problems).toEqual([]);
    expect(mod.require).toHaveLength(100_000);
    expect(mod.require.at(-1)?.path.value).toBe('example.com/m99999');
    expect(mod.require.at(-1)?.span.start).toMatchObject({ line: 100_003, column: 2 });
    expect(mod.require.every(({ indirect }) => indirect)).toBe(true);
  });
});
