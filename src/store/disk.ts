import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { asStoreError, errnoOf, StoreError } from './errors.ts';
import { DIR_MODE, FILE_MODE, type FileStamp, isAbsent, readRegular, removeQuietly } from './files.ts';
import type { Hasher, Priority } from './hasher.ts';
import { type Damage, IndexFiles } from './index-files.ts';
import { MAX_SOFT_SIZE, moduleDir, softKey, TEMP, versionKeys, versionOfName } from './layout.ts';
import { Lists } from './lists.ts';
import { OwnSoft } from './own-soft.ts';
import { Reader } from './reader.ts';
import { sweep } from './sweep.ts';
import { Tree } from './tree.ts';
import type {
  Commit,
  FileKind,
  IndexEntry,
  ModVer,
  Proof,
  Store,
  StoredFile,
  StoredVersion,
} from './types.ts';
import { walkVersions } from './walk.ts';
import { Writer } from './writer.ts';

export interface DiskStoreOptions {
  readonly hasher: Hasher;
  readonly onDamage?: (damage: Damage) => void;
  /** Default `digest`; `full` where others than modgate could have written. */
  readonly proof?: Proof;
  /**
   * `serve` (default): made when it is missing, and what dead processes left is swept. `tidy`: the caller sweeps.
   * `look`: nothing is made, tried or changed; `writable` is false.
   */
  readonly purpose?: 'serve' | 'tidy' | 'look';
  /**
   * True where this process alone works on the directory and nobody reads it as a GOPROXY tree: a job's own store. A
   * file then gets its name by a look and a rename, and no lists are written.
   */
  readonly alone?: boolean;
  /** Milliseconds since the epoch; default the clock. */
  readonly now?: () => number;
}

/** The parts of an open disk store that unpacking and repairing work with. */
export interface DiskParts {
  readonly tree: Tree;
  readonly index: IndexFiles;
  readonly lists: Lists;
  readonly hasher: Hasher;
  readonly now: () => number;
  readonly onDamage: (damage: Damage) => void;
  /**
   * A zip of this h1 is about to become visible as `key`, and was hashed as its bytes were written: it is not hashed
   * again as long as the file there has this stamp.
   */
  readonly hashed: (key: string, stamp: FileStamp, h1: string) => void;
}

export interface DiskStore extends Store {
  readonly parts: DiskParts;
}

const realpath = promisify(fs.realpath.native);
const TOUCH_MS = 60_000;
const MAX_TOUCHED = 50_000;

/**
 * Opens the store in `dir`, which is created when it is missing. A store that cannot be written opens with
 * `writable` false. What dead processes left behind is swept in the background; `flush` waits for that too.
 *
 * Throws StoreError: `store-not-a-directory`, `store-unreadable`, `store-read-only` (`dir` is missing and
 * cannot be created), `store-io`.
 */
export async function openDiskStore(dir: string, options: DiskStoreOptions): Promise<DiskStore> {
  const look = options.purpose === 'look';
  const tree = new Tree(await openRoot(dir, !look), options.alone);
  const writable = !look && (await probe(tree));
  return new Disk(tree, writable, options);
}

async function openRoot(dir: string, make: boolean): Promise<string> {
  const root = path.resolve(dir);
  try {
    if (make) await makeRoot(root);
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') throw inTheWay(dir, error);
    throw asStoreError(error, dir, 'write');
  }
  try {
    if (!(await fsp.stat(root)).isDirectory()) throw inTheWay(dir, undefined);
    await fsp.access(root, fs.constants.R_OK | fs.constants.X_OK);
    return await realpath(root);
  } catch (error) {
    // The name is taken and leads nowhere: a dangling symbolic link.
    if (errnoOf(error) === 'ENOENT') throw inTheWay(dir, error);
    throw asStoreError(error, dir, 'read');
  }
}

/** Node's own recursive mkdir says ENOENT where the file system is read-only. */
async function makeRoot(dir: string): Promise<void> {
  try {
    await fsp.mkdir(dir, DIR_MODE);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return;
    if (errno !== 'ENOENT' || path.dirname(dir) === dir) throw error;
    await makeRoot(path.dirname(dir));
    await fsp.mkdir(dir, DIR_MODE).catch((again: unknown) => {
      if (errnoOf(again) !== 'EEXIST') throw again;
    });
  }
}

function inTheWay(dir: string, cause: unknown): StoreError {
  const fix = 'remove that file, or give the store another directory';
  const message = `module store: ${dir} cannot be used because a file is in its place; ${fix}`;
  return new StoreError('store-not-a-directory', dir, message, { cause });
}

/** Whether files can be made here, by making one: permissions alone say little on network file systems. */
async function probe(tree: Tree): Promise<boolean> {
  try {
    await tree.makeDir(TEMP);
    const file = tree.tempFile();
    const handle = await fsp.open(file, 'wx', FILE_MODE);
    tree.chmod = ((await handle.stat()).mode & 0o777) !== FILE_MODE && process.platform !== 'win32';
    await handle.close();
    await removeQuietly(file);
    return true;
  } catch (error) {
    const failure = asStoreError(error, tree.path(TEMP), 'write');
    if (failure.code === 'store-read-only') return false;
    // A full disk may have room again when the first module arrives.
    if (failure.code === 'store-full') return true;
    throw failure;
  }
}

class Disk implements DiskStore {
  readonly location: string;
  readonly writable: boolean;
  readonly proof: Proof;
  readonly parts: DiskParts;
  readonly #now: () => number;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #touched = new Map<string, number>();
  readonly #ownSoft = new OwnSoft();
  readonly #swept: Promise<void>;

  constructor(tree: Tree, writable: boolean, options: DiskStoreOptions) {
    const now = options.now ?? Date.now;
    const onDamage = options.onDamage ?? (() => undefined);
    const index = new IndexFiles(tree, writable, now, onDamage);
    const lists = new Lists({
      off: options.alone === true,
      tree,
      list: modulePath => this.list(modulePath),
      info: async (modulePath, version) => {
        const file = await this.get({ path: modulePath, version }, 'info');
        return file?.unproven === true ? undefined : file?.bytes;
      },
    });
    this.location = tree.root;
    this.writable = writable;
    this.proof = options.proof ?? 'digest';
    this.parts = {
      tree,
      index,
      lists,
      hasher: options.hasher,
      now,
      onDamage,
      hashed: (key, stamp, h1) => this.#reader.hashed(key, stamp, h1),
    };
    this.#now = now;
    this.#reader = new Reader({
      tree,
      index,
      hasher: options.hasher,
      proof: this.proof,
      writable,
      now,
      onDamage,
      onLoss: modulePath => {
        if (writable) lists.markDirty(modulePath);
      },
    });
    this.#writer = new Writer({
      tree,
      index,
      onDamage,
      onPlaced: (key, seen) => this.#reader.remember(key, { ...seen, own: true }),
      believes: (key, stamp) => this.proof === 'digest' || this.#reader.isOwn(key, stamp),
    });
    const sweeps = writable && options.purpose !== 'tidy';
    this.#swept = sweeps ? sweep(tree, now()) : Promise.resolve();
  }

  async get(
    mv: ModVer,
    kind: FileKind,
    expectH1?: string,
    priority: Priority = 'now',
  ): Promise<StoredFile | undefined> {
    const keys = versionKeys(mv);
    return keys === undefined ? undefined : this.#reader.get(mv, keys, kind, expectH1, priority);
  }

  async commit(mv: ModVer, what: Commit): Promise<void> {
    if (!this.writable) {
      if (what.zip !== undefined) await removeQuietly(what.zip.file);
      return;
    }
    const keys = versionKeys(mv);
    if (keys === undefined) {
      if (what.zip !== undefined) await removeQuietly(what.zip.file);
      const message = `module store: ${JSON.stringify(mv.path)}@${JSON.stringify(mv.version)} is no module version that Go accepts; it was not kept`;
      throw new StoreError('store-io', this.location, message);
    }
    await this.#writer.commit(mv, keys, what);
    if (what.info !== undefined || what.mod !== undefined) this.parts.lists.markDirty(mv.path);
  }

  confirm(mv: ModVer, info: StoredFile): void {
    const keys = versionKeys(mv);
    if (keys !== undefined && info.sha256 !== undefined) this.#reader.confirm(keys.files.info, info.sha256);
  }

  async touch(mv: ModVer): Promise<void> {
    const keys = versionKeys(mv);
    if (keys === undefined || !this.writable) return;
    const now = this.#now();
    const last = this.#touched.get(keys.index);
    if (last !== undefined && now - last < TOUCH_MS) return;
    if (this.#touched.size >= MAX_TOUCHED) this.#touched.clear();
    this.#touched.set(keys.index, now);
    try {
      // On this thread, for the reason given at `AT_ONCE` in files.ts.
      fs.lutimesSync(this.parts.tree.path(keys.index), now / 1000, now / 1000);
    } catch {
      // It counts as used when it was before.
    }
  }

  async entry(mv: ModVer): Promise<IndexEntry | undefined> {
    const keys = versionKeys(mv);
    return keys === undefined ? undefined : (await this.parts.index.read(mv, keys))?.entry;
  }

  async list(modulePath: string): Promise<string[]> {
    const dir = moduleDir(modulePath);
    if (dir === undefined || !(await this.parts.tree.hasDir(dir))) return [];
    const kinds = new Map<string, number>();
    try {
      for await (const entry of await fsp.opendir(this.parts.tree.path(dir))) {
        const found = entry.isFile() ? versionOfName(entry.name) : undefined;
        if (found === undefined || found.kind === 'zip') continue;
        kinds.set(found.version, (kinds.get(found.version) ?? 0) + 1);
      }
    } catch (error) {
      if (!isAbsent(error)) throw asStoreError(error, this.parts.tree.path(dir), 'read');
    }
    return [...kinds].filter(([, count]) => count === 2).map(([version]) => version);
  }

  async *versions(): AsyncGenerator<StoredVersion> {
    for await (const { path: modulePath, version, files } of walkVersions(this.location)) {
      const lastUse = await this.#lastUse({ path: modulePath, version });
      yield { path: modulePath, version, files, lastUse };
    }
  }

  /** A version without index entry counts as used now: nothing says that it is old. */
  async #lastUse(mv: ModVer): Promise<number> {
    const keys = versionKeys(mv);
    if (keys === undefined) return this.#now();
    try {
      return (await fsp.lstat(this.parts.tree.path(keys.index))).mtimeMs;
    } catch {
      return this.#now();
    }
  }

  async getSoft(key: string): Promise<{ readonly bytes: Buffer; readonly storedAt: number } | undefined> {
    const at = softKey(key);
    if (at === undefined || !(await this.parts.tree.hasDir(path.posix.dirname(at)))) return undefined;
    const found = await readRegular(this.parts.tree.path(at), MAX_SOFT_SIZE);
    if (found === undefined || found.bytes === 'oversize') return undefined;
    const believed = this.proof === 'digest' || provesItself(key) || this.#ownSoft.has(at, found.bytes);
    return believed ? { bytes: found.bytes, storedAt: found.stamp.mtimeMs } : undefined;
  }

  async putSoft(key: string, bytes: Buffer): Promise<void> {
    if (!this.writable) return;
    const at = softKey(key);
    if (at === undefined || bytes.length > MAX_SOFT_SIZE) {
      const why = at === undefined ? 'is no key of a list, of @latest or of sumdb/' : 'is too large';
      throw new StoreError(
        'store-io',
        this.location,
        `module store: ${JSON.stringify(key)} ${why}; not kept`,
      );
    }
    await this.parts.tree.write(at, bytes);
    if (this.proof === 'full' && !provesItself(key)) this.#ownSoft.add(at, bytes);
  }

  tempFile(): string {
    if (this.writable) return this.parts.tree.tempFile();
    return path.join(tmpdir(), `modgate-${path.basename(this.parts.tree.tempFile())}`);
  }

  async flush(): Promise<void> {
    await this.#swept;
    await this.parts.lists.flush();
  }
}

/** What the checksum database signed is checked by whoever reads it. */
function provesItself(key: string): boolean {
  return key.startsWith('sumdb/') && !key.endsWith('/supported');
}
