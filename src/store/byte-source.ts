import * as fs from 'node:fs';
import type { ByteSource } from '../gomod/zip.ts';
import { READ_FLAGS } from './files.ts';

/** A file that is read at offsets, synchronously: for worker threads only. */
export interface FileByteSource extends ByteSource {
  /** Fills `buffer` with the bytes from `offset`, all of it, or throws as `read` does. */
  readInto(buffer: Uint8Array, offset: number): void;
  close(): void;
}

/**
 * Opens a regular file without following a symbolic link. `read` returns exactly `length` bytes or throws
 * (code EIO) when the file is shorter than it was at open. Throws Node's file system errors; what is no
 * regular file is ENOENT.
 */
export function fileByteSource(file: string): FileByteSource {
  // Windows has no O_NOFOLLOW; elsewhere the open itself refuses a symbolic link.
  if (fs.constants.O_NOFOLLOW === undefined && !fs.lstatSync(file).isFile()) throw noRegularFile(file);
  const fd = fs.openSync(file, READ_FLAGS);
  const stat = fs.fstatSync(fd);
  if (!stat.isFile()) {
    fs.closeSync(fd);
    throw noRegularFile(file);
  }
  const readInto = (buffer: Uint8Array, offset: number) => {
    let filled = 0;
    while (filled < buffer.length) {
      const count = fs.readSync(fd, buffer, filled, buffer.length - filled, offset + filled);
      if (count === 0) {
        throw Object.assign(new Error(`${file} ends before byte ${offset + buffer.length}`), { code: 'EIO' });
      }
      filled += count;
    }
  };
  return {
    size: stat.size,
    readInto,
    read(offset, length) {
      const buffer = Buffer.allocUnsafe(length);
      readInto(buffer, offset);
      return buffer;
    },
    close: () => fs.closeSync(fd),
  };
}

function noRegularFile(file: string): Error {
  return Object.assign(new Error(`${file} is not a regular file`), { code: 'ENOENT' });
}
