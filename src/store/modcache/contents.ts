import * as fs from 'node:fs';
import { readdir } from 'node:fs/promises';
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

/** Bounds: names in all, versions, directories below one another, the list of one directory, directories at once. */
const MAX_NAMES = 2_000_000;
const MAX_VERSIONS = 100_000;
const MAX_DEPTH = 128;
const MAX_DIRECTORY_BYTES = 32 << 20;
const PARALLEL = 16;
/** `h1:` and base64 of 32 bytes, with room for a line end. */
const MAX_HASH_BYTES = 128;
/** A pipe would have its reader wait for ever, a link may lead anywhere; Windows knows neither flag. */
const READ = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

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
  for (const entry of await entriesOf(path, escaped.length === 0, walk)) {
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
  const module = escaped.slice(0, -1).join('/');
  for (const stem of hashes) {
    const found = escapedVersion(module, stem);
    const file = join(path, `${stem}.ziphash`);
    if (found === undefined || canonicalModuleVersion(found.version) !== found.version) {
      note(walk, file, 'go would not use this name');
      continue;
    }
    if (walk.versions.size >= MAX_VERSIONS) {
      walk.cut = true;
      break;
    }
    const hash = await readHash(file);
    if (typeof hash === 'string') note(walk, file, hash);
    else {
      const { path: name, version } = found;
      walk.versions.set(`${name}@${version}`, { module: name, version, ...hash, zip: zips.has(stem) });
    }
  }
  return below;
}

async function entriesOf(path: string, isRoot: boolean, walk: Walk): Promise<readonly fs.Dirent[]> {
  try {
    // No directory of go's comes near; a list of millions of names would be held at once.
    if (fs.lstatSync(path).size > MAX_DIRECTORY_BYTES) {
      note(walk, path, 'too many names');
      return [];
    }
    const entries = await readdir(path, { withFileTypes: true });
    walk.names += entries.length;
    if (walk.names <= MAX_NAMES) return entries;
    walk.cut = true;
  } catch (error) {
    // Most machines have no module cache when a job begins.
    if (!isRoot || codeOf(error) !== 'ENOENT') note(walk, path, codeOf(error));
  }
  return [];
}

/** The hash in a `.ziphash`, or what is wrong with it. Opening it may take a trip to a server, the rest does not. */
function readHash(file: string): Promise<Pick<CachedVersion, 'h1' | 'changedMs' | 'writtenMs'> | string> {
  return new Promise(done => {
    fs.open(file, READ, (error, fd) => done(error === null ? readOpened(fd) : codeOf(error)));
  });
}

function readOpened(fd: number): Pick<CachedVersion, 'h1' | 'changedMs' | 'writtenMs'> | string {
  try {
    const found = fs.fstatSync(fd);
    if (!found.isFile()) return 'not a file';
    if (found.size > MAX_HASH_BYTES) return 'too long for a hash';
    const buffer = Buffer.alloc(MAX_HASH_BYTES);
    const h1 = buffer.toString('latin1', 0, fs.readSync(fd, buffer, 0, MAX_HASH_BYTES, 0)).trim();
    if (!isH1(h1)) return 'not a hash';
    return { h1, changedMs: found.ctimeMs, writtenMs: found.mtimeMs };
  } catch (error) {
    return codeOf(error);
  } finally {
    fs.closeSync(fd);
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
