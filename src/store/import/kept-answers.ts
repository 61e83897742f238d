import path from 'node:path';
import { StoreError } from '../errors.ts';
import { readRegular } from '../files.ts';
import { MAX_SOFT_SIZE, softKey } from '../layout.ts';
import { Tree } from '../tree.ts';
import type { Source } from './types.ts';

/** Where a source keeps what the checksum database answered, if it does. */
const DOWNLOAD = path.join('cache', 'download');

/**
 * What the checksum database answered to go or to another proxy, by its key in a store: `sumdb/<name>/lookup/...`. It is
 * signed, so that it serves as well as a new answer, and where no network is.
 *
 * @param scratch where those of an archive are put as it is read
 */
export function keptAnswers(
  { kind, root }: Source,
  scratch: string,
): (key: string) => Promise<Buffer | undefined> {
  if (kind === 'athens') return () => Promise.resolve(undefined);
  const top = kind === 'gomodcache' ? path.join(root, DOWNLOAD) : kind === 'archive' ? scratch : root;
  const tree = new Tree(top);
  return async key => {
    if (!key.startsWith('sumdb/') || softKey(key) !== key) return undefined;
    try {
      if (!(await tree.hasDir(path.posix.dirname(key)))) return undefined;
      const found = await readRegular(tree.path(key), MAX_SOFT_SIZE);
      return found === undefined || found.bytes === 'oversize' ? undefined : found.bytes;
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  };
}
