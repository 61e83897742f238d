import { compareGoVersions } from '../gomod/go-version.ts';
import type { Located } from '../gomod/modfile/types.ts';
import type { SumEntry } from '../gomod/sum.ts';
import type { Found, Place } from './finding.ts';
import { textLines } from './lines.ts';
import { localReplaces } from './local-replace.ts';
import type { Refusal } from './module-lists.ts';
import { placeOf } from './place.ts';
import { isLocal, isRemote, type Replace, replacesOf } from './replaces.ts';
import type { ModFile, SumFile, Tree } from './tree.ts';

/** A module that a file names, so that go may fetch it. */
export interface ModuleUse {
  readonly file: string;
  readonly place: Place;
  readonly path: string;
  /** Undefined where the version that is written is not the one that is built. */
  readonly version: string | undefined;
  /** The right-hand side of a replace. */
  readonly isTarget: boolean;
  /** It is built from a directory of this repository that declares it, so nothing of it is fetched. */
  readonly isSibling: boolean;
}

/** From this version of the go line on a go.mod lists every module that provides a package. */
const COMPLETE_SINCE = '1.17';

const known = new WeakMap<Tree, readonly ModuleUse[]>();

/** Every module that the files of a tree name: required, replaced, put in place of another, or used as a tool. */
export function moduleUses(tree: Tree): readonly ModuleUse[] {
  let uses = known.get(tree);
  if (uses === undefined) {
    uses = [...collect(tree)];
    known.set(tree, uses);
  }
  return uses;
}

function* collect(tree: Tree): Generator<ModuleUse> {
  const replaces = groupByFile(replacesOf(tree));
  const siblings = new Set(
    localReplaces(tree).flatMap(one =>
      one.class === 'sibling' ? [`${one.file}\0${one.oldPath.value}`] : [],
    ),
  );
  const sums = new Map(tree.sums.map(sum => [sum.path, sum]));
  for (const file of tree.mods) {
    const own = replaces.get(file.path) ?? [];
    const isSibling = (path: string) => siblings.has(`${file.path}\0${path}`);
    yield* required(file, own, isSibling);
    for (const replace of own) yield* replaced(replace, isSibling);
    yield* tools(file);
    yield* summed(file, sums.get(file.path.replace(/\.mod$/, '.sum')));
  }
  for (const { path } of tree.works) {
    const isSibling = (old: string) => siblings.has(`${path}\0${old}`);
    for (const replace of replaces.get(path) ?? []) yield* replaced(replace, isSibling);
  }
}

function groupByFile(all: readonly Replace[]): ReadonlyMap<string, readonly Replace[]> {
  const groups = new Map<string, Replace[]>();
  for (const replace of all) {
    const group = groups.get(replace.file);
    if (group === undefined) groups.set(replace.file, [replace]);
    else group.push(replace);
  }
  return groups;
}

type Names = (path: string) => boolean;

function use(file: string, path: Located, version: string | undefined, rest: Partial<ModuleUse>): ModuleUse {
  const place = placeOf(file, path.span);
  return { file, place, path: path.value, version, isTarget: false, isSibling: false, ...rest };
}

function* required(file: ModFile, replaces: readonly Replace[], isSibling: Names): Generator<ModuleUse> {
  const all = new Set<string>();
  const some = new Set<string>();
  for (const { oldPath, oldVersion, refused } of replaces) {
    if (refused) continue;
    if (oldVersion === undefined) all.add(oldPath.value);
    else some.add(`${oldPath.value}@${oldVersion.value}`);
  }
  for (const { path, version } of file.mod.require) {
    const elsewhere = all.has(path.value) || some.has(`${path.value}@${version.value}`);
    yield use(file.path, path, elsewhere ? undefined : version.value, { isSibling: isSibling(path.value) });
  }
}

function* replaced(replace: Replace, isSibling: Names): Generator<ModuleUse> {
  const { file, oldPath, newPath, newVersion } = replace;
  yield use(file, oldPath, undefined, { isSibling: isLocal(replace) && isSibling(oldPath.value) });
  if (isRemote(replace)) yield use(file, newPath, newVersion?.value, { isTarget: true });
}

/** Tools whose module no require line names: with one, that line speaks for them. */
function* tools({ path: file, mod }: ModFile): Generator<ModuleUse> {
  if (mod.tool.length === 0) return;
  const modules = new Set(mod.require.map(line => line.path.value));
  if (mod.module !== undefined) modules.add(mod.module.path.value);
  for (const { value } of mod.tool) {
    const first = value.value.split('/', 1)[0] ?? '';
    // Programs of Go's own, like cmd/vet; and directories, which go refuses when it loads the file.
    if (!first.includes('.') || /^\.{1,2}$/.test(first)) continue;
    if (!hasPrefixIn(modules, value.value)) yield use(file, value, undefined, {});
  }
}

function hasPrefixIn(modules: ReadonlySet<string>, path: string): boolean {
  // No module path of a sane file has more elements; a hostile tool line may have a million.
  let end = -1;
  for (let n = 0; n < 64; n++) {
    end = path.indexOf('/', end + 1);
    if (modules.has(end < 0 ? path : path.slice(0, end))) return true;
    if (end < 0) return false;
  }
  return false;
}

/** What an old go.mod leaves out, go.sum names: the zip lines are the modules that code came from. */
function* summed({ mod, problems }: ModFile, sum: SumFile | undefined): Generator<ModuleUse> {
  if (sum === undefined || problems.length > 0) return;
  const go = mod.go?.value.value;
  if (go !== undefined && compareGoVersions(go, COMPLETE_SINCE) >= 0) return;
  const named = new Set(mod.require.map(line => line.path.value));
  const line = textLines(sum.bytes);
  for (const entry of sum.sum.entries) {
    if (entry.file !== 'zip' || named.has(entry.module)) continue;
    const place = placeInSum(sum.path, entry, line(entry.line));
    const { module: path, version } = entry;
    yield { file: sum.path, place, path, version, isTarget: false, isSibling: false };
  }
}

function placeInSum(file: string, { line, module }: SumEntry, text: string): Place {
  const column = Math.max(0, text.indexOf(module)) + 1;
  return { file, line, column, endLine: line, endColumn: column + module.length };
}

/** The first refusal of each module in each file: one finding a module and file. */
export function* refusedUses(tree: Tree, judge: (use: ModuleUse) => Refusal | undefined): Generator<Found> {
  const reported = new Set<string>();
  for (const one of moduleUses(tree)) {
    const id = `${one.file}\0${one.path}`;
    if (reported.has(id)) continue;
    const refusal = judge(one);
    if (refusal === undefined || (one.isSibling && refusal.kind === 'absent')) continue;
    reported.add(id);
    yield {
      place: one.place,
      module: one.path,
      ...(one.version === undefined ? {} : { version: one.version }),
      message: refusal.message,
      why: refusal.reason,
      fix: refusal.fix,
    };
  }
}
