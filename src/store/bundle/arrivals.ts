import { utimesSync } from 'node:fs';
import type { DiskStore } from '../disk.ts';
import { asStoreError, errnoOf, StoreError } from '../errors.ts';
import { type FileStamp, removeQuietly, statRegular } from '../files.ts';
import type { VersionFacts } from '../index-entry.ts';
import type { PreparedIndex } from '../index-files.ts';
import type { VersionKeys } from '../layout.ts';
import type { FileKind, IndexEntry, ModVer } from '../types.ts';

/** A file whose bytes have the digest that they should have: in memory, or in a temp file of the store. */
export interface Arrived {
  readonly kind: FileKind;
  readonly from:
    | {
        readonly bytes: Buffer;
        /** Of a zip that is what `StoredZipStream` knows. */
        readonly h1?: string;
      }
    | {
        readonly temp: string;
        /** The same, and the file that had these bytes. */
        readonly hashed?: { readonly h1: string; readonly stamp: FileStamp };
      };
}

/** Files of one version that become visible together. */
export interface Arrival {
  readonly mv: ModVer;
  readonly keys: VersionKeys;
  /** What somebody else's index says of the version. */
  readonly theirs: IndexEntry;
  readonly files: readonly Arrived[];
  /** Time of last use when the store does not know the version yet, milliseconds since the epoch. */
  readonly lastUse: number;
}

/** Work that goes on at once: each waits for a few short calls of the file system, one after another. */
const MAX_RUNNING = 8;

/** The order in which files become visible; see the writer. */
const ORDER: readonly FileKind[] = ['zip', 'mod', 'info'];

/** Tasks that run beside each other, some at a time. */
export class Lanes {
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** Starts a task as soon as there is room. Rejects with the first failure of any task. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= MAX_RUNNING) await Promise.race(this.#running);
    this.check();
    const settled = task()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(settled));
    this.#running.add(settled);
  }

  /** Throws the first failure of any task. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for all tasks; failures are left for `check`. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
  }
}

/**
 * Makes files visible that somebody else packed, each only where the store has none, and adds to the index what their
 * index says of these files. Returns the kinds that came in; all temp files are gone afterwards. Throws StoreError.
 */
export async function place(store: DiskStore, arrival: Arrival): Promise<ReadonlySet<FileKind>> {
  const temps = new Map<FileKind, string>();
  for (const { kind, from } of arrival.files) if ('temp' in from) temps.set(kind, from.temp);
  try {
    for (const { kind, from } of arrival.files) {
      if ('bytes' in from) {
        const temp = await store.parts.tree.writeTemp(from.bytes);
        temps.set(kind, temp);
        const stamp = from.h1 === undefined ? undefined : await statRegular(temp);
        if (from.h1 !== undefined && stamp?.size === from.bytes.length)
          store.parts.hashed(arrival.keys.files[kind], stamp, from.h1);
      } else if (from.hashed !== undefined)
        store.parts.hashed(arrival.keys.files[kind], from.hashed.stamp, from.hashed.h1);
    }
    return await store.parts.index.inTurn(arrival.keys, () => show(store, arrival, temps));
  } catch (error) {
    throw asStoreError(error, store.parts.tree.path(arrival.keys.dir), 'write');
  } finally {
    for (const temp of temps.values()) await removeQuietly(temp);
  }
}

/** Takes the temp files that became visible out of `temps`. */
async function show(
  store: DiskStore,
  { mv, keys, theirs, lastUse }: Arrival,
  temps: Map<FileKind, string>,
): Promise<ReadonlySet<FileKind>> {
  const { tree, index, lists, now } = store.parts;
  const known = (await tree.hasDir(keys.indexDir)) ? await statRegular(tree.path(keys.index)) : undefined;
  const used = known?.mtimeMs ?? Math.min(lastUse, now());
  // What our own upstream told of it is not replaced by what somebody packed.
  const origin = known === undefined && theirs.origin !== undefined ? { origin: theirs.origin } : {};
  const kinds = ORDER.filter(kind => temps.has(kind));
  const placed = new Set<FileKind>();
  let prepared: PreparedIndex | undefined;
  const prepare = async (which: readonly FileKind[]) => {
    const facts = { ...factsOfKinds(theirs, which), ...origin };
    prepared = await index.prepare(mv, keys, facts, theirs.firstSeen);
    if (prepared.temp !== undefined) setTime(prepared.temp, used);
    return prepared;
  };
  try {
    let next = await prepare(kinds);
    for (const kind of kinds) {
      const temp = temps.get(kind);
      if (temp === undefined || !(await tree.create(keys.files[kind], temp))) continue;
      temps.delete(kind);
      placed.add(kind);
    }
    if (placed.size < kinds.length) {
      if (next.temp !== undefined) await removeQuietly(next.temp);
      if (placed.size === 0) return placed;
      next = await prepare([...placed]);
    }
    await index.publish(mv, keys, next);
  } catch (error) {
    if (prepared?.temp !== undefined) await removeQuietly(prepared.temp);
    throw error;
  }
  if (placed.has('mod') || placed.has('info')) lists.markDirty(mv.path);
  return placed;
}

/** Puts a soft file where the store has none, as old as `at` (milliseconds since the epoch). Throws StoreError. */
export async function placeSoft(store: DiskStore, key: string, bytes: Buffer, at: number): Promise<void> {
  const { tree } = store.parts;
  const temp = await tree.writeTemp(bytes);
  setTime(temp, at);
  let placed = false;
  try {
    placed = await tree.create(key, temp);
  } finally {
    if (!placed) await removeQuietly(temp);
  }
}

/** What is the matter with one name here while others can be written; any other error is thrown again. */
export function whyNoSuchName(error: unknown): string {
  if (!(error instanceof StoreError)) throw error;
  if (error.code === 'store-not-a-directory') return 'a file or a link is where its directory should be';
  if (errnoOf(error.cause) === 'ENAMETOOLONG') return 'its name is longer than this file system allows';
  throw error;
}

/** A version that came with a cache is as old as it was there, or pruning would never see it age. */
function setTime(file: string, ms: number): void {
  try {
    utimesSync(file, ms / 1000, ms / 1000);
  } catch {
    // It counts as used now.
  }
}

function factsOfKinds(entry: IndexEntry, kinds: readonly FileKind[]): VersionFacts {
  const { zip, h1, mod, goModH1, info, vouchedBy } = entry;
  const hasZip = kinds.includes('zip') && zip !== undefined && h1 !== undefined;
  const hasMod = kinds.includes('mod') && mod !== undefined && goModH1 !== undefined;
  return {
    ...(hasZip ? { zip, h1 } : {}),
    ...(hasMod ? { mod, goModH1 } : {}),
    ...(kinds.includes('info') && info !== undefined ? { info } : {}),
    vouchedBy: {
      ...(hasZip && vouchedBy?.zip !== undefined ? { zip: vouchedBy.zip } : {}),
      ...(hasMod && vouchedBy?.mod !== undefined ? { mod: vouchedBy.mod } : {}),
    },
  };
}
