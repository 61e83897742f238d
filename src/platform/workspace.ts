import type { PlatformPath } from 'node:path';
import type { Probe } from './types.ts';

/**
 * The git top level at or above `cwd`, or undefined. `.git` is a directory with a HEAD, or in worktrees and
 * submodules a file that points to one.
 */
export function gitTopLevel(probe: Probe, path: PlatformPath): string | undefined {
  let dir = path.resolve(probe.cwd);
  for (;;) {
    if (probe.readFile(path.join(dir, '.git', 'HEAD')) !== undefined) return dir;
    if (probe.readFile(path.join(dir, '.git'))?.startsWith('gitdir:')) return dir;
    const parent = path.dirname(dir);
    if (parent === dir) return undefined;
    dir = parent;
  }
}

/** True when `dir` is `root` or lies below it. Both absolute. */
export function isWithin(path: PlatformPath, root: string, dir: string): boolean {
  const relative = path.relative(root, dir);
  return (
    relative === '' ||
    (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  );
}

/** The private directory below the temp directory where one user's sessions lie. */
export function privateTemp(probe: Probe, path: PlatformPath): string {
  return path.join(probe.tmpdir, probe.uid === undefined ? 'modgate' : `modgate-${probe.uid}`);
}

/** An identifier as a file name: nothing in it leads elsewhere. */
export function fileNamePart(text: string): string {
  const clean = text.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  return clean === '' ? '_' : clean;
}
