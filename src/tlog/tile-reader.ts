import { Recent } from './recent.ts';
import { asFault, hasCode, SumDbError, type SumDbSource } from './sumdb-ops.ts';
import { readAuthenticated, TILE_HEIGHT, type Tile, type TileWithData, tilePath } from './tile.ts';
import { HASH_SIZE, type Hash, ProofError, type Tree } from './tree.ts';

/** Tiles from memory, cache or database, in this order, and authenticated before anything rests on them. */

export interface FetchedTile extends TileWithData {
  readonly from: 'memory' | 'cache' | 'remote';
}

/** 8 KiB each. */
const MAX_TILES = 512;

function isFull(tile: Tile): boolean {
  return tile.width === 2 ** tile.height;
}

function fullTile(tile: Tile): Tile {
  return { ...tile, width: 2 ** tile.height };
}

/** The part of a wider tile's data that a tile consists of. */
export function tilePrefix(data: Uint8Array, tile: Tile): Uint8Array {
  return data.subarray(0, tile.width * HASH_SIZE);
}

/** Reads hashes of the database's trees by way of its tiles. */
export class TileReader {
  readonly #source: SumDbSource;
  readonly #flights = new Map<string, Promise<FetchedTile>>();
  /** Authenticated tiles only. */
  readonly #tiles = new Recent<Uint8Array>(MAX_TILES);

  constructor(source: SumDbSource) {
    this.#source = source;
  }

  /**
   * Authenticated hashes of a tree. When tiles do not fit and some of them were remembered, all are fetched
   * anew: a damaged cache must not look like a lying database, nor hide one. The tiles may be passed to
   * `save` once nothing else speaks against the tree.
   *
   * @throws SumDbError
   */
  async authenticate(
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
        throw new SumDbError('bad-proof', `${this.#source.name}: ${cause.message}`, { cause });
      }
    }
    throw new SumDbError('bad-proof', `${this.#source.name}: downloaded inconsistent tile`);
  }

  #readTile(tile: Tile, fresh: boolean): Promise<FetchedTile> {
    const key = `${tilePath(tile)} ${fresh}`;
    const running = this.#flights.get(key);
    if (running !== undefined) return running;
    const flight = this.#fetchTile(tile, fresh).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #fetchTile(tile: Tile, fresh: boolean): Promise<FetchedTile> {
    const candidates = isFull(tile) ? [tile] : [tile, fullTile(tile)];
    if (!fresh) {
      for (const candidate of candidates) {
        const known = this.#tiles.get(tilePath(candidate));
        if (known !== undefined) return { tile, data: tilePrefix(known, tile), from: 'memory' };
      }
      for (const candidate of candidates) {
        const cached = await this.#source.cached(`/${tilePath(candidate)}`);
        if (cached?.byteLength !== candidate.width * HASH_SIZE) continue;
        return { tile, data: tilePrefix(cached, tile), from: 'cache' };
      }
    }
    try {
      return { tile, data: await this.#remoteTile(tile), from: 'remote' };
    } catch (error) {
      // A partial tile that is gone has been completed: the full one is there instead.
      const mayBeComplete = !isFull(tile) && !hasCode(error, 'unreachable');
      const full = mayBeComplete ? await this.#remoteTile(fullTile(tile)).catch(() => undefined) : undefined;
      if (full === undefined) throw asFault(error);
      return { tile, data: tilePrefix(full, tile), from: 'remote' };
    }
  }

  async #remoteTile(tile: Tile): Promise<Uint8Array> {
    const size = tile.width * HASH_SIZE;
    const bytes = await this.#source.remote(`/${tilePath(tile)}`, size);
    if (bytes.byteLength === size) return bytes;
    throw new SumDbError(
      'bad-response',
      `${this.#source.name} gave ${bytes.byteLength} bytes for ${tilePath(tile)}, not ${size}`,
    );
  }

  /** Remembers tiles that were authenticated, and caches those that were fetched. */
  async save(tiles: readonly FetchedTile[]): Promise<void> {
    for (const { tile, data } of tiles) this.#tiles.set(tilePath(tile), data);
    const fetched = tiles.filter(({ from }) => from === 'remote');
    await Promise.all(fetched.map(({ tile, data }) => this.#source.keep(`/${tilePath(tile)}`, data)));
  }
}
