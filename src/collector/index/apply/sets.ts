import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { type Engine, idRows, pieces } from '../engine.ts';
import { decodeIds, decodeTouched, encodeIds } from '../id-list.ts';
import type { Db } from '../schema.ts';

/** Sets of one statement: one may have a hundred thousand members. */
export const SETS = 100;

/**
 * What the batches of each of these jobs brought or found, numbers ascending. A version without its hash gives way to
 * the same one with it: a zip whose hash the proxy did not tell is in the inventory again.
 */
export async function membersOfJobs(
  engine: Engine,
  db: Db,
  jobs: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const found = new Map(jobs.map(job => [job, new Set<number>()]));
  const bare = new Set<number>();
  for (const piece of pieces(jobs)) {
    const { rows } = await sql<{ job: number; mods: string }>`
      select b.job, b.mods from ${idRows(engine, piece)} as src cross join batch as b
      where b.job = src.id`.execute(db);
    for (const { job, mods } of rows) {
      const members = found.get(job);
      for (const touched of decodeTouched(mods)) {
        if (!touched.member) continue;
        members?.add(touched.id);
        if (touched.bare) bare.add(touched.id);
      }
    }
  }
  for (const piece of pieces([...bare])) {
    const same = await sql<{ id: number; other: number }>`
      select a.id as id, b.id as other from ${idRows(engine, piece)} as src
      cross join modver as a cross join modver as b
      where a.id = src.id and b.module = a.module and b.version = a.version and b.id <> a.id`.execute(db);
    for (const { id, other } of same.rows) {
      for (const members of found.values()) if (members.has(other)) members.delete(id);
    }
  }
  return new Map([...found].map(([job, members]) => [job, ascending(members)]));
}

/** Numbers of sets of module versions (each ascending), in the same order; those that are new are made. */
export async function keepSets(
  engine: Engine,
  tx: Db,
  sets: readonly (readonly number[])[],
): Promise<number[]> {
  const digests: string[] = [];
  const numbers = new Map<string, number>();
  for (const piece of pieces(sets, SETS)) {
    const texts = new Map<string, string>();
    for (const members of piece) {
      const text = encodeIds(members);
      const digest = createHash('sha256').update(text).digest('hex');
      digests.push(digest);
      texts.set(digest, text);
    }
    const find = async (wanted: RawBuilder<unknown>) => {
      const { rows } = await sql<{ id: number; digest: string }>`
        select m.id, m.digest from ${wanted} as src cross join modset as m
        where m.digest = src.digest`.execute(tx);
      for (const { id, digest } of rows) numbers.set(digest, id);
    };
    // In one order in every writer, so that writers never wait in a circle.
    const sorted = [...texts.keys()].sort().map(digest => [digest]);
    await find(engine.rows({ digest: 'text' }, sorted));
    const fresh = sorted.filter(([digest = '']) => !numbers.has(digest));
    if (fresh.length === 0) continue;
    const cells = fresh.map(([digest = '']) => [digest, texts.get(digest) ?? '']);
    const made = await sql<{ id: number; digest: string }>`
      insert into modset (digest, members)
      select digest, members from ${engine.rows({ digest: 'text', members: 'text' }, cells)} as src where true
      on conflict (digest) do nothing returning id, digest`.execute(tx);
    for (const { id, digest } of made.rows) numbers.set(digest, id);
    const taken = fresh.filter(([digest = '']) => !numbers.has(digest));
    if (taken.length > 0) await find(engine.rows({ digest: 'text' }, taken));
  }
  return digests.map(digest => {
    const number = numbers.get(digest);
    if (number === undefined) throw new Error(`The index has no set ${digest}.`);
    return number;
  });
}

/** The members of sets, by their number. */
export async function membersOfSets(
  engine: Engine,
  db: Db,
  sets: Iterable<number>,
): Promise<Map<number, readonly number[]>> {
  const out = new Map<number, readonly number[]>();
  for (const piece of pieces([...new Set(sets)], SETS)) {
    const { rows } = await sql<{ id: number; members: string }>`
      select m.id, m.members from ${idRows(engine, piece)} as src cross join modset as m
      where m.id = src.id`.execute(db);
    for (const { id, members } of rows) out.set(id, decodeIds(members));
  }
  return out;
}

export function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}
