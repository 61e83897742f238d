import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { asStoreError, errnoOf } from '../errors.ts';
import { FILE_MODE, removeQuietly, statRegular } from '../files.ts';

/** Errors of a copy that are the store's: what the source can do was tried before. */
const STORE_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EACCES', 'EPERM', 'EEXIST']);

/** A source cannot be read; the store is fine. */
export class UnreadableSource extends Error {
  override readonly name = 'UnreadableSource';
}

/**
 * Copies a file of a source to `temp`, which is a new file: shared blocks where the file system has them, and bytes
 * else. Never a second name of the same file, which its owner could go on writing to. Nothing is left when it fails.
 *
 * Rejects with UnreadableSource, or with StoreError when the store cannot take it.
 */
export async function copyIn(file: string, temp: string): Promise<void> {
  await readable(file);
  try {
    await copy(file, temp).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT' || (await statRegular(file)) === undefined) throw error;
      // Somebody cleaned up the store's directory for temporary files.
      await fsp.mkdir(path.dirname(temp), { recursive: true });
      await copy(file, temp);
    });
    // A GOMODCACHE is read-only, and its modes came along.
    await fsp.chmod(temp, FILE_MODE);
  } catch (error) {
    await removeQuietly(temp);
    if (STORE_ERRORS.has(errnoOf(error) ?? '')) throw asStoreError(error, temp, 'write');
    throw new UnreadableSource(wordsOf(error), { cause: error });
  }
}

async function copy(file: string, temp: string): Promise<void> {
  await fsp.copyFile(file, temp, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE);
}

async function readable(file: string): Promise<void> {
  try {
    await fsp.access(file, fs.constants.R_OK);
  } catch (error) {
    throw new UnreadableSource(wordsOf(error), { cause: error });
  }
}

function wordsOf(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === 'EACCES' || errno === 'EPERM') return 'permission denied';
  if (errno === 'ENOENT') return 'it was removed meanwhile';
  return errno ?? (error instanceof Error ? error.message : String(error));
}
