import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failed, ok, type Verdict, warning } from '../types.ts';

export interface DiskQuestion {
  readonly dir: string;
  /** What it is, for people. */
  readonly what: 'module store' | 'session directory' | 'GOMODCACHE' | 'audit store';
  /** How to name another place. */
  readonly elsewhere: string;
  /** False where not even the times of a directory may change: it is looked at only. */
  readonly mayWrite: boolean;
}

/** Below this a job can hardly work, and below the other it may not end well; bytes. */
const LITTLE = 100 * 1024 * 1024;
const TIGHT = 1024 * 1024 * 1024;

/** Whether a directory, or the nearest one above that is there, can be written, and how much room it has. */
export async function probeDisk({ dir, what, elsewhere, mayWrite }: DiskQuestion): Promise<Verdict> {
  const there = await nearest(dir);
  if (there === undefined) {
    return failed(`the ${what} cannot be`, { why: `there is nothing at all above ${dir}`, fix: elsewhere });
  }
  if (!there.directory) {
    return failed(`the ${what} cannot be made`, { why: `${there.path} is a file`, fix: elsewhere });
  }
  const why = await unwritable(there.path, mayWrite);
  if (why !== undefined) {
    return what === 'module store'
      ? warning('cannot be written: modules are read from it, and new ones last for one job', {
          why,
          fix: elsewhere,
        })
      : failed('cannot be written', { why, fix: elsewhere });
  }
  return roomIn(there.path, there.path === dir ? '' : ' (it is not there yet)', elsewhere);
}

/** An upstream that is a directory. */
export async function probeTree(url: string): Promise<Verdict> {
  try {
    const dir = fileURLToPath(url);
    await access(dir, constants.R_OK | constants.X_OK);
    return ok('can be read');
  } catch (error) {
    return failed('cannot be read', {
      why: (error as NodeJS.ErrnoException).code ?? String(error),
      fix: 'see that the directory is there in the job, and that its user may read it',
    });
  }
}

interface Place {
  readonly path: string;
  readonly directory: boolean;
}

/** The path itself, or what is there nearest above it. */
async function nearest(dir: string): Promise<Place | undefined> {
  for (let path = dir; ; path = dirname(path)) {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) return { path, directory: found.isDirectory() };
    if (dirname(path) === path) return undefined;
  }
}

async function unwritable(dir: string, mayWrite: boolean): Promise<string | undefined> {
  try {
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!mayWrite) return undefined;
    const trial = join(dir, `.modgate-doctor-${randomBytes(6).toString('hex')}`);
    try {
      await mkdir(trial);
      await writeFile(join(trial, 'trial'), 'trial\n', { flag: 'wx', mode: 0o600 });
    } finally {
      await rm(trial, { recursive: true, force: true });
    }
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return `${dir}: ${WORDS[code] ?? code}`;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not (EACCES)',
  EPERM: 'this user may not (EPERM)',
  EROFS: 'the file system is read-only (EROFS)',
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: "this user's quota is used up (EDQUOT)",
};

async function roomIn(path: string, note: string, elsewhere: string): Promise<Verdict> {
  const { bavail, bsize, files, ffree } = await statfs(path);
  return judgeRoom(
    { bytes: Number(bavail) * Number(bsize), files: Number(files), filesFree: Number(ffree) },
    note,
    elsewhere,
  );
}

/** Pure. @param note stands behind what is told, with a space before it */
export function judgeRoom(
  { bytes, files, filesFree }: { readonly bytes: number; readonly files: number; readonly filesFree: number },
  note: string,
  elsewhere: string,
): Verdict {
  const room = `${shownBytes(bytes)} free${note}`;
  const fix = `free space, or ${elsewhere}`;
  if (files > 0 && filesFree === 0)
    return failed('no more files fit', { why: 'the file system is out of inodes', fix });
  if (bytes < LITTLE)
    return failed(`is full: ${room}`, { why: 'a job needs more than that for its modules', fix });
  if (bytes < TIGHT) return warning(`writable, ${room}`, { why: 'a large build may need more', fix });
  return ok(`writable, ${room}`);
}

function shownBytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
