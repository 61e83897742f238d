import {
  foldSubTrees,
  HASH_SIZE,
  type Hash,
  nodeHash,
  ProofError,
  sameHash,
  splitStoredHashIndex,
  storedHashIndex,
  subTreeIndexes,
  type Tree,
} from './tree.ts';

/**
 * Tiles: the tree's hashes in files of 2^height, as a static server can serve them, and reads that are
 * authenticated against a tree head (`golang.org/x/mod/sumdb/tlog/tile.go`).
 */

export interface Tile {
  /** 1 to 30; the public database has 8. */
  readonly height: number;
  /** Level in units of height; -1 is record data. */
  readonly level: number;
  readonly n: number;
  /** Hashes at the tile's lowest level: 1 to 2^height, which is a full tile. */
  readonly width: number;
}

/** The tile height of the go command and of every known database. */
export const TILE_HEIGHT = 8;

/** Digits of a number in the form `x001/x234/567`. */
function splitNumber(n: number): string {
  const parts = [String(n % 1000).padStart(3, '0')];
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    parts.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return parts.join('/');
}

/** `tile/8/0/x001/234` or `tile/8/1/000.p/17`. */
export function tilePath({ height, level, n, width }: Tile): string {
  const partial = width === 2 ** height ? '' : `.p/${width}`;
  return `tile/${height}/${level === -1 ? 'data' : level}/${splitNumber(n)}${partial}`;
}

/** Reads a tile's path; undefined for everything that `tilePath` would not have written. */
export function parseTilePath(path: string): Tile | undefined {
  if (path.length > 100) return undefined;
  const m =
    /^tile\/([0-9]{1,2})\/([0-9]{1,2}|data)\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([0-9]{1,10}))?$/.exec(
      path,
    );
  if (m === null) return undefined;
  const height = Number(m[1]);
  const level = m[2] === 'data' ? -1 : Number(m[2]);
  const width = m[4] === undefined ? 2 ** height : Number(m[4]);
  const n = Number(m[3]?.replace(/[x/]/g, ''));
  if (height < 1 || height > 30 || level > 63 || width < 1 || width > 2 ** height) return undefined;
  const tile = { height, level, n, width };
  return tilePath(tile) === path ? tile : undefined;
}

interface Place {
  readonly tile: Tile;
  /** Range of hashes within the tile that make up the wanted one. */
  readonly from: number;
  readonly to: number;
}

function placeOf(height: number, index: number): Place {
  const { level: storedLevel, n } = splitStoredHashIndex(index);
  const level = Math.floor(storedLevel / height);
  const span = 2 ** (storedLevel - level * height);
  const first = n * span;
  const tileN = Math.floor(first / 2 ** height);
  const from = first - tileN * 2 ** height;
  return { tile: { height, level, n: tileN, width: from + span }, from, to: from + span };
}

/** The smallest tile that holds the hash at a stored index. */
export function tileForIndex(height: number, index: number): Tile {
  return placeOf(height, index).tile;
}

function foldTile(data: Uint8Array, from: number, to: number): Hash {
  if (to - from === 1) return data.slice(from * HASH_SIZE, to * HASH_SIZE);
  const middle = (from + to) / 2;
  return nodeHash(foldTile(data, from, middle), foldTile(data, middle, to));
}

/** The hash at a stored index, from the data of a tile that holds it. Throws `ProofError` when it does not. */
export function hashFromTile(tile: Tile, data: Uint8Array, index: number): Hash {
  const { tile: own, from, to } = placeOf(tile.height, index);
  if (data.byteLength < tile.width * HASH_SIZE) {
    throw new ProofError('invalid-input', `data len ${data.byteLength} too short for tile ${tilePath(tile)}`);
  }
  if (tile.level !== own.level || tile.n !== own.n || tile.width < own.width) {
    throw new ProofError('invalid-input', `index ${index} is in ${tilePath(own)} not ${tilePath(tile)}`);
  }
  return foldTile(data, from, to);
}

/** The tile k levels up, as wide as a tree of that size has it; undefined where the tree has none. */
export function tileParent(tile: Tile, k: number, treeSize: number): Tile | undefined {
  const { height } = tile;
  const level = tile.level + k;
  const n = Math.floor(tile.n / 2 ** (k * height));
  const width = Math.min(2 ** height, Math.floor(treeSize / 2 ** (level * height)) - n * 2 ** height);
  return width > 0 ? { height, level, n, width } : undefined;
}

/** Tiles that are new or wider in a tree of newSize, compared with one of oldSize. */
export function newTiles(height: number, oldSize: number, newSize: number): Tile[] {
  const tiles: Tile[] = [];
  const full = 2 ** height;
  for (let level = 0; newSize >= full ** level; level++) {
    const oldN = Math.floor(oldSize / full ** level);
    const newN = Math.floor(newSize / full ** level);
    if (oldN === newN) continue;
    for (let n = Math.floor(oldN / full); n * full < newN; n++) {
      tiles.push({ height, level, n, width: Math.min(full, newN - n * full) });
    }
  }
  return tiles;
}

/** The data of a tile out of stored hashes. */
export function tileData(tile: Tile, hashAt: (storedIndex: number) => Hash): Buffer {
  const first = tile.n * 2 ** tile.height;
  const level = tile.level * tile.height;
  return Buffer.concat(
    Array.from({ length: tile.width }, (_, i) => hashAt(storedHashIndex(level, first + i))),
  );
}

export interface TileWithData {
  readonly tile: Tile;
  readonly data: Uint8Array;
}

/** A plan of tiles in which each tile stands behind the one that authenticates it. */
class TilePlan {
  readonly tiles: Tile[] = [];
  readonly #order = new Map<string, number>();
  readonly #treeSize: number;

  constructor(treeSize: number) {
    this.#treeSize = treeSize;
  }

  has(tile: Tile): boolean {
    return this.#order.has(tilePath(tile));
  }

  indexOf(tile: Tile): number {
    return this.#order.get(tilePath(tile)) ?? -1;
  }

  parent(tile: Tile, k: number): Tile {
    const parent = tileParent(tile, k, this.#treeSize);
    if (parent === undefined)
      throw new ProofError('invalid-input', `no tile above ${tilePath(tile)} in the tree`);
    return parent;
  }

  /** Adds the tile, and before it those parents that are not planned yet. */
  add(tile: Tile): number {
    const missing: Tile[] = [];
    for (let k = 0; ; k++) {
      const parent = this.parent(tile, k);
      if (this.has(parent)) break;
      missing.push(parent);
    }
    for (const next of missing.reverse()) this.push(next);
    return this.indexOf(this.parent(tile, 0));
  }

  push(tile: Tile): void {
    this.#order.set(tilePath(tile), this.tiles.length);
    this.tiles.push(tile);
  }
}

function inconsistent(): ProofError {
  return new ProofError('invalid-proof', 'downloaded inconsistent tile');
}

/**
 * Reads hashes by way of tiles, and the tiles are authenticated: those at the right edge against the tree's
 * hash, all others against their parents. What is returned in `tiles` may be kept.
 *
 * @param indexes stored indexes of the hashes wanted
 * @param readTiles gives each tile's data, exactly `width * 32` bytes; nothing in it is trusted
 * @throws ProofError `invalid-proof` when the tiles do not support the tree, `invalid-input` for an index
 *   beyond it; what readTiles rejects with is passed on
 */
export async function readAuthenticated(
  tree: Tree,
  height: number,
  indexes: readonly number[],
  readTiles: (tiles: readonly Tile[]) => Promise<readonly Uint8Array[]>,
): Promise<{ readonly hashes: readonly Hash[]; readonly tiles: readonly TileWithData[] }> {
  const end = storedHashIndex(0, tree.size);
  if (indexes.some(index => index >= end)) throw new ProofError('invalid-input', 'indexes not in tree');
  const plan = new TilePlan(tree.size);
  const edge = subTreeIndexes(0, tree.size);
  const edgeTiles = edge.map(index => {
    const tile = plan.parent(tileForIndex(height, index), 0);
    if (!plan.has(tile)) plan.push(tile);
    return plan.indexOf(tile);
  });
  const edgeCount = plan.tiles.length;
  const indexTiles = indexes.map(index => plan.add(tileForIndex(height, index)));

  const data = await readTiles(plan.tiles);
  const tiles = plan.tiles.map((tile, i): TileWithData => {
    const bytes = data[i];
    if (bytes?.byteLength !== tile.width * HASH_SIZE) throw inconsistent();
    return { tile, data: bytes };
  });
  const at = (i: number | undefined, index: number): Hash => {
    const found = i === undefined ? undefined : tiles[i];
    if (found === undefined) throw inconsistent();
    return hashFromTile(found.tile, found.data, index);
  };

  const root = foldSubTrees(edge.map((index, i) => at(edgeTiles[i], index)));
  if (!sameHash(root, tree.hash)) throw inconsistent();
  for (const { tile, data: bytes } of tiles.slice(edgeCount)) {
    const parent = plan.parent(tile, 1);
    const expected = at(plan.indexOf(parent), storedHashIndex(parent.level * height, tile.n));
    // Only full tiles have parents, so that all of its data is under this one hash.
    if (tile.width !== 2 ** height || !sameHash(expected, foldTile(bytes, 0, tile.width)))
      throw inconsistent();
  }
  return { hashes: indexes.map((index, i) => at(indexTiles[i], index)), tiles };
}
