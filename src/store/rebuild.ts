import { parseInfo } from '../gomod/info.ts';
import { factsOfBytes, goModH1, sameFacts } from './digest.ts';
import type { DiskStore } from './disk.ts';
import { asStoreError } from './errors.ts';
import { readRegular, statRegular } from './files.ts';
import { HashError } from './hasher.ts';
import { factsOf, type VersionFacts } from './index-entry.ts';
import { MAX_SIZE, type VersionKeys, versionKeys } from './layout.ts';
import type { FileFacts, FileKind, IndexEntry, ModVer } from './types.ts';
import { type WalkedVersion, walkVersions } from './walk.ts';

export interface RebuildReport {
  readonly versions: number;
  /** Files whose hash is now in the index. */
  readonly files: number;
  /** Files that were moved to quarantine. */
  readonly damaged: number;
}

/** Versions that are worked on at once: enough to keep both hashing threads busy. */
const AT_ONCE = 4;

/**
 * Makes the index anew from the files: hashes every one, and moves away what is damaged: a zip that is no
 * module zip of its version, an .info that is none, a file that is not what a readable index entry says.
 * What an entry says beyond hashes (voucher, origin, first seen) stays where the hash is the same. The lists
 * of the tree are written too.
 *
 * Throws StoreError.
 */
export async function rebuildIndex(store: DiskStore): Promise<RebuildReport> {
  const report = { versions: 0, files: 0, damaged: 0 };
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const found of walkVersions(store.location)) {
    const task: Promise<void> = rebuildVersion(store, found, report)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= AT_ONCE) await Promise.race(running);
    if (failures.length > 0) break;
  }
  await Promise.all(running);
  if (failures.length > 0) throw asStoreError(failures[0], store.location, 'write');
  await store.flush();
  return report;
}

/** What one file turned out to be: facts for the index, or why it is damaged. Undefined: it is gone. */
type Finding = { readonly add: VersionFacts } | { readonly why: string } | undefined;

async function rebuildVersion(
  store: DiskStore,
  found: WalkedVersion,
  report: { versions: number; files: number; damaged: number },
): Promise<void> {
  const mv: ModVer = { path: found.path, version: found.version };
  const keys = versionKeys(mv);
  if (keys === undefined) return;
  const { index, lists } = store.parts;
  const old = (await index.read(mv, keys))?.entry;
  let add: VersionFacts = {};
  let files = 0;
  for (const kind of ['zip', 'mod', 'info'] as const) {
    if (found.files[kind] === undefined) continue;
    const finding = await examine(store, mv, keys, kind, old);
    if (finding === undefined) continue;
    if ('why' in finding) {
      if (await setAside(store, mv, keys.files[kind], finding.why)) report.damaged += 1;
      continue;
    }
    add = { ...add, ...finding.add };
    files += 1;
  }
  if (files > 0) await index.publish(mv, keys, await index.prepare(mv, keys, add));
  report.versions += 1;
  report.files += files;
  lists.markDirty(mv.path);
}

async function setAside(store: DiskStore, mv: ModVer, key: string, why: string): Promise<boolean> {
  const { tree, now, onDamage } = store.parts;
  const stat = await statRegular(tree.path(key));
  const moved = stat && (await tree.quarantine(key, stat.ino, now()));
  if (moved === undefined) return false;
  onDamage({ mv, path: key, what: `${why}; it was moved to ${moved}` });
  return true;
}

async function examine(
  store: DiskStore,
  mv: ModVer,
  keys: VersionKeys,
  kind: FileKind,
  old: IndexEntry | undefined,
): Promise<Finding> {
  const key = keys.files[kind];
  if (kind === 'zip') return examineZip(store, mv, key, old);
  const found = await readRegular(store.parts.tree.path(key), MAX_SIZE[kind]);
  if (found === undefined) return undefined;
  if (found.bytes === 'oversize') return { why: `the .${kind} file is larger than ${MAX_SIZE[kind]} bytes` };
  const facts = await factsOfBytes(found.bytes);
  if (contradicts(old, kind, facts))
    return { why: `the .${kind} file is not the one that the index describes` };
  if (kind === 'mod') return { add: { mod: facts, goModH1: goModH1(facts.sha256) } };
  try {
    parseInfo(found.bytes, { version: mv.version });
    return { add: { info: facts } };
  } catch (error) {
    return { why: `the .info file is not one: ${error instanceof Error ? error.message : 'unknown reason'}` };
  }
}

async function examineZip(
  store: DiskStore,
  mv: ModVer,
  key: string,
  old: IndexEntry | undefined,
): Promise<Finding> {
  const file = store.parts.tree.path(key);
  try {
    const { h1, sha256, size } = await store.parts.hasher.hashZip(file, mv, 'later').result;
    const facts = { sha256, size };
    if (old?.h1 !== undefined && old.h1 !== h1)
      return { why: `the zip has ${h1} where the index has ${old.h1}` };
    if (contradicts(old, 'zip', facts)) return { why: 'the zip is not the one that the index describes' };
    const zip = old?.zip ?? { ...facts, representation: 'original' as const, original: facts };
    return { add: { zip, h1 } };
  } catch (error) {
    if (!(error instanceof HashError)) throw error;
    if (error.code === 'absent') return undefined;
    if (error.code === 'bad-zip') return { why: `the zip cannot be used: ${error.message}` };
    throw asStoreError(error, file, 'read');
  }
}

function contradicts(old: IndexEntry | undefined, kind: FileKind, facts: FileFacts): boolean {
  const said = factsOf(old, kind);
  return said !== undefined && !sameFacts(said, facts);
}
