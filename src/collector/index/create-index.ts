import { setTimeout as sleep } from 'node:timers/promises';
import type { Index } from '../types.ts';
import { applyBatches, knownDigests } from './apply/apply.ts';
import { ApplyCache } from './apply/cache.ts';
import type { Engine } from './engine.ts';
import { IndexError } from './errors.ts';
import { migrate } from './migrations.ts';
import { candidates } from './questions/candidates.ts';
import { explain, unexplained } from './questions/changes.ts';
import { conflicts } from './questions/conflicts.ts';
import { diff } from './questions/diff.ts';
import { jobs } from './questions/jobs.ts';
import { repositories } from './questions/repositories.ts';
import { used } from './questions/used.ts';
import { who } from './questions/who.ts';
import { retain } from './retain.ts';
import type { Db } from './schema.ts';

/** How often a transaction that lost against another one is tried. */
const TRIES = 8;

/** The index over an engine, which it closes with itself. Rejects with IndexError. */
export async function createIndex(opening: Promise<Engine>): Promise<Index> {
  const engine = await opening;
  const cache = new ApplyCache();
  const guarded = <T>(doing: string, work: () => Promise<T>) => guard(engine, doing, work);
  /** Questions of several statements see one state. */
  const ask = <T>(doing: string, question: (db: Db) => Promise<T>) =>
    guarded(doing, () =>
      engine.reader
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(question),
    );
  try {
    await guarded('bring the tables up to date', () => migrate(engine));
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    apply: batches => guarded('take in batches', () => applyBatches(engine, cache, batches)),
    known: digests => ask('look for batches', db => knownDigests(engine, db, digests)),
    who: question => ask('answer who', db => who(engine, db, question)),
    used: question => ask('answer used', db => used(engine, db, question)),
    candidates: question => ask('find batches', db => candidates(engine, db, question)),
    conflicts: question => ask('answer conflicts', db => conflicts(engine, db, question)),
    jobs: question => ask('answer jobs', db => jobs(engine, db, question)),
    diff: question => ask('compare jobs', db => diff(engine, db, question)),
    repositories: question => ask('list repositories', db => repositories(db, question)),
    unexplained: question => ask('list commits', db => unexplained(db, question)),
    explain: (commit, change, again) =>
      guarded('keep a change', () => explain(engine, commit, change, again ?? null)),
    retain: question => guarded('drop old jobs', () => retain(engine, question)),
    close: () => engine.close(),
  };
}

/** Tries again what lost against another writer, and puts every failure in words. */
async function guard<T>(engine: Engine, doing: string, work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof IndexError) throw error;
      if (engine.isTransient(error) && tried < TRIES) {
        await sleep(Math.random() * 20 * 2 ** tried);
        continue;
      }
      const why = error instanceof Error ? error.message : String(error);
      const away = engine.isAway(error) || engine.isTransient(error);
      throw new IndexError(
        away ? 'unavailable' : 'failed',
        `The index in ${engine.name} could not ${doing}: ${why}. Nothing was changed. ${
          away
            ? 'It is tried again; check that the database runs, has room and takes connections.'
            : 'This is a defect of modgate or of the database: the raw batches are complete, and an emptied index is rebuilt from them.'
        }`,
        { cause: error },
      );
    }
  }
}
