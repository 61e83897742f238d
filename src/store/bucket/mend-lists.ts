import { formatVersionList } from '../../gomod/list.ts';
import { MAX_SIZE } from '../layout.ts';
import { latestOf, listed } from '../lists.ts';
import { isLoose, type Listed, type ListedVersion, listedModules } from './contents.ts';
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

/** Rounds of writing over what others write at the same moment. */
const MAX_ROUNDS = 4;

/**
 * Writes `@v/list` and `@latest` of a module anew where they are there, or takes them away with the last version. Both
 * are for those who read the bucket without modgate. Throws BucketError.
 */
export async function mendLists(bucket: Bucket, module: ModuleNow): Promise<void> {
  let now: ModuleNow | undefined = module;
  for (let round = 1; now !== undefined && !(await write(bucket, now)) && round < MAX_ROUNDS; round++) {
    now = await moduleNow(bucket, module.dir);
  }
}

/** The same for a module of which only the directory is known. Throws BucketError. */
export async function mendListsIn(bucket: Bucket, dir: string): Promise<void> {
  const now = await moduleNow(bucket, dir);
  if (now !== undefined) await mendLists(bucket, now);
}

async function moduleNow(bucket: Bucket, dir: string): Promise<ModuleNow | undefined> {
  for await (const module of listedModules(bucket, { from: dir, to: dir })) {
    if (module.dir === dir) return { ...module, versions: [...module.versions.values()] };
  }
  return undefined;
}

/** False when somebody else wrote one of them since they were listed. */
async function write(bucket: Bucket, { dir, list, latest, versions }: ModuleNow): Promise<boolean> {
  const whole = versions.filter(({ files }) => files.info !== undefined && files.mod !== undefined);
  const names = whole.map(({ version }) => version);
  let done = true;
  if (list !== undefined) {
    const bytes = formatVersionList(listed(names).map(version => ({ version })));
    if (versions.every(isLoose)) await bucket.remove([`${dir}/list`]);
    else done = await replace(bucket, `${dir}/list`, bytes, list);
  }
  if (latest === undefined) return done;
  const above = `${dir.slice(0, -'/@v'.length)}/@latest`;
  const newest = latestOf(names);
  const stem = whole.find(({ version }) => version === newest)?.stem;
  const info = stem === undefined ? undefined : await readSmall(bucket, `${dir}/${stem}.info`, MAX_SIZE.info);
  if (info !== undefined && info.bytes !== 'oversize') {
    return (await replace(bucket, above, info.bytes, latest)) && done;
  }
  await bucket.remove([above]);
  return done;
}

async function replace(bucket: Bucket, key: string, bytes: Buffer, { etag }: Listed): Promise<boolean> {
  return (await bucket.put(key, bytes, { condition: { etag } })).state === 'written';
}
