import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { escapePath, escapeVersion } from '../../gomod/module-path.ts';
import { ProxyError } from '../errors.ts';
import type { Body } from './body.ts';
import { directError, isSilence } from './direct-error.ts';
import { Downloads } from './downloads.ts';
import { runChild } from './go-child.ts';
import { type GoModule, parseModules, type Subject } from './go-module.ts';
import type { Health } from './health.ts';
import { hiddenWords } from './hidden-words.ts';
import { Runs, Slots, type Urgent } from './slots.ts';

/** What version control gave. */
export type Fetched = Body & {
  /** Host of the repository, where go names one. */
  readonly from?: string;
};

/** How much it is wanted. */
export interface Wanted {
  /** Whether somebody waits for it by now: then it is fetched before what nobody waits for. Default: yes. */
  readonly urgent?: Urgent;
  /** There is an older answer: a host that is silent, or was a moment ago, is not waited for long. */
  readonly brief?: boolean;
}

/** Modules straight from version control, by the job's own `go`. All methods reject with ProxyError. */
export interface Direct {
  file(module: string, version: string, kind: 'info' | 'mod' | 'zip', wanted?: Wanted): Promise<Fetched>;
  list(module: string, wanted?: Wanted): Promise<Fetched>;
  /** The .info of a query: `latest`, a branch, a hash. */
  query(module: string, query: string, wanted?: Wanted): Promise<Fetched>;
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
  /** What a brief question is: how long its child may take, and who knows which hosts (`vcs:HOST`) are silent. */
  readonly brief?: {
    readonly timeoutMs: number;
    readonly health: Pick<Health, 'mayTryHard' | 'markDown' | 'markUp'>;
  };
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

const ALWAYS: Urgent = () => true;

export function createDirect(settings: DirectSettings): Direct {
  const closing = new AbortController();
  const slots = new Slots(settings.parallel);
  const runs = new Runs<GoModule>();
  const cwd = join(settings.dir, 'work');
  const ready = mkdir(cwd, { recursive: true });
  const run = async (about: Subject, args: readonly string[], brief: boolean): Promise<GoModule> => {
    await ready;
    const host = hostKey(about.module);
    const health = settings.brief?.health;
    if (brief && health?.mayTryHard(host) === false) throw silent(about);
    const { timeoutMs } = (brief ? settings.brief : undefined) ?? settings;
    try {
      const found = await runGo(settings, { cwd, signal: closing.signal, timeoutMs }, about, args);
      health?.markUp(host);
      return found;
    } catch (error) {
      if (isSilence(error)) health?.markDown(host);
      throw error;
    }
  };
  const downloads = new Downloads({
    slots,
    parallel: settings.parallel,
    one: async about => {
      await leavePacked(modcacheOf(settings), [about]);
      return await run(about, ['mod', 'download', '-json', '--', about.what], false);
    },
    several: async abouts => {
      await leavePacked(modcacheOf(settings), abouts);
      return await runForAll(settings, { cwd, signal: closing.signal }, abouts);
    },
  });
  const ask = async (about: Subject, key: string, args: readonly string[], wanted: Wanted, keep = false) => {
    const { urgent = ALWAYS, brief = false } = wanted;
    if (isTooShort(about.module)) throw withoutName(about.what);
    return await runs.share(
      key,
      urgent,
      keep,
      async now => await slots.use(async () => await run(about, args, brief), now),
    );
  };

  // What was found of a version stays found: its files are in the module cache.
  const look = async (about: Subject, wanted: Wanted) =>
    await ask(about, about.what, ['list', '-m', '-json', '--', about.what], wanted, true);
  const download = async (about: Subject, { urgent = ALWAYS }: Wanted) => {
    if (isTooShort(about.module)) throw withoutName(about.what);
    return await runs.share(zipKey(about.what), urgent, true, async now => await downloads.get(about, now));
  };
  const smallFile = async (module: string, version: string, wanted: Wanted) => {
    const what = `${module}@${version}`;
    // Each child asks the repository anew what it has, so that one for all files is much faster than three; but most
    // of a module graph needs its go.mod alone, and a zip takes its time to build.
    if (runs.has(what) || !(runs.has(zipKey(what)) || settings.wantsZip?.(module, version) === true)) {
      return await look({ module, what }, wanted);
    }
    try {
      return await download({ module, what }, wanted);
    } catch (error) {
      // A version of which no zip can be made has a go.mod all the same.
      if (error instanceof ProxyError && error.code === 'absent') return await look({ module, what }, wanted);
      throw error;
    }
  };

  return {
    file: async (module, version, kind, wanted = {}) => {
      const what = `${module}@${version}`;
      const found =
        kind === 'zip' ? await download({ module, what }, wanted) : await smallFile(module, version, wanted);
      const path = pathOf(found, kind);
      if (path === undefined) throw notFound(what, 'go named no file for it');
      if (kind !== 'zip') return { bytes: await readFile(path), ...hostOf(found) };
      return { file: path, size: (await stat(path)).size, ...hostOf(found) };
    },
    list: async (module, wanted = {}) => {
      const what = `${module} (versions)`;
      const args = ['list', '-m', '-versions', '-json', '--', module];
      const found = await ask({ module, what }, what, args, wanted);
      const lines = (found.Versions ?? []).map(version => `${version}\n`);
      return { bytes: Buffer.from(lines.join('')), ...hostOf(found) };
    },
    query: async (module, query, wanted = {}) => {
      const what = `${module}@${query}`;
      const args = ['list', '-m', '-json', '--', what];
      const found = await ask({ module, what }, `${what} (query)`, args, wanted);
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

/** Hosts of which go knows that each repository has an owner and a name. */
const OWNER_AND_NAME = new Set(['github.com', 'bitbucket.org']);

/** Whether a path is one of those that go only asks for to find out where the module begins. */
function isTooShort(module: string): boolean {
  const [host = '', owner, name] = module.split('/', 3);
  return OWNER_AND_NAME.has(host) && (owner === undefined || name === undefined);
}

function withoutName(what: string): ProxyError {
  return notFound(what, 'a repository there has an owner and a name');
}

function notFound(what: string, why: string): ProxyError {
  return new ProxyError('absent', `not found: ${what}: ${why}`, { upstream: 'direct' });
}

/** How the hosts of modules are called among those that are watched; most repositories lie on the host of their path. */
function hostKey(module: string): string {
  return `vcs:${module.split('/', 1)[0]}`;
}

function silent({ module, what }: Subject): ProxyError {
  return new ProxyError(
    'upstream-unavailable',
    `modgate: cannot fetch ${what} from version control: ${module.split('/', 1)[0]} did not answer a moment ago`,
    { upstream: 'direct' },
  );
}

async function runGo(
  settings: DirectSettings,
  {
    cwd,
    signal,
    timeoutMs,
  }: { readonly cwd: string; readonly signal: AbortSignal; readonly timeoutMs: number },
  { module, what }: Subject,
  args: readonly string[],
): Promise<GoModule> {
  const { goCommand: command } = settings;
  const env = { ...(await settings.childEnv(module)), GOMODCACHE: modcacheOf(settings) };
  settings.onStart?.(what);
  const ended = await runChild({ command, args, cwd, env, timeoutMs, signal });
  const [found] = parseModules(ended.stdout);
  const told = typeof found?.Error === 'string' ? found.Error : found?.Error?.Err;
  if (ended.state === 'ok' && told === undefined && found !== undefined) return found;
  const said = told ?? ended.stderr;
  const hidden = await hiddenWords(module, said, { cwd, env, timeoutMs, signal });
  const end = { ...(hidden ?? ended), stderr: settings.redact((hidden ?? ended).stderr) };
  const output = hidden === undefined ? settings.redact(said) : end.stderr;
  const explained = end.state === 'failed' ? settings.explain?.({ what, env, output }) : undefined;
  throw explained ?? directError({ what, end, output, timeoutMs });
}

function modcacheOf({ dir }: DirectSettings): string {
  return join(dir, 'modcache');
}

/**
 * Makes go leave the zips of these versions as they are: it unpacks each one that it downloads unless its directory is
 * there, and nobody compiles what is in this module cache. Never rejects: what is unpacked only takes its time.
 */
async function leavePacked(modcache: string, abouts: readonly Subject[]): Promise<void> {
  for (const { module, what } of abouts) {
    try {
      const version = escapeVersion(what.slice(module.length + 1));
      await mkdir(join(modcache, ...`${escapePath(module)}@${version}`.split('/')), { recursive: true });
    } catch {
      // A disk that is full or a name that it cannot have is told of by go.
    }
  }
}

/** One child for several versions; gives those that came with their zips. */
async function runForAll(
  settings: DirectSettings,
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
  abouts: readonly Subject[],
): Promise<Map<string, GoModule>> {
  const [first] = abouts;
  const came = new Map<string, GoModule>();
  if (first === undefined) return came;
  const whats = abouts.map(({ what }) => what);
  try {
    const env = { ...(await settings.childEnv(first.module)), GOMODCACHE: modcacheOf(settings) };
    settings.onStart?.(whats.join(' '));
    const { goCommand: command, timeoutMs } = settings;
    const args = ['mod', 'download', '-json', '--', ...whats];
    const { stdout } = await runChild({ command, args, cwd, env, timeoutMs, signal });
    for (const found of parseModules(stdout)) {
      if (found.Zip !== undefined && found.Error === undefined) {
        came.set(`${found.Path}@${found.Version}`, found);
      }
    }
  } catch {
    // Each of them is asked for by itself then, and says what is wrong.
  }
  return came;
}
