import { describe, expect, it, vi } from 'vitest';
import { Restoring } from '../../../src/session/cache/restoring.ts';
import type { BundleManifest } from '../../../src/store/bundle/manifest.ts';

const MB = 1_000_000;

function manifest(
  ...zips: readonly (readonly [name: string, size: number, bundle?: number])[]
): BundleManifest {
  return {
    v: 2,
    created: '2026-11-23T00:00:00Z',
    parents: [{ key: 'modgate-v2-0', bytes: 1 }],
    past: [],
    versions: zips.map(([path, size, bundle = 0]) => ({
      path,
      version: 'v1.0.0',
      lastUse: 0,
      files: [{ kind: 'zip', size, sha256: '', bundle }],
    })),
  };
}

/** A restore on a clock that only the test moves, and who waits in it. */
function world() {
  vi.useFakeTimers();
  let clock = 0;
  const restoring = new Restoring(() => clock);
  const pass = async (ms: number) => {
    clock += ms;
    await vi.advanceTimersByTimeAsync(ms);
  };
  const asks = (path: string) => {
    const state = { done: false, again: undefined as boolean | undefined };
    void restoring.wait({ path, version: 'v1.0.0' }, 'zip').then(again => {
      state.done = true;
      state.again = again;
    });
    return state;
  };
  return { restoring, pass, asks, [Symbol.dispose]: () => vi.useRealTimers() };
}

describe('a request during a restore', () => {
  it('waits a moment to learn what will come, and goes on when nobody says', async () => {
    using w = world();
    const ask = w.asks('a');
    await w.pass(1_900);
    expect(ask.done).toBe(false);
    await w.pass(200);
    expect(ask.done).toBe(true);
    // Whoever comes later does not wait again.
    const late = w.asks('b');
    await w.pass(1);
    expect(late.done).toBe(true);
  });

  it('does not wait for what will not come', async () => {
    using w = world();
    const ask = w.asks('other');
    w.restoring.expect(manifest(['a', MB]));
    await w.pass(1);
    expect(ask.done).toBe(true);
  });

  it('waits for a file that comes soon, and looks into the store then', async () => {
    using w = world();
    w.restoring.expect(manifest(['a', 10 * MB], ['b', 10 * MB]));
    w.restoring.opened(0, undefined);
    const ask = w.asks('b');
    await w.pass(100);
    w.restoring.received(0, 8 * MB);
    await w.pass(100);
    expect(ask.done).toBe(false);
    w.restoring.settled({ path: 'b', version: 'v1.0.0' }, 'zip');
    await w.pass(1);
    expect(ask).toEqual({ done: true, again: true });
  });

  it('asks the upstream for what would come later than the upstream could give it', async () => {
    using w = world();
    w.restoring.expect(manifest(['a', 100 * MB], ['b', MB]));
    w.restoring.opened(0, undefined);
    const early = w.asks('b');
    await w.pass(600);
    // The first moments tell nothing of the speed.
    expect(early.done).toBe(false);
    w.restoring.received(0, MB);
    await w.pass(400);
    // At 1 MB/s b is a hundred seconds away.
    expect(early.done).toBe(true);
    const late = w.asks('b');
    await w.pass(1);
    expect(late.done).toBe(true);
    expect(w.restoring.coming({ path: 'b', version: 'v1.0.0' }, 'zip')).toBeUndefined();
  });

  it('has less patience than what is fetched ahead', async () => {
    using w = world();
    w.restoring.expect(manifest(['a', 100 * MB], ['b', MB]));
    w.restoring.opened(0, undefined);
    const go = w.asks('b');
    await w.pass(1_000);
    w.restoring.received(0, 10 * MB);
    // Ten seconds: too long for go, and not for a prefetch, which would only slow the restore down.
    await w.pass(100);
    expect(go.done).toBe(true);
    expect(w.restoring.coming({ path: 'b', version: 'v1.0.0' }, 'zip')).toBeInstanceOf(Promise);
  });

  it('stops waiting when the service falls silent', async () => {
    using w = world();
    w.restoring.expect(manifest(['a', 10 * MB]));
    w.restoring.opened(0, undefined);
    const ask = w.asks('a');
    await w.pass(100);
    w.restoring.received(0, 9 * MB);
    await w.pass(1_400);
    expect(ask.done).toBe(false);
    await w.pass(200);
    expect(ask.done).toBe(true);
  });

  it('stops waiting for the files of an entry that is gone, and of a restore that ended', async () => {
    using w = world();
    w.restoring.expect(manifest(['a', MB, 1], ['b', MB, 0]));
    w.restoring.opened(0, undefined);
    w.restoring.opened(1, undefined);
    const asks = [w.asks('a'), w.asks('b')];
    await w.pass(1);
    expect(asks.map(a => a.done)).toEqual([false, false]);
    w.restoring.closed(1);
    await w.pass(1);
    expect(asks.map(a => a.done)).toEqual([true, false]);
    w.restoring.end();
    await w.pass(1);
    expect(asks.map(a => a.done)).toEqual([true, true]);
    expect(await w.restoring.wait({ path: 'a', version: 'v1.0.0' }, 'zip')).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('reckons in packed bytes, because zips in stored form shrink to a fifth', async () => {
  using w = world();
  w.restoring.expect(manifest(['a', 90 * MB], ['b', 10 * MB]));
  w.restoring.opened(0, 20 * MB);
  await w.pass(1_000);
  // Half of 20 MB in a second: the rest is a second away, though 100 MB would be nine.
  w.restoring.received(0, 10 * MB);
  const ask = w.asks('b');
  await w.pass(100);
  expect(ask.done).toBe(false);
});
