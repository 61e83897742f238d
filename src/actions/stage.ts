import { copyFile, link, mkdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SOFT, versionKeys } from '../store/layout.ts';
import type { FileKind, StoredVersion } from '../store/types.ts';
import { walkFiles, walkVersions } from '../store/walk.ts';

/** Lists and checksum database tiles are re-fetchable; more than this of them is not worth carrying. */
const MAX_SOFT_BYTES = 32 * 2 ** 20;
const KINDS: readonly FileKind[] = ['info', 'mod', 'zip'];

/** What decides which versions go into the shared cache. Times in milliseconds since the epoch. */
export interface Choice {
  readonly now: number;
  /** Versions unused for longer are left behind. */
  readonly keepSinceMs: number;
  /** Versions used since then are kept however short `keepSinceMs` is. */
  readonly sessionStart: number;
  /** The least recently used beyond this are left behind. */
  readonly maxBytes: number;
}

/** The versions worth keeping, most recently used first. Pure. */
export function chooseVersions(versions: readonly StoredVersion[], choice: Choice): StoredVersion[] {
  const oldest = Math.min(choice.now - choice.keepSinceMs, choice.sessionStart);
  const young = versions
    .filter(version => version.lastUse >= oldest)
    .sort((a, b) => b.lastUse - a.lastUse || (nameOf(a) < nameOf(b) ? -1 : 1));
  let bytes = 0;
  return young.filter(version => {
    const size = sizeOf(version);
    if (bytes + size > choice.maxBytes) return false;
    bytes += size;
    return true;
  });
}

/** Member of a cache key: a version and the files there are of it, so that a zip that joins its go.mod counts. */
export function memberOf(version: StoredVersion): string {
  return `${nameOf(version)} ${KINDS.filter(kind => version.files[kind] !== undefined).join(',')}`;
}

export function sizeOf(version: StoredVersion): number {
  return KINDS.reduce((sum, kind) => sum + (version.files[kind] ?? 0), 0);
}

function nameOf(version: StoredVersion): string {
  return `${version.path}@${version.version}`;
}

/** Every version of a store directory; one without index entry was never checked whole and is left out. */
export async function storedVersions(storeDir: string): Promise<StoredVersion[]> {
  const versions: StoredVersion[] = [];
  for await (const found of walkVersions(storeDir)) {
    const keys = versionKeys(found);
    const index = keys && (await stat(join(storeDir, keys.index)).catch(() => undefined));
    if (index?.isFile()) versions.push({ ...found, lastUse: index.mtimeMs });
  }
  return versions;
}

/**
 * Puts the chosen versions with their index entries into `target` as hard links, or copies where links do
 * not work, so that an archive of `target` holds what is used and nothing else. `target` is replaced.
 */
export async function stageVersions(
  storeDir: string,
  target: string,
  versions: readonly StoredVersion[],
): Promise<void> {
  await rm(target, { recursive: true, force: true });
  const made = new Set<string>();
  const place = async (key: string): Promise<void> => {
    const to = join(target, key);
    if (!made.has(dirname(to))) {
      await mkdir(dirname(to), { recursive: true });
      made.add(dirname(to));
    }
    await linkOrCopy(join(storeDir, key), to);
  };
  for (const version of versions) {
    const keys = versionKeys(version);
    if (!keys) continue;
    for (const kind of KINDS) if (version.files[kind] !== undefined) await place(keys.files[kind]);
    await place(keys.index);
  }
  let softBytes = 0;
  for (const start of ['sumdb', SOFT]) {
    for await (const key of walkFiles(storeDir, start, { maxNames: 20_000 })) {
      softBytes += (await stat(join(storeDir, key))).size;
      if (softBytes > MAX_SOFT_BYTES) return;
      await place(key);
    }
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
    const { atime, mtime } = await stat(from);
    // The time of an index entry is that of the last use, which must survive.
    await utimes(to, atime, mtime);
  }
}
