import { mkdir, readFile } from 'node:fs/promises';
import type { Answers } from '../../src/collector/answers.ts';
import type { QuestionName } from '../../src/collector/questions.ts';
import { type Serve, serve, settled } from '../support/collector.ts';
import { modgate } from '../support/modgate.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { tempDir } from '../support/temp.ts';

/** The audit store of a company: a real collector with a real PostgreSQL, and somebody who may ask it. */
export interface Central extends AsyncDisposable {
  readonly url: string;
  /** Data directory of the collector; `raw/` in it is the truth. */
  readonly dir: string;
  /** Address of the database with its password. */
  readonly database: string;
  readonly postgres: Postgres;
  /** Of the jobs. */
  readonly token: string;
  /** The collector that runs or ran last. */
  readonly collector: Serve;
  /** Starts it again at the same address. */
  restart(): Promise<void>;
  /** Resolves when everything that it has is in the index. */
  settled(): Promise<void>;
  /** `modgate audit NAME ARGS --store URL --format json`, parsed. Rejects when it fails. */
  ask<N extends QuestionName>(name: N, ...args: readonly string[]): Promise<Answers[N]>;
}

const WRITE_TOKEN = 'hidden-writer-0123456789';
const READ_TOKEN = 'hidden-reader-0123456789';

export async function startCentral(): Promise<Central> {
  const [dir, postgres] = await Promise.all([tempDir('central'), startPostgres()]);
  const database = await postgres.database();
  const data = dir.join('data');
  await mkdir(data);
  let asked = 0;
  const start = (listen: string): Promise<Serve> =>
    serve({
      dir: data,
      listen,
      args: ['--database', 'env:INDEX'],
      env: { INDEX: database, MODGATE_WRITE_TOKEN: WRITE_TOKEN, MODGATE_READ_TOKEN: READ_TOKEN },
    });
  let collector = await start('127.0.0.1:0');
  const { url } = collector;
  return {
    url,
    dir: data,
    database,
    postgres,
    token: WRITE_TOKEN,
    get collector() {
      return collector;
    },
    restart: async () => {
      collector = await start(new URL(url).host);
    },
    settled: async () => void (await settled(url)),
    ask: async <N extends QuestionName>(name: N, ...args: readonly string[]) => {
      const answer = dir.join(`answer-${++asked}.json`);
      const how = ['--store', url, '--format', 'json', '--output', answer];
      const done = await modgate(['audit', name, ...args, ...how], {
        cwd: dir.path,
        env: { PATH: process.env.PATH, MODGATE_READ_TOKEN: READ_TOKEN },
      });
      if (done.code !== 0) throw new Error(`modgate audit ${name} ended with ${done.code}: ${done.stderr}`);
      return JSON.parse(await readFile(answer, 'utf8')) as Answers[N];
    },
    [Symbol.asyncDispose]: async () => {
      await collector[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}
