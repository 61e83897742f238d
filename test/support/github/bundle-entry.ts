import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createCacheClient } from '../../../src/platform/cache/client.ts';
import { pack } from '../../../src/store/bundle/pack.ts';
import type { TempDir } from '../temp.ts';
import type { CacheService } from './cache-service.ts';

/** An entry of modgate's that holds nothing but a manifest, which names parents. */
export interface EntryOptions {
  readonly key: string;
  readonly ref: string;
  readonly parents?: readonly string[];
}

/** Writes an entry to a cache service as a job of that ref would. Returns its version and size in bytes. */
export async function writeEntry(
  service: CacheService,
  dir: TempDir,
  { key, ref, parents = [] }: EntryOptions,
): Promise<{ readonly version: string; readonly bytes: number }> {
  const file = dir.join(`entry-${randomUUID()}`);
  const refs = parents.map(parent => ({ key: parent, bytes: 1000 }));
  const created = '2026-11-23T12:00:00.000Z';
  await pack({
    storeDir: dir.path,
    manifest: { v: 2, created, parents: refs, past: [], versions: [] },
    file,
  });
  service.store.scopes = { write: ref, read: [ref] };
  const client = createCacheClient({ env: service.env('v2'), version: '0' });
  const { size } = await stat(file);
  await (await client.reserve(key, size)).fill(file, size);
  const entry = service.store.entries.find(stored => stored.key === key && stored.scope === ref);
  if (entry === undefined) throw new Error(`${key} was not saved`);
  return { version: entry.version, bytes: size };
}
