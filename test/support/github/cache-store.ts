import { Spool, type SpooledBody } from './cache-body.ts';

/** Bodies up to this size are in memory when they are finished, bytes. */
const SMALL = 1024 * 1024;

/** One stored archive. */
export class CacheEntry {
  readonly key: string;
  readonly version: string;
  /** The ref it was written for. */
  readonly scope: string;
  /** Grows with every entry: the newest has the largest. */
  readonly order: number;
  /** Grows with every use of any entry. */
  lastUse = 0;
  finished = false;
  /** What an upload writes into. */
  body: SpooledBody | undefined;
  #data: Buffer | undefined;

  constructor(of: Pick<CacheEntry, 'key' | 'version' | 'scope' | 'order'>) {
    this.key = of.key;
    this.version = of.version;
    this.scope = of.scope;
    this.order = of.order;
  }

  get size(): number {
    return this.#data?.length ?? this.body?.size ?? 0;
  }

  /** All of it in memory. */
  get data(): Buffer {
    return this.#data ?? this.body?.bytes() ?? Buffer.alloc(0);
  }

  set data(data: Buffer) {
    this.#data = data;
    this.body?.remove();
    this.body = undefined;
  }

  *read(start: number, end: number): Generator<Buffer> {
    if (this.#data === undefined) yield* this.body?.read(start, end) ?? [];
    else
      for (let at = start; at < end; at += 65_536) yield this.#data.subarray(at, Math.min(at + 65_536, end));
  }

  finish(): void {
    this.finished = true;
    if (this.body !== undefined && this.body.size <= SMALL) this.data = this.body.bytes();
  }
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
  /** Most bytes of all entries; beyond, the least recently used go. GitHub's free quota. */
  quota = 10 * 1024 ** 3;
  readonly spool = new Spool();
  #clock = 0;
  #order = 0;

  find(keys: readonly string[], version: string): CacheEntry | undefined {
    for (const scope of this.scopes.read) {
      const inScope = this.entries
        .filter(e => e.finished && e.scope === scope && e.version === version)
        .sort((a, b) => b.order - a.order);
      for (const key of keys) {
        const found = inScope.find(e => e.key === key) ?? inScope.find(e => e.key.startsWith(key));
        if (found) {
          found.lastUse = ++this.#clock;
          return found;
        }
      }
    }
    return undefined;
  }

  /** Opens an entry for writing; undefined when the key is taken, finished or not. */
  reserve(key: string, version: string): CacheEntry | undefined {
    const scope = this.scopes.write ?? '';
    if (this.entries.some(e => e.key === key && e.version === version && e.scope === scope)) return undefined;
    this.#order = Math.max(this.#order, ...this.entries.map(e => e.order)) + 1;
    const entry = new CacheEntry({ key, version, scope, order: this.#order });
    entry.lastUse = ++this.#clock;
    this.entries.push(entry);
    return entry;
  }

  /** Makes an entry visible, and evicts what was used least recently while all are over the quota. */
  finish(entry: CacheEntry): void {
    entry.finish();
    for (;;) {
      const finished = this.entries.filter(e => e.finished);
      if (finished.length < 2 || finished.reduce((sum, e) => sum + e.size, 0) <= this.quota) return;
      const oldest = finished.reduce((a, b) => (b.lastUse < a.lastUse ? b : a));
      oldest.body?.remove();
      this.entries.splice(this.entries.indexOf(oldest), 1);
    }
  }
}
