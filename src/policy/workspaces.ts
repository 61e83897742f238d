import { cleanPath, isAbsolutePath } from './repo-path.ts';
import type { ModFile, Tree, WorkFile } from './tree.ts';

/** Modules that go builds together: those of one go.work, or one module alone. */
export interface BuildUnit {
  /** Undefined for a module that no go.work of the repository uses. */
  readonly work: WorkFile | undefined;
  /** In the order of the go.work. */
  readonly mods: readonly ModFile[];
}

/** The tracked go.mod files that a go.work uses, in its order; what is missing or outside is left out. */
export function membersOf(work: WorkFile, mods: ReadonlyMap<string, ModFile>): ModFile[] {
  const members = new Set<ModFile>();
  for (const { value } of work.work.use) {
    if (isAbsolutePath(value.value)) continue;
    const dir = cleanPath(work.dir, value.value);
    const mod = mods.get(dir === '' ? 'go.mod' : `${dir}/go.mod`);
    if (mod !== undefined) members.add(mod);
  }
  return [...members];
}

/** The tree's go.mod files by path. */
export function modsByPath(tree: Pick<Tree, 'mods'>): ReadonlyMap<string, ModFile> {
  return new Map(tree.mods.map(file => [file.path, file]));
}

/** What is built together: every workspace, and every module that is in none. */
export function buildUnits(tree: Pick<Tree, 'mods' | 'works'>): BuildUnit[] {
  const byPath = modsByPath(tree);
  const units: BuildUnit[] = tree.works.map(work => ({ work, mods: membersOf(work, byPath) }));
  const used = new Set(units.flatMap(unit => unit.mods));
  for (const file of tree.mods) if (!used.has(file)) units.push({ work: undefined, mods: [file] });
  return units;
}
