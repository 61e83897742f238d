import { StoreError } from '../errors.ts';
import { removeQuietly, statRegular } from '../files.ts';
import { HashError, type Hasher, type ZipHash } from '../hasher.ts';
import { MAX_SIZE } from '../layout.ts';
import type { Commit, ModVer, Representation } from '../types.ts';
import { copyIn, UnreadableSource } from './copy.ts';
import type { OfferedFile, Refusal } from './types.ts';

/** Where a zip is hashed, and in which form it is to be kept. */
export interface ZipStaging {
  readonly hasher: Hasher;
  /** A path for a new file on the store's file system; undefined: it is hashed where it is, and not kept. */
  readonly tempFile: (() => string) | undefined;
  readonly representation: Representation;
}

/** A zip as it may be committed as soon as somebody vouches for its h1. */
export interface StagedZip extends Omit<NonNullable<Commit['zip']>, 'by'> {
  /** Removes what was staged. */
  discard(): Promise<void>;
}

/** Why it is none. */
export interface NoZip {
  readonly refusal: Refusal;
  readonly what: string;
}

/**
 * Copies a zip and hashes the copy, so that whoever writes to the source meanwhile changes nothing. Nothing is left of
 * one that is refused. Rejects with StoreError when the store fails, and with HashError `closed`.
 */
export async function stageZip(
  offered: OfferedFile,
  mv: ModVer,
  { hasher, tempFile, representation }: ZipStaging,
): Promise<StagedZip | NoZip> {
  const odd = await oddSize(offered.file);
  if (odd !== undefined) return odd;
  const stored = representation === 'stored' ? tempFile?.() : undefined;
  const temp = offered.own === true ? offered.file : tempFile?.();
  const staged = [temp, stored].filter(file => file !== undefined);
  const discard = async () => {
    await Promise.all(staged.map(removeQuietly));
  };
  let found: ZipHash;
  try {
    if (temp !== undefined && offered.own !== true) await copyIn(offered.file, temp);
    found = await hasher.hashZip(temp ?? offered.file, mv, 'later', stored).result;
  } catch (error) {
    await discard();
    return refusalOf(error);
  }
  const { h1, sha256, size } = found;
  const original = { sha256, size };
  if (stored !== undefined && temp !== undefined && found.stored !== undefined) {
    await removeQuietly(temp);
    return { file: stored, h1, facts: found.stored, representation: 'stored', original, discard };
  }
  return {
    file: temp ?? offered.file,
    h1,
    facts: original,
    representation: 'original',
    original,
    discard,
  };
}

/** Undefined for a regular file that may be a zip by its size. */
async function oddSize(file: string): Promise<NoZip | undefined> {
  try {
    const stat = await statRegular(file);
    if (stat === undefined) return { refusal: 'foreign', what: 'no regular file any more' };
    if (stat.size <= MAX_SIZE.zip) return undefined;
    return { refusal: 'damaged', what: `it is ${stat.size} bytes long, more than go lets a zip be` };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { refusal: 'unreadable', what: 'it cannot be read' };
  }
}

/** Throws what is no fault of the source. */
function refusalOf(error: unknown): NoZip {
  if (error instanceof UnreadableSource) {
    return { refusal: 'unreadable', what: `it cannot be read: ${error.message}` };
  }
  if (!(error instanceof HashError) || error.code === 'closed') throw error;
  if (error.code === 'unreadable' || error.code === 'absent') {
    return { refusal: 'unreadable', what: `it cannot be read: ${error.message}` };
  }
  return { refusal: 'damaged', what: `it is no zip of this version: ${error.message}` };
}
