import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openRawDirectory } from '../audit/raw/directory.ts';
import { type Ask, answersFrom } from './answers.ts';
import { recordsOf } from './engine.ts';
import { CollectorError } from './errors.ts';
import type { Forge } from './forges/types.ts';
import { openIndex } from './index/open-index.ts';
import { startIndexer } from './indexer.ts';
import { type Lock, lockDirectory } from './lock.ts';
import { uncoveredFrom } from './uncovered.ts';

export interface DirectoryStoreOptions {
  /** Directory that has `raw/`. */
  readonly dir: string;
  /** Where an index may lie for as long as it is asked, if the directory cannot be written. */
  readonly tempDir: string;
  readonly log: (line: string) => void;
  /** May be asked for repositories without records. */
  readonly forges: readonly Forge[];
  /** How far looking through them is. */
  readonly onProgress: (text: string) => void;
}

export interface DirectoryStore {
  readonly ask: Ask;
  close(): Promise<void>;
}

/**
 * Answers from a directory of raw batches, without a server. Its index lies beside them and is brought up to date first;
 * a collector that works on the directory does that itself; where the directory cannot be written the index is
 * made in a temporary one and thrown away. Throws CollectorError `settings` for what is no such directory; IndexError, RawError.
 */
export async function openDirectoryStore({
  dir,
  tempDir,
  log,
  forges,
  onProgress,
}: DirectoryStoreOptions): Promise<DirectoryStore> {
  await refuseForeign(dir);
  const held = await tryLock(dir);
  const raw = openRawDirectory(dir);
  const scratch = held === 'read-only' ? await mkdtemp(join(tempDir, 'modgate-index-')) : undefined;
  const index = await openIndex({ file: join(scratch ?? dir, 'index.db') });
  const close = async (): Promise<void> => {
    await index.close();
    if (typeof held === 'object') held.release();
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
  };
  try {
    if (held !== 'in-use') await bringUp({ raw, index, log });
    const patient = { now: Date.now, patienceMs: Number.POSITIVE_INFINITY };
    const uncovered = uncoveredFrom({ forges, index, onProgress, ...patient });
    return { ask: answersFrom(index, (key, filter) => recordsOf(raw, key, filter), uncovered), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Brings into an index what raw has and it lacks. Throws IndexError where the index does not answer. */
export async function bringUp(
  parts: Pick<Parameters<typeof startIndexer>[0], 'raw' | 'index' | 'log'>,
): Promise<void> {
  const indexer = startIndexer({ ...parts, sleep: async () => {} });
  try {
    indexer.catchUp();
    await indexer.settled();
  } finally {
    await indexer.close(0);
  }
}

async function refuseForeign(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    throw new CollectorError(
      'settings',
      `${dir} cannot be read: ${error.message}; name the directory of an audit store`,
    );
  });
  if (names.includes('raw')) return;
  throw new CollectorError(
    'settings',
    `${dir} is no audit store: there is no raw/ in it; name the directory of audit.store, or of --data of modgate serve`,
  );
}

async function tryLock(dir: string): Promise<Lock | 'in-use' | 'read-only'> {
  try {
    return await lockDirectory(dir);
  } catch (error) {
    if (!(error instanceof CollectorError)) throw error;
    return error.code === 'locked' ? 'in-use' : 'read-only';
  }
}
