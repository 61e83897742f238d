import { matchGlobs } from '../gomod/module-path.ts';

/**
 * Whether a repo-relative path is the one that a waiver names: exactly, or as a glob over the whole path, where
 * `**` stands for any number of directories and `*`, `?` and `[a-z]` stay within one.
 */
export function matchesFile(glob: string, path: string): boolean {
  const wanted = glob.startsWith('./') ? glob.slice(2) : glob;
  if (wanted === path) return true;
  if (!/[*?[\\]/.test(wanted) || wanted.includes(',')) return false;
  return matchElements(wanted.split('/'), path.split('/'));
}

/** Elements of the glob against those of the path: a row of the table for each, so never exponential. */
function matchElements(glob: readonly string[], path: readonly string[]): boolean {
  let row = [true, ...path.map(() => false)];
  for (const want of glob) {
    const next: boolean[] = [want === '**' && (row[0] ?? false)];
    path.forEach((element, i) => {
      const matched =
        want === '**'
          ? (row[i + 1] ?? false) || (next[i] ?? false)
          : (row[i] ?? false) && matchGlobs(want, element);
      next.push(matched);
    });
    row = next;
  }
  return row.at(-1) ?? false;
}
