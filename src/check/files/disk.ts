import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_FILE, TOO_LARGE } from '../git/blobs.ts';

export type DiskFile =
  | { readonly bytes: Buffer }
  /** It is there and cannot be read; words that follow a path and a colon. */
  | { readonly why: string }
  /** There is no such file, or something else is in its place, or the way to it leads over a link. */
  | undefined;

/** Reads files of a checkout by their repo-relative paths, and never a file outside of it. */
export class CheckoutFiles {
  readonly #root: string;
  readonly #real: string;
  readonly #dirs = new Map<string, boolean>();

  constructor(root: string) {
    this.#root = root;
    this.#real = realpathSync.native(root);
  }

  /** At most `limit` bytes; larger files are told. Synchronous: thousands of small files are read in a row. */
  read(path: string, limit = MAX_FILE): DiskFile {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    if (!this.#isPlain(parts.join('/'))) return undefined;
    return readRegular(join(this.#root, ...parts, name), limit);
  }

  /** False when a component of the directory is a link: then the path leads to another place than git's. */
  #isPlain(dir: string): boolean {
    let plain = this.#dirs.get(dir);
    if (plain === undefined) {
      try {
        plain = realpathSync.native(join(this.#root, dir)) === join(this.#real, dir);
      } catch {
        plain = false;
      }
      this.#dirs.set(dir, plain);
    }
    return plain;
  }
}

/** Reads a regular file; undefined when there is none at the path. */
function readRegular(path: string, limit: number): DiskFile {
  let file: number | undefined;
  try {
    // Asked before opening: opening a pipe or a device has effects.
    if (!lstatSync(path).isFile()) return undefined;
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const about = fstatSync(file);
    if (!about.isFile()) return undefined;
    if (about.size > limit) return { why: TOO_LARGE };
    return { bytes: readAll(file, about.size, limit) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    return { why: words(code) };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readAll(file: number, size: number, limit: number): Buffer {
  const buffer = Buffer.allocUnsafe(Math.min(size, limit));
  let length = 0;
  while (length < buffer.length) {
    const got = readSync(file, buffer, length, buffer.length - length, length);
    if (got === 0) break;
    length += got;
  }
  return buffer.subarray(0, length);
}

function words(code: string | undefined): string {
  if (code === 'EACCES' || code === 'EPERM') return 'the user of this check may not read it; change its mode';
  if (code === 'EIO') return 'the disk gave an error (EIO)';
  return `it cannot be read (${code ?? 'unknown error'})`;
}
