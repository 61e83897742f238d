import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { asStoreError, errnoOf } from './errors.ts';

// The callback interface costs about half of FileHandle's time a call, and a warm job makes thousands.
const open = promisify(fs.open);
const close = promisify(fs.close);
const read = promisify(fs.read);
const write = promisify(fs.write);
const fstat = promisify(fs.fstat);
const fchmod = promisify(fs.fchmod);
const fdatasync = promisify(fs.fdatasync);
const lstat = promisify(fs.lstat);
const rename = promisify(fs.rename);
const link = promisify(fs.link);
const unlink = promisify(fs.unlink);

export const FILE_MODE = 0o644;
export const DIR_MODE = 0o755;

/** O_NONBLOCK: opening a pipe that somebody put into the store must not hang a thread. */
export const READ_FLAGS =
  fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

/** What tells that a file is still the one that was looked at before. */
export interface FileStamp {
  readonly mtimeMs: number;
  readonly size: number;
  readonly ino: number;
}

export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs;
}

/** Errors that mean «no such regular file here». ELOOP and EMLINK: O_NOFOLLOW met a symbolic link. */
const ABSENT = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EMLINK',
  'ENAMETOOLONG',
  'EISDIR',
  'ENXIO',
  'EOPNOTSUPP',
]);

export function isAbsent(error: unknown): boolean {
  return ABSENT.has(errnoOf(error) ?? '');
}

export function stampOf(stat: fs.Stats): FileStamp {
  return { mtimeMs: stat.mtimeMs, size: stat.size, ino: stat.ino };
}

/** A regular file as its directory shows it. `links` counts its names: with more than one it is shared. */
export interface FileStat extends FileStamp {
  readonly mode: number;
  readonly links: number;
}

/** Undefined when there is no regular file (a symbolic link is none). Throws StoreError. */
export async function statRegular(file: string): Promise<FileStat | undefined> {
  try {
    const stat = fs.lstatSync(file);
    return stat.isFile() ? { ...stampOf(stat), mode: stat.mode & 0o7777, links: stat.nlink } : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw asStoreError(error, file, 'read');
  }
}

/**
 * Files up to this size are read in one go on the calling thread: four calls that the page cache answers take
 * some 15 microseconds, while handing each of them to another thread takes ten times that, and a warm job
 * reads thousands.
 */
const AT_ONCE = 256 * 1024;

/**
 * Content of a regular file of at most `max` bytes. `oversize` instead of content when it is larger;
 * undefined when there is no regular file. Throws StoreError.
 */
export async function readRegular(
  file: string,
  max: number,
): Promise<{ readonly bytes: Buffer | 'oversize'; readonly stamp: FileStamp } | undefined> {
  let fd: number | undefined;
  try {
    // Windows has no O_NOFOLLOW; elsewhere the open itself refuses a symbolic link.
    if (fs.constants.O_NOFOLLOW === undefined && !fs.lstatSync(file).isFile()) return undefined;
    fd = fs.openSync(file, READ_FLAGS);
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) return undefined;
    const stamp = stampOf(stat);
    if (stat.size > max) return { bytes: 'oversize', stamp };
    const buffer = Buffer.allocUnsafeSlow(stat.size);
    let filled = 0;
    while (filled < buffer.length) {
      const left = buffer.length - filled;
      const count =
        stat.size <= AT_ONCE
          ? fs.readSync(fd, buffer, filled, left, filled)
          : (await read(fd, buffer, filled, left, filled)).bytesRead;
      if (count === 0) break;
      filled += count;
    }
    return { bytes: buffer.subarray(0, filled), stamp };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw asStoreError(error, file, 'read');
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

/**
 * Writes a new file, mode 0644 whatever the umask when `chmod`. Removes it again when that fails. Small files
 * go into the page cache on the calling thread, for the reason given at `AT_ONCE`.
 */
export async function writeNew(file: string, bytes: Uint8Array, chmod: boolean): Promise<void> {
  const fd = fs.openSync(file, 'wx', FILE_MODE);
  try {
    let done = 0;
    while (done < bytes.length) {
      const left = bytes.length - done;
      done +=
        bytes.length <= AT_ONCE
          ? fs.writeSync(fd, bytes, done, left, done)
          : (await write(fd, bytes, done, left, done)).bytesWritten;
    }
    if (chmod) fs.fchmodSync(fd, FILE_MODE);
  } catch (error) {
    fs.closeSync(fd);
    await removeQuietly(file);
    throw error;
  }
  fs.closeSync(fd);
}

/**
 * Makes a file that another part wrote fit to be shown: regular, mode 0644, its data on the disk, so that a
 * machine that loses power does not keep a name without content. Returns its stamp.
 */
export async function sealFile(file: string): Promise<FileStamp> {
  const fd = await open(file, fs.constants.O_RDWR | (fs.constants.O_NOFOLLOW ?? 0));
  try {
    const stat = await fstat(fd);
    if ((stat.mode & 0o7777) !== FILE_MODE) await fchmod(fd, FILE_MODE);
    await fdatasync(fd);
    return stampOf(stat);
  } finally {
    await close(fd);
  }
}

/** Renames over whatever is there. Windows refuses for moments while a scanner holds the file. */
export async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const transient = process.platform === 'win32' && /^(EPERM|EACCES|EBUSY)$/.test(errnoOf(error) ?? '');
      if (!transient || attempt === 5) throw error;
      await delay(10 * 2 ** attempt);
    }
  }
}

const NO_LINKS = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EINVAL',
  'EACCES',
  'UNKNOWN',
]);

/**
 * Gives `from` the name `to` unless that name is taken: a hard link tells in one step, whoever else writes.
 * Where links do not work, a rename after a look; two writers may then replace each other's same file.
 * On true `from` is gone, on false it is still there.
 */
export async function renameNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'EEXIST') return false;
    if (!NO_LINKS.has(errno)) throw error;
    if (await nameTaken(to)) return false;
    await renameOver(from, to);
    return true;
  }
  await removeQuietly(from);
  return true;
}

/** As `renameNew`, for a directory in which nobody else makes files: one call less, and two that are dear. */
export async function renameUnlessThere(from: string, to: string): Promise<boolean> {
  if (fs.lstatSync(to, { throwIfNoEntry: false }) !== undefined) return false;
  try {
    fs.renameSync(from, to);
  } catch {
    await renameOver(from, to);
  }
  return true;
}

async function nameTaken(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Removes a file that may be gone already; what cannot be removed now is swept at a later open. */
export async function removeQuietly(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}
