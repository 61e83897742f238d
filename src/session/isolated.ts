import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSession, writeWhole } from './directory.ts';
import { isRunning } from './owner.ts';

/**
 * Makes an empty private GOMODCACHE and returns its path: `stable`, because the path of the module cache is part
 * of go's compile keys, or a place in the session directory while another session uses that one.
 */
export async function claimModcache(stable: string, sessionDir: string): Promise<string> {
  const marker = `${stable}.session`;
  const user = await readFile(marker, 'utf8').catch(() => '');
  const session = user === '' || user === sessionDir ? undefined : await readSession(user);
  const dir = session !== undefined && isRunning(session.pid) ? join(sessionDir, 'modcache') : stable;
  // A cache that is not empty is not asked about: go would take what an earlier job left there.
  const old = `${dir}.old-${randomBytes(4).toString('hex')}`;
  await rename(dir, old).catch(() => undefined);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (dir === stable) await writeWhole(marker, sessionDir);
  await rm(old, { recursive: true, force: true }).catch(() => undefined);
  return dir;
}

/** GOFLAGS that keep a module cache deletable: go makes its directories read-only otherwise. */
export function writableModcacheFlags(goflags: string): string {
  return goflags.split(/\s+/).includes('-modcacherw') ? goflags : `${goflags} -modcacherw`.trim();
}
