import { dirname, join, resolve } from 'node:path';
import { compareGoVersions, goVersionOfToolchain } from '../../gomod/go-version.ts';
import { readGoMod } from '../../gomod/modfile/read-mod.ts';
import { readGoWork } from '../../gomod/modfile/read-work.ts';
import type { GoMod, GoWork } from '../../gomod/modfile/types.ts';
import type { SumEntry } from '../../gomod/sum.ts';
import { TOOLCHAIN } from '../../gomod/toolchain.ts';
import { compareVersions } from '../../gomod/version.ts';
import type { Need } from '../../store/export/wanted.ts';
import type { FileKind } from '../../store/types.ts';
import { type Needs, needsOf, type Replacement, Replaces, replacesOf } from '../policy/needs.ts';
import { findModuleFiles, readBounded } from '../workspace.ts';
import { planPrefetch } from './prefetch-plan.ts';
import { readSumFiles } from './read-sums.ts';

/** What work in some checkouts needs of modules. */
export interface Needed {
  readonly needs: readonly Need[];
  /** Newest release that each of their go.mod and go.work files names, like `go1.26.3`. */
  readonly toolchains: ReadonlySet<string>;
  /** Files that were read. */
  readonly files: readonly string[];
  /** What could not be read, or not all of it, as sentences. */
  readonly problems: readonly string[];
}

export interface NeededRequest {
  /** Directories of checkouts. */
  readonly dirs: readonly string[];
  /** go.sum files that count by themselves. */
  readonly sums: readonly string[];
  /** Release of the go here, like `go1.26.3`: older toolchains than that are nobody's need. */
  readonly local: string | undefined;
  /** `<os>-<arch>` in Go's words, for which a newer toolchain has to be there. */
  readonly platform: string;
}

const MOD_BYTES = 16 * 1024 * 1024;

/**
 * What is needed to build, test and tidy-check the modules below some directories without a network: what their go.mod
 * files require with zip, the .mod files that go.sum has of the rest of the graph, and a newer toolchain. Where that
 * is not told exactly, the newest version that a go.sum has a zip hash of counts; all else in it is taken where it is.
 */
export async function neededBy(request: NeededRequest): Promise<Needed> {
  const collected = new Collected(request);
  for (const dir of request.dirs) await collected.checkout(resolve(dir));
  for await (const { path, entries } of readSumFiles(request.sums.map(file => resolve(file)))) {
    collected.root({ from: path, mods: [], work: undefined, sums: entries });
  }
  return collected;
}

interface Root {
  readonly from: string;
  readonly mods: readonly GoMod[];
  readonly work: GoWork | undefined;
  readonly sums: readonly SumEntry[];
}

class Collected implements Needed {
  readonly needs: Need[] = [];
  readonly toolchains = new Set<string>();
  readonly files: string[] = [];
  readonly problems: string[] = [];
  readonly #request: NeededRequest;

  constructor(request: NeededRequest) {
    this.#request = request;
  }

  /** Every workspace of a checkout as a whole, and every other module by itself. */
  async checkout(dir: string): Promise<void> {
    const found = await findModuleFiles(dir);
    if (found.cut)
      this.problems.push(`${dir} holds too many directories to look at: not all go.mod files count`);
    const sums = new Map<string, readonly SumEntry[]>();
    for await (const { path, entries, problems } of readSumFiles(found.goSums)) {
      sums.set(path, entries);
      const [problem] = problems;
      if (problem !== undefined) this.problems.push(`${path}:${problem.line}: ${problem.reason}`);
    }
    if (sums.size < found.goSums.length) {
      this.problems.push(`of ${found.goSums.length} go.sum files below ${dir}, ${sums.size} could be read`);
    }
    const mods = new Map<string, GoMod>();
    for (const file of found.goMods) {
      const mod = await this.#readMod(file);
      if (mod !== undefined) mods.set(file, mod);
    }
    const inWork = new Set<string>();
    for (const file of found.goWorks) {
      const work = await this.#readWork(file);
      if (work === undefined) continue;
      const used = work.use.map(use => join(resolve(dirname(file), use.value.value), 'go.mod'));
      for (const mod of used) inWork.add(mod);
      const own = [`${file}.sum`, ...used.map(mod => join(dirname(mod), 'go.sum'))];
      this.root({
        from: file,
        mods: used.flatMap(mod => mods.get(mod) ?? []),
        work,
        sums: own.flatMap(sum => sums.get(sum) ?? []),
      });
    }
    for (const [file, mod] of mods) {
      if (inWork.has(file)) continue;
      const own = sums.get(join(dirname(file), 'go.sum')) ?? [];
      this.root({ from: file, mods: [mod], work: undefined, sums: own });
    }
    this.files.push(...mods.keys(), ...sums.keys());
  }

  /** What one module, workspace or go.sum needs. */
  root({ from, mods, work, sums }: Root): void {
    const needs = mods.map(needsOf);
    const overrides = work === undefined ? [] : replacesOf(work);
    const planned = planPrefetch({ mods: needs, sums, work: overrides });
    const add = (path: string, version: string, kinds: readonly FileKind[], required: boolean) => {
      for (const kind of kinds) this.needs.push({ path, version, kind, required, from });
    };
    // Modules of a workspace require each other, and are fetched from nowhere.
    const mains = new Set(needs.map(({ module }) => module));
    for (const { path, version, kind } of planned) {
      if (!mains.has(path)) add(path, version, [kind], true);
    }
    const listed = new Set(sums.map(({ module, version }) => `${module}@${version}`));
    const selected = newestRequired(needs);
    const direct = new Set(
      mods.flatMap(mod => mod.require.filter(one => !one.indirect).map(one => one.path.value)),
    );
    for (const { path, version } of planned) {
      // go is about to write the lines of these into go.sum.
      const unlisted = direct.has(path) || !listed.has(`${path}@${version}`);
      if (unlisted && (selected.get(path) ?? version) === version && !mains.has(path))
        add(path, version, ['zip', 'info'], true);
    }
    const known = new Set(needs.flatMap(({ requires }) => requires.map(({ path }) => path)));
    const replaced = replacedBy(
      overrides,
      needs.flatMap(({ replaces }) => replaces),
    );
    const newest = new Map<string, string>();
    for (const { module, version, file } of sums) {
      add(module, version, file === 'zip' ? ['zip', 'mod', 'info'] : ['mod', 'info'], false);
      if (file !== 'zip' || known.has(module) || replaced(module, version)) continue;
      const before = newest.get(module);
      if (before === undefined || compareVersions(before, version) < 0) newest.set(module, version);
    }
    if (!mods.every(isComplete) || mods.length === 0) {
      for (const [module, version] of newest) add(module, version, ['zip', 'mod', 'info'], true);
    }
    this.#toolchain(from, [...mods, ...(work === undefined ? [] : [work])]);
  }

  #toolchain(from: string, files: readonly Pick<GoMod, 'go' | 'toolchain'>[]): void {
    const named = files.flatMap(({ go, toolchain }) => [
      ...(go === undefined ? [] : [go.value.value]),
      ...(toolchain === undefined ? [] : [goVersionOfToolchain(toolchain.value.value)]),
    ]);
    const newest = named.reduce((a, b) => (compareGoVersions(a, b) < 0 ? b : a), '');
    // A language version like 1.20, and what is older than that, names no release.
    if (!/^1\.\d+(?:\.\d+|rc\d+)$/.test(newest)) return;
    const release = `go${newest}`;
    this.toolchains.add(release);
    const { local, platform } = this.#request;
    const here = local === undefined ? undefined : goVersionOfToolchain(local);
    if (here === undefined || here === '' || compareGoVersions(here, newest) >= 0) return;
    this.needs.push({
      path: TOOLCHAIN,
      version: `v0.0.1-${release}.${platform}`,
      kind: 'zip',
      required: true,
      from,
    });
  }

  async #readMod(file: string): Promise<GoMod | undefined> {
    const bytes = await readBounded(file, MOD_BYTES);
    const read = bytes === undefined ? undefined : readGoMod(bytes);
    if (read?.problems.length === 0) return read.mod;
    this.problems.push(`${file} cannot be read as go reads it: what it requires does not count`);
    return undefined;
  }

  async #readWork(file: string): Promise<GoWork | undefined> {
    const bytes = await readBounded(file, MOD_BYTES);
    const read = bytes === undefined ? undefined : readGoWork(bytes);
    if (read?.problems.length === 0) return read.work;
    this.problems.push(`${file} cannot be read as go reads it: it does not count`);
    return undefined;
  }
}

/** Before go 1.17 a go.mod does not name what only its requirements require: only the go.sum tells. */
function isComplete({ go }: GoMod): boolean {
  return go !== undefined && compareGoVersions(go.value.value, '1.17') >= 0;
}

/** The newest version of each path that these modules require. */
function newestRequired(needs: readonly Needs[]): ReadonlyMap<string, string> {
  const newest = new Map<string, string>();
  for (const { path, version } of needs.flatMap(({ requires }) => requires)) {
    const before = newest.get(path);
    if (before === undefined || compareVersions(before, version) < 0) newest.set(path, version);
  }
  return newest;
}

function replacedBy(work: readonly Replacement[], mods: readonly Replacement[]) {
  const replaces = new Replaces(work, mods);
  return (path: string, version: string) => replaces.find(path, version) !== undefined;
}
