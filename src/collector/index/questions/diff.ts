import { sql } from 'kysely';
import { cleanKey } from '../../clean.ts';
import type { DiffAnswer, Index } from '../../types.ts';
import { membersOfJobs } from '../apply/sets.ts';
import { MAX_PAGE } from '../cursor.ts';
import { type Engine, idRows, pieces } from '../engine.ts';
import { IndexError } from '../errors.ts';
import { decodeIds } from '../id-list.ts';
import type { Db } from '../schema.ts';
import { ownedPath } from './scope.ts';

interface Version {
  readonly module: string;
  readonly version: string;
  readonly h1: string;
}

/** What one job had and the other had not. Throws IndexError `no-such-job`. */
export async function diff(
  engine: Engine,
  db: Db,
  { from, to, owners }: Parameters<Index['diff']>[0],
): Promise<DiffAnswer> {
  const had = new Set(await setOfJob(engine, db, from, owners));
  const has = new Set(await setOfJob(engine, db, to, owners));
  const gone = await versionsOf(
    engine,
    db,
    [...had].filter(member => !has.has(member)),
  );
  const come = await versionsOf(
    engine,
    db,
    [...has].filter(member => !had.has(member)),
  );
  const goneOf = Map.groupBy(gone, version => version.module);
  const comeOf = Map.groupBy(come, version => version.module);
  const changed: { module: string; from: string; to: string }[] = [];
  const moved = new Set<string>();
  for (const [module, versions] of comeOf) {
    const [old, ...more] = goneOf.get(module) ?? [];
    const [now] = versions;
    // With several versions on a side nobody can say which became which; with one version and two hashes, `added`
    // and `removed` show the hashes.
    if (old === undefined || now === undefined || more.length > 0 || versions.length > 1) continue;
    if (old.version === now.version) continue;
    moved.add(module);
    changed.push({ module, from: old.version, to: now.version });
  }
  const added = come.filter(version => !moved.has(version.module));
  const removed = gone.filter(version => !moved.has(version.module));
  return {
    from,
    to,
    added: added.slice(0, MAX_PAGE),
    removed: removed.slice(0, MAX_PAGE),
    changed: changed.slice(0, MAX_PAGE),
    truncated: Math.max(added.length, removed.length, changed.length) > MAX_PAGE,
  };
}

async function setOfJob(
  engine: Engine,
  db: Db,
  uid: string,
  owners: readonly string[] | undefined,
): Promise<readonly number[]> {
  const job = await db
    .selectFrom('job')
    .innerJoin('repo', 'repo.id', 'job.repo')
    .leftJoin('modset', 'modset.id', 'job.modset')
    .select(['job.id', 'job.stripped', 'modset.members'])
    .where('uid', '=', cleanKey(uid))
    .where(sql<boolean>`${ownedPath(sql`repo.path`, owners) ?? sql`1 = 1`}`)
    .executeTakeFirst();
  if (job !== undefined && job.members !== null) return decodeIds(job.members);
  if (job === undefined || job.stripped !== 0) {
    throw new IndexError(
      'no-such-job',
      `The index has no job ${JSON.stringify(uid.slice(0, 80))}, or dropped what it had because of its age: ` +
        'take the `job` of an answer to who, used or jobs.',
    );
  }
  return (await membersOfJobs(engine, db, [job.id])).get(job.id) ?? [];
}

async function versionsOf(engine: Engine, db: Db, modvers: readonly number[]): Promise<Version[]> {
  const out: Version[] = [];
  for (const piece of pieces(modvers)) {
    const given = idRows(engine, piece);
    const { rows } = await sql<Version>`
      select m.path as module, v.version as version, v.h1 as h1
      from ${given} as src cross join modver as v cross join module as m
      where v.id = src.id and m.id = v.module`.execute(db);
    out.push(...rows);
  }
  const key = (version: Version) => Buffer.from(`${version.module}\0${version.version}\0${version.h1}`);
  return out
    .map(version => ({ version, key: key(version) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ version }) => version);
}
