import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { decodeBatch } from '../../src/audit/decode.ts';
import { openRawDirectory } from '../../src/audit/raw/directory.ts';
import { rawKey } from '../../src/audit/raw/key.ts';
import { packRaw } from '../../src/audit/raw/pack.ts';
import { openBatchLog } from '../../src/collector/batch-log/log.ts';
import { sha256Of } from '../../src/collector/ingest.ts';
import { Edge } from '../../src/tlog/edge.ts';
import { recordHash } from '../../src/tlog/tree.ts';
import { tempDir } from '../../test/support/temp.ts';
import { History, RECORDS_A_JOB } from './audit-history.mjs';
import { sealJobs } from './audit-ingest.mjs';
import { mark, seconds } from './marks.mjs';
import { timed, writeRssWitness } from './measure.mjs';

const LEAVES = 1_000_000;
const GOALS = { leaves: 100_000, verifyMs: 60_000, rss: 300e6 };
/** Jobs that are sealed at once. */
const STEP = 20;

/**
 * The log over batches: leaves appended to its tree a second of processor time, and `audit verify` of a store with this
 * many records as a user starts it.
 *
 * @returns {Promise<{leavesPerSecond: number, ms: number, rss: number, records: number, batches: number}>} ms, bytes
 */
export async function auditVerifyBench({ cli, records, log }) {
  if (!existsSync(cli)) throw new Error(`${cli} is missing. Run: npm run build`);
  const leavesPerSecond = appendLeaves();
  log(`${Math.round(leavesPerSecond)} leaves a second`);
  await using temp = await tempDir('bench');
  const store = temp.join('store');
  const made = await makeStore(store, records);
  log(`${made.batches} batches with ${made.records} records made`);
  const env = { PATH: process.env.PATH, HOME: temp.path, BENCH_RSS: temp.join('rss') };
  const command = ['--import', writeRssWitness(temp.path), cli, 'audit', 'verify', store, '--format', 'json'];
  const { ms, stdout } = await timed(process.execPath, command, { cwd: temp.path, env });
  const report = JSON.parse(stdout);
  if (!report.ok || report.records !== made.records || report.log.size !== made.batches)
    throw new Error(`the store was not proven: ${stdout.slice(0, 1000)}`);
  return { leavesPerSecond, ms, rss: Number(readFileSync(env.BENCH_RSS, 'utf8')), ...made };
}

function appendLeaves() {
  const edge = new Edge();
  const began = process.cpuUsage();
  for (let n = 0; n < LEAVES; n++) edge.append(recordHash(Buffer.from(`modgate/1 batch ${n}\n`)));
  edge.root();
  const { user, system } = process.cpuUsage(began);
  return LEAVES / ((user + system) / 1e6);
}

async function makeStore(dir, records) {
  await mkdir(dir);
  const end = Date.parse('2026-11-01T00:00:00.000Z');
  const jobs = Math.ceil(records / RECORDS_A_JOB);
  const history = new History({ repositories: 200, modules: 5000, jobs, end });
  const raw = openRawDirectory(dir);
  const batchLog = await openBatchLog(dir, { now: () => end, make: true });
  let batches = 0;
  for (let left = jobs; left > 0; left -= STEP) {
    const sealed = sealJobs(history, Math.min(STEP, left)).flat();
    await Promise.all(
      sealed.map(async ({ gzip }) => {
        const batch = decodeBatch(gzip);
        const receipt = {
          kind: 'rcpt',
          v: 1,
          received: batch.header.clock.wall,
          writer: 'bench',
          assurance: 'relayed',
        };
        const object = packRaw(receipt, gzip);
        const key = rawKey(batch);
        await raw.put(key, object);
        await batchLog.append({ kind: 'batch', key, sha256: sha256Of(object) });
      }),
    );
    batches += sealed.length;
  }
  await batchLog.close();
  return { batches, records: jobs * RECORDS_A_JOB };
}

/** Markdown for docs/benchmarks.md. */
export function auditVerifyTable({ leavesPerSecond, ms, rss, records, batches }) {
  return [
    `| log over batches, \`audit verify\` of ${records.toLocaleString('en')} records in ${batches.toLocaleString('en')} batches | value | goal |`,
    '|---|---|---|',
    `| leaves appended | ${Math.round(leavesPerSecond / 1000)},000 a processor second | ${mark(leavesPerSecond >= GOALS.leaves)} ≥ 100,000 |`,
    `| \`audit verify\`, offline | ${seconds(ms)} s | ${mark(ms <= GOALS.verifyMs)} ≤ 60 s |`,
    `| peak RSS of it | ${Math.round(rss / 1e6)} MB | ${mark(rss <= GOALS.rss)} ≤ 300 MB |`,
    '',
  ];
}
