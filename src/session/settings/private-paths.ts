import type { Config } from '../../config/types.ts';
import { matchGlobs } from '../../gomod/module-path.ts';
import type { Given, GoSettings } from '../types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What a job keeps from others, in GOPRIVATE globs. */
export interface PrivatePaths {
  /** Globs of the modules that no proxy may hear of, each once, in the order in which they were named. */
  readonly globs: readonly string[];
  /** Globs of the modules that no checksum database may hear of: a job may have others there. */
  readonly noSumDb: readonly string[];
  /** Whether no proxy may hear of a module path. */
  isPrivate(path: string): boolean;
  /**
   * Whether a path is what go asks for on the way up from a package of a private module, which it does for every prefix:
   * `host/group` for `host/group/*`. No glob covers it, and it names the group all the same.
   */
  leadsToPrivate(path: string): boolean;
}

/**
 * What is private to a job: what `proxy.private` names, and what the job itself keeps from proxies by GOPRIVATE or
 * GONOPROXY. Pure.
 */
export function privatePaths({ configured, go, env }: About): PrivatePaths {
  const said = (name: 'GOPRIVATE' | 'GONOPROXY' | 'GONOSUMDB') => splitGlobs(go?.[name] ?? env[name] ?? '');
  const globs = unionGlobs(configured, said('GOPRIVATE'), said('GONOPROXY'));
  const noSumDb = unionGlobs(said('GONOSUMDB'), said('GOPRIVATE'), configured);
  return {
    globs,
    noSumDb,
    isPrivate: path => globs.length > 0 && matchGlobs(globs, path),
    leadsToPrivate: path => leadsTo(globs, path),
  };
}

function leadsTo(globs: readonly string[], path: string): boolean {
  const depth = path.split('/').length;
  return globs.some(glob => {
    const parts = glob.split('/');
    return parts.length > depth && matchGlobs([parts.slice(0, depth).join('/')], path);
  });
}

/** The same globs, and for `host/group/*` also `host/group`: everything below it is private already. */
function withTops(globs: readonly string[]): string[] {
  return unionGlobs(
    globs,
    globs.filter(glob => glob.endsWith('/*')).map(glob => glob.replace(/(?:\/\*)+$/, '')),
  );
}

interface About {
  /** `proxy.private`. */
  readonly configured: readonly string[];
  /** What `go env` says, which knows its file; where there is no go yet, the variables have to do. */
  readonly go: Pick<GoSettings, 'GOPRIVATE' | 'GONOPROXY' | 'GONOSUMDB'> | undefined;
  readonly env: Env;
}

/**
 * What go is told of private modules, as variables. Where ours is the only proxy it asks us for them. Where another one
 * stands behind ours it has to fetch them by itself: any failure of ours would show their names to that one. Pure.
 */
export function privacyEnvironment(
  about: About & { readonly onFailure: 'fail' | 'fallback' },
): Record<string, string> {
  const { globs, noSumDb } = privatePaths(about);
  const said = (name: 'GONOPROXY' | 'GONOSUMDB') => splitGlobs(about.go?.[name] ?? about.env[name] ?? '');
  const adds = (globs: readonly string[], own: readonly string[]) => globs.some(glob => !own.includes(glob));
  const sums = adds(noSumDb, said('GONOSUMDB')) ? { GONOSUMDB: noSumDb.join(',') } : {};
  if (about.onFailure === 'fail') {
    // Any GONOPROXY at all makes go fail `go get M@patch`, so a job without private modules gets none. Else an empty
    // value would leave one of go's file in force.
    const needed = globs.length > 0 || about.go === undefined;
    return { ...(needed ? { GONOPROXY: 'none' } : {}), ...sums };
  }
  const kept = withTops(globs);
  return { ...(adds(kept, said('GONOPROXY')) ? { GONOPROXY: kept.join(',') } : {}), ...sums };
}

/** The same for a session that begins, with what the job had in the place of those variables. */
export function givenPrivacy(
  { 'on-failure': onFailure, private: configured }: Config['proxy'],
  go: GoSettings | undefined,
  env: Env,
): Given {
  const given = privacyEnvironment({ onFailure, configured, go, env });
  const own = Object.keys(given).flatMap(name => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { env: given, own: Object.fromEntries(own) };
}

/** The globs of a comma-separated list; `none` is go's word for an empty one. */
export function splitGlobs(list: string): string[] {
  if (list === 'none') return [];
  return list
    .split(',')
    .map(glob => glob.trim())
    .filter(glob => glob !== '');
}

/** All globs of the lists, each once. */
export function unionGlobs(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flatMap(list => list.flatMap(splitGlobs)))];
}
