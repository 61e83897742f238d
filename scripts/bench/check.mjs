import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median, timed, writeRssWitness } from './measure.mjs';

const GIT_ENV = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: process.platform === 'win32' ? 'NUL' : '/dev/null',
  GIT_AUTHOR_NAME: 'bench',
  GIT_AUTHOR_EMAIL: 'bench@example.test',
  GIT_COMMITTER_NAME: 'bench',
  GIT_COMMITTER_EMAIL: 'bench@example.test',
};

/**
 * `modgate check` from process start to its end, in milliseconds and bytes, medians over the rounds: of a tree
 * without Go (the start-up), of 100 real go.mod files with their sums, whole and against a base, and of 10,000
 * made ones.
 */
export async function checkBench({ cli, rounds, log }) {
  if (!existsSync(cli)) throw new Error(`${cli} is missing. Run: npm run build`);
  const dir = await mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'modgate-check-'));
  try {
    const witness = writeRssWitness(dir);
    const hundred = hundredModules(path.join(dir, 'hundred'));
    const scenarios = [
      { name: 'start-up', cwd: emptyTree(path.join(dir, 'empty')), args: [] },
      { name: 'hundred', cwd: hundred, args: [] },
      { name: 'hundred against a base', cwd: hundred, args: ['--base', 'HEAD~1'] },
      { name: 'ten thousand', cwd: manyModules(path.join(dir, 'many'), 10_000), args: [] },
    ];
    const found = new Map(scenarios.map(({ name }) => [name, { ms: [], rss: [] }]));
    for (let round = 0; round <= rounds; round++) {
      for (const { name, cwd, args } of scenarios) {
        const rssFile = path.join(dir, 'rss');
        const env = { PATH: process.env.PATH, ...GIT_ENV, BENCH_RSS: rssFile };
        const command = ['--import', witness, cli, 'check', ...args, '--level', 'warn', '--format', 'json'];
        const done = await timed(process.execPath, command, { cwd, env });
        const { files } = JSON.parse(done.stdout).summary;
        if (round === 0) {
          log(`${name}: ${files} go.mod files`);
          continue;
        }
        found.get(name).ms.push(done.ms);
        found.get(name).rss.push(Number(readFileSync(rssFile, 'utf8')));
        log(`round ${round}/${rounds}  check, ${name}: ${Math.round(done.ms)} ms`);
      }
    }
    return new Map([...found].map(([name, { ms, rss }]) => [name, { ms: median(ms), rss: median(rss) }]));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function git(cwd, ...args) {
  execFileSync('git', args, { cwd, env: { PATH: process.env.PATH, ...GIT_ENV }, stdio: 'ignore' });
}

function commit(dir) {
  git(dir, 'add', '--all');
  git(dir, 'commit', '--quiet', '--message', 'bench');
}

function emptyTree(dir) {
  mkdirSync(dir, { recursive: true });
  git(dir, 'init', '--quiet');
  writeFileSync(path.join(dir, 'README.md'), 'no Go here\n');
  commit(dir);
  return dir;
}

/** The hundred largest go.mod files of the module cache as modules of one repository, each with a real go.sum. */
function hundredModules(dir) {
  const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
  const download = path.join(cache, 'cache', 'download');
  const files = readdirSync(download, { recursive: true })
    .filter(name => name.endsWith('.mod'))
    .map(name => readFileSync(path.join(download, name), 'utf8'))
    .sort((a, b) => b.length - a.length)
    .slice(0, 100);
  if (files.length < 100)
    throw new Error(`The module cache has ${files.length} go.mod files, too few to measure with.`);
  const sum = readFileSync(new URL('../../test/fixtures/bench-project/go.sum', import.meta.url));
  mkdirSync(dir, { recursive: true });
  git(dir, 'init', '--quiet');
  files.forEach((text, i) => {
    const module = path.join(dir, `module-${i}`);
    mkdirSync(path.join(module, 'internal'), { recursive: true });
    writeFileSync(path.join(module, 'go.mod'), text);
    writeFileSync(path.join(module, 'go.sum'), sum);
    for (let file = 0; file < 20; file++) {
      writeFileSync(path.join(module, 'internal', `f${file}.go`), `package internal // ${i} ${file}\n`);
    }
  });
  commit(dir);
  const [first = ''] = files;
  writeFileSync(path.join(dir, 'module-0', 'go.mod'), `${first}\nrequire example.com/added v1.0.0\n`);
  commit(dir);
  return dir;
}

/** Modules that require and replace one another, as in a repository of many small services. */
function manyModules(dir, count) {
  mkdirSync(dir, { recursive: true });
  git(dir, 'init', '--quiet');
  for (let i = 0; i < count; i++) {
    const others = [1, 2, 3].map(step => (i + step) % count);
    const lines = [
      ...others.map(n => `require example.com/mono/m${n} v0.0.0`),
      ...Array.from({ length: 10 }, (_, n) => `require example.com/lib-${(i * 7 + n * 13) % 500} v1.${n}.0`),
      ...others.map(n => `replace example.com/mono/m${n} => ../m${n}`),
    ];
    const module = path.join(dir, `m${i}`);
    mkdirSync(module);
    writeFileSync(
      path.join(module, 'go.mod'),
      `module example.com/mono/m${i}\n\ngo 1.26\n\n${lines.join('\n')}\n`,
    );
  }
  commit(dir);
  return dir;
}
