import { oneLine } from '../escape.ts';
import { CacheError, type CacheErrorCode } from './types.ts';

/** What was being done, for messages and for what an answer means. */
export type Step = 'lookup' | 'reserve' | 'upload' | 'finish' | 'download';

export const DOING: Record<Step, string> = {
  lookup: 'looking up the shared cache',
  reserve: 'reserving an entry of the shared cache',
  upload: 'uploading to the shared cache',
  finish: 'finishing an entry of the shared cache',
  download: 'downloading from the shared cache',
};

const NEXT: Record<CacheErrorCode, string> = {
  denied: 'what this job may do depends on the event that started it and on cache-mode',
  taken: 'another job has saved or is saving the same modules',
  limited: 'the repository sends too many requests; a later job tries again',
  quota: "the repository's cache storage is full: delete old caches, or set a lower cache.quota",
  gone: 'it was evicted or deleted meanwhile',
  unavailable: 'a later job tries again',
  'bad-answer': 'look whether ACTIONS_RESULTS_URL or ACTIONS_CACHE_URL of this runner is a cache service',
  local: 'look whether something else writes into the directory of the session',
  cancelled: 'nothing is to be done',
};

/** Longest name that DNS has, with a port. */
const MAX_HOST = 260;

/** An error with what was done, where, why, and what follows. `why` is shown as it is. */
export function failure(step: Step, code: CacheErrorCode, why: string, host?: string): CacheError {
  const where = host === undefined ? '' : ` at ${oneLine(host.slice(0, MAX_HOST))}`;
  return new CacheError(code, `${DOING[step]}${where} failed: ${why}; ${NEXT[code]}`);
}
