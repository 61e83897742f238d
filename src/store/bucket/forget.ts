import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.ts';
import type { Forgotten } from '../forget.ts';
import { parseEntry } from '../index-entry.ts';
import { MAX_INDEX_SIZE, USE_LOG, versionKeys } from '../layout.ts';
import type { IndexEntry, ModVer } from '../types.ts';
import { type ListedModule, type ListedVersion, listedModules } from './contents.ts';
import { removeVersions } from './prune/removal.ts';
import { readSmall } from './read-small.ts';
import type { Bucket } from './types.ts';

const TRIES = 5;

/**
 * Takes a version out of a bucket with all that was known of it, its pinned hashes included, so that the next fetch is
 * the first. Safe beside running sessions, as pruning is. Throws BucketError, and StoreError `store-read-only` for what
 * could not be deleted.
 */
export async function forgetInBucket(bucket: Bucket, mv: ModVer): Promise<Forgotten> {
  let known: IndexEntry | undefined;
  let files = 0;
  for (let tries = 0; tries < TRIES; tries++) {
    const doomed = await find(bucket, mv);
    if (doomed === undefined) return { state: 'unknown' };
    known = await entryOf(bucket, mv);
    files = Object.keys(doomed.state.files).length;
    const failures: string[] = [];
    const outcomes = await removeVersions(bucket, [doomed], {
      pins: 'go',
      failed: (key, why) => failures.push(`${key} (${why})`),
    });
    if (failures.length > 0) {
      const message = `module store: ${bucket.location}: ${failures.join(', ')} could not be deleted; run this with credentials that may delete objects there (s3:DeleteObject)`;
      throw new StoreError('store-read-only', bucket.location, message);
    }
    if (outcomes.get(doomed) === 'removed') return { state: 'forgotten', entry: known, files };
  }
  return { state: 'busy' };
}

/** Writes a line into the log of the bucket: an object of its own. Throws BucketError. */
export async function writeLogLine(bucket: Bucket, t: string, line: object): Promise<void> {
  const key = `${USE_LOG}/${t.slice(0, 7)}/${randomBytes(8).toString('hex')}.jsonl`;
  await bucket.put(key, Buffer.from(`${JSON.stringify(line)}\n`));
}

async function find(
  bucket: Bucket,
  mv: ModVer,
): Promise<{ readonly module: ListedModule; readonly state: ListedVersion } | undefined> {
  const dir = versionKeys(mv)?.dir;
  if (dir === undefined) return undefined;
  for await (const module of listedModules(bucket, { from: dir, to: dir })) {
    if (module.dir !== dir) continue;
    const state = [...module.versions.values()].find(({ version }) => version === mv.version);
    return state && { module, state };
  }
  return undefined;
}

async function entryOf(bucket: Bucket, mv: ModVer): Promise<IndexEntry | undefined> {
  const key = versionKeys(mv)?.index;
  const found = key === undefined ? undefined : await readSmall(bucket, key, MAX_INDEX_SIZE);
  return found === undefined || found.bytes === 'oversize' ? undefined : parseEntry(found.bytes, mv);
}
