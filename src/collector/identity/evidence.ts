import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RawError } from '../../audit/errors.ts';

/** Below the directory of a collector; nothing that it answers comes from here. */
const PLACE = 'identity';

/**
 * Tokens and keys that batches came with, each in a file of its own that only the owner of the directory can read:
 * a token has expired, but it names private repositories and people, and raw objects are copied to where readers are.
 * Not in `raw/` for that reason; the name follows from that of the raw object.
 */
export interface EvidenceStore {
  /** Resolves when it is durable, in place of what was there. Throws RawError. */
  put(key: string, evidence: string): Promise<void>;
  get(key: string): Promise<string | undefined>;
  delete(key: string): Promise<void>;
}

/** @param dir of the collector */
export function openEvidence(dir: string): EvidenceStore {
  const fileOf = (key: string): string =>
    join(
      dir,
      PLACE,
      ...key
        .replace(/^raw\//, '')
        .replace(/\.ndjson\.gz$/, '.json')
        .split('/'),
    );
  return {
    async put(key, evidence) {
      const file = fileOf(key);
      const temp = `${file}.${randomUUID()}.tmp`;
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        const handle = await open(temp, 'wx', 0o600);
        try {
          await handle.writeFile(evidence);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temp, file);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw new RawError(
          code === 'ENOSPC' || code === 'EDQUOT' ? 'full' : 'io',
          `the proof of a batch, ${file}, could not be written: ${message}; see to the disk and to the rights on it`,
          { cause: error },
        );
      } finally {
        await rm(temp, { force: true });
      }
    },
    async get(key) {
      try {
        return await readFile(fileOf(key), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    delete: key => rm(fileOf(key), { force: true }),
  };
}
