import { escapePath, escapeVersion } from '../gomod/module-path.ts';
import { parseVerifierKey } from './note.ts';
import { Recent } from './recent.ts';
import { type LookupRecord, parseRecord } from './record.ts';
import { hasCode, MAX_LOOKUP_BYTES, SumDbError, type SumDbOps, SumDbSource } from './sumdb-ops.ts';
import { parseTilePath, TILE_HEIGHT, type Tile, tileForIndex, tileParent, tilePath } from './tile.ts';
import { TileReader, tilePrefix } from './tile-reader.ts';
import { Timeline } from './timeline.ts';
import { HASH_SIZE, MAX_TREE_SIZE, recordHash, sameHash, storedHashIndex, type Tree } from './tree.ts';

/** A client of the checksum database that trusts nothing but its key (`golang.org/x/mod/sumdb/client.go`). */

export { MAX_LOOKUP_BYTES, SumDbError, type SumDbErrorCode, type SumDbOps } from './sumdb-ops.ts';

/** A verified record. */
export interface LookupResult {
  /** The whole answer, which may be served on: number, go.sum lines, signed tree head. */
  readonly record: Uint8Array;
  /** `h1:` of the zip. */
  readonly zip?: string;
  /** `h1:` of the go.mod. */
  readonly mod?: string;
}

const MAX_RESULTS = 2000;

/** Looks modules up in one checksum database. Reads nothing before the first call. */
export class SumDb {
  readonly name: string;
  readonly #source: SumDbSource;
  readonly #tiles: TileReader;
  readonly #timeline: Timeline;
  readonly #flights = new Map<string, Promise<LookupResult>>();
  readonly #results = new Recent<LookupResult>(MAX_RESULTS);

  /** Throws `NoteError` when the key (`name+hash+base64`) is malformed. */
  constructor(verifierKey: string, ops: SumDbOps) {
    const verifier = parseVerifierKey(verifierKey.trim());
    this.name = verifier.name;
    this.#source = new SumDbSource(verifier.name, ops);
    this.#tiles = new TileReader(this.#source);
    this.#timeline = new Timeline(this.#source, this.#tiles, verifier);
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
      const cached = hasCode(error, 'unreachable')
        ? await this.#source.cached(`/${tilePath(tile)}`)
        : undefined;
      if (cached?.byteLength !== tile.width * HASH_SIZE) throw error;
      return cached;
    }
  }

  /** The signed note of the newest head known; asks the database only when none is known. Throws `SumDbError`. */
  async latest(): Promise<Uint8Array> {
    await this.#timeline.start();
    return this.#timeline.head.note ?? this.#timeline.update();
  }

  async #lookup(wire: string, path: string, version: string): Promise<LookupResult> {
    await this.#timeline.start();
    const cached = await this.#source.cached(wire);
    if (cached !== undefined) {
      const result = await this.#verifyCached(cached, path, version);
      if (result !== undefined) return result;
    }
    const answer = await this.#source.remote(wire, MAX_LOOKUP_BYTES);
    const result = await this.#verify(answer, path, version);
    await this.#source.keep(wire, answer);
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
    if (record === undefined) {
      throw new SumDbError('bad-response', `${this.name}: malformed record of ${path}@${version}`);
    }
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
    await this.#timeline.merge(head);
    await this.#checkRecord(this.#timeline.head.tree, id, text, `${path}@${version}`);
    return result;
  }

  /**
   * Verifies a cached answer by the tree head it carries and nothing newer. The signature says as much about
   * the record; only whether that head and the newest one agree is left for when the database can be asked.
   */
  async #verifyAlone(answer: Uint8Array, path: string, version: string): Promise<LookupResult> {
    const { id, text, head, result } = this.#parse(answer, path, version);
    await this.#checkRecord(this.#timeline.open(head).tree, id, text, `${path}@${version}`);
    return result;
  }

  async #checkRecord(tree: Tree, id: number, text: Uint8Array, what: string): Promise<void> {
    if (id >= tree.size) {
      throw new SumDbError(
        'bad-proof',
        `${this.name}: cannot validate record ${id} of ${what} in tree of size ${tree.size}`,
      );
    }
    const { believed } = await this.#tiles.authenticate(
      tree,
      [storedHashIndex(0, id)],
      ([expected]) => expected !== undefined && sameHash(expected, recordHash(text)),
    );
    if (!believed) {
      throw new SumDbError('bad-proof', `${this.name}: cannot authenticate the record of ${what}`);
    }
  }

  async #authenticatedTile(tile: Tile, needed: number): Promise<Uint8Array> {
    await this.#timeline.start();
    if (needed <= MAX_TREE_SIZE && needed > this.#timeline.head.tree.size) await this.#timeline.update();
    const { tree } = this.#timeline.head;
    if (needed > tree.size) {
      throw new SumDbError(
        'not-found',
        `${this.name} has no ${tilePath(tile)} in its tree of size ${tree.size}`,
      );
    }
    const index = storedHashIndex(tile.level * TILE_HEIGHT, tile.n * 2 ** TILE_HEIGHT);
    const { tiles } = await this.#tiles.authenticate(tree, [index], () => true);
    const inTree = tileParent(tileForIndex(TILE_HEIGHT, index), 0, tree.size);
    const found = tiles.find(other => inTree !== undefined && tilePath(other.tile) === tilePath(inTree));
    if (found === undefined) {
      throw new SumDbError('bad-proof', `${this.name}: ${tilePath(tile)} was not authenticated`);
    }
    return tilePrefix(found.data, tile);
  }
}
