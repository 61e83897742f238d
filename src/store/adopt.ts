import * as fsp from 'node:fs/promises';
import type { DiskStore } from './disk.ts';
import { asStoreError } from './errors.ts';
import { FILE_MODE, removeQuietly, statRegular } from './files.ts';
import { factsOf, h1Of, type VersionFacts } from './index-entry.ts';
import { IndexFiles } from './index-files.ts';
import { MAX_SOFT_SIZE, SOFT, softKey, type VersionKeys, versionKeys } from './layout.ts';
import { Tree } from './tree.ts';
import type { FileKind, IndexEntry, ModVer } from './types.ts';
import { walkFiles, walkVersions } from './walk.ts';

export interface AdoptReport {
  /** Versions of which at least one file came in. */
  readonly adopted: number;
  /** Versions of which the store had every file already. */
  readonly alreadyThere: number;
  /** Lists and files of the checksum database that came in. */
  readonly soft: number;
  /** The first hundred things that were left where they were. Names are cut and free of control characters. */
  readonly refused: readonly { readonly path: string; readonly why: string }[];
  readonly refusedCount: number;
}

export interface AdoptOptions {
  /** Stops between two versions. */
  readonly signal?: AbortSignal;
  /** Most names that are looked at; default 500,000. */
  readonly maxNames?: number;
}

const MAX_REFUSALS = 100;

/** Files of a version in the order in which they become visible; see the writer. */
const ORDER: readonly FileKind[] = ['zip', 'mod', 'info'];

/** One adoption: where from, where to, and what came of it so far. */
interface Adoption {
  readonly store: DiskStore;
  readonly from: Tree;
  readonly fromIndex: IndexFiles;
  /** Source and store are on two file systems: files are copied, not moved. */
  readonly copies: boolean;
  readonly refuse: (path: string, why: string) => void;
}

/**
 * Takes a tree that somebody else may have written (a restored cache) into the store: each file of each
 * version that the store lacks is moved, index entry last. A file comes in only if the tree's index has its
 * digest and size; the digest itself is compared when the file is first read, like that of any other.
 * What the store has is never replaced. Symbolic links, files with other names elsewhere, foreign names and
 * wrong sizes are left where they are. `dir` is the caller's to delete afterwards.
 *
 * Throws StoreError when `dir` cannot be read or the store cannot be written.
 */
export async function adopt(store: DiskStore, dir: string, options: AdoptOptions = {}): Promise<AdoptReport> {
  const refused: { path: string; why: string }[] = [];
  const count = { adopted: 0, alreadyThere: 0, soft: 0, refusedCount: 0 };
  const refuse = (where: string, why: string) => {
    count.refusedCount += 1;
    if (refused.length < MAX_REFUSALS) refused.push({ path: printable(where), why });
  };
  if (!store.writable) {
    refuse('', 'the store is read-only');
    return { ...count, refused };
  }
  const adoption = await begin(store, dir, refuse);
  const walkOptions = { onSkip: refuse, maxNames: options.maxNames ?? 500_000 };
  for await (const found of walkVersions(adoption.from.root, walkOptions)) {
    if (options.signal?.aborted === true) break;
    const outcome = await adoptVersion(adoption, found, found.files);
    if (outcome !== 'refused') count[outcome] += 1;
  }
  for (const start of ['sumdb', SOFT]) {
    for await (const key of walkFiles(adoption.from.root, start, walkOptions)) {
      if (options.signal?.aborted === true) break;
      if (await adoptSoft(adoption, key)) count.soft += 1;
    }
  }
  return { ...count, refused };
}

async function begin(store: DiskStore, dir: string, refuse: Adoption['refuse']): Promise<Adoption> {
  try {
    const from = new Tree(await fsp.realpath(dir));
    const [here, there] = await Promise.all([fsp.stat(from.root), fsp.stat(store.location)]);
    const onDamage = ({ path: at }: { path: string }) => refuse(at, 'not an index entry');
    const fromIndex = new IndexFiles(from, false, store.parts.now, onDamage);
    return { store, from, fromIndex, copies: here.dev !== there.dev, refuse };
  } catch (error) {
    throw asStoreError(error, dir, 'read');
  }
}

async function adoptVersion(
  adoption: Adoption,
  mv: ModVer,
  sizes: Readonly<Partial<Record<FileKind, number>>>,
): Promise<'adopted' | 'alreadyThere' | 'refused'> {
  const { store, fromIndex, refuse } = adoption;
  const keys = versionKeys(mv);
  if (keys === undefined) return 'refused';
  const theirs = (await fromIndex.read(mv, keys))?.entry;
  if (theirs === undefined) {
    refuse(keys.files.zip.slice(0, -'.zip'.length), 'no index entry tells what it should be');
    return 'refused';
  }
  const { index, lists } = store.parts;
  const ours = (await index.read(mv, keys))?.entry;
  let add: VersionFacts = theirs.origin === undefined ? {} : { origin: theirs.origin };
  const moved: FileKind[] = [];
  let present = 0;
  for (const kind of ORDER) {
    if (sizes[kind] === undefined) continue;
    const outcome = await adoptFile(adoption, keys, kind, theirs, ours);
    if (outcome === 'present') present += 1;
    if (outcome !== 'moved') continue;
    moved.push(kind);
    add = {
      ...add,
      ...factsOfKind(theirs, kind),
      vouchedBy: { ...add.vouchedBy, ...voucherOf(theirs, kind) },
    };
  }
  if (moved.length === 0) return present > 0 ? 'alreadyThere' : 'refused';
  await index.publish(mv, keys, await index.prepare(mv, keys, add, theirs.firstSeen));
  if (ours === undefined) await keepLastUse(adoption, keys);
  if (moved.some(kind => kind !== 'zip')) lists.markDirty(mv.path);
  return 'adopted';
}

async function adoptFile(
  adoption: Adoption,
  keys: VersionKeys,
  kind: FileKind,
  theirs: IndexEntry,
  ours: IndexEntry | undefined,
): Promise<'moved' | 'present' | 'refused'> {
  const { from, refuse } = adoption;
  const key = keys.files[kind];
  const refusal = (why: string) => {
    refuse(key, why);
    return 'refused' as const;
  };
  const facts = factsOf(theirs, kind);
  if (facts === undefined) return refusal('its index entry does not tell what it should be');
  const stat = await statRegular(from.path(key));
  if (stat === undefined) return refusal('not a regular file');
  if (stat.links > 1) return refusal('the same file has another name elsewhere');
  if (stat.size !== facts.size)
    return refusal(`${stat.size} bytes long where its index entry has ${facts.size}`);
  const pinned = ours && h1Of(ours, kind);
  if (pinned !== undefined && pinned !== h1Of(theirs, kind))
    return refusal(`the store knows it as ${pinned}`);
  return (await take(adoption, key, stat.mode)) ? 'moved' : 'present';
}

/** Moves or copies a file to the same key of the store; false when the store has one. */
async function take(adoption: Adoption, key: string, mode: number): Promise<boolean> {
  const { tree } = adoption.store.parts;
  const source = adoption.from.path(key);
  if ((await statRegular(tree.path(key))) !== undefined) return false;
  if (!adoption.copies) {
    if (mode !== FILE_MODE && process.platform !== 'win32') await chmod(source);
    return tree.create(key, source);
  }
  const temp = tree.tempFile();
  try {
    await fsp.copyFile(source, temp);
    await chmod(temp);
    return await tree.create(key, temp);
  } catch (error) {
    throw asStoreError(error, temp, 'write');
  } finally {
    await removeQuietly(temp);
  }
}

async function chmod(file: string): Promise<void> {
  try {
    await fsp.chmod(file, FILE_MODE);
  } catch (error) {
    throw asStoreError(error, file, 'write');
  }
}

async function adoptSoft(adoption: Adoption, key: string): Promise<boolean> {
  const asked = key.startsWith(`${SOFT}/`) ? key.slice(SOFT.length + 1) : key;
  const stat = softKey(asked) === key ? await statRegular(adoption.from.path(key)) : undefined;
  if (stat === undefined || stat.links > 1 || stat.size > MAX_SOFT_SIZE) {
    adoption.refuse(key, 'not a file of a store');
    return false;
  }
  if (!(await take(adoption, key, stat.mode))) return false;
  if (stat.mtimeMs > adoption.store.parts.now()) await setTime(adoption, key, adoption.store.parts.now());
  return true;
}

function factsOfKind(entry: IndexEntry, kind: FileKind): VersionFacts {
  if (kind === 'info') return entry.info === undefined ? {} : { info: entry.info };
  if (kind === 'mod') {
    return entry.mod === undefined || entry.goModH1 === undefined
      ? {}
      : { mod: entry.mod, goModH1: entry.goModH1 };
  }
  return entry.zip === undefined || entry.h1 === undefined ? {} : { zip: entry.zip, h1: entry.h1 };
}

function voucherOf(entry: IndexEntry, kind: FileKind): NonNullable<IndexEntry['vouchedBy']> {
  if (kind === 'info') return {};
  const by = entry.vouchedBy?.[kind];
  return by === undefined ? {} : { [kind]: by };
}

/** A version that came with a cache is as old as it was there, or pruning would never see it age. */
async function keepLastUse(adoption: Adoption, keys: VersionKeys): Promise<void> {
  const then = await statRegular(adoption.from.path(keys.index));
  if (then !== undefined)
    await setTime(adoption, keys.index, Math.min(then.mtimeMs, adoption.store.parts.now()));
}

async function setTime(adoption: Adoption, key: string, ms: number): Promise<void> {
  await fsp.lutimes(adoption.store.parts.tree.path(key), ms / 1000, ms / 1000).catch(() => undefined);
}

function printable(text: string): string {
  return text.slice(0, 300).replace(/[^\x20-\x7e]/g, '?');
}
