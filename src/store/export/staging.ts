import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { asStoreError } from '../errors.ts';
import { FILE_MODE, readRegular, writeNew } from '../files.ts';
import { MAX_SOFT_SIZE } from '../layout.ts';
import { Tree } from '../tree.ts';

/** A new directory into which an export is written, with keys for names. Whatever the umask, others can read it. */
export class Staging {
  readonly #tree: Tree;

  /** @param root a directory that is there and empty */
  constructor(root: string) {
    this.#tree = new Tree(root, true);
    this.#tree.chmod = process.platform !== 'win32';
  }

  /** Writes a new file. Throws StoreError. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    const file = await this.place(key);
    try {
      await writeNew(file, bytes, this.#tree.chmod);
    } catch (error) {
      throw asStoreError(error, file, 'write');
    }
  }

  /** The path for a new file, whose directory is made. Throws StoreError. */
  async place(key: string): Promise<string> {
    await this.#tree.makeDir(path.posix.dirname(key));
    return this.#tree.path(key);
  }

  /** A new file to be written part by part. Throws StoreError. */
  async open(key: string): Promise<fsp.FileHandle> {
    const file = await this.place(key);
    try {
      const handle = await fsp.open(file, 'wx', FILE_MODE);
      if (this.#tree.chmod) await handle.chmod(FILE_MODE);
      return handle;
    } catch (error) {
      throw asStoreError(error, file, 'write');
    }
  }

  /** The path of a file that was written. */
  path(key: string): string {
    return this.#tree.path(key);
  }

  /** Content of a small file that was written. Throws StoreError. */
  async read(key: string): Promise<Buffer> {
    const found = await readRegular(this.#tree.path(key), MAX_SOFT_SIZE);
    if (found !== undefined && found.bytes !== 'oversize') return found.bytes;
    throw asStoreError(new Error('it is gone'), this.#tree.path(key), 'read');
  }
}
