import { encodeBatch, sealBatch } from '../../src/audit/encode.ts';
import { batchesOf, moduleName, RECORDS_A_JOB, versionName } from './audit-history.mjs';
import { processorTimes } from './audit-serve.mjs';

/** Jobs that send at once. */
const SENDERS = 8;

/** The batches of the next jobs of a history, as they go over the line. */
export function sealJobs(history, count) {
  return Array.from({ length: count }, () => {
    let prev = null;
    return batchesOf(history.next()).map(({ header, ...rest }) => {
      const input = { ...rest, header: { ...header, prev } };
      prev = encodeBatch(input).digest;
      return sealBatch(input);
    });
  });
}

/**
 * Sends jobs to a collector, each batch of a job when the one before is acknowledged, and waits until the index has
 * them. Processor time is that of the collector and of its database.
 *
 * @returns {Promise<{records: number, batches: number, bytes: number, wallMs: number, collectorMs: number, databaseMs: number}>}
 */
export async function sendJobs({ serve, postgres, jobs, senders = SENDERS }) {
  const before = await processorTimes(serve, postgres);
  const began = performance.now();
  const queue = [...jobs];
  const sender = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      for (const batch of job) await serve.send(batch);
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  await serve.settled();
  const wallMs = performance.now() - began;
  const after = await processorTimes(serve, postgres);
  return {
    records: jobs.length * RECORDS_A_JOB,
    batches: jobs.flat().length,
    bytes: jobs.flat().reduce((sum, { gzip }) => sum + gzip.length, 0),
    wallMs,
    collectorMs: after.collector - before.collector,
    databaseMs: after.database - before.database,
  };
}

/**
 * Asks a collector `who` and `used` in turn, a hundred rows a page, about modules of a history as popular as they are in
 * it, until `until` settles (or `count` questions are asked); later pages where there are some.
 *
 * @returns {Promise<{who: number[], used: number[]}>} ms of each answer
 */
export async function askQuestions({ serve, history, random, count = Infinity, pauseMs = 0, until }) {
  const times = { who: [], used: [] };
  let done = false;
  until?.finally(() => {
    done = true;
  });
  const cursors = new Map();
  for (let asked = 0; asked < count && !done; asked++) {
    const name = asked % 2 === 0 ? 'who' : 'used';
    // Skewed as the sets of the repositories are; every tenth question is about the most popular one.
    const module = asked % 20 < 2 ? 0 : Math.floor(history.modules * random() ** 3);
    const version = asked % 6 < 2 ? `@${versionName(history.latest[module])}` : '';
    const subject = moduleName(module) + version;
    const after = cursors.get(`${name} ${subject}`);
    const began = performance.now();
    const answer = await serve.question(name, { module: subject, limit: '100', ...(after ? { after } : {}) });
    times[name].push(performance.now() - began);
    cursors.set(`${name} ${subject}`, answer.next ?? undefined);
    if (pauseMs > 0) await new Promise(resolve => setTimeout(resolve, pauseMs));
  }
  return times;
}

/** The value that a share of the others does not exceed. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}
