import { chmod, chown } from 'node:fs/promises';
import { type Finished, type RunOptions, run } from './process.ts';

/** The user that owns nothing on this machine. */
export const NOBODY = 65_534;

/**
 * Runs a command as a user without rights: for root every directory is readable and every owner the right one.
 * Needs Linux and root; rejects with what to do otherwise.
 */
export async function runAsNobody(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  if (process.getuid?.() !== 0) {
    throw new Error('These tests need another user: run them as root (in a container, say).');
  }
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return await run('setpriv', [...ids, '--', command, ...args], options);
}

/** Gives a directory to that user. */
export async function giveToNobody(dir: string, mode = 0o700): Promise<void> {
  await chmod(dir, mode);
  await chown(dir, NOBODY, NOBODY);
}
