import { mark, seconds } from './marks.mjs';

const STORED = 0.5;
const MATRIX = 0.11;
const HIT = 0.9;
const CHANGED = 0.4;
const DELAY_MS = 1500;
const QUOTA = 2e9;

/** The figures of the shared cache as Markdown. */
export function cacheTable({ zips, latencyMs, times, tests, matrix, quota }) {
  return [
    `Jobs with ${zips.count} zips (${mb(zips.bytes)}); cache service with 100 MB/s for all transfers together and`,
    `${latencyMs} ms an answer, upstream with ${latencyMs} ms an answer; module cache, store and temporary files on tmpfs.`,
    '',
    ...(times ? timeTables(times) : []),
    ...(matrix ? matrixTable(matrix) : []),
    ...(tests ? testTable(tests) : []),
    ...(quota ? quotaTable(quota) : []),
  ];
}

function timeTables({ stored, parts, peaks, hit, build, changed, delayMs }) {
  const of = name => parts.get(name);
  const row = (title, name, ratio, goal) => {
    const { all, modulesMs, postMs, wholeMs, cpuMs, uploaded, downloaded } = of(name);
    const spread = `${seconds(modulesMs)} (${seconds(Math.min(...all))}–${seconds(Math.max(...all))})`;
    return `| ${title} | ${spread} | ${seconds(postMs)} | ${seconds(wholeMs)} | ${cpu(cpuMs)} | ${mb(downloaded)} | ${mb(uploaded)} | ${ratio} | ${goal} |`;
  };
  const compared = (ratio, most) => [times(ratio), `${mark(ratio <= most)} ≤ ${most} ×`];
  const storedRatio = stored.modgate / stored['setup-go'];
  const { startMs, postMs, startPostMs } = of('modgate hit');
  return [
    '| job, start of the step until go has its modules | seconds (least to most) | post | whole job | processor | down | up | to setup-go | goal |',
    '|---|---|---|---|---|---|---|---|---|',
    row('modules on the own disk (floor)', 'local hit', '', ''),
    row('setup-go, exact hit', 'setup-go hit', '1.00 ×', ''),
    row('modgate, exact hit', 'modgate hit', ...compared(hit, HIT)),
    row('modules on the own disk, `go build` (floor)', 'local build', '', ''),
    row('setup-go, exact hit, `go build`', 'setup-go build', '1.00 ×', ''),
    row('modgate, exact hit, `go build`', 'modgate build', ...compared(build, HIT)),
    row('setup-go, one dependency changed', 'setup-go changed', '1.00 ×', ''),
    row('modgate, one dependency changed', 'modgate changed', ...compared(changed, CHANGED)),
    '',
    '| one project, one system | setup-go | modgate | ratio | goal |',
    '|---|---|---|---|---|',
    `| bytes stored | ${mb(stored['setup-go'])} | ${mb(stored.modgate)} | ${times(storedRatio)} | ${mark(storedRatio <= STORED)} ≤ ${STORED} × |`,
    '',
    '`go mod download` unpacks all modules; the rows with `go build` end when that has the code of all packages that it needs',
    '(`go list -deps ./...`), before it compiles.',
    '',
    '| most disk of a job with an exact hit | MB | to setup-go | goal |',
    '|---|---|---|---|',
    ...[
      ['modules on the own disk (floor)', 'local'],
      ['setup-go', 'setup-go'],
      ['modgate, store and GOMODCACHE', 'modgate'],
    ].map(
      ([title, name]) =>
        `| ${title} | ${mb(peaks.get(name))} | ${times(peaks.get(name) / peaks.get('setup-go'))} | reported |`,
    ),
    '',
    '| what a job pays when nothing changed | seconds | goal |',
    '|---|---|---|',
    `| start step and post phase (${seconds(startMs)} and ${seconds(postMs)}) | ${seconds(startPostMs)} | ${mark(startPostMs <= DELAY_MS)} ≤ 1.5 |`,
    `| start, restore and save: whole job less that of one whose modules lie on its own disk | ${seconds(delayMs)} | ${mark(delayMs <= DELAY_MS)} ≤ 1.5 |`,
    '',
  ];
}

function matrixTable({ jobs, ...found }) {
  const peer = found['setup-go'];
  const row = (title, name) => {
    const { entries, bytes } = found[name];
    const ratio = bytes / peer.bytes;
    return `| ${title} | ${entries} | ${mb(bytes)} | ${times(ratio)} | ${mark(ratio <= MATRIX)} ≤ ${MATRIX} × |`;
  };
  return [
    `| ${jobs} jobs: 3 systems, 2 versions of Go | entries | bytes stored | to setup-go | goal |`,
    '|---|---|---|---|---|',
    `| setup-go | ${peer.entries} | ${mb(peer.bytes)} | 1.00 × | |`,
    row('modgate, one after another', 'one after another'),
    row('modgate, all at once, no entry before', 'at once'),
    '',
  ];
}

function testTable({ wholeMs, ratio, actions, elsewhere }) {
  const { compiled, cached } = actions.modgate;
  const peer = actions['setup-go'];
  const same = compiled === peer.compiled && cached === peer.cached;
  return [
    '| `go test ./...` of spf13/viper, build cache warm | setup-go | modgate | | goal |',
    '|---|---|---|---|---|',
    `| whole job, seconds | ${seconds(wholeMs.get('setup-go'))} | ${seconds(wholeMs.get('modgate'))} | ${times(ratio)} | reported |`,
    `| compile actions (${elsewhere.compiled} without a build cache) | ${peer.compiled} | ${compiled} | | ${mark(same)} the same |`,
    `| test results out of the build cache | ${peer.cached} | ${cached} | | ${mark(same)} the same |`,
    '',
  ];
}

function quotaTable({ jobs, setBytes, peakBytes, lastBytes, entries, uploaded, setupGoBytes }) {
  return [
    `| ${jobs} jobs, each with one more changed dependency, modules of ${mb(setBytes)} | value | goal |`,
    '|---|---|---|',
    `| most bytes at the service, nothing forgotten in between | ${mb(peakBytes)} | ${mark(peakBytes <= QUOTA)} ≤ 2 GB |`,
    `| bytes and entries at the end | ${mb(lastBytes)}, ${entries} | reported |`,
    `| bytes uploaded by all jobs | ${mb(uploaded)} | reported |`,
    `| setup-go's method would have written | ${mb(setupGoBytes)} | |`,
    '',
  ];
}

function mb(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}

function cpu(ms) {
  return ms === undefined || Number.isNaN(ms) ? 'unknown' : seconds(ms);
}

function times(ratio) {
  return `${ratio.toFixed(2)} ×`;
}
