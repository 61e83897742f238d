import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { encodeUseNote, useNoteKey } from '../../src/store/bucket/use-notes.ts';
import { startFaults } from '../../test/support/s3/faults.ts';
import { startGateway } from '../../test/support/s3/gateway.ts';
import { openBucket } from '../../test/support/s3/open.ts';
import { tempDir } from '../../test/support/temp.ts';
import { mark, seconds } from './marks.mjs';
import { timed, writeRssWitness } from './measure.mjs';
import { makeStore } from './million-store.mjs';

const RSS = 200e6;
const PRUNE_MS = 5 * 60_000;
/** What a request to a service in the same region takes more than one on loopback, ms. */
const LATENCY_MS = 5;
const DAY_MS = 86_400_000;
const NOTES = { days: 20, aDay: 15, versions: 500 };
/** Files that come into the directory of the service without it have no tag of their own. */
const TAG = '"0123456789abcdef0123456789abcdef"';

const VERBS = [
  { name: 'stats', args: ['stats'] },
  { name: 'prune --dry-run', args: ['prune', '--keep-since', '90d', '--max-size', '1TB', '--dry-run'] },
  { name: 'prune', args: ['prune', '--keep-since', '90d', '--max-size', '1TB'] },
];

/**
 * The verbs of the store over a bucket of many versions, half of them unused for long, on a real object service whose
 * answers take some time: time, requests, and the most memory that the process ever used. Each report is held against
 * what the bucket was made of.
 *
 * @returns {Promise<{rows: {name: string, ms: number, rss: number, requests: number}[], versions: number}>} bytes, ms
 */
export async function s3PruneBench({ cli, versions, only, log }) {
  if (!existsSync(cli)) throw new Error(`${cli} is missing. Run: npm run build`);
  await using gateway = await startGateway(['--default-etag', TAG]);
  await using faults = await startFaults(gateway, { latencyMs: LATENCY_MS });
  await using temp = await tempDir('bench');
  const began = performance.now();
  const prefix = gateway.prefix();
  const made = makeStore(path.join(gateway.dir, prefix), versions);
  await leaveNotes(gateway, prefix, versions);
  log(`${versions} versions made in ${Math.round((performance.now() - began) / 1000)} s`);
  const cwd = temp.join('empty');
  await mkdir(cwd);
  const witness = writeRssWitness(temp.path);
  const env = { PATH: process.env.PATH, HOME: cwd, BENCH_RSS: temp.join('rss'), ...gateway.env() };
  const store = gateway.url(prefix, faults.endpoint);
  const rows = [];
  for (const { name, args } of VERBS.filter(verb => !only || only.includes(verb.name))) {
    faults.forget();
    const command = ['--import', witness, cli, 'cache', ...args, '--store', store, '--format', 'json'];
    const { ms, stdout } = await timed(process.execPath, command, { cwd, env });
    CHECKS[name](JSON.parse(stdout), made);
    const rss = Number(readFileSync(env.BENCH_RSS, 'utf8'));
    rows.push({ name, ms, rss, requests: faults.asked.length });
    log(
      `${name}: ${Math.round(ms)} ms, ${Math.round(rss / 1e6)} MB, ${faults.asked.length} requests, ${faults.busiest} at a time`,
    );
  }
  return { rows, versions };
}

/** What sessions of the last weeks left: all of it about versions that stay. */
async function leaveNotes(gateway, prefix, versions) {
  const bucket = openBucket(gateway.url(prefix), gateway.env());
  for (let day = 1; day <= NOTES.days; day++) {
    const notes = Array.from({ length: NOTES.aDay }, (_, at) => {
      const names = Array.from({ length: NOTES.versions }, (_name, i) => {
        // The even ones are those that are in use.
        const number = (((day * NOTES.aDay + at) * NOTES.versions + i) * 2) % versions;
        const module = Math.floor(number / 10);
        return {
          path: `example.com/owner${Math.floor(module / 25)}/m${module}`,
          version: `v1.${number % 10}.0`,
        };
      });
      const key = useNoteKey(Date.now() - day * DAY_MS, `note-${at}`);
      return bucket.put(key, encodeUseNote({ uses: [], versions: names }));
    });
    await Promise.all(notes);
  }
  await bucket.close();
}

const CHECKS = {
  stats: (report, { versions }) => expect(report.modules.versions, versions, 'versions'),
  'prune --dry-run': (report, { old }) => expect(report.deleted.versions, old, 'versions that would go'),
  prune: (report, { versions, old }) => {
    expect(report.deleted.versions, old, 'versions that went');
    expect(report.after.versions, versions - old, 'versions left');
    expect(report.failed.count, 0, 'failures');
  },
};

function expect(found, wanted, what) {
  if (found !== wanted) throw new Error(`The report tells of ${found} ${what}, not of ${wanted}.`);
}

/** The figures of a bucket as Markdown. */
export function s3PruneTable({ rows, versions }) {
  const table = rows.map(({ name, ms, rss, requests }) => {
    const goals = [
      ...(name === 'prune' ? [`${mark(ms <= PRUNE_MS)} ≤ ${PRUNE_MS / 60_000} min`] : []),
      `${mark(rss <= RSS)} ≤ ${RSS / 1e6} MB`,
    ];
    return `| ${name} | ${seconds(ms)} | ${requests.toLocaleString('en')} | ${Math.round(rss / 1e6)} | ${goals.join(', ')} |`;
  });
  return [
    `A bucket of ${versions.toLocaleString('en')} versions in versitygw, half of them unused for long, ${LATENCY_MS} ms added to each request, ${NOTES.days * NOTES.aDay} notes of use.`,
    '',
    '| `modgate cache` | seconds | requests | peak MB | goal |',
    '|---|---|---|---|---|',
    ...table,
    '',
  ];
}
