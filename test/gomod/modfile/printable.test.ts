import { describe, expect, it } from 'vitest';
import { readGoMod } from '../../../src/gomod/index.ts';
import { isPrint } from '../../../src/gomod/modfile/printable.ts';
import { jsonFile } from '../vectors.ts';

const MOST = 0x10ffff;
const SPACE = 0x20;

describe('runes of an identifier', () => {
  it('are those of Go 1.26, every one', () => {
    const { print_not_space } = jsonFile<{ print_not_space: [number, number][] }>('gomod/ident-ranges.json');
    const expected = new Uint8Array(MOST + 1);
    for (const [from, to] of print_not_space) expected.fill(1, from, to + 1);
    const wrong: number[] = [];
    for (let rune = 0; rune <= MOST; rune++) {
      if ((isPrint(rune, 15) && rune !== SPACE ? 1 : 0) !== expected[rune]) wrong.push(rune);
    }
    expect(wrong).toEqual([]);
  });

  it('are 10,615 more in Go 1.27, and none fewer', () => {
    let more = 0;
    for (let rune = 0; rune <= MOST; rune++) {
      if (isPrint(rune, 17) && !isPrint(rune, 15)) more++;
      if (isPrint(rune, 15) && !isPrint(rune, 17)) throw new Error(`${rune.toString(16)} is gone`);
    }
    expect(more).toBe(10_615);
  });

  it('decide over a file, by the release that is asked for', () => {
    // U+1C89 CYRILLIC CAPITAL LETTER TJE came with Unicode 16.
    const bytes = Buffer.from('module example.com/\u1c89\n');
    expect(readGoMod(bytes).problems[0]?.message).toBe("unexpected input character '\\u1c89'");
    expect(readGoMod(bytes, { unicode: 17 }).problems).toEqual([]);
  });
});
