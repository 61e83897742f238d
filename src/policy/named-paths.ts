import type { Located } from '../gomod/modfile/types.ts';
import type { ModFile, WorkFile } from './tree.ts';

/** What a path is doing in a go.mod or go.work. */
export type PathRole = 'module' | 'require' | 'exclude' | 'replaced' | 'replacement' | 'tool';

/** A module or package path that a file names, and the version beside it. */
export interface NamedPath {
  readonly role: PathRole;
  readonly path: Located;
  readonly version: Located | undefined;
  /** The module that a finding on it is about: for a replacement the path that it replaces. */
  readonly module: string;
}

/** Every path of a go.mod that is no directory, in the order of the kinds of directive. */
export function* pathsOfMod({ mod }: Pick<ModFile, 'mod'>): Generator<NamedPath> {
  if (mod.module !== undefined) yield named('module', mod.module.path, undefined);
  for (const { path, version } of mod.require) yield named('require', path, version);
  for (const { path, version } of mod.exclude) yield named('exclude', path, version);
  yield* pathsOfReplaces(mod.replace);
  for (const { value } of mod.tool) yield named('tool', value, undefined);
}

/** The same for a go.work, which names modules in its replaces only. */
export function pathsOfWork({ work }: Pick<WorkFile, 'work'>): Generator<NamedPath> {
  return pathsOfReplaces(work.replace);
}

function* pathsOfReplaces(replaces: ModFile['mod']['replace']): Generator<NamedPath> {
  for (const { oldPath, oldVersion, newPath, newVersion } of replaces) {
    yield named('replaced', oldPath, oldVersion);
    if (newVersion === undefined) continue;
    yield { role: 'replacement', path: newPath, version: newVersion, module: oldPath.value };
  }
}

function named(role: PathRole, path: Located, version: Located | undefined): NamedPath {
  return { role, path, version, module: path.value };
}
