import { open, readFile, rm, stat } from 'node:fs/promises';

/** A lock older than this was left by a process that died, ms. A start takes well below a second. */
const STALE_MS = 30_000;
const POLL_MS = 25;

/**
 * Runs `task` while holding a lock file. A lock whose process is gone, or that is too old, is taken over; one
 * that cannot be had in time is ignored: the worst that can happen without it is a second proxy.
 */
export async function withLock<T>(path: string, task: () => Promise<T>): Promise<T> {
  const until = performance.now() + STALE_MS;
  let held = false;
  while (!held && performance.now() < until) {
    try {
      const handle = await open(path, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      held = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') break;
      if (await abandoned(path)) await rm(path, { force: true });
      else await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }
  try {
    return await task();
  } finally {
    if (held) await rm(path, { force: true });
  }
}

async function abandoned(path: string): Promise<boolean> {
  try {
    const [text, facts] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if (Date.now() - facts.mtimeMs > STALE_MS) return true;
    const pid = Number(text);
    if (!Number.isInteger(pid) || pid <= 0) return false;
    try {
      process.kill(pid, 0);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ESRCH';
    }
  } catch {
    return false;
  }
}
