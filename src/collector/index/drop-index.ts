import { rm } from 'node:fs/promises';
import type { IndexPlace } from './open-index.ts';
import { dropPostgres } from './postgres.ts';

/** Removes an index with all its tables, so that the next `openIndex` makes an empty one. Rejects with IndexError. */
export async function dropIndex(place: IndexPlace): Promise<void> {
  if ('url' in place) return await dropPostgres(place.url);
  for (const suffix of ['', '-wal', '-shm']) await rm(`${place.file}${suffix}`, { force: true });
}
