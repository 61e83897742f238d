import { lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SessionError } from './errors.ts';
import type { SessionFile } from './types.ts';

/** Names inside a session directory. */
export const FILES = {
  session: 'session.json',
  journal: 'journal',
  log: 'daemon.log',
  stats: 'stats.json',
  restore: 'restore.json',
  held: 'held',
  vcs: 'vcs',
} as const;

/**
 * Makes a directory that only this user can enter, and its missing parents. A directory that is there must be
 * ours and no link: in a shared temp directory somebody else could have put it there to read our secrets.
 */
export async function ensurePrivateDir(dir: string, uid: number | undefined): Promise<void> {
  for (const part of [dirname(dir), dir]) {
    try {
      await mkdir(part, { recursive: part !== dir, mode: 0o700 });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EEXIST') {
        throw new SessionError(
          'session-dir',
          `cannot make the session directory ${part} (${code}); set RUNNER_TEMP or TMPDIR to a directory that this user can write`,
          { cause: error },
        );
      }
    }
  }
  const found = await lstat(dir);
  if (!found.isDirectory() || (uid !== undefined && found.uid !== uid && uid !== 0)) {
    throw new SessionError(
      'session-dir',
      `the session directory ${dir} is not a directory of this user; remove it, or set RUNNER_TEMP or TMPDIR to a directory of your own`,
    );
  }
}

/** Writes a small file whole or not at all; readable by this user only. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temp = `${path}.${process.pid}.tmp`;
  const handle = await open(temp, 'w', 0o600);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
  try {
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
}

/** The session file of a directory, or undefined when there is none that can be read. */
export async function readSession(dir: string): Promise<SessionFile | undefined> {
  try {
    const parsed = JSON.parse(await readFile(join(dir, FILES.session), 'utf8')) as SessionFile;
    return parsed.v === 1 && typeof parsed.port === 'number' && typeof parsed.pid === 'number'
      ? parsed
      : undefined;
  } catch {
    return undefined;
  }
}
