import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine, oneLineForRunner } from '../../src/platform/escape.ts';

describe('oneLine', () => {
  it.each([
    ['plain github.com/a/b@v1.2.3', 'plain github.com/a/b@v1.2.3'],
    ['a\nb\r\nc\td', 'a\\nb\\r\\nc d'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['section_end:1:x\r\u001b[0K', 'section_end:1:x\\r\\u001b[0K'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['a\u2028b\ufeffc', 'a\\u2028b\\ufeffc'],
    ['\u{e0041}', '\\u{e0041}'],
    ['half \ud800', 'half \\ud800'],
    ['ünïcode 漢字 🚀', 'ünïcode 漢字 🚀'],
  ])('%j becomes %j', (text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  it('is bounded', () => {
    expect(oneLine('x'.repeat(1_000_000)).length).toBeLessThan(5_000);
  });
});

describe('oneLineForRunner', () => {
  it.each([
    ['::error::x', ': :error: :x'],
    [':::add-mask::x', ': : :add-mask: :x'],
    ['text ##[command]rm', 'text ## [command]rm'],
    ['a: b', 'a: b'],
  ])('%j becomes %j', (text, line) => {
    expect(oneLineForRunner(text)).toBe(line);
  });

  it('leaves no command and no control character in any text', () => {
    const nasty = fc.array(
      fc.constantFrom(':', '#', '[', '::', '##[', '\n', '\r', '\u001b', '\u202e', 'x', '%0A', '\u0085'),
    );
    fc.assert(
      fc.property(nasty, parts => {
        const line = oneLineForRunner(parts.join(''));
        expect(line).not.toMatch(/::|##\[|[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
      }),
    );
  });
});
