import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { within } from '../platform/within.ts';
import { asStoreError } from '../store/errors.ts';
import { removeQuietly } from '../store/files.ts';
import type { Commit, FileKind, ModVer, Store, StoredFile, Voucher } from '../store/types.ts';
import type { Checked } from './check.ts';
import type { HeldFiles } from './held.ts';
import type { Pins } from './pins.ts';
import type { Vouch, VouchFn } from './types.ts';

export interface KeeperDeps {
  readonly store: Store;
  readonly held: HeldFiles;
  readonly vouch: VouchFn;
  /**
   * Asked in the background about what only this job's own go.sum vouches for, so that it can be kept for
   * others after all. Undefined where nobody would read what is kept.
   */
  readonly vouchForAll?: VouchFn;
  /** The h1s that the session's own go.sum files have for a file; empty when they have none. */
  readonly goSum: (module: string, version: string, file: 'zip' | 'mod') => readonly string[];
  readonly pins: Pins;
  readonly warn: (line: string) => void;
}

/** Decides where a verified file goes: into the store for everybody, or into the session for this job alone. */
export class Keeper {
  readonly #deps: KeeperDeps;
  /** Work that no answer waits for. */
  readonly #background = new Set<Promise<void>>();
  /** The store's medium failed; nothing new goes there. */
  storeTrouble = false;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  /** A path for a download: on the store's disk, or on the session's when that one is in trouble. */
  tempFile(): string {
    const { store, held } = this.#deps;
    return store.writable && !this.storeTrouble ? store.tempFile() : held.tempFile();
  }

  /**
   * Into the store when somebody vouches for it, else into the session's own files. Undefined when it is in
   * the store and nobody waits for it (`wanted`): a prefetched file is read when it is asked for.
   */
  async keep(mv: ModVer, checked: Checked, wanted: () => boolean): Promise<StoredFile | undefined> {
    const { held } = this.#deps;
    if (checked.kind === 'info') {
      const { bytes, origin } = checked;
      const commit = { info: bytes, ...(origin === undefined ? {} : { origin }) };
      if (this.#strong(mv, await this.#versionVouch(mv, true)) !== undefined) {
        if (await this.#commit(mv, commit)) return wanted() ? await this.#committed(mv, 'info') : undefined;
      } else {
        // The answer does not wait for the checksum database; the store may get it a moment later.
        this.#later(this.#keepInfoLater(mv, commit));
      }
      return await held.holdBytes(mv, 'info', bytes);
    }
    const by = this.#strong(mv, checked.vouch);
    if (by === undefined || !this.#takes()) await removeOriginal(checked);
    if (by !== undefined && (await this.#commit(mv, commitOf(checked, by)))) {
      return wanted() ? await this.#committed(mv, checked.kind) : undefined;
    }
    const file =
      checked.kind === 'mod'
        ? await held.holdBytes(mv, 'mod', checked.bytes, checked.h1)
        : await held.holdZip(mv, checked);
    if (by === undefined) this.#later(this.#keepForAll(mv, checked, file));
    return file;
  }

  /** Resolves when what is kept in the background is kept, or after `ms`. */
  async settle(ms: number): Promise<void> {
    await within(ms, Promise.allSettled(this.#background));
  }

  #later(work: Promise<void>): void {
    const settled: Promise<void> = work
      .catch((error: unknown) => this.storeFailed(error))
      .finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }

  async #keepForAll(mv: ModVer, checked: CheckedCode, file: StoredFile): Promise<void> {
    const { vouchForAll, store } = this.#deps;
    const own = checked.vouch?.state === 'known' && checked.vouch.by === 'session-gosum';
    if (!own || vouchForAll === undefined || !store.writable) return;
    const vouch = await vouchForAll(mv.path, mv.version, checked.kind);
    const by = this.#strong(mv, vouch);
    if (by === undefined || vouch.state !== 'known' || !vouch.h1s.includes(checked.h1)) return;
    if (checked.kind === 'mod') {
      await this.#commit(mv, commitOf(checked, by));
      return;
    }
    const temp = this.tempFile();
    await pipeline(file.stream(), createWriteStream(temp));
    const { originalFile: _, ...rest } = checked;
    await this.#commit(mv, commitOf({ ...rest, file: temp }, by));
  }

  /**
   * False when the store cannot take it. One that fails on the way has removed the zip: to hold it fails then,
   * and the flight fetches once more, into the session's own directory.
   */
  async #commit(mv: ModVer, what: Commit): Promise<boolean> {
    if (!this.#takes()) return false;
    try {
      await this.#deps.store.commit(mv, what);
      return true;
    } catch (error) {
      this.storeFailed(error);
      return false;
    }
  }

  #takes(): boolean {
    return this.#deps.store.writable && !this.storeTrouble;
  }

  async #committed(mv: ModVer, kind: FileKind): Promise<StoredFile | undefined> {
    return await this.#deps.store.get(mv, kind).catch((error: unknown) => {
      this.storeFailed(error);
      return undefined;
    });
  }

  async #keepInfoLater(mv: ModVer, what: Commit): Promise<void> {
    const vouch = await this.#versionVouch(mv, false);
    const own = this.#strong(mv, vouch) === undefined;
    const last = own ? await this.#deps.vouchForAll?.(mv.path, mv.version, 'mod') : vouch;
    if (this.#strong(mv, last) !== undefined) await this.#commit(mv, what);
  }

  /** An .info is vouched for by what vouches for its version; `fast` asks nobody over the network. */
  async #versionVouch(mv: ModVer, fast: boolean): Promise<Vouch | undefined> {
    for (const file of ['mod', 'zip'] as const) {
      if (fast && this.#deps.goSum(mv.path, mv.version, file).length === 0) continue;
      const vouch = await this.#deps.vouch(mv.path, mv.version, file);
      if (vouch.state === 'known') return vouch;
    }
    return undefined;
  }

  /** Who vouches for a file so that others may have it, too. */
  #strong(mv: ModVer, vouch: Vouch | undefined): Voucher | undefined {
    if (vouch?.state !== 'known') return this.#deps.pins.mayPin(mv.path);
    return vouch.by === 'session-gosum' ? undefined : vouch.by;
  }

  /** A store that fails costs speed, never the job: said once. */
  storeFailed(error: unknown): void {
    if (this.storeTrouble) return;
    this.storeTrouble = true;
    const { store, warn } = this.#deps;
    const { message } = asStoreError(error, store.location, 'write');
    warn(`${message}. The job goes on without keeping new modules there`);
  }
}

type CheckedCode = Extract<Checked, { kind: 'mod' | 'zip' }>;

function commitOf(checked: CheckedCode, by: Voucher): Commit {
  const { h1 } = checked;
  if (checked.kind === 'mod') return { mod: { bytes: checked.bytes, h1, by } };
  const { file, facts, representation, original, originalFile } = checked;
  const kept = originalFile === undefined ? {} : { originalFile };
  return { zip: { file, h1, by, facts, representation, original, ...kept } };
}

/** What only a store could have passed on. */
async function removeOriginal(checked: CheckedCode): Promise<void> {
  if (checked.kind === 'zip' && checked.originalFile !== undefined) await removeQuietly(checked.originalFile);
}
