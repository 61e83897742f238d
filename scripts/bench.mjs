// Measures modgate beside what people use now, and prints Markdown for docs/benchmarks.md.
//   node scripts/bench.mjs [download|start|parse|check|private|filter|all] [--rounds 5] [--latency 30] [--only word,word] [--dist dist]
//   node scripts/bench.mjs cache [--jobs 60] [--only times,tests,matrix,quota], a quarter of an hour
//   node scripts/bench.mjs build-cache [--only small,before], five minutes, with the large project half an hour
//   node scripts/bench.mjs million [--files 1000000], some ten minutes
//   node scripts/bench.mjs s3-prune [--versions 100000], some minutes
//   node scripts/bench.mjs audit [--only ingest,history,journal,close] [--observations 10000000] [--keep index.db], half an
//     hour, a few minutes with an index that --keep kept
//   node scripts/bench.mjs audit-verify [--records 1000000], two minutes
//   node scripts/bench.mjs s3 [--rounds 5], some three minutes; the last seven are not in `all`
import { cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { auditBench } from './bench/audit.mjs';
import { auditTable } from './bench/audit-table.mjs';
import { auditVerifyBench, auditVerifyTable } from './bench/audit-verify.mjs';
import { buildCacheBench, buildCacheTable } from './bench/build-cache.mjs';
import { cacheBench } from './bench/cache.mjs';
import { cacheTable } from './bench/cache-table.mjs';
import { checkBench } from './bench/check.mjs';
import { downloadBench } from './bench/download.mjs';
import { filterBench, filterTable } from './bench/filter.mjs';
import { mark, seconds } from './bench/marks.mjs';
import { millionBench } from './bench/million.mjs';
import { millionTable } from './bench/million-table.mjs';
import { parseBench } from './bench/parse.mjs';
import { privateBench, privateTable } from './bench/private.mjs';
import { s3Bench, s3Table } from './bench/s3.mjs';
import { s3PruneBench, s3PruneTable } from './bench/s3-prune.mjs';
import { startBench } from './bench/start.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    latency: { type: 'string', default: '30' },
    only: { type: 'string' },
    files: { type: 'string', default: '1000000' },
    versions: { type: 'string', default: '100000' },
    records: { type: 'string', default: '1000000' },
    observations: { type: 'string', default: '10000000' },
    keep: { type: 'string' },
    jobs: { type: 'string', default: '60' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
  },
});
const what = positionals[0] ?? 'all';
const KNOWN = [
  'download',
  'start',
  'parse',
  'check',
  'private',
  'filter',
  'cache',
  'build-cache',
  'million',
  's3',
  's3-prune',
  'audit',
  'audit-verify',
];
if (what !== 'all' && !KNOWN.includes(what)) {
  process.stderr.write(`${what} is no benchmark: ${KNOWN.join(', ')} or all\n`);
  process.exit(2);
}
const options = {
  dist: path.resolve(values.dist),
  jobs: Number(values.jobs),
  files: Number(values.files),
  versions: Number(values.versions),
  records: Number(values.records),
  observations: Number(values.observations),
  keep: values.keep,
  cli: path.resolve(values.dist, 'cli.js'),
  library: path.resolve(values.dist, 'gomod.js'),
  rounds: Number(values.rounds),
  latencyMs: Number(values.latency),
  only: values.only?.split(','),
  log: line => process.stderr.write(`${line}\n`),
};

const lines = [
  `Made by \`${['node scripts/bench.mjs', ...process.argv.slice(2)].join(' ')}\`.`,
  `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}, ${['million', 's3-prune', 'audit', 'audit-verify'].includes(what) ? 'one run each' : `medians of ${options.rounds} interleaved runs`}.`,
  '',
];
const wanted = name => what === 'all' || what === name;
if (wanted('download')) lines.push(...downloadTable(await downloadBench(options)));
if (wanted('start')) lines.push(...startTable(await startBench(options)));
if (wanted('parse')) lines.push(...parseTable(await parseBench(options)));
if (wanted('check')) lines.push(...checkTable(await checkBench(options)));
if (wanted('filter')) lines.push(...filterTable(await filterBench(options), options));
if (wanted('private')) lines.push(...privateTable(await privateBench(options), options));
if (what === 'cache') lines.push(...cacheTable(await cacheBench(options)));
if (what === 'build-cache') lines.push(...buildCacheTable(await buildCacheBench(options)));
if (what === 'audit') lines.push(...auditTable(await auditBench(options)));
if (what === 'audit-verify') lines.push(...auditVerifyTable(await auditVerifyBench(options)));
if (what === 's3') lines.push(...s3Table(await s3Bench(options), options));
if (what === 's3-prune') lines.push(...s3PruneTable(await s3PruneBench(options)));
if (what === 'million') lines.push(...millionTable(await millionBench(options)));
process.stdout.write(`${lines.join('\n')}\n`);

function downloadTable({ world, rows, daemon }) {
  const megabytes = Math.round(world.zips.bytes / 1e6);
  const table = [
    `\`go mod download\` of ${world.zips.count} zips (${megabytes} MB), ${options.latencyMs} ms an answer, caches on tmpfs:`,
    '',
    '| way | seconds (least to most) | to straight | to `file://` | goal |',
    '|---|---|---|---|---|',
    ...rows.map(
      r =>
        `| ${r.title} | ${seconds(r.ms)} (${seconds(Math.min(...r.all))}–${seconds(Math.max(...r.all))}) | ${times(r.toStraight)} | ${times(r.toFile)} | ${goal(r.goal)} |`,
    ),
    '',
  ];
  if (!daemon) return table;
  const rss = daemon.peakRss / 2 ** 20;
  return [
    ...table,
    '| daemon | value | goal |',
    '|---|---|---|',
    `| peak RSS, cold | ${Math.round(rss)} MiB | ${mark(rss <= 256)} ≤ 256 MiB |`,
    `| p99 delay of the event loop, cold | ${daemon.loopP99Ms.toFixed(1)} ms | reported |`,
    `| processor time, cold and warm | ${cpu(daemon.coldCpuMs)} and ${cpu(daemon.warmCpuMs)} | |`,
    '',
  ];
}

function startTable({ readyMs, startStopMs }) {
  return [
    '| session with nothing to do | ms | goal |',
    '|---|---|---|',
    `| \`modgate start\` to the environment printed | ${Math.round(readyMs)} | ${mark(readyMs <= 400)} ≤ 400 |`,
    `| start and stop | ${Math.round(startStopMs)} | ${mark(startStopMs <= 1000)} ≤ 1000 |`,
    '',
  ];
}

function parseTable({ megabytes, first, later, rss }) {
  return [
    `| reading a go.mod of ${Math.round(megabytes)} MB, every place known | value | goal |`,
    '|---|---|---|',
    `| first file of a process | ${Math.round(first)} MB/s | ${mark(first >= 20)} ≥ 20 MB/s |`,
    `| the next ones | ${Math.round(later)} MB/s | |`,
    `| most memory in use, four such files | ${Math.round(rss / 2 ** 20)} MiB | |`,
    '',
  ];
}

function checkTable(found) {
  const row = (title, name, most, megabytes) => {
    const { ms, rss } = found.get(name);
    const memory = Math.round(rss / 2 ** 20);
    const time = most === undefined ? 'reported' : `${mark(ms <= most)} ≤ ${most} ms`;
    const limit = megabytes === undefined ? '' : `, ${mark(memory <= megabytes)} ≤ ${megabytes} MiB`;
    return `| ${title} | ${Math.round(ms)} | ${memory} | ${time}${limit} |`;
  };
  return [
    '| `modgate check` | ms | peak MiB | goal |',
    '|---|---|---|---|',
    row('tree without Go: the start-up', 'start-up', 150),
    row('100 real go.mod and go.sum files', 'hundred', 700),
    row('the same against a base', 'hundred against a base'),
    row('10,000 made modules', 'ten thousand', 10_000, 300),
    '',
  ];
}

function cpu(ms) {
  return ms === undefined ? 'unknown' : `${seconds(ms)} s`;
}

function times(ratio) {
  return ratio === undefined ? '' : `${ratio.toFixed(2)} ×`;
}

function goal(g) {
  if (g?.value === undefined) return '';
  return `${mark(g.value <= g.most)} ≤ ${g.most} × ${g.base === 'file' ? '`file://`' : g.base}`;
}
