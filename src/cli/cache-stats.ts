import { UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';

export const cacheStats: Verb = async () => {
  throw new UsageError('modgate cache stats is not in this version');
};
