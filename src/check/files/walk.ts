import { opendirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { GitEntry } from '../git/listing.ts';

const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 40;
/** Never part of what somebody would commit. */
const LEFT_OUT = new Set(['.git', '.hg', '.svn', 'node_modules']);

export interface Walked {
  readonly entries: readonly GitEntry[];
  /** What symbolic links say, by path. */
  readonly links: ReadonlyMap<string, string>;
  /** A limit was reached: there is more than was looked at. */
  readonly cut: boolean;
  /** Directories that could not be read. */
  readonly unreadable: readonly string[];
}

/** The files below a directory as git would know them, where there is no git. Links are not followed. */
export function walk(root: string): Walked {
  const entries: GitEntry[] = [];
  const links = new Map<string, string>();
  const unreadable: string[] = [];
  let level: string[] = [''];
  for (let depth = 0; level.length > 0 && depth < MAX_DEPTH; depth++) {
    const next: string[] = [];
    for (const dir of level) {
      try {
        const handle = opendirSync(join(root, dir));
        try {
          for (let found = handle.readSync(); found !== null; found = handle.readSync()) {
            if (entries.length >= MAX_ENTRIES) return { entries, links, cut: true, unreadable };
            const path = dir === '' ? found.name : `${dir}/${found.name}`;
            if (found.isDirectory()) {
              if (!LEFT_OUT.has(found.name)) next.push(path);
            } else if (found.isSymbolicLink()) {
              entries.push(entry(path, 'symlink'));
              links.set(path, readlinkSync(join(root, path)));
            } else if (found.isFile()) entries.push(entry(path, 'file'));
          }
        } finally {
          handle.closeSync();
        }
      } catch {
        unreadable.push(dir === '' ? '.' : dir);
      }
    }
    level = next;
  }
  return { entries, links, cut: level.length > 0, unreadable };
}

function entry(path: string, kind: GitEntry['kind']): GitEntry {
  return { path, exact: true, kind, oid: '', sparse: false };
}
