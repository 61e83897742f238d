import { type ChildProcess, spawn } from 'node:child_process';

/** How a `go` child ended, and the last of what it said. */
export interface ChildEnd {
  readonly state: 'ok' | 'failed' | 'timeout' | 'too-much' | 'stopped' | 'no-go';
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends the child and all that it started. */
  readonly signal?: AbortSignal;
}

/** Most that a child may print, bytes: the versions of big repositories stay below 1 MiB. */
const MAX_STDOUT = 8 * 1024 * 1024;
/** What is kept of the other output, bytes; git says in its last lines what was wrong. */
const MAX_STDERR = 64 * 1024;

/**
 * Runs a `go` that may start git and ssh in turn. Never rejects. One that takes too long or says too much is ended
 * with everything that it started: a git that is left behind would go on downloading.
 */
export async function runChild(spec: ChildSpec): Promise<ChildEnd> {
  const { command, args, cwd, env, timeoutMs, signal } = spec;
  if (signal?.aborted === true) return { state: 'stopped', stdout: '', stderr: '' };
  return await new Promise(resolve => {
    let state: ChildEnd['state'] | undefined;
    const out = new Tail(MAX_STDOUT);
    const err = new Tail(MAX_STDERR);
    // A session of its own: it can be ended as a whole, and no terminal is there to ask for a password on.
    const child = spawn(command, args, {
      cwd,
      env,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const stop = (why: ChildEnd['state']) => {
      state ??= why;
      endTree(child);
    };
    const timer = setTimeout(() => stop('timeout'), timeoutMs);
    const onAbort = () => stop('stopped');
    signal?.addEventListener('abort', onAbort, { once: true });
    const done = (how: ChildEnd['state']) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve({ state: state ?? how, stdout: out.text(), stderr: err.text() });
    };
    child.stdout.on('data', (chunk: Buffer) => {
      if (!out.add(chunk)) stop('too-much');
    });
    child.stderr.on('data', (chunk: Buffer) => void err.add(chunk));
    child.once('error', error => {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      err.add(Buffer.from(error.message));
      done(missing ? 'no-go' : 'failed');
    });
    child.once('close', code => done(code === 0 ? 'ok' : 'failed'));
  });
}

function endTree(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true }).on(
      'error',
      () => child.kill('SIGKILL'),
    );
  } else {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  }
  // What escaped into a session of its own may hold the pipes open for as long as it likes.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** The last bytes of a stream. */
class Tail {
  readonly #most: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  constructor(most: number) {
    this.#most = most;
  }

  /** False when something had to be given up. */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#most) return true;
    while (this.#size - (this.#chunks[0]?.length ?? 0) >= this.#most) {
      this.#size -= this.#chunks.shift()?.length ?? 0;
    }
    return false;
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-this.#most).toString('utf8');
  }
}
