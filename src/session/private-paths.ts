import { matchGlobs } from '../gomod/module-path.ts';
import type { GoSettings } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Modules whose names no proxy and no checksum database may see. */
export interface PrivatePaths {
  /** GOPRIVATE globs, each once, in the order in which they were named. */
  readonly globs: readonly string[];
  /** Whether a module path is one of them. */
  isPrivate(path: string): boolean;
}

/**
 * What is private to a job: what `proxy.private` names, and what the job itself keeps from proxies by GOPRIVATE or
 * GONOPROXY. Pure.
 * @param go what `go env` says, which knows its file; where there is no go yet, the variables have to do
 */
export function privatePaths(about: {
  readonly configured: readonly string[];
  readonly go: Pick<GoSettings, 'GOPRIVATE' | 'GONOPROXY'> | undefined;
  readonly env: Env;
}): PrivatePaths {
  const { configured, go, env } = about;
  const own = [go?.GOPRIVATE ?? env.GOPRIVATE ?? '', go?.GONOPROXY ?? env.GONOPROXY ?? ''];
  const globs = unionGlobs(configured, ...own.map(splitGlobs));
  return { globs, isPrivate: path => globs.length > 0 && matchGlobs(globs, path) };
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
