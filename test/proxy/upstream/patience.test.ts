import { describe, expect, it } from 'vitest';
import {
  BRIEF,
  type Failure,
  headersLimit,
  nextDelay,
  PATIENT,
  type Patience,
  parseRetryAfter,
  stallLimit,
} from '../../../src/proxy/upstream/patience.ts';

const failure = (more: Partial<Failure> = {}): Failure => ({
  kind: 'unavailable',
  message: 'reset',
  progress: false,
  ...more,
});

/**
 * Plays a transfer whose every attempt fails the same way and takes `attemptMs(n)`; tells how many attempts
 * there were and how long it all took.
 */
function play(
  patience: Patience,
  each: Failure,
  attemptMs: (n: number) => number,
): { attempts: number; totalMs: number; waits: number[] } {
  const failures: Failure[] = [];
  const waits: number[] = [];
  let now = 0;
  let lastProgress = 0;
  for (;;) {
    const delay = nextDelay(patience, failures, now - lastProgress, 0.999);
    if (delay === undefined) return { attempts: failures.length, totalMs: now, waits };
    waits.push(delay);
    now += delay + attemptMs(failures.length);
    failures.push(each);
    if (each.progress) lastProgress = now;
    if (failures.length > 1000) throw new Error('patience has no end');
  }
}

describe('how long an upstream is asked again', () => {
  it('asks at once the first time, then waits longer each time, with jitter and a ceiling', () => {
    expect(nextDelay(PATIENT, [], 0, 0.5)).toBe(0);
    const { waits } = play(PATIENT, failure(), () => 0);
    expect(waits).toHaveLength(PATIENT.attempts);
    expect(waits.slice(1)).toEqual(waits.slice(1).toSorted((a, b) => a - b));
    expect(Math.max(...waits)).toBeLessThanOrEqual(PATIENT.maxDelayMs);
    const [low, high] = [0, 0.999].map(random => nextDelay(PATIENT, [failure(), failure()], 0, random));
    expect(low).toBeGreaterThan(0);
    expect(high).toBeGreaterThan(low ?? 0);
  });

  it('an upstream that refuses connections costs seconds, one that was down before much less', () => {
    const first = play(PATIENT, failure(), () => 1);
    expect(first.totalMs).toBeLessThan(15_000);
    const later = play(BRIEF, failure(), () => 1);
    expect(later.attempts).toBe(2);
    expect(later.totalMs).toBeLessThan(500);
  });

  it('silence is broken off after 10 s, then 20 s, then 40 s, and then it is enough', () => {
    expect([0, 1, 2, 3, 9].map(n => headersLimit(PATIENT, n))).toEqual([
      10_000, 20_000, 40_000, 40_000, 40_000,
    ]);
    const silent = play(PATIENT, failure({ kind: 'stalled' }), n => headersLimit(PATIENT, n));
    expect(silent.attempts).toBe(3);
    expect(silent.totalMs).toBeLessThan(75_000);
    // One after the first and one after the second: what a lost request or two cost.
    const survived = headersLimit(PATIENT, 0) + headersLimit(PATIENT, 1);
    expect(survived).toBeLessThan(PATIENT.totalMs);
    expect(play(BRIEF, failure({ kind: 'stalled' }), n => headersLimit(BRIEF, n)).attempts).toBe(1);
  });

  it('a slow body gets more time with each attempt', () => {
    const zip = [0, 1, 2, 3, 7].map(n => stallLimit(PATIENT, n, 5_000_000));
    expect(zip).toEqual([3000, 6000, 12_000, 24_000, 24_000]);
    const info = [0, 1, 2, 3, 7].map(n => stallLimit(PATIENT, n, 200));
    expect(info).toEqual([1000, 2000, 4000, 8000, 8000]);
  });

  it('a transfer that gets on goes on: only attempts without progress are counted, up to a bound', () => {
    const moving = play(PATIENT, failure({ progress: true }), () => 30_000);
    expect(moving.attempts).toBe(10 * PATIENT.attempts);
    const stuck = play(PATIENT, failure(), () => 30_000);
    expect(stuck.attempts).toBe(2);
  });

  it('believes a refusal the third time, a wrong body the fourth, a final answer at once', () => {
    expect(play(PATIENT, failure({ kind: 'refused', status: 403 }), () => 1).attempts).toBe(3);
    expect(play(PATIENT, failure({ kind: 'wrong' }), () => 1).attempts).toBe(4);
    expect(play(PATIENT, failure({ kind: 'final' }), () => 1).attempts).toBe(1);
  });

  it('waits as long as Retry-After asks, and not at all when that is longer than it may wait', () => {
    const asked = failure({ status: 429, retryAfterMs: 5000 });
    expect(nextDelay(PATIENT, [asked], 0, 0)).toBe(5000);
    expect(nextDelay(PATIENT, [asked], PATIENT.totalMs - 4000, 0)).toBeUndefined();
    expect(nextDelay(PATIENT, [failure({ retryAfterMs: 3_600_000 })], 0, 0)).toBeUndefined();
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['1e9', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
