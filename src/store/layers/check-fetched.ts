import { createHash } from 'node:crypto';
import { goModH1 } from '../digest.ts';
import { removeQuietly } from '../files.ts';
import { HashError, type Hasher, type Priority, type ZipHash } from '../hasher.ts';
import { h1Of, voucherOf } from '../index-entry.ts';
import type { Commit, FileKind, ModVer, Voucher } from '../types.ts';
import type { Fetched } from './types.ts';

export interface CheckTools {
  readonly hasher: Hasher;
  /** Path for the stored form of a zip; undefined where the original is what is kept. */
  readonly storedTo: (() => string) | undefined;
  /** Somebody can hurry the hash. */
  readonly onJob: (job: { promote(): void }) => void;
}

/** A file that is what its layer says, ready to be committed; else why it is not. */
export type CheckedFile =
  | { readonly commit: Commit; readonly h1: string | undefined; readonly by: Voucher | undefined }
  | { readonly wrong: string };

/**
 * Compares a file with its layer's index entry: digest and size, and what the h1 is made of. Temp files that are not
 * part of the result are gone. Rejects with HashError when hashing itself failed.
 */
export async function checkFetched(
  mv: ModVer,
  kind: FileKind,
  fetched: Fetched,
  priority: Priority,
  tools: CheckTools,
): Promise<CheckedFile> {
  const { entry, bytes, file } = fetched;
  const by = voucherOf(entry, kind);
  if (kind === 'zip') {
    if (file === undefined) return { wrong: 'came without content' };
    return await checkZip(mv, file, fetched, priority, tools);
  }
  if (bytes === undefined) return { wrong: 'came without content' };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const facts = entry[kind];
  if (facts === undefined || facts.sha256 !== sha256 || facts.size !== bytes.length) {
    return { wrong: `has SHA-256 ${sha256} where the index has ${facts?.sha256 ?? 'none'}` };
  }
  if (kind === 'info') {
    const origin = entry.origin === undefined ? {} : { origin: entry.origin };
    return { commit: { info: bytes, ...origin }, h1: undefined, by: undefined };
  }
  const h1 = goModH1(sha256);
  if (by === undefined || h1Of(entry, kind) !== h1) return { wrong: 'has nobody who vouches for it' };
  return { commit: { mod: { bytes, h1, by } }, h1, by };
}

async function checkZip(
  mv: ModVer,
  file: string,
  { entry }: Fetched,
  priority: Priority,
  { hasher, storedTo, onJob }: CheckTools,
): Promise<CheckedFile> {
  const by = voucherOf(entry, 'zip');
  const facts = entry.zip;
  const target = facts?.representation === 'original' ? storedTo?.() : undefined;
  let found: ZipHash;
  try {
    const job = hasher.hashZip(file, mv, priority, target);
    onJob(job);
    found = await job.result;
  } catch (error) {
    await removeQuietly(file);
    if (!(error instanceof HashError) || !/^(?:bad-zip|crashed|timeout)$/.test(error.code)) throw error;
    return { wrong: `is no zip of this version (${error.message.slice(0, 300)})` };
  }
  const { sha256, size, h1, stored } = found;
  const wrong =
    facts === undefined || by === undefined
      ? 'has nobody who vouches for it'
      : facts.sha256 !== sha256 || facts.size !== size
        ? `has SHA-256 ${sha256} where the index has ${facts.sha256}`
        : entry.h1 !== h1
          ? `has ${h1} where the index has ${entry.h1}`
          : undefined;
  if (wrong !== undefined || facts === undefined || by === undefined) {
    await removeQuietly(file);
    if (target !== undefined) await removeQuietly(target);
    return { wrong: wrong ?? 'is not in the index' };
  }
  if (stored === undefined || target === undefined) {
    const { representation, original } = facts;
    return { commit: { zip: { file, h1, by, facts: { sha256, size }, representation, original } }, h1, by };
  }
  await removeQuietly(file);
  const original = { sha256, size };
  return {
    commit: { zip: { file: target, h1, by, facts: stored, representation: 'stored', original } },
    h1,
    by,
  };
}
