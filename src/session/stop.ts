import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hideFromGit } from './checkout-dir.ts';
import { control, VERIFY_MS } from './control.ts';
import { FILES, readSession } from './directory.ts';
import { SessionError } from './errors.ts';
import { processStart } from './owner.ts';
import { platformOf } from './start.ts';
import { lookAhead, sumUp } from './sum-up.ts';
import type { SessionFile, SessionSummary } from './types.ts';

export interface StopRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly log: (line: string) => void;
  /** Token of the audit store that was given beside the environment. */
  readonly auditToken?: string;
  /** A session directory that the user named. */
  readonly session?: string;
  /** File that gets the summary as JSON; its directory is made. */
  readonly output?: string;
}

export interface Stopped {
  /** Undefined when there is no session here. */
  readonly summary: SessionSummary | undefined;
  readonly sessionDir: string;
  /** Where the session's modules lie; undefined when not even the session file is left. */
  readonly storeDir: string | undefined;
  /** How to keep the job's own cache out of GOMODCACHE, where the platform knows; for the closing table. */
  readonly modcacheAdvice: string | undefined;
}

const STOP_MS = 15_000;
/** An answer takes a millisecond; a daemon that hashes on two busy cores may take longer. */
const PING_MS = 5_000;

/**
 * Ends the session of this job and sums it up. Works with the daemon alive or dead: everything that is told
 * comes from the journal on disk. Throws SessionError `output` when the summary cannot be written.
 */
export async function stopSession(request: StopRequest): Promise<Stopped> {
  const { env, cwd } = request;
  const sessionDir = await findSession(request.session, env, cwd);
  const session = await readSession(sessionDir);
  const platform = platformOf(env, cwd);
  const about = { sessionDir, session, env, token: request.auditToken, platform };
  let ahead: ReturnType<typeof lookAhead> | undefined;
  if (session !== undefined) {
    const alive = await control(session, 'ping', PING_MS);
    // What is found now is still told; a daemon with nothing to verify answers at once.
    if (alive !== undefined) await control(session, 'verify', VERIFY_MS + PING_MS);
    ahead = lookAhead(about);
    const stopped = alive === undefined ? undefined : await control(session, 'stop', STOP_MS);
    // A daemon that hangs must not outlive its job; a pid that another process has by now is not ours.
    if (stopped === undefined && (alive !== undefined || isOurs(session))) kill(session.pid);
  }
  // What only this job could use; the journal stays for those who read it later.
  await Promise.all(
    [FILES.held, FILES.vcs, FILES.credentials].map(name =>
      rm(join(sessionDir, name), { recursive: true, force: true }).catch(() => undefined),
    ),
  );
  const { workspace, modcacheAdvice } = platform;
  const summary = await sumUp(ahead === undefined ? about : { ...about, ahead });
  if (request.output !== undefined && summary !== undefined) {
    await writeReport(resolve(cwd, request.output), workspace, summary);
  }
  return { summary, sessionDir, storeDir: session?.storeDir, modcacheAdvice };
}

async function writeReport(file: string, workspace: string, summary: SessionSummary): Promise<void> {
  await hideFromGit(file, workspace);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(summary, null, 2)}\n`);
  } catch (error) {
    throw new SessionError(
      'output',
      `cannot write the summary to ${file} (${(error as NodeJS.ErrnoException).code}); name another file with --output`,
      { cause: error },
    );
  }
}

async function findSession(named: string | undefined, env: StopRequest['env'], cwd: string): Promise<string> {
  if (named !== undefined) return named;
  const fromEnv = env.MODGATE_SESSION;
  if (fromEnv !== undefined && fromEnv !== '' && (await hasJournal(fromEnv))) return fromEnv;
  return platformOf(env, cwd).sessionDir;
}

async function hasJournal(dir: string): Promise<boolean> {
  return await stat(join(dir, FILES.journal)).then(
    () => true,
    () => false,
  );
}

/** The process with the pid of the session file is still the one that wrote it. */
function isOurs({ pid, pidStart }: SessionFile): boolean {
  return pidStart !== undefined && processStart(pid) === pidStart;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
