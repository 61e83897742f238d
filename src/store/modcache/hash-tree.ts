import { createHash, hash } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { type HashLine, hash1 } from '../../gomod/dirhash.ts';
import { errnoOf } from '../errors.ts';
import { READ_FLAGS } from '../files.ts';
import { shownName } from './compare.ts';

/**
 * Bounds on an unpacked module, beyond which it can be none: bytes of all files (go's own limit), names of files
 * and directories, bytes of all names, and directories inside each other.
 */
export interface TreeLimits {
  readonly maxBytes: number;
  readonly maxNames: number;
  readonly maxNameBytes: number;
  readonly maxDepth: number;
}

export const TREE_LIMITS: TreeLimits = {
  maxBytes: 500 << 20,
  maxNames: 200_000,
  maxNameBytes: 32 << 20,
  maxDepth: 256,
};

/** Something in an unpacked module that go never puts there. `name` is relative, with `/`. */
export class TreeError extends Error {
  override readonly name = 'TreeError';
  readonly code = 'not-a-module';
}

/** One for the life of the thread. */
const buffer = Buffer.allocUnsafeSlow(1 << 20);

/**
 * The h1 of a directory (`dirhash.HashDir`) and the lines it is made of, names as they are in a module zip:
 * `prefix/…`. Nothing that is no regular file is opened or followed. Synchronous: for worker threads only.
 *
 * Throws TreeError for what no unpacked module has and for what this user may not read, and Node's file system
 * errors.
 */
export function hashTree(
  dir: string,
  prefix: string,
  limits: Partial<TreeLimits> = {},
): { readonly h1: string; readonly lines: readonly HashLine[] } {
  const { maxBytes, maxNames, maxNameBytes, maxDepth } = { ...TREE_LIMITS, ...limits };
  const lines: HashLine[] = [];
  let names = 0;
  let nameBytes = 0;
  let bytes = 0;
  const waiting: { readonly at: string; readonly depth: number }[] = [{ at: '', depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, depth } = next;
    if (depth > maxDepth) throw new TreeError(`${shownName(at)} lies in more than ${maxDepth} directories`);
    for (const entry of entriesOf(path.join(dir, at))) {
      const name = at === '' ? entry.name : `${at}/${entry.name}`;
      names += 1;
      nameBytes += name.length;
      if (names > maxNames || nameBytes > maxNameBytes) {
        throw new TreeError(`it holds more than ${maxNames} files, which no module has`);
      }
      if (entry.isDirectory()) waiting.push({ at: name, depth: depth + 1 });
      else if (!entry.isFile())
        throw new TreeError(`${shownName(name)} is ${kindOf(entry)}, which go never unpacks`);
      else if (name.includes('\n')) throw new TreeError(`${shownName(name)} has a line break in its name`);
      else {
        const file = hashFile(path.join(dir, name), name, maxBytes - bytes);
        bytes += file.size;
        lines.push({ name: `${prefix}/${name}`, sha256hex: file.sha256hex });
      }
    }
  }
  return { h1: hash1(lines), lines };
}

function* entriesOf(dir: string): Generator<fs.Dirent> {
  const opened = readable(dir, () => fs.opendirSync(dir, { bufferSize: 128 }));
  try {
    for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) yield entry;
  } finally {
    opened.closeSync();
  }
}

function hashFile(file: string, name: string, maxBytes: number): { sha256hex: string; size: number } {
  const fd = readable(name, () => fs.openSync(file, READ_FLAGS));
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) throw new TreeError(`${shownName(name)} is no regular file`);
    const tooLarge = () => new TreeError('its files are larger together than go lets a module be');
    if (stat.size > maxBytes) throw tooLarge();
    const first = fs.readSync(fd, buffer, 0, buffer.length, 0);
    if (first < buffer.length)
      return { sha256hex: hash('sha256', buffer.subarray(0, first), 'hex'), size: first };
    const sum = createHash('sha256');
    let size = 0;
    for (let count = first; count > 0; count = fs.readSync(fd, buffer, 0, buffer.length, size)) {
      sum.update(buffer.subarray(0, count));
      size += count;
      if (size > maxBytes) throw tooLarge();
    }
    return { sha256hex: sum.digest('hex'), size };
  } finally {
    fs.closeSync(fd);
  }
}

/** go unpacks what everybody may read: one file that is shut must not keep the others from being judged. */
function readable<T>(name: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (!UNFIT.has(code)) throw error;
    throw new TreeError(`${shownName(name)} cannot be read (${code})`, { cause: error });
  }
}

/** A name that cannot be opened under the name it is listed by is none that go wrote either. */
const UNFIT = new Set([
  'EACCES',
  'EPERM',
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EMLINK',
  'ENXIO',
  'EISDIR',
  'ENAMETOOLONG',
]);

function kindOf(entry: fs.Dirent): string {
  return entry.isSymbolicLink() ? 'a symbolic link' : 'no regular file';
}
