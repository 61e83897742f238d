import * as fs from 'node:fs';
import path from 'node:path';
import { isAbsent } from '../files.ts';
import { PARTIAL_TILE_MS, SOFT_MS, SUMDB_MIN_BYTES, SUMDB_SHARE } from '../keep-times.ts';
import { SOFT, USE_LOG, USE_LOG_MONTHS } from '../layout.ts';
import { passingFiles } from '../sweep.ts';
import type { Tree } from '../tree.ts';
import { entriesOf } from './directories.ts';
import { removeEmpty } from './empty-directories.ts';
import type { Pace } from './pace.ts';
import { removeFile } from './remove-version.ts';
import type { Litter } from './types.ts';
import { Cutter, UseTimes } from './use-times.ts';

const MAX_DEPTH = 64;

export interface OwnFilesOptions {
  readonly now: number;
  readonly maxBytes: number;
  readonly dryRun: boolean;
  readonly pace: Pace;
  /** Told of each file that goes. */
  readonly swept: (litter: Litter, bytes: number) => void;
  readonly emptied: (directories: number) => void;
  readonly failed: (key: string, error: unknown) => void;
}

/**
 * Sweeps what is not files of versions: temp files of dead makers, old quarantine, soft files, old logs, and of the
 * checksum database what is beyond its share, oldest first. Returns the bytes that stay, and false for `finished`
 * when it was stopped.
 */
export async function sweepOwnFiles(
  tree: Tree,
  options: OwnFilesOptions,
): Promise<{ readonly bytes: number; readonly finished: boolean }> {
  const sweeper = new Sweeper(tree, options);
  const finished = (await sweeper.passing()) && (await sweeper.soft()) && (await sweeper.sumdb());
  sweeper.log();
  return { bytes: sweeper.stays, finished };
}

class Sweeper {
  readonly #tree: Tree;
  readonly #options: OwnFilesOptions;
  /** Bytes. */
  stays = 0;

  constructor(tree: Tree, options: OwnFilesOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  async passing(): Promise<boolean> {
    try {
      for await (const { of, file, size, over } of passingFiles(this.#tree, this.#options.now)) {
        if (await this.#options.pace.stop()) return false;
        if (!over) this.stays += size;
        else this.#sweep(of, path.relative(this.#tree.root, file), file, size);
      }
    } catch (error) {
      this.#options.failed('modgate', error);
    }
    return true;
  }

  async soft(): Promise<boolean> {
    const old = this.#options.now - SOFT_MS;
    for (const { key, file, stat } of this.#filesBelow(SOFT)) {
      if (await this.#options.pace.stop()) return false;
      if (stat.mtimeMs < old) this.#sweep('soft', key, file, stat.size);
      else this.stays += stat.size;
    }
    return true;
  }

  log(): void {
    const oldest = `${oldestLogMonth(this.#options.now)}.jsonl`;
    for (const { key, file, stat } of this.#filesBelow(USE_LOG)) {
      if (/^\d{4}-\d\d\.jsonl$/.test(path.basename(file)) && path.basename(file) < oldest) {
        this.#sweep('log', key, file, stat.size);
      } else this.stays += stat.size;
    }
  }

  async sumdb(): Promise<boolean> {
    const { now, maxBytes, pace } = this.#options;
    const times = new UseTimes();
    let bytes = 0;
    for (const { key, file, stat } of this.#filesBelow('sumdb')) {
      if (await pace.stop()) return false;
      if (key.includes('.p/') && stat.mtimeMs < now - PARTIAL_TILE_MS) {
        this.#sweep('sumdb', key, file, stat.size);
        continue;
      }
      bytes += stat.size;
      if (!isTreeHead(key)) times.add(stat.mtimeMs, stat.size);
    }
    const excess = bytes - Math.max(SUMDB_MIN_BYTES, maxBytes * SUMDB_SHARE);
    const cutter = excess > 0 ? new Cutter(times.cut(excess)) : undefined;
    for (const { key, file, stat } of cutter === undefined ? [] : this.#filesBelow('sumdb')) {
      if (await pace.stop()) return false;
      const old = key.includes('.p/') && stat.mtimeMs < now - PARTIAL_TILE_MS;
      if (old || isTreeHead(key) || cutter?.takes(stat.mtimeMs, stat.size) !== true) continue;
      this.#sweep('sumdb', key, file, stat.size);
      bytes -= stat.size;
    }
    this.stays += bytes;
    return true;
  }

  #sweep(litter: Litter, key: string, file: string, bytes: number): void {
    const { dryRun, swept, emptied, failed } = this.#options;
    try {
      if (!dryRun) {
        removeFile(file);
        if (litter === 'soft' || litter === 'sumdb') {
          emptied(removeEmpty(this.#tree, path.posix.dirname(key)));
        }
      }
      swept(litter, bytes);
    } catch (error) {
      this.stays += bytes;
      failed(key, error);
    }
  }

  *#filesBelow(key: string, depth = 0): Generator<{ key: string; file: string; stat: fs.Stats }> {
    const dirs: string[] = [];
    try {
      if (!fs.lstatSync(this.#tree.path(key)).isDirectory()) return;
      for (const entry of entriesOf(this.#tree.path(key))) {
        const here = `${key}/${entry.name}`;
        if (entry.isDirectory()) dirs.push(here);
        else if (entry.isFile()) {
          const file = this.#tree.path(here);
          const stat = fs.lstatSync(file, { throwIfNoEntry: false });
          if (stat !== undefined) yield { key: here, file, stat };
        }
      }
    } catch (error) {
      if (!isAbsent(error)) this.#options.failed(key, error);
    }
    if (depth < MAX_DEPTH) for (const dir of dirs) yield* this.#filesBelow(dir, depth + 1);
  }
}

/** The newest tree head that was seen: what keeps the database from going back in time. */
export function isTreeHead(key: string): boolean {
  return key.endsWith('/latest') && !key.includes('/lookup/');
}

/** `yyyy-mm` of the oldest month whose log stays. */
export function oldestLogMonth(now: number): string {
  const today = new Date(now);
  return new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - USE_LOG_MONTHS + 1))
    .toISOString()
    .slice(0, 7);
}
