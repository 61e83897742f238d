import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeGoText } from '../../../src/gomod/go-text.ts';
import {
  type Position,
  printSyntax,
  readGoMod,
  readGoWork,
  type Span,
  type Token,
  tokensOf,
} from '../../../src/gomod/index.ts';
import { oddInputs, realGoMods, realGoWorks } from './corpus.ts';
import { mutated } from './mutations.ts';
import type { Input } from './oracle.ts';

/** A place worked out from the bytes in front of it, the slow way. */
function placeOf(bytes: Uint8Array, byte: number): Position {
  const before = decodeGoText(bytes.subarray(0, byte));
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return {
    line: before.split('\n').length,
    column: [...line].length + 1,
    utf16: line.length + 1,
    byte,
  };
}

function read({ dialect, bytes }: Input) {
  return dialect === 'work' ? readGoWork(bytes) : readGoMod(bytes, { lax: dialect === 'lax' });
}

/** Every span anywhere in a value. */
function spansIn(value: unknown): Span[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('start' in value && 'end' in value) return [value as Span];
  return Object.values(value).flatMap(spansIn);
}

function checkTiling(bytes: Uint8Array, tokens: readonly Token[], stopped: boolean): void {
  let at = 0;
  for (const { kind, text, span } of tokens) {
    const [start, end] = [span.start.byte, span.end.byte];
    expect(start).toBeGreaterThanOrEqual(at);
    expect(Buffer.from(bytes.subarray(at, start)).toString('latin1')).toMatch(/^[ \t\r]*$/);
    expect(text).toBe(decodeGoText(bytes.subarray(start, end)));
    if (kind === 'end') expect(end).toBe(bytes.length);
    else expect(end).toBeGreaterThan(start);
    at = end;
  }
  if (!stopped) expect(tokens.at(-1)?.kind).toBe('end');
}

const seeds = fc.oneof(
  mutated([...oddInputs(), ...realGoWorks().map((bytes): Input => ({ dialect: 'work', bytes }))]),
  fc.uint8Array({ maxLength: 60 }).map((bytes): Input => ({ dialect: 'mod', bytes })),
  fc
    .array(
      fc.constantFrom(
        ...'( ) [ ] , " ` \\ // /* => \n \r \r\n require module retract v1 é \ud83d\ude00'.split(' '),
      ),
    )
    .map((words): Input => ({ dialect: 'mod', bytes: Buffer.from(words.join(' ')) })),
);

describe('the syntax of a file', () => {
  it('loses nothing of any file: tokens and gaps tile the bytes, and every place is right', () => {
    fc.assert(
      fc.property(seeds, input => {
        const result = read(input);
        const { syntax, problems } = result;
        expect(Buffer.from(printSyntax(syntax)).equals(input.bytes)).toBe(true);
        checkTiling(input.bytes, [...tokensOf(syntax)], syntax.stop !== undefined);
        const view = 'mod' in result ? result.mod : result.work;
        // In reverse too: places are worked out from the last one asked for.
        for (const span of [...spansIn([view, problems]), ...spansIn(view).reverse()]) {
          expect(span.start).toEqual(placeOf(input.bytes, span.start.byte));
          expect(span.end).toEqual(placeOf(input.bytes, span.end.byte));
          expect(span.end.byte).toBeGreaterThanOrEqual(span.start.byte);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('prints every real file as it was', async () => {
    for (const bytes of await realGoMods()) {
      expect(Buffer.from(printSyntax(readGoMod(bytes).syntax)).equals(bytes)).toBe(true);
    }
  });

  it('gives what each value covers', () => {
    const text =
      'module example.com/é // Deprecated: no\nrequire (\n\t"a.b/c" v1 // 😀\n)\nreplace a.b/c => ./😀 // x\n';
    const bytes = Buffer.from(text);
    const { mod, problems } = readGoMod(bytes);
    expect(problems).toEqual([]);
    const covered = ({ span }: { readonly span: Span }) =>
      bytes.subarray(span.start.byte, span.end.byte).toString();
    const [require] = mod.require;
    const [replace] = mod.replace;
    if (!mod.module || !require || !replace) throw new Error('a statement was lost');
    expect(covered(mod.module.path)).toBe('example.com/é');
    expect(covered(require.path)).toBe('"a.b/c"');
    expect([require.path.value, require.version.value, covered(require.version)]).toEqual([
      'a.b/c',
      'v1.0.0',
      'v1',
    ]);
    expect(covered(require)).toBe('"a.b/c" v1');
    expect(covered(replace)).toBe('replace a.b/c => ./😀');
    expect(replace.newPath.span.end).toEqual({
      line: 5,
      column: 21,
      utf16: 22,
      byte: bytes.indexOf(' // x'),
    });
    expect(replace.comments).toEqual(['x']);
  });
});

describe('what is read in front of an error', () => {
  it('stays, with that error alone', () => {
    const { mod, problems } = readGoMod(
      Buffer.from('module m\nfoo bar\nrequire a.b/c v1.0.0\n\x00\nrequire d.e/f v1.0.0\n'),
    );
    expect(problems.map(({ message }) => message)).toEqual([`unexpected input character '\\x00'`]);
    expect(mod.require.map(({ path }) => path.value)).toEqual(['a.b/c']);
    expect(mod.module?.path.value).toBe('m');
  });
});

describe('refused lines', () => {
  it('keep their words, and the others are read', () => {
    const { mod, problems } = readGoMod(
      Buffer.from(
        'module m\nrequire (\n\ta.b/c master // why\n\td.e/f v1.0.0\n)\nreplace "a.b/c" => `evil.example`\nfoo (\n\tx y\n)\nuse x (\n)\n',
      ),
    );
    expect(problems).toHaveLength(4);
    expect(mod.require).toHaveLength(1);
    expect(mod.rejected.map(({ verb, words }) => [verb, ...words.map(word => word.value)])).toEqual([
      ['require', 'a.b/c', 'master'],
      ['replace', 'a.b/c', '=>', '`evil.example`'],
      ['foo', 'x', 'y'],
      ['use', 'x'],
    ]);
    expect(mod.rejected[0]?.span.start).toMatchObject({ line: 3, column: 2 });
  });

  it('keep a bounded number of words', () => {
    const { mod } = readGoMod(Buffer.from(`module m\nrequire${' a'.repeat(100_000)}\n`));
    expect(mod.rejected[0]?.words).toHaveLength(32);
  });
});

describe('comments of a line', () => {
  const comments = (text: string) =>
    readGoMod(Buffer.from(`module m\n${text}\n`)).mod.replace.map(line => line.comments);

  it.each([
    ['above', '// why\nreplace a.b/c => ./c', [['why']]],
    ['behind', 'replace a.b/c => ./c // why', [['why']]],
    ['both', '// one\n// two\nreplace a.b/c => ./c // three', [['one', 'two', 'three']]],
    ['of the block', '// why\nreplace (\n\ta.b/c => ./c\n\n\td.e/f => ./f // own\n)', [['why'], ['own']]],
    [
      'of the block, over a blank line',
      '// why\nreplace (\n\ta.b/c => ./c\n\n\td.e/f => ./f\n)',
      [['why'], ['why']],
    ],
    ['behind the parenthesis', 'replace ( // why\n\ta.b/c => ./c\n)', [['why']]],
    ['not over a blank line', '// why\n\nreplace a.b/c => ./c', [[]]],
    ['not the one of the next line', 'replace a.b/c => ./c\n// why', [[]]],
  ])('%s', (_where, text, expected) => {
    expect(comments(text)).toEqual(expected);
  });
});
