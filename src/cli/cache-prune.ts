import { UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';

export const cachePrune: Verb = async () => {
  throw new UsageError('modgate cache prune is not in this version');
};
