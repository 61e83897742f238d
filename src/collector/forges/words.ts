/** A list as a forge answers it; anything else counts as none. */
export function listed<T>(value: readonly T[] | undefined): T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

/**
 * Whether a change belongs to the repository that was asked about, and not to another one that its commit is in, too:
 * by its path, or by its number after it was renamed.
 */
export function sameRepository(
  asked: { readonly repository: string; readonly repositoryId: string },
  path: unknown,
  id: unknown,
): boolean {
  if (typeof path === 'string' && path.toLowerCase() === asked.repository.toLowerCase()) return true;
  return asked.repositoryId !== '' && String(id) === asked.repositoryId;
}

/** Directories whose modules belong to somebody else or to no build. */
const APART = /(?:^|\/)(?:vendor|testdata|node_modules|[._][^/]*)\//;
const MAX_PATH = 1024;

/** The go.mod of a module that may be built, nearest to the root; undefined when no file is one. */
export function firstGoMod(files: readonly string[]): string | undefined {
  return files
    .filter(file => /(?:^|\/)go\.mod$/.test(file) && !APART.test(file) && file.length <= MAX_PATH)
    .toSorted((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1))[0];
}
