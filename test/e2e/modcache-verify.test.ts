import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { poisonTree, TREE, UUID, type WarmWorld, warmWorld } from '../store/modcache/cache.ts';
import { modgate } from '../support/modgate.ts';
import type { Finished } from '../support/process.ts';
import { gone } from '../support/session.ts';

let world: WarmWorld;
let poisoned: string;
beforeAll(async () => {
  world = await warmWorld();
  poisoned = await world.copy('poisoned');
  await poisonTree(poisoned);
});
afterAll(() => world[Symbol.asyncDispose]());

function run(args: readonly string[], modcache: string): Promise<Finished> {
  const env = { ...world.env, GOMODCACHE: modcache, TMPDIR: world.dir.path };
  return modgate([...args], { cwd: world.project, env });
}

const RUN = ['run', '--store', 'STORE', '--modcache'];
const GO_RUN = ['--', 'go', 'run', '.'];
const withStore = (args: readonly string[]) =>
  args.map(arg => (arg === 'STORE' ? world.dir.join('store') : arg));

it('a warm module cache is used as it is, and found to be what go.sum says', async () => {
  const done = await run(withStore([...RUN, 'verify', ...GO_RUN]), world.modcache);
  expect(done.code, done.stderr).toBe(0);
  expect(done.stderr).toContain('00000000-0000-0000-0000-000000000000');
  expect(done.stderr).toMatch(/ 0 requests in /);
  expect(done.stderr).toMatch(/^ {2}GOMODCACHE, verified in \S+ s: 1 module version is what go\.sum says$/m);
});

it('code that somebody put into the module cache runs, and the job fails for it', async () => {
  const done = await run(withStore([...RUN, 'verify', ...GO_RUN]), poisoned);
  expect(done.stderr).toContain('evil code runs');
  expect(done.code).toBe(1);
  expect(done.stderr).toMatch(
    /^ {2}error: GOMODCACHE: github\.com\/google\/uuid@v1\.6\.0: .* evil\.go added \(modcache\/changed\)\./m,
  );
  const inherited = await run(withStore([...RUN, 'inherit', ...GO_RUN]), poisoned);
  expect(inherited.stderr).toContain('evil code runs');
  expect(inherited.code).toBe(0);
});

it('start and stop tell the same; a command that fails keeps its own code', async () => {
  const start = await run(
    withStore(['start', '--format', 'json', '--store', 'STORE', '--modcache', 'verify']),
    poisoned,
  );
  expect(start.code, start.stderr).toBe(0);
  const { MODGATE_SESSION: session = '' } = JSON.parse(start.stdout) as Record<string, string>;
  const stop = await run(['stop', '--session', session, '--format', 'json'], poisoned);
  expect(stop.code).toBe(1);
  expect(JSON.parse(stop.stdout)).toMatchObject({
    warnings: [],
    findings: [{ rule: 'modcache/changed', level: 'error', ...UUID }],
    modcache: { state: 'done', verified: [], changed: 1, left: 0, dir: poisoned },
  });
  expect(stop.stdout).toContain(path.join(poisoned, TREE));
  const failed = await run(
    withStore([...RUN, 'verify', '--', process.execPath, '-e', 'process.exit(7)']),
    poisoned,
  );
  expect(failed.code).toBe(7);
  expect(failed.stderr).toContain('(modcache/changed)');
});

it('a daemon that was killed leaves word that not all was verified', async () => {
  const start = await run(
    withStore(['start', '--format', 'json', '--store', 'STORE', '--modcache', 'verify']),
    world.modcache,
  );
  const { MODGATE_SESSION: session = '' } = JSON.parse(start.stdout) as Record<string, string>;
  const { pid } = JSON.parse(await readFile(path.join(session, 'session.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await gone(pid);
  const stop = await run(['stop', '--session', session], world.modcache);
  expect(stop.code).toBe(0);
  expect(stop.stderr).toMatch(
    /warning: GOMODCACHE was not wholly compared with go\.sum: the proxy died meanwhile/,
  );
});
