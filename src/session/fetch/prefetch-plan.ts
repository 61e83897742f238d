import { checkPath } from '../../gomod/module-path.ts';
import type { SumEntry } from '../../gomod/sum.ts';
import { compareVersions, isValid } from '../../gomod/version.ts';
import type { PrefetchItem } from '../../proxy/prefetch.ts';
import { type Needs, type Replacement, Replaces } from '../policy/needs.ts';

/** One main module or workspace: what it requires, what it replaces, what its sum files list. */
export interface PlanInput {
  readonly mods: readonly Needs[];
  /** go.work's own replaces, which win over those of its modules. */
  readonly work?: readonly Replacement[];
  readonly sums: readonly SumEntry[];
}

/**
 * What a build of these modules can need: zip, .info and .mod of what go.mod requires and go.sum has a hash
 * of (a required module without one is only in the graph, or go would stop at it anyway), and the .mod of
 * the rest of go.sum. A go.sum line newer than what is required is stale: version selection never goes down.
 * So is one of a version that is replaced.
 */
export function planPrefetch(input: PlanInput): PrefetchItem[] {
  const zipSums = new Set<string>();
  for (const { file, module, version } of input.sums) if (file === 'zip') zipSums.add(`${module}@${version}`);
  const selected = new Map<string, string>();
  for (const mod of input.mods) {
    for (const { path, version } of mod.requires) {
      if (!isValid(version) || checkPath(path) !== undefined) continue;
      const known = selected.get(path);
      if (known === undefined || compareVersions(known, version) < 0) selected.set(path, version);
    }
  }
  const replaces = new Replaces(
    input.work ?? [],
    input.mods.flatMap(mod => mod.replaces),
  );
  const items: PrefetchItem[] = [];
  const planned = new Set<string>();
  const add = (path: string, version: string, kind: PrefetchItem['kind']) => {
    const key = `${path}@${version}.${kind}`;
    if (planned.has(key)) return;
    planned.add(key);
    items.push({ path, version, kind });
  };
  for (const [path, version] of selected) {
    const target = replaces.source(path, version);
    if (target === undefined) continue;
    add(target.path, target.version, 'mod');
    if (!zipSums.has(`${target.path}@${target.version}`)) continue;
    add(target.path, target.version, 'zip');
    add(target.path, target.version, 'info');
  }
  for (const { file, module, version } of input.sums) {
    if (file !== 'mod') continue;
    const wanted = selected.get(module);
    if (wanted !== undefined && compareVersions(version, wanted) > 0) continue;
    const target = replaces.source(module, version);
    if (target?.path !== module || target.version !== version) continue;
    add(module, version, 'mod');
  }
  return items;
}
