import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { FILES } from './directory.ts';
import type { DaemonRequest, Handshake, StartRequest } from './types.ts';

/** How long a new daemon may take to listen, ms. */
const HANDSHAKE_MS = 20_000;

/** Variables of the daemon's own first environment, which every later step can read in /proc. */
const DAEMON_ENV =
  /^(?:PATH|HOME|USERPROFILE|LOCALAPPDATA|APPDATA|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|COMSPEC|PATHEXT|LANG|TZ|NODE_EXTRA_CA_CERTS|RUNNER_TRACKING_ID)$/i;

/** Gives a daemon its settings over stdin, where no later step can read them, and waits until it listens. */
export async function handOver(child: Child, request: DaemonRequest): Promise<Handshake> {
  child.process.stdin?.on('error', () => undefined);
  child.process.stdin?.end(JSON.stringify(request));
  const handshake = await child.handshake;
  if (handshake.ok) child.process.unref();
  return handshake;
}

/** A daemon that was started and has not said yet that it listens. */
export interface Child {
  readonly process: ReturnType<typeof spawn>;
  readonly handshake: Promise<Handshake>;
}

/**
 * Starts the daemon's process, detached, with its log in the session directory. It waits for its settings.
 * @param env the job's environment, of which only what holds no secret is handed on
 */
export function spawnDaemon(sessionDir: string, env: StartRequest['env']): Child {
  const logFd = openSync(join(sessionDir, FILES.log), 'a', 0o600);
  // glibc keeps what each thread freed in an arena of its own; two of them save the daemon some 20 MB.
  const daemonEnv: Record<string, string> = process.platform === 'linux' ? { MALLOC_ARENA_MAX: '2' } : {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && DAEMON_ENV.test(name)) daemonEnv[name] = value;
  }
  // Chunks of downloads lie outside of V8's heap and are freed with the small objects that hold them: a small
  // young generation keeps the daemon below its memory goal. A restore makes many more small objects than chunks. One thread
  // collects: on two cores, of which go uses both, four that wait for each other cost three seconds of a job.
  const restores = env.ACTIONS_RESULTS_URL !== undefined || env.ACTIONS_CACHE_URL !== undefined;
  const program = fileURLToPath(new URL('./daemon-main.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--single-threaded-gc', `--max-semi-space-size=${restores ? 16 : 2}`, program],
    {
      // Nothing of the step's own stdio is inherited: a held pipe would keep the step from ending.
      stdio: ['pipe', logFd, logFd, 'pipe'],
      detached: true,
      cwd: sessionDir,
      env: daemonEnv,
      windowsHide: true,
    },
  );
  closeSync(logFd);
  const pipe = child.stdio[3] as Readable;
  const handshake = new Promise<Handshake>(done => {
    let text = '';
    const fail = (message: string) => done({ ok: false, code: 'internal', message });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`the proxy did not start listening within ${HANDSHAKE_MS / 1000} s`);
    }, HANDSHAKE_MS);
    const settle = (say: () => void) => {
      clearTimeout(timer);
      pipe.destroy();
      say();
    };
    pipe.setEncoding('utf8');
    pipe.on('data', (part: string) => {
      text += part;
      if (!text.endsWith('\n')) return;
      settle(() => done(JSON.parse(text) as Handshake));
    });
    pipe.on('error', () => undefined);
    child.on('error', error =>
      settle(() => fail(`the proxy process could not be started: ${error.message}`)),
    );
    child.on('exit', (code, signal) =>
      settle(() => fail(`the proxy ended at once (${signal ?? `exit ${code}`})`)),
    );
  });
  return { process: child, handshake };
}
