import { parseInfo } from '../../gomod/info.ts';
import { factsOfBytes, goModH1 } from '../digest.ts';
import { asStoreError } from '../errors.ts';
import { readRegular, sameStamp, statRegular } from '../files.ts';
import { HashError, type Hasher } from '../hasher.ts';
import { MAX_SIZE } from '../layout.ts';
import type { FileFacts, FileKind, ModVer } from '../types.ts';
import { type Stamp, stampOfFile } from './medium.ts';

/** What one file turned out to be by itself, whatever anybody says it should be. */
export interface Examined {
  readonly stamp: Stamp;
  readonly facts?: FileFacts;
  /** h1 of a zip or go.mod. */
  readonly h1?: string;
  /** Why it is no file of its kind. */
  readonly bad?: string;
}

/** Hashes a file whole. Undefined when there is none. Throws StoreError when the medium fails. */
export async function examine(
  hasher: Hasher,
  file: string,
  mv: ModVer,
  kind: FileKind,
): Promise<Examined | undefined> {
  if (kind === 'zip') return await examineZip(hasher, file, mv);
  const found = await readRegular(file, MAX_SIZE[kind]);
  if (found === undefined) return undefined;
  const { bytes } = found;
  const stamp = stampOfFile(found.stamp);
  if (bytes === 'oversize') return { stamp, bad: `it is larger than a .${kind} file may be` };
  const facts = await factsOfBytes(bytes);
  if (kind === 'mod') return { stamp, facts, h1: goModH1(facts.sha256) };
  try {
    parseInfo(bytes, { version: mv.version });
    return { stamp, facts };
  } catch (error) {
    return { stamp, facts, bad: `it is no .info of this version: ${wordsOf(error)}` };
  }
}

async function examineZip(hasher: Hasher, file: string, mv: ModVer): Promise<Examined | undefined> {
  for (;;) {
    const before = await statRegular(file);
    if (before === undefined) return undefined;
    const stamp = stampOfFile(before);
    let found: Examined;
    try {
      const { h1, sha256, size } = await hasher.hashZip(file, mv, 'later').result;
      found = { stamp, facts: { sha256, size }, h1 };
    } catch (error) {
      if (!(error instanceof HashError)) throw error;
      if (error.code === 'absent') return undefined;
      if (error.code === 'unreadable' || error.code === 'closed') throw asStoreError(error, file, 'read');
      found = { stamp, bad: `it is no module zip of this version: ${error.message}` };
    }
    // A name that came to mean another file meanwhile says nothing of either.
    const after = await statRegular(file);
    if (after === undefined) return undefined;
    if (sameStamp(before, after)) return found;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}
