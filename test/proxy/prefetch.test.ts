import { describe, expect, it, vi } from 'vitest';
import type { ModuleFiles } from '../../src/proxy/module-files.ts';
import { type PrefetchDeps, Prefetcher, type PrefetchItem } from '../../src/proxy/prefetch.ts';
import { prefetchLanes } from '../../src/proxy/prefetch-lanes.ts';

/** Files that arrive when the test says so. */
function files(restoring: ModuleFiles['restoring'] = () => undefined) {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  let most = 0;
  const prefetch = async (item: PrefetchItem, kind: string) => {
    asked.push(`${item.path}.${kind}`);
    most = Math.max(most, waiting.length + 1);
    await new Promise<void>(resolve => waiting.push(resolve));
  };
  return {
    asked,
    most: () => most,
    arrive: () => waiting.splice(0).map(resolve => resolve()),
    module: { prefetch, restoring } as unknown as ModuleFiles,
  };
}
const items = (count: number, kind: PrefetchItem['kind']): PrefetchItem[] =>
  Array.from({ length: count }, (_, n) => ({ path: `a.test/m${n}`, version: 'v1.0.0', kind }));

function start(deps: Partial<PrefetchDeps> = {}, restoring?: ModuleFiles['restoring']) {
  const source = files(restoring);
  const prefetcher = new Prefetcher({
    files: source.module,
    verdict: () => ({ decision: 'allow' }),
    streams: 4,
    upstreamDown: () => false,
    ...deps,
  });
  return { source, prefetcher };
}

describe('the prefetcher', () => {
  it('has no more under way than its streams, half of them zips', async () => {
    const { source, prefetcher } = start();
    prefetcher.add([...items(10, 'mod'), ...items(10, 'zip')]);
    await vi.waitFor(() => expect(source.asked).toHaveLength(4));
    expect(source.asked.filter(name => name.endsWith('.zip'))).toHaveLength(2);
    while (prefetcher.stats.ready < 20) {
      source.arrive();
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(source.most()).toBe(4);
    expect(new Set(source.asked).size).toBe(20);
  });

  it('asks for nothing twice', async () => {
    const { source, prefetcher } = start();
    prefetcher.add(items(2, 'mod'));
    prefetcher.add(items(2, 'mod'));
    await vi.waitFor(() => expect(source.asked).toHaveLength(2));
    expect(prefetcher.stats.waiting).toBe(0);
  });

  it('does nothing with no streams', () => {
    const { source, prefetcher } = start({ streams: 0 });
    prefetcher.add(items(3, 'zip'));
    expect(source.asked).toEqual([]);
    expect(prefetcher.stats.waiting).toBe(0);
  });

  it('takes in no more than any real build list has', () => {
    const { prefetcher } = start();
    prefetcher.add(items(60_000, 'mod'));
    expect(prefetcher.stats.waiting).toBeLessThanOrEqual(20_000);
  });

  it('asks the policy for each, and fetches nothing that it refuses', async () => {
    const { source, prefetcher } = start({
      verdict: module =>
        module === 'a.test/m1'
          ? { decision: 'deny', rule: 'r', reason: 'no', fix: 'none' }
          : { decision: 'allow' },
    });
    prefetcher.add(items(3, 'zip'));
    await vi.waitFor(() => expect(source.asked).toEqual(['a.test/m0.zip', 'a.test/m2.zip']));
    expect(prefetcher.stats.refused).toBe(1);
  });

  it('starts nothing after a stop, nor while the upstream is down', async () => {
    const { source, prefetcher } = start({ streams: 1 });
    prefetcher.add(items(3, 'mod'));
    await vi.waitFor(() => expect(source.asked).toHaveLength(1));
    prefetcher.stop();
    source.arrive();
    await vi.waitFor(() => expect(prefetcher.stats.ready).toBe(1));
    expect(source.asked).toHaveLength(1);

    const down = start({ upstreamDown: () => true });
    down.prefetcher.add(items(3, 'mod'));
    await vi.waitFor(() => expect(down.prefetcher.stats.failed).toBe(3));
    expect(down.source.asked).toEqual([]);
  });

  it('lets a restore bring what it is about to bring, and holds no stream for it', async () => {
    const coming = Promise.withResolvers<void>();
    const { source, prefetcher } = start({ streams: 2 }, ({ path }) =>
      path === 'a.test/m3' || path === 'a.test/m5' ? undefined : coming.promise,
    );
    prefetcher.add(items(6, 'mod'));
    await vi.waitFor(() => expect(source.asked).toEqual(['a.test/m3.mod', 'a.test/m5.mod']));
    expect(prefetcher.stats.waiting).toBe(4);
    source.arrive();
    await vi.waitFor(() => expect(prefetcher.stats.ready).toBe(2));
    coming.resolve();
    while (prefetcher.stats.ready < 6) {
      source.arrive();
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(source.most()).toBe(2);
    expect(prefetcher.stats.waiting).toBe(0);
    expect(new Set(source.asked).size).toBe(6);
  });

  it('waits for a restore no more than once an item, and for none after a stop', async () => {
    const settled = start({}, () => Promise.resolve());
    settled.prefetcher.add(items(2, 'zip'));
    await vi.waitFor(() => expect(settled.source.asked).toHaveLength(2));

    const coming = Promise.withResolvers<void>();
    const stopped = start({}, () => coming.promise);
    stopped.prefetcher.add(items(2, 'zip'));
    await vi.waitFor(() => expect(stopped.prefetcher.stats.waiting).toBe(2));
    stopped.prefetcher.stop();
    coming.resolve();
    await vi.waitFor(() => expect(stopped.prefetcher.stats.waiting).toBe(0));
    expect(stopped.source.asked).toEqual([]);
  });
});

describe('what version control delivers', () => {
  it('keeps nothing else waiting, and is fetched ahead only where it is compiled', async () => {
    const slow = start({ streams: 2 });
    const fast = start({ streams: 2 });
    const lanes = prefetchLanes(fast.prefetcher, slow.prefetcher, module => module.startsWith('corp.test/'));
    const of = (path: string, version: string, kind: PrefetchItem['kind']) => ({ path, version, kind });
    lanes.add([
      of('corp.test/a', 'v1.0.0', 'zip'),
      of('corp.test/a', 'v1.0.0', 'mod'),
      of('corp.test/a', 'v0.9.0', 'mod'),
      of('corp.test/b', 'v1.0.0', 'mod'),
      of('corp.test/c', 'v1.0.0', 'zip'),
      ...items(1, 'mod'),
      ...items(1, 'zip'),
    ]);
    await vi.waitFor(() => expect(fast.source.asked).toHaveLength(2));
    fast.source.arrive();
    await vi.waitFor(() => expect(lanes.stats).toMatchObject({ ready: 2, waiting: 1 }));
    while (lanes.stats.ready < 5) {
      slow.source.arrive();
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(slow.source.asked.toSorted()).toEqual(['corp.test/a.mod', 'corp.test/a.zip', 'corp.test/c.zip']);
    lanes.stop();
    lanes.add(items(3, 'zip'));
    expect(lanes.stats.waiting).toBe(0);
  });
});
