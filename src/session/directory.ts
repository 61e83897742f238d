import { chmod, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SessionError } from './errors.ts';
import type { SessionFile } from './types.ts';

/** Names inside a session directory. */
export const FILES = {
  session: 'session.json',
  journal: 'journal',
  log: 'daemon.log',
  stats: 'stats.json',
  restore: 'restore.json',
  /** What came from the layers behind the store, and what they got. */
  layers: 'layers.json',
  /** What the job's own GOMODCACHE is worth (`proxy.modcache: verify`). */
  modcache: 'modcache.json',
  /** What the policy says of the checkout, when that could be judged only after the start. */
  findings: 'findings.json',
  /** The policy in force. */
  policy: 'policy.json',
  /** Where the records go; undefined where no store is named. */
  audit: 'audit.json',
  /** Whom to believe there beside the machine's authorities, PEM; not there when nobody was named. */
  auditAuthorities: 'audit-authorities.pem',
  /** What became of them. */
  auditReport: 'audit-report.json',
  /** How things stood when the session began, and what lay in GOMODCACHE then. */
  before: 'before.json',
  modcacheBefore: 'modcache-before.json',
  held: 'held',
  vcs: 'vcs',
  /** Credentials for children of the session; readable by this user only. */
  credentials: 'credentials',
  /** What the shared cache brought, for the one who saves at the end of the job. */
  restored: 'restored.json',
  /** Where the GOCACHE that later jobs get lies, and what was restored into it. */
  build: 'build-cache.json',
  /** Names of files, one a line, that were found wrong when they were used. */
  damaged: 'restored-damaged',
} as const;

/**
 * Makes a directory that only this user can enter, and its missing parents. A directory that is there must be
 * ours and no link: in a shared temp directory somebody else could have put it there to read our secrets.
 */
export async function ensurePrivateDir(dir: string, uid: number | undefined): Promise<void> {
  for (const part of [dirname(dir), dir]) {
    try {
      await makePrivate(part, part !== dir);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EEXIST') {
        throw new SessionError(
          'session-dir',
          `cannot make the session directory ${part} (${code}); ${ELSEWHERE}`,
          { cause: error },
        );
      }
    }
    // RUNNER_TEMP belongs to the runner; a parent in the system's temp directory must be ours too.
    if (part === dir || basename(part) === `modgate-${uid}`) await mustBeOurs(part, uid);
  }
}

const ELSEWHERE =
  'free space, or set RUNNER_TEMP or TMPDIR to a directory on another disk that this user can write';

/** Node's own recursive mkdir says ENOENT where the file system is read-only. */
async function makePrivate(dir: string, parents: boolean): Promise<void> {
  try {
    await mkdir(dir, { mode: 0o700 });
  } catch (error) {
    if (!parents || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dir, { recursive: true, mode: 0o700 });
  }
}

/** Waits for something that writes into a session directory; rejects with SessionError when its disk fails. */
export async function writingTo<T>(dir: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof SessionError) throw error;
    throw new SessionError(
      'session-dir',
      `cannot write into the session directory ${dir} (${code}); ${ELSEWHERE}`,
      { cause: error },
    );
  }
}

async function mustBeOurs(dir: string, uid: number | undefined): Promise<void> {
  const found = await lstat(dir);
  const why = found.isSymbolicLink()
    ? 'is a symbolic link'
    : !found.isDirectory()
      ? 'is not a directory'
      : uid !== undefined && found.uid !== uid && uid !== 0
        ? 'belongs to another user'
        : undefined;
  if (why !== undefined) {
    throw new SessionError(
      'session-dir',
      `the session directory ${dir} ${why}, so somebody else could read the secrets in it; remove it, or set RUNNER_TEMP or TMPDIR to a directory of your own`,
    );
  }
  if (uid !== undefined && (found.mode & 0o077) !== 0) await chmod(dir, 0o700);
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
