import { stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { readGoMod } from '../../gomod/modfile/read-mod.ts';
import { readGoWork } from '../../gomod/modfile/read-work.ts';
import type { GoWork } from '../../gomod/modfile/types.ts';
import type { SumEntry, SumProblem, SumTable } from '../../gomod/sum.ts';
import type { PrefetchItem } from '../../proxy/prefetch.ts';
import { type Needs, needsOf, Replaces, replacesOf } from '../policy/needs.ts';
import type { MainModule } from '../policy/required-by.ts';
import { findModuleFiles, governing, readBounded } from '../workspace.ts';
import { planPrefetch } from './prefetch-plan.ts';
import { readSumFiles } from './read-sums.ts';

export interface RootsDeps {
  readonly workspace: string;
  readonly cwd: string;
  /** Modules that go fetches without asking us. */
  readonly skips: (module: string) => boolean;
  /** Filled with every sum file of the checkout. */
  readonly sums: SumTable;
  readonly warn: (line: string) => void;
}

/** A main module or workspace whose build can be prepared. */
interface Root {
  readonly goMods: readonly string[];
  readonly work: GoWork | undefined;
  /** Module versions whose sums it lists: a request for one of them shows that this root is being built. */
  readonly listed: ReadonlySet<string>;
  readonly sums: readonly SumEntry[];
}

const MOD_BYTES = 16 * 1024 * 1024;
/** Modules of a checkout that a refusal looks at to tell who requires what it refuses. */
const MAX_MAINS = 200;
/** A checkout without module files, and that stays as it was, is looked at again for at most this part of the time. */
const RESCAN_SHARE = 0.1;

/**
 * The module roots of the checkout. The one that governs the working directory is prepared at once; another
 * one of a monorepo as soon as go asks for something that only it lists, so that nothing is fetched for
 * modules that this job does not build.
 */
export class Roots {
  readonly #deps: RootsDeps;
  readonly #active: Root[] = [];
  #waiting: Root[] = [];
  #scanned = false;
  #nextScan = 0;
  /** When the workspace directory itself had changed last, at the last scan. */
  #seen: number | undefined;
  constructor(deps: RootsDeps) {
    this.#deps = deps;
  }

  /** False until a scan has found a go.mod: a session may start before the checkout. */
  get found(): boolean {
    return this.#scanned;
  }

  /** Reads the checkout and returns what the governing root needs. */
  async scan(): Promise<PrefetchItem[]> {
    const { workspace, cwd } = this.#deps;
    const began = performance.now();
    const changed = await stat(workspace).then(
      found => found.mtimeMs,
      () => undefined,
    );
    if (began < this.#nextScan && changed === this.#seen) return [];
    this.#seen = changed;
    const files = await findModuleFiles(workspace);
    if (files.goMods.length === 0 && files.goSums.length === 0) {
      const ended = performance.now();
      this.#nextScan = ended + (ended - began) / RESCAN_SHARE;
      return [];
    }
    if (files.cut) {
      this.#deps.warn(
        `${workspace} holds too many directories to look at: some go.sum files are not read ahead`,
      );
    }
    const sums = await this.#readSums(files.goSums);
    // Only now: until the sums are read, requests have to wait for this scan.
    this.#scanned = true;
    const work = governing(files.goWorks, cwd, workspace);
    const roots: Root[] = [];
    const inWork = new Set<string>();
    if (work !== undefined) {
      const read = await readWork(work);
      const dirs = (read?.use ?? []).map(use => resolve(dirname(work), use.value.value));
      const used = files.goMods.filter(path => dirs.includes(dirname(path)));
      for (const path of used) inWork.add(path);
      const own = [...used.flatMap(path => sums.get(join(dirname(path), 'go.sum')) ?? [])];
      own.push(...(sums.get(`${work}.sum`) ?? []));
      roots.push(makeRoot(used, read, own));
    }
    const here = governing(files.goMods, cwd, workspace);
    for (const path of files.goMods) {
      if (!inWork.has(path))
        roots.push(makeRoot([path], undefined, sums.get(join(dirname(path), 'go.sum')) ?? []));
    }
    const first =
      work === undefined ? roots.find(root => here !== undefined && root.goMods.includes(here)) : roots[0];
    this.#waiting = roots.filter(root => root !== first);
    return first === undefined ? [] : await this.#plan(first);
  }

  /** What else to prepare now that go asked for this. */
  async asked(module: string, version: string): Promise<PrefetchItem[]> {
    if (this.#waiting.length === 0) return [];
    const key = `${module}@${version}`;
    // Modules of a monorepo share most of what they need: that says nothing about which one is built.
    if (this.#active.some(root => root.listed.has(key))) return [];
    const at = this.#waiting.findIndex(root => root.listed.has(key));
    const [root] = at < 0 ? [] : this.#waiting.splice(at, 1);
    return root === undefined ? [] : await this.#plan(root);
  }

  async #readSums(paths: readonly string[]): Promise<Map<string, readonly SumEntry[]>> {
    const out = new Map<string, readonly SumEntry[]>();
    for await (const { path, entries, problems } of readSumFiles(paths)) {
      this.#deps.sums.add(entries);
      out.set(path, entries);
      const [problem] = problems;
      if (problem !== undefined) this.#deps.warn(describe(problem, problems.length));
    }
    return out;
  }

  /** The modules of the checkout as their files are now, those that are being built first. */
  async mains(): Promise<MainModule[]> {
    const mains: MainModule[] = [];
    for (const root of [...this.#active, ...this.#waiting]) {
      const read = await Promise.all(
        root.goMods
          .slice(0, MAX_MAINS - mains.length)
          .map(async path => ({ path, needs: await readMod(path) })),
      );
      const modules = read.flatMap(({ path, needs }) => (needs === undefined ? [] : [{ path, needs }]));
      const inForce = new Replaces(
        root.work === undefined ? [] : replacesOf(root.work),
        modules.flatMap(({ needs }) => needs.replaces),
      );
      for (const { path, needs } of modules) {
        mains.push({ ...needs, dir: dirname(path).split(sep).join('/'), inForce });
      }
      if (mains.length >= MAX_MAINS) break;
    }
    return mains;
  }

  async #plan(root: Root): Promise<PrefetchItem[]> {
    this.#active.push(root);
    const mods: Needs[] = [];
    for (const path of root.goMods) {
      const needs = await readMod(path);
      if (needs !== undefined) mods.push(needs);
    }
    const work = root.work === undefined ? {} : { work: replacesOf(root.work) };
    const items = planPrefetch({ mods, sums: root.sums, ...work });
    return items.filter(item => !this.#deps.skips(item.path));
  }
}

function makeRoot(goMods: readonly string[], work: GoWork | undefined, sums: readonly SumEntry[]): Root {
  return { goMods, work, sums, listed: new Set(sums.map(sum => `${sum.module}@${sum.version}`)) };
}

function describe(problem: SumProblem, count: number): string {
  const where = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  return `${where}: ${problem.reason}${more}; the line vouches for nothing. Run go mod tidy to rewrite the file`;
}

/** Undefined for a file that go would refuse, which go itself will say. */
async function readMod(path: string): Promise<Needs | undefined> {
  const bytes = await readBounded(path, MOD_BYTES);
  if (bytes === undefined) return undefined;
  const { mod, problems } = readGoMod(bytes);
  return problems.length > 0 ? undefined : needsOf(mod);
}

/** Undefined for a file that go would refuse. */
async function readWork(path: string): Promise<GoWork | undefined> {
  const bytes = await readBounded(path, MOD_BYTES);
  if (bytes === undefined) return undefined;
  const { work, problems } = readGoWork(bytes);
  return problems.length > 0 ? undefined : work;
}
