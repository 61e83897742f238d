import { type ChildProcess, spawn } from 'node:child_process';
import { type GitSetting, gitSettingsIn } from '../../platform/git-settings.ts';

export type GitErrorCode = 'missing' | 'failed' | 'killed' | 'timeout' | 'too-much';

/** A git command that did not do what was asked. `detail` is git's own last words, on one line, bounded. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly code: GitErrorCode;
  readonly detail: string;

  constructor(code: GitErrorCode, message: string, detail = '') {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

export interface GitOptions {
  /** Bytes for standard input. */
  readonly input?: string | Uint8Array;
  /** More output than this ends the command with `too-much`. Default 256 MiB: the paths of millions of files. */
  readonly maxBytes?: number;
  /** Default 60 s. */
  readonly timeoutMs?: number;
}

/** Runs git in one directory, and nothing of what the repository or its configuration could make it run. */
export interface Git {
  readonly dir: string;
  /** Standard output of a command that succeeded. Throws GitError. */
  run(args: readonly string[], options?: GitOptions): Promise<Buffer>;
  /** The same as text without the line end; undefined when git says no (any exit code but 0). */
  ask(args: readonly string[]): Promise<string | undefined>;
  /** The same git with more configuration, which is handed over by environment and so is in no process list. */
  with(config: GitConfig): Git;
}

export type GitConfig = readonly GitSetting[];

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What points git somewhere else than to its directory, makes it write traces, or runs programs. What is about
 * the network (proxies, certificates, ssh, credentials) stays.
 */
const DROPPED =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|INDEX_VERSION|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|CEILING_DIRECTORIES|EXTERNAL_DIFF|PAGER|EDITOR|TEMPLATE_DIR|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|QUARANTINE_PATH|ATTR_SOURCE|LITERAL_PATHSPECS|GLOB_PATHSPECS|NOGLOB_PATHSPECS|ICASE_PATHSPECS|FLUSH|REDIRECT_.*|TRACE.*|CURL_VERBOSE|CONFIG_COUNT|CONFIG_(KEY|VALUE)_\d+)$/;

/** Settings that keep git from running programs of the repository's choice, and from changing it. */
const FIXED: readonly string[] = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=',
  'core.preloadIndex=true',
  'protocol.ext.allow=never',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'fetch.writeCommitGraph=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
];

const FIXED_ARGS = FIXED.flatMap(setting => ['-c', setting]);

export function gitIn(dir: string, env: Env): Git {
  return makeGit(dir, env, gitSettingsIn(env));
}

function makeGit(dir: string, env: Env, config: GitConfig): Git {
  const childEnv = environment(env, config);
  const git: Git = {
    dir,
    run: (args, options = {}) => runGit(dir, args, childEnv, options),
    async ask(args) {
      try {
        const out = await runGit(dir, args, childEnv, {});
        return out.toString('utf8').replace(/\r?\n$/, '');
      } catch (error) {
        if (error instanceof GitError && error.code === 'failed') return undefined;
        throw error;
      }
    },
    with: more => makeGit(dir, env, [...config, ...more]),
  };
  return git;
}

function environment(env: Env, config: GitConfig): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !DROPPED.test(name.toUpperCase())) out[name] = value;
  }
  config.forEach(([key, value], i) => {
    out[`GIT_CONFIG_KEY_${i}`] = key;
    out[`GIT_CONFIG_VALUE_${i}`] = value;
  });
  return {
    ...out,
    GIT_CONFIG_COUNT: String(config.length),
    // A check only reads: no refreshed index, no prompt, no words in another language.
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GCM_INTERACTIVE: 'never',
    GIT_NO_REPLACE_OBJECTS: '1',
    // What a partial clone lacks is fetched at once and into a place of our own, not object by object.
    GIT_NO_LAZY_FETCH: '1',
    LC_ALL: 'C',
    LANGUAGE: 'C',
  };
}

const MAX_STDERR = 16_384;

function runGit(
  dir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { input, maxBytes = 256 * 2 ** 20, timeoutMs = 60_000 }: GitOptions,
): Promise<Buffer> {
  const what = `git ${args.find(arg => !arg.startsWith('-')) ?? ''}`.trim();
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn('git', [...FIXED_ARGS, ...args], {
      cwd: dir,
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = '';
    const end = (error: GitError): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      // A helper that git started may hold the pipes for longer than anybody wants to wait.
      child.stdout?.destroy();
      child.stderr?.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () =>
        end(
          new GitError(
            'timeout',
            `${what} took longer than ${timeoutMs / 1000} s and was ended`,
            lastWords(stderr),
          ),
        ),
      timeoutMs,
    );
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes)
        end(new GitError('too-much', `${what} printed more than ${maxBytes} bytes and was ended`));
      else chunks.push(chunk);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR);
    });
    // git that ends early does not read the rest.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      end(
        new GitError(
          missing ? 'missing' : 'failed',
          missing ? 'there is no git on PATH' : `git cannot be started: ${error.message}`,
        ),
      );
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(Buffer.concat(chunks));
      const detail = lastWords(stderr);
      if (signal !== null) return reject(new GitError('killed', `${what} was ended by ${signal}`, detail));
      reject(new GitError('failed', `${what} failed: ${detail || `exit code ${code}`}`, detail));
    });
  });
}

/** Git's error lines in one, without credentials that a URL in them may hold. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('hint:'));
  const errors = lines.filter(line => /^(?:fatal|error|remote|ssh|warning):/i.test(line));
  return (errors.length > 0 ? errors : lines)
    .slice(-3)
    .join('; ')
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1')
    .slice(0, 500);
}
