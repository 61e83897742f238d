import { constants } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isH1 } from '../../gomod/sum.ts';
import { canonicalModuleVersion } from '../../gomod/version.ts';
import { escapedVersion } from './list.ts';

/** A version whose code go takes from a GOMODCACHE without asking anybody. */
export interface CachedVersion {
  readonly module: string;
  readonly version: string;
  /** What its `.ziphash` says, which go believes. */
  readonly h1: string;
  /** The zip lies beside it: without one nobody can compare the unpacked directory any more. */
  readonly zip: boolean;
  /** When the `.ziphash` was put there or changed last, ms since 1970: unpacking an archive sets it, too. */
  readonly changedMs: number;
  /** When it was written, ms since 1970: an archive keeps it. */
  readonly writtenMs: number;
}

export interface ModcacheContents {
  /** By `module@version`. */
  readonly versions: ReadonlyMap<string, CachedVersion>;
  /** Files that are no hash though their names say so, and directories that cannot be read. */
  readonly odd: { readonly count: number; readonly first?: string };
  /** There is more than is looked at. */
  readonly cut: boolean;
}

/** Bounds: names in all, versions, directories below one another, directories and files at once. */
const MAX_NAMES = 2_000_000;
const MAX_VERSIONS = 100_000;
const MAX_DEPTH = 128;
const PARALLEL = 16;
/** `h1:` and base64 of 32 bytes, with room for a line end. */
const MAX_HASH_BYTES = 128;
/** A pipe would have its reader wait for ever, a link may lead anywhere; Windows knows neither flag. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

interface Walk {
  readonly versions: Map<string, CachedVersion>;
  names: number;
  odd: number;
  firstOdd: string | undefined;
  cut: boolean;
}

interface Dir {
  readonly path: string;
  readonly escaped: readonly string[];
}

/**
 * Reads what a GOMODCACHE holds code of, by its `.ziphash` files. Links are not followed. Never rejects: what cannot
 * be read is told in `odd`, and a cache that is not there is empty.
 */
export async function readModcache(goModCache: string): Promise<ModcacheContents> {
  const walk: Walk = { versions: new Map(), names: 0, odd: 0, firstOdd: undefined, cut: false };
  let level: Dir[] = [{ path: join(goModCache, 'cache', 'download'), escaped: [] }];
  for (let depth = 0; level.length > 0 && !walk.cut; depth++) {
    if (depth > MAX_DEPTH) walk.cut = true;
    else level = (await inParallel(level, dir => lookInto(dir, walk))).flat();
  }
  const { versions, odd, firstOdd, cut } = walk;
  return { versions, odd: { count: odd, ...(firstOdd === undefined ? {} : { first: firstOdd }) }, cut };
}

/** Takes in the versions of a directory; returns the directories below it. */
async function lookInto({ path, escaped }: Dir, walk: Walk): Promise<Dir[]> {
  const below: Dir[] = [];
  const hashes: string[] = [];
  const zips = new Set<string>();
  const files = escaped.at(-1) === '@v';
  try {
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      walk.names += 1;
      if (walk.names > MAX_NAMES) walk.cut = true;
      if (walk.cut) break;
      const { name } = entry;
      if (files && name.endsWith('.ziphash')) {
        if (entry.isFile()) hashes.push(name.slice(0, -'.ziphash'.length));
        else note(walk, join(path, name), 'not a file');
      } else if (entry.isDirectory()) {
        if (escaped.length === 0 && name === 'sumdb') continue;
        below.push({ path: join(path, name), escaped: [...escaped, name] });
      } else if (files && name.endsWith('.zip') && entry.isFile()) {
        zips.add(name.slice(0, -'.zip'.length));
      }
    }
  } catch (error) {
    // Most machines have no module cache when a job begins.
    if (escaped.length > 0 || codeOf(error) !== 'ENOENT') note(walk, path, codeOf(error));
  }
  const module = escaped.slice(0, -1).join('/');
  await inParallel(hashes, async stem => {
    const found = escapedVersion(module, stem);
    const file = join(path, `${stem}.ziphash`);
    if (found === undefined || canonicalModuleVersion(found.version) !== found.version) {
      return note(walk, file, 'go would not use this name');
    }
    if (walk.versions.size >= MAX_VERSIONS) {
      walk.cut = true;
      return;
    }
    const hash = await readHash(file);
    if (typeof hash === 'string') return note(walk, file, hash);
    const { path: name, version } = found;
    walk.versions.set(`${name}@${version}`, { module: name, version, ...hash, zip: zips.has(stem) });
  });
  return below;
}

/** The hash in a `.ziphash`, or what is wrong with it. */
async function readHash(
  file: string,
): Promise<Pick<CachedVersion, 'h1' | 'changedMs' | 'writtenMs'> | string> {
  try {
    await using handle = await open(file, READ);
    const found = await handle.stat();
    if (!found.isFile()) return 'not a file';
    if (found.size > MAX_HASH_BYTES) return 'too long for a hash';
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_HASH_BYTES), 0, MAX_HASH_BYTES, 0);
    const h1 = buffer.toString('latin1', 0, bytesRead).trim();
    if (!isH1(h1)) return 'not a hash';
    return { h1, changedMs: found.ctimeMs, writtenMs: found.mtimeMs };
  } catch (error) {
    return codeOf(error);
  }
}

function note(walk: Walk, path: string, why: string): void {
  walk.odd += 1;
  walk.firstOdd ??= `${path}: ${why}`;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** Results in the order of the items. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
  return results;
}
