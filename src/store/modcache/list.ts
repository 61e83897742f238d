import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { unescapePath, unescapeVersion } from '../../gomod/module-path.ts';
import type { ModVer } from '../types.ts';

/** Bound on the walk over a module cache, names. */
const MAX_NAMES = 300_000;
/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH = 128;

/**
 * The versions whose code a GOMODCACHE has, as far as `.ziphash` tells: go looks at it before it uses any. Names
 * that go would not write are passed over, links are not followed, and what cannot be read holds nothing.
 */
export async function* listModcache(goModCache: string): AsyncGenerator<ModVer> {
  yield* walk(join(goModCache, 'cache', 'download'), [], { names: MAX_NAMES });
}

async function* walk(
  dir: string,
  escaped: readonly string[],
  left: { names: number },
): AsyncGenerator<ModVer> {
  if (escaped.length > MAX_DEPTH) return;
  for await (const entry of entriesOf(dir)) {
    left.names -= 1;
    if (left.names < 0) return;
    if (entry.isDirectory()) {
      if (escaped.length === 0 && entry.name === 'sumdb') continue;
      yield* walk(join(dir, entry.name), [...escaped, entry.name], left);
    } else if (entry.name.endsWith('.ziphash') && escaped.at(-1) === '@v') {
      const found = escapedVersion(escaped.slice(0, -1).join('/'), entry.name.slice(0, -'.ziphash'.length));
      if (found !== undefined) yield found;
    }
  }
}

async function* entriesOf(dir: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(dir);
  } catch {
    // Gone, or not ours to read.
  }
}

/** The version of two names as go writes them to a disk; undefined for what go would not write. */
export function escapedVersion(path: string, version: string): ModVer | undefined {
  try {
    return { path: unescapePath(path), version: unescapeVersion(version) };
  } catch {
    return undefined;
  }
}
