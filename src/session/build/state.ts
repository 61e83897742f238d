import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildKeys } from '../../platform/cache/build-keys.ts';
import type { BuildManifest } from '../../store/build/manifest.ts';
import { FILES, writeWhole } from '../directory.ts';

/** What became of restoring the build cache. */
export interface BuildReport {
  /** `off`: not asked for, or not possible here; the job has its own GOCACHE then. */
  readonly state: 'hit' | 'miss' | 'failed' | 'off';
  /** Key of the entry that was restored, or the name of the directory in the runner's archive. */
  readonly key?: string;
  /** Objects that were restored, and their bytes. */
  readonly objects?: number;
  readonly bytes?: number;
  readonly ms?: number;
  /** Why it is off, or failed. */
  readonly why?: string;
}

/** What the end of a session has to know of its build cache. */
export interface BuildState {
  readonly v: 1;
  /** The job that it is for. */
  readonly job: string;
  /** The GOCACHE of the job; undefined when it has its own. */
  readonly dir?: string;
  /** Entries with a later time of last use are the job's, milliseconds since the epoch. */
  readonly since: number;
  /** Those that go made later were not restored. */
  readonly began: number;
  readonly keys?: BuildKeys;
  /** Where the runner takes what later jobs get; only on a forge whose runner archives. */
  readonly archived?: string;
  /** Whether this job may leave something there. */
  readonly saves?: boolean;
  /** The entry that was restored. */
  readonly restored?: { readonly key: string; readonly bytes: number; readonly manifest: BuildManifest };
  readonly report: BuildReport;
}

export async function keepBuildState(sessionDir: string, state: BuildState): Promise<void> {
  await writeWhole(join(sessionDir, FILES.build), JSON.stringify(state));
}

/** Undefined when the session kept none, or it cannot be read. */
export async function keptBuildState(sessionDir: string): Promise<BuildState | undefined> {
  try {
    const state = JSON.parse(await readFile(join(sessionDir, FILES.build), 'utf8')) as BuildState;
    return state.v === 1 ? state : undefined;
  } catch {
    return undefined;
  }
}
