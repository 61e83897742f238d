import type { Priority } from '../store/hasher.ts';
import type { FileKind, ModVer, Store, StoredFile } from '../store/types.ts';
import type { Pins } from './pins.ts';
import type { Vouch, VouchFn } from './types.ts';

export interface StoredDeps {
  readonly store: Store;
  readonly vouch: VouchFn;
  /** The h1s that the session's own go.sum files have for a file; empty when they have none. */
  readonly goSum: (module: string, version: string, file: 'zip' | 'mod') => readonly string[];
  readonly pins: Pins;
  readonly warn: (line: string) => void;
  /** The medium failed. */
  readonly onFailure: (error: unknown) => void;
}

/** Files told of one by one; a store that is wrong throughout is told of once more, as a whole. */
const MAX_TOLD = 20;

/**
 * What of the store this job may have. Of one that modgate alone writes: everything but what go.sum contradicts. Of
 * one that is not believed (see `Proof`): the zips and go.mod files that go.sum or the checksum database vouch for,
 * because without either go would not notice what it is given, and no `.info` but those that this process brought.
 */
export class Stored {
  readonly #deps: StoredDeps;
  readonly #told = new Set<string>();

  constructor(deps: StoredDeps) {
    this.#deps = deps;
  }

  /** Undefined when it is not there or not to be had; says why once where it is not what it should be. */
  async get(mv: ModVer, kind: FileKind, priority: Priority = 'now'): Promise<StoredFile | undefined> {
    if (kind === 'info') {
      const info = await this.#read(mv, kind, [], priority);
      return info?.unproven === true ? undefined : info;
    }
    const { store, goSum, pins } = this.#deps;
    const listed = goSum(mv.path, mv.version, kind);
    const full = store.proof === 'full';
    if (!full && listed.length === 0) return await this.#unlisted(mv, kind, priority);
    const wanted =
      listed.length > 0 ? { h1s: listed, says: ', go.sum wants' } : await this.#askWhatFits(mv, kind);
    if (wanted === undefined) return undefined;
    const file = await this.#read(mv, kind, listed, priority);
    if (file === undefined) return undefined;
    if (file.h1 !== undefined && wanted.h1s.includes(file.h1)) return file;
    // What go.sum has instead of a pinned hash is an error, and no reason to ask anybody.
    if (!full && file.by !== undefined && pins.covers(mv.path)) return undefined;
    this.#tell(
      `${mv.path}@${mv.version}.${kind}`,
      `the store's ${mv.path}@${mv.version}.${kind} has ${file.h1 ?? 'no hash'}${wanted.says} ${wanted.h1s.join(' or ')}: not served, asking the upstream`,
    );
    return undefined;
  }

  /** What was only pinned when it was first seen has to satisfy a checksum database that knows it. */
  async #unlisted(mv: ModVer, kind: 'mod' | 'zip', priority: Priority): Promise<StoredFile | undefined> {
    const { pins, vouch } = this.#deps;
    const file = await this.#read(mv, kind, [], priority);
    if (file === undefined || file.by !== 'first-seen' || pins.covers(mv.path)) return file;
    const told = await vouch(mv.path, mv.version, kind);
    if (told.state !== 'known' || told.h1s.includes(file.h1 ?? '')) return file;
    this.#tell(
      `${mv.path}@${mv.version}.${kind}`,
      `the store's ${mv.path}@${mv.version}.${kind} has ${file.h1 ?? 'no hash'}, as it was first seen by a job without checksum database, which wants ${told.h1s.join(' or ')}: not served, asking the upstream. What that job built has to be looked at`,
    );
    return undefined;
  }

  /** An .info of which nobody knows whether it is true. */
  async claimed(mv: ModVer): Promise<StoredFile | undefined> {
    const info = await this.#read(mv, 'info', [], 'now');
    return info?.unproven === true ? info : undefined;
  }

  /** Takes an .info for true, because an upstream told the same bytes; undefined when it is gone by now. */
  async confirm(mv: ModVer, claimed: StoredFile): Promise<StoredFile | undefined> {
    this.#deps.store.confirm(mv, claimed);
    return await this.get(mv, 'info');
  }

  /** Whether the store has code of this version that somebody vouches for: then the version exists. */
  async isProven(mv: ModVer): Promise<boolean> {
    return (await this.get(mv, 'mod')) !== undefined;
  }

  /** Whom a file without a line in go.sum has to satisfy; undefined when it is not there or nobody knows. */
  async #askWhatFits(
    mv: ModVer,
    kind: 'mod' | 'zip',
  ): Promise<{ readonly h1s: readonly string[]; readonly says: string } | undefined> {
    const { store, vouch } = this.#deps;
    // What is not there is not asked about here: its download and the question go side by side.
    const entry = await store.entry(mv).catch(() => undefined);
    if (entry?.[kind] === undefined) return undefined;
    const told = await vouch(mv.path, mv.version, kind);
    if (told.state === 'known') return { h1s: told.h1s, says: ', the checksum database wants' };
    this.#tell(told.state, unvouched(`${mv.path}@${mv.version}`, told));
    return undefined;
  }

  /** What the index knows, else a file without index entry that has one of the hashes of go.sum. */
  async #read(
    mv: ModVer,
    kind: FileKind,
    listed: readonly string[],
    priority: Priority,
  ): Promise<StoredFile | undefined> {
    const { store, onFailure } = this.#deps;
    try {
      let file = await store.get(mv, kind, undefined, priority);
      for (const h1 of listed) file ??= await store.get(mv, kind, h1, priority);
      return file;
    } catch (error) {
      onFailure(error);
      return undefined;
    }
  }

  #tell(what: string, line: string): void {
    if (this.#told.has(what) || this.#told.size > MAX_TOLD) return;
    this.#told.add(what);
    const { warn } = this.#deps;
    if (this.#told.size <= MAX_TOLD) warn(line);
    else warn(`more files of the store are not served, for reasons like those of the first ${MAX_TOLD}`);
  }
}

function unvouched(what: string, vouch: Exclude<Vouch, { state: 'known' }>): string {
  const next =
    vouch.state === 'unknown'
      ? 'a line in go.sum lets the shared cache serve it'
      : 'so is what else nobody vouches for just now';
  return `the shared cache has ${what}, but neither go.sum nor the checksum database vouches for it (${vouch.why}): it is fetched anew; ${next}`;
}
