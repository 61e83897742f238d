import { UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';

export const cacheVerify: Verb = async () => {
  throw new UsageError('modgate cache verify is not in this version');
};
