import { createHash } from 'node:crypto';
import * as fsp from 'node:fs/promises';
import { asStoreError } from '../errors.ts';
import { FILE_MODE, removeQuietly } from '../files.ts';
import { TEMP } from '../layout.ts';
import type { Tree } from '../tree.ts';

/** A temp file, and what was written into it. */
export interface StagedFile {
  readonly temp: string;
  /** Undefined when nobody asked for it. */
  readonly sha256: string | undefined;
}

/**
 * Writes parts, each told by a call of `next`, into a temp file of the store; a part is written while the next one
 * is awaited and hashed. The temp file is gone when this rejects: with StoreError, or with what `next` rejected with.
 */
export async function stageParts(
  tree: Tree,
  digest: boolean,
  next: () => Promise<Buffer | undefined>,
): Promise<StagedFile> {
  await tree.makeDir(TEMP);
  const temp = tree.tempFile();
  const inStore = (error: unknown): never => {
    throw asStoreError(error, temp, 'write');
  };
  const handle = await fsp.open(temp, 'wx', FILE_MODE).catch(inStore);
  let writing: Promise<void> | undefined;
  try {
    const hash = digest ? createHash('sha256') : undefined;
    for (let part = await next(); part !== undefined; part = await next()) {
      await writing;
      writing = handle.writeFile(part).catch(inStore);
      // Its failure is met at the next await, not before.
      writing.catch(() => undefined);
      hash?.update(part);
    }
    await writing;
    if (tree.chmod) await handle.chmod(FILE_MODE).catch(inStore);
    await handle.close().catch(inStore);
    return { temp, sha256: hash?.digest('hex') };
  } catch (error) {
    await writing?.catch(() => undefined);
    await handle.close().catch(() => undefined);
    await removeQuietly(temp);
    throw error;
  }
}
