import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ProxyError } from '../errors.ts';
import type { Body } from './body.ts';
import { directError } from './direct-error.ts';
import { runChild } from './go-child.ts';
import { hiddenWords } from './hidden-words.ts';
import { Runs, Slots, type Urgent } from './slots.ts';

/** What version control gave. */
export type Fetched = Body & {
  /** Host of the repository, where go names one. */
  readonly from?: string;
};

/**
 * Modules straight from version control, by the job's own `go`. All methods reject with ProxyError. What nobody waits
 * for yet (`urgent`) is fetched behind what somebody does.
 */
export interface Direct {
  file(module: string, version: string, kind: 'info' | 'mod' | 'zip', urgent?: Urgent): Promise<Fetched>;
  list(module: string): Promise<Fetched>;
  /** The .info of a query: `latest`, a branch, a hash. */
  query(module: string, query: string): Promise<Fetched>;
  /** Ends the children and whatever they started. */
  close(): void;
}

export interface DirectSettings {
  /** Environment of the next child, which fetches a module; without GOMODCACHE. Its rejection is that of the fetch. */
  readonly childEnv: (module: string) => Promise<Readonly<Record<string, string>>>;
  /**
   * Asked when a child failed, by those who know more than what go and git say: who was refused, and why. Undefined
   * leaves it to their words.
   */
  readonly explain?: (failed: FailedChild) => ProxyError | undefined;
  /** Takes secrets out of what go and git say. */
  readonly redact: (text: string) => string;
  readonly goCommand: string;
  /** Holds the one GOMODCACHE that all fetches share, so that a repository is cloned once a session. */
  readonly dir: string;
  /** `go` children at once; each may run git. */
  readonly parallel: number;
  readonly timeoutMs: number;
  /** Whether the zip of a version will be wanted beside its go.mod: one child then brings all of it. */
  readonly wantsZip?: (module: string, version: string) => boolean;
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

/** What a child is about. */
interface Subject {
  readonly module: string;
  readonly what: string;
}

interface GoModule {
  readonly Version?: string;
  readonly Time?: string;
  readonly Versions?: readonly string[];
  readonly Origin?: { readonly URL?: string };
  readonly Info?: string;
  readonly GoMod?: string;
  readonly Zip?: string;
  readonly Error?: string | { readonly Err?: string };
}

const ALWAYS: Urgent = () => true;

export function createDirect(settings: DirectSettings): Direct {
  const closing = new AbortController();
  const slots = new Slots(settings.parallel);
  const runs = new Runs<GoModule>();
  const cwd = join(settings.dir, 'work');
  const ready = mkdir(cwd, { recursive: true });
  const ask = async (about: Subject, key: string, args: readonly string[], urgent: Urgent, keep = false) =>
    await runs.share(key, urgent, keep, async wanted => {
      await ready;
      return await slots.use(async () => await runGo(settings, cwd, closing.signal, about, args), wanted);
    });

  // What was found of a version stays found: its files are in the module cache.
  const look = async (about: Subject, urgent: Urgent) =>
    await ask(about, about.what, ['list', '-m', '-json', '--', about.what], urgent, true);
  const download = async (about: Subject, urgent: Urgent) =>
    await ask(about, zipKey(about.what), ['mod', 'download', '-json', '--', about.what], urgent, true);
  const smallFile = async (module: string, version: string, urgent: Urgent) => {
    const what = `${module}@${version}`;
    // Each child asks the repository anew what it has, so that one for all files is much faster than three; but most
    // of a module graph needs its go.mod alone, and a zip takes its time to build.
    if (runs.has(what) || !(runs.has(zipKey(what)) || settings.wantsZip?.(module, version) === true)) {
      return await look({ module, what }, urgent);
    }
    try {
      return await download({ module, what }, urgent);
    } catch (error) {
      // A version of which no zip can be made has a go.mod all the same.
      if (error instanceof ProxyError && error.code === 'absent') return await look({ module, what }, urgent);
      throw error;
    }
  };

  return {
    file: async (module, version, kind, urgent = ALWAYS) => {
      const what = `${module}@${version}`;
      const found =
        kind === 'zip' ? await download({ module, what }, urgent) : await smallFile(module, version, urgent);
      const path = pathOf(found, kind);
      if (path === undefined) throw notFound(what, 'go named no file for it');
      if (kind !== 'zip') return { bytes: await readFile(path), ...hostOf(found) };
      return { file: path, size: (await stat(path)).size, ...hostOf(found) };
    },
    list: async module => {
      const what = `${module} (versions)`;
      const found = await ask(
        { module, what },
        what,
        ['list', '-m', '-versions', '-json', '--', module],
        ALWAYS,
      );
      const lines = (found.Versions ?? []).map(version => `${version}\n`);
      return { bytes: Buffer.from(lines.join('')), ...hostOf(found) };
    },
    query: async (module, query) => {
      const what = `${module}@${query}`;
      const found = await ask(
        { module, what },
        `${what} (query)`,
        ['list', '-m', '-json', '--', what],
        ALWAYS,
      );
      if (found.Version === undefined) throw notFound(what, 'go named no version for it');
      if (found.GoMod !== undefined) runs.put(`${module}@${found.Version}`, found);
      const info = { Version: found.Version, Time: found.Time, Origin: found.Origin };
      return { bytes: Buffer.from(JSON.stringify(info)), ...hostOf(found) };
    },
    close: () => closing.abort(),
  };
}

function zipKey(what: string): string {
  return `${what} (zip)`;
}

function pathOf(found: GoModule, kind: 'info' | 'mod' | 'zip'): string | undefined {
  if (kind === 'zip') return found.Zip;
  return kind === 'mod' ? found.GoMod : (found.Info ?? found.GoMod?.replace(/\.mod$/, '.info'));
}

function hostOf({ Origin }: GoModule): { readonly from?: string } {
  const url = Origin?.URL ?? '';
  const host = URL.canParse(url) ? new URL(url).host : '';
  return host === '' ? {} : { from: host };
}

function notFound(what: string, why: string): ProxyError {
  return new ProxyError('absent', `not found: ${what}: ${why}`, { upstream: 'direct' });
}

async function runGo(
  settings: DirectSettings,
  cwd: string,
  signal: AbortSignal,
  { module, what }: Subject,
  args: readonly string[],
): Promise<GoModule> {
  const { goCommand: command, timeoutMs } = settings;
  const env = { ...(await settings.childEnv(module)), GOMODCACHE: join(settings.dir, 'modcache') };
  settings.onStart?.(what);
  const ended = await runChild({ command, args, cwd, env, timeoutMs, signal });
  const found = parse(ended.stdout);
  const told = typeof found?.Error === 'string' ? found.Error : found?.Error?.Err;
  if (ended.state === 'ok' && told === undefined && found !== undefined) return found;
  const said = told ?? ended.stderr;
  const hidden = await hiddenWords(module, said, { cwd, env, timeoutMs, signal });
  const end = { ...(hidden ?? ended), stderr: settings.redact((hidden ?? ended).stderr) };
  const output = hidden === undefined ? settings.redact(said) : end.stderr;
  const explained = end.state === 'failed' ? settings.explain?.({ what, env, output }) : undefined;
  throw explained ?? directError({ what, end, output, timeoutMs });
}

function parse(stdout: string): GoModule | undefined {
  try {
    return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as GoModule);
  } catch {
    return undefined;
  }
}
