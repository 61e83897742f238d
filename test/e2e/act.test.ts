import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtAction } from '../support/github/built-action.ts';
import { startCacheService } from '../support/github/cache-service.ts';
import { SMALL_BYTES, SMALL_COUNT, smallProject } from '../support/github/small-project.ts';
import { goEnv, realUpstream } from '../support/go.ts';
import { type Finished, run, runOk } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { tool } from '../support/tools.ts';
import { deadUrl } from '../support/upstream/dead.ts';

const PUSH = fileURLToPath(new URL('../fixtures/ci/events/push.json', import.meta.url));

const MODULE_CACHE = 'echo "GOMODCACHE=$RUNNER_TEMP/modcache" >> "$GITHUB_ENV"';
/** An expression of a workflow. */
const expression = (text: string): string => `$\{{ ${text} }}`;
const RESULT =
  `echo "RESULT ${expression('github.job')} hit=${expression('steps.end.outputs.cache-hit')} ` +
  `modules=${expression('steps.end.outputs.modules')} upstream=${expression('steps.end.outputs.bytes-from-upstream')}"`;

/** A job in the form of a workflow: checkout, our action, commands, and the numbers if it ends by itself. */
function job(
  name: string,
  commands: readonly string[],
  more: { needs?: string; end?: boolean } = {},
): string {
  const steps = [
    '- uses: actions/checkout@v4',
    `- run: ${MODULE_CACHE}`,
    `- uses: ./actions/proxy\n        with: {on-failure: "${expression('vars.ON_FAILURE')}"}`,
    ...commands.map(command => `- run: ${command}`),
    ...(more.end
      ? ['- uses: ./actions/proxy\n        id: end\n        with: {command: stop}', `- run: '${RESULT}'`]
      : []),
  ];
  const needs = more.needs ? `    needs: ${more.needs}\n` : '';
  return `  ${name}:\n${needs}    runs-on: ubuntu-latest\n    steps:\n${steps.map(s => `      ${s}\n`).join('')}`;
}

const WORKFLOWS = {
  two:
    job('first', ['go mod download'], { end: true }) +
    job('second', ['go build -trimpath ./...'], { needs: 'first', end: true }),
  failing: job('failing', ['go mod download', 'exit 3']),
  cancelled: job('cancelled', ['go mod download', 'echo INTERRUPT ME && sleep 100']),
};

let repository: TempDir;
beforeAll(async () => {
  repository = await builtAction();
  await smallProject(repository.path);
  await mkdir(repository.join('.github', 'workflows'), { recursive: true });
  for (const [name, jobs] of Object.entries(WORKFLOWS)) {
    await writeFile(repository.join('.github', 'workflows', `${name}.yml`), `on: push\njobs:\n${jobs}`);
  }
  const git = (...args: string[]): Promise<Finished> => runOk('git', ['-C', repository.path, ...args]);
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', 'https://git.example.test/acme/demo.git');
  await git('add', '-A');
  await git('-c', 'user.name=t', '-c', 'user.email=t@example.test', 'commit', '-q', '-m', 'x');
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
});

interface ActOptions {
  /** Directory of the runner; a new one is a new machine. */
  readonly machine: TempDir;
  readonly workflow: keyof typeof WORKFLOWS;
  readonly upstream: string;
  readonly onFailure: 'fail' | 'fallback';
  /** Arguments that name the cache service. */
  readonly cache: readonly string[];
  /** Interrupts act as Ctrl-C does when its output holds this. */
  readonly interruptAt?: string;
}

async function act(options: ActOptions): Promise<Finished> {
  const machine = await goEnv();
  const env = {
    GOPROXY: options.upstream,
    GOSUMDB: machine.GOSUMDB ?? '',
    GOCACHE: machine.GOCACHE ?? '',
    GOFLAGS: '-modcacherw -trimpath',
    GOTOOLCHAIN: 'local',
    GOENV: 'off',
  };
  const args = [
    'push',
    ...['-P', 'ubuntu-latest=-self-hosted', '-e', PUSH],
    ...['-W', `.github/workflows/${options.workflow}.yml`, '--var', `ON_FAILURE=${options.onFailure}`],
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...options.cache,
  ];
  return run(await tool('act'), args, {
    cwd: repository.path,
    env: {
      PATH: process.env.PATH,
      HOME: options.machine.join('home'),
      XDG_CACHE_HOME: options.machine.join('cache'),
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
      NO_COLOR: '1',
    },
    onSpawn(child) {
      if (!options.interruptAt) return;
      let seen = '';
      child.stdout?.on('data', (text: string) => {
        seen += text;
        if (!options.interruptAt || !seen.includes(`| ${options.interruptAt}`)) return;
        child.kill('SIGINT');
        seen = '';
      });
    },
  });
}

/** Parts of a RESULT line by job. */
function results(log: string): Record<string, Record<string, string>> {
  const lines = [...log.matchAll(/\| RESULT (\S+) (.*)$/gm)];
  return Object.fromEntries(
    lines.map(([, name = '', pairs = '']) => [
      name,
      Object.fromEntries(pairs.split(' ').map(pair => pair.split('='))),
    ]),
  );
}

describe('under act', () => {
  it.each(['v1', 'v2'] as const)(
    'two jobs, cold and then on a new machine without upstream (%s)',
    async protocol => {
      await using service = await startCacheService();
      await using store = await tempDir('act-store');
      const cache =
        protocol === 'v1'
          ? ['--cache-server-addr', '127.0.0.1', '--cache-server-path', store.path]
          : [
              '--no-cache-server',
              ...Object.entries(service.env('v2')).flatMap(([n, v]) => ['--env', `${n}=${v}`]),
            ];

      await using first = await tempDir('act-first');
      const upstream = await realUpstream();
      const cold = await act({ machine: first, workflow: 'two', upstream, onFailure: 'fallback', cache });
      expect(cold.code, cold.stdout).toBe(0);
      expect(results(cold.stdout)).toMatchObject({
        first: { hit: 'false', modules: String(SMALL_COUNT) },
        second: { hit: 'true', modules: String(SMALL_COUNT), upstream: '0' },
      });
      expect(Number(results(cold.stdout).first?.upstream)).toBeGreaterThan(SMALL_BYTES);

      await using second = await tempDir('act-second');
      const dead = await deadUrl();
      const warm = await act({ machine: second, workflow: 'two', upstream: dead, onFailure: 'fail', cache });
      expect(warm.code, warm.stdout).toBe(0);
      expect(results(warm.stdout)).toMatchObject({
        first: { hit: 'true', modules: String(SMALL_COUNT), upstream: '0' },
        second: { hit: 'true', modules: String(SMALL_COUNT), upstream: '0' },
      });
      if (protocol === 'v2') {
        expect(service.store.entries.filter(entry => entry.finished)).toHaveLength(1);
        expect(service.leaked).toEqual([]);
      }
    },
  );

  it('a failing step fails the job, and the store is saved all the same', async () => {
    await using service = await startCacheService();
    await using machine = await tempDir('act-failing');
    const cache = [
      '--no-cache-server',
      ...Object.entries(service.env('v2')).flatMap(([n, v]) => ['--env', `${n}=${v}`]),
    ];
    const upstream = await realUpstream();
    const done = await act({ machine, workflow: 'failing', upstream, onFailure: 'fallback', cache });
    expect(done.code).toBe(1);
    expect(done.stdout).toMatch(/Success - Post \.\/actions\/proxy/);
    expect(service.store.entries.filter(entry => entry.finished)).toHaveLength(1);
  });

  it('a cancelled job ends its session in order', async () => {
    await using service = await startCacheService();
    await using machine = await tempDir('act-cancelled');
    const cache = [
      '--no-cache-server',
      ...Object.entries(service.env('v2')).flatMap(([n, v]) => ['--env', `${n}=${v}`]),
    ];
    const done = await act({
      machine,
      workflow: 'cancelled',
      upstream: await realUpstream(),
      onFailure: 'fallback',
      cache,
      interruptAt: 'INTERRUPT ME',
    });
    expect(done.code).not.toBe(0);
    expect(done.stdout).toMatch(new RegExp(`modgate: ${SMALL_COUNT} modules, .* save: saved`));
    const session = await run('pgrep', ['-f', `${repository.path}/dist/daemon.js`]);
    expect(session.stdout).toBe('');
  });
});
