import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

/** The one directory that a session may make inside a checkout, for what a runner caches or publishes. */
export const CHECKOUT_DIR = '.modgate';

/**
 * Makes our directory in the checkout when `target` lies in it, and has git ignore it: go asks git before it
 * stamps a build, and one untracked file makes the tree a modified one. A file that is there stays as it is.
 * Never rejects; where nothing can be written, the store says so itself.
 */
export async function hideFromGit(target: string, workspace: string): Promise<void> {
  const dir = join(workspace, CHECKOUT_DIR);
  const inside = relative(dir, target);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return;
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, '.gitignore'), '*\n', { flag: 'wx' });
  } catch {
    // There already, or a checkout that cannot be written.
  }
}
