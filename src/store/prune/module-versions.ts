import * as fs from 'node:fs';
import path from 'node:path';
import { isAbsent } from '../files.ts';
import { INDEX, versionOfName } from '../layout.ts';
import type { FileKind } from '../types.ts';
import { entriesOf, kindOf, type ModuleDirectory, type WalkReport } from './directories.ts';

/** What a prune renames an index entry to before it removes the version's files: `<version>.json.pruned`. */
export const CLAIMED = '.pruned';
const INDEXED = '.json';

/** One version as the directories of its module show it. Times in ms since the epoch. */
export interface VersionState {
  /** Escaped. */
  readonly stem: string;
  /** Unescaped. */
  readonly version: string;
  readonly kinds: FileKind[];
  /** Of its files and its index entry. */
  bytes: number;
  /** When the newest of its files was written. */
  written: number;
  /** When its index entry was last touched; undefined without one. */
  touched: number | undefined;
  /** An earlier prune was about to remove it, or one is just now. */
  claimed: boolean;
}

/**
 * The last use of a version. Without an index entry nothing can be marked as used; such files count as used when they
 * were written.
 */
export function lastUse(state: VersionState): number {
  return state.touched ?? state.written;
}

/** Reads the two directories of a module. What cannot be read counts as not there, and is reported. */
export function readVersions(root: string, module: ModuleDirectory, report: WalkReport): VersionState[] {
  const states = new Map<string, VersionState>();
  const stateOf = (stem: string, version: string): VersionState => {
    let state = states.get(stem);
    if (state === undefined) {
      state = { stem, version, kinds: [], bytes: 0, written: 0, touched: undefined, claimed: false };
      states.set(stem, state);
    }
    return state;
  };
  each(root, module.key, report, (entry, key, file) => {
    if (entry.name === 'list' && entry.isFile()) return;
    const dot = entry.name.lastIndexOf('.');
    const stem = entry.name.slice(0, Math.max(dot, 0));
    const version = states.get(stem)?.version ?? versionOfName(entry.name)?.version;
    const kind = kindOfName(entry.name.slice(dot + 1));
    if (!entry.isFile() || version === undefined || kind === undefined) {
      return report.foreign(key, kindOf(entry));
    }
    const stat = statFile(file, key, report);
    if (stat === undefined) return;
    const state = stateOf(stem, version);
    state.kinds.push(kind);
    state.bytes += stat.size;
    state.written = Math.max(state.written, stat.mtimeMs);
  });
  each(root, `${INDEX}/${module.key}`, report, (entry, key, file) => {
    const claimed = entry.name.endsWith(CLAIMED);
    const name = claimed ? entry.name.slice(0, -CLAIMED.length) : entry.name;
    const stem = name.endsWith(INDEXED) ? name.slice(0, -INDEXED.length) : undefined;
    const version = stem && (states.get(stem)?.version ?? versionOfName(`${stem}.mod`)?.version);
    if (!entry.isFile() || !stem || !version) return report.foreign(key, kindOf(entry));
    const stat = statFile(file, key, report);
    if (stat === undefined) return;
    const state = stateOf(stem, version);
    state.bytes += stat.size;
    if (claimed) state.claimed = true;
    else state.touched = stat.mtimeMs;
  });
  return [...states.values()];
}

function kindOfName(extension: string): FileKind | undefined {
  return extension === 'info' || extension === 'mod' || extension === 'zip' ? extension : undefined;
}

function each(
  root: string,
  dir: string,
  report: WalkReport,
  visit: (entry: fs.Dirent, key: string, file: string) => void,
): void {
  const full = path.join(root, dir);
  try {
    for (const entry of entriesOf(full))
      visit(entry, `${dir}/${entry.name}`, `${full}${path.sep}${entry.name}`);
  } catch (error) {
    if (!isAbsent(error)) report.failed(dir, error);
  }
}

/** Undefined when it is gone by now, is no regular file, or cannot be looked at. */
function statFile(file: string, key: string, report: WalkReport): fs.Stats | undefined {
  try {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    return stat?.isFile() === true ? stat : undefined;
  } catch (error) {
    report.failed(key, error);
    return undefined;
  }
}
