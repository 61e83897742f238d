import { open, opendir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** The module files of a checkout, absolute paths. */
export interface WorkspaceFiles {
  readonly goMods: readonly string[];
  readonly goWorks: readonly string[];
  readonly goSums: readonly string[];
  /** What was left out because of a limit. */
  readonly cut: boolean;
}

/** Bounds on the walk: a checkout may be a pull request's. */
const MAX_DIRS = 20_000;
const MAX_FILES = 2_000;
const MAX_DEPTH = 12;
/** A first request waits for the walk: what is not found by then is fetched when go asks for it. */
const MAX_MS = 2_000;

const SKIPPED = new Set(['node_modules', 'vendor', 'testdata']);

/** Finds go.mod, go.work, go.sum and go.work.sum below `root`, nearest first. Links are not followed. */
export async function findModuleFiles(root: string): Promise<WorkspaceFiles> {
  const goMods: string[] = [];
  const goWorks: string[] = [];
  const goSums: string[] = [];
  let cut = false;
  let dirs = 0;
  let level = [root];
  const began = performance.now();
  for (let depth = 0; level.length > 0 && depth <= MAX_DEPTH; depth++) {
    const next: string[] = [];
    for (const dir of level) {
      if (
        ++dirs > MAX_DIRS ||
        performance.now() - began > MAX_MS ||
        goMods.length + goSums.length > MAX_FILES
      ) {
        cut = true;
        return { goMods, goWorks, goSums, cut };
      }
      try {
        for await (const entry of await opendir(dir)) {
          const path = join(dir, entry.name);
          if (entry.isDirectory()) {
            if (!SKIPPED.has(entry.name) && !entry.name.startsWith('.')) next.push(path);
          } else if (entry.isFile()) {
            if (entry.name === 'go.mod') goMods.push(path);
            else if (entry.name === 'go.work') goWorks.push(path);
            else if (entry.name === 'go.sum' || entry.name === 'go.work.sum') goSums.push(path);
          }
        }
      } catch {
        // Unreadable directories hold nothing that go could build either.
      }
    }
    level = next;
  }
  return { goMods, goWorks, goSums, cut: cut || level.length > 0 };
}

/** The go.mod or go.work that governs `cwd`, as go looks for it: upwards, not above `root`. */
export function governing(files: readonly string[], cwd: string, root: string): string | undefined {
  const dirs = new Map(files.map(file => [dirname(file), file]));
  for (let dir = cwd; ; dir = dirname(dir)) {
    const found = dirs.get(dir);
    if (found !== undefined) return found;
    if (dir === root || dirname(dir) === dir || relative(root, dir).startsWith('..')) return undefined;
  }
}

/** Reads at most `limit` bytes of a file; undefined when it cannot be read. */
export async function readBounded(path: string, limit: number): Promise<Buffer | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Math.min(size, limit));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
