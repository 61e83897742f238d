import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Engine } from '../../../src/collector/index/engine.ts';
import { type IndexPlace, openIndex } from '../../../src/collector/index/open-index.ts';
import { openPostgres } from '../../../src/collector/index/postgres.ts';
import { openSqlite } from '../../../src/collector/index/sqlite.ts';
import type { Index } from '../../../src/collector/types.ts';
import { type Postgres, startPostgres } from '../../support/postgres.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

export const ENGINES = ['sqlite', 'postgres'] as const;
export type EngineKind = (typeof ENGINES)[number];

export interface Engines {
  /** An empty place. */
  place(engine: EngineKind): Promise<IndexPlace>;
  /** The only index of a test, over an empty place; closed after the test. */
  fresh(engine: EngineKind): Promise<Index>;
  /** Another index over the same place, closed after the test. */
  open(place: IndexPlace): Promise<Index>;
  readonly postgres: Postgres;
}

/** Both engines for the tests of a file: one real PostgreSQL, and a directory for SQLite. */
export function engines(): Engines {
  let postgres: Postgres | undefined;
  let dir: TempDir | undefined;
  let files = 0;
  /** The database that tests of one index after the other share. */
  let shared: IndexPlace | undefined;
  const opened: Index[] = [];
  beforeAll(async () => {
    dir = await tempDir('index');
    postgres = await startPostgres();
  });
  afterEach(async () => {
    for (const index of opened.splice(0)) await index.close();
  });
  afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]();
    await dir?.[Symbol.asyncDispose]();
  });
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('beforeAll has not run.');
    return part;
  };
  const place = async (engine: EngineKind): Promise<IndexPlace> =>
    engine === 'sqlite'
      ? { file: started(dir).join(`${++files}.db`) }
      : { url: await started(postgres).database() };
  const open = async (at: IndexPlace) => {
    const index = await openIndex(at);
    opened.push(index);
    return index;
  };
  return {
    place,
    open,
    fresh: async engine => {
      if (engine === 'sqlite') return await open(await place(engine));
      shared ??= await place(engine);
      await empty(shared);
      return await open(shared);
    },
    get postgres() {
      return started(postgres);
    },
  };
}

/** Takes everything out of a database; much quicker than another one. */
export async function empty(place: IndexPlace): Promise<void> {
  await withEngine(place, async ({ writer }) => {
    await sql`drop schema if exists modgate cascade`.execute(writer);
  });
}

/** The engine below an index, for what no question answers. */
export async function withEngine<T>(place: IndexPlace, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await ('file' in place ? openSqlite(place.file) : openPostgres(place.url));
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
