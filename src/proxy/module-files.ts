import { escapePath, escapeVersion } from '../gomod/module-path.ts';
import type { Hasher, HashJob } from '../store/hasher.ts';
import type { FileKind, ModVer, StoredFile } from '../store/types.ts';
import { checkBody } from './check.ts';
import { createDoubt } from './doubt.ts';
import { ProxyError } from './errors.ts';
import { Keeper, type KeeperDeps } from './keeper.ts';
import type { JournalSource, RequestRecord, Vouch } from './types.ts';
import type { Chain, Walked } from './upstream/chain.ts';
import type { Direct } from './upstream/direct.ts';

/** What go accepts at most, bytes. */
export const LIMITS = {
  info: 64 * 1024,
  mod: 16 * 1024 * 1024,
  zip: 500 * 1024 * 1024,
  list: 8 * 1024 * 1024,
} as const;

/** Zips up to this size are read once and hashed on their way out; hashing a longer one delays its first byte. */
const LONG_ZIP = 1024 * 1024;

/** A file ready to be sent, and what the journal wants to know of it. */
export interface FileAnswer {
  readonly file: StoredFile;
  readonly source: JournalSource;
  readonly upstream?: string;
  readonly retries: number;
  readonly sumdb?: RequestRecord['sumdb'];
}

export interface ModuleFilesDeps extends KeeperDeps {
  readonly chain: Chain;
  readonly direct: Direct | undefined;
  readonly hasher: Hasher;
  /** Resolves when asking the upstream is better than waiting for a restore of the shared cache: true if it waited. */
  readonly beforeUpstream: () => Promise<boolean>;
}

/** Who wants a file: a prefetch is never hurried, and the first client that asks for the same hurries it. */
export type Asker = 'client' | 'prefetch';

/** What a flight brings. Without `file` it is in the store: a prefetch does not read what nobody wants yet. */
type Found = Omit<FileAnswer, 'file'> & { readonly file?: StoredFile };

interface Flight {
  readonly found: Promise<Found>;
  asker: Asker;
  job: HashJob | undefined;
}

/**
 * The immutable files of module versions: from the store, else in one flight a file from the upstream chain,
 * verified, then kept. A flight belongs to nobody, so a client that leaves does not stop it. Files are
 * answered only when they are whole and verified: go has no retry, so a byte that turns out wrong after it
 * was sent could not be made right again.
 */
export class ModuleFiles {
  readonly #deps: ModuleFilesDeps;
  readonly #flights = new Map<string, Flight>();
  /** Fetched ahead and not asked for yet: the first answer tells where the bytes came from, not the store. */
  readonly #ahead = new Map<string, Omit<FileAnswer, 'file'>>();
  /** Files of the store that go.sum contradicts: said once each. */
  readonly #disputed = new Set<string>();
  readonly #keeper: Keeper;

  constructor(deps: ModuleFilesDeps) {
    this.#deps = deps;
    this.#keeper = new Keeper(deps);
  }

  /** Resolves when what is kept in the background is kept, or after `ms`. */
  async settle(ms: number): Promise<void> {
    await this.#keeper.settle(ms);
  }

  /** Resolves with the file, for a client; rejects with ProxyError. */
  async get(mv: ModVer, kind: FileKind): Promise<FileAnswer> {
    const key = keyOf(mv, kind);
    const running = this.#flights.get(key);
    if (running !== undefined && running.asker === 'prefetch') {
      running.asker = 'client';
      running.job?.promote();
    }
    const found = await (running ?? this.#fly(key, mv, kind, 'client')).found;
    const file = found.file ?? (await this.#kept(mv, kind))?.file;
    // Only a store that lost the file again within the moment: ask once more from the start.
    if (file === undefined) return await this.get(mv, kind);
    const ahead = this.#ahead.get(key);
    if (ahead === undefined) return { ...found, file };
    this.#ahead.delete(key);
    return { ...ahead, file };
  }

  /** Makes the file ready for whoever asks. Rejects with ProxyError. */
  async prefetch(mv: ModVer, kind: FileKind): Promise<void> {
    const key = keyOf(mv, kind);
    if (this.#flights.has(key) || this.#deps.held.get(mv, kind) !== undefined) return;
    const entry = await this.#deps.store.entry(mv).catch(() => undefined);
    if (entry?.[kind] !== undefined) {
      // A long digest is looked at while go still reads go.mod files, not when go waits for the zip.
      if (kind === 'zip' && (entry.zip?.size ?? 0) > LONG_ZIP) await this.#kept(mv, kind);
      return;
    }
    const flight = this.#flights.get(key) ?? this.#fly(key, mv, kind, 'prefetch');
    const { file: _, ...provenance } = await flight.found;
    if (flight.asker === 'prefetch' && provenance.source !== 'store') this.#ahead.set(key, provenance);
  }

  #fly(key: string, mv: ModVer, kind: FileKind, asker: Asker): Flight {
    const flight: Flight = {
      found: this.#find(mv, kind, () => flight).finally(() => this.#flights.delete(key)),
      asker,
      job: undefined,
    };
    // Whoever waits for it sees the rejection; a prefetch that nobody joined has its own handler.
    flight.found.catch(() => undefined);
    this.#flights.set(key, flight);
    return flight;
  }

  async #find(mv: ModVer, kind: FileKind, flight: () => Flight): Promise<Found> {
    const kept = await this.#kept(mv, kind);
    if (kept !== undefined) return kept;
    if (await this.#deps.beforeUpstream()) {
      const restored = await this.#kept(mv, kind);
      if (restored !== undefined) return restored;
    }
    return await this.#fetch(mv, kind, flight());
  }

  async #kept(mv: ModVer, kind: FileKind): Promise<FileAnswer | undefined> {
    const { store, held, goSum, warn } = this.#deps;
    const mine = held.get(mv, kind);
    if (mine !== undefined) return { file: mine, source: 'disk', retries: 0 };
    const expected = kind === 'info' ? [] : goSum(mv.path, mv.version, kind);
    const file = await this.#fromStore(mv, kind, expected);
    if (file === undefined) return undefined;
    if (expected.length > 0 && (file.h1 === undefined || !expected.includes(file.h1))) {
      const key = keyOf(mv, kind);
      if (!this.#disputed.has(key)) {
        warn(
          `the store's ${key} has ${file.h1 ?? 'no hash'}, go.sum wants ${expected.join(' or ')}: not served, asking the upstream`,
        );
      }
      this.#disputed.add(key);
      return undefined;
    }
    void store.touch(mv).catch(() => undefined);
    return { file, source: 'store', retries: 0 };
  }

  /** What the index knows, else a file without index entry that has one of the hashes of go.sum. */
  async #fromStore(mv: ModVer, kind: FileKind, expected: readonly string[]): Promise<StoredFile | undefined> {
    const { store } = this.#deps;
    try {
      let file = await store.get(mv, kind);
      for (const h1 of expected) file ??= await store.get(mv, kind, h1);
      return file;
    } catch (error) {
      this.#keeper.storeFailed(error);
      return undefined;
    }
  }

  async #fetch(mv: ModVer, kind: FileKind, flight: Flight): Promise<Found> {
    const { chain, direct } = this.#deps;
    const what = `${mv.path}@${mv.version}.${kind}`;
    const path = `${escapePath(mv.path)}/@v/${escapeVersion(mv.version)}.${kind}`;
    const doubt = createDoubt();
    // Asked at once, so that a look-up in the checksum database runs beside the download.
    const vouched = kind === 'info' ? undefined : this.#deps.vouch(mv.path, mv.version, kind);
    let restored: FileAnswer | undefined;
    const walk = () =>
      chain.fetch(
        {
          path,
          what,
          limit: LIMITS[kind],
          wrongStops: kind !== 'info',
          direct: direct === undefined ? undefined : () => direct.file(mv.path, mv.version, kind),
          ...(kind === 'zip' ? { tempFile: () => this.#keeper.tempFile() } : {}),
          check: async (body, again) =>
            await checkBody(mv, kind, body, {
              vouched,
              doubt: again ? doubt : undefined,
              hashZip: async file => {
                const priority = flight.asker === 'client' ? 'now' : 'later';
                flight.job = this.#deps.hasher.hashZip(file, mv, priority);
                return await flight.job.result;
              },
            }),
        },
        {
          abandon: async () => {
            restored = await this.#kept(mv, kind);
            return restored !== undefined;
          },
        },
      );
    const once = async (): Promise<Found> => {
      const walked = await walk();
      if (walked.state === 'abandoned') {
        if (restored !== undefined) return restored;
        throw new ProxyError('closing', 'modgate: the session is ending');
      }
      if (walked.state === 'absent') {
        throw new ProxyError('absent', walked.text, { upstream: walked.upstream, retries: walked.retries });
      }
      const file = await this.#keeper.keep(mv, walked.value, () => flight.asker === 'client');
      const kept = file === undefined ? {} : { file };
      return { ...provenance(walked), ...kept, ...sumdbState(walked.value.vouch) };
    };
    const storeWasFine = !this.#keeper.storeTrouble;
    return await once().catch(async (error: unknown) => {
      // The store's disk is full or broken: the session's own directory may be on another one.
      if (error instanceof ProxyError || !storeWasFine || kind !== 'zip') throw error;
      this.#keeper.storeFailed(error);
      return await once();
    });
  }
}

function keyOf(mv: ModVer, kind: FileKind): string {
  return `${mv.path}@${mv.version}.${kind}`;
}

function provenance(walked: Extract<Walked<unknown>, { state: 'ok' }>) {
  return { source: walked.via, upstream: walked.upstream, retries: walked.retries } as const;
}

function sumdbState(vouch: Vouch | undefined): { sumdb?: NonNullable<RequestRecord['sumdb']> } {
  if (vouch === undefined) return {};
  if (vouch.state === 'known') return { sumdb: vouch.by === 'sumdb' ? 'verified' : 'skipped' };
  return { sumdb: 'absent' };
}
