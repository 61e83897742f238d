import type { GitSetting } from '../../platform/git-settings.ts';
import { directEnv } from '../../proxy/upstream/go-env.ts';
import type { PrivatePaths } from '../settings/private-paths.ts';
import type { GoSettings } from '../types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** One setting of git: `['http.https://git.example.com.sslCAInfo', '/path']`. */
export type { GitSetting };

/** What somebody adds to the environment of the children that fetch from version control. */
export interface ChildPart {
  /** Variables, which win over the job's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of git, behind the job's own. */
  readonly git?: readonly GitSetting[];
}

/**
 * Asked before every child, so that what came up meanwhile (an agent, a credential) counts. May reject.
 * @param module the path that the child is to fetch; empty where it is about none
 */
export type ChildSource = (module: string) => ChildPart | Promise<ChildPart>;

/** The environment of the next child: of a `go` that fetches a module from version control, or of a git. */
export type ChildEnvironment = (module: string) => Promise<Record<string, string>>;

/**
 * Puts the environment of children together: the job's own as far as it does not change what is fetched, then what
 * each source adds, a later source winning.
 * @param job the job's environment, its `GIT_CONFIG_*` included, without other secrets
 */
export function childEnvironment(job: Env, sources: readonly ChildSource[]): ChildEnvironment {
  const own = directEnv(job);
  return async module => {
    const parts = await Promise.all(sources.map(async source => await source(module)));
    const added = parts.flatMap(part => part.git ?? []);
    return Object.assign({}, own, ...parts.map(part => part.env ?? {}), gitConfigEnv(own, added));
  };
}

/** The clones are gone with the session: nobody gains by tidying them up, and a process that does outlives its git. */
const NO_UPKEEP: readonly GitSetting[] = [
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
];

/**
 * Settings of the job's go that decide how it fetches, also those of its file, which children do not read; and what is
 * private, because that decides which version control GOVCS lets it use.
 */
export function settingsOfSession(paths: PrivatePaths, go: GoSettings | undefined): ChildSource {
  const { GOVCS = '', GOINSECURE = '' } = go ?? {};
  const env = {
    ...(GOVCS === '' ? {} : { GOVCS }),
    ...(GOINSECURE === '' ? {} : { GOINSECURE }),
    ...(paths.globs.length === 0 ? {} : { GOPRIVATE: paths.globs.join(',') }),
  };
  return () => ({ env, git: NO_UPKEEP });
}

/** More than anybody sets, and git reads each of them; a count beyond it is taken for damage. */
const MAX_OWN = 10_000;

/**
 * The variables by which git takes settings from its environment: the job's own list goes on, because a second list
 * would hide the first. Where two settings contradict each other git takes the later one, ours.
 */
export function gitConfigEnv(own: Env, added: readonly GitSetting[]): Record<string, string> {
  if (added.length === 0) return {};
  const count = /^\d+$/.test(own.GIT_CONFIG_COUNT ?? '') ? Number(own.GIT_CONFIG_COUNT) : 0;
  const first = count <= MAX_OWN ? count : 0;
  const out: Record<string, string> = { GIT_CONFIG_COUNT: String(first + added.length) };
  for (const [index, [key, value]] of added.entries()) {
    out[`GIT_CONFIG_KEY_${first + index}`] = key;
    out[`GIT_CONFIG_VALUE_${first + index}`] = value;
  }
  return out;
}
