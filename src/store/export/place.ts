import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { asStoreError, errnoOf, StoreError } from '../errors.ts';
import { DIR_MODE, removeQuietly, renameOver } from '../files.ts';
import { tempName } from '../layout.ts';
import { isOrphan } from '../sweep.ts';
import { Tree } from '../tree.ts';
import { openExport } from './archive-reader.ts';
import { ExportError } from './errors.ts';
import { MANIFEST_KEY } from './keys.ts';
import { parseHead } from './manifest.ts';

/** Where an export is made: beside its place, so that it appears there whole and in one step. */
export interface Place extends AsyncDisposable {
  /** A new and empty directory: what a directory export becomes, and where an archive's made files wait. */
  readonly dir: string;
  /** A name for the archive as long as it is written. */
  readonly file: string;
  /** Makes the directory, or the file, the export at its place. Throws StoreError. */
  commit(): Promise<void>;
}

const PREFIX = '.modgate-export-';
const FIRST_LINE = 1024;

/** Whether the name of an export is that of an archive. */
export function isArchive(dest: string): boolean {
  return dest.endsWith('.tar.zst') || dest.endsWith('.tar');
}

/**
 * Prepares the place of an export: nothing there, an empty directory, or an export that is replaced as a whole. What
 * exports that were killed left beside it is removed. Disposed of without a commit, nothing has changed.
 *
 * Throws ExportError `in-the-way`, StoreError.
 */
export async function preparePlace(dest: string): Promise<Place> {
  const parent = path.dirname(dest);
  await fsp.mkdir(parent, { recursive: true, mode: DIR_MODE }).catch((error: unknown) => {
    throw asStoreError(error, parent, 'write');
  });
  const archive = isArchive(dest);
  await (archive ? requireArchive(dest, parent) : requireTree(dest, parent));
  const { host } = new Tree(parent);
  await sweep(parent, host);
  const name = (what: string) =>
    path.join(parent, PREFIX + tempName(host, process.pid, `${randomBytes(4).toString('hex')}-${what}`));
  const [dir, file, old] = [name('dir'), name('file'), name('old')];
  try {
    await fsp.mkdir(dir, DIR_MODE);
    if (process.platform !== 'win32') await fsp.chmod(dir, DIR_MODE);
  } catch (error) {
    throw asStoreError(error, dir, 'write');
  }
  return {
    dir,
    file,
    commit: async () => {
      try {
        await (archive ? renameOver(file, dest) : swap(dir, dest, old));
      } catch (error) {
        throw asStoreError(error, dest, 'write');
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const left of [dir, old])
        await fsp.rm(left, { recursive: true, force: true }).catch(() => undefined);
      await removeQuietly(file);
    },
  };
}

/** A directory cannot be renamed over another one that is not empty. */
async function swap(dir: string, dest: string, old: string): Promise<void> {
  const before = await fsp.rename(dest, old).then(
    () => true,
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await fsp.rename(dir, dest);
  } catch (error) {
    if (before) await fsp.rename(old, dest);
    throw error;
  }
}

async function requireTree(dest: string, parent: string): Promise<void> {
  const found = await look(dest);
  if (found === undefined) return;
  if (!found.isDirectory()) throw inTheWay(dest, 'it is no directory', 'name another one');
  if (found.dev !== (await fsp.stat(parent)).dev) {
    throw inTheWay(dest, 'a file system is mounted on it', 'name a directory below it');
  }
  const names = await fsp.readdir(dest).catch((error: unknown) => {
    throw asStoreError(error, dest, 'read');
  });
  if (names.length === 0 || (await isExport(path.join(dest, MANIFEST_KEY)))) return;
  throw inTheWay(dest, 'it is neither empty nor an export of modgate', 'name another one, or empty it');
}

async function requireArchive(dest: string, parent: string): Promise<void> {
  const found = await look(dest);
  if (found === undefined) return;
  if (!found.isFile()) throw inTheWay(dest, 'it is no file', 'name another one');
  try {
    // Read only as far as the manifest, which tells whose it is.
    await (await openExport(dest, { tempDir: parent })).close();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw inTheWay(dest, 'it is a file that modgate did not export', 'name another one, or remove it');
  }
}

async function isExport(manifest: string): Promise<boolean> {
  let handle: FileHandle | undefined;
  try {
    handle = await fsp.open(manifest, 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_LINE), 0, FIRST_LINE, 0);
    parseHead(buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? '');
    return true;
  } catch (error) {
    if (error instanceof ExportError || errnoOf(error) !== undefined) return false;
    throw error;
  } finally {
    await handle?.close();
  }
}

async function look(dest: string) {
  try {
    return await fsp.lstat(dest);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw asStoreError(error, dest, 'read');
  }
}

function inTheWay(dest: string, why: string, next: string): ExportError {
  return new ExportError('in-the-way', `nothing was exported to ${dest}, because ${why}; ${next}`);
}

/** Removes what is left of exports whose process is gone. Never throws. */
async function sweep(parent: string, host: string): Promise<void> {
  try {
    for await (const entry of await fsp.opendir(parent)) {
      if (!entry.name.startsWith(PREFIX) || !isOrphan({ host }, entry.name.slice(PREFIX.length))) continue;
      await fsp.rm(path.join(parent, entry.name), { recursive: true, force: true });
    }
  } catch {
    // A later export tries again.
  }
}
