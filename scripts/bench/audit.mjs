import { copyFileSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../../test/support/postgres.ts';
import { copyToPostgres } from './audit-copy.mjs';
import { fillIndex } from './audit-fill.mjs';
import { History, RECORDS_A_JOB, randomNumbers } from './audit-history.mjs';
import { askQuestions, quantile, sealJobs, sendJobs } from './audit-ingest.mjs';
import { journalBench } from './audit-journal.mjs';
import { checkRollups, fillRollups } from './audit-rollups.mjs';
import { startServe } from './audit-serve.mjs';
import { closeBench } from './audit-session.mjs';

/** Durable, as a database is that keeps what it acknowledged. */
const POSTGRES = { fsync: 'on', shared_buffers: '128MB', max_wal_size: '1GB' };
/** Jobs that are sent before anything is measured, those that count, and those that are sent while questions are asked. */
const JOBS = { warm: 60, load: 600, beside: 200 };
const QUESTIONS = 1000;
/** A fixed day, so that a kept index fits. */
const END = Date.UTC(2026, 10, 20);

/**
 * The audit trail: ingest with so many observations present, questions beside it and after it, questions over the
 * rollups of a tenfold history, what the journal costs in the proxy, and how long a session takes to close.
 *
 * @param {{cli: string, observations: number, rounds: number, only?: string[], keep?: string, log: (line: string) => void}}
 *   options `keep` names an index that is made once and used again
 */
export async function auditBench(options) {
  const { cli, only, log } = options;
  if (!existsSync(cli)) throw new Error(`${cli} is missing. Run: npm run build`);
  const wanted = part => !only || only.includes(part);
  // Not on tmpfs: what an fsync costs is part of it.
  const dir = await mkdtemp(path.join(tmpdir(), 'modgate-audit-'));
  const found = { observations: options.observations };
  try {
    if (wanted('ingest') || wanted('questions')) found.engines = await engines({ ...options, dir });
    if (wanted('history')) found.history = await tenfold({ ...options, dir });
    if (wanted('journal')) found.journal = await journalBench({ ...options, dir });
    if (wanted('close')) found.close = await closeBench(options);
    return found;
  } finally {
    log('cleaning up');
    await rm(dir, { recursive: true, force: true });
  }
}

function historyOf(observations, size = {}) {
  const jobs = Math.ceil(observations / RECORDS_A_JOB);
  return new History({ repositories: 200, modules: 5000, jobs, end: END, ...size });
}

/** Each engine with the same history. */
async function engines({ cli, dir, observations, keep, log }) {
  const file = keep === undefined ? path.join(dir, 'filled.db') : path.resolve(keep);
  const history = historyOf(observations);
  const jobs = Math.ceil(observations / RECORDS_A_JOB);
  if (existsSync(file)) for (let job = 0; job < jobs; job++) history.next();
  else await fillIndex({ file, history, observations, log });
  const prepared = {
    warm: sealJobs(history, JOBS.warm),
    load: sealJobs(history, JOBS.load),
    beside: sealJobs(history, JOBS.beside),
  };
  const rows = await onEachEngine({ cli, dir, file, log }, async ({ engine, serve, postgres }) => ({
    engine,
    ...(await ingestAndAsk({ serve, postgres, history, prepared, log })),
  }));
  const { size } = await stat(file);
  return { rows, size };
}

/** What `measure` finds of a collector over this index, once on each engine. */
async function onEachEngine({ cli, dir, file, log }, measure) {
  const rows = [];
  for (const engine of ['sqlite', 'postgres']) {
    const data = path.join(dir, engine);
    await mkdir(data);
    const postgres = engine === 'postgres' ? await startPostgres({ settings: POSTGRES }) : undefined;
    try {
      const database = await postgres?.database();
      if (database === undefined) copyFileSync(file, path.join(data, 'index.db'));
      else await copyToPostgres({ file, url: database, log });
      const serve = await startServe({ cli, dir: data, database });
      try {
        await serve.settled();
        rows.push(await measure({ engine, serve, postgres }));
      } finally {
        await serve.stop();
      }
    } finally {
      await postgres?.[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true });
    }
  }
  return rows;
}

async function ingestAndAsk({ serve, postgres, history, prepared, log }) {
  await sendJobs({ serve, postgres, jobs: prepared.warm });
  const sent = await sendJobs({ serve, postgres, jobs: prepared.load });
  log(`ingest: ${JSON.stringify(sent)}`);
  const random = randomNumbers(7);
  const beside = sendJobs({ serve, postgres, jobs: prepared.beside, senders: 2 });
  const during = await askQuestions({ serve, history, random, pauseMs: 10, until: beside });
  const slower = await beside;
  const after = await askQuestions({ serve, history, random, count: QUESTIONS });
  for (const [when, times] of Object.entries({ during, after })) {
    log(`questions ${when}: who ${p99(times.who)} ms, used ${p99(times.used)} ms`);
  }
  return { sent, peakRss: await serve.peakRss(), during, slower, after };
}

/** Questions over the rollups of ten times the observations, of ten times the repositories. */
async function tenfold({ cli, dir, observations, log }) {
  const few = 200 * RECORDS_A_JOB;
  const make = () => historyOf(few, { repositories: 10, modules: 400 });
  await checkRollups({ dir, make, jobs: 200, observations: few });
  log('the rollups of a small history are those that the collector makes');
  const size = { repositories: 2000, modules: 20_000 };
  const file = path.join(dir, 'tenfold.db');
  const history = historyOf(10 * observations, size);
  const counts = await fillRollups({
    file,
    history,
    jobs: Math.ceil((10 * observations) / RECORDS_A_JOB),
    log,
  });
  const rows = await onEachEngine({ cli, dir, file, log }, async ({ engine, serve }) => {
    await askQuestions({ serve, history, random: randomNumbers(8), count: 100 });
    const times = await askQuestions({ serve, history, random: randomNumbers(9), count: QUESTIONS });
    log(`tenfold, ${engine}: who ${p99(times.who)} ms, used ${p99(times.used)} ms`);
    return { engine, times, peakRss: await serve.peakRss() };
  });
  return { rows, counts };
}

function p99(values) {
  return quantile(values, 0.99).toFixed(1);
}
