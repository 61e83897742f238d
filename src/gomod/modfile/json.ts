import type { GoMod, GoWork, ReplaceDirective } from './types.ts';

/** The output of `go mod edit -json` and `go work edit -json`, as it is after their sorting and clean-up. */

export interface ModuleVersionJson {
  Path: string;
  Version?: string;
}

export interface ReplaceJson {
  Old: ModuleVersionJson;
  New: ModuleVersionJson;
}

/** Lists are null when they are empty, as Go 1.26 prints them; Go 1.27 leaves them out. */
export interface GoModJson {
  Module: { Path: string; Deprecated?: string };
  Go?: string;
  Toolchain?: string;
  GoDebug?: { Key: string; Value: string }[];
  Require: { Path: string; Version?: string; Indirect?: true }[] | null;
  Exclude: ModuleVersionJson[] | null;
  Replace: ReplaceJson[] | null;
  Retract: { Low?: string; High?: string; Rationale?: string }[] | null;
  Tool: { Path: string }[] | null;
  Ignore: { Path: string }[] | null;
}

/** Go 1.26 prints neither `toolchain` nor `godebug` of a go.work. */
export interface GoWorkJson {
  Go?: string;
  Use: { DiskPath: string }[] | null;
  Replace: ReplaceJson[] | null;
}

export function goModJson(mod: GoMod): GoModJson {
  const godebug = mod.godebug
    .filter(({ key }) => key !== '')
    .map(({ key, value }) => ({ Key: utf8(key), Value: utf8(value) }));
  return {
    Module: {
      Path: utf8(mod.module?.path.value ?? ''),
      ...(mod.module?.deprecated ? { Deprecated: utf8(mod.module.deprecated) } : {}),
    },
    ...(mod.go && { Go: mod.go.value.value }),
    ...(mod.toolchain && { Toolchain: utf8(mod.toolchain.value.value) }),
    ...(godebug.length > 0 ? { GoDebug: godebug } : {}),
    Require: orNull(
      mod.require
        .filter(({ path }) => path.value !== '')
        .map(({ path, version, indirect }) => ({
          ...moduleVersion(path.value, version.value),
          ...(indirect ? { Indirect: true as const } : {}),
        })),
    ),
    Exclude: orNull(
      unique(mod.exclude, ({ path, version }) => `${path.value}\n${version.value}`)
        .filter(({ path }) => path.value !== '')
        .map(({ path, version }) => moduleVersion(path.value, version.value)),
    ),
    Replace: replaceJson(mod.replace),
    Retract: orNull(
      mod.retract
        .filter(({ low, high }) => low.value !== '' || high.value !== '')
        .map(({ low, high, rationale }) => ({
          ...(low.value === '' ? {} : { Low: utf8(low.value) }),
          ...(high.value === '' ? {} : { High: utf8(high.value) }),
          ...(rationale === '' ? {} : { Rationale: utf8(rationale) }),
        })),
    ),
    Tool: orNull(
      unique(mod.tool, ({ value }) => value.value).map(({ value }) => ({ Path: utf8(value.value) })),
    ),
    Ignore: orNull(
      unique(mod.ignore, ({ value }) => value.value).map(({ value }) => ({ Path: utf8(value.value) })),
    ),
  };
}

export function goWorkJson(work: GoWork): GoWorkJson {
  return {
    ...(work.go && { Go: work.go.value.value }),
    Use: orNull(
      work.use
        .filter(({ value }) => value.value !== '')
        .map(({ value }) => ({ DiskPath: utf8(value.value) })),
    ),
    Replace: replaceJson(work.replace),
  };
}

/** Of several replaces of the same module and version the last one counts, in its place. */
function replaceJson(replace: readonly ReplaceDirective[]): ReplaceJson[] | null {
  const last = unique([...replace].reverse(), old => `${old.oldPath.value}\n${old.oldVersion?.value ?? ''}`);
  return orNull(
    last
      .reverse()
      .filter(({ oldPath }) => oldPath.value !== '')
      .map(({ oldPath, oldVersion, newPath, newVersion }) => ({
        Old: moduleVersion(oldPath.value, oldVersion?.value),
        New: moduleVersion(newPath.value, newVersion?.value),
      })),
  );
}

function moduleVersion(path: string, version: string | undefined): ModuleVersionJson {
  return version ? { Path: utf8(path), Version: version } : { Path: utf8(path) };
}

/** The items whose key did not come before. */
function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter(item => {
    const before = seen.size;
    return seen.add(key(item)).size > before;
  });
}

function orNull<T>(list: T[]): T[] | null {
  return list.length === 0 ? null : list;
}

/** Go's encoder writes U+FFFD for every byte that is no UTF-8. */
function utf8(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
