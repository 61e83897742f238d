import { execFile } from 'node:child_process';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { redactText } from '../../config/redact.ts';
import { ProxyError } from '../errors.ts';
import type { Body } from './transfer.ts';

/** Modules straight from version control, by the job's own `go`. All methods reject with ProxyError. */
export interface Direct {
  file(module: string, version: string, kind: 'info' | 'mod' | 'zip'): Promise<Body>;
  list(module: string): Promise<Body>;
  /** The .info of a query: `latest`, a branch, a hash. */
  query(module: string, query: string): Promise<Body>;
}

export interface DirectSettings {
  /** Environment of the next child, which fetches a module; without GOMODCACHE. Its rejection is that of the fetch. */
  readonly childEnv: (module: string) => Promise<Readonly<Record<string, string>>>;
  /**
   * Asked when a child failed, by those who know more than what go and git say: who was refused, and why. Undefined
   * leaves it to their words.
   */
  readonly explain?: (failed: FailedChild) => ProxyError | undefined;
  readonly goCommand: string;
  /** Holds the one GOMODCACHE that all fetches share, so that a repository is cloned once a session. */
  readonly dir: string;
  /** `go` children at once; each may run git. */
  readonly parallel: number;
  readonly timeoutMs: number;
  readonly onStart?: (what: string) => void;
}

/** A child that did not fetch what it was to fetch. */
export interface FailedChild {
  /** `MODULE@VERSION` or another request in words. */
  readonly what: string;
  /** The environment that it was given. */
  readonly env: Readonly<Record<string, string>>;
  /** What go and git said; may hold secrets. */
  readonly output: string;
}

interface GoModuleJson {
  readonly Version?: string;
  readonly Time?: string;
  readonly Versions?: readonly string[];
  readonly Origin?: unknown;
  readonly Info?: string;
  readonly GoMod?: string;
  readonly Zip?: string;
  readonly Error?: string | { readonly Err?: string };
}

export function createDirect(settings: DirectSettings): Direct {
  const slots = new Slots(settings.parallel);
  const running = new Map<string, Promise<GoModuleJson>>();
  const work = join(settings.dir, 'work');
  const ready = mkdir(work, { recursive: true });

  const go = async (module: string, what: string, args: readonly string[]): Promise<GoModuleJson> => {
    await ready;
    const key = args.join(' ');
    let run = running.get(key);
    if (run === undefined) {
      run = slots.use(async () => {
        settings.onStart?.(what);
        return await runGo(settings, work, { module, what }, args);
      });
      running.set(key, run);
      // A failure is asked again by the next request; a success stays, its files are in the module cache.
      run.catch(() => running.delete(key));
    }
    return await run;
  };

  return {
    file: async (module, version, kind) => {
      const what = `${module}@${version}`;
      // The zip is only built when it is asked for: most of a module graph needs its go.mod alone.
      const found =
        kind === 'zip'
          ? await go(module, what, ['mod', 'download', '-json', '--', what])
          : await go(module, what, ['list', '-m', '-json', '--', what]);
      const path =
        kind === 'zip'
          ? found.Zip
          : kind === 'mod'
            ? found.GoMod
            : (found.Info ?? found.GoMod?.replace(/\.mod$/, '.info'));
      if (path === undefined) throw notFound(what, 'go named no file for it');
      if (kind !== 'zip') return { bytes: await readFile(path) };
      return { file: path, size: (await stat(path)).size };
    },
    list: async module => {
      const what = `${module} (versions)`;
      const found = await go(module, what, ['list', '-m', '-versions', '-json', '--', module]);
      return { bytes: Buffer.from((found.Versions ?? []).map(version => `${version}\n`).join('')) };
    },
    query: async (module, query) => {
      const what = `${module}@${query}`;
      const found = await go(module, what, ['list', '-m', '-json', '--', what]);
      if (found.Version === undefined) throw notFound(what, 'go named no version for it');
      const info = { Version: found.Version, Time: found.Time, Origin: found.Origin };
      return { bytes: Buffer.from(JSON.stringify(info)) };
    },
  };
}

function notFound(what: string, why: string): ProxyError {
  return new ProxyError('absent', `not found: ${what}: ${why}`, { upstream: 'direct' });
}

/** Most that go may print, bytes: module lists of big repositories stay below 1 MiB. */
const MAX_OUTPUT = 8 * 1024 * 1024;

async function runGo(
  settings: DirectSettings,
  cwd: string,
  { module, what }: { readonly module: string; readonly what: string },
  args: readonly string[],
): Promise<GoModuleJson> {
  const env = { ...(await settings.childEnv(module)), GOMODCACHE: join(settings.dir, 'modcache') };
  const { error, stdout, stderr } = await new Promise<{
    error: Error | null;
    stdout: string;
    stderr: string;
  }>(resolve => {
    execFile(
      settings.goCommand,
      args,
      {
        cwd,
        env,
        maxBuffer: MAX_OUTPUT,
        timeout: settings.timeoutMs,
        killSignal: 'SIGKILL',
        windowsHide: true,
      },
      (error, stdout, stderr) => resolve({ error, stdout, stderr }),
    );
  });
  let parsed: GoModuleJson | undefined;
  try {
    parsed = stdout.trim() === '' ? undefined : (JSON.parse(stdout) as GoModuleJson);
  } catch {
    parsed = undefined;
  }
  const told = typeof parsed?.Error === 'string' ? parsed.Error : parsed?.Error?.Err;
  if (error === null && told === undefined && parsed !== undefined) return parsed;
  const output = told ?? stderr;
  throw settings.explain?.({ what, env, output }) ?? directError(what, output, error);
}

/**
 * Trouble on the way, as go and git word it. Everything else they say means that there is no such module or
 * version; an outage must never be taken for absence.
 */
const OUTAGE =
  /no such host|could not resolve|i\/o timeout|timed out|timeout|connection (?:refused|reset)|network is unreachable|tls:|certificate|could not read (?:username|password)|terminal prompts disabled|permission denied|authentication failed|early eof|remote end hung up|50[0-9] |429 |disk|no space left|executable file not found|GOVCS disallows/i;

/** Module paths, URLs and directories are taken out: a module called certificates or timeout is no outage. */
function withoutNames(output: string): string {
  return output.replace(/(?!i\/o )\S*\/\S*/g, ' ');
}

function directError(what: string, output: string, error: Error | null): ProxyError {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOENT') {
    return new ProxyError(
      'upstream-unavailable',
      `modgate: cannot fetch ${what} from version control: no go command is on PATH of the step that started modgate\nnext: install Go (actions/setup-go, a golang image) before the modgate step`,
      { upstream: 'direct' },
    );
  }
  const lines = redactText(output)
    .split('\n')
    .map(line => line.trim().replace(/[^\x20-\x7e]/g, '?'))
    .filter(line => line !== '')
    .slice(-5);
  const text = lines.join('\n').slice(0, 500);
  const killed = (error as { killed?: boolean } | null)?.killed === true;
  if (killed || OUTAGE.test(withoutNames(output))) {
    return new ProxyError(
      'upstream-unavailable',
      `modgate: cannot fetch ${what} from version control:\n${text}`,
      {
        upstream: 'direct',
      },
    );
  }
  return new ProxyError('absent', `not found: ${what} in version control\n${text}`, { upstream: 'direct' });
}

/** At most `n` tasks at once, first come first served. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  constructor(n: number) {
    this.#free = n;
  }
  async use<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
