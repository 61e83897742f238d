// Shows the main job on a real program: `node scripts/demo.mjs`. Needs Node and Go, and the network once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { install, ROOT, runToEnd } from './install.mjs';

const HELLO = path.join(ROOT, 'examples', 'hello');
const CLI = path.join(ROOT, 'dist', 'cli.js');

const node = await install();
if (!existsSync(CLI)) throw new Error('dist/cli.js is missing. Run: npm run build');
const work = await mkdtemp(path.join(tmpdir(), 'modgate-demo-'));
try {
  process.exitCode = await demo();
} finally {
  await rm(work, { recursive: true, force: true });
}

/** Both builds and what came of them; the exit code of the first command that failed, or 0. */
async function demo() {
  const binary = path.join(work, process.platform === 'win32' ? 'hello.exe' : 'hello');

  heading(
    '1. Cold: an empty module cache and an empty store',
    'Every module comes from your GOPROXY, through modgate, which checks each one against go.sum and keeps it.',
  );
  const cold = await build('cold', binary, {});
  if (cold !== 0) return cold;

  const dead = await deadUrl();
  heading(
    '2. Warm: a new, empty module cache, and the upstream is cut off',
    `GOPROXY is now ${dead}, where nobody answers. All that go asks for comes from the store.`,
  );
  const warm = await build('warm', binary, { GOPROXY: dead });
  if (warm !== 0) return warm;

  heading('3. What was fetched', 'The modules that the second build got without any network:');
  const modules = await moduleVersions(path.join(work, 'warm', 'cache', 'download'));
  for (const name of modules) process.stdout.write(`  ${name}\n`);
  process.stdout.write(`\n${modules.length} modules. The program that was built from them says:\n\n`);
  const ran = await runToEnd(binary, [], { cwd: work });
  return ran === 0 ? await policy() : ran;
}

/** A change as it slips through reviews, and a module that is not welcome: both have to be refused. */
async function policy() {
  const checkout = path.join(work, 'checkout');
  await cp(HELLO, checkout, { recursive: true });
  heading(
    '4. The policy: somebody adds a replace that only works on his machine',
    'No configuration is needed for this one. On GitHub and GitLab the finding stands on the line of the change.',
  );
  await appendFile(path.join(checkout, 'go.mod'), '\nreplace github.com/google/uuid => ../my-fork\n');
  process.stdout.write('$ modgate check\n');
  const careless = await runToEnd(node, [CLI, 'check', checkout], { cwd: checkout });
  if (careless !== 1) return failed('the replace was not refused');

  heading(
    '5. The policy in the proxy: a module that .modgate.yaml denies',
    'go asks the proxy for it, and prints who refused it and why.',
  );
  await cp(path.join(HELLO, 'go.mod'), path.join(checkout, 'go.mod'));
  const reason = 'example of a module that turned out malicious';
  await writeFile(
    path.join(checkout, '.modgate.yaml'),
    `modules:\n  deny:\n    - {pattern: rsc.io/quote, reason: ${reason}}\n`,
  );
  process.stdout.write('$ modgate run --store STORE -- go get rsc.io/quote@v1.5.2\n');
  const denied = await runToEnd(
    node,
    [CLI, 'run', '--store', path.join(work, 'store'), '--', 'go', 'get', 'rsc.io/quote@v1.5.2'],
    { cwd: checkout, env: { GOMODCACHE: path.join(work, 'denied'), GOFLAGS: '-modcacherw', GOWORK: 'off' } },
  );
  if (denied === 0) return failed('the module was not refused');
  process.stdout.write('\nBoth were refused, as they should be.\n');
  return await audit(checkout);
}

/** The same two jobs with an audit store, and what it knows of them. */
async function audit(checkout) {
  heading(
    '6. The audit trail: who brought it in, what was refused',
    'A store of your own (modgate serve) gets a record of every answer, and can be asked.',
  );
  process.stdout.write('$ modgate serve --data DIR\n');
  const serve = spawn(
    node,
    [CLI, 'serve', '--data', path.join(work, 'audit'), '--listen', '127.0.0.1:0', '--format', 'json'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  try {
    const [line] = await once(serve.stdout, 'data');
    const { url } = JSON.parse(String(line));
    const run = (cwd, modcache, command) => {
      process.stdout.write(`$ modgate run --audit-store ${url} -- ${command.join(' ')}\n`);
      const store = ['--store', path.join(work, 'store'), '--audit-store', url];
      const env = { GOMODCACHE: path.join(work, modcache), GOFLAGS: '-modcacherw', GOWORK: 'off' };
      return runToEnd(node, [CLI, 'run', ...store, '--', ...command], { cwd, env });
    };
    const ask = (...question) => {
      process.stdout.write(`\n$ modgate audit ${question.join(' ')}\n`);
      return runToEnd(node, [CLI, 'audit', ...question, '--store', url], { cwd: work });
    };
    if ((await run(HELLO, 'audited', ['go', 'mod', 'download'])) !== 0)
      return failed('a job was not recorded');
    if ((await run(checkout, 'audited-denied', ['go', 'get', 'rsc.io/quote@v1.5.2'])) === 0) {
      return failed('the module was not refused');
    }
    if ((await ask('who', 'go.uber.org/zap')) !== 0) return failed('the audit store did not answer');
    if ((await ask('log', '--decision', 'deny')) !== 0) return failed('the audit store did not answer');
    return 0;
  } finally {
    serve.kill();
    await once(serve, 'exit');
  }
}

function failed(why) {
  process.stderr.write(`\nThe demonstration failed: ${why}.\n`);
  return 1;
}

/** `modgate run -- go build` with a module cache of its own; both builds share one store. */
function build(modcache, binary, env) {
  const dir = path.join(work, modcache);
  const command = [
    CLI,
    'run',
    '--store',
    path.join(work, 'store'),
    '--',
    'go',
    'build',
    '-trimpath',
    '-o',
    binary,
    '.',
  ];
  process.stdout.write('$ modgate run --store STORE -- go build\n');
  return runToEnd(node, command, {
    cwd: HELLO,
    env: {
      GOMODCACHE: dir,
      GOFLAGS: '-modcacherw',
      GOWORK: 'off',
      // A build cache of the demo's own, so that nothing of it is left behind.
      GOCACHE: path.join(work, 'gocache'),
      ...env,
    },
  });
}

/** `path version` of every module whose zip is in a download cache, sorted. */
async function moduleVersions(dir) {
  await mkdir(dir, { recursive: true });
  const files = await readdir(dir, { recursive: true });
  return files
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.endsWith('.zip'))
    .map(name =>
      name
        .replace(/\.zip$/, '')
        .replace('/@v/', ' ')
        .replace(/!([a-z])/g, (_all, c) => c.toUpperCase()),
    )
    .sort();
}

/** A loopback URL on which nobody listens. */
async function deadUrl() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

function heading(title, text) {
  process.stdout.write(`\n== ${title}\n   ${text}\n\n`);
}
