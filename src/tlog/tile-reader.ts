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

/** What `authenticate` read, and whether it was believed. */
export interface Authenticated {
  readonly hashes: readonly Hash[];
  readonly tiles: readonly FetchedTile[];
  readonly believed: boolean;
}

/** A tile on its way, or fetched and not yet judged by all who wait for it. */
interface Lease {
  readonly flight: Promise<FetchedTile>;
  users: number;
}

/** Reads hashes of the database's trees by way of its tiles. */
export class TileReader {
  readonly #source: SumDbSource;
  readonly #leases = new Map<string, Lease>();
  /** Authenticated tiles only. */
  readonly #tiles = new Recent<Uint8Array>(MAX_TILES);

  constructor(source: SumDbSource) {
    this.#source = source;
  }

  /**
   * Authenticated hashes of a tree. When tiles do not fit and some of them were remembered, all are fetched
   * anew: a damaged cache must not look like a lying database, nor hide one. The tiles are remembered and
   * cached when `believe` finds that nothing else speaks against the tree; until then those who need the same
   * tiles share them, each with a judgement of its own.
   *
   * @throws SumDbError
   */
  async authenticate(
    tree: Tree,
    indexes: readonly number[],
    believe: (hashes: readonly Hash[]) => boolean,
  ): Promise<Authenticated> {
    for (const fresh of [false, true]) {
      const leased: string[] = [];
      let fetched: readonly FetchedTile[] = [];
      try {
        const { hashes } = await readAuthenticated(tree, TILE_HEIGHT, indexes, async tiles => {
          fetched = await Promise.all(tiles.map(tile => this.#lease(tile, fresh, leased)));
          return fetched.map(({ data }) => data);
        });
        const believed = believe(hashes);
        if (believed) await this.#save(fetched);
        return { hashes, tiles: fetched, believed };
      } catch (cause) {
        if (!(cause instanceof ProofError)) throw cause;
        if (!fresh && fetched.some(({ from }) => from !== 'remote')) continue;
        throw new SumDbError('bad-proof', `${this.#source.name}: ${cause.message}`, { cause });
      } finally {
        for (const key of leased) this.#release(key);
      }
    }
    throw new SumDbError('bad-proof', `${this.#source.name}: downloaded inconsistent tile`);
  }

  #lease(tile: Tile, fresh: boolean, leased: string[]): Promise<FetchedTile> {
    const key = `${tilePath(tile)} ${fresh}`;
    const lease = this.#leases.get(key) ?? { flight: this.#fetchTile(tile, fresh), users: 0 };
    lease.users++;
    leased.push(key);
    this.#leases.set(key, lease);
    return lease.flight;
  }

  #release(key: string): void {
    const lease = this.#leases.get(key);
    if (lease !== undefined && --lease.users === 0) this.#leases.delete(key);
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
  async #save(tiles: readonly FetchedTile[]): Promise<void> {
    for (const { tile, data } of tiles) this.#tiles.set(tilePath(tile), data);
    const fetched = tiles.filter(({ from }) => from === 'remote');
    await Promise.all(fetched.map(({ tile, data }) => this.#source.keep(`/${tilePath(tile)}`, data)));
  }
}
