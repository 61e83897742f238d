import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inventoryRecords } from '../../audit/inventory.ts';
import type { Inventory } from '../../audit/record.ts';
import { readModcache } from '../../store/modcache/contents.ts';
import { FILES, writeWhole } from '../directory.ts';

/** A version that lay in a GOMODCACHE when the session began: `module@version`, hash, and 1 when its zip did, too. */
type Lay = readonly [key: string, h1: string, zip: 0 | 1];

/** What a GOMODCACHE held when a session began, as far as the end needs to know it. */
export interface LayThere {
  readonly dir: string;
  /** When that was seen, RFC 3339 in UTC with milliseconds. */
  readonly t: string;
  readonly versions: ReadonlyMap<string, { readonly h1: string; readonly zip: boolean }>;
}

/**
 * Reads what the GOMODCACHE holds before the job uses it, and keeps that for the end of the session. May run while
 * the job already downloads: what came in since `began`, when the session did, is left out. Rejects when the session
 * directory cannot be written.
 */
export async function inventoryAtStart(about: {
  readonly sessionDir: string;
  readonly goModCache: string;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly now: Date;
}): Promise<void> {
  const { sessionDir, goModCache, began, now } = about;
  const { versions } = await readModcache(goModCache);
  const lay = [...versions].flatMap(([key, { h1, zip, changedMs }]): Lay[] =>
    changedMs <= began ? [[key, h1, zip ? 1 : 0]] : [],
  );
  const text = JSON.stringify({ v: 1, dir: goModCache, t: now.toISOString(), lay });
  await writeWhole(join(sessionDir, FILES.modcacheBefore), text);
}

/** Undefined when nobody looked, or the daemon died before it could write that down. */
export async function keptLayThere(sessionDir: string): Promise<LayThere | undefined> {
  try {
    const text = await readFile(join(sessionDir, FILES.modcacheBefore), 'utf8');
    const { v, dir, t, lay } = JSON.parse(text) as { v: number; dir: string; t: string; lay: Lay[] };
    if (v !== 1) return undefined;
    return { dir, t, versions: new Map(lay.map(([key, h1, zip]) => [key, { h1, zip: zip === 1 }])) };
  } catch {
    return undefined;
  }
}

/** What lay there as records. */
export function startRecords({ t, versions }: LayThere): Inventory[] {
  return inventoryRecords({
    phase: 'start',
    t,
    members: [...versions].map(([key, { h1 }]) => `${key} ${h1}`),
    vendored: [],
    vcs: [],
    preexisting: versions.size,
  });
}
