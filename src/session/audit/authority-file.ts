import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES, writeWhole } from '../directory.ts';
import type { StoreAuthorities } from './trust.ts';

/** Larger than all files together that it is made of, bytes. */
const MAX_FILE = 32 * 1024 * 1024;

/**
 * Keeps whom a session believes at its audit store for whoever ends it, perhaps without the files and the variables that
 * were there at its start. Rejects with the error of the system.
 */
export async function keepAuthorities(sessionDir: string, { pem }: StoreAuthorities): Promise<void> {
  if (pem.length > 0) await writeWhole(join(sessionDir, FILES.auditAuthorities), `${pem.join('\n')}\n`);
}

/** What a session kept. Nobody else's word is taken for it: what another user may have written does not count. */
export async function keptAuthorities(
  sessionDir: string,
  uid = process.getuid?.(),
): Promise<StoreAuthorities> {
  const file = join(sessionDir, FILES.auditAuthorities);
  try {
    // Windows has no O_NOFOLLOW, and no users in a mode either.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const [own, dir] = await Promise.all([handle.stat(), stat(sessionDir)]);
      const isOurs = ({ uid: of, mode }: typeof own) => of === uid && (mode & 0o022) === 0;
      if (uid !== undefined && !(isOurs(own) && isOurs(dir))) {
        return { pem: [], troubles: [`${file} does not count: another user could have written it`] };
      }
      if (!own.isFile() || own.size > MAX_FILE) {
        return { pem: [], troubles: [`${file} does not count: it is no file of certificates`] };
      }
      return { pem: [await handle.readFile('utf8')], troubles: [] };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { pem: [], troubles: code === 'ENOENT' ? [] : [`${file} cannot be read (${code})`] };
  }
}
