import { EMPTY_TREE_HASH, type Hash, nodeHash, sameHash } from './hash.ts';

/**
 * The transparency log's tree (`golang.org/x/mod/sumdb/tlog`): where hashes are stored, the hash of a tree,
 * proofs that a record is in it and that a tree is a prefix of another.
 *
 * Sizes and indexes are numbers below 2^52; arithmetic avoids the 32-bit shift operators.
 */

export {
  decodeBase64,
  EMPTY_TREE_HASH,
  formatHash,
  HASH_SIZE,
  type Hash,
  nodeHash,
  parseHash,
  recordHash,
  sameHash,
} from './hash.ts';

/** Largest tree that is understood; the public database's has some 2^26 records. */
export const MAX_TREE_SIZE = 2 ** 50;

/** A tree head: number of records and hash of the tree over them. */
export interface Tree {
  readonly size: number;
  readonly hash: Hash;
}

/** Gives the stored hashes at these indexes, as many and in that order, or rejects. */
export type HashReader = (indexes: readonly number[]) => Promise<readonly Hash[]> | readonly Hash[];

/** A proof that does not prove what it should. */
export class ProofError extends Error {
  override readonly name = 'ProofError';
  readonly code: 'invalid-proof' | 'invalid-input';
  constructor(code: 'invalid-proof' | 'invalid-input', message: string) {
    super(message);
    this.code = code;
  }
}

function invalidInput(where: string): ProofError {
  return new ProofError('invalid-input', `tlog: invalid inputs in ${where}`);
}

function failed(): ProofError {
  return new ProofError('invalid-proof', 'invalid transparency proof');
}

/** The largest power of two below n (n > 1), and its exponent. */
function maxPowerBelow(n: number): { readonly k: number; readonly level: number } {
  let level = 0;
  while (2 ** (level + 1) < n) level++;
  return { k: 2 ** level, level };
}

/** Where the n-th hash of a level is stored: each hash follows the second of the two it was made of. */
export function storedHashIndex(level: number, n: number): number {
  let leaf = n;
  for (let l = level; l > 0; l--) leaf = 2 * leaf + 1;
  let index = 0;
  for (; leaf > 0; leaf = Math.floor(leaf / 2)) index += leaf;
  return index + level;
}

function trailingZeros(n: number): number {
  let zeros = 0;
  for (let m = n; m > 0 && m % 2 === 0; m /= 2) zeros++;
  return zeros;
}

/** The inverse of `storedHashIndex`. */
export function splitStoredHashIndex(index: number): { readonly level: number; readonly n: number } {
  let n = Math.floor(index / 2);
  let at = storedHashIndex(0, n);
  for (;;) {
    const next = at + 1 + trailingZeros(n + 1);
    if (next > index) break;
    n++;
    at = next;
  }
  const level = index - at;
  return { level, n: Math.floor(n / 2 ** level) };
}

/** How many hashes are stored for a tree of n records. */
export function storedHashCount(n: number): number {
  if (n === 0) return 0;
  return storedHashIndex(0, n - 1) + 1 + trailingZeros(n);
}

/** Hashes to store when record n, with that record hash, is appended: its own and those it completes. */
export async function storedHashesFor(n: number, hash: Hash, read: HashReader): Promise<Hash[]> {
  const completed = trailingZeros(n + 1);
  const indexes = Array.from({ length: completed }, (_, i) => storedHashIndex(i, Math.floor(n / 2 ** i) - 1));
  const left = await readAll(read, indexes);
  const hashes = [hash];
  let last = hash;
  for (const sibling of left) {
    last = nodeHash(sibling, last);
    hashes.push(last);
  }
  return hashes;
}

async function readAll(read: HashReader, indexes: readonly number[]): Promise<readonly Hash[]> {
  const hashes = indexes.length === 0 ? [] : await read(indexes);
  if (hashes.length !== indexes.length) {
    throw new ProofError('invalid-input', `tlog: ${hashes.length} hashes read for ${indexes.length} indexes`);
  }
  return hashes;
}

/** Indexes of the complete subtrees that cover records lo to hi (hi not included), largest first. */
export function subTreeIndexes(lo: number, hi: number): number[] {
  const indexes: number[] = [];
  for (let at = lo; at < hi; ) {
    const { k, level } = maxPowerBelow(hi - at + 1);
    indexes.push(storedHashIndex(level, at / k));
    at += k;
  }
  return indexes;
}

/** One hash of the hashes of subtrees, largest first. */
export function foldSubTrees(hashes: readonly Hash[]): Hash {
  return hashes.length === 0 ? EMPTY_TREE_HASH : hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The hash of the tree over the first n records. */
export async function treeHash(n: number, read: HashReader): Promise<Hash> {
  return foldSubTrees(await readAll(read, subTreeIndexes(0, n)));
}

/** The ranges of records whose hashes make up a proof, innermost first. */
type Range = readonly [lo: number, hi: number];

function recordProofRanges(size: number, n: number): Range[] {
  const ranges: Range[] = [];
  for (let lo = 0, hi = size; lo + 1 < hi; ) {
    const middle = lo + maxPowerBelow(hi - lo).k;
    if (n < middle) {
      ranges.push([middle, hi]);
      hi = middle;
    } else {
      ranges.push([lo, middle]);
      lo = middle;
    }
  }
  return ranges.reverse();
}

function treeProofRanges(size: number, old: number): Range[] {
  const ranges: Range[] = [];
  let lo = 0;
  let hi = size;
  while (old !== hi) {
    const middle = lo + maxPowerBelow(hi - lo).k;
    if (old <= middle) {
      ranges.push([middle, hi]);
      hi = middle;
    } else {
      ranges.push([lo, middle]);
      lo = middle;
    }
  }
  if (lo > 0) ranges.push([lo, hi]);
  return ranges.reverse();
}

async function hashRanges(ranges: readonly Range[], read: HashReader): Promise<Hash[]> {
  const groups = ranges.map(([lo, hi]) => subTreeIndexes(lo, hi));
  const hashes = await readAll(read, groups.flat());
  let at = 0;
  return groups.map(group => {
    at += group.length;
    return foldSubTrees(hashes.slice(at - group.length, at));
  });
}

function validSize(...sizes: number[]): boolean {
  return sizes.every(size => Number.isSafeInteger(size) && size >= 0 && size <= MAX_TREE_SIZE);
}

/** The proof that record n is in the tree of that size. Throws `ProofError` when n is not below size. */
export async function proveRecord(size: number, n: number, read: HashReader): Promise<Hash[]> {
  if (!validSize(size, n) || n >= size) throw invalidInput('proveRecord');
  return hashRanges(recordProofRanges(size, n), read);
}

/** Throws `ProofError` unless the proof shows that record n with that record hash is in the tree. */
export function checkRecord(proof: readonly Hash[], tree: Tree, n: number, hash: Hash): void {
  if (!validSize(tree.size, n) || n >= tree.size) throw invalidInput('checkRecord');
  const ranges = recordProofRanges(tree.size, n);
  if (ranges.length !== proof.length) throw failed();
  let at = hash;
  for (const [i, [lo]] of ranges.entries()) {
    const sibling = proof[i];
    if (sibling === undefined) throw failed();
    at = lo > n ? nodeHash(at, sibling) : nodeHash(sibling, at);
  }
  if (!sameHash(at, tree.hash)) throw failed();
}

/** The proof that the tree of size old is a prefix of the tree of that size; 1 <= old <= size. */
export async function proveTree(size: number, old: number, read: HashReader): Promise<Hash[]> {
  if (!validSize(size, old) || size < 1 || old < 1 || old > size) throw invalidInput('proveTree');
  return hashRanges(treeProofRanges(size, old), read);
}

/** Throws `ProofError` unless the proof shows that `old` is a prefix of `tree`. */
export function checkTree(proof: readonly Hash[], tree: Tree, old: Tree): void {
  if (!validSize(tree.size, old.size) || tree.size < 1 || old.size < 1 || old.size > tree.size) {
    throw invalidInput('checkTree');
  }
  const ranges = treeProofRanges(tree.size, old.size);
  if (ranges.length !== proof.length) throw failed();
  const innermost = ranges[0];
  // An old tree that is itself a complete left subtree is where both start; else its rightmost subtree is.
  const startsInside = innermost !== undefined && innermost[0] < old.size && innermost[1] === old.size;
  const first = startsInside ? proof[0] : old.hash;
  if (first === undefined) throw failed();
  let oldHash = first;
  let newHash = first;
  for (let i = startsInside ? 1 : 0; i < ranges.length; i++) {
    const range = ranges[i];
    const sibling = proof[i];
    if (range === undefined || sibling === undefined) throw failed();
    if (range[0] >= old.size) newHash = nodeHash(newHash, sibling);
    else {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
    }
  }
  if (!sameHash(newHash, tree.hash) || !sameHash(oldHash, old.hash)) throw failed();
}
