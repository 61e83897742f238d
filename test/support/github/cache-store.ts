/** One stored archive. */
export interface CacheEntry {
  readonly key: string;
  readonly version: string;
  /** The ref it was written for. */
  readonly scope: string;
  /** Grows with every entry: the newest has the largest. */
  readonly order: number;
  data: Buffer;
  finished: boolean;
}

/** Refs that a job may write to and read from, in the order in which they are searched. */
export interface Scopes {
  readonly write: string | undefined;
  readonly read: readonly string[];
}

/** Entries of the service, immutable once finished, found by prefix within the first scope that matches. */
export class CacheStore {
  readonly entries: CacheEntry[] = [];
  scopes: Scopes = { write: 'refs/heads/main', read: ['refs/heads/main'] };

  find(keys: readonly string[], version: string): CacheEntry | undefined {
    for (const scope of this.scopes.read) {
      const inScope = this.entries
        .filter(e => e.finished && e.scope === scope && e.version === version)
        .sort((a, b) => b.order - a.order);
      for (const key of keys) {
        const found = inScope.find(e => e.key === key) ?? inScope.find(e => e.key.startsWith(key));
        if (found) return found;
      }
    }
    return undefined;
  }

  /** Opens an entry for writing; undefined when the key is taken, finished or not. */
  reserve(key: string, version: string): CacheEntry | undefined {
    const scope = this.scopes.write ?? '';
    if (this.entries.some(e => e.key === key && e.version === version && e.scope === scope)) return undefined;
    const order = this.entries.length + 1;
    const entry: CacheEntry = { key, version, scope, order, data: Buffer.alloc(0), finished: false };
    this.entries.push(entry);
    return entry;
  }
}
