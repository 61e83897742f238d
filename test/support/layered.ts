import { BucketLayer } from '../../src/store/bucket/layer.ts';
import type { Bucket } from '../../src/store/bucket/types.ts';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { LayeredStore, type Serving } from '../../src/store/layers/layered.ts';
import type { Layer } from '../../src/store/layers/types.ts';
import { openBucket, QUICK } from './s3/open.ts';
import { type TempDir, tempDir } from './temp.ts';

/** What a job has: a store of its own over one bucket. */
export interface JobStore {
  readonly store: LayeredStore;
  readonly bucket: Bucket;
  readonly warnings: string[];
  readonly dir: string;
}

export interface JobOptions {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly writable?: boolean;
  readonly serving?: Partial<Serving>;
  /** Layers that are read before the bucket. */
  readonly first?: readonly Layer[];
}

/** Makes job stores, and takes all of them down. */
export class JobStores implements AsyncDisposable {
  readonly hasher: Hasher = createHasher();
  readonly #dirs: TempDir[] = [];
  readonly #stores: LayeredStore[] = [];

  async open(options: JobOptions): Promise<JobStore> {
    const temp = await tempDir('job-store');
    this.#dirs.push(temp);
    const dir = temp.join('store');
    const warnings: string[] = [];
    const warn = (line: string) => void warnings.push(line);
    const bucket = openBucket(options.url, options.env, { limits: QUICK });
    const layer = new BucketLayer(bucket, {
      writable: options.writable ?? true,
      onDamage: ({ path, what }) => warn(`${path}: ${what}`),
    });
    const store = new LayeredStore({
      local: await openDiskStore(dir, { hasher: this.hasher, alone: true }),
      layers: [...(options.first ?? []), layer],
      hasher: this.hasher,
      warn,
      log: () => {},
    });
    store.serve({ representation: 'original', judge: async () => undefined, ...options.serving });
    this.#stores.push(store);
    return { store, bucket, warnings, dir };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stores.map(store => store.finish(0, undefined)));
    await this.hasher.close();
    for (const dir of this.#dirs) await dir[Symbol.asyncDispose]();
  }
}
