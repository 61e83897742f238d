import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { hash1 } from '../gomod/dirhash.ts';
import type { FileFacts } from './types.ts';

/** Most bytes that are hashed without giving other work on the same thread a turn. */
export const STEP = 1024 * 1024;

/** Digest and size of bytes in memory; yields to the event loop after every MiB. */
export async function factsOfBytes(bytes: Uint8Array): Promise<FileFacts> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += STEP) {
    if (at > 0) await setImmediate();
    hash.update(bytes.subarray(at, at + STEP));
  }
  return { sha256: hash.digest('hex'), size: bytes.length };
}

/** h1 of a go.mod file whose SHA-256 is known: Go hashes the digest of the file, not the file. */
export function goModH1(sha256: string): string {
  return hash1([{ name: 'go.mod', sha256hex: sha256 }]);
}

export function sameFacts(a: FileFacts, b: FileFacts): boolean {
  return a.size === b.size && a.sha256 === b.sha256;
}
