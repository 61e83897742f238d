import { posix } from 'node:path';
import { readGoMod } from '../../gomod/modfile/read-mod.ts';
import { checkPath } from '../../gomod/module-path.ts';
import { type Needs, needsOf, type Replaces } from './needs.ts';

/** A module that is built here: where its go.mod lies, and what that says. */
export interface MainModule extends Needs {
  /** Directory of its go.mod, absolute, with `/`. */
  readonly dir: string;
  /** The replaces in force in its build: those of go.work, then those of all modules of the workspace. */
  readonly inForce: Replaces;
}

export interface RequiredByDeps {
  /** The modules of the checkout, those that are being built first. */
  readonly mains: () => Promise<readonly MainModule[]>;
  /** The go.mod of a version, when it is at hand: nothing is fetched for the sake of a message. */
  readonly readMod: (path: string, version: string) => Promise<Uint8Array | undefined>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** By `path@version` the paths that are replaced by it somewhere in the checkout. */
export function targetsOf(mains: readonly MainModule[]): Map<string, string[]> {
  const targets = new Map<string, string[]>();
  for (const inForce of new Set(mains.map(main => main.inForce))) {
    for (const { oldPath, newPath, newVersion } of inForce.all()) {
      if (newVersion === undefined) continue;
      const key = `${newPath}@${newVersion}`;
      const olds = targets.get(key);
      if (olds === undefined) targets.set(key, [oldPath]);
      else if (!olds.includes(oldPath)) olds.push(oldPath);
    }
  }
  return targets;
}

/** Bounds on the search: a message is not worth more, and a go.mod may be a pull request's. */
const MAX_MODULES = 5_000;
const MAX_MS = 1_500;
/** Most that is read of one go.mod, bytes. */
const MAX_MOD = 1024 * 1024;
/** Longer chains lose their middle. */
const MAX_SHOWN = 6;

interface Step {
  readonly label: string;
  readonly from: Step | undefined;
  /** What it requires in turn; undefined when its go.mod is to be read first. */
  readonly needs: Needs | undefined;
  readonly path: string;
  readonly version: string;
}

/** Tells who requires a module, by the shortest way from a module of the checkout. */
export class RequiredBy {
  readonly #deps: RequiredByDeps;
  readonly #known = new Map<string, Needs | undefined>();
  constructor(deps: RequiredByDeps) {
    this.#deps = deps;
  }

  /** `example.com/main → github.com/a/b@v1.2.3 → evil.io/x`; undefined when no go.mod at hand tells. Never rejects. */
  async chain(module: string, version: string): Promise<string | undefined> {
    try {
      const until = this.#deps.now() + MAX_MS;
      const mains = await this.#deps.mains();
      const byDir = new Map(mains.map(main => [main.dir, main]));
      for (const main of mains) {
        const found = await this.#search(main, byDir, { path: module, version, until });
        if (found !== undefined) return written(found, module);
      }
    } catch {
      // A go.mod that cannot be read any more.
    }
    return undefined;
  }

  async #search(
    main: MainModule,
    byDir: ReadonlyMap<string, MainModule>,
    wanted: { readonly path: string; readonly version: string; readonly until: number },
  ): Promise<Step | undefined> {
    const replaces = main.inForce;
    const queue: Step[] = [
      { label: nameOf(main), from: undefined, needs: main, path: main.module ?? '', version: '' },
    ];
    const seen = new Set<string>();
    let other: Step | undefined;
    for (let at = 0; at < queue.length && at < MAX_MODULES; at++) {
      if (this.#deps.now() > wanted.until) break;
      const step = queue[at] as Step;
      const needs = step.needs ?? (await this.#needsOf(step.path, step.version));
      for (const { path, version } of needs?.requires ?? []) {
        const key = `${path}@${version}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const next = follow(replaces, path, version, { main, byDir, from: step });
        if (next === undefined) continue;
        if (next.path === wanted.path) {
          if (next.version === wanted.version) return next;
          other ??= next;
        }
        if (queue.length < MAX_MODULES) queue.push(next);
      }
    }
    // Another version of it: go takes the highest one that is required, and not every go.mod is at hand.
    return other;
  }

  async #needsOf(path: string, version: string): Promise<Needs | undefined> {
    const key = `${path}@${version}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const bytes = await this.#deps.readMod(path, version);
    if (bytes === undefined) return undefined;
    const needs = bytes.length > MAX_MOD ? undefined : needsOf(readGoMod(bytes, { lax: true }).mod);
    if (this.#known.size < MAX_MODULES) this.#known.set(key, needs);
    return needs;
  }
}

function follow(
  replaces: Replaces,
  path: string,
  version: string,
  way: { readonly main: MainModule; readonly byDir: ReadonlyMap<string, MainModule>; readonly from: Step },
): Step | undefined {
  const found = replaces.find(path, version);
  if (found === undefined) {
    return { label: `${path}@${version}`, from: way.from, needs: undefined, path, version };
  }
  if (found.newVersion === undefined) {
    const dir = posix.join(way.main.dir, found.newPath.replaceAll('\\', '/'));
    const needs = way.byDir.get(dir);
    return needs === undefined ? undefined : { label: path, from: way.from, needs, path, version: '' };
  }
  const label = `${path} => ${found.newPath}@${found.newVersion}`;
  return { label, from: way.from, needs: undefined, path: found.newPath, version: found.newVersion };
}

function nameOf(main: MainModule): string {
  return main.module ?? 'go.mod';
}

function written(last: Step, module: string): string | undefined {
  const labels: string[] = [];
  for (let step: Step | undefined = last; step !== undefined; step = step.from)
    labels.unshift(shown(step.label));
  // The refusal itself names the version.
  if (last.label === `${module}@${last.version}`) labels[labels.length - 1] = module;
  const cut = labels.length > MAX_SHOWN ? [...labels.slice(0, 3), '...', ...labels.slice(-2)] : labels;
  return cut.join(' \u2192 ');
}

/** Names of files of a repository reach the log of a runner here: what is none that go takes is not repeated. */
function shown(label: string): string {
  const names = label.split(' => ').map(name => {
    const [path = '', version = ''] = name.split('@', 2);
    // A main module may have a name without a dot, which no other module may.
    const fine = checkPath(path) === undefined || /^[A-Za-z0-9][A-Za-z0-9._~/-]{0,200}$/.test(path);
    if (!fine) return '(a name that is no module path)';
    return /^[A-Za-z0-9.+-]*$/.test(version) ? name : path;
  });
  return names.join(' => ');
}
