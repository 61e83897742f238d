import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A directory that is removed at the end of the block: `await using dir = await tempDir()`. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  join(...parts: string[]): string;
}

/** Makes a temporary directory; symlinks in the system's own temporary path are resolved. */
export async function tempDir(name = 'test'): Promise<TempDir> {
  const made = await mkdtemp(path.join(await realpath(tmpdir()), `modgate-${name}-`));
  return {
    path: made,
    join: (...parts) => path.join(made, ...parts),
    [Symbol.asyncDispose]: () => removeTree(made),
  };
}

/** Removes a tree, also one with read-only directories such as go writes into its module cache. */
export async function removeTree(dir: string): Promise<void> {
  try {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    await makeWritable(dir);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function makeWritable(dir: string): Promise<void> {
  await chmod(dir, 0o700).catch(() => {});
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    const full = path.join(dir, entry.name);
    if (entry.isDirectory()) await makeWritable(full);
    else if (!entry.isSymbolicLink()) await chmod(full, 0o600).catch(() => {});
  }
}
