import { createHash } from 'node:crypto';

/** Hashes of an RFC 6962 tree: 32 bytes, never changed once made. */
export type Hash = Uint8Array;

export const HASH_SIZE = 32;

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** SHA-256(0x00 || record). */
export function recordHash(record: Uint8Array): Hash {
  return createHash('sha256').update(LEAF_PREFIX).update(record).digest();
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  return createHash('sha256').update(NODE_PREFIX).update(left).update(right).digest();
}

/** The hash of a tree without records: SHA-256 of nothing. */
export const EMPTY_TREE_HASH: Hash = createHash('sha256').digest();

export function sameHash(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Standard base64 with padding, strictly; undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
    ? Buffer.from(text, 'base64')
    : undefined;
}

/** A hash written in base64; undefined when it is none. */
export function parseHash(text: string): Hash | undefined {
  const bytes = decodeBase64(text);
  return bytes?.length === HASH_SIZE ? bytes : undefined;
}

export function formatHash(hash: Hash): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('base64');
}
