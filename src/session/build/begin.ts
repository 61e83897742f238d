import { arch, platform as os } from 'node:process';
import type { Platform } from '../../platform/types.ts';
import { VERSION } from '../version.ts';
import { openBuildCache } from './open.ts';
import type { BuildPlace } from './place.ts';
import { keepBuildState } from './state.ts';

export interface BeginRequest {
  /** A sentence when it cannot be had. */
  readonly place: BuildPlace | string;
  readonly sessionDir: string;
  readonly platform: Pick<Platform, 'workspace' | 'job'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether this job may write what others read. */
  readonly saves: boolean;
  /** Undefined where there is no go yet. */
  readonly goVersion: string | undefined;
  readonly log: (line: string) => void;
}

/** Opens the build cache of a job that asked for one, and says what came of it. Never rejects. */
export async function beginBuildCache(request: BeginRequest): Promise<void> {
  const { place, sessionDir, platform, log } = request;
  if (typeof place === 'string') {
    log(`build cache: not used: ${place}`);
    const off = {
      v: 1,
      job: platform.job.uid,
      since: 0,
      began: 0,
      report: { state: 'off', why: place },
    } as const;
    await keepBuildState(sessionDir, off).catch(() => undefined);
    return;
  }
  const { workspace, job } = platform;
  const report = await openBuildCache({ ...request, place, workspace, job, os, arch, version: VERSION });
  const { state, objects = 0, bytes = 0, ms = 0, why } = report;
  if (state === 'hit') {
    log(`build cache: ${objects} objects, ${bytes} bytes, restored in ${ms} ms; nobody verified them`);
  } else if (state === 'miss') log('build cache: there is none for this version of Go yet');
  else log(`build cache: not restored: ${why ?? 'unknown'}; this job compiles everything itself`);
}
