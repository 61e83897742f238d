import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { readFileSync, readlinkSync } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asStoreError, errnoOf, StoreError } from './errors.ts';
import {
  DIR_MODE,
  isAbsent,
  removeQuietly,
  renameNew,
  renameOver,
  renameUnlessThere,
  statRegular,
  writeNew,
} from './files.ts';
import { QUARANTINE, quarantineName, TEMP, tempName } from './layout.ts';

/** Bound of the set of directories that are known to be real; it is forgotten as a whole beyond that. */
const MAX_KNOWN_DIRS = 20_000;

/** How often something is tried whose directory is taken away meanwhile: a prune removes empty ones. */
const MAX_TRIES = 10;

/**
 * A name for «processes whose pids mean the same as ours»: host, boot and pid namespace. Two containers may
 * share a host name and a store and still not see each other's processes.
 */
function pidScope(): string {
  const parts = [hostname()];
  try {
    parts.push(readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'), readlinkSync('/proc/self/ns/pid'));
  } catch {
    // No Linux: the host name has to do.
  }
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
}

/** A directory tree with keys for names, in which no directory is ever reached through a symbolic link. */
export class Tree {
  /** Real path of the root directory. */
  readonly root: string;
  readonly host = pidScope();
  /** True when the umask takes from new files and directories what others need to read them. */
  chmod = false;
  readonly #unique = randomBytes(4).toString('hex');
  readonly #alone: boolean;
  readonly #known = new Set<string>();
  #count = 0;

  /** @param alone nobody else makes files in this directory */
  constructor(root: string, alone = false) {
    this.root = root;
    this.#alone = alone;
  }

  path(key: string): string {
    return path.join(this.root, key);
  }

  /**
   * Whether `key` is a directory reached without any symbolic link. Looked at level by level, so that each
   * directory costs one call once, and a missing version one call.
   */
  async hasDir(key: string): Promise<boolean> {
    if (key === '' || key === '.' || this.#known.has(key)) return true;
    if (!(await this.hasDir(path.posix.dirname(key)))) return false;
    const dir = this.path(key);
    try {
      if (!fs.lstatSync(dir).isDirectory()) return false;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw asStoreError(error, dir, 'read');
    }
    this.#remember(key);
    return true;
  }

  /** Creates a directory and those above it. Throws StoreError, also when a link or a file is in the way. */
  async makeDir(key: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#makeDirs(key);
      } catch (error) {
        const gone = error instanceof StoreError && errnoOf(error.cause) === 'ENOENT';
        if (!gone || attempt === MAX_TRIES) throw error;
        await this.#forget(attempt);
      }
    }
  }

  /**
   * Somebody cleans up while we live: what we know of directories is void. So is what others of this process learn
   * while we wait.
   */
  async #forget(attempt: number): Promise<void> {
    await delay(Math.random() * 2 ** attempt);
    this.#known.clear();
  }

  async #makeDirs(key: string): Promise<void> {
    if (key === '' || key === '.' || (await this.hasDir(key))) return;
    const dir = this.path(key);
    await this.#makeDirs(path.posix.dirname(key));
    try {
      // At once, so that a prune which takes empty directories away has little time between two levels.
      fs.mkdirSync(dir, DIR_MODE);
      if (this.chmod) fs.chmodSync(dir, DIR_MODE);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw asStoreError(error, dir, 'write');
      if (!(await this.hasDir(key))) {
        // Gone again since: ENOENT, as if it had never been there. And there once more is as good as made here.
        const found = await fsp.lstat(dir).catch((again: unknown) => {
          throw asStoreError(again, dir, 'write');
        });
        if (found.isDirectory()) return this.#remember(key);
        const why = 'it is not a directory of the store, but a file or a symbolic link; remove it';
        throw new StoreError('store-not-a-directory', dir, `module store: cannot write into ${dir}: ${why}`);
      }
    }
    this.#remember(key);
  }

  #remember(key: string): void {
    if (this.#known.size >= MAX_KNOWN_DIRS) this.#known.clear();
    this.#known.add(key);
  }

  tempFile(): string {
    this.#count += 1;
    return this.path(
      `${TEMP}/${tempName(this.host, process.pid, `${this.#unique}-${this.#count.toString(36)}`)}`,
    );
  }

  /** Writes a temp file and returns its path. Throws StoreError. */
  async writeTemp(bytes: Uint8Array): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const file = this.tempFile();
      try {
        await writeNew(file, bytes, this.chmod);
        return file;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt > 0) throw asStoreError(error, file, 'write');
        this.#known.clear();
        await this.makeDir(TEMP);
      }
    }
  }

  /** Replaces whatever file `key` is, in one step. Throws StoreError. */
  async replace(key: string, temp: string): Promise<void> {
    await this.#move(key, temp, renameOver);
  }

  /** Makes `temp` the file `key` unless there is one; false leaves `temp` where it is. Throws StoreError. */
  async create(key: string, temp: string): Promise<boolean> {
    return this.#move(key, temp, this.#alone ? renameUnlessThere : renameNew);
  }

  async #move<T>(key: string, temp: string, move: (from: string, to: string) => Promise<T>): Promise<T> {
    const dir = path.posix.dirname(key);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.makeDir(dir);
        return await move(temp, this.path(key));
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === MAX_TRIES)
          throw asStoreError(error, this.path(key), 'write');
        this.#known.clear();
      }
    }
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    const temp = await this.writeTemp(bytes);
    try {
      await this.replace(key, temp);
    } catch (error) {
      await removeQuietly(temp);
      throw error;
    }
  }

  /**
   * Moves a damaged file out of sight. Undefined when it is not the file `ino` any more, or the medium does
   * not let us.
   */
  async quarantine(key: string, ino: number, now: number): Promise<string | undefined> {
    try {
      const stat = await statRegular(this.path(key));
      if (stat === undefined || stat.ino !== ino) return undefined;
      await this.makeDir(QUARANTINE);
      this.#count += 1;
      const unique = `${this.#unique}${this.#count.toString(36)}`;
      const target = `${QUARANTINE}/${quarantineName(key, now, unique)}`;
      await renameOver(this.path(key), this.path(target));
      return target;
    } catch {
      return undefined;
    }
  }
}
