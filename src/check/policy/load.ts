import { isAbsolute, relative, resolve, sep } from 'node:path';
import { DEFAULTS } from '../../config/defaults.ts';
import { defaultLayer } from '../../config/layers.ts';
import { type LoadOptions, loadConfig } from '../../config/load.ts';
import type { Policy } from '../../config/policy.ts';
import { type ConfigSource, diskSource, isInside } from '../../config/source.ts';
import type { LoadedConfig } from '../../config/types.ts';
import type { Objects } from '../git/objects.ts';
import { commitSource } from './commit-source.ts';

/** What of a configuration does not depend on where the files come from. */
export type PolicyOptions = Omit<LoadOptions, 'source' | 'trusted'>;

/** The configuration of a commit; the default one where the commit has no file. Throws ConfigError. */
export async function loadFromCommit(
  options: PolicyOptions,
  objects: Objects,
  commit: string,
): Promise<LoadedConfig> {
  const source = commitSource(objects, commit);
  const named = namedInside(options);
  if (named === undefined || (await source.read(named)) !== undefined) {
    return await loadConfig({ ...options, source });
  }
  if ((await diskSource(options.workspace).read(named)) === undefined) {
    // Wrong on both sides: the user has mistyped it.
    return await loadConfig({ ...options, source });
  }
  const { explicit: _, ...others } = options;
  return await loadConfig({ ...others, source: NO_FILES });
}

const NO_FILES: ConfigSource = { read: async () => undefined };

/** The default configuration, with a floor where there is one. */
export async function loadWithoutFile(options: PolicyOptions): Promise<LoadedConfig> {
  const { explicit: _, ...others } = options;
  return await loadConfig({ ...others, source: NO_FILES });
}

/** The named file as a path of the repository; undefined when none is named, or one that lies elsewhere. */
function namedInside({ explicit, workspace, cwd }: PolicyOptions): string | undefined {
  if (!explicit) return undefined;
  const path = resolve(cwd ?? workspace, explicit);
  if (!isInside(workspace, path)) return undefined;
  const inside = relative(workspace, path);
  return isAbsolute(inside) ? undefined : inside.split(sep).join('/');
}

/**
 * A policy that nobody has agreed to yet, made harmless: it may be stricter than the default one, and loosen
 * nothing of it.
 */
export function onlyTightened(policy: Policy): Policy {
  const standard = new Set<string>(DEFAULTS.check.skip);
  return {
    ...policy,
    layers: [defaultLayer(), ...policy.layers],
    waivers: [],
    skip: policy.skip.filter(name => standard.has(name)),
  };
}
