import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { timed, writeRssWitness } from './measure.mjs';
import { makeStore, OLD_DAYS } from './million-store.mjs';

const SHARES = [0.1, 0.3, 1];
/** What a version takes on tmpfs: four files, their inodes and names. */
const BYTES_A_VERSION = 22e3;
const INODES_A_VERSION = 5;

const VERBS = [
  { name: 'stats', args: ['stats'] },
  { name: 'verify', args: ['verify'] },
  { name: 'prune --dry-run', args: ['prune', '--keep-since', '90d', '--max-size', '1TB', '--dry-run'] },
  { name: 'prune', args: ['prune', '--keep-since', '90d', '--max-size', '1TB'] },
];

/**
 * The verbs of the store over stores of more and more small files, each in a process of its own: time, and the most
 * memory it ever used. Every run's report is held against what the store was made of.
 *
 * @returns {Promise<{rows: {name: string, files: number, ms: number, rss: number}[], files: number[]}>} bytes, ms
 */
export async function millionBench({ cli, files, only, log }) {
  if (!existsSync(cli)) throw new Error(`${cli} is missing. Run: npm run build`);
  const dir = await mkdtemp(path.join(roomFor(files / 3), 'modgate-million-'));
  const rows = [];
  try {
    const witness = writeRssWitness(dir);
    const cwd = path.join(dir, 'empty');
    await mkdir(cwd);
    for (const share of SHARES) {
      const store = path.join(dir, 'store');
      const began = performance.now();
      const made = makeStore(store, Math.round((files * share) / 3));
      log(`${made.versions * 3} files made in ${Math.round((performance.now() - began) / 1000)} s`);
      const env = { PATH: process.env.PATH, HOME: cwd, BENCH_RSS: path.join(dir, 'rss') };
      const command = args => [
        '--import',
        witness,
        cli,
        'cache',
        ...args,
        '--store',
        store,
        '--format',
        'json',
      ];
      for (const { name, args } of VERBS.filter(verb => !only || only.includes(verb.name))) {
        const done = await timed(process.execPath, command(args), { cwd, env });
        CHECKS[name](JSON.parse(done.stdout), made);
        const rss = Number(readFileSync(env.BENCH_RSS, 'utf8'));
        rows.push({ name, files: made.versions * 3, ms: done.ms, rss });
        log(`${made.versions * 3} files, ${name}: ${Math.round(done.ms)} ms, ${Math.round(rss / 1e6)} MB`);
        if (name === 'verify' && share === SHARES[0]) provesDamage(command(args), { cwd, env }, made.zips);
      }
      await rm(store, { recursive: true, force: true });
    }
    return { rows, files: SHARES.map(share => Math.round((files * share) / 3) * 3), oldDays: OLD_DAYS };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const CHECKS = {
  stats: (report, { versions }) => expect(report.modules.versions, versions, 'versions'),
  verify: (report, { versions }) => {
    expect(report.versions, versions, 'versions');
    expect(report.findings.length, 0, 'findings');
  },
  'prune --dry-run': (report, { old }) => expect(report.deleted.versions, old, 'versions that would go'),
  prune: (report, { versions, old }) => {
    expect(report.deleted.versions, old, 'versions that went');
    expect(report.after.versions, versions - old, 'versions left');
  },
};

function expect(found, wanted, what) {
  if (found !== wanted) throw new Error(`The report tells of ${found} ${what}, not of ${wanted}.`);
}

/** A verify that finds nothing in a store where something is wrong would be quick for no reason. */
function provesDamage(args, options, zips) {
  const whole = zips.map(zip => readFileSync(zip));
  const times = zips.map(zip => statSync(zip));
  for (const [at, zip] of zips.entries()) {
    const bytes = Buffer.from(whole[at]);
    bytes[40] ^= 1;
    writeFileSync(zip, bytes);
  }
  const found = spawnSync(process.execPath, args, { ...options, encoding: 'utf8' });
  expect(found.status, 1, '(exit code) after damage');
  expect(JSON.parse(found.stdout).counts.damaged, zips.length, 'damaged files');
  for (const [at, zip] of zips.entries()) {
    writeFileSync(zip, whole[at]);
    // What was written a moment ago no prune takes away.
    utimesSync(zip, times[at].atime, times[at].mtime);
  }
}

/** tmpfs when the store would take no more than half of what is free there and in memory, else the disk. */
function roomFor(versions) {
  const shm = '/dev/shm';
  if (!existsSync(shm)) return tmpdir();
  const { bavail, bsize, ffree } = statfsSync(shm);
  const free = Math.min(bavail * bsize, process.availableMemory());
  const fits = versions * BYTES_A_VERSION * 2 < free && versions * INODES_A_VERSION * 1.5 < ffree;
  return fits ? shm : tmpdir();
}
