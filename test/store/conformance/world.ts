import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import type { FileKind, ModVer, Store } from '../../../src/store/types.ts';
import { JobStores } from '../../support/layered.ts';
import { type Fault, startFaults } from '../../support/s3/faults.ts';
import { type Gateway, startGateway } from '../../support/s3/gateway.ts';
import { tempDir } from '../../support/temp.ts';

/** Media that a shared store lies on, held to the same expectations; the bucket's requests meet faults on their way. */
export const MEDIA = ['disk', 'bucket'] as const;
export type Medium = (typeof MEDIA)[number];

/** What a program on another machine sees: nothing is remembered, and for a bucket nothing is there beside it. */
export interface Seen {
  readonly store: Store;
  /** Damage and trouble that it told of. */
  readonly told: readonly string[];
  /** Until what was committed is where others see it. */
  settle(): Promise<void>;
}

/** One shared place. */
export interface Place {
  open(rights?: 'write' | 'read'): Promise<Seen>;
  /** The place as a process of its own opens it, see test/support/conformance-writer.ts. */
  readonly description: WriterPlace;
  /** Bytes of a key of the layout, behind the store's back. */
  read(key: string): Promise<Buffer | undefined>;
  /** Undefined: removes it. */
  write(key: string, bytes: Buffer | undefined): Promise<void>;
  /** Keys of module files and index entries. */
  keys(): Promise<string[]>;
}

export type WriterPlace =
  | { readonly kind: 'disk'; readonly dir: string }
  | { readonly kind: 'bucket'; readonly url: string; readonly env: Readonly<Record<string, string>> };

export interface World extends AsyncDisposable {
  readonly medium: Medium;
  place(): Promise<Place>;
}

/** Longest wait for what is written behind, ms. */
const SETTLE_MS = 60_000;

export async function startWorld(medium: Medium): Promise<World> {
  return medium === 'disk' ? await diskWorld() : await bucketWorld();
}

async function diskWorld(): Promise<World> {
  const temp = await tempDir('conformance');
  const hasher = createHasher();
  let places = 0;
  return {
    medium: 'disk',
    place: async () => diskPlace(temp.join(`place-${++places}`), hasher),
    [Symbol.asyncDispose]: async () => {
      await hasher.close();
      await temp[Symbol.asyncDispose]();
    },
  };
}

function diskPlace(dir: string, hasher: Hasher): Place {
  return {
    open: async rights => {
      const told: string[] = [];
      const onDamage = ({ path: key, what }: { path: string; what: string }) =>
        void told.push(`${key}: ${what}`);
      const purpose = rights === 'read' ? 'look' : 'serve';
      const store = await openDiskStore(dir, { hasher, onDamage, purpose });
      return { store, told, settle: () => store.flush() };
    },
    description: { kind: 'disk', dir },
    ...filesBelow(dir),
  };
}

const TROUBLES: readonly Fault[] = [
  { kind: 'error', status: 503, code: 'SlowDown' },
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'carried-out' },
  { kind: 'error', status: 500, code: 'InternalError' },
  { kind: 'latency', ms: 20 },
];

async function bucketWorld(): Promise<World> {
  const gateway = await startGateway();
  const faults = await startFaults(gateway);
  const jobs = new JobStores();
  // One request in six meets trouble; none meets more than the client's patience.
  faults.set(({ index, method }) => {
    if (index % 6 !== 0) return undefined;
    const last: Fault = method === 'GET' ? { kind: 'reset-body', after: 50 } : { kind: 'latency', ms: 5 };
    return [...TROUBLES, last][(index / 6) % (TROUBLES.length + 1)];
  });
  return {
    medium: 'bucket',
    place: async () => bucketPlace(gateway, faults.endpoint, gateway.prefix('place'), jobs),
    [Symbol.asyncDispose]: async () => {
      await jobs[Symbol.asyncDispose]();
      await faults[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

function bucketPlace(gateway: Gateway, endpoint: string, prefix: string, jobs: JobStores): Place {
  const url = gateway.url(prefix, endpoint);
  return {
    open: async rights => {
      const env = gateway.env(rights === 'read' ? 'reader' : 'owner');
      const { store, warnings } = await jobs.open({ url, env });
      return { store, told: warnings, settle: () => store.settle(SETTLE_MS) };
    },
    description: { kind: 'bucket', url: gateway.url(prefix), env: gateway.env() },
    ...filesBelow(path.join(gateway.dir, prefix)),
  };
}

/** versitygw keeps an object as the file with its key, so that both media are tampered with in one way. */
function filesBelow(dir: string): Pick<Place, 'read' | 'write' | 'keys'> {
  const at = (key: string) => path.join(dir, ...key.split('/'));
  return {
    read: async key => await readFile(at(key)).catch(() => undefined),
    write: async (key, bytes) => {
      if (bytes === undefined) return await rm(at(key), { force: true });
      await mkdir(path.dirname(at(key)), { recursive: true });
      // A new file, as a copy would leave it: the disk store remembers files by their inode and times.
      if (bytes.equals((await readFile(at(key)).catch(() => undefined)) ?? Buffer.alloc(0))) return;
      await writeFile(at(key), bytes);
    },
    keys: async () => {
      const all = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
      return all
        .filter(entry => entry.isFile())
        .map(entry => path.relative(dir, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
        .filter(
          key => /\/@v\/[^/]+\.(info|mod|zip|json)$/.test(key) && !key.startsWith('modgate/quarantine/'),
        )
        .sort();
    },
  };
}

/** Where a version lies. */
export function keyOf(mv: ModVer, kind: FileKind | 'index'): string {
  const keys = versionKeys(mv);
  if (keys === undefined) throw new Error(`${mv.path}@${mv.version} has no place in a store`);
  return kind === 'index' ? keys.index : keys.files[kind];
}
