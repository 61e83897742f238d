import { escapePath, escapeVersion } from '../gomod/module-path.ts';
import { NoteError, openNote, parseVerifierKey, type Verifier } from './note.ts';
import { type LookupRecord, parseRecord, parseTree } from './record.ts';
import {
  parseTilePath,
  readAuthenticated,
  TILE_HEIGHT,
  type Tile,
  type TileWithData,
  tileForIndex,
  tileParent,
  tilePath,
} from './tile.ts';
import {
  EMPTY_TREE_HASH,
  foldSubTrees,
  formatHash,
  HASH_SIZE,
  type Hash,
  MAX_TREE_SIZE,
  ProofError,
  proveTree,
  recordHash,
  sameHash,
  storedHashIndex,
  subTreeIndexes,
  type Tree,
} from './tree.ts';

/** A client of the checksum database that trusts nothing but its key (`golang.org/x/mod/sumdb/client.go`). */

/**
 * The client's effects. Paths are those on the wire, below the database's name: `/latest`,
 * `/lookup/<escaped path>@<escaped version>`, `/tile/8/0/x001/234`. All may be called concurrently.
 */
export interface SumDbOps {
  /**
   * The body of the database's answer with status 200. Rejects otherwise: with an error whose `code` is
   * `not-found` when the database says that there is no such thing (404, 410), with any other error when it
   * could not be asked. Should itself bound the size (64 KiB is enough for everything) and the time.
   */
  readRemote(path: string): Promise<Uint8Array>;
  /** What `writeCache` was given for this path, or undefined. A rejection counts as undefined. */
  readCache(path: string): Promise<Uint8Array | undefined>;
  /** Keeps an answer that was verified. May forget it at any time; a rejection is ignored. */
  writeCache(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * The newest signed tree head on record, or undefined to start without one. It is what makes forks visible
   * across sessions. A rejection counts as undefined.
   */
  readLatest(): Promise<Uint8Array | undefined>;
  /**
   * Replaces the recorded head `old` (undefined: none) by `next`; `conflict` when something else is on
   * record, and then the client reads it and tries again. A rejection is ignored.
   */
  writeLatest(old: Uint8Array | undefined, next: Uint8Array): Promise<'ok' | 'conflict'>;
  /** Told of a fork, with the proof: two signed heads that cannot both be true. Many lines, to be shown. */
  securityError(message: string): void;
}

/**
 * `not-found`: the database has no such module version or tile. `bad-signature`: a tree head that the key did
 * not sign. `bad-proof`: a record or tile that is not in the signed tree. `bad-response`: malformed or too
 * large. `fork`: the database signed two histories. `unreachable`: it could not be asked; `cause` tells why.
 */
export type SumDbErrorCode =
  | 'not-found'
  | 'bad-signature'
  | 'bad-proof'
  | 'bad-response'
  | 'fork'
  | 'unreachable';

export class SumDbError extends Error {
  override readonly name = 'SumDbError';
  readonly code: SumDbErrorCode;
  constructor(code: SumDbErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A verified record. */
export interface LookupResult {
  /** The whole answer, which may be served on: number, go.sum lines, signed tree head. */
  readonly record: Uint8Array;
  /** `h1:` of the zip. */
  readonly zip?: string;
  /** `h1:` of the go.mod. */
  readonly mod?: string;
}

export const MAX_LOOKUP_BYTES = 64 << 10;
const MAX_MERGE_ROUNDS = 100;
const MAX_RESULTS = 2000;
/** 8 KiB each. */
const MAX_TILES = 512;

interface Head {
  readonly tree: Tree;
  /** The signed note; undefined for the empty tree from which everybody starts. */
  readonly note: Uint8Array | undefined;
}

interface FetchedTile extends TileWithData {
  readonly from: 'memory' | 'cache' | 'remote';
}

/** Forgets what was used longest ago. */
class Recent<V> {
  readonly #entries = new Map<string, V>();
  readonly #max: number;
  constructor(max: number) {
    this.#max = max;
  }
  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }
  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#max) break;
      this.#entries.delete(oldest);
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function isFull(tile: Tile): boolean {
  return tile.width === 2 ** tile.height;
}

function fullTile(tile: Tile): Tile {
  return { ...tile, width: 2 ** tile.height };
}

function prefix(data: Uint8Array, tile: Tile): Uint8Array {
  return data.subarray(0, tile.width * HASH_SIZE);
}

function indent(note: Uint8Array | undefined): string {
  return Buffer.from(note ?? [])
    .toString('utf8')
    .replaceAll('\n', '\n\t');
}

/** Looks modules up in one checksum database. Reads nothing before the first call. */
export class SumDb {
  readonly name: string;
  readonly #verifier: Verifier;
  readonly #ops: SumDbOps;
  #head: Head = { tree: { size: 0, hash: EMPTY_TREE_HASH }, note: undefined };
  #started: Promise<void> | undefined;
  readonly #flights = new Map<string, Promise<LookupResult>>();
  readonly #tileFlights = new Map<string, Promise<FetchedTile>>();
  readonly #results = new Recent<LookupResult>(MAX_RESULTS);
  /** Authenticated tiles only. */
  readonly #tiles = new Recent<Uint8Array>(MAX_TILES);

  /** Throws `NoteError` when the key (`name+hash+base64`) is malformed. */
  constructor(verifierKey: string, ops: SumDbOps) {
    this.#verifier = parseVerifierKey(verifierKey.trim());
    this.name = this.#verifier.name;
    this.#ops = ops;
  }

  /**
   * The hashes that the database has for a module version, verified by its signature. Concurrent calls for
   * one version share one flight; a failure is not remembered.
   *
   * @throws SumDbError, or ModuleError for a malformed path or version
   */
  async lookup(path: string, version: string): Promise<LookupResult> {
    const wire = `/lookup/${escapePath(path)}@${escapeVersion(version)}`;
    const known = this.#results.get(wire);
    if (known !== undefined) return known;
    const running = this.#flights.get(wire);
    if (running !== undefined) return running;
    const flight = this.#lookup(wire, path, version).finally(() => this.#flights.delete(wire));
    this.#flights.set(wire, flight);
    const result = await flight;
    this.#results.set(wire, result);
    return result;
  }

  /**
   * The bytes of a tile, authenticated against the newest signed head (which is brought up to date when the
   * tile lies beyond it). When the database cannot be asked, a cached tile is given as it is: only
   * authenticated tiles were ever cached.
   *
   * @param wirePath `/tile/8/<level>/<number>[.p/<width>]`
   * @throws SumDbError
   */
  async tile(wirePath: string): Promise<Uint8Array> {
    const tile = parseTilePath(wirePath.slice(1));
    if (tile === undefined || !wirePath.startsWith('/') || tile.height !== TILE_HEIGHT || tile.level < 0) {
      throw new SumDbError('not-found', `${this.name} has no tile of the path ${JSON.stringify(wirePath)}`);
    }
    const needed = (tile.n * 2 ** TILE_HEIGHT + tile.width) * 2 ** (TILE_HEIGHT * tile.level);
    try {
      return await this.#authenticatedTile(tile, needed);
    } catch (error) {
      const cached = hasCode(error, 'unreachable') ? await this.#cached(`/${tilePath(tile)}`) : undefined;
      if (cached?.byteLength !== tile.width * HASH_SIZE) throw error;
      return cached;
    }
  }

  /** The signed note of the newest head known; asks the database only when none is known. Throws `SumDbError`. */
  async latest(): Promise<Uint8Array> {
    await this.#start();
    return this.#head.note ?? this.#update();
  }

  /** Loads the recorded head once. One that the key did not sign is as good as none. */
  #start(): Promise<void> {
    this.#started ??= (async () => {
      const recorded = await this.#recordedHead();
      if (recorded !== undefined) this.#head = recorded;
    })();
    return this.#started;
  }

  async #readLatest(): Promise<Uint8Array | undefined> {
    try {
      const note = await this.#ops.readLatest();
      return note === undefined || note.byteLength === 0 ? undefined : note;
    } catch {
      return undefined;
    }
  }

  async #recordedHead(): Promise<Head | undefined> {
    const note = await this.#readLatest();
    try {
      return note && this.#openHead(note);
    } catch {
      return undefined;
    }
  }

  #openHead(note: Uint8Array): Head {
    if (note.byteLength > MAX_LOOKUP_BYTES) {
      throw new SumDbError(
        'bad-response',
        `a tree head of ${this.name} is larger than ${MAX_LOOKUP_BYTES} bytes`,
      );
    }
    try {
      const tree = parseTree(openNote(note, [this.#verifier]).text);
      if (tree !== undefined) return { tree, note };
    } catch (cause) {
      if (!(cause instanceof NoteError)) throw cause;
      const code = cause.code === 'malformed' ? 'bad-response' : 'bad-signature';
      throw new SumDbError(code, `reading a tree head of ${this.name}: ${cause.message}`, { cause });
    }
    throw new SumDbError('bad-response', `reading a tree head of ${this.name}: malformed tree note`);
  }

  async #remote(path: string, maxBytes: number): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#ops.readRemote(path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const code = hasCode(cause, 'not-found') ? 'not-found' : 'unreachable';
      throw new SumDbError(code, `asking ${this.name} for ${path}: ${why}`, { cause });
    }
    if (bytes.byteLength > maxBytes) {
      throw new SumDbError('bad-response', `${this.name} answered ${path} with more than ${maxBytes} bytes`);
    }
    return bytes;
  }

  async #cached(path: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#ops.readCache(path);
    } catch {
      return undefined;
    }
  }

  async #keep(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#ops.writeCache(path, bytes);
    } catch {
      // The contract lets a cache forget; the answer itself is good.
    }
  }

  async #lookup(wire: string, path: string, version: string): Promise<LookupResult> {
    await this.#start();
    const cached = await this.#cached(wire);
    if (cached !== undefined) {
      const result = await this.#verifyCached(cached, path, version);
      if (result !== undefined) return result;
    }
    const answer = await this.#remote(wire, MAX_LOOKUP_BYTES);
    const result = await this.#verify(answer, path, version);
    await this.#keep(wire, answer);
    return result;
  }

  /** Undefined when the cached answer is damaged: then the database is asked again. */
  async #verifyCached(answer: Uint8Array, path: string, version: string): Promise<LookupResult | undefined> {
    try {
      return await this.#verify(answer, path, version);
    } catch (error) {
      if (hasCode(error, 'fork')) throw error;
      if (!hasCode(error, 'unreachable')) return undefined;
      return this.#verifyAlone(answer, path, version).catch(() => {
        throw error;
      });
    }
  }

  #parse(
    answer: Uint8Array,
    path: string,
    version: string,
  ): LookupRecord & { readonly result: LookupResult } {
    const record = answer.byteLength > MAX_LOOKUP_BYTES ? undefined : parseRecord(answer);
    if (record === undefined)
      throw new SumDbError('bad-response', `${this.name}: malformed record of ${path}@${version}`);
    const lines = record.text.toString('utf8').split('\n');
    const h1 = (key: string) => lines.find(line => line.startsWith(`${key} h1:`))?.slice(key.length + 1);
    const zip = h1(`${path} ${version}`);
    const mod = h1(`${path} ${version}/go.mod`);
    if (zip === undefined && mod === undefined) {
      throw new SumDbError(
        'bad-response',
        `${this.name}: the record for ${path}@${version} has no hash of it`,
      );
    }
    const result = { record: answer, ...(zip !== undefined && { zip }), ...(mod !== undefined && { mod }) };
    return { ...record, result };
  }

  async #verify(answer: Uint8Array, path: string, version: string): Promise<LookupResult> {
    const { id, text, head, result } = this.#parse(answer, path, version);
    await this.#merge(head);
    await this.#checkRecord(this.#head.tree, id, text, `${path}@${version}`);
    return result;
  }

  /**
   * Verifies a cached answer by the tree head it carries and nothing newer. The signature says as much about
   * the record; only whether that head and the newest one agree is left for when the database can be asked.
   */
  async #verifyAlone(answer: Uint8Array, path: string, version: string): Promise<LookupResult> {
    const { id, text, head, result } = this.#parse(answer, path, version);
    await this.#checkRecord(this.#openHead(head).tree, id, text, `${path}@${version}`);
    return result;
  }

  async #checkRecord(tree: Tree, id: number, text: Uint8Array, what: string): Promise<void> {
    if (id >= tree.size) {
      throw new SumDbError(
        'bad-proof',
        `${this.name}: cannot validate record ${id} of ${what} in tree of size ${tree.size}`,
      );
    }
    const { hashes, tiles } = await this.#authenticate(tree, [storedHashIndex(0, id)]);
    const [expected] = hashes;
    if (expected === undefined || !sameHash(expected, recordHash(text))) {
      throw new SumDbError('bad-proof', `${this.name}: cannot authenticate the record of ${what}`);
    }
    await this.#saveTiles(tiles);
  }

  async #authenticatedTile(tile: Tile, needed: number): Promise<Uint8Array> {
    await this.#start();
    if (needed <= MAX_TREE_SIZE && needed > this.#head.tree.size) await this.#update();
    const { tree } = this.#head;
    if (needed > tree.size) {
      throw new SumDbError(
        'not-found',
        `${this.name} has no ${tilePath(tile)} in its tree of size ${tree.size}`,
      );
    }
    const index = storedHashIndex(tile.level * TILE_HEIGHT, tile.n * 2 ** TILE_HEIGHT);
    const { tiles } = await this.#authenticate(tree, [index]);
    await this.#saveTiles(tiles);
    const inTree = tileParent(tileForIndex(TILE_HEIGHT, index), 0, tree.size);
    const found = tiles.find(other => inTree !== undefined && tilePath(other.tile) === tilePath(inTree));
    if (found === undefined)
      throw new SumDbError('bad-proof', `${this.name}: ${tilePath(tile)} was not authenticated`);
    return prefix(found.data, tile);
  }

  /** Asks for the newest head and merges it. */
  async #update(): Promise<Uint8Array> {
    const note = await this.#remote('/latest', MAX_LOOKUP_BYTES);
    await this.#merge(note);
    return this.#head.note ?? note;
  }

  /** Takes a signed head into our timeline, and into the recorded one when ours went on. */
  async #merge(note: Uint8Array): Promise<void> {
    if ((await this.#mergeInMemory(this.#openHead(note))) !== 'future') return;
    for (let round = 0; round < MAX_MERGE_ROUNDS; round++) {
      const recorded = await this.#readLatest();
      const head = await this.#recordedHead();
      if (head !== undefined && (await this.#mergeInMemory(head)) !== 'past') return;
      const next = this.#head.note;
      if (next === undefined) return;
      try {
        if ((await this.#ops.writeLatest(recorded, next)) === 'ok') return;
      } catch {
        return;
      }
    }
  }

  /** Tells where the head lies as seen from ours; ours is moved forward to it. */
  async #mergeInMemory(head: Head): Promise<'past' | 'now' | 'future'> {
    for (;;) {
      const ours = this.#head;
      if (head.tree.size <= ours.tree.size) {
        await this.#checkPrefix(head, ours);
        return head.tree.size < ours.tree.size ? 'past' : 'now';
      }
      await this.#checkPrefix(ours, head);
      // Another merge may have moved our head while tiles were read; then this one is compared anew.
      if (this.#head === ours) {
        this.#head = head;
        return 'future';
      }
    }
  }

  /** Checks that the older head is on the newer one's timeline. */
  async #checkPrefix(older: Head, newer: Head): Promise<void> {
    let hash: Hash;
    let tiles: readonly FetchedTile[] = [];
    if (older.tree.size === newer.tree.size) hash = newer.tree.hash;
    else if (older.tree.size === 0) hash = EMPTY_TREE_HASH;
    else {
      const read = await this.#authenticate(newer.tree, subTreeIndexes(0, older.tree.size));
      hash = foldSubTrees(read.hashes);
      tiles = read.tiles;
    }
    if (sameHash(hash, older.tree.hash)) {
      await this.#saveTiles(tiles);
      return;
    }
    this.#ops.securityError(await this.#forkReport(older, newer, hash));
    throw new SumDbError(
      'fork',
      `SECURITY ERROR: ${this.name} signed two histories that contradict each other`,
    );
  }

  async #forkReport(older: Head, newer: Head, hash: Hash): Promise<string> {
    let proof: string;
    try {
      const read = async (indexes: readonly number[]) =>
        (await this.#authenticate(newer.tree, indexes)).hashes;
      const hashes = await proveTree(newer.tree.size, older.tree.size, read);
      proof = [hash, ...hashes].map(formatHash).join('\n\t');
    } catch (error) {
      proof = `${formatHash(hash)}\n\tnot complete: ${error instanceof Error ? error.message : error}`;
    }
    return [
      'SECURITY ERROR',
      'go.sum database server misbehavior detected!',
      '',
      `old database:\n\t${indent(older.note)}`,
      `new database:\n\t${indent(newer.note)}`,
      `proof of misbehavior:\n\t${proof}`,
      '',
    ].join('\n');
  }

  /**
   * Authenticated hashes of a tree. When tiles do not fit and some of them were remembered, all are fetched
   * anew: a damaged cache must not look like a lying database, nor hide one.
   */
  async #authenticate(
    tree: Tree,
    indexes: readonly number[],
  ): Promise<{ readonly hashes: readonly Hash[]; readonly tiles: readonly FetchedTile[] }> {
    for (const fresh of [false, true]) {
      let fetched: readonly FetchedTile[] = [];
      try {
        const { hashes } = await readAuthenticated(tree, TILE_HEIGHT, indexes, async tiles => {
          fetched = await Promise.all(tiles.map(tile => this.#readTile(tile, fresh)));
          return fetched.map(({ data }) => data);
        });
        return { hashes, tiles: fetched };
      } catch (cause) {
        if (!(cause instanceof ProofError)) throw cause;
        if (!fresh && fetched.some(({ from }) => from !== 'remote')) continue;
        throw new SumDbError('bad-proof', `${this.name}: ${cause.message}`, { cause });
      }
    }
    throw new SumDbError('bad-proof', `${this.name}: downloaded inconsistent tile`);
  }

  #readTile(tile: Tile, fresh: boolean): Promise<FetchedTile> {
    const key = `${tilePath(tile)} ${fresh}`;
    const running = this.#tileFlights.get(key);
    if (running !== undefined) return running;
    const flight = this.#fetchTile(tile, fresh).finally(() => this.#tileFlights.delete(key));
    this.#tileFlights.set(key, flight);
    return flight;
  }

  async #fetchTile(tile: Tile, fresh: boolean): Promise<FetchedTile> {
    const candidates = isFull(tile) ? [tile] : [tile, fullTile(tile)];
    if (!fresh) {
      for (const candidate of candidates) {
        const known = this.#tiles.get(tilePath(candidate));
        if (known !== undefined) return { tile, data: prefix(known, tile), from: 'memory' };
      }
      for (const candidate of candidates) {
        const cached = await this.#cached(`/${tilePath(candidate)}`);
        if (cached?.byteLength === candidate.width * HASH_SIZE)
          return { tile, data: prefix(cached, tile), from: 'cache' };
      }
    }
    try {
      return { tile, data: await this.#remoteTile(tile), from: 'remote' };
    } catch (error) {
      // A partial tile that is gone has been completed: the full one is there instead.
      if (isFull(tile) || hasCode(error, 'unreachable')) throw error;
      const full = await this.#remoteTile(fullTile(tile)).catch(() => {
        throw error;
      });
      return { tile, data: prefix(full, tile), from: 'remote' };
    }
  }

  async #remoteTile(tile: Tile): Promise<Uint8Array> {
    const size = tile.width * HASH_SIZE;
    const bytes = await this.#remote(`/${tilePath(tile)}`, size);
    if (bytes.byteLength === size) return bytes;
    throw new SumDbError(
      'bad-response',
      `${this.name} gave ${bytes.byteLength} bytes for ${tilePath(tile)}, not ${size}`,
    );
  }

  async #saveTiles(tiles: readonly FetchedTile[]): Promise<void> {
    for (const { tile, data } of tiles) this.#tiles.set(tilePath(tile), data);
    const fetched = tiles.filter(({ from }) => from === 'remote');
    await Promise.all(fetched.map(({ tile, data }) => this.#keep(`/${tilePath(tile)}`, data)));
  }
}
