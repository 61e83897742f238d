import type { Representation } from '../../store/types.ts';
import { isArchived } from '../settings/configure.ts';
import type { DaemonRequest } from '../types.ts';

/**
 * In which form a session keeps the zips that it fetches: as `cache.zips` says, else `stored` wherever that wins. Only
 * what was verified ever takes another form, and files of both lie side by side in one store.
 */
export function zipForm(request: Pick<DaemonRequest, 'config' | 'store' | 'workspace'>): Representation {
  const { zips } = request.config.cache;
  if (zips !== 'auto') return zips;
  return isArchived(request) ? 'original' : 'stored';
}
