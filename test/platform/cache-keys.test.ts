import { describe, expect, it } from 'vitest';
import { CACHE_PREFIX, classOfKey, nextKey, sizeClass } from '../../src/platform/cache/keys.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 23, 10, 5);

describe('nextKey', () => {
  it('is the same for all jobs that follow one entry within the hour', () => {
    const key = nextKey('modgate-v2-x', NOW, 1_000_000);
    expect(nextKey('modgate-v2-x', NOW + 50 * 60_000, 900_000)).toBe(key);
    expect(key).toMatch(/^modgate-v2-[0-9a-f]{20}-19$/);
    expect(key.startsWith(CACHE_PREFIX)).toBe(true);
  });

  it('is another one after another entry, in another hour, and for a set of another size', () => {
    const key = nextKey('modgate-v2-x', NOW, 1_000_000);
    for (const other of [
      nextKey(undefined, NOW, 1_000_000),
      nextKey('modgate-v2-x', NOW + HOUR, 1_000_000),
      nextKey('modgate-v2-x', NOW, 10_000_000),
    ]) {
      expect(other).not.toBe(key);
    }
  });

  it.each([
    [0, 0],
    [1, 0],
    [1_000, 9],
    [2 ** 31, 31],
    [Number.MAX_VALUE, 99],
  ])('%d bytes are of class %d, which the key tells', (bytes, size) => {
    expect(sizeClass(bytes)).toBe(size);
    expect(classOfKey(nextKey(undefined, NOW, bytes))).toBe(size);
  });

  it.each(['modgate-v1-0', 'modgate-v2-', `modgate-v2-${'0'.repeat(20)}-1`, `x${nextKey(undefined, 0, 1)}`])(
    'no class is read from %s',
    key => {
      expect(classOfKey(key)).toBeUndefined();
    },
  );
});
