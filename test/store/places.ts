import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { forgetInBucket } from '../../src/store/bucket/forget.ts';
import { pruneBucket } from '../../src/store/bucket/prune/prune.ts';
import { bucketStats } from '../../src/store/bucket/stats.ts';
import type { Bucket } from '../../src/store/bucket/types.ts';
import { verifyBucket } from '../../src/store/bucket/verify.ts';
import { openDiskStore } from '../../src/store/disk.ts';
import { type Forgotten, forget } from '../../src/store/forget.ts';
import type { Hasher } from '../../src/store/hasher.ts';
import { parseEntry } from '../../src/store/index-entry.ts';
import { versionKeys } from '../../src/store/layout.ts';
import { prune } from '../../src/store/prune/prune.ts';
import type { PruneOptions, PruneReport } from '../../src/store/prune/types.ts';
import { type StatsOptions, storeStats } from '../../src/store/stats/stats.ts';
import type { StoreStats } from '../../src/store/stats/types.ts';
import { Tree } from '../../src/store/tree.ts';
import type { IndexEntry, ModVer } from '../../src/store/types.ts';
import type { VerifyOptions, VerifyReport } from '../../src/store/verify/types.ts';
import { verifyStore } from '../../src/store/verify/verify.ts';
import { type Gateway, startGateway } from '../support/s3/gateway.ts';
import { openBucket } from '../support/s3/open.ts';
import { commitModule, type RealModule } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';
import { fill, type MadeVersion, namesIn, setUsed } from './prune/made-store.ts';

/** A store of a test, in a directory or in a bucket: what is done to it and seen of it is the same. */
export interface PlacedStore extends AsyncDisposable {
  /** Directory of its files: for a bucket the one that the service keeps them in, a path for a key. */
  readonly dir: string;
  /** Puts made-up versions there, with their times. */
  fill(now: number, versions: readonly MadeVersion[]): Promise<void>;
  /** Puts real modules there. */
  commit(modules: readonly RealModule[]): Promise<void>;
  prune(options: PruneOptions): Promise<PruneReport>;
  verify(options?: VerifyOptions & { readonly repair?: boolean }): Promise<VerifyReport>;
  stats(options: StatsOptions): Promise<StoreStats>;
  forget(mv: ModVer): Promise<Forgotten>;
  entry(mv: ModVer): Promise<IndexEntry | undefined>;
}

/** Where stores are that tests fill. */
export interface Place extends AsyncDisposable {
  fresh(): Promise<PlacedStore>;
}

export function directories(hasher: Hasher): Place {
  return {
    fresh: async () => {
      const temp = await tempDir('store');
      const dir = temp.join('store');
      const open = (purpose: 'look' | 'tidy' = 'tidy') => openDiskStore(dir, { hasher, purpose });
      return {
        dir,
        fill: async (now, versions) => void (await fill(dir, hasher, now, versions)),
        commit: async modules => {
          const store = await open();
          for (const module of modules) await commitModule(store, module);
          await store.flush();
        },
        prune: async options => await prune(await open(options.dryRun ? 'look' : 'tidy'), options),
        verify: async ({ repair, ...options } = {}) =>
          await verifyStore(dir, {
            ...options,
            hasher,
            ...(repair === true ? { repair: await open() } : {}),
          }),
        stats: options => storeStats(new Tree(dir), options),
        forget: async mv => await forget(await open(), mv),
        entry: mv => entryIn(dir, mv),
        [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** A bucket of a real object service, with a prefix a store. */
export interface Buckets extends Place {
  readonly gateway: Gateway;
  fresh(): Promise<PlacedStore & { readonly bucket: Bucket; readonly prefix: string }>;
}

export async function buckets(hasher: Hasher): Promise<Buckets> {
  const gateway = await startGateway();
  return {
    gateway,
    fresh: async () => {
      const temp = await tempDir('bucket');
      const prefix = gateway.prefix();
      const dir = path.join(gateway.dir, prefix);
      const bucket = openBucket(gateway.url(prefix), gateway.env());
      const local = temp.join('local');
      await Promise.all([fsp.mkdir(temp.join('hashed')), fsp.mkdir(dir, { recursive: true })]);
      const upload = async () => {
        const names = namesIn(local).filter(name => !name.startsWith('modgate/tmp/'));
        await Promise.all(
          names.map(async name => bucket.put(name, await fsp.readFile(path.join(local, ...name.split('/'))))),
        );
      };
      return {
        bucket,
        prefix,
        dir,
        fill: async (now, versions) => {
          await fill(local, hasher, now, versions);
          await upload();
          for (const made of versions) setUsed(dir, made, now - (made.usedAgo ?? 0));
        },
        commit: async modules => {
          const store = await openDiskStore(local, { hasher });
          for (const module of modules) await commitModule(store, module);
          await store.flush();
          await upload();
        },
        prune: options => pruneBucket(bucket, options),
        verify: ({ repair = false, ...options } = {}) =>
          verifyBucket(bucket, { ...options, hasher, tempDir: temp.join('hashed'), repair }),
        stats: options => bucketStats(bucket, options),
        forget: mv => forgetInBucket(bucket, mv),
        entry: mv => entryIn(dir, mv),
        [Symbol.asyncDispose]: async () => {
          await bucket.close();
          await temp[Symbol.asyncDispose]();
        },
      };
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

async function entryIn(dir: string, mv: ModVer): Promise<IndexEntry | undefined> {
  const key = versionKeys(mv)?.index ?? '';
  const bytes = await fsp.readFile(path.join(dir, key)).catch(() => undefined);
  return bytes === undefined ? undefined : parseEntry(bytes, mv);
}
