import { SumDb, type SumDbOps } from '../../src/tlog/client.ts';
import { makeSigner, signNote } from '../../src/tlog/note.ts';
import { formatRecord, formatTree } from '../../src/tlog/record.ts';
import { parseTilePath, tileData } from '../../src/tlog/tile.ts';
import {
  foldSubTrees,
  type Hash,
  nodeHash,
  recordHash,
  storedHashIndex,
  subTreeIndexes,
} from '../../src/tlog/tree.ts';

/** Answers like a database's HTTP status 404. */
export class NotFound extends Error {
  readonly code = 'not-found';
}

/** A hash in the form of go.sum that tells from what it was made. */
export function fakeH1(seed: string): string {
  return `h1:${Buffer.from(recordHash(Buffer.from(seed))).toString('base64')}`;
}

const KEY = makeSigner('sum.example.test', Buffer.alloc(32, 42));
export const TEST_KEY = KEY.vkey;

/** A whole checksum database in memory, signed with a test key. */
export class TestLog {
  readonly #texts: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #stored = new Map<number, Hash>();
  /** The size of the tree that is signed into answers; undefined: all records. */
  headSize: number | undefined;

  get size(): number {
    return this.#texts.length;
  }

  /** Adds the record of a module version; `salt` makes its hashes others. */
  add(path: string, version: string, salt = ''): number {
    const id = this.size;
    const zip = fakeH1(`${path}${version}${salt}`);
    const text = `${path} ${version} ${zip}\n${path} ${version}/go.mod ${fakeH1(zip)}\n`;
    this.#texts.push(text);
    this.#ids.set(`${path}@${version}`, id);
    let hash = recordHash(Buffer.from(text));
    this.#stored.set(storedHashIndex(0, id), hash);
    for (let level = 0, n = id; n % 2 === 1; level++, n = (n - 1) / 2) {
      hash = nodeHash(this.#hashAt(storedHashIndex(level, n - 1)), hash);
      this.#stored.set(storedHashIndex(level + 1, (n - 1) / 2), hash);
    }
    return id;
  }

  /** Adds modules `m.test/<from>` and so on, up to a size. */
  growTo(size: number): this {
    while (this.size < size) this.add(`m.test/${this.size}`, 'v1.0.0');
    return this;
  }

  #hashAt(index: number): Hash {
    const hash = this.#stored.get(index);
    if (hash === undefined) throw new NotFound(`no stored hash ${index}`);
    return hash;
  }

  /** The signed head of the tree over the first records. */
  head(size = this.headSize ?? this.size): Buffer {
    const hash = foldSubTrees(subTreeIndexes(0, size).map(index => this.#hashAt(index)));
    return signNote(formatTree({ size, hash }), [KEY.signer]);
  }

  /** What the database answers on the wire. */
  answer(path: string): Buffer {
    if (path === '/latest') return this.head();
    const lookup = /^\/lookup\/(.*)$/
      .exec(path)?.[1]
      ?.replace(/!([a-z])/g, (_, ch: string) => ch.toUpperCase());
    const id = this.#ids.get(lookup ?? '');
    if (id !== undefined) {
      return Buffer.concat([Buffer.from(formatRecord(id, this.#texts[id] ?? '')), this.head()]);
    }
    const tile = parseTilePath(path.slice(1));
    if (tile === undefined) throw new NotFound(`404 for ${path}`);
    return tileData(tile, index => this.#hashAt(index));
  }
}

/** A client's world: what it asked, cached and was warned of, with places to make the world worse. */
export class TestWorld implements SumDbOps {
  log: TestLog;
  readonly asked: string[] = [];
  readonly cache = new Map<string, Uint8Array>();
  readonly warnings: string[] = [];
  latest: Uint8Array | undefined;
  conflicts = 0;
  /** Changes an answer on its way, or throws instead. */
  tamper: (path: string, answer: Buffer) => Buffer = (_, answer) => answer;

  constructor(log: TestLog) {
    this.log = log;
  }

  /** A new process with the same cache. */
  client(): SumDb {
    return new SumDb(TEST_KEY, this);
  }

  /** From now on nothing remote answers. */
  goOffline(): void {
    this.tamper = () => {
      throw new Error('connection refused');
    };
  }

  async readRemote(path: string): Promise<Uint8Array> {
    this.asked.push(path);
    return this.tamper(path, this.log.answer(path));
  }

  async readCache(path: string): Promise<Uint8Array | undefined> {
    return this.cache.get(path);
  }

  async writeCache(path: string, bytes: Uint8Array): Promise<void> {
    this.cache.set(path, Buffer.from(bytes));
  }

  async readLatest(): Promise<Uint8Array | undefined> {
    return this.latest;
  }

  async writeLatest(old: Uint8Array | undefined, next: Uint8Array): Promise<'ok' | 'conflict'> {
    if (Buffer.compare(old ?? Buffer.alloc(0), this.latest ?? Buffer.alloc(0)) !== 0) {
      this.conflicts++;
      return 'conflict';
    }
    this.latest = Buffer.from(next);
    return 'ok';
  }

  securityError(message: string): void {
    this.warnings.push(message);
  }
}
