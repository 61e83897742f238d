// Installs the real programs that tests drive: `node scripts/tools.mjs [--bench]`. What is there already stays.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = path.join(ROOT, '.tools', 'bin');
const EXE = process.platform === 'win32' ? '.exe' : '';

/** Go programs by the name their binary gets; built from source at a fixed version, so that runs compare. */
const GO_TOOLS = [
  { name: 'act', module: 'github.com/nektos/act@v0.2.89', pkg: '.' },
  { name: 'actionlint', module: 'github.com/rhysd/actionlint@v1.7.12', pkg: './cmd/actionlint' },
  { name: 'versitygw', module: 'github.com/versity/versitygw@v1.8.0', pkg: './cmd/versitygw' },
  { name: 'goproxy', module: 'github.com/goproxy/goproxy@v0.26.1', pkg: './cmd/goproxy' },
];
const BENCH_TOOLS = [{ name: 'athens', module: 'github.com/gomods/athens@v0.17.0', pkg: './cmd/proxy' }];
/** The Go line whose newest patch is tested beside the one on PATH. */
const SECOND_GO = '1.27';
/** System programs: git for modules, the others for the runners that the end-to-end tests drive. */
const SYSTEM = ['git', 'rsync', 'zstd'];

const wanted = process.argv.includes('--bench') ? [...GO_TOOLS, ...BENCH_TOOLS] : GO_TOOLS;
mkdirSync(BIN, { recursive: true });
const results = await Promise.allSettled([
  installSystem(SYSTEM.filter(name => !onPath(name))),
  secondToolchain(),
  ...inTurn(wanted),
]);
const failed = results.filter(r => r.status === 'rejected');
for (const { reason } of failed) say(reason instanceof Error ? reason.message : String(reason));
if (failed.length > 0) process.exitCode = 1;
else say('all tools are there');

/** One after another, because each build uses all cores by itself; one that fails does not stop the next. */
function inTurn(tools) {
  let before = Promise.resolve();
  return tools.map(tool => {
    const done = before.then(() => installGoTool(tool));
    before = done.catch(() => {});
    return done;
  });
}

/**
 * Builds one program into .tools/bin from its module's own go.mod and go.sum. (`go install` would also ask for
 * the list of versions, which some mirrors refuse.)
 */
async function installGoTool({ name, module, pkg }) {
  const file = path.join(BIN, name + EXE);
  if (existsSync(file)) return;
  say(`${name}: building ${module}`);
  const env = { ...process.env, GOFLAGS: '', GOTOOLCHAIN: 'auto', GOWORK: 'off', CGO_ENABLED: '0' };
  const { Dir } = JSON.parse(await run('go', ['mod', 'download', '-json', module], env));
  await run('go', ['build', '-C', Dir, '-trimpath', '-buildvcs=false', '-o', `${file}.new`, pkg], env);
  await rename(`${file}.new`, file);
  say(`${name}: ready`);
}

/** Puts the newest patch of the second Go line into the module cache, where GOTOOLCHAIN finds it. */
async function secondToolchain() {
  const env = { ...process.env, GOFLAGS: '', GOTOOLCHAIN: 'local' };
  const listed = await run('go', ['list', '-m', '-versions', 'golang.org/toolchain'], env);
  const newest = newestPatch(listed);
  if (newest === undefined) throw new Error(`The module proxy offers no Go ${SECOND_GO} for this machine.`);
  const version = await run('go', ['version'], { ...env, GOTOOLCHAIN: newest });
  say(version.trim());
}

/** `go1.27.4`, the newest release of the line among the versions of golang.org/toolchain. */
function newestPatch(listed) {
  const pattern = new RegExp(`^v0\\.0\\.1-go${SECOND_GO.replace('.', '\\.')}\\.(\\d+)\\.`);
  const patches = listed.split(/\s+/).flatMap(v => (pattern.exec(v) ? [Number(pattern.exec(v)[1])] : []));
  return patches.length > 0 ? `go${SECOND_GO}.${Math.max(...patches)}` : undefined;
}

/** Installs Debian packages when this process may; says what to install otherwise. */
async function installSystem(names) {
  if (names.length === 0) return;
  const list = names.join(' ');
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    throw new Error(
      `Missing on PATH: ${list}. Install them with the system's package manager and run this again.`,
    );
  }
  say(`installing ${list} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], env);
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...names], env);
}

function onPath(name) {
  return (process.env.PATH ?? '').split(path.delimiter).some(dir => {
    try {
      accessSync(path.join(dir, name + EXE), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a command and gives its output; the error of a failed one ends with what it printed. */
function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let all = '';
    child.stdout.on('data', chunk => {
      out += chunk;
      all += chunk;
    });
    child.stderr.on('data', chunk => {
      all += chunk;
    });
    child.on('error', error =>
      reject(new Error(`${command} cannot be started: ${error.message}. Is it on PATH?`)),
    );
    child.on('close', code => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${all.slice(-3000)}`));
    });
  });
}

function say(text) {
  process.stdout.write(`tools: ${text}\n`);
}
