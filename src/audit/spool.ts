import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A batch file: `<number, 6 digits>-<digest>.ndjson.gz`. */
export interface SpoolFile {
  readonly no: number;
  readonly digest: string;
  /** gzip bytes. */
  readonly bytes: number;
}

const NAME = /^(\d{6,10})-([0-9a-f]{64})\.ndjson\.gz$/;

/** The name of a batch's file. */
export function spoolName({ no, digest }: Pick<SpoolFile, 'no' | 'digest'>): string {
  return `${String(no).padStart(6, '0')}-${digest}.ndjson.gz`;
}

/** What a file name says, or undefined when it is not the name of a batch. */
export function parseSpoolName(name: string): Pick<SpoolFile, 'no' | 'digest'> | undefined {
  const [, no, digest] = NAME.exec(name) ?? [];
  return no === undefined || digest === undefined ? undefined : { no: Number(no), digest };
}

/**
 * A directory of batches that wait for their store. A file is there whole or not at all, and is never changed.
 * All methods reject with the error of the system.
 */
export class Spool {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** What lies there, by number and digest; nothing when there is no directory. Other files are passed over. */
  async list(): Promise<SpoolFile[]> {
    const names = await readdir(this.dir).catch(noneWhenMissing);
    const files: SpoolFile[] = [];
    for (const name of names) {
      const parsed = parseSpoolName(name);
      // Another process may take a file away that it delivered.
      const found = parsed && (await stat(join(this.dir, name)).catch(() => undefined));
      if (parsed !== undefined && found?.isFile()) files.push({ ...parsed, bytes: found.size });
    }
    return files.sort((a, b) => a.no - b.no || (a.digest < b.digest ? -1 : 1));
  }

  /** Durable when it resolves; a file that cannot be written whole leaves nothing behind. */
  async put(batch: { readonly no: number; readonly digest: string; readonly gzip: Buffer }): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    const path = join(this.dir, spoolName(batch));
    const temp = `${path}.${process.pid}.tmp`;
    try {
      const handle = await open(temp, 'w', 0o600);
      try {
        await handle.writeFile(batch.gzip);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(temp, path);
    } catch (error) {
      await rm(temp, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncDirectory(this.dir);
  }

  /** The gzip of a batch, or undefined when its file is not there. */
  async read(file: Pick<SpoolFile, 'no' | 'digest'>): Promise<Buffer | undefined> {
    return await readFile(join(this.dir, spoolName(file))).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  async remove(file: Pick<SpoolFile, 'no' | 'digest'>): Promise<void> {
    await rm(join(this.dir, spoolName(file)), { force: true });
  }

  /** Removes what writers that were killed left half done. Nobody else may be writing. */
  async clean(): Promise<void> {
    for (const name of await readdir(this.dir).catch(noneWhenMissing)) {
      if (/^\d{6,10}-[0-9a-f]{64}\.ndjson\.gz\.\d+\.tmp$/.test(name)) {
        await rm(join(this.dir, name), { force: true });
      }
    }
  }
}

function noneWhenMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

/** A new name is durable with its directory; Windows opens none, and keeps names by itself. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Not on every file system.
  } finally {
    await handle?.close();
  }
}
