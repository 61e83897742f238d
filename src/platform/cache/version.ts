import { createHash } from 'node:crypto';

/**
 * The version that @actions/cache 6 gives to an entry with the single path `store`, compressed with zstd, for any
 * OS (`enableCrossOsArchive`). Entries of ours carry the same, so that `actions/cache/restore` can open them too.
 * The hash is over the path's text: nothing of the machine is in it.
 */
export function cacheVersion(): string {
  return createHash('sha256').update(['store', 'zstd-without-long', '1.0'].join('|')).digest('hex');
}
