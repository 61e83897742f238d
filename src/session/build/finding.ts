import { keptPolicy, levelOf } from '../bypass/levels.ts';
import type { SessionFinding } from '../findings.ts';
import { keptBuildState } from './state.ts';

/** That a job could link what another one compiled: for its record, and for whoever reads that. */
export async function buildFindings(sessionDir: string): Promise<SessionFinding[]> {
  const { report } = (await keptBuildState(sessionDir)) ?? {};
  if (report?.state !== 'hit') return [];
  const level = levelOf(await keptPolicy(sessionDir), 'bypass/build-cache', () => false);
  if (level === undefined) return [];
  return [
    {
      rule: 'bypass/build-cache',
      level,
      message: `${report.objects ?? 0} objects that another job compiled were restored into GOCACHE (${report.key ?? ''})`,
      why: 'Nobody can verify them as modules are verified: what that job had in GOCACHE this job may have linked.',
      fix: 'To compile everything anew set cache.build to false, or leave build-cache out, in jobs that build what you publish.',
    },
  ];
}

/** What the build cache gave, in one sentence without an end. */
export function buildInWords(
  report: NonNullable<Awaited<ReturnType<typeof keptBuildState>>>['report'],
  size: (bytes: number) => string,
): string {
  const { state, objects = 0, bytes = 0, ms = 0, why } = report;
  if (state === 'hit') {
    return `build cache: ${objects} objects (${size(bytes)}) restored in ${(ms / 1000).toFixed(1)} s, which nobody verified`;
  }
  if (state === 'miss') return 'build cache: no entry for this version of Go yet';
  return `build cache: ${state === 'off' ? 'not used' : 'not restored'} (${why ?? 'unknown'})`;
}
