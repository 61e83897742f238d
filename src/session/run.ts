import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { isUndelivered } from './audit/report.ts';
import { SessionError } from './errors.ts';
import { fails } from './findings.ts';
import { startSession } from './start.ts';
import { stopSession } from './stop.ts';
import { closingTable } from './summary.ts';
import type { Started, StartFlags } from './types.ts';

export interface RunRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly flags: StartFlags;
  readonly command: readonly string[];
  readonly log: (line: string) => void;
}

/**
 * Runs a command with a session around it. Resolves with the exit code: the command's own (128 + n when signal
 * n ended it); when that is 0, 1 when the session found something of level error, and 4 when records that are required
 * could not be delivered.
 */
export async function runCommand(request: RunRequest): Promise<number> {
  const { env, cwd, flags, command, log } = request;
  const session = await startSession({
    env,
    cwd,
    // Killed ourselves, we could not stop the daemon.
    flags: { owner: process.pid, ...flags },
    log,
    privateSession: true,
    waitForPolicy: true,
  });
  for (const warning of session.warnings) log(`warning: ${warning}`);
  let code: number;
  let verdict = 0;
  try {
    code = await execute(command, without({ ...env, ...session.env }, session.withheld), cwd);
  } finally {
    // A session that this job had before goes on; it has its own end.
    if (!session.reused) verdict = await finish(request, session);
  }
  return code === 0 ? verdict : code;
}

/** Ends the session, says what came of it, and removes what nobody needs any more. Resolves with its own exit code. */
async function finish({ env, cwd, log }: RunRequest, session: Started): Promise<number> {
  const { summary, modcacheAdvice } = await stopSession({
    env: { ...env, ...session.env },
    cwd,
    log,
    session: session.sessionDir,
  });
  for (const warning of summary?.warnings ?? []) {
    if (!session.warnings.includes(warning)) log(`warning: ${warning}`);
  }
  if (summary !== undefined) process.stderr.write(closingTable(summary, modcacheAdvice));
  // Set by an isolated session only; the next one starts with an empty one anyway.
  const { GOMODCACHE: isolated } = session.env;
  if (isolated !== undefined) await rm(isolated, { recursive: true, force: true }).catch(() => undefined);
  const spooled = summary?.audit?.spool?.startsWith(session.sessionDir) === true;
  if (summary === undefined || summary.daemonDied) {
    log(`the session directory is kept for a look at daemon.log: ${session.sessionDir}`);
  } else if (!spooled) {
    await rm(session.sessionDir, { recursive: true, force: true }).catch(() => undefined);
  }
  if (fails(summary?.findings ?? [])) return 1;
  return summary?.audit !== undefined && isUndelivered(summary.audit) ? 4 : 0;
}

function without(env: RunRequest['env'], names: readonly string[]): RunRequest['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/** Signals that a terminal or a runner sends to end a step; the command gets them and decides. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function execute(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<number> {
  const [file = '', ...args] = command;
  return await new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: 'inherit',
      env: env as NodeJS.ProcessEnv,
      cwd,
      windowsHide: true,
    });
    // A terminal has given the interrupt to the command already, and many programs die of the second one.
    const forward = (signal: NodeJS.Signals) =>
      signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal);
    for (const signal of FORWARDED) process.on(signal, forward);
    const done = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      done();
      const why =
        error.code === 'ENOENT'
          ? 'there is no such program on PATH; check the name, or install it in a step before this one'
          : `${error.message}; check the file and its permissions`;
      reject(new SessionError('command-not-found', `cannot run ${file}: ${why}`, { cause: error }));
    });
    child.on('exit', (code, signal) => {
      done();
      resolve(code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0)));
    });
  });
}
