import type { GodebugDirective, GoMod, GoWork, ReplaceDirective } from './types.ts';

/** The output of `go mod edit -json` and `go work edit -json`, as it is after their sorting and clean-up. */

export interface ModuleVersionJson {
  Path: string;
  Version?: string;
}

export interface ReplaceJson {
  Old: ModuleVersionJson;
  New: ModuleVersionJson;
}

/** 1.26: a list without items is null. 1.27: it is left out, and more of a go.work is printed. */
export type JsonForm = '1.26' | '1.27';

type List<T> = T[] | null;

export interface GoModJson {
  Module: { Path: string; Deprecated?: string };
  Go?: string;
  Toolchain?: string;
  GoDebug?: { Key: string; Value: string }[];
  Require?: List<{ Path: string; Version?: string; Indirect?: true }>;
  Exclude?: List<ModuleVersionJson>;
  Replace?: List<ReplaceJson>;
  Retract?: List<{ Low?: string; High?: string; Rationale?: string }>;
  Tool?: List<{ Path: string }>;
  Ignore?: List<{ Path: string }>;
}

export interface GoWorkJson {
  Go?: string;
  /** From 1.27. */
  Toolchain?: string;
  /** From 1.27. */
  Godebug?: { Key: string; Value: string }[];
  Use?: List<{ DiskPath: string }>;
  Replace?: List<ReplaceJson>;
}

export function goModJson(mod: GoMod, form: JsonForm): GoModJson {
  const godebug = godebugJson(mod.godebug.filter(({ key }) => key !== ''));
  return inForm(form, {
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
  });
}

export function goWorkJson(work: GoWork, form: JsonForm): GoWorkJson {
  const godebug = godebugJson(work.godebug);
  return inForm(form, {
    ...(work.go && { Go: work.go.value.value }),
    ...(form !== '1.26' && work.toolchain && { Toolchain: utf8(work.toolchain.value.value) }),
    ...(form !== '1.26' && godebug.length > 0 ? { Godebug: godebug } : {}),
    Use: orNull(
      work.use
        .filter(({ value }) => value.value !== '')
        .map(({ value }) => ({ DiskPath: utf8(value.value) })),
    ),
    Replace: replaceJson(work.replace),
  });
}

function inForm<Json extends object>(form: JsonForm, json: Json): Json {
  if (form === '1.26') return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null)) as Json;
}

function godebugJson(godebug: readonly GodebugDirective[]): { Key: string; Value: string }[] {
  return godebug.map(({ key, value }) => ({ Key: utf8(key), Value: utf8(value) }));
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
