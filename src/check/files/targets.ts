import { readGoMod } from '../../gomod/modfile/read-mod.ts';
import { readGoWork } from '../../gomod/modfile/read-work.ts';
import { cleanPath, isAbsolutePath, isOutside } from '../../policy/repo-path.ts';
import { directoryOf } from '../../policy/tree-of.ts';
import type { Blob } from '../git/blobs.ts';
import type { GitEntry } from '../git/listing.ts';

/** So many directories that nobody else looks into are looked up; more are taken for missing. */
const MAX_TARGETS = 10_000;

/**
 * The go.mod files that the files at hand point to with a replace or a use, and that are not at hand: below a
 * directory that is skipped, or beside the one that is checked.
 */
export function findTargets(
  byPath: ReadonlyMap<string, GitEntry>,
  contents: ReadonlyMap<string, Blob>,
): GitEntry[] {
  const candidates = new Set<string>();
  for (const [path, { kind }] of byPath) {
    const isMod = path === 'go.mod' || path.endsWith('/go.mod');
    if (isMod && kind === 'file' && !contents.has(path)) candidates.add(path);
  }
  const found = new Map<string, GitEntry>();
  if (candidates.size === 0) return [];
  for (const [path, blob] of contents) {
    if (!('bytes' in blob)) continue;
    for (const dir of directoriesIn(path, blob.bytes)) {
      if (found.size >= MAX_TARGETS) return [...found.values()];
      const target = isAbsolutePath(dir) ? undefined : cleanPath(directoryOf(path), dir);
      if (target === undefined || isOutside(target)) continue;
      const file = target === '' ? 'go.mod' : `${target}/go.mod`;
      const entry = candidates.has(file) ? byPath.get(file) : undefined;
      if (entry !== undefined) found.set(file, entry);
    }
  }
  return [...found.values()];
}

function directoriesIn(path: string, bytes: Buffer): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'go.work') {
    const { work } = readGoWork(bytes);
    return [...work.use.map(({ value }) => value.value), ...replaced(work.replace)];
  }
  return name === 'go.mod' && bytes.includes('=>') ? replaced(readGoMod(bytes).mod.replace) : [];
}

type Replaces = ReturnType<typeof readGoMod>['mod']['replace'];

function replaced(replaces: Replaces): string[] {
  return replaces.filter(({ newVersion }) => newVersion === undefined).map(({ newPath }) => newPath.value);
}
