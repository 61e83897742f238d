import { randomUUID } from 'node:crypto';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { RawError } from '../errors.ts';
import type { RawStore } from '../types.ts';
import { isRawKey } from './key.ts';
import { MAX_RAW } from './pack.ts';

/** Where files are until they are whole; beside the raw objects, so that a link to there is one step. */
const TEMP = path.join('raw', 'tmp');
/** Temporary files of this age are of a process that died, ms. */
const STALE_MS = 24 * 60 * 60 * 1000;
/** A directory may be removed between its making and its use. */
const MAX_TRIES = 3;
/** What file systems without hard links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);
/** What systems answer that cannot sync a directory. */
const NO_DIR_SYNC = new Set(['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF']);

export interface RawDirectoryOptions {
  /** Told of a file or directory that is no raw object, by its path, once a listing. */
  readonly onForeign?: (file: string) => void;
  /** Gives a file a second name; default that of the system, which some file systems refuse. */
  readonly link?: (from: string, to: string) => Promise<void>;
  /** Milliseconds since 1970; default the clock. */
  readonly now?: () => number;
}

/**
 * Raw objects below `dir`, each in the file of its name: `dir/raw/v1/...`. Directories are made as they are needed; a
 * file appears whole under its name or not at all, and is never replaced. Several processes may write at once.
 *
 * Rejects with RawError: `key`, `full`, `io`, `damaged` (an object that is longer than one can be).
 */
export function openRawDirectory(dir: string, options: RawDirectoryOptions = {}): RawStore {
  return new RawDirectory(path.resolve(dir), options);
}

class RawDirectory implements RawStore {
  readonly #dir: string;
  readonly #onForeign: (file: string) => void;
  readonly #link: NonNullable<RawDirectoryOptions['link']>;
  readonly #now: () => number;
  /** The temporary directory, made and swept before the first write. */
  #temp: Promise<string> | undefined;

  constructor(dir: string, options: RawDirectoryOptions) {
    this.#dir = dir;
    this.#onForeign = options.onForeign ?? (() => undefined);
    this.#link = options.link ?? fsp.link;
    this.#now = options.now ?? Date.now;
  }

  async put(key: string, bytes: Buffer): Promise<'stored' | 'exists'> {
    const file = this.#file(key);
    try {
      if (await isThere(file)) {
        // It may be another process that has put it there just now.
        await syncDirectory(path.dirname(file));
        return 'exists';
      }
      this.#temp ??= this.#makeTemp();
      const temp = path.join(await this.#temp, randomUUID());
      try {
        await writeDurably(temp, bytes);
        return await this.#publish(temp, file);
      } finally {
        await fsp.rm(temp, { force: true });
      }
    } catch (error) {
      this.#temp = undefined;
      throw asRawError(error, file, 'written');
    }
  }

  async get(key: string): Promise<Buffer | undefined> {
    const file = this.#file(key);
    try {
      const handle = await fsp.open(file, 'r');
      try {
        const stat = await handle.stat();
        if (!stat.isFile() || stat.size > MAX_RAW) {
          throw new RawError('damaged', `raw object ${file} has ${stat.size} bytes, more than one can have`);
        }
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw asRawError(error, file, 'read');
    }
  }

  async *list(): AsyncGenerator<string> {
    yield* this.#below(['raw', 'v1']);
  }

  async delete(key: string): Promise<void> {
    const file = this.#file(key);
    try {
      await fsp.rm(file, { force: true });
      // The directories of the job, the issuer and the day, as far as they are empty now.
      for (let up = path.dirname(file), left = 3; left > 0; up = path.dirname(up), left--)
        await fsp.rmdir(up);
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || isAbsent(error)) return;
      throw asRawError(error, file, 'deleted');
    }
  }

  #file(key: string): string {
    if (isRawKey(key)) return path.join(this.#dir, ...key.split('/'));
    throw new RawError('key', `${JSON.stringify(key.slice(0, 300))} is no name of a raw object`);
  }

  /** Gives a whole file its name, unless another has it. */
  async #publish(temp: string, file: string): Promise<'stored' | 'exists'> {
    const parent = path.dirname(file);
    for (let left = MAX_TRIES; ; left--) {
      const made = await fsp.mkdir(parent, { recursive: true });
      try {
        const stored = await linkOrRename(this.#link, temp, file);
        await syncUp(parent, made === undefined ? parent : path.dirname(made));
        return stored ? 'stored' : 'exists';
      } catch (error) {
        // Somebody deleted the last object of this job just now.
        if (errnoOf(error) !== 'ENOENT' || left === 1) throw error;
      }
    }
  }

  async #makeTemp(): Promise<string> {
    const temp = path.join(this.#dir, TEMP);
    await fsp.mkdir(temp, { recursive: true });
    for (const name of await fsp.readdir(temp)) {
      const file = path.join(temp, name);
      const stat = await fsp.lstat(file).catch(() => undefined);
      if (!stat?.isFile() || this.#now() - stat.mtimeMs <= STALE_MS) continue;
      // Where it is another user's, it is theirs to sweep.
      await fsp.rm(file, { force: true }).catch(() => undefined);
    }
    return temp;
  }

  /** Names sort alike by level and as a whole, because those of a level are equally long or of one job. */
  async *#below(parts: readonly string[]): AsyncGenerator<string> {
    const here = path.join(this.#dir, ...parts);
    for (const entry of await readSorted(here)) {
      const down = [...parts, entry.name];
      if (entry.isDirectory() && LEVELS[down.length]?.test(entry.name)) yield* this.#below(down);
      else if (entry.isFile() && isRawKey(down.join('/'))) yield down.join('/');
      else this.#onForeign(path.join(here, entry.name));
    }
  }
}

/** What directories are called, by how many names lead to them: the day, the issuer, the job. */
const LEVELS: readonly (RegExp | undefined)[] = [
  undefined,
  undefined,
  undefined,
  /^dt=\d{4}-\d{2}-\d{2}$/,
  /^[0-9a-f]{16}$/,
  /^[0-9a-f]{64}$/,
];

async function readSorted(dir: string) {
  try {
    const entries = await fsp.readdir(dir, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asRawError(error, dir, 'listed');
  }
}

/** Whether an object has that name. Throws RawError `damaged` where something else has. */
async function isThere(file: string): Promise<boolean> {
  try {
    const stat = await fsp.lstat(file);
    if (stat.isFile() && stat.size > 0) return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  throw new RawError('damaged', `${file} is no raw object, though it has the name of one: remove it`);
}

async function writeDurably(file: string, bytes: Buffer): Promise<void> {
  const handle = await fsp.open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** True when the name is the file's now, false when it was taken. */
async function linkOrRename(
  link: NonNullable<RawDirectoryOptions['link']>,
  temp: string,
  file: string,
): Promise<boolean> {
  try {
    await link(temp, file);
    return true;
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (code === 'EEXIST') return !(await isThere(file));
    if (!NO_LINKS.has(code)) throw error;
  }
  // Without links two processes that bring the same batch at the same moment may both succeed, with the same batch.
  if (await isThere(file)) return false;
  await fsp.rename(temp, file);
  return true;
}

/** Makes the names in `from` and in the directories above it durable, up to `to`. */
async function syncUp(from: string, to: string): Promise<void> {
  for (let dir = from; ; dir = path.dirname(dir)) {
    await syncDirectory(dir);
    if (dir === to || dir === path.dirname(dir)) return;
  }
}

async function syncDirectory(dir: string): Promise<void> {
  try {
    const handle = await fsp.open(dir, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_DIR_SYNC.has(errnoOf(error) ?? '')) throw error;
  }
}

function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function isAbsent(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function asRawError(error: unknown, file: string, what: string): RawError {
  if (error instanceof RawError) return error;
  const code = errnoOf(error);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const next = full ? 'free space on that disk' : 'see to the disk and to the rights on it';
  const why = error instanceof Error ? error.message : String(error);
  return new RawError(full ? 'full' : 'io', `raw object ${file} could not be ${what}: ${why}; ${next}`, {
    cause: error,
  });
}
