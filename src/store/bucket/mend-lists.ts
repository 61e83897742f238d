import { formatVersionList } from '../../gomod/list.ts';
import { MAX_SIZE } from '../layout.ts';
import { latestOf, listed } from '../lists.ts';
import type { Listed, ListedVersion } from './contents.ts';
import { readSmall } from './read-small.ts';
import type { Bucket } from './types.ts';

/** A module as it is now. */
export interface ModuleNow {
  /** `<escaped path>/@v`. */
  readonly dir: string;
  /** The objects `@v/list` and `@latest`. */
  readonly list?: Listed | undefined;
  readonly latest?: Listed | undefined;
  readonly versions: readonly ListedVersion[];
}

/**
 * Writes `@v/list` and `@latest` of a module anew where they are there, or takes them away with the last version. Both
 * are for those who read the bucket without modgate. Whoever commits a version meanwhile writes them himself: then this
 * writes nothing. Throws BucketError.
 */
export async function mendLists(bucket: Bucket, { dir, list, latest, versions }: ModuleNow): Promise<void> {
  const whole = versions.filter(({ files }) => files.info !== undefined && files.mod !== undefined);
  const names = whole.map(({ version }) => version);
  if (list !== undefined) {
    const bytes = formatVersionList(listed(names).map(version => ({ version })));
    if (names.length === 0) await bucket.remove([`${dir}/list`]);
    else await bucket.put(`${dir}/list`, bytes, { condition: { etag: list.etag } });
  }
  if (latest === undefined) return;
  const above = `${dir.slice(0, -'/@v'.length)}/@latest`;
  const newest = latestOf(names);
  const stem = whole.find(({ version }) => version === newest)?.stem;
  const info = stem === undefined ? undefined : await readSmall(bucket, `${dir}/${stem}.info`, MAX_SIZE.info);
  if (info === undefined || info.bytes === 'oversize') await bucket.remove([above]);
  else await bucket.put(above, info.bytes, { condition: { etag: latest.etag } });
}
