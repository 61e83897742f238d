import { describe, expect, it } from 'vitest';
import { moduleSightingKey, SightingBounds, sightingKey } from '../../../src/collector/index/apply/cache.ts';

describe('the cache of first sightings', () => {
  it('spares only what is later than a time that is known', () => {
    const bounds = new SightingBounds();
    const key = sightingKey(7, 3);
    expect(bounds.seenBefore(key, 5000)).toBe(false);
    bounds.note(key, 1000);
    expect([999, 1000, 1001].map(at => bounds.seenBefore(key, at))).toEqual([false, false, true]);
    bounds.note(key, 2000);
    expect(bounds.seenBefore(key, 1001)).toBe(true);
    bounds.note(key, 500);
    expect([500, 501].map(at => bounds.seenBefore(key, at))).toEqual([false, true]);
  });

  it('never takes one thing for another, however many there are', () => {
    const keys = [];
    for (let modver = 1; modver <= 2000; modver++) {
      for (let repo = 0; repo < 200; repo++) keys.push(sightingKey(modver, repo));
      keys.push(moduleSightingKey(modver));
    }
    const bounds = new SightingBounds();
    for (const key of keys.filter((_, i) => i % 2 === 0)) bounds.note(key, 1);
    expect(keys.filter((key, i) => i % 2 === 1 && bounds.seenBefore(key, 2))).toEqual([]);
    expect(keys.filter(key => bounds.seenBefore(key, 2)).length).toBeGreaterThan(50_000);
  });

  it('has keys of their own for numbers of any size, and does not keep the largest', () => {
    const numbers = [1, 2 ** 26 - 1, 2 ** 26, 2 ** 26 + 1, 2 ** 40, 2 ** 52];
    const keys = numbers.flatMap(modver => [0, ...numbers].map(repo => sightingKey(modver, repo)));
    expect(new Set(keys).size).toBe(keys.length);
    const bounds = new SightingBounds();
    const large = sightingKey(2 ** 40, 2 ** 40);
    bounds.note(large, 1);
    expect(bounds.seenBefore(large, 2)).toBe(false);
  });
});
