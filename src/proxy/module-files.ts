import type { RequestRecord } from '../audit/journal-record.ts';
import { escapePath, escapeVersion } from '../gomod/module-path.ts';
import type { Hasher, HashJob, Priority } from '../store/hasher.ts';
import type { FileKind, ModVer, Representation } from '../store/types.ts';
import { checkBody } from './check.ts';
import { createDoubt } from './doubt.ts';
import { ProxyError } from './errors.ts';
import { type FileAnswer, type Found, LIMITS, provenance } from './file-answer.ts';
import { Infos } from './infos.ts';
import { Keeper, type KeeperDeps } from './keeper.ts';
import { changed, type Pin } from './pins.ts';
import type { RouteFn } from './route.ts';
import { Stored } from './stored.ts';
import type { Vouch } from './types.ts';

/** Zips up to this size are read once and hashed on their way out; hashing a longer one delays its first byte. */
const LONG_ZIP = 1024 * 1024;

export interface ModuleFilesDeps extends KeeperDeps {
  readonly route: RouteFn;
  readonly hasher: Hasher;
  /**
   * In which form zips are kept. go unpacks `stored` ones twice as fast, and an archive that is compressed as a whole gets
   * smaller by them; `original` is for where the disk counts.
   */
  readonly representation: Representation;
  /**
   * Resolves when asking the upstream for a file (or for something else, when none is named) is better than waiting
   * for a restore of the shared cache: true if it waited.
   */
  readonly beforeUpstream: (mv?: ModVer, kind?: FileKind) => Promise<boolean>;
  /** Settles when the restore brought a file, or ended; undefined when it is not expected to. */
  readonly restoring?: (mv: ModVer, kind: FileKind) => Promise<void> | undefined;
  readonly log: (line: string) => void;
}

/** Who wants a file: a prefetch is never hurried, and the first client that asks for the same hurries it. */
export type Asker = 'client' | 'prefetch';

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
  readonly #keeper: Keeper;
  readonly #stored: Stored;
  readonly #infos: Infos;

  constructor(deps: ModuleFilesDeps) {
    this.#deps = deps;
    const keeper = new Keeper(deps);
    const stored = new Stored({ ...deps, onFailure: error => keeper.storeFailed(error) });
    this.#keeper = keeper;
    this.#stored = stored;
    this.#infos = new Infos({ ...deps, keeper, stored });
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
    if (await this.#isReady(mv, kind)) return;
    const flight = this.#flights.get(key) ?? this.#fly(key, mv, kind, 'prefetch');
    const { file: _, ...provenance } = await flight.found;
    if (flight.asker === 'prefetch' && provenance.source !== 'store') this.#ahead.set(key, provenance);
  }

  /** Settles when a restore under way brought the file or will not; undefined when there is nothing to wait for. */
  restoring(mv: ModVer, kind: FileKind): Promise<void> | undefined {
    // What a restore says of a version the upstream has to confirm anyway.
    if (this.#mustConfirm(kind)) return undefined;
    return this.#deps.restoring?.(mv, kind);
  }

  /** The `.info` that can be had without asking anybody. */
  async offlineInfo(mv: ModVer): Promise<FileAnswer | undefined> {
    return await this.#infos.offline(mv);
  }

  /** Whether somebody vouches for what the store has of this version. */
  async isProven(mv: ModVer): Promise<boolean> {
    return await this.#stored.isProven(mv);
  }

  #mustConfirm(kind: FileKind): boolean {
    return kind === 'info' && this.#deps.store.proof === 'full';
  }

  /** Whether the store has it; what takes long to verify is verified while go still reads go.mod files. */
  async #isReady(mv: ModVer, kind: FileKind): Promise<boolean> {
    const { store } = this.#deps;
    if (this.#mustConfirm(kind)) return (await this.#stored.get(mv, kind)) !== undefined;
    const entry = await store.entry(mv, 'here').catch(() => undefined);
    if (entry?.[kind] === undefined) return false;
    if (kind !== 'zip') return true;
    const long = store.proof === 'full' || (entry.zip?.size ?? 0) > LONG_ZIP;
    return !long || (await this.#kept(mv, kind, 'later')) !== undefined;
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
    if (this.#mustConfirm(kind)) {
      const info = await this.#infos.get(mv, () => flight().asker === 'client');
      if (info !== undefined) return info;
      return await this.#fetch(mv, kind, flight()).catch(async (error: unknown) => {
        const made = await this.#infos.lastResort(mv, error);
        if (made === undefined) throw error;
        return made;
      });
    }
    if (await this.#deps.beforeUpstream(mv, kind)) {
      const restored = await this.#kept(mv, kind);
      if (restored !== undefined) return restored;
    }
    return await this.#fetch(mv, kind, flight());
  }

  async #kept(mv: ModVer, kind: FileKind, priority: Priority = 'now'): Promise<FileAnswer | undefined> {
    const { store, held } = this.#deps;
    const mine = held.get(mv, kind);
    if (mine !== undefined) return { file: mine, source: 'disk', retries: 0 };
    const file = await this.#stored.get(mv, kind, priority);
    if (file === undefined) return undefined;
    void store.touch(mv).catch(() => undefined);
    return { file, source: 'store', retries: 0 };
  }

  async #fetch(mv: ModVer, kind: FileKind, flight: Flight): Promise<Found> {
    const { representation } = this.#deps;
    const { chain, direct } = this.#deps.route(mv.path);
    const what = `${mv.path}@${mv.version}.${kind}`;
    const path = `${escapePath(mv.path)}/@v/${escapeVersion(mv.version)}.${kind}`;
    const doubt = createDoubt();
    const pinned = kind === 'info' ? undefined : await this.#pinned(mv, kind);
    // Asked at once, so that a look-up in the checksum database runs beside the download.
    const vouched =
      kind === 'info' ? undefined : (pinned?.vouch ?? this.#deps.vouch(mv.path, mv.version, kind));
    let otherThanPinned: string | undefined;
    let restored: FileAnswer | undefined;
    const walk = () =>
      chain.fetch(
        {
          path,
          what,
          limit: LIMITS[kind],
          wrongStops: kind !== 'info',
          direct:
            direct &&
            (wanted =>
              direct.file(mv.path, mv.version, kind, {
                ...wanted,
                urgent: () => flight.asker === 'client',
              })),
          ...(kind === 'zip' ? { tempFile: () => this.#keeper.tempFile() } : {}),
          check: async (body, again) =>
            await checkBody(mv, kind, body, {
              vouched,
              onOther: h1 => {
                otherThanPinned = h1;
              },
              doubt: again ? doubt : undefined,
              storedTo: kind === 'zip' && representation === 'stored' ? this.#keeper.tempFile() : undefined,
              keepOriginal: this.#deps.store.wantsOriginals === true,
              hashZip: async (file, storedTo) => {
                const priority = flight.asker === 'client' ? 'now' : 'later';
                flight.job = this.#deps.hasher.hashZip(file, mv, priority, storedTo);
                return await flight.job.result;
              },
            }),
        },
        {
          abandon: async () => {
            restored =
              (await this.#kept(mv, kind)) ??
              (this.#mustConfirm(kind) ? await this.#infos.offline(mv) : undefined);
            return restored !== undefined;
          },
        },
      );
    const once = async (): Promise<Found> => {
      const walked = await walk().catch((error: unknown) => {
        const wrong = error instanceof ProxyError && error.code === 'upstream-wrong';
        if (!wrong || otherThanPinned === undefined || pinned === undefined) throw error;
        throw changed(mv, pinned.pin, otherThanPinned, error.upstream);
      });
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

  /** Rejects with ProxyError where go.sum and the hash that was first seen contradict each other. */
  async #pinned(
    mv: ModVer,
    kind: 'mod' | 'zip',
  ): Promise<{ readonly pin: Pin; readonly vouch: Promise<Vouch> | undefined } | undefined> {
    const { pins, goSum } = this.#deps;
    const pin = await pins.of(mv, kind);
    if (pin === undefined) return undefined;
    const vouch = pins.vouch(mv, pin, goSum(mv.path, mv.version, kind));
    return { pin, vouch: vouch && Promise.resolve(vouch) };
  }
}

function keyOf(mv: ModVer, kind: FileKind): string {
  return `${mv.path}@${mv.version}.${kind}`;
}

function sumdbState(vouch: Vouch | undefined): { sumdb?: NonNullable<RequestRecord['sumdb']> } {
  if (vouch === undefined) return {};
  if (vouch.state === 'known') return { sumdb: vouch.by === 'sumdb' ? 'verified' : 'skipped' };
  return { sumdb: 'absent' };
}
