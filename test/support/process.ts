import { type ChildProcess, spawn } from 'node:child_process';

/** What a finished command left behind. `code` is null when a signal ended it. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; the caller's own is not added. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Text for standard input, which is closed after it. */
  readonly input?: string;
  /** Milliseconds after which the command and all it started are killed and the promise rejects. Default 110 s. */
  readonly timeoutMs?: number;
  /** Called with the process as soon as it exists. */
  readonly onSpawn?: (child: ChildProcess) => void;
}

/** More output than this is cut at the front, so that a runaway command cannot eat the test runner's memory. */
const MAX_OUTPUT = 16 * 1024 * 1024;

/**
 * Runs a command to its end, whatever its exit code. Rejects when it cannot be started or takes too long;
 * the error then holds the end of what it had printed.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { cwd, env = process.env, input, timeoutMs = 110_000, onSpawn } = options;
  return new Promise((resolve, reject) => {
    const ownGroup = process.platform !== 'win32';
    const child = spawn(command, args, {
      cwd,
      env: { ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: ownGroup,
      windowsHide: true,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-MAX_OUTPUT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_OUTPUT);
    });
    // A command that does not read its input closes the pipe early, which is no failure.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    const timer = setTimeout(() => {
      killTree(child, ownGroup);
      const tail = `${stdout}\n${stderr}`.slice(-4000);
      reject(new Error(`${command} ${args.join(' ')} was still running after ${timeoutMs} ms:\n${tail}`));
    }, timeoutMs);
    child.on('error', error => {
      clearTimeout(timer);
      reject(new Error(`${command} could not be started: ${error.message}`, { cause: error }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
    onSpawn?.(child);
  });
}

/** As `run`, and rejects with the output when the exit code is not 0. */
export async function runOk(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const finished = await run(command, args, options);
  if (finished.code !== 0) {
    const ended = finished.signal ?? `exit code ${finished.code}`;
    throw new Error(
      `${command} ${args.join(' ')} ended with ${ended}:\n${finished.stderr}\n${finished.stdout}`,
    );
  }
  return finished;
}

function killTree(child: ChildProcess, ownGroup: boolean): void {
  try {
    if (ownGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
