import type { Index } from '../types.ts';

/** A PostgreSQL database (`postgres://` or `postgresql://`), or a file for SQLite. */
export type IndexPlace = { readonly url: string } | { readonly file: string };

/**
 * Opens the index and brings its tables up to date. Loads the database's library only now.
 * Rejects with IndexError: `unavailable`, `newer-schema`, `not-an-index`.
 */
export async function openIndex(place: IndexPlace): Promise<Index> {
  const { createIndex } = await import('./create-index.ts');
  if ('file' in place) return await createIndex((await import('./sqlite.ts')).openSqlite(place.file));
  return await createIndex((await import('./postgres.ts')).openPostgres(place.url));
}
