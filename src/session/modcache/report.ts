import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES, writeWhole } from '../directory.ts';
import type { SessionFinding } from '../findings.ts';

/** What came of comparing the job's GOMODCACHE with go.sum (`proxy.modcache: verify`); kept in the session directory. */
export interface ModcacheReport {
  readonly v: 1;
  /**
   * `running`: written while it runs, so that it is what a killed daemon leaves. `done`: all was looked at. `cut`:
   * the session ended first. `failed`: it could not be done.
   */
  readonly state: 'running' | 'done' | 'cut' | 'failed';
  /** The GOMODCACHE; undefined while no go is known. */
  readonly dir?: string;
  /** `module@version` of what has code there and is what go.sum says. */
  readonly verified: readonly string[];
  /** Versions of which something is not what go.sum says. */
  readonly changed: number;
  /** Versions that could not be read, and why the first of them could not. */
  readonly unread: { readonly count: number; readonly first?: string };
  /** Versions that there was no time for. */
  readonly left: number;
  /** Versions with code there that no go.sum of the checkout names. */
  readonly unnamed: number;
  readonly findings: readonly SessionFinding[];
  readonly ms: number;
  /** Why it failed. */
  readonly why?: string;
}

export async function keepModcacheReport(sessionDir: string, report: ModcacheReport): Promise<void> {
  await writeWhole(join(sessionDir, FILES.modcache), JSON.stringify(report));
}

/** Undefined where nothing was to be verified. */
export async function keptModcacheReport(sessionDir: string): Promise<ModcacheReport | undefined> {
  try {
    const report = JSON.parse(await readFile(join(sessionDir, FILES.modcache), 'utf8')) as ModcacheReport;
    return report.v === 1 ? report : undefined;
  } catch {
    return undefined;
  }
}

/** Why a report says less than it should; undefined when it says all. */
export function incompleteness({ state, unread, left, why }: ModcacheReport): string | undefined {
  const more = unread.first === undefined ? '' : ` (first: ${unread.first})`;
  const what = 'GOMODCACHE was not wholly compared with go.sum';
  const fix = 'run modgate cache verify --modcache to look at all of it now';
  if (state === 'running') return `${what}: the proxy died meanwhile; ${fix}`;
  if (state === 'failed') return `${what}: ${why ?? 'it could not be read'}; ${fix}`;
  if (left > 0) return `${what}: the session ended before ${counted(left)} were looked at; ${fix}`;
  if (unread.count > 0) return `${what}: ${counted(unread.count)} could not be read${more}; ${fix}`;
  return state === 'cut' ? `${what}: the session ended first; ${fix}` : undefined;
}

/** One line on what was found, for the closing words of a session. */
export function modcacheInWords({ verified, changed, unnamed, ms }: ModcacheReport): string {
  const others =
    unnamed > 0 ? `, ${unnamed} ${unnamed === 1 ? 'stands' : 'stand'} in no go.sum of the checkout` : '';
  const not = changed > 0 ? `, ${changed} ${changed === 1 ? 'is' : 'are'} not` : '';
  const subject = `${counted(verified.length)} ${verified.length === 1 ? 'is' : 'are'} what go.sum says`;
  return `GOMODCACHE, verified in ${(ms / 1000).toFixed(1)} s: ${subject}${not}${others}`;
}

function counted(count: number): string {
  return `${count} module ${count === 1 ? 'version' : 'versions'}`;
}
