import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RESTORE_KEYS, runCacheProcess } from '../platform/cache-process.ts';
import { cacheUnavailable } from '../platform/cache-service.ts';
import { adopt } from '../store/adopt.ts';
import type { DiskStore } from '../store/disk.ts';
import type { Store } from '../store/types.ts';
import { FILES, writeWhole } from './directory.ts';
import type { DaemonRequest, RestoreReport } from './types.ts';

/** All cache calls of a restore together; the client alone would retry a 503 for half a minute. */
const RESTORE_TIMEOUT_MS = 120_000;

/**
 * Brings in the shared cache: unpacked beside the store, then moved in version by version, so that the store
 * never holds half of anything. Never rejects for trouble of the cache; says what was lost.
 */
export async function restoreStore(
  request: DaemonRequest,
  store: Store,
  log: (line: string) => void,
  warn: (line: string) => void,
): Promise<RestoreReport> {
  const began = performance.now();
  const done = async (report: Omit<RestoreReport, 'ms'>): Promise<RestoreReport> => {
    const whole = { ...report, ms: Math.round(performance.now() - began) };
    await writeWhole(join(request.sessionDir, FILES.restore), JSON.stringify(whole)).catch(() => undefined);
    return whole;
  };
  const barred = cacheUnavailable(request.cacheEnv, 'read');
  if (barred !== undefined) {
    log(`shared cache: ${barred}`);
    return await done({ state: 'off', why: barred });
  }
  const dir = join(request.sessionDir, 'restore');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    const env = Object.fromEntries(
      Object.entries(request.cacheEnv).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const answer = await runCacheProcess(
      { op: 'restore', dir, ...RESTORE_KEYS, timeoutMs: RESTORE_TIMEOUT_MS, env },
      { env: request.env, log },
    );
    if (!answer.ok) {
      warn(`the shared cache was not restored: ${answer.why}; ${answer.lost}`);
      return await done({ state: 'failed', why: answer.why });
    }
    if (answer.key === undefined) return await done({ state: 'miss' });
    const tree = join(dir, 'store');
    if (
      !(await stat(tree).then(
        found => found.isDirectory(),
        () => false,
      ))
    ) {
      warn(`the shared cache entry ${answer.key} holds no store; this job downloads its modules again`);
      return await done({ state: 'failed', why: 'the entry holds no store' });
    }
    const adopted = await adopt(store as DiskStore, tree);
    const [first] = adopted.refused;
    if (first !== undefined) {
      warn(
        `${adopted.refused.length} files of the shared cache were refused, first ${first.path}: ${first.why}`,
      );
    }
    log(`shared cache ${answer.key}: ${adopted.adopted} versions in ${answer.ms} ms`);
    return await done({
      state: 'hit',
      key: answer.key,
      adopted: adopted.adopted,
      refused: adopted.refused.length,
    });
  } finally {
    await rm(dir, { recursive: true, force: true }).catch(() => undefined);
  }
}
