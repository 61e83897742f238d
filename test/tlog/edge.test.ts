import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Edge, type FullTile } from '../../src/tlog/edge.ts';
import { formatHash, type Hash, nodeHash, recordHash } from '../../src/tlog/hash.ts';
import { newTiles, tileData, tilePath } from '../../src/tlog/tile.ts';
import { foldSubTrees, ProofError, storedHashIndex, subTreeIndexes } from '../../src/tlog/tree.ts';

const vectors = JSON.parse(readFileSync(new URL('../fixtures/audit/tlog.json', import.meta.url), 'utf8')) as {
  records: { record: string }[];
  roots: { size: number; root: string }[];
};

/** All stored hashes of a tree, made the plain way. */
class Plain {
  readonly #stored = new Map<number, Hash>();
  #size = 0;

  append(leaf: Hash): void {
    const n = this.#size++;
    let hash = leaf;
    this.#stored.set(storedHashIndex(0, n), hash);
    for (let level = 0, at = n; at % 2 === 1; level++, at = (at - 1) / 2) {
      hash = nodeHash(this.at(storedHashIndex(level, at - 1)), hash);
      this.#stored.set(storedHashIndex(level + 1, (at - 1) / 2), hash);
    }
  }

  at = (index: number): Hash => {
    const hash = this.#stored.get(index);
    if (hash === undefined) throw new Error(`no hash ${index}`);
    return hash;
  };

  root(): Hash {
    return foldSubTrees(subTreeIndexes(0, this.#size).map(this.at));
  }
}

const leafOf = (n: number): Hash => recordHash(Buffer.from(`record ${n}\n`));

function grow(size: number): { edge: Edge; plain: Plain; full: FullTile[] } {
  const edge = new Edge();
  const plain = new Plain();
  const full: FullTile[] = [];
  for (let n = 0; n < size; n++) {
    full.push(...edge.append(leafOf(n)));
    plain.append(leafOf(n));
  }
  return { edge, plain, full };
}

describe('the right edge of a tree', () => {
  it('has the roots that Go computes', () => {
    const edge = new Edge();
    expect(vectors.roots.length).toBeGreaterThan(10);
    for (const [n, { record }] of vectors.records.entries()) {
      edge.append(recordHash(Buffer.from(record)));
      const want = vectors.roots.find(({ size }) => size === n + 1);
      if (want !== undefined) expect(formatHash(edge.root())).toBe(want.root);
    }
  });

  it('gives every tile of the tree, full ones as they fill and the others on demand', () => {
    for (const size of [0, 1, 255, 256, 257, 512, 700, 65_793]) {
      const { edge, plain, full } = grow(size);
      expect(edge.size).toBe(size);
      expect(formatHash(edge.root())).toBe(formatHash(plain.root()));
      const made = new Map([...full, ...edge.partial()].map(({ tile, data }) => [tilePath(tile), data]));
      const wanted = newTiles(8, 0, size);
      expect([...made.keys()].toSorted()).toEqual(wanted.map(tilePath).toSorted());
      for (const tile of wanted) {
        expect(made.get(tilePath(tile))?.equals(tileData(tile, plain.at))).toBe(true);
      }
    }
  });

  it('goes on from the tiles of a tree as if it had never ended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(900), fc.nat(300), async (size, more) => {
        const { edge, plain } = grow(size);
        const again = await Edge.restore(size, tile => tileData(tile, plain.at));
        for (let n = size; n < size + more; n++) {
          const wide = again.append(leafOf(n));
          if (edge.append(leafOf(n)).length !== wide.length) expect.unreachable(`tiles of ${n}`);
        }
        expect(again.partial()).toEqual(edge.partial());
        expect(formatHash(again.root())).toBe(formatHash(edge.root()));
      }),
      { numRuns: 15 },
    );
  });

  it('refuses tiles that are too short, and sizes that no tree has', async () => {
    await expect(Edge.restore(3, () => Buffer.alloc(64))).rejects.toThrow(ProofError);
    await expect(Edge.restore(-1, () => Buffer.alloc(64))).rejects.toThrow(ProofError);
    await expect(Edge.restore(2 ** 51, () => Buffer.alloc(64))).rejects.toThrow(ProofError);
  });
});
