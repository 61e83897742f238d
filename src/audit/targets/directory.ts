import { DeliveryError, RawError } from '../errors.ts';
import { openRawDirectory } from '../raw/directory.ts';
import { packRaw } from '../raw/pack.ts';
import type { AuditTarget } from '../types.ts';

/**
 * A directory that gets the raw objects themselves, as a collector would lay them down; the receipt says that nobody
 * vouched for the writer.
 * @param now ms since 1970
 */
export function directoryTarget(dir: string, now: () => number): AuditTarget {
  const raw = openRawDirectory(dir);
  const name = `the audit store ${dir}`;
  return {
    name,
    put: async ({ digest, key, gzip }) => {
      const time = new Date(now()).toISOString();
      const receipt = { kind: 'rcpt', v: 1, received: time, writer: 'import', assurance: 'relayed' } as const;
      try {
        const put = await raw.put(key, packRaw(receipt, gzip));
        return { digest, dup: put === 'exists', refused: [], time };
      } catch (error) {
        if (!(error instanceof RawError)) throw error;
        // A full or absent disk may be there again in a moment.
        const code = error.code === 'full' || error.code === 'io' ? 'retry' : 'refused';
        throw new DeliveryError(code, `${name}: ${error.message}`, { cause: error });
      }
    },
  };
}
