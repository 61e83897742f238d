import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FILES, readSession } from '../directory.ts';
import { isRunning } from '../owner.ts';

/** Most sessions that are looked at; a machine on which more were killed gets rid of them bit by bit. */
const MAX_SESSIONS = 1_000;

/**
 * Takes away the secrets of this user's other sessions whose daemon was killed: on a machine that outlives its jobs the
 * next job has a directory of its own, and would never come by. Never rejects.
 * @param sessionDir where the session that begins is; nothing is done where its neighbours are not sessions
 */
export async function removeLeftBehind(sessionDir: string, log: (line: string) => void): Promise<void> {
  const all = dirname(sessionDir);
  if (!/^modgate(?:-\d+)?$/.test(basename(all))) return;
  const names = await readdir(all).catch(() => []);
  for (const name of names.slice(0, MAX_SESSIONS)) {
    if (name === basename(sessionDir)) continue;
    const secrets = join(all, name, FILES.credentials);
    try {
      if ((await readdir(secrets)).length === 0) continue;
    } catch {
      continue;
    }
    const session = await readSession(join(all, name));
    if (session !== undefined && isRunning(session.pid)) continue;
    await rm(secrets, { recursive: true, force: true }).then(
      () => log(`the credentials that session ${name} left behind were removed`),
      (error: unknown) => log(`credentials of session ${name}: ${String(error)}`),
    );
  }
}
