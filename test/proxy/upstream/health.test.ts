import { describe, expect, it } from 'vitest';
import { Health, PROBE_MS } from '../../../src/proxy/upstream/health.ts';

describe('the memory of outages', () => {
  it('lets one caller in each interval try hard at an upstream that is down, whoever else looks', () => {
    let now = 0;
    const health = new Health(() => now);
    expect(health.isDown('https://a.example.test')).toBe(false);
    expect(health.mayTryHard('https://a.example.test')).toBe(true);
    health.markDown('https://a.example.test');
    expect(health.isDown('https://a.example.test')).toBe(true);
    expect(health.isDown('https://b.example.test')).toBe(false);
    expect(health.mayTryHard('https://a.example.test')).toBe(false);
    now += PROBE_MS;
    // Looking does not use the try up.
    expect(health.isDown('https://a.example.test')).toBe(true);
    expect(health.mayTryHard('https://a.example.test')).toBe(true);
    expect(health.mayTryHard('https://a.example.test')).toBe(false);
    health.markUp('https://a.example.test');
    expect(health.isDown('https://a.example.test')).toBe(false);
    expect(health.mayTryHard('https://a.example.test')).toBe(true);
  });
});
