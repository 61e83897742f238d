import type { GoMod, ReplaceDirective } from '../../gomod/modfile/types.ts';
import { checkPath } from '../../gomod/module-path.ts';
import { isValid } from '../../gomod/version.ts';
import type { ModVer } from '../../store/types.ts';

/** A replace of a go.mod or go.work; no version stands for every version, or for a directory. */
export interface Replacement {
  readonly oldPath: string;
  readonly oldVersion: string | undefined;
  readonly newPath: string;
  readonly newVersion: string | undefined;
}

/** What a go.mod says of other modules. */
export interface Needs {
  /** The path it declares; undefined where it declares none. */
  readonly module: string | undefined;
  readonly requires: readonly ModVer[];
  readonly replaces: readonly Replacement[];
}

export function needsOf(mod: GoMod): Needs {
  return {
    module: mod.module?.path.value,
    requires: mod.require.map(({ path, version }) => ({ path: path.value, version: version.value })),
    replaces: replacesOf(mod),
  };
}

/** The replaces of a file; of several with the same left side go keeps the last. */
export function replacesOf(file: { readonly replace: readonly ReplaceDirective[] }): Replacement[] {
  const byOld = new Map<string, Replacement>();
  for (const { oldPath, oldVersion, newPath, newVersion } of file.replace) {
    byOld.set(`${oldPath.value}@${oldVersion?.value ?? ''}`, {
      oldPath: oldPath.value,
      oldVersion: oldVersion?.value,
      newPath: newPath.value,
      newVersion: newVersion?.value,
    });
  }
  return [...byOld.values()];
}

/** Replaces by what they replace; a pull request may write any number of them. */
export class Replaces {
  readonly #groups: readonly ReadonlyMap<string, Replacement>[];

  /** @param groups those of go.work first: whatever it says of a path wins over what its modules say */
  constructor(...groups: readonly (readonly Replacement[])[]) {
    this.#groups = groups.map(group => {
      const byOld = new Map<string, Replacement>();
      for (const replace of group) {
        const key = `${replace.oldPath}@${replace.oldVersion ?? ''}`;
        if (!byOld.has(key)) byOld.set(key, replace);
      }
      return byOld;
    });
  }

  /** The replace in force for a version: one of that version wins over one of all versions. */
  find(path: string, version: string): Replacement | undefined {
    for (const group of this.#groups) {
      const found = group.get(`${path}@${version}`) ?? group.get(`${path}@`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Every one of them, those of go.work first. */
  *all(): Iterable<Replacement> {
    for (const group of this.#groups) yield* group.values();
  }

  /** Where a version really comes from; undefined for a directory, and for what go would refuse. */
  source(path: string, version: string): ModVer | undefined {
    const found = this.find(path, version);
    if (found === undefined) return { path, version };
    const { newPath, newVersion } = found;
    return newVersion !== undefined && isValid(newVersion) && checkPath(newPath) === undefined
      ? { path: newPath, version: newVersion }
      : undefined;
  }
}
