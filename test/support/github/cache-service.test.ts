import { describe, expect, it } from 'vitest';
import { CacheStore } from './cache-store.ts';

function put(store: CacheStore, key: string, size: number): void {
  const entry = store.reserve(key, 'v');
  if (entry === undefined) throw new Error(`${key} is taken`);
  entry.data = Buffer.alloc(size);
  store.finish(entry);
}

describe('the entries of the fake cache service', () => {
  it('go when all are over the quota, the least recently used first, and never the newest', () => {
    const store = new CacheStore();
    store.quota = 100;
    put(store, 'a', 40);
    put(store, 'b', 40);
    expect(store.find(['a'], 'v')?.key).toBe('a');
    put(store, 'c', 40);
    expect(store.entries.map(entry => entry.key)).toEqual(['a', 'c']);
    put(store, 'd', 1000);
    expect(store.entries.map(entry => entry.key)).toEqual(['d']);
    // Orders are not given twice: a URL of an entry that went never serves another.
    put(store, 'e', 1);
    expect(store.entries.map(entry => entry.order)).toEqual([5]);
  });

  it('are found within the first scope that has one', () => {
    const store = new CacheStore();
    put(store, 'k-main', 1);
    store.scopes = { write: 'refs/pull/1/merge', read: ['refs/pull/1/merge', 'refs/heads/main'] };
    expect(store.find(['k-'], 'v')?.key).toBe('k-main');
    put(store, 'k-pull', 1);
    expect(store.find(['k-'], 'v')?.key).toBe('k-pull');
    expect(store.find(['k-'], 'other')).toBeUndefined();
    store.scopes = { write: 'refs/heads/main', read: ['refs/heads/main'] };
    expect(store.find(['k-'], 'v')?.key).toBe('k-main');
  });
});
