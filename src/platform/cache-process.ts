import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { childEnv } from './cache-service.ts';
import type { Env } from './types.ts';

/** Every entry of the shared cache begins so; the number changes when older entries could not be read. */
export const CACHE_PREFIX = 'modgate-v1-';

/** Keys to restore by: the newest entry of the first scope that has one. */
export const RESTORE_KEYS: { readonly primary: string; readonly keys: readonly string[] } = {
  primary: CACHE_PREFIX,
  keys: [CACHE_PREFIX],
};

/**
 * Key of an entry with exactly these members, in any order. Lower case, because some servers fold case.
 * A member names a module version and which of its files are there.
 */
export function cacheKey(members: readonly string[]): string {
  const sorted = [...new Set(members)].sort();
  return CACHE_PREFIX + createHash('sha256').update(sorted.join('\n')).digest('hex');
}

/** One operation on the shared cache, sent as one JSON text to the standard input of the cache process. */
export interface CacheRequest {
  readonly op: 'restore' | 'save' | 'lookup';
  /** Directory that holds, or will hold, `store`. Also takes the archive while it is made or unpacked. */
  readonly dir: string;
  readonly primary: string;
  /** Prefixes for `restore` and `lookup`, tried in order when `primary` is not there. */
  readonly keys: readonly string[];
  /** Total time of the operation; the client's own retries count. */
  readonly timeoutMs: number;
  /** `cacheServiceEnv` of the job. */
  readonly env: Readonly<Record<string, string>>;
  /** Module versions that `save` would keep, for the message when it fails. */
  readonly modules?: number;
}

/** The one line of JSON that comes back. */
export type CacheAnswer =
  | {
      readonly ok: true;
      readonly op: CacheRequest['op'];
      /** Key that was restored, found or saved; absent on a miss. */
      readonly key?: string;
      /** `save`: whether an entry was written; false when it was there already. */
      readonly saved?: boolean;
      /** Size of the archive in bytes, where the client tells it. */
      readonly bytes?: number;
      readonly ms: number;
    }
  | {
      readonly ok: false;
      readonly op: CacheRequest['op'];
      /** What went wrong, without credentials; not yet escaped for a log. */
      readonly why: string;
      /** What that costs. */
      readonly lost: string;
      readonly ms: number;
    };

export interface CacheProcessOptions {
  /** The job's environment; secrets are taken out before it becomes the child's. */
  readonly env: Env;
  /** Receives what the cache client prints, line by line; not escaped. */
  readonly log?: (line: string) => void;
  /** Ends the operation early; the answer then says so. */
  readonly signal?: AbortSignal;
}

/** What the process may take beyond the operation's own time, to load and to answer. */
const GRACE_MS = 5_000;
const MAX_ANSWER = 64 * 1024;

/** What is lost when an operation does not succeed. */
export function lostBy(op: CacheRequest['op'], modules?: number): string {
  if (op === 'restore') return 'this job downloads its modules again';
  if (op === 'lookup') return 'it is not known whether the shared cache has this set of modules';
  const count = modules === undefined ? 'its modules' : `${modules} module${modules === 1 ? '' : 's'}`;
  return `the next job downloads ${count} again`;
}

/**
 * Runs one cache operation in a process of its own, so that the client library and its memory stay out of
 * the daemon. Never rejects; a process that hangs is killed with all it started.
 */
export function runCacheProcess(request: CacheRequest, options: CacheProcessOptions): Promise<CacheAnswer> {
  const program = fileURLToPath(new URL('../actions/cache-main.ts', import.meta.url));
  const started = performance.now();
  const ownGroup = process.platform !== 'win32';

  return new Promise(resolve => {
    const fail = (why: string): CacheAnswer => ({
      ok: false,
      op: request.op,
      why,
      lost: lostBy(request.op, request.modules),
      ms: Math.round(performance.now() - started),
    });
    if (options.signal?.aborted) {
      resolve(fail('the session was ending'));
      return;
    }
    const child = spawn(process.execPath, [program], {
      env: childEnv(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: ownGroup,
      windowsHide: true,
    });
    let settled = false;
    const settle = (answer: CacheAnswer): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      killAll(child, ownGroup);
      resolve(answer);
    };
    const onAbort = (): void => settle(fail('the session was ending'));
    const timer = setTimeout(() => {
      settle(fail(`the cache did not answer within ${Math.round(request.timeoutMs / 1000)} s`));
    }, request.timeoutMs + GRACE_MS);
    options.signal?.addEventListener('abort', onAbort);

    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_ANSWER) stdout += text;
    });
    lines(child, options.log ?? (() => {}));
    child.on('error', error => settle(fail(`the cache process could not be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      // The answer is complete: it is written before the process ends. Pipes that tar holds open do not count.
      setImmediate(() =>
        settle(parseAnswer(stdout) ?? fail(`the cache process ended with ${signal ?? code}`)),
      );
    });
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(request));
  });
}

function parseAnswer(stdout: string): CacheAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(stdout.trim());
    return typeof answer === 'object' && answer !== null && 'ok' in answer
      ? (answer as CacheAnswer)
      : undefined;
  } catch {
    return undefined;
  }
}

function lines(child: ChildProcess, log: (line: string) => void): void {
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = (parts.pop() ?? '').slice(0, MAX_ANSWER);
    for (const line of parts) if (line.trim() !== '') log(line.trimEnd());
  });
}

function killAll(child: ChildProcess, ownGroup: boolean): void {
  try {
    if (ownGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
