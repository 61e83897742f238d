import { DeliveryError } from '../errors.ts';
import { Spool } from '../spool.ts';
import type { AuditTarget } from '../types.ts';

/**
 * A directory whose files the forge keeps with the job; `modgate audit upload` takes them from there.
 * @param now ms since 1970
 */
export function artifactTarget(dir: string, now: () => number): AuditTarget {
  const name = `the directory for artifacts ${dir}`;
  const files = new Spool(dir);
  return {
    name,
    put: async batch => {
      try {
        const dup = (await files.list()).some(({ digest }) => digest === batch.digest);
        if (!dup) await files.put(batch);
        return { digest: batch.digest, dup, refused: [], time: new Date(now()).toISOString() };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new DeliveryError(
          'retry',
          `${name} cannot be written: ${why}; free space, or see to its rights`,
          {
            cause: error,
          },
        );
      }
    },
  };
}
