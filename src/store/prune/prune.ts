import * as fs from 'node:fs';
import type { DiskStore } from '../disk.ts';
import { asStoreError, StoreError } from '../errors.ts';
import { LOOSE_MS, PIN_MS } from '../keep-times.ts';
import { INDEX, PRUNED } from '../layout.ts';
import type { ModVer } from '../types.ts';
import { type ModuleDirectory, moduleDirectories, type WalkReport } from './directories.ts';
import { isOlder, removeEmpty } from './empty-directories.ts';
import { Ledger } from './ledger.ts';
import { CLAIMED, lastUse, readVersions, type VersionState } from './module-versions.ts';
import { sweepOwnFiles } from './own-files.ts';
import { Pace } from './pace.ts';
import { isPin } from './pinned.ts';
import { removeModuleDirectory, removeVersions } from './remove-module.ts';
import { isThere, RECENT_MS, removeFile } from './remove-version.ts';
import type { PruneOptions, PruneReason, PruneReport } from './types.ts';
import { Cutter, UseTimes } from './use-times.ts';

/**
 * Removes from a store what its rules are against, and what dead processes left; see `PruneOptions` for the rules and
 * remove-version.ts for why that is safe beside running jobs, other prunes, and at any kill. What a prune does not
 * come to, the next one does.
 *
 * Two walks at most: the first removes by time and age, and adds up how much was last used when; the second, only when
 * the store is still too large, removes the least recently used. Memory grows with neither versions nor files, but
 * with those of the largest directory. Time is linear in the number of files.
 *
 * Throws StoreError: `store-read-only` when the store cannot be written and this is no dry run, and what the medium
 * says when its root cannot be read. Single files that cannot be read or removed are in the report.
 */
export async function prune(store: DiskStore, options: PruneOptions): Promise<PruneReport> {
  if (!options.dryRun && !store.writable) {
    const message = `module store: ${store.location} cannot be written, so nothing can be removed from it; run this as the user that the store belongs to, or try --dry-run`;
    throw new StoreError('store-read-only', store.location, message);
  }
  return await new Prune(store, options).run();
}

class Prune {
  readonly #store: DiskStore;
  readonly #options: PruneOptions;
  readonly #ledger: Ledger;
  readonly #times = new UseTimes();
  readonly #pace: Pace;
  readonly #report: WalkReport;

  constructor(store: DiskStore, options: PruneOptions) {
    this.#store = store;
    this.#options = options;
    const ledger = new Ledger(store.location, options);
    this.#ledger = ledger;
    this.#pace = new Pace(options.until, () => ledger.tell());
    this.#report = {
      foreign: (key, why) => ledger.foreign.add(key, why),
      failed: (key, error) => ledger.failed.add(key, wordsOf(error, store.parts.tree.path(key))),
      empty: key => this.#empty(key),
    };
  }

  async run(): Promise<PruneReport> {
    const ledger = this.#ledger;
    const finished =
      (await this.#look()) && (await this.#lookAtIndex()) && (await this.#own()) && (await this.#shrink());
    if (!this.#options.dryRun) {
      await this.#store.flush().catch((error: unknown) => this.#report.failed('', error));
      await this.#mark(finished);
    }
    return ledger.report(finished);
  }

  /** The marker of the last prune; a store that has no room for it is none the worse. */
  async #mark(finished: boolean): Promise<void> {
    const { now } = this.#options;
    const bytes = JSON.stringify({ v: 1, at: now, finished, bytes: this.#ledger.bytesLeft });
    await this.#store.parts.tree.write(PRUNED, Buffer.from(bytes)).catch(() => undefined);
  }

  async #own(): Promise<boolean> {
    const { now, maxBytes, dryRun } = this.#options;
    const ledger = this.#ledger;
    const own = await sweepOwnFiles(this.#store.parts.tree, {
      now,
      maxBytes,
      dryRun,
      pace: this.#pace,
      swept: (litter, bytes) => ledger.sweep(litter, bytes),
      emptied: count => {
        ledger.emptyDirectories += count;
      },
      failed: this.#report.failed,
    });
    ledger.otherBytes += own.bytes;
    return own.finished;
  }

  /** The first walk: what time and age are against goes at once. */
  async #look(): Promise<boolean> {
    for (const module of moduleDirectories(this.#store.location, this.#report)) {
      if (await this.#pace.stop()) return false;
      const doomed = new Map<VersionState, PruneReason>();
      const states = readVersions(this.#store.location, module, this.#report);
      for (const state of states) {
        const reason = await this.#judge(module, state);
        if (reason !== undefined) doomed.set(state, reason);
      }
      await this.#remove(module, states, doomed);
      await this.#tidyIndex(module, states);
      if (states.length === 0) this.#bare(module);
    }
    return true;
  }

  async #judge(module: ModuleDirectory, state: VersionState): Promise<PruneReason | undefined> {
    const { now, keepSinceMs, maxAgeMs } = this.#options;
    const ledger = this.#ledger;
    if (isLoose(state)) return undefined;
    ledger.see(state.bytes);
    if (isAbandoned(state)) return 'resumed';
    const mv = { path: module.path, version: state.version };
    if (this.#isListed(mv)) return void ledger.listed.add(state.bytes);
    const used = lastUse(state);
    if (isInUse(state, now)) return void ledger.recent.add(state.bytes);
    if (used < now - keepSinceMs) return 'unused';
    if (maxAgeMs !== undefined && (await this.#firstSeen(mv, state)) < now - maxAgeMs) return 'age';
    this.#times.add(used, state.bytes);
    return undefined;
  }

  #isListed(mv: ModVer): boolean {
    return this.#options.keep?.(mv) === true;
  }

  /** A version without an index entry was first seen when its files were written. */
  async #firstSeen(mv: ModVer, state: VersionState): Promise<number> {
    const entry =
      state.touched === undefined ? undefined : await this.#store.entry(mv).catch(() => undefined);
    const seen = entry === undefined ? Number.NaN : Date.parse(entry.firstSeen);
    return Number.isNaN(seen) ? state.written : seen;
  }

  /** The second walk. */
  async #shrink(): Promise<boolean> {
    const { maxBytes, now } = this.#options;
    const ledger = this.#ledger;
    const excess = ledger.bytesLeft - maxBytes;
    if (excess <= 0) return true;
    ledger.phase = 'shrink';
    const cutter = new Cutter(this.#times.cut(excess));
    const quiet: WalkReport = { foreign: () => {}, failed: () => {}, empty: () => {} };
    for (const module of moduleDirectories(this.#store.location, quiet)) {
      if (await this.#pace.stop()) return false;
      const states = readVersions(this.#store.location, module, quiet);
      const doomed = new Map<VersionState, PruneReason>();
      for (const state of states) {
        const used = lastUse(state);
        if (isLoose(state) || isAbandoned(state) || isInUse(state, now)) continue;
        // In a dry run those are still there that the first walk counted.
        if (this.#options.dryRun && (await this.#wentBefore(module, state))) continue;
        if (this.#isListed({ path: module.path, version: state.version })) continue;
        if (cutter.takes(used, state.bytes)) doomed.set(state, 'size');
      }
      await this.#remove(module, states, doomed);
    }
    return true;
  }

  async #wentBefore(module: ModuleDirectory, state: VersionState): Promise<boolean> {
    const { now, keepSinceMs, maxAgeMs } = this.#options;
    if (lastUse(state) < now - keepSinceMs) return true;
    if (maxAgeMs === undefined) return false;
    return (await this.#firstSeen({ path: module.path, version: state.version }, state)) < now - maxAgeMs;
  }

  async #remove(
    module: ModuleDirectory,
    states: readonly VersionState[],
    doomed: ReadonlyMap<VersionState, PruneReason>,
  ): Promise<void> {
    if (doomed.size === 0) return;
    const ledger = this.#ledger;
    if (this.#options.dryRun) {
      for (const [{ bytes }, reason] of doomed) ledger.remove(reason, bytes);
      return ledger.moduleDone(module.path);
    }
    try {
      const all = doomed.size === states.filter(state => !isLoose(state)).length;
      const { outcomes, emptyDirectories } = await removeVersions(this.#store, module, [...doomed.keys()], {
        all,
        now: this.#options.now,
        failed: this.#report.failed,
      });
      for (const [state, reason] of doomed) {
        const outcome = outcomes.get(state);
        if (outcome === 'removed') ledger.remove(reason, state.bytes);
        else if (outcome !== undefined) ledger.meanwhile.add(state.bytes);
      }
      ledger.emptyDirectories += emptyDirectories;
    } catch (error) {
      this.#report.failed(module.key, error);
    }
    ledger.moduleDone(module.path);
  }

  /** Index entries of modules that are not in the tree. */
  async #lookAtIndex(): Promise<boolean> {
    const { tree } = this.#store.parts;
    const inIndex = (key: string): string => (key === '' ? INDEX : `${INDEX}/${key}`);
    const report: WalkReport = {
      foreign: (key, why) => this.#report.foreign(inIndex(key), why),
      failed: (key, error) => this.#report.failed(inIndex(key), error),
      empty: key => this.#empty(inIndex(key)),
    };
    for (const module of moduleDirectories(tree.path(INDEX), report)) {
      if (await this.#pace.stop()) return false;
      if (isThere(tree.path(module.key))) continue;
      const states = readVersions(this.#store.location, module, this.#report);
      const doomed = new Map<VersionState, PruneReason>();
      for (const state of states) {
        const reason = await this.#judge(module, state);
        if (reason !== undefined) doomed.set(state, reason);
      }
      await this.#remove(module, states, doomed);
      await this.#tidyIndex(module, states);
      this.#empty(inIndex(module.key));
    }
    return true;
  }

  /**
   * Index entries without any file, a day after the last commit that could be on its way, or a year and a month for
   * those that hold a pin; and what a killed prune left beside the entry of a version that was committed anew.
   */
  async #tidyIndex(module: ModuleDirectory, states: readonly VersionState[]): Promise<void> {
    for (const state of states) {
      const key = `${INDEX}/${module.key}/${state.stem}.json`;
      if (isLoose(state)) await this.#loose(key, state.bytes, { path: module.path, version: state.version });
      if (state.claimed && state.touched !== undefined && !this.#options.dryRun) {
        this.#try(key, () => removeFile(`${this.#store.parts.tree.path(key)}${CLAIMED}`));
      }
    }
  }

  async #loose(key: string, bytes: number, mv: ModVer): Promise<void> {
    const file = this.#store.parts.tree.path(key);
    try {
      const age = this.#options.now - changedAt(file);
      if (age <= LOOSE_MS || (age <= PIN_MS && (await isPin(file, mv)))) {
        this.#ledger.otherBytes += bytes;
        return;
      }
      if (!this.#options.dryRun) removeFile(file);
      this.#ledger.sweep('index', bytes);
    } catch (error) {
      this.#report.failed(key, error);
    }
  }

  /** A module directory without a version. */
  #bare(module: ModuleDirectory): void {
    const { dryRun, now } = this.#options;
    if (dryRun || !isOlder(this.#store.parts.tree, module.key, now - RECENT_MS)) return;
    this.#try(module.key, () => {
      this.#ledger.emptyDirectories += removeModuleDirectory(this.#store, module);
    });
  }

  /** A directory that was empty when the walk came to it; a young one is a commit's that has not put its files yet. */
  #empty(key: string): void {
    const { tree } = this.#store.parts;
    if (this.#options.dryRun || !isOlder(tree, key, this.#options.now - RECENT_MS)) return;
    this.#ledger.emptyDirectories += removeEmpty(tree, key);
  }

  #try(key: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#report.failed(key, error);
    }
  }
}

/** An index entry without any file, and no prune at it. */
function isLoose(state: VersionState): boolean {
  return state.kinds.length === 0 && !state.claimed;
}

/** Used within the last hour, or put there: a version that was just copied or unpacked may have an old last use. */
function isInUse(state: VersionState, now: number): boolean {
  return Math.max(lastUse(state), state.written) > now - RECENT_MS;
}

/** A prune had begun to remove it and did not come to the end. */
function isAbandoned(state: VersionState): boolean {
  return state.claimed && state.touched === undefined;
}

/** When a file came to its place: an entry that was restored or unpacked just now has old times of its own. */
function changedAt(file: string): number {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  return stat === undefined ? Number.POSITIVE_INFINITY : Math.max(stat.mtimeMs, stat.ctimeMs);
}

function wordsOf(error: unknown, file: string): string {
  return asStoreError(error, file, 'write').message;
}
