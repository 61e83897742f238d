import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenStore, requirePlace } from '../session/cache/prune.ts';
import type { AskSumDbRequest } from '../session/fetch/ask-sumdb.ts';
import type { DiskStore } from '../store/disk.ts';
import { StoreError } from '../store/errors.ts';
import { existingTree, openExisting } from '../store/existing.ts';
import type { Hasher } from '../store/hasher.ts';
import { MAX_SOFT_SIZE, softKey } from '../store/layout.ts';
import type { VerifyOptions, VerifyReport } from '../store/verify/types.ts';
import { verifyStore } from '../store/verify/verify.ts';

/** The store that is to be verified. */
export interface VerifyTarget {
  readonly location: string;
  readonly repairs: boolean;
  /** Where answers of the checksum database are kept. */
  readonly answers: Pick<AskSumDbRequest, 'dir' | 'store' | 'kept'>;
  verify(options: VerifyOptions): Promise<VerifyReport>;
  close(): Promise<void>;
}

/** Throws StoreError when there is no store, or none that can be repaired; BucketError. */
export async function openTarget(at: OpenStore, hasher: Hasher, repair: boolean): Promise<VerifyTarget> {
  if (at.kind === 'bucket') return await openBucketTarget(at, hasher, repair);
  const { dir } = at;
  const { root } = await existingTree(dir);
  const store = repair ? await openForRepair(dir, hasher) : undefined;
  const mender = store === undefined ? {} : { repair: store };
  return {
    location: root,
    repairs: repair,
    answers: { dir, ...(store === undefined ? {} : { store }) },
    verify: options => verifyStore(dir, { ...options, ...mender, hasher }),
    close: async () => undefined,
  };
}

async function openForRepair(dir: string, hasher: Hasher): Promise<DiskStore> {
  const store = await openExisting(dir, { hasher, purpose: 'tidy' });
  if (store.writable) return store;
  const why = `module store: ${dir} cannot be written, so that nothing can be repaired; check its owner and permissions, or verify without --repair`;
  throw new StoreError('store-read-only', dir, why);
}

async function openBucketTarget(
  at: Extract<OpenStore, { kind: 'bucket' }>,
  hasher: Hasher,
  repair: boolean,
): Promise<VerifyTarget> {
  const { bucket } = at;
  const [{ verifyBucket }, { readSmall }] = await Promise.all([
    import('../store/bucket/verify.ts'),
    import('../store/bucket/read-small.ts'),
  ]);
  await requirePlace(at, !repair);
  const tempDir = await mkdtemp(join(tmpdir(), 'modgate-verify-'));
  return {
    location: bucket.location,
    repairs: repair,
    answers: {
      kept: async key => {
        const at = softKey(key);
        if (at === undefined) return undefined;
        const found = await readSmall(bucket, at, MAX_SOFT_SIZE).catch(() => undefined);
        return found === undefined || found.bytes === 'oversize' ? undefined : found.bytes;
      },
    },
    verify: options => verifyBucket(bucket, { ...options, hasher, tempDir, repair }),
    close: () => rm(tempDir, { recursive: true, force: true }),
  };
}
