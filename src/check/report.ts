import type { Finding, Status } from '../policy/finding.ts';
import { pathsOfMod, pathsOfWork } from '../policy/named-paths.ts';
import type { Tree } from '../policy/tree.ts';
import type { CheckReport } from '../report/types.ts';
import type { ReadTree } from './tree.ts';

/** Files that were left out, by reason; the most first. */
export function skippedOf(
  { skipped, submodules }: Pick<ReadTree, 'skipped' | 'submodules'>,
  untracked: number,
): CheckReport['skipped'] {
  const reasons = [...skipped].map(([name, count]) => ({ why: `in a directory called ${name}`, count }));
  if (untracked > 0) reasons.push({ why: 'not tracked by git', count: untracked });
  if (submodules > 0) reasons.push({ why: 'a submodule, which has a check of its own', count: submodules });
  return reasons.sort((a, b) => b.count - a.count || (a.why < b.why ? -1 : 1));
}

/** What is counted in a report. `targets`: files of the tree that are not judged. */
export function summaryOf(
  tree: Tree,
  targets: ReadonlySet<string>,
  findings: readonly Finding[],
): CheckReport['summary'] {
  const mods = tree.mods.filter(({ path }) => !targets.has(path));
  const modules = new Set<string>();
  for (const mod of mods)
    for (const { path, role } of pathsOfMod(mod)) if (role !== 'tool') modules.add(path.value);
  for (const work of tree.works) for (const { path } of pathsOfWork(work)) modules.add(path.value);
  const status = (wanted: Status) => findings.filter(finding => finding.status === wanted);
  const fresh = status('new');
  return {
    files: mods.length + tree.works.length,
    modules: modules.size,
    errors: fresh.filter(({ level }) => level === 'error').length,
    warnings: fresh.filter(({ level }) => level === 'warning').length,
    notes: fresh.filter(({ level }) => level === 'note').length,
    existing: status('existing').length,
    waived: status('waived').length,
    baseline: status('baseline').length,
  };
}
