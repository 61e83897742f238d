import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CollectorError } from './errors.ts';
import { importSqlite } from './index/sqlite.ts';

/** The file whose lock says that somebody works on the directory; it has nothing in it. */
const LOCK = 'collector.lock';

export interface Lock {
  release(): void;
}

/**
 * Makes this process the only one that works on a directory of raw objects, until it releases the lock or ends in any
 * way: the lock is the operating system's, held by SQLite. Throws CollectorError: `locked`, `storage`.
 */
export async function lockDirectory(dir: string): Promise<Lock> {
  const file = join(dir, LOCK);
  const { DatabaseSync } = await importSqlite();
  try {
    mkdirSync(dir, { recursive: true });
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw error;
    }
    return { release: () => database.close() };
  } catch (error) {
    const busy = (error as { errcode?: number }).errcode === 5;
    throw busy
      ? new CollectorError(
          'locked',
          `another modgate serve works on ${dir}; stop it, or give this one a directory of its own with --data`,
        )
      : new CollectorError(
          'storage',
          `${dir} cannot be worked on: ${error instanceof Error ? error.message : String(error)}; --data wants a directory that this user may write`,
          { cause: error },
        );
  }
}
