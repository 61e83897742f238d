import { compareGoVersions } from '../gomod/go-version.ts';
import type { VendoredModule } from '../gomod/modfile/modules-txt.ts';
import type { ReplaceDirective, RequireDirective } from '../gomod/modfile/types.ts';
import { compareVersions } from '../gomod/version.ts';
import { cleanPath } from './repo-path.ts';
import type { ModFile, VendorFile, WorkFile } from './tree.ts';

/** Whether vendor/modules.txt says the same as go.mod or go.work (`checkVendorConsistency` of cmd/go). */

export interface Inconsistency {
  /** In go's words, to follow `path@version: `. */
  readonly message: string;
  readonly module: { readonly path: string; readonly version: string };
  /** What go.mod or go.work says about it; undefined when only modules.txt does. */
  readonly line:
    | { readonly file: ModFile | WorkFile; readonly directive: RequireDirective | ReplaceDirective }
    | undefined;
  /** The line of modules.txt, from 1; 0 when it says nothing. */
  readonly vendorLine: number;
}

interface Version {
  readonly path: string;
  readonly version: string;
}

interface Replacement {
  readonly directive: ReplaceDirective;
  readonly file: ModFile | WorkFile;
  /** As the file writes it. */
  readonly as: Version;
  /** The same from the directory of the vendor directory, as modules.txt has it. */
  readonly canonical: Version;
}

const keyOf = ({ path, version }: Version): string => `${path}\n${version}`;
const describe = ({ path, version }: Version): string => (version === '' ? path : `${path}@${version}`);
const equal = (a: Version, b: Version): boolean => a.path === b.path && a.version === b.version;

/** Whether a modules.txt was written by `go work vendor`. */
export function isForWorkspace({ bytes }: Pick<VendorFile, 'bytes'>): boolean {
  const [first = ''] = Buffer.from(bytes.subarray(0, 512)).toString('latin1').split('\n', 1);
  return (
    first.startsWith('## ') &&
    first
      .slice(3)
      .split(';')
      .some(entry => entry.trim() === 'workspace')
  );
}

/**
 * Compares what is vendored with the modules that are built, in the order in which go complains.
 *
 * @param mods the module beside the vendor directory, or the members of the workspace in the order of its go.work
 */
export function vendorInconsistencies(
  vendor: VendorFile,
  mods: readonly ModFile[],
  work: WorkFile | undefined,
): Inconsistency[] {
  const found: Inconsistency[] = [];
  const vendored = new Map(vendor.modules.map(module => [keyOf(module), module]));
  const providing = providers(vendor.modules);
  const provided = new Map(providing.map(module => [module.path, module.version]));
  const replacements = new Replacements(mods, work);
  const old = work === undefined && compareGoVersions(mods[0]?.mod.go?.value.value ?? '', '1.14') < 0;

  for (const file of mods) {
    for (const directive of file.mod.require) {
      const module = { path: directive.path.value, version: directive.version.value };
      const known = vendored.get(keyOf(module));
      if (known?.explicit === true) continue;
      const other = provided.get(module.path);
      if (old && (other === undefined || other === module.version)) continue;
      const message = old
        ? `is explicitly required in go.mod, but vendor/modules.txt indicates ${module.path}@${other}`
        : 'is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt';
      found.push({ message, module, line: { file, directive }, vendorLine: known?.line ?? 0 });
    }
  }

  for (const { module, replacement, file, directive } of replacements.inOrder()) {
    const known = vendored.get(keyOf(module));
    const is = known?.replacement;
    const source = replacement?.file ?? file;
    const name = relative(vendor.dir, source.path);
    const add = (message: string) =>
      found.push({ message, module, line: { file, directive }, vendorLine: known?.line ?? 0 });
    if (is === undefined) {
      // A wildcard replacement of a main module does nothing, and old versions of go left out what they did not need.
      const leftOut = old && (module.version === '' || provided.get(module.path) !== module.version);
      if (replacement === undefined || leftOut) continue;
      add(`is replaced in ${name}, but not marked as replaced in vendor/modules.txt`);
    } else if (replacement === undefined || !equal(is, replacement.canonical)) {
      const by = replacement === undefined ? '' : describe(replacement.as);
      add(`is replaced by ${by} in ${name}, but marked as replaced by ${describe(is)} in vendor/modules.txt`);
    }
  }

  const required = new Set(
    mods.flatMap(({ mod }) =>
      mod.require.map(line => keyOf({ path: line.path.value, version: line.version.value })),
    ),
  );
  for (const module of providing) {
    if (!module.explicit || required.has(keyOf(module))) continue;
    const message = `is marked as explicit in vendor/modules.txt, but not explicitly required in ${work === undefined ? '' : 'a '}go.mod`;
    found.push({ message, module, line: undefined, vendorLine: module.line });
  }
  for (const module of vendor.modules) {
    if (module.replacement === undefined || replacements.of(module) !== undefined) continue;
    const message = `is marked as replaced in vendor/modules.txt, but not replaced in ${work === undefined ? 'go.mod' : 'the workspace'}`;
    found.push({ message, module, line: undefined, vendorLine: module.line });
  }
  return found;
}

/** Modules that provide packages; of several versions of one, those that are higher than the ones before. */
function providers(modules: readonly VendoredModule[]): VendoredModule[] {
  const highest = new Map<string, string>();
  return modules.filter(({ path, version, packages }) => {
    const known = highest.get(path);
    if (packages.length === 0 || (known !== undefined && compareVersions(known, version) >= 0)) return false;
    highest.set(path, version);
    return true;
  });
}

interface OrderedReplace {
  readonly module: Version;
  readonly replacement: Replacement | undefined;
  readonly file: ModFile | WorkFile;
  readonly directive: ReplaceDirective;
}

/** What stands for a module in a build: go.work before go.mod, one version before all. */
class Replacements {
  readonly #main: ReadonlySet<string | undefined>;
  readonly #files: readonly {
    readonly file: ModFile | WorkFile;
    readonly map: ReadonlyMap<string, Replacement>;
  }[];

  constructor(mods: readonly ModFile[], work: WorkFile | undefined) {
    this.#main = new Set(mods.map(file => file.mod.module?.path.value));
    this.#files = [
      ...(work === undefined ? [] : [{ file: work, map: mapOf(work, work.work.replace, undefined) }]),
      ...mods.map(file => ({ file, map: mapOf(file, file.mod.replace, work) })),
    ];
  }

  of(module: Version): Replacement | undefined {
    if (module.version === '' && this.#main.has(module.path)) return undefined;
    for (const { map } of this.#files) {
      const found = map.get(keyOf(module)) ?? map.get(keyOf({ path: module.path, version: '' }));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Every replaced module once, with what counts for it; go.mod files first, as go goes through them. */
  *inOrder(): Generator<OrderedReplace> {
    const seen = new Set<string>();
    const [first, ...rest] = this.#files;
    const files = first !== undefined && 'work' in first.file ? [...rest, first] : this.#files;
    for (const { file } of files) {
      for (const directive of 'work' in file ? file.work.replace : file.mod.replace) {
        const module = oldOf(directive);
        if (seen.has(keyOf(module))) continue;
        seen.add(keyOf(module));
        yield { module, replacement: this.of(module), file, directive };
      }
    }
  }
}

function oldOf({ oldPath, oldVersion }: ReplaceDirective): Version {
  return { path: oldPath.value, version: oldVersion?.value ?? '' };
}

function mapOf(
  file: ModFile | WorkFile,
  replaces: readonly ReplaceDirective[],
  work: WorkFile | undefined,
): ReadonlyMap<string, Replacement> {
  return new Map(
    replaces.map(directive => {
      const as = { path: directive.newPath.value, version: directive.newVersion?.value ?? '' };
      const moved = work !== undefined && as.version === '' && !as.path.startsWith('/');
      const canonical = moved ? { path: fromDirectory(work.dir, file.dir, as.path), version: '' } : as;
      return [keyOf(oldOf(directive)), { directive, file, as, canonical }];
    }),
  );
}

/** A directory that is written in one place, as it is written from another. */
function fromDirectory(from: string, dir: string, path: string): string {
  const moved = relative(from, cleanPath(dir, path));
  return /^\.\.?(?:\/|$)/.test(moved) ? moved : `./${moved}`;
}

/** The way from a directory of the repository to a cleaned path, which may lie outside. */
function relative(from: string, to: string): string {
  const up = from === '' ? [] : from.split('/');
  const down = to === '' ? [] : to.split('/');
  let same = 0;
  while (same < up.length && same < down.length && up[same] === down[same]) same++;
  return [...up.slice(same).map(() => '..'), ...down.slice(same)].join('/') || '.';
}
