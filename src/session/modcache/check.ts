import { setTimeout as wait } from 'node:timers/promises';
import type { SumEntry } from '../../gomod/sum.ts';
import { listModcache } from '../../store/modcache/list.ts';
import { type ModuleVerdict, type VersionSums, verifyModcache } from '../../store/modcache/verify.ts';
import { withLaterGo } from '../fetch/later-go.ts';
import { readSumFiles } from '../fetch/read-sums.ts';
import type { SessionFinding } from '../findings.ts';
import type { DaemonRequest } from '../types.ts';
import { findModuleFiles } from '../workspace.ts';
import { modcacheFinding } from './findings.ts';
import { keepModcacheReport, type ModcacheReport } from './report.ts';

/**
 * Starts the check of a session whose settings are known. Never rejects: what cannot be verified is part of the
 * report.
 */
export async function beginModcacheCheck(
  request: DaemonRequest,
  { busy, log }: Pick<ModcacheCheckDeps, 'busy' | 'log'>,
): Promise<ModcacheCheck> {
  const { workspace, sessionDir, go } = request;
  const check = new ModcacheCheck({
    workspace,
    sessionDir,
    // Go may be installed by a later step.
    dir: async () =>
      (go ?? (await withLaterGo(request, () => undefined).catch(() => undefined))?.go)?.GOMODCACHE,
    busy,
    log,
  });
  await check.start();
  return check;
}

export interface ModcacheCheckDeps {
  readonly workspace: string;
  readonly sessionDir: string;
  /** The job's GOMODCACHE; undefined while no go is known. */
  readonly dir: () => Promise<string | undefined>;
  /** Whether requests are being answered: they go first. */
  readonly busy: () => boolean;
  readonly log: (line: string) => void;
}

/** Most findings that are told one by one. */
const MAX_FINDINGS = 50;
/** Lines of all go.sum files of a checkout that are used. */
const MAX_LINES = 400_000;
/** Longest that one version waits for requests to be answered, and how often it looks, ms. */
const YIELD_MS = 200;
const YIELD_STEP_MS = 20;
/**
 * A session may start before the checkout, or before a step restores a cache. Until something was found it looks
 * again, this long after a look, and at most this part of the time, ms.
 */
const AGAIN_MS = 5_000;
const AGAIN_SHARE = 0.05;

/**
 * Compares the job's own GOMODCACHE with the go.sum files of the checkout while the job runs, at low priority:
 * go asks no proxy for what is there, and believes it unseen. Each version is looked at once a session; what came
 * in meanwhile is looked at when the session ends.
 */
export class ModcacheCheck {
  readonly #deps: ModcacheCheckDeps;
  readonly #hurry = new AbortController();
  readonly #ending = new AbortController();
  /** Lines of go.sum files whose versions were looked at. */
  readonly #seen = new Set<string>();
  readonly #named = new Set<string>();
  readonly #verified = new Set<string>();
  readonly #changed = new Set<string>();
  readonly #told = new Set<string>();
  readonly #findings: SessionFinding[] = [];
  #unread: { count: number; first?: string } = { count: 0 };
  #total = 0;
  #done = 0;
  #unnamed = 0;
  #ms = 0;
  /** The last look got through to its end. */
  #whole = false;
  #dir: string | undefined;
  #why: string | undefined;
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #finishing: Promise<void> | undefined;

  constructor(deps: ModcacheCheckDeps) {
    this.#deps = deps;
  }

  /** Begins in the background. Resolves when a killed daemon would leave word of it. */
  async start(): Promise<void> {
    await this.#keep('running');
    if (this.#finishing === undefined) this.#look();
  }

  /** Ends it: waits for what is running and looks at what came in since, for at most `ms`. Never rejects. */
  async finish(ms: number): Promise<void> {
    this.#finishing ??= this.#finish(ms);
    await this.#finishing;
  }

  #look(): void {
    const began = performance.now();
    this.#round = this.#once().then(() => {
      if (this.#done > 0 || this.#finishing !== undefined) return;
      const took = performance.now() - began;
      this.#timer = setTimeout(() => this.#look(), Math.max(AGAIN_MS, took / AGAIN_SHARE)).unref();
    });
  }

  async #finish(ms: number): Promise<void> {
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#ending.abort(), ms);
    this.#hurry.abort();
    if (ms <= 0) this.#ending.abort();
    await this.#round;
    if (!this.#ending.signal.aborted) await this.#once();
    if (!this.#ending.signal.aborted) await this.#countUnnamed();
    clearTimeout(timer);
    await this.#keep(this.#why !== undefined ? 'failed' : this.#whole ? 'done' : 'cut');
    this.#deps.log(
      `GOMODCACHE ${this.#dir ?? '(unknown)'}: ${this.#verified.size} as in go.sum, ${this.#changed.size} changed, ${this.#total - this.#done} not looked at`,
    );
  }

  /** One look at everything that was not looked at before. Never rejects. */
  async #once(): Promise<void> {
    const { signal } = this.#ending;
    const began = performance.now();
    this.#whole = false;
    try {
      this.#dir = await this.#deps.dir();
      if (this.#dir) await this.#lookInto(this.#dir);
      else this.#why = 'no go command was found, so that nobody knows where it is';
      this.#whole = !signal.aborted;
    } catch (error) {
      this.#why = error instanceof Error ? error.message : String(error);
      this.#deps.log(`GOMODCACHE could not be verified: ${this.#why}`);
    } finally {
      this.#ms += performance.now() - began;
    }
  }

  async #lookInto(dir: string): Promise<void> {
    const { byVersion, cut } = await this.#fresh();
    const sums = [...byVersion.values()].flatMap(entries => entries.map(sumOf));
    const options = {
      background: true,
      hurry: this.#hurry.signal,
      signal: this.#ending.signal,
      pause: () => this.#pause(),
      onTotal: (total: number) => {
        this.#total += total;
      },
    };
    for await (const verdict of verifyModcache(dir, sums, options)) {
      for (const entry of byVersion.get(keyOf(verdict)) ?? []) this.#seen.add(lineOf(entry));
      await this.#take(verdict);
    }
    this.#why = cut ? 'the checkout has too many directories or go.sum lines to read them all' : undefined;
  }

  /** The lines of all go.sum files that were not used yet, by version. */
  async #fresh(): Promise<{ byVersion: Map<string, SumEntry[]>; cut: boolean }> {
    let lines = 0;
    const byVersion = new Map<string, SumEntry[]>();
    const { goSums, cut } = await findModuleFiles(this.#deps.workspace);
    for await (const { entries } of readSumFiles(goSums)) {
      lines += entries.length;
      if (lines > MAX_LINES) return { byVersion, cut: true };
      for (const entry of entries) {
        if (entry.file === 'zip') this.#named.add(keyOf(entry));
        if (this.#seen.has(lineOf(entry))) continue;
        const known = byVersion.get(keyOf(entry));
        if (known === undefined) byVersion.set(keyOf(entry), [entry]);
        else known.push(entry);
      }
    }
    return { byVersion, cut };
  }

  async #take(verdict: ModuleVerdict): Promise<void> {
    const { looked, problems, unread } = verdict;
    const key = keyOf(verdict);
    this.#done += 1;
    if (unread !== undefined) {
      this.#unread = { first: `${key}: ${unread}`, ...this.#unread, count: this.#unread.count + 1 };
    }
    const damaged = problems.some(({ what }) => what === 'changed');
    if (damaged) this.#changed.add(key);
    else if (unread === undefined && (looked.includes('zip') || looked.includes('tree')))
      this.#verified.add(key);
    let more = false;
    for (const problem of problems) {
      // A link above many modules is one thing to mend.
      const thing = `${problem.path} ${problem.detail}`;
      if (this.#told.has(thing) || this.#findings.length >= MAX_FINDINGS) continue;
      this.#told.add(thing);
      this.#findings.push(modcacheFinding(verdict, problem, process.platform));
      more = true;
    }
    if (more) await this.#keep('running');
  }

  async #countUnnamed(): Promise<void> {
    if (!this.#dir) return;
    this.#unnamed = 0;
    for await (const { path, version } of listModcache(this.#dir)) {
      if (!this.#named.has(`${path}@${version}`)) this.#unnamed += 1;
      if (this.#ending.signal.aborted) return;
    }
  }

  async #pause(): Promise<void> {
    const until = performance.now() + YIELD_MS;
    while (this.#finishing === undefined && this.#deps.busy() && performance.now() < until) {
      await wait(YIELD_STEP_MS);
    }
  }

  async #keep(state: ModcacheReport['state']): Promise<void> {
    const report: ModcacheReport = {
      v: 1,
      state,
      ...(this.#dir === undefined ? {} : { dir: this.#dir }),
      verified: [...this.#verified],
      changed: this.#changed.size,
      unread: this.#unread,
      left: this.#total - this.#done,
      unnamed: this.#unnamed,
      findings: this.#findings,
      ms: this.#ms,
      ...(this.#why === undefined ? {} : { why: this.#why }),
    };
    await keepModcacheReport(this.#deps.sessionDir, report).catch((error: unknown) =>
      this.#deps.log(`the report on GOMODCACHE could not be written: ${String(error)}`),
    );
  }
}

function keyOf({ module, version }: { readonly module: string; readonly version: string }): string {
  return `${module}@${version}`;
}

function lineOf({ module, version, file, h1 }: SumEntry): string {
  return `${module} ${version} ${file} ${h1}`;
}

function sumOf({ module, version, file, h1 }: SumEntry): VersionSums {
  return { module, version, ...(file === 'zip' ? { h1 } : { goModH1: h1 }) };
}
