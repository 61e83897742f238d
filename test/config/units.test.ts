import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize } from '../../src/config/units.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['45s', 45_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    [' 0 ', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', 'h', '-1h', '1 h', '1y', '1h 30m', '1e3s', '9999999d', `${'1h'.repeat(40)}`, '0x10s'])(
    '%j is none',
    text => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['1024', 1024],
    ['5GB', 5_000_000_000],
    ['5 gb', 5_000_000_000],
    ['512MiB', 536_870_912],
    ['1.5KiB', 1536],
    ['20TB', 20_000_000_000_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '5G', '-1', '1e9', '5 bananas', '999999999TB', 'GB'])('%j is none', text => {
    expect(parseSize(text)).toBeUndefined();
  });
});
