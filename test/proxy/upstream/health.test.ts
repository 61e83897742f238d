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

  it('stops questions of little weight after three in a row without an answer, and nothing else', () => {
    let now = 0;
    const health = new Health(() => now);
    const origin = 'https://a.example.test';
    health.markSilent(origin);
    health.markSilent(origin);
    health.markUp(origin);
    for (let nth = 0; nth < 3; nth++) {
      expect(health.mayConfirm(origin)).toBe(true);
      health.markSilent(origin);
    }
    expect(health.mayConfirm(origin)).toBe(false);
    expect(health.mayConfirm('https://b.example.test')).toBe(true);
    expect(health.isDown(origin)).toBe(false);
    expect(health.mayTryHard(origin)).toBe(true);
    now += PROBE_MS;
    expect(health.mayConfirm(origin)).toBe(true);
    expect(health.mayConfirm(origin)).toBe(false);
    health.markUp(origin);
    expect(health.mayConfirm(origin)).toBe(true);
  });

  it('asks nothing of little weight of an upstream that is down', () => {
    let now = 0;
    const health = new Health(() => now);
    health.markDown('https://a.example.test');
    expect(health.mayConfirm('https://a.example.test')).toBe(false);
    now += PROBE_MS;
    expect(health.mayConfirm('https://a.example.test')).toBe(true);
    expect(health.mayConfirm('https://a.example.test')).toBe(false);
  });
});
