import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hashFromTile,
  newTiles,
  parseTilePath,
  readAuthenticated,
  type Tile,
  tileData,
  tilePath,
} from '../../src/tlog/tile.ts';
import {
  checkRecord,
  checkTree,
  EMPTY_TREE_HASH,
  formatHash,
  type Hash,
  ProofError,
  parseHash,
  proveRecord,
  proveTree,
  recordHash,
  splitStoredHashIndex,
  storedHashCount,
  storedHashesFor,
  storedHashIndex,
  treeHash,
} from '../../src/tlog/tree.ts';

interface Vectors {
  readonly empty_root: string;
  readonly records: { index: number; record: string; leaf: string; stored_index: number }[];
  readonly roots: { size: number; root: string }[];
  readonly inclusion: { size: number; index: number; proof: string[] }[];
  readonly consistency: { new: number; old: number; proof: string[] }[];
  readonly must_reject: {
    kind: 'inclusion' | 'consistency';
    why: string;
    err: string;
    size: number;
    index: number;
    new: number;
    old: number;
    old_root?: string;
    proof: string[];
  }[];
  readonly tiles_h2: { path: string; hashes: number; data_hex: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../fixtures/audit/tlog.json', import.meta.url), 'utf8'),
) as Vectors;

function hashOf(base64: string | undefined): Hash {
  const hash = parseHash(base64 ?? '');
  if (hash === undefined) throw new Error(`no hash: ${base64}`);
  return hash;
}

async function storeOf(records: readonly Hash[]): Promise<Hash[]> {
  const stored: Hash[] = [];
  for (const [n, hash] of records.entries()) {
    stored.push(...(await storedHashesFor(n, hash, indexes => indexes.map(i => at(stored, i)))));
  }
  return stored;
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError(`nothing at ${index} of ${values.length}`);
  return value;
}

const leaves = vectors.records.map(({ record }) => recordHash(Buffer.from(record)));
const stored = await storeOf(leaves);
const read = (indexes: readonly number[]) => indexes.map(index => at(stored, index));
const rootOf = (size: number) => hashOf(vectors.roots.find(row => row.size === size)?.root);

describe('the given vectors', () => {
  test('records: leaf hashes and where they are stored', () => {
    expect(vectors.records).toHaveLength(20);
    for (const { index, leaf, stored_index } of vectors.records) {
      expect(formatHash(at(leaves, index))).toBe(leaf);
      expect(storedHashIndex(0, index)).toBe(stored_index);
      expect(formatHash(at(stored, stored_index))).toBe(leaf);
    }
    expect(stored).toHaveLength(storedHashCount(20));
  });

  test('roots of all sizes', async () => {
    expect(formatHash(EMPTY_TREE_HASH)).toBe(vectors.empty_root);
    expect(formatHash(await treeHash(0, read))).toBe(vectors.empty_root);
    expect(vectors.roots).toHaveLength(20);
    for (const { size, root } of vectors.roots) expect(formatHash(await treeHash(size, read))).toBe(root);
  });

  test('inclusion proofs', async () => {
    expect(vectors.inclusion).toHaveLength(210);
    for (const { size, index, proof } of vectors.inclusion) {
      expect((await proveRecord(size, index, read)).map(formatHash)).toEqual(proof);
      checkRecord(proof.map(hashOf), { size, hash: rootOf(size) }, index, at(leaves, index));
    }
  });

  test('consistency proofs', async () => {
    expect(vectors.consistency).toHaveLength(210);
    for (const { new: size, old, proof } of vectors.consistency) {
      expect((await proveTree(size, old, read)).map(formatHash)).toEqual(proof);
      checkTree(proof.map(hashOf), { size, hash: rootOf(size) }, { size: old, hash: rootOf(old) });
    }
  });

  test.each(vectors.must_reject)('rejects $kind: $why', row => {
    const proof = row.proof.map(hashOf);
    const check =
      row.kind === 'inclusion'
        ? () => checkRecord(proof, { size: row.size, hash: rootOf(row.size) }, row.index, at(leaves, 7))
        : () => {
            const old = row.old_root === undefined ? rootOf(row.old) : hashOf(row.old_root);
            checkTree(proof, { size: row.new, hash: rootOf(row.new) }, { size: row.old, hash: old });
          };
    expect(check).toThrow(ProofError);
    expect(check).toThrow(row.err);
  });

  test('tiles of height 2', () => {
    const tiles = newTiles(2, 0, 20);
    expect(tiles.map(tilePath).sort()).toEqual(vectors.tiles_h2.map(({ path }) => path).sort());
    for (const { path, hashes, data_hex } of vectors.tiles_h2) {
      const tile = parseTilePath(path);
      expect(tile?.width).toBe(hashes);
      if (tile) expect(tileData(tile, index => at(stored, index)).toString('hex')).toBe(data_hex);
    }
  });
});

describe('stored indexes', () => {
  test('split undoes join, also far beyond 32 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 30 }), (level, n) => {
        expect(splitStoredHashIndex(storedHashIndex(level, n))).toEqual({ level, n });
      }),
    );
    expect(splitStoredHashIndex(storedHashIndex(0, 2 ** 40 + 7))).toEqual({ level: 0, n: 2 ** 40 + 7 });
  });
});

describe('proofs', () => {
  test('inputs outside the tree are refused', async () => {
    const tree = { size: 5, hash: rootOf(5) };
    await expect(proveRecord(5, 5, read)).rejects.toThrow('invalid inputs');
    await expect(proveTree(5, 0, read)).rejects.toThrow('invalid inputs');
    expect(() => checkRecord([], tree, -1, at(leaves, 0))).toThrow('invalid inputs');
    expect(() => checkRecord([], tree, 2 ** 60, at(leaves, 0))).toThrow('invalid inputs');
    expect(() => checkTree([], tree, { size: 6, hash: rootOf(6) })).toThrow('invalid inputs');
  });

  test('no proof of one place proves another', async () => {
    for (let index = 0; index < 13; index++) {
      const proof = await proveRecord(13, index, read);
      for (let other = 0; other < 13; other++) {
        const check = () => checkRecord(proof, { size: 13, hash: rootOf(13) }, other, at(leaves, index));
        if (other === index) check();
        else expect(check).toThrow(ProofError);
      }
    }
  });
});

describe('tile paths', () => {
  test.each([
    ['tile/8/0/000', { height: 8, level: 0, n: 0, width: 256 }],
    ['tile/8/0/x001/234', { height: 8, level: 0, n: 1234, width: 256 }],
    ['tile/8/1/x012/x345/678.p/17', { height: 8, level: 1, n: 12_345_678, width: 17 }],
    ['tile/4/data/000.p/1', { height: 4, level: -1, n: 0, width: 1 }],
  ])('%s', (path, tile) => {
    expect(parseTilePath(path)).toEqual(tile);
    expect(tilePath(tile)).toBe(path);
  });

  test.each([
    '/tile/8/0/000',
    'tile/8/0/1',
    'tile/8/0/x000/001',
    'tile/8/0/001/x234',
    'tile/8/0/000.p/256',
    'tile/8/0/000.p/0',
    'tile/8/0/000.p/01',
    'tile/08/0/000',
    'tile/31/0/000',
    'tile/0/0/000',
    'tile/8/64/000',
    'tile/8/-1/000',
    'tile/8/0/../0/000',
    'tile/8/0/000\n',
    `tile/8/0/${'x999/'.repeat(30)}999`,
    'tile/8/0/',
    '',
  ])('refuses %j', path => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe('readAuthenticated', () => {
  const records = Array.from({ length: 300 }, (_, n) => recordHash(Buffer.from(`record ${n}\n`)));
  let all: readonly Hash[] = [];
  const tiles = async (wanted: readonly Tile[]) =>
    wanted.map(tile => tileData(tile, index => at(all, index)));

  test('gives every hash of every tree by tiles of several heights', async () => {
    all = await storeOf(records);
    for (const height of [1, 2, 3, 8]) {
      for (const size of [1, 2, 7, 64, 255, 256, 257, 300]) {
        const tree = { size, hash: await treeHash(size, indexes => indexes.map(i => at(all, i))) };
        const indexes = Array.from({ length: storedHashCount(size) }, (_, i) => i).filter(
          index => index < storedHashIndex(0, size),
        );
        const { hashes } = await readAuthenticated(tree, height, indexes, tiles);
        expect(hashes.map(formatHash)).toEqual(indexes.map(index => formatHash(at(all, index))));
      }
    }
  });

  test('one changed bit in any tile that is read is found', async () => {
    const tree = { size: 300, hash: await treeHash(300, indexes => indexes.map(i => at(all, i))) };
    const index = storedHashIndex(0, 17);
    const { tiles: used } = await readAuthenticated(tree, 3, [index], tiles);
    expect(used.length).toBeGreaterThan(3);
    for (const [i, { data }] of used.entries()) {
      for (const byte of [0, data.byteLength - 1]) {
        const tampered = async (wanted: readonly Tile[]) => {
          const read = await tiles(wanted);
          read[i]?.writeUInt8((read[i]?.readUInt8(byte) ?? 0) ^ 1, byte);
          return read;
        };
        await expect(readAuthenticated(tree, 3, [index], tampered)).rejects.toThrow('inconsistent tile');
      }
    }
  });

  test('tiles of a wrong size and indexes beyond the tree are refused', async () => {
    const tree = { size: 300, hash: await treeHash(300, indexes => indexes.map(i => at(all, i))) };
    const short = async (wanted: readonly Tile[]) => (await tiles(wanted)).map(data => data.subarray(1));
    await expect(readAuthenticated(tree, 8, [0], short)).rejects.toThrow('inconsistent tile');
    await expect(readAuthenticated(tree, 8, [storedHashIndex(0, 300)], tiles)).rejects.toThrow('not in tree');
  });

  test('hashFromTile refuses a tile that does not hold the index', () => {
    const tile = { height: 8, level: 0, n: 0, width: 256 };
    expect(() => hashFromTile(tile, Buffer.alloc(8192), storedHashIndex(0, 256))).toThrow(
      'is in tile/8/0/001',
    );
    expect(() => hashFromTile(tile, Buffer.alloc(100), 0)).toThrow('too short');
  });
});
