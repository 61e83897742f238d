import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { hashGoMod } from '../../../src/gomod/dirhash.ts';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import type { Hasher } from '../../../src/store/hasher.ts';
import { FILE_KINDS, versionKeys } from '../../../src/store/layout.ts';
import type { FileFacts, FileKind, ModVer, Voucher } from '../../../src/store/types.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A version that is made up: its zip is no zip, for tests of what goes and stays. */
export interface MadeVersion extends ModVer {
  readonly zipBytes?: number;
  readonly kinds?: readonly FileKind[];
  /** Default `sumdb`. */
  readonly by?: Voucher;
  /** When it was last used, ms ago; default 0. */
  readonly usedAgo?: number;
  /** When it was first seen, ms ago; default `usedAgo`. */
  readonly seenAgo?: number;
}

/** Commits made-up versions through the store itself, and sets their times. */
export async function fill(
  dir: string,
  hasher: Hasher,
  now: number,
  versions: readonly MadeVersion[],
): Promise<DiskStore> {
  let clock = now;
  const store = await openDiskStore(dir, { hasher, now: () => clock, purpose: 'tidy' });
  for (const made of versions) {
    clock = now - (made.seenAgo ?? made.usedAgo ?? 0);
    await commitMade(store, made);
  }
  await store.flush();
  for (const made of versions) setUsed(dir, made, now - (made.usedAgo ?? 0));
  return store;
}

async function commitMade(store: DiskStore, made: MadeVersion): Promise<void> {
  const { path: modulePath, version, zipBytes = 100, kinds = FILE_KINDS, by = 'sumdb' } = made;
  const mod = Buffer.from(`module ${modulePath}\n`);
  const zip = Buffer.alloc(zipBytes, `${modulePath}@${version} `);
  const file = store.tempFile();
  const facts: FileFacts = { sha256: createHash('sha256').update(zip).digest('hex'), size: zip.length };
  if (kinds.includes('zip')) await fsp.writeFile(file, zip);
  const h1 = `h1:${createHash('sha256').update(zip).digest('base64')}`;
  await store.commit(made, {
    ...(kinds.includes('info') && {
      info: Buffer.from(JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' })),
    }),
    ...(kinds.includes('mod') && { mod: { bytes: mod, h1: hashGoMod(mod), by } }),
    ...(kinds.includes('zip') && {
      zip: { file, h1, by, facts, representation: 'original' as const, original: facts },
    }),
  });
}

/** Sets the last use of a version, as if nothing had happened to it since. */
export function setUsed(dir: string, mv: ModVer, time: number): void {
  for (const file of filesOf(dir, mv)) {
    if (fs.existsSync(file)) fs.utimesSync(file, time / 1000, time / 1000);
  }
}

/** Index entry, .info, .mod, .zip. */
export function filesOf(dir: string, mv: ModVer): readonly [string, string, string, string] {
  const keys = versionKeys(mv);
  if (keys === undefined) throw new Error(`no version: ${mv.path}@${mv.version}`);
  const { info, mod, zip } = keys.files;
  const [a, b, c, d] = [keys.index, info, mod, zip].map(key => path.join(dir, key));
  return [a ?? '', b ?? '', c ?? '', d ?? ''];
}

/** Bytes of a version on the disk, index entry included. */
export function bytesOf(dir: string, mv: ModVer): number {
  return filesOf(dir, mv).reduce(
    (sum, file) => sum + (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** Names of all files and directories with sizes, times and contents. */
export function treeDigest(dir: string): string {
  const hash = createHash('sha256');
  for (const name of fs.readdirSync(dir, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const stat = fs.lstatSync(path.join(dir, name));
    hash.update(`${name} ${stat.mode} ${stat.size} ${stat.mtimeMs}\n`);
    if (stat.isFile()) hash.update(fs.readFileSync(path.join(dir, name)));
  }
  return hash.digest('hex');
}

/** Every name in the store but those of directories. */
export function namesIn(dir: string): string[] {
  return fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => path.relative(dir, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .toSorted();
}
